"""Exporting the star schema beside DuckDB writing the same rows."""

import json
import os
import shutil
import subprocess
import sys

from lib.machine import BENCH, ROOT, TARGET, Headcount, Measured, median
from lib.report import Row, duration, megabytes
from lib.segment import PEERS, peers

USERS, DAYS, SNAPSHOTS, VERSIONS = 100_000, 50, 50, 3

TITLE = f"Exporting {USERS:,} users with {VERSIONS} versions each, beside DuckDB"
NOTE = (
    f"`export --format parquet` into an empty folder, timed as a process: reading the versions out of the SQLite store, who was above "
    f"whom after each of {SNAPSHOTS} snapshots, keys, and every file on the disk (fsync). DuckDB {PEERS['duckdb']} writes the same rows "
    "with `COPY … TO … (FORMAT parquet, COMPRESSION zstd)`, timed inside its process, out of tables that it already holds in "
    "memory, facts partitioned by day; the same number of threads, no fsync."
)
NEEDS = []


def measure(bench):
    python = peers()
    folder = bench.folder / "export"
    folder.mkdir()
    store = folder / "months.db"
    build = ["cargo", "build", "--release", "--quiet", "-p", "headcount-store", "--example", "months"]
    subprocess.run(build, cwd=ROOT, check=True)
    maker = TARGET / "release" / "examples" / "months"
    made = subprocess.run(
        [maker, "large", *map(str, [store, USERS, DAYS, SNAPSHOTS, VERSIONS])], stdout=subprocess.PIPE, check=True
    )
    org = json.loads(made.stdout)["org"]
    # First without any facts, then with all of them.
    facts, aside = folder / "months.facts", folder / "aside"
    facts.rename(aside)
    raw = {"dimensions": compare(bench, python, store, org)}
    aside.rename(facts)
    raw["all"] = compare(bench, python, store, org)
    to = folder / "lake"
    unchanged = [export(store, org, to) for _ in range(bench.repetitions)]
    raw["unchanged"] = {"seconds": median(run.seconds for run in unchanged)}
    last = max((facts / org / "handle_time").glob("*.parquet"))
    last.unlink()
    fewer = export(store, org, to)
    raw["one_day"] = {"seconds": fewer.seconds}
    return raw


def export(store, org, to):
    return Measured(
        Headcount.command("export", "--format", "parquet", "--to", to, "--org", org, "--store", f"sqlite:{store}", "--output", "json"),
        output=subprocess.PIPE,
    )


def compare(bench, python, store, org):
    """Both write everything."""
    to, theirs = store.parent / "lake", store.parent / "theirs"
    runs = []
    for _ in range(max(3, bench.repetitions)):
        shutil.rmtree(to, ignore_errors=True)
        runs.append(export(store, org, to))
    told = json.loads(runs[-1].output)
    times = max(3, bench.repetitions)
    peer = Measured([python, BENCH / "export_peer.py", to, theirs, times, os.cpu_count()], output=subprocess.PIPE)
    answer = json.loads(peer.output)
    shutil.rmtree(theirs)
    ours = {
        "seconds": median(run.seconds for run in runs),
        "peak_mb": max(run.peak_mb for run in runs),
        "bytes": sum(table["bytes"] for table in told["tables"]),
        "rows": sum(table["rows"] for table in told["tables"]),
        "peer_seconds": median(answer["seconds"]),
        "peer_bytes": answer["bytes"],
    }
    if ours["rows"] != answer["rows"]:
        sys.exit(f"DuckDB wrote {answer['rows']} rows, headcount {ours['rows']}")
    print(f"{ours['rows']:,} rows: {ours['seconds']:.2f} s, DuckDB {ours['peer_seconds']:.2f} s", file=sys.stderr)
    return ours


def rows(raw):
    for name, what in [("dimensions", "users, versions and who was above whom"), ("all", f"the same and {DAYS} days of facts")]:
        one = raw[name]
        yield Row(
            f"{one['rows']:,} rows: {what}",
            f"{duration(one['seconds'])}, {megabytes(one['bytes'])}, {one['peak_mb']:,.0f} MB of memory",
            f"DuckDB: {duration(one['peer_seconds'])}, {megabytes(one['peer_bytes'])}",
            one["seconds"] / one["peer_seconds"],
            at_most=1.5,
        )
    whole = raw["all"]["seconds"]
    yield Row("The same again, nothing changed", duration(raw["unchanged"]["seconds"]), f"everything: {duration(whole)}", raw["unchanged"]["seconds"] / whole)
    yield Row("A day of facts is gone", duration(raw["one_day"]["seconds"]), f"everything: {duration(whole)}", raw["one_day"]["seconds"] / whole)
