"""A running `headcount serve`, and who may ask it."""

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request

from lib.machine import Headcount, memory_mb
from lib.sandbox import Sandbox, store_url

SEARCH = "/api/v2/users/search"
# Seconds that a million users may take until they are served.
PATIENCE = 180


class Server:
    """The roster of a store, served; asked with a token that has no limit."""

    def __init__(self, store):
        at = ["--store", store_url(store)]
        made = Headcount.command("token", "create", "--rate-limit", "off", "--output", "json", *at)
        self.token = json.loads(output(made))["token"]
        self.start(at)

    def start(self, options):
        serve = Headcount.command("serve", "--listen", "127.0.0.1:0", *options)
        begin = time.monotonic()
        self.process = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            self.url = json.loads(self.process.stdout.readline())["url"].rstrip("/")
            self.wait_until_ready()
        except BaseException:
            self.process.kill()
            raise
        self.ready_s = time.monotonic() - begin

    def wait_until_ready(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(self.url + "/health/ready").close()
                return
            except urllib.error.URLError:
                time.sleep(0.05)
        sys.exit("the server did not get ready")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def memory(self):
        return memory_mb(self.process.pid)


class Open(Server):
    """The same without a token, for whoever is on this machine: as a person would look at it."""

    def __init__(self, store, *options):
        self.start(["--rate-limit", "off", "--store", store_url(store), *options])


class StandIn(Sandbox):
    """A sandbox in the place of the server: answers the same requests, to try these scripts. What
    it was not asked before takes it seconds, so it is asked little."""

    def __init__(self, store):
        users = int(store.stem.rsplit("-", 1)[1])
        super().__init__(users, "--window", "off")
        self.token = super().token()
        self.ready_s = 0.0

    def memory(self):
        return memory_mb(self.process.pid)


def output(command):
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(f"{' '.join(command[1:3])} failed with {run.returncode}: {run.stderr[-2000:]}")
    return run.stdout
