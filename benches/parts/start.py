"""Starting: until the port is open, until it answers, until there are data, and how large the process is by then."""

import os
import socket
import statistics
import time

from . import exporter
from .processes import Stage, free_port, get, yardstick
from .table import Row, mb, ms

AGENTS = 40


def measure(setting):
    folder = setting.fresh("start")
    rounds = 5 if setting.is_cheap else 15
    seen = []
    with Stage() as stage:
        _, upstream = yardstick(stage, setting, folder, "upstream", "--agents", AGENTS, "--skills", 20)
        config = exporter.configure(folder, upstream, 1, {"skills": "24h", "agents": "24h"})
        trip = statistics.median(_trip(upstream) for _ in range(rounds))
        for _ in range(rounds):
            seen.append(_start(setting, folder, config))
        large = exporter.configure(setting.fresh("start-large"), upstream, 1000, {"skills": "24h", "agents": "24h"})
        many = [_start(setting, folder, large, until="/-/healthy") for _ in range(rounds)]
    many = {what: statistics.median(one[what] for one in many) for what in ("bound", "serving")}
    bound, serving, data, resident = (
        statistics.median(one[what] for one in seen) for what in ("bound", "serving", "data", "resident")
    )
    return [
        Row("from exec until the port is open", ms(bound)),
        Row("from exec to the first answer, which is of `/-/healthy`", ms(serving), goal="≤ 10 ms"),
        Row("from there to the first data", ms(data - serving), f"one answer of the upstream {ms(trip)}", goal="one round trip"),
        Row("1,000 operations: until the port is open", ms(many["bound"])),
        Row("1,000 operations: to the first answer", ms(many["serving"])),
        Row(f"resident with {seen[0]['series']:,} series", mb(resident), goal="< 12 MB"),
        Row("size of the binary", mb(os.path.getsize(setting.programs["exporter"]))),
    ]


def _trip(upstream):
    begun = time.monotonic()
    get(upstream, "/api/v2/customer.php?api=agents_statustime&date_end=20260605235959", {"wolkvox-token": "trip"})
    return (time.monotonic() - begun) * 1000


def _start(setting, folder, config, until="/metrics"):
    """Starts it once; answers when it was how far, in milliseconds since exec."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    with Stage() as stage:
        command = [setting.programs["exporter"], f"--config.file={config}", f"--web.listen-address={address}"]
        begun = time.monotonic()
        process = stage.start(command, folder / "exporter.log")

        def when(happened):
            _wait(process, happened)
            return (time.monotonic() - begun) * 1000

        seen = {"bound": when(lambda: _connects(port)), "serving": when(lambda: get(address, "/-/healthy"))}
        if until == "/metrics":
            seen["data"] = when(lambda: b"\nwolkvox_agent_info{" in get(address, "/metrics")[1])
            _wait(process, lambda: get(address, "/-/ready")[0] == 200)
            seen["series"] = exporter.series(exporter.exposition(address))
            seen["resident"] = process.memory()
        return seen


def _wait(process, until):
    """Without a pause: what is waited for takes milliseconds."""
    deadline = time.monotonic() + 20
    while not until():
        if time.monotonic() > deadline or process.popen.poll() is not None:
            raise RuntimeError(f"it does not start: {process.said()[-2000:]}")


def _connects(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
