"""Fetching: `sync` beside bare clients, the official SDK, and its own second run."""

import json
import pathlib
import subprocess
import sys
import threading
import time

from lib.machine import BENCH, CACHE, Measured, median
from lib.report import Row, megabytes
from lib.sandbox import Sandbox, page_request, store_bytes

TITLE = "Fetching 100,000 users"
NEEDS = ["curl", "sqlite3"]
USERS, PAGE, IN_FLIGHT = 100_000, 100, 8
# Milliseconds that each answer takes where a network lies between; a real org needs more.
DISTANT = 20


def measure(bench):
    stores, raw = [], {}
    with Sandbox(USERS, "--window", "off") as sandbox:
        ours, bare, kept = [], [], []
        for turn in range(bench.repetitions):
            store = bench.folder / f"fetch-{turn}.db"
            ours.append(sandbox.sync(store))
            bare.append(bare_fetch(sandbox, bench.folder))
            kept.append(kept_fetch(sandbox, bench.folder))
            stores.append(store)
        raw["sync_s"] = median(run.seconds for run in ours)
        raw["bare_s"] = median(bare)
        raw["kept_s"] = median(kept)
        raw["sdk_s"] = sdk(sandbox, bench.folder)
        raw["store_bytes"] = store_bytes(stores[0])
        raw["first_written"] = median(run.written for run in ours)
        raw["unchanged"] = again(sandbox, stores[0])
        ids = [json.loads(line)["id"] for line in sandbox.documents()]
        raw["renamed"] = sandbox.rename(ids[::100])
        raw["changed"] = again(sandbox, stores[0])
    with Sandbox(USERS, "--window", "off", "--latency", str(DISTANT)) as sandbox:
        distant = [
            (sandbox.sync(bench.folder / f"distant-{turn}.db"), bare_fetch(sandbox, bench.folder))
            for turn in range(3)
        ]
        raw["distant_sync_s"] = median(run.seconds for run, _ in distant)
        raw["distant_bare_s"] = median(seconds for _, seconds in distant)
    return raw


def rows(raw):
    fetched = f"curl, same pages, {IN_FLIGHT} in flight, thrown away"
    first, changed = raw["first_written"], raw["changed"]["written"]
    share = changed / max(first, 1)
    yield Row(
        "First `sync`, no limit",
        f"{raw['sync_s']:.2f} s",
        f"{fetched}: {raw['bare_s']:.2f} s",
        raw["sync_s"] / raw["bare_s"],
        at_most=1.5,
    )
    yield Row(
        f"First `sync`, answers {DISTANT} ms away",
        f"{raw['distant_sync_s']:.2f} s",
        f"the same: {raw['distant_bare_s']:.2f} s",
        raw["distant_sync_s"] / raw["distant_bare_s"],
    )
    yield Row(
        "First `sync`, no limit",
        f"{raw['sync_s']:.2f} s",
        f"curl, the pages to files, then the sqlite3 shell: id and document into one table: {raw['kept_s']:.2f} s",
        raw["sync_s"] / raw["kept_s"],
    )
    yield Row(
        "First `sync`, no limit",
        f"{raw['sync_s']:.2f} s",
        f"official Python SDK, same org, into SQLite: {raw['sdk_s']:.1f} s",
        raw["sync_s"] / raw["sdk_s"],
        at_most=0.1,
    )
    yield Row("Store after the first `sync`", megabytes(raw["store_bytes"]))
    grown = raw["unchanged"]["grown"]
    yield Row(
        "Second `sync`, nothing changed: store grows by",
        f"{grown:,} bytes",
        goal="≤ 65,536 bytes",
        met=grown <= 65_536,
    )
    yield Row(
        "Second `sync`, nothing changed: written to disk",
        megabytes(raw["unchanged"]["written"]),
        f"first sync: {megabytes(first)}",
        raw["unchanged"]["written"] / max(first, 1),
    )
    yield Row(
        f"{raw['renamed']:,} users changed: written to disk",
        megabytes(changed),
        f"first sync: {megabytes(first)}",
        share,
        goal="follows the 1 %: ≤ 0.1",
        met=share <= 0.1,
    )
    log = megabytes(raw["changed"]["log"])
    yield Row(
        f"{raw['renamed']:,} users changed: store grows by",
        f"{raw['changed']['grown']:,} bytes, log at its longest {log}",
    )


def bare_fetch(sandbox, folder):
    """Seconds that curl needs for the same pages, as many in flight, thrown away. That it received
    every page and every byte is checked against what the sandbox sent."""
    config = curl_config(sandbox, folder / "pages.curl", lambda number: "/dev/null")
    before = sandbox.stats()
    run = curl(config)
    after = sandbox.stats()
    answers = [line.split() for line in run.output.splitlines()]
    pages = -(-USERS // PAGE)
    received = sum(int(size) for _, size in answers)
    sent = after["bytes"] - before["bytes"]
    good = [status for status, _ in answers] == ["200"] * pages
    # Users of the sandbox have 800 bytes and more.
    if not good or received != sent or sent < USERS * 800:
        sys.exit(f"curl received {received:,} of {sent:,} bytes in {len(answers)} answers")
    return run.seconds


def kept_fetch(sandbox, folder):
    """Seconds of the least program that also keeps the users: curl, and the sqlite3 shell."""
    pages = folder / "pages"
    pages.mkdir(exist_ok=True)
    store = folder / "kept.db"
    store.unlink(missing_ok=True)
    config = curl_config(sandbox, folder / "kept.curl", lambda number: pages / f"{number}.json")
    sql = (
        "CREATE TABLE user (id TEXT PRIMARY KEY, document TEXT) WITHOUT ROWID; BEGIN;"
        "INSERT INTO user SELECT json_extract(u.value, '$.id'), u.value FROM generate_series(1, :n) s, "
        "json_each(readfile(:pages || '/' || s.value || '.json'), '$.results') u; COMMIT;"
        "SELECT count(*) FROM user;"
    )
    sql = sql.replace(":n", str(-(-USERS // PAGE))).replace(":pages", f"'{pages}'")
    begin = time.perf_counter()
    curl(config)
    count = subprocess.run(["sqlite3", store, sql], check=True, capture_output=True, text=True).stdout
    seconds = time.perf_counter() - begin
    if int(count) != USERS:
        sys.exit(f"the sqlite3 shell kept {count.strip()} of {USERS} users")
    return seconds


def curl_config(sandbox, path, output):
    """A file that tells curl to ask for every page."""
    token = sandbox.token()
    entries = []
    for number in range(1, -(-USERS // PAGE) + 1):
        body = json.dumps(json.dumps(page_request(number, PAGE)))
        entries.append(
            f'url = "{sandbox.url}/api/v2/users/search"\n'
            f'header = "Authorization: Bearer {token}"\n'
            'header = "Content-Type: application/json"\n'
            f"data = {body}\n"
            f'output = "{output(number)}"\n'
            'write-out = "%{http_code} %{size_download}\\n"\nfail\n'
        )
    path.write_text("next\n".join(entries))
    return path


def curl(config):
    command = ["curl", "--silent", "--show-error", "--no-progress-meter", "--parallel"]
    command += ["--parallel-immediate", "--parallel-max", str(IN_FLIGHT), "--config", str(config)]
    return Measured(command, output=subprocess.PIPE)


def sdk(sandbox, folder):
    """Seconds of the usual script with the official SDK."""
    script = BENCH / "sdk_sync.py"
    command = [sdk_python(), script, sandbox.url, sandbox.id, sandbox.secret, folder / "sdk.db", str(PAGE)]
    return Measured(command).seconds


def sdk_python():
    """A Python with the official SDK, made once."""
    venv = CACHE / "bench-venv"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "PureCloudPlatformClientV2"], check=True)
    return python


def again(sandbox, store):
    """A further sync of the same store: bytes written, growth, and the longest log."""
    before = store_bytes(store)
    with LogWatch(store) as watch:
        run = sandbox.sync(store)
    return {
        "seconds": run.seconds,
        "written": run.written,
        "grown": store_bytes(store) - before,
        "log": watch.longest,
    }


class LogWatch:
    """Looks at the write-ahead log of a store while something runs; it is emptied at the end."""

    def __init__(self, store):
        self.path = pathlib.Path(f"{store}-wal")
        self.longest = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def watch(self):
        while not self.over.wait(0.01):
            try:
                self.longest = max(self.longest, self.path.stat().st_size)
            except FileNotFoundError:
                pass
