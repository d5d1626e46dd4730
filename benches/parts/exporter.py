"""The exporter, configured for any number of operations of the stand-in."""

import re

from .processes import PATIENCE, get, is_ready

REPORTS = ("skills", "agents", "call_durations", "ivr_calls", "closed_interactions", "quota")


def configure(folder, upstream, operations, intervals, series=1_000_000):
    """Writes a configuration; `intervals` are of the reports that are on. Answers its path."""
    tokens = folder / "tokens"
    tokens.mkdir(exist_ok=True)
    lines = ["operations:"]
    for number in range(operations):
        name = f"op{number:04}"
        (tokens / name).write_text(f"token-{name}\n", encoding="ascii")
        lines += [f"  - name: {name}", f"    base_url: http://{upstream}", f"    token_file: tokens/{name}"]
    lines += ["defaults:", "  timezone: America/Bogota", "  reports:"]
    for report in REPORTS:
        setting = f"interval: {intervals[report]}" if report in intervals else "enabled: false"
        lines.append(f"    {report}: {{ {setting} }}")
    lines += ["limits:", f"  series_per_report: {series}", ""]
    path = folder / f"exporter-{operations}-{'-'.join(intervals)}.yaml"
    path.write_text("\n".join(lines), encoding="ascii")
    return path


def start(stage, setting, folder, config, *flags, name="exporter", patience=PATIENCE):
    """Starts it; answers the process and its address once every report was asked for."""
    command = [setting.programs["exporter"], f"--config.file={config}", "--web.listen-address=127.0.0.1:0", *flags]
    process = stage.start(command, folder / f"{name}.log")
    address = process.wait(lambda: _address(process.said()), "its address")
    process.wait(lambda: is_ready(address), "its readiness", patience)
    return process, address


def series(text):
    """How many series an exposition has."""
    return sum(1 for line in text.splitlines() if line and not line.startswith(b"#"))


def value(text, name):
    """The values of a family in an exposition."""
    return [float(found) for found in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)]


def exposition(address):
    """What it serves, as text."""
    status, body = get(address, "/metrics")
    if status != 200:
        raise RuntimeError(f"{address} answers {status}")
    return body


def _address(said):
    found = re.search(r"message=serving url=http://(\S+)", said)
    return found and found.group(1)
