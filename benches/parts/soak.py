"""A long run of a thousand operations: more than a million series, every report every five minutes."""

import statistics
import time

from . import exporter
from .processes import Stage, get, load, yardstick
from .table import Row, mb, ms, progress

OPERATIONS = 1_000
INTERVAL = 300.0


def measure(setting):
    folder = setting.fresh("soak")
    interval = f"{INTERVAL:.0f}s"
    reports = ("skills", "agents", "call_durations", "closed_interactions")
    with Stage() as stage:
        flags = ["--agents", 100, "--pool", 120, "--skills", 40]
        source, upstream = yardstick(stage, setting, folder, "upstream", *flags)
        config = exporter.configure(folder, upstream, OPERATIONS, dict.fromkeys(reports, interval))
        begun = time.monotonic()
        process, address = exporter.start(stage, setting, folder, config, patience=300)
        first = time.monotonic() - begun
        scrape = ["--gzip", "--seconds", 0, "--at-least", 1]
        settled, cpu, times = time.monotonic(), process.cpu(), []
        highest = process.memory()
        while time.monotonic() < settled + setting.minutes * 60:
            time.sleep(30)
            times.append(load(setting, f"http://{address}/metrics", *scrape)["median_ms"])
            highest = max(highest, process.memory())
            progress(f"soak: {time.monotonic() - settled:.0f} s, resident {mb(process.memory())}, scrape {ms(times[-1])}")
        elapsed = time.monotonic() - settled
        share = (process.cpu() - cpu) / elapsed
        text = exporter.exposition(address)
        lag = _lag(get(upstream, "/arrivals")[1].decode())
        late = sum(
            float(line.rsplit(" ", 1)[1])
            for line in text.decode().splitlines()
            if line.startswith("wolkvox_exporter_skipped_polls_total") and 'reason="late"' in line
        )
        series = exporter.series(text)
        most, beside = process.memory("VmHWM"), source.memory()
    gaps = f"median {statistics.median(lag):.3f} s, worst {max(lag):.3f} s" if lag else "not watched for two intervals"
    return [
        Row(f"{OPERATIONS:,} operations, {series:,} series: first round", f"{first:.1f} s"),
        Row(f"share of a core over {elapsed / 60:.0f} minutes, a scrape every 30 s", f"{share * 100:.1f} %", goal="< 10 %"),
        Row("resident, highest seen", mb(highest), f"{highest / series:.0f} bytes a series, peak {mb(most)}, the upstream {mb(beside)}"),
        Row(f"lag of {len(lag):,} polls behind an interval of {INTERVAL:.0f} s", gaps, f"{late:.0f} turns missed"),
        Row("a scrape as gzip meanwhile, at least one change before it", f"median {ms(statistics.median(times))}, worst {ms(max(times))}"),
    ]


def _lag(arrivals):
    """By how much each distance of two requests differs from an interval; the first distance is of the first round."""
    lag = []
    for line in arrivals.splitlines():
        moments = [float(moment) for moment in line.split()[2:]][1:]
        lag += [abs(later - earlier - INTERVAL) for earlier, later in zip(moments, moments[1:])]
    return lag
