"""What every part is given."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Setting:
    """Where the programs are, where files may be put, and how much time there is."""

    programs: dict
    folder: Path
    is_cheap: bool
    rounds: int
    minutes: float

    def fresh(self, name):
        """A folder that nothing else uses."""
        number = len(list(self.folder.iterdir()))
        folder = self.folder / f"{number}-{name}"
        folder.mkdir(mode=0o755)
        return folder
