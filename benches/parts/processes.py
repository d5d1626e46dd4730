"""Processes that are started here, read off and ended, each by its own id."""

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

PATIENCE = 60.0


class Process:
    """One program with its children."""

    def __init__(self, command, log, env=None):
        self.log = Path(log)
        with open(log, "wb") as file:
            self.popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=env)

    @property
    def pid(self):
        return self.popen.pid

    def said(self):
        return self.log.read_text(encoding="utf-8", errors="replace")

    def family(self):
        """The process and its children, which is how nginx works."""
        try:
            children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split()
        except OSError:
            children = []
        return [self.pid, *map(int, children)]

    def cpu(self):
        """Seconds of processor time so far. By thread it is told to the nanosecond, by process to the hundredth."""
        return sum(_cpu(pid) for pid in self.family())

    def memory(self, what="VmRSS"):
        """Resident bytes, or with VmHWM the most that they ever were."""
        return sum(_status(pid, what) for pid in self.family())

    def pin(self, cores):
        """Keeps its threads on these cores."""
        for pid in self.family():
            for thread in os.listdir(f"/proc/{pid}/task"):
                with suppress(OSError):
                    os.sched_setaffinity(int(thread), cores)

    def wait(self, until, what, patience=PATIENCE):
        """Waits until this is true of the process."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self.popen.poll() is not None:
                raise RuntimeError(f"{self.popen.args[0]} has ended: {self.said()[-2000:]}")
            found = until()
            if found:
                return found
            time.sleep(0.02)
        raise RuntimeError(f"{self.popen.args[0]}: {what} did not come to pass: {self.said()[-2000:]}")

    @contextmanager
    def stopped(self):
        """Keeps the process from running, but not from being asked."""
        self.popen.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.popen.send_signal(signal.SIGCONT)

    def stop(self):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait(10)


class Stage(ExitStack):
    """What is started on it ends with it."""

    def start(self, command, log, env=None):
        process = Process([str(word) for word in command], log, env)
        self.callback(process.stop)
        return process


def yardstick(stage, setting, folder, command, *flags):
    """A server of the yardstick's; answers the process and its address."""
    process = stage.start([setting.programs["yardstick"], command, *flags], folder / f"{command}.log")
    address = process.wait(lambda: process.said().split("\n")[0] if "\n" in process.said() else None, "its address")
    return process, address


def run(command, patience=180.0, sample=None):
    """Runs a program to its end; answers its output, its highest resident bytes, and its processor seconds."""
    before = _children()
    popen = subprocess.Popen(
        [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    highest = 0
    output = {}
    readers = [
        threading.Thread(target=lambda name=name, pipe=pipe: output.update({name: pipe.read()}))
        for name, pipe in (("out", popen.stdout), ("err", popen.stderr))
    ]
    for reader in readers:
        reader.start()
    deadline = time.monotonic() + patience
    try:
        while popen.poll() is None:
            highest = max(highest, _status(popen.pid, "VmHWM"))
            if time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} did not end within {patience:.0f} s")
            time.sleep(0.005)
    finally:
        if popen.poll() is None:
            popen.kill()
            popen.wait(10)
        for reader in readers:
            reader.join()
    return {
        "status": popen.returncode,
        "out": output["out"].decode(),
        "err": output["err"].decode(errors="replace"),
        "memory": highest,
        "cpu": _children() - before,
    }


def load(setting, url, *flags):
    """Scrapes; answers what the yardstick tells."""
    done = run([setting.programs["yardstick"], "load", "--url", url, *flags])
    if done["status"] != 0:
        raise RuntimeError(f"{url}: {done['err']}")
    return json.loads(done["out"])


@contextmanager
def on(cores):
    """What is started meanwhile runs on these cores."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def get(address, path, headers=None):
    """One answer, whole."""
    connection = http.client.HTTPConnection(address, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def is_ready(address, path="/-/ready"):
    try:
        return get(address, path)[0] == 200
    except OSError:
        return False


def free_port():
    """A port that was free a moment ago, for programs that cannot pick one."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _status(pid, what):
    try:
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith(what + ":"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def _cpu(pid):
    """Threads that have ended are told by the process alone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()
        coarse = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        fine = 0.0
        for thread in os.listdir(f"/proc/{pid}/task"):
            fine += int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    except OSError:
        return 0.0
    return max(coarse, fine) if abs(coarse - fine) > 0.05 else fine


def _children():
    times = os.times()
    return times.children_user + times.children_system
