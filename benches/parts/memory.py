"""Memory: a million series, the same while agents come and go, and ten thousand polls."""

import time

from . import exporter
from .processes import Stage, get, yardstick
from .table import Row, mb, progress, times

# Operations of 100 agents and 40 skills: about so many series.
MILLION = 485
POLLS = 10_000
# So often is asked for each report of the million, for so many seconds, and so often it is scraped.
INTERVAL = 60
CHANGING = 300
SCRAPED = 15


def measure(setting):
    return [*_million(setting), *_changing(setting), *_polls(setting)]


def _million(setting):
    folder = setting.fresh("million")
    rows = []
    with Stage() as stage:
        _, upstream = yardstick(stage, setting, folder, "upstream", "--agents", 100, "--skills", 40)
        config = exporter.configure(folder, upstream, MILLION, {"skills": "24h", "agents": "24h"})
        process, address = exporter.start(stage, setting, folder, config, patience=180)
        before = process.memory()
        # As Prometheus scrapes, and then as a person does who looks into it, too.
        packed = len(get(address, "/metrics", {"Accept-Encoding": "gzip"})[1])
        as_gzip = process.memory()
        body = exporter.exposition(address)
        both = process.memory()
        series = exporter.series(body)
        size, highest = len(body), process.memory("VmHWM")
    for what, memory, goal in (
        ("before the first scrape", before, ""),
        (f"once scraped as gzip ({mb(packed)})", as_gzip, "≤ 200 bytes a series"),
        (f"once scraped as text, too ({mb(size)})", both, "≤ 200 bytes a series"),
        ("at the highest", highest, ""),
    ):
        rows.append(Row(f"{series:,} series, {what}", mb(memory), f"{memory / series:.0f} bytes a series", goal=goal))
    return rows


def _changing(setting):
    """The million, all of it changing all the time: of a hundred and twenty agents each time another hundred is there."""
    folder = setting.fresh("changing")
    with Stage() as stage:
        _, upstream = yardstick(stage, setting, folder, "upstream", "--agents", 100, "--pool", 120, "--skills", 40)
        interval = f"{INTERVAL}s"
        config = exporter.configure(folder, upstream, MILLION, {"skills": interval, "agents": interval})
        process, address = exporter.start(stage, setting, folder, config, patience=180)
        seen = []
        deadline = time.monotonic() + CHANGING
        while time.monotonic() < deadline:
            get(address, "/metrics", {"Accept-Encoding": "gzip"})
            seen.append(process.memory())
            time.sleep(SCRAPED)
        highest = process.memory("VmHWM")
        series = exporter.series(exporter.exposition(address))
    progress("resident while all changes: " + ", ".join(mb(memory) for memory in seen))
    what = f"{series:,} series, all changing each {INTERVAL} s for {CHANGING // 60} minutes, scraped as gzip"
    return [
        Row(what, mb(max(seen)), f"{max(seen) / series:.0f} bytes a series", goal="≤ 200 bytes a series"),
        Row("its highest", mb(highest), f"{highest / series:.0f} bytes a series"),
    ]


def _polls(setting):
    """Many small operations at the shortest interval; of three times as many agents a third is there."""
    folder = setting.fresh("polls")
    with Stage() as stage:
        flags = ["--agents", 20, "--pool", 60, "--skills", 10]
        _, upstream = yardstick(stage, setting, folder, "upstream", *flags)
        config = exporter.configure(folder, upstream, 40, {"skills": "1s", "agents": "1s"})
        process, address = exporter.start(stage, setting, folder, config)
        seen = []
        deadline = time.monotonic() + 600
        while time.monotonic() < deadline:
            text = get(address, "/metrics", {})[1].decode()
            get(address, "/metrics", {"Accept-Encoding": "gzip"})
            polls = sum(exporter.value(text, "wolkvox_exporter_api_requests_total"))
            seen.append((polls, process.memory()))
            if polls >= POLLS:
                break
            time.sleep(1)
    progress("resident after polls: " + ", ".join(f"{polls:.0f}: {mb(memory)}" for polls, memory in seen[:: max(1, len(seen) // 10)]))
    # Everything that there is to know of all agents is known after a fifth.
    early = _highest(seen, 0.2, 0.4)
    late = _highest(seen, 0.8, 1.0)
    return [
        Row(
            f"{seen[-1][0]:,.0f} polls while agents come and go, last fifth",
            mb(late),
            f"second fifth {mb(early)}",
            times(late / early),
            "no growth",
        )
    ]


def _highest(seen, first, last):
    polls = seen[-1][0]
    return max(memory for done, memory in seen if first * polls <= done <= last * polls)
