"""A store in PostgreSQL beside one in a SQLite file."""

from lib.machine import median
from lib.postgres import Cluster
from lib.report import Row
from lib.sandbox import Sandbox, page_request
from lib.serve import race
from lib.server import SEARCH, Server
from lib.wire import post

USERS, PAGE = 100_000, 100
TITLE = "A store in PostgreSQL, 100,000 users"
NOTE = (
    "The same sandbox, the same binary, the same disk; sandbox, database and program share the processors. "
    "PostgreSQL forces what it commits to the disk, as SQLite does for us, with its usual settings but for 1 GB "
    "of shared buffers and of log between checkpoints. Serving: `POST /api/v2/users/search`, all pages in turn, by wrk."
)
NEEDS = ["initdb", "wrk"]
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "1GB",
    "max_wal_size": "1GB",
}


def measure(bench):
    with Cluster(SETTINGS) as cluster, Sandbox(USERS, "--window", "off") as sandbox:
        first, again = {"sqlite": [], "postgres": []}, {"sqlite": [], "postgres": []}
        for turn in range(bench.repetitions):
            stores = {"sqlite": bench.folder / f"database-{turn}.db", "postgres": cluster.database(f"turn_{turn}")}
            for side, store in stores.items():
                first[side].append(sandbox.sync(store).seconds)
            for side, store in stores.items():
                again[side].append(sandbox.sync(store).seconds)
        return {
            "first": {side: median(runs) for side, runs in first.items()},
            "again": {side: median(runs) for side, runs in again.items()},
            "serve": serve(bench, stores),
        }


def serve(bench, stores):
    """The same pages from both, in turn."""
    with Server(stores["sqlite"]) as file, Server(stores["postgres"]) as database:
        bodies = [page_request(number, PAGE) for number in range(1, USERS // PAGE + 1)]
        sides = {
            side: (server.url, [post(server.url, SEARCH, body, server.token) for body in bodies], [server.process.pid])
            for side, server in (("sqlite", file), ("postgres", database))
        }
        raced = race(bench, sides, 2 if bench.quick else 4, 2)
        return {
            "per_s": {side: raced[side]["per_s"] for side in raced},
            "ready_s": {"sqlite": file.ready_s, "postgres": database.ready_s},
        }


def rows(raw):
    for what, field, goal in [("First `sync`", "first", 2), ("Second `sync`, nothing changed", "again", None)]:
        ours, theirs = raw[field]["postgres"], raw[field]["sqlite"]
        yield Row(f"{what}, into PostgreSQL", f"{ours:.2f} s", f"into SQLite: {theirs:.2f} s", ours / theirs, at_most=goal)
    ready = raw["serve"]["ready_s"]
    yield Row(
        "`serve`, from its start until it answers",
        f"{ready['postgres']:.2f} s",
        f"SQLite: {ready['sqlite']:.2f} s",
        ready["postgres"] / ready["sqlite"],
    )
    pages = raw["serve"]["per_s"]
    yield Row(
        f"Pages of {PAGE} users a second",
        f"{pages['postgres']:,.0f}",
        f"SQLite: {pages['sqlite']:,.0f}",
        pages["postgres"] / pages["sqlite"],
        at_least=0.9,
    )
