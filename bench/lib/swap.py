"""What readers notice while a new snapshot takes the place of the old one."""

import itertools
import json
import math
import random
import subprocess
import sys
import time

from lib.machine import percentile
from lib.questions import questions
from lib.readers import Readers
from lib.report import Row, duration, megabytes
from lib.sandbox import Sandbox, page_request
from lib.search import export
from lib.server import SEARCH
from lib.wire import Http, post

TITLE = "Swapping to a new snapshot"
PACE, CONNECTIONS = 200, 8
NOTE = (
    f"Readers ask {PACE} times a second (at most a quarter of what one client gets) over {CONNECTIONS} "
    "connections, whatever the answers take: half "
    "pages of 100, the rest searches by e-mail, beginning of the name, and department with state. 1 % "
    "of the users are renamed and a `sync` from another process publishes them. The swap is from a second before "
    "that process ends until three seconds after the first answer from the new snapshot. Sandbox, sync, server "
    "and readers share the processors."
)
NEEDS = []
# Seconds that readers are watched before the sync, and after it.
USUAL, AFTERWARDS = 15, 30


def measure(bench):
    users = 100_000 if bench.quick else 1_000_000
    store = bench.orgs.take(users)
    documents, sample, active, _ = export(bench.folder, store, users)
    documents.unlink()
    with Sandbox(users) as sandbox, bench.server(store) as server:
        ids = [json.loads(line)["id"] for line in sandbox.documents()]
        renamed = sandbox.rename(ids[::100])
        requests = mixture(server, users, sample, active)
        # What is made when it is first needed is there before the usual is measured.
        pace = min(PACE, alone(server.url, requests, 5) / 4)
        before = server.memory()
        readers = Readers(server.url, requests, pace, CONNECTIONS)
        try:
            time.sleep(USUAL)
            begun = time.monotonic()
            run = subprocess.run(sandbox.sync_command(store), env=sandbox.env, capture_output=True, text=True)
            ended = time.monotonic()
            time.sleep(AFTERWARDS)
        finally:
            answers = readers.stop()
        if run.returncode != 0:
            sys.exit(f"sync failed with {run.returncode}: {run.stderr[-2000:]}")
        return dict(
            weigh(answers, begun, ended),
            users=users,
            pace=pace,
            renamed=renamed,
            memory_before=before["VmRSS"],
            memory_most=server.memory()["VmHWM"],
            memory_after=server.memory()["VmRSS"],
        )


def alone(url, requests, seconds):
    """Answers a second that one client gets by itself."""
    client, asked, begin = Http(url), 0, time.monotonic()
    while time.monotonic() < begin + seconds or asked < 200:
        client.ask(requests[asked % len(requests)])
        asked += 1
    client.close()
    return asked / (time.monotonic() - begin)


def mixture(server, users, sample, active):
    """The requests of the readers, mixed."""
    draw = random.Random(11)
    asked = {question.name: [case.body for case in question.cases] for question in questions(sample, active)}
    searches = [body for name in ("EXACT e-mail", "STARTS_WITH name", "TERMS department, and state") for body in asked[name]]
    pages = [page_request(draw.randint(1, users // 100), 100) for _ in searches]
    bodies = pages + searches
    draw.shuffle(bodies)
    return [post(server.url, SEARCH, body, server.token) for body in bodies]


def weigh(answers, begun, ended):
    """What the answers say of the time before, during and after the sync."""
    refused = [status for _, _, status, _ in answers if status != 200]
    if refused:
        sys.exit(f"{len(refused)} readers were refused, the first with {refused[0]}")
    old = answers[0][3]
    new = [at + seconds for at, seconds, _, tag in answers if at > begun and tag != old]
    if not new:
        sys.exit("no reader saw the new snapshot")
    swapped = min(new)
    end = max(at for at, _, _, _ in answers)
    second = lambda answer: math.floor(answer[0] - begun)
    windows = {
        at: percentile([answer[1] for answer in group], 0.99)
        for at, group in itertools.groupby(sorted(answers), second)
    }
    spent = lambda start, stop: [seconds for at, seconds, _, _ in answers if start <= at < stop]
    usual = spent(0, begun)
    swap = spent(ended - 1, swapped + 3)
    return {
        "usual_p50_s": percentile(usual, 0.5),
        "usual_p99_s": percentile(usual, 0.99),
        "sync_p99_s": percentile(spent(begun, ended - 1), 0.99),
        "swap_p99_s": percentile(swap, 0.99),
        "swap_worst_s": max(swap),
        "after_p99_s": percentile(spent(swapped + 3, end), 0.99),
        "usual_worst_s": max(usual),
        "sync_s": ended - begun,
        "seen_after_s": swapped - ended,
        "windows_p99_s": windows,
    }


def rows(raw):
    users = f"{raw['users']:,} users, {raw['renamed']:,} renamed"
    usual = f"the usual p99: {duration(raw['usual_p99_s'])}"
    yield Row(f"{users}, p99 over the swap", duration(raw["swap_p99_s"]), usual, raw["swap_p99_s"] / raw["usual_p99_s"], at_most=3)
    worst = f"the usual worst: {duration(raw['usual_worst_s'])}"
    yield Row("Worst answer over the swap", duration(raw["swap_worst_s"]), worst, raw["swap_worst_s"] / raw["usual_worst_s"])
    yield Row("p99 while the sync fetches", duration(raw["sync_p99_s"]), usual, raw["sync_p99_s"] / raw["usual_p99_s"])
    yield Row("p99 afterwards", duration(raw["after_p99_s"]), usual, raw["after_p99_s"] / raw["usual_p99_s"])
    yield Row("Readers", f"{raw['pace']:.0f} a second")
    yield Row("The sync", duration(raw["sync_s"]))
    yield Row("First answer from the new snapshot, after the end of the sync", duration(raw["seen_after_s"]))
    before = raw["memory_before"] * 2**20
    most = f"at most {megabytes(raw['memory_most'] * 2**20)}, after it {megabytes(raw['memory_after'] * 2**20)}"
    yield Row("Resident memory of the server over the swap", most, f"before: {megabytes(before)}")
