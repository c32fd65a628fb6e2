"""The machine: what must be installed, programs that are run and measured."""

import datetime
import json
import os
import pathlib
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BENCH = ROOT / "bench"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "headcount"
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))

# Program, and the Debian package that has it.
PACKAGES = {
    "curl": "curl",
    "sqlite3": "sqlite3",
    "nginx": "nginx-light",
    "wrk": "wrk",
    "initdb": "postgresql",
    "node": "nodejs",
    "npm": "npm",
    "chromium": "chromium",
}


def program(name):
    """Where a program is; some are not on the path."""
    places = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *map(str, places)])
    return shutil.which(name, path=path)


class Headcount:
    """The binary that is measured."""

    path = TARGET / "release" / "headcount"

    @classmethod
    def build(cls):
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)

    @classmethod
    def command(cls, *arguments):
        return [str(argument) for argument in (cls.path, *arguments)]


def require(names):
    """Ends the script if a program is missing, saying how to get it."""
    missing = [name for name in names if program(name) is None]
    if missing:
        packages = " ".join(sorted({PACKAGES[name] for name in missing}))
        sys.exit(f"missing: {', '.join(missing)}. Install with: apt-get install {packages}")


def describe():
    """When and on what a topic was measured."""
    return {
        "date": str(datetime.date.today()),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "system": platform.system(),
    }


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def memory_mb(pid):
    """Resident memory of a process now, and the most that it ever was."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {name: int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM")}


def median(values):
    return statistics.median(values)


def percentile(values, share):
    """The value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


RUNNER = pathlib.Path(__file__).with_name("runner.py")


class Measured:
    """One run of a program: seconds, peak memory, bytes written, and what it printed."""

    def __init__(self, command, env=None, output=subprocess.DEVNULL):
        told, tell = os.pipe()
        runner = [sys.executable, "-I", "-S", str(RUNNER), str(tell), *map(str, command)]
        process = subprocess.Popen(runner, env=env, stdout=output, stderr=subprocess.PIPE, pass_fds=[tell])
        os.close(tell)
        out, errors = process.communicate()
        with os.fdopen(told) as file:
            took = json.loads(file.read() or "{}")
        if process.returncode != 0 or not took:
            sys.exit(f"{command[0]} could not be run: {errors.decode()[-2000:]}")
        self.output = out.decode() if output == subprocess.PIPE else ""
        self.seconds, self.code = took["seconds"], took["code"]
        self.peak_mb, self.written = took["peak_mb"], took["written"]
        if self.code != 0:
            sys.exit(f"{command[0]} failed with {self.code}: {errors.decode()[-2000:]}")
