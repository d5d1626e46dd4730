"""Scrapes: beside nginx, which serves the same bytes from a file, and beside what encodes at each scrape."""

import gzip
import os
import re
import statistics
import urllib.request

from . import exporter, nginx
from .processes import Stage, free_port, get, is_ready, load, on, yardstick
from .table import Row, ms, progress, times

# Operations, agents, skills: about so many series.
SIZES = {1_000: (1, 40, 20), 10_000: (5, 100, 40), 100_000: (48, 100, 40), 500_000: (242, 100, 40)}
CHEAP_SIZES = (1_000, 10_000)
ALL_CORES = os.sched_getaffinity(0)
ONE_CORE = {min(ALL_CORES)}
# Who asks: how many clients, on which cores, and which the server has. A lone client and its server wait for one another
# all the time. On two cores each has to be woken, on one it is only its turn, which takes half as long; left alone, the
# kernel has the two now so, now so, for seconds, and the comparison would be one of its moods.
ASKERS = {
    "one client": (1, ONE_CORE, ALL_CORES - ONE_CORE or ONE_CORE),
    "one client on the server's core": (1, ONE_CORE, ONE_CORE),
    "10 clients": (10, ALL_CORES, ALL_CORES),
}
FORMS = ("plain", "gzip")
# What encodes at each scrape takes part in so many rounds: one such scrape may take seconds.
SLOW_ROUNDS = 2


def measure(setting):
    rows = []
    for size in CHEAP_SIZES if setting.is_cheap else SIZES:
        rows += _idle(setting, size)
    for size in (10_000,) if setting.is_cheap else (100_000, 500_000):
        rows += _busy(setting, size)
    return rows


def _idle(setting, size):
    """Nothing changes, and everybody is asked in turns."""
    operations, agents, skills = SIZES[size]
    folder = setting.fresh("scrapes")
    with Stage() as stage:
        _, upstream = yardstick(stage, setting, folder, "upstream", "--agents", agents, "--skills", skills)
        config = exporter.configure(folder, upstream, operations, {"skills": "24h", "agents": "24h"})
        process, address = exporter.start(stage, setting, folder, config)
        body = exporter.exposition(address)
        series = exporter.series(body)
        servers = {"exporter": (process, f"http://{address}/metrics")}
        servers |= _nginx(stage, setting, folder, address, body)
        servers |= _pushgateway(stage, setting, folder, body)
        baseline, at = yardstick(stage, setting, folder, "baseline", "--series", _file(folder, body))
        servers["vectors"] = (baseline, f"http://{at}/metrics")
        seen = {}
        for turn in range(setting.rounds):
            progress(f"{series:,} series, round {turn + 1} of {setting.rounds}")
            for who in ASKERS:
                for form in FORMS:
                    for name, (server, url) in servers.items():
                        if name in ("exporter", "nginx") or turn < SLOW_ROUNDS:
                            seen.setdefault((who, form, name), []).append(
                                _scrapes(setting, server, url, who, form, name in ("exporter", "nginx"))
                            )
        memory = {name: server.memory() for name, (server, _) in servers.items()}
    rows = []
    for who in ASKERS:
        for form in FORMS:
            medians = {name: _median(seen[who, form, name]) for name in servers}
            rows.append(_row(series, who, form, medians))
    told = ", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in memory.items() if name != "exporter")
    rows.append(Row(f"{series:,} series, resident", f"{memory['exporter'] / 1e6:.0f} MB", told))
    return rows


def _scrapes(setting, server, url, who, form, is_quick):
    clients, cores, servers_cores = ASKERS[who]
    seconds = 0.3 if setting.is_cheap else 1.0
    flags = ["--clients", clients, "--seconds", seconds, "--at-least", 10 if is_quick else 1]
    # What takes all cores for a scrape keeps them.
    server.pin(servers_cores if is_quick else ALL_CORES)
    before = server.cpu()
    with on(cores):
        told = load(setting, url, *flags, *(["--gzip"] if form == "gzip" else []))
    server.pin(ALL_CORES)
    told["cpu_ms"] = (server.cpu() - before) * 1000 / told["scrapes"]
    return told


def _median(rounds):
    return {name: statistics.median(one[name] for one in rounds) for name in ("median_ms", "p99_ms", "cpu_ms")}


def _row(series, who, form, medians):
    own = medians["exporter"]
    beside = [
        f"{name} {ms(medians[name]['median_ms'])} (CPU {ms(medians[name]['cpu_ms'])})"
        for name in ("nginx", "pushgateway", "vectors")
        if name in medians
    ]
    ratio = goal = ""
    if "nginx" in medians:
        ratio = times(own["median_ms"] / medians["nginx"]["median_ms"])
        goal = "≤ 1.25 of nginx"
    shown = f"{ms(own['median_ms'])} (CPU {ms(own['cpu_ms'])})"
    return Row(f"{series:,} series, {form}, {who}", shown, ", ".join(beside), ratio, goal)


def _busy(setting, size):
    """Two exporters of one size: in the one nothing changes, in the other every operation every few seconds."""
    operations, agents, skills = SIZES[size]
    folder = setting.fresh("busy")
    # About ten answers a second, each of which makes the whole exposition another one.
    moving = {"skills": "24h", "agents": f"{max(1, operations // 10)}s"}
    with Stage() as stage:
        _, upstream = yardstick(stage, setting, folder, "upstream", "--agents", agents, "--skills", skills)
        quiet = exporter.configure(folder, upstream, operations, {"skills": "24h", "agents": "24h"})
        idle = exporter.start(stage, setting, folder, quiet, name="idle")
        servers = {"idle": (idle[0], f"http://{idle[1]}/metrics")}
        servers |= _nginx(stage, setting, folder, idle[1], exporter.exposition(idle[1]))
        rows = [_lively(setting, form, servers, (upstream, operations, moving)) for form in FORMS]
        with Stage() as own_stage:
            _, busy, series = _started(own_stage, setting, "plain", upstream, operations, moving)
            family, seconds = "wolkvox_agent_login_seconds_total", 3 if setting.is_cheap else 10
            told = load(setting, busy, "--clients", 10, "--seconds", seconds, "--consistent", family)
        rows.append(Row(f"{series:,} series, ten clients while answers come", f"{told['scrapes']} scrapes, each of whole answers"))
    return rows


def _lively(setting, form, servers, configured):
    """Scrapes of one form, as a Prometheus asks for one. What is to be idle is measured while the busy exporter is
    stopped, and both in turn: it is a matter of few scrapes, and of the moment."""
    seconds = 1 if setting.is_cheap else 3
    seen = {}
    with Stage() as stage:
        process, busy, series = _started(stage, setting, form, *configured)
        for _ in range(setting.rounds):
            with process.stopped():
                for name, (_, url) in servers.items():
                    seen.setdefault((name, "alone"), []).append(_p99(setting, url, form, seconds))
            # What was missed meanwhile is asked for first.
            _p99(setting, busy, form, 1)
            for name, (_, url) in [*servers.items(), ("busy", (process, busy))]:
                seen.setdefault((name, "beside"), []).append(_p99(setting, url, form, seconds))
    p99 = {key: statistics.median(rounds) for key, rounds in seen.items()}
    own, quiet_one = p99["busy", "beside"], p99["idle", "alone"]
    beside = [f"idle {ms(quiet_one)}", f"idle beside the busy one {ms(p99['idle', 'beside'])}"]
    if "nginx" in servers:
        beside.append(f"nginx {ms(p99['nginx', 'alone'])}, beside the busy one {ms(p99['nginx', 'beside'])}")
    what = f"{series:,} series, {form}, p99 while answers come every 0.1 s"
    return Row(what, ms(own), ", ".join(beside), times(own / quiet_one), "≤ 1.5 of idle")


def _started(stage, setting, form, upstream, operations, intervals):
    """A new exporter; answers its process, where it is scraped, and its series."""
    folder = setting.fresh("lively")
    process, address = exporter.start(stage, setting, folder, exporter.configure(folder, upstream, operations, intervals))
    # Asked for in the other form, too, it would make both from then on.
    body = get(address, "/metrics", {"Accept-Encoding": "gzip"} if form == "gzip" else {})[1]
    return process, f"http://{address}/metrics", exporter.series(gzip.decompress(body) if form == "gzip" else body)


def _p99(setting, url, form, seconds):
    flags = ["--seconds", seconds, "--pause-ms", 5, "--at-least", 20]
    return load(setting, url, *flags, *(["--gzip"] if form == "gzip" else []))["p99_ms"]


def _file(folder, body):
    path = folder / "series.txt"
    path.write_bytes(body)
    return path


def _nginx(stage, setting, folder, address, body):
    """nginx, with the exporter's own bytes as files."""
    site = folder / "site"
    site.mkdir()
    (site / "metrics").write_bytes(body)
    (site / "metrics.gz").write_bytes(get(address, "/metrics", {"Accept-Encoding": "gzip"})[1])
    served = nginx.serve(stage, setting, folder, site)
    return {"nginx": (served[0], f"http://{served[1]}/metrics")} if served else {}


def _pushgateway(stage, setting, folder, body):
    """Pushgateway, with the same series pushed to it."""
    program = setting.programs["pushgateway"]
    if program is None:
        progress("Pushgateway is not installed: apt-get install --no-install-recommends prometheus-pushgateway")
        return {}
    address = f"127.0.0.1:{free_port()}"
    process = stage.start([program, f"--web.listen-address={address}"], folder / "pushgateway.log")
    process.wait(lambda: is_ready(address), "its readiness")
    # It has families of its own about its process.
    own = re.compile(rb"^(# \w+ )?process_")
    pushed = b"".join(line for line in body.splitlines(keepends=True) if not own.match(line))
    request = urllib.request.Request(f"http://{address}/metrics/job/bench", data=pushed, method="PUT")
    with urllib.request.urlopen(request, timeout=120) as response:
        if response.status >= 300:
            raise RuntimeError(f"Pushgateway answers {response.status}")
    return {"pushgateway": (process, f"http://{address}/metrics")}
