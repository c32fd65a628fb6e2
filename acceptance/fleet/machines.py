"""The machines of the story: a sandbox, servers with a daily job, their database, and a person."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

DATABASE = os.environ["HEADCOUNT_TEST_POSTGRES"]


def until(what, condition, seconds):
    """Waits for a condition, and gives what it gave."""
    end = time.time() + seconds
    while time.time() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds} s: {what}")


def sql(text):
    """The first column of the answer, a line for each row."""
    # Where the programs really are: some machines have only links to a few of them in the path.
    programs = (Path(os.environ["HEADCOUNT_TEST_POSTGRES_BIN"]) / "initdb").resolve().parent
    command = [programs / "psql", "-qAtX", "-d", DATABASE, "-c", text]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


class Database:
    """The server of the database. `away` is a list of [from, to]."""

    def __init__(self):
        self.away = []

    def do(self, what):
        subprocess.run([os.environ["HEADCOUNT_TEST_POSTGRES_CONTROL"], what], check=True)

    def stop(self, how):
        self.away.append([time.time(), float("inf")])
        self.do(how)

    def start(self):
        self.do("start")
        self.away[-1][1] = time.time()


class Headcount:
    """Starts headcount, with nothing of the settings of whoever runs this."""

    def __init__(self, binary):
        self.binary = binary
        self.home = Path(tempfile.mkdtemp(prefix="headcount-fleet."))
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.home)}
        self.started = []

    def start(self, name, arguments, **environment):
        """A process that goes on, and the JSON that it tells first."""
        log = open(self.home / f"{name}.log", "a", encoding="utf-8")
        process = subprocess.Popen(
            [self.binary, *arguments],
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        self.started.append(process)
        return process

    def run(self, arguments, **environment):
        return subprocess.run(
            [self.binary, *arguments],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def told(self, arguments, **environment):
        ran = self.run(arguments, **environment)
        assert ran.returncode == 0, f"{arguments}: {ran.returncode} {ran.stderr}"
        return ran.stdout

    def end(self):
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
        shutil.rmtree(self.home)


class Sandbox:
    """An org whose active users all have the department `round N`."""

    # These are active in every round.
    KEPT = 20

    def __init__(self, headcount):
        options = ["--listen", "127.0.0.1:0", "--users", "1500", "--latency", "120"]
        told = json.loads(headcount.start("sandbox", ["sandbox", *options]).stdout.readline())
        self.url = told["url"]
        headcount.environment |= {
            "HEADCOUNT_API_URL": self.url,
            "GENESYSCLOUD_OAUTHCLIENT_ID": told["client_id"],
            "GENESYSCLOUD_OAUTHCLIENT_SECRET": told["client_secret"],
        }
        # How many users are active, by round.
        self.active = {}
        self.round = 0
        self.kept = self.ids()[: self.KEPT]

    def ask(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self.url + path, data, timeout=30) as answer:
            return answer.read()

    def ids(self):
        people = map(json.loads, self.ask("/sandbox/users").splitlines())
        return [person["id"] for person in people if person["state"] == "active"]

    def stats(self):
        return json.loads(self.ask("/sandbox/stats"))

    def logins(self):
        """One for each sync that began."""
        return self.stats()["logins"]

    def next_round(self):
        """People join, leave and go for good, and then everybody moves on to the next round."""
        self.round += 1
        ids = self.ids()[self.KEPT :]
        leaver, purged = ids[self.round % 300], ids[-1 - self.round % 300]
        self.ask(
            "/sandbox/change",
            [
                {"do": "join", "count": 4},
                {"do": "leave", "user": leaver},
                {"do": "purge", "user": purged},
                {"do": "move-department", "share": 1.0, "value": f"round {self.round}"},
            ],
        )
        self.active[self.round] = len(self.ids())
        return self.round


class Node:
    """One server with the daily job, under a name that the database knows it by."""

    def __init__(self, headcount, name, cron):
        self.headcount, self.name, self.cron = headcount, name, cron
        self.log = headcount.home / f"{name}.log"
        # Grows whenever it becomes another process, or stops or goes on.
        self.epoch = 0
        self.up = False
        # When each epoch began, and whether it serves.
        self.epochs = []
        self.begin()

    def begin(self):
        options = ["--listen", "127.0.0.1:0", "--rate-limit", "off", "--log", "json"]
        refresh = ["--refresh", self.cron, "--jitter", "0"]
        store = f"{DATABASE}?application_name={self.name}"
        self.process = self.headcount.start(
            self.name, ["serve", *options, *refresh], HEADCOUNT_STORE=store
        )

    def serving(self):
        told = json.loads(self.process.stdout.readline())
        self.address = told["url"].removeprefix("http://")
        self.change(True)

    def change(self, up):
        self.epochs.append((time.time(), up))
        self.epoch += 1
        self.up = up

    def start_again(self):
        self.begin()
        self.serving()

    def kill(self):
        self.change(False)
        self.process.kill()
        self.process.wait()

    def pause(self):
        self.change(False)
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)
        self.change(True)

    def ended(self):
        """How its runs of the daily job ended."""
        lines = self.log.read_text("utf-8").splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{")]
        return [line["outcome"] for line in told if line["message"] == "refresh ended"]
