"""Rows become a table, and tables a document."""

import re
import sys
from dataclasses import dataclass

HEAD = ("what", "exporter", "beside it", "ratio", "goal")


@dataclass(frozen=True)
class Row:
    """One line: what the exporter needs, what it is held against, and how far apart they may be."""

    what: str
    exporter: str
    beside: str = ""
    ratio: str = ""
    goal: str = ""


def text(rows):
    lines = [HEAD, ("---",) * len(HEAD)]
    lines += [(row.what, row.exporter, row.beside, row.ratio, row.goal) for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write(path, tables):
    """Puts the tables between their marks; what was not measured stays as it is."""
    document = path.read_text(encoding="utf-8")
    for name, table in tables.items():
        pattern = re.compile(rf"(<!-- compare: {name} -->\n).*?(\n?<!-- end -->)", re.DOTALL)
        document, found = pattern.subn(lambda marks, table=table: f"{marks.group(1)}{table}\n<!-- end -->", document)
        if found != 1:
            raise RuntimeError(f"{path} has no place for {name}")
    path.write_text(document, encoding="utf-8")


def progress(words):
    """Tells how far it is, beside what is printed."""
    print(f"benches/compare: {words}", file=sys.stderr, flush=True)


def ms(value):
    return f"{value:.2f} ms" if value < 10 else f"{value:,.0f} ms"


def mb(value):
    return f"{value / 1e6:.1f} MB"


def times(value):
    return f"{value:.2f}" if value < 10 else f"{value:,.0f}"
