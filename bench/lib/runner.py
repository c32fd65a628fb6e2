"""Runs a command and writes what it took to a file descriptor, as JSON.

A process begins with the peak memory of the one that started it, as Linux counts. The benchmark
itself may be large; this one is small.
"""

import json
import os
import subprocess
import sys
import time

descriptor, command = int(sys.argv[1]), sys.argv[2:]
begin = time.perf_counter()
process = subprocess.Popen(command)
_, status, usage = os.wait4(process.pid, 0)
took = {
    "seconds": time.perf_counter() - begin,
    "code": os.waitstatus_to_exitcode(status),
    "peak_mb": usage.ru_maxrss / 1024,
    "written": usage.ru_oublock * 512,
}
process.returncode = took["code"]
os.write(descriptor, json.dumps(took).encode())
