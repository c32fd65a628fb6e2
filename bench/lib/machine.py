"""The machine: what must be installed, programs that are run and measured."""

import datetime
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


class Measured:
    """One run of a program: seconds, peak memory, bytes written, and what it printed."""

    def __init__(self, command, env=None, output=subprocess.DEVNULL):
        begin = time.perf_counter()
        process = subprocess.Popen(command, env=env, stdout=output, stderr=subprocess.PIPE)
        self.output = process.stdout.read().decode() if output == subprocess.PIPE else ""
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.seconds = time.perf_counter() - begin
        self.code = process.returncode = os.waitstatus_to_exitcode(status)
        self.peak_mb = usage.ru_maxrss / 1024
        self.written = usage.ru_oublock * 512
        if self.code != 0:
            sys.exit(f"{command[0]} failed with {self.code}: {errors.decode()[-2000:]}")
