"""Large answers: beside a client that throws them away, and one that holds all of it; and answers that are hostile."""

import json
import shutil
import statistics
import urllib.request

from . import exporter, nginx
from .processes import Stage, run, yardstick
from .table import Row, mb, progress, times

# A little below the exporter's own limit of 256 MiB.
LARGE = 256_000_000
CHEAP = 48_000_000
PATH = "/api/v2/reports_manager.php"
QUERY = "api=diagram_11"
# As many calls as wolkvox puts into one answer.
MOST_ROWS = 60_000
HOSTILE = {
    "row": "a row of 100 MB",
    "nesting": "lists within lists without end",
    "text": "a string never closed",
    "fields": "a row never closed",
    "number": "a number without end",
    "flood": "rows beyond 256 MB",
    "bomb": "gzip of 600 MB of blanks",
    "empty": "rows without a field",
    "keys": "an object of a million keys",
    "agents": "agents without end, each with 24 hours",
    "skills": "skills without end, each with 64 levels",
    "pairs": "agents' names and codes without end",
    "unlike": "59,999 calls, no two of a routing point, a skill or a code",
}
# Who is asked for it, where that is not `ivr_calls`.
ASKED = {"keys": "call_durations", "agents": "agents", "skills": "skills", "pairs": "closed_interactions"}
# What comes packed, too.
PACKED = ("row", "nesting", "text", "fields", "flood", "agents")


def measure(setting):
    rows = []
    size = CHEAP if setting.is_cheap else LARGE
    rows += _large(setting, size, MOST_ROWS, [])
    rows += _large(setting, size, MOST_ROWS, ["--gzip"])
    if not setting.is_cheap:
        # Up to eleven times as many calls as wolkvox tells of at most.
        rows += _large(setting, size, 1 << 40, [])
        rows += _large(setting, size, 1 << 40, ["--dense"])
        rows += _large(setting, size, 1 << 40, ["--dense"], is_file=True)
        rows += _large(setting, size, 1 << 40, ["--gzip"], is_file=True)
        rows += _large(setting, size, MOST_ROWS, ["--sparse"])
        rows += _large(setting, 25_000_000, 1 << 40, [])
    for kind in ("row", "nesting") if setting.is_cheap else HOSTILE:
        rows.append(_hostile(setting, kind))
        if kind in PACKED and not setting.is_cheap:
            rows.append(_hostile(setting, kind, "--gzip"))
    return rows


def _large(setting, size, ids, flags, is_file=False):
    folder = setting.fresh("answers")
    progress(f"answers of {size / 1e6:.0f} MB {' '.join(flags)}")
    seen = {}
    with Stage() as stage:
        _, upstream = yardstick(stage, setting, folder, "upstream", "--large", size, "--ids", ids, *flags)
        if is_file:
            upstream = _from_nginx(stage, setting, folder, upstream)
            if upstream is None:
                return []
        config = exporter.configure(folder, upstream, 1, {"ivr_calls": "24h"})
        for _ in range(setting.rounds):
            seen.setdefault("discard", []).append(_client(setting, upstream, "discard"))
            polled = _polled(setting, config)
            if not polled["is_answered"]:
                raise RuntimeError("the exporter takes the answer for none")
            seen.setdefault("exporter", []).append(polled)
        # Not in between: the processor of a virtual machine changes its speed by half, and the two above are compared.
        for _ in range(setting.rounds):
            seen.setdefault("whole", []).append(_client(setting, upstream, "whole"))
    rate, memory, cpu = (
        {name: statistics.median(one[what] for one in rounds) for name, rounds in seen.items()}
        for what in ("rate", "memory", "cpu")
    )
    forms = {"--gzip": "gzip", "--dense": "without blanks", "--sparse": "without blanks, some keys missing"}
    form = next((form for flag, form in forms.items() if flag in flags), "plain")
    calls = "all calls different" if ids > LARGE else f"{ids:,} calls"
    what = f"{size / 1e6:.0f} MB of `ivr_calls`, {form}, {calls}{', from nginx' if is_file else ''}"
    told = [f"{name} {rate[name] / 1e6:,.0f} MB/s (CPU {cpu[name] * 1000:,.0f} ms)" for name in ("discard", "whole")]
    own = f"{rate['exporter'] / 1e6:,.0f} MB/s (CPU {cpu['exporter'] * 1000:,.0f} ms)"
    return [
        Row(what, own, ", ".join(told), times(rate["exporter"] / rate["discard"]), "≥ 0.5 of discarding"),
        Row(
            "its peak of memory",
            mb(memory["exporter"]),
            f"discard {mb(memory['discard'])}, whole {mb(memory['whole'])}",
            goal="< 24 MB",
        ),
    ]


def _from_nginx(stage, setting, folder, upstream):
    """The same answer as a file of nginx, which takes less of the machine for it than the stand-in does."""
    file = folder / "site" / PATH.strip("/")
    file.parent.mkdir(parents=True)
    headers = {"wolkvox-token": "bench", "accept-encoding": "gzip"}
    request = urllib.request.Request(f"http://{upstream}{PATH}?{QUERY}", headers=headers)
    with urllib.request.urlopen(request, timeout=120) as response:
        is_packed = response.headers["content-encoding"] == "gzip"
        with file.with_name(file.name + ".gz" if is_packed else file.name).open("wb") as kept:
            shutil.copyfileobj(response, kept, 1 << 20)
    served = nginx.serve(stage, setting, folder, folder / "site")
    return served[1] if served else None


def _client(setting, upstream, client):
    url = f"http://{upstream}{PATH}?{QUERY}"
    done = run([setting.programs["yardstick"], client, "--url", url])
    if done["status"] != 0:
        raise RuntimeError(done["err"])
    told = json.loads(done["out"])
    return {"rate": told["bytes"] / told["seconds"], "memory": done["memory"], "cpu": done["cpu"]}


def _polled(setting, config):
    """The exporter polls once, and says itself how long the answer took. It goes on living, so that its peak is known."""
    with Stage() as stage:
        process, address = exporter.start(stage, setting, setting.fresh("polled"), config, patience=120)
        text = exporter.exposition(address).decode()
        told = {"memory": process.memory("VmHWM"), "cpu": process.cpu()}
    told["seconds"] = exporter.value(text, "wolkvox_report_duration_seconds")[0]
    told["bytes"] = exporter.value(text, "wolkvox_exporter_api_response_bytes_total")[0]
    told["rate"] = told["bytes"] / told["seconds"]
    told["series"] = exporter.series(text.encode())
    told["left_out"] = int(sum(exporter.value(text, "wolkvox_exporter_dropped_series_total")))
    told["is_answered"] = exporter.value(text, "wolkvox_report_success") == [1.0]
    return told


def _hostile(setting, kind, *flags):
    folder = setting.fresh("hostile")
    what = f"{HOSTILE[kind]}{', packed' if flags else ''}"
    progress(f"hostile: {what}")
    with Stage() as stage:
        _, upstream = yardstick(stage, setting, folder, "upstream", "--hostile", kind, *flags)
        config = exporter.configure(folder, upstream, 1, {ASKED.get(kind, "ivr_calls"): "24h"}, series=50_000)
        done = _polled(setting, config)
    outcome = "counted" if done["is_answered"] else "refused"
    read = f"{outcome} after {mb(done['bytes'])} in {done['seconds']:.2f} s"
    goal = "< 24 MB"
    if done["left_out"]:
        read += f", {done['series']:,} series served and {done['left_out']:,} left out"
        # What is served takes memory, and what there is to count before.
        goal = "bounded"
    return Row(f"hostile: {what}", f"peak {mb(done['memory'])}, {read}", goal=goal)
