"""What is measured, and on what."""

import json
import os
import re
import shutil
import subprocess


def build(root):
    """Builds the exporter, as it is released, and the yardstick."""
    subprocess.run(["cargo", "build", "--release", "--locked", "--package", "yardstick"], cwd=root, check=True)
    subprocess.run(["cargo", "static"], cwd=root, check=True)


def programs(root):
    """Where what was built is, and what it is compared with, or None where that is not installed."""
    described = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps", "--locked"],
        cwd=root,
        check=True,
        capture_output=True,
    )
    built = os.path.join(json.loads(described.stdout)["target_directory"], "release")
    return {
        "exporter": os.path.join(built, "wolkvox-exporter"),
        "yardstick": os.path.join(built, "yardstick"),
        "nginx": shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"),
        "pushgateway": shutil.which("prometheus-pushgateway") or shutil.which("pushgateway"),
    }


def table(root):
    """The machine and the versions."""
    rows = [
        ("processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("memory", _memory()),
        ("system", f"{os.uname().sysname} {os.uname().release}"),
        ("load before", " ".join(f"{load:.1f}" for load in os.getloadavg())),
        ("exporter", _told(["git", "-C", str(root), "describe", "--always", "--dirty"])),
        ("compiler", _told(["rustc", "--version"])),
        ("nginx", _told(["nginx", "-v"]) if shutil.which("nginx") else "not installed"),
        ("Pushgateway", _told(["prometheus-pushgateway", "--version"]) if shutil.which("prometheus-pushgateway") else "not installed"),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def _told(command):
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    lines = (told.stdout + told.stderr).strip().splitlines() or ["unknown"]
    return re.sub(r"^pushgateway, version (\S+).*|^nginx version: ", lambda found: found.group(1) or "", lines[0])


def _processor():
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return os.uname().machine


def _memory():
    with open("/proc/meminfo", encoding="utf-8") as lines:
        kilobytes = int(lines.readline().split()[1])
    return f"{kilobytes / 1e6:.0f} GB"
