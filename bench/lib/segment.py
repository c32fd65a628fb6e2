"""Segmenting facts beside DuckDB and Polars on the same Parquet files, and checking a roster."""

import datetime
import json
import os
import subprocess
import sys

from lib import periods
from lib.machine import BENCH, CACHE, ROOT, TARGET, Headcount, Measured, median
from lib.report import Row, duration
from lib.sandbox import Sandbox, remove_store

USERS, DAYS, SNAPSHOTS, VERSIONS = 100_000, 250, 50, 3
# Ways that take longer than so many times the fastest one are run once.
NEAR = 2
# Days of facts that a roster is checked with.
PULLED = 3
PEERS = {"duckdb": "2.0.1", "polars": "2.1.0"}
NAMES = {"duckdb": "DuckDB", "polars": "Polars"}
SAID = {"range": "range join on valid_from and valid_to", "asof": "ASOF join", "wide": "join to one row a user with all versions"}
COUNTED = {"distinct": "count(DISTINCT user)", "grouped": "by user first"}

TITLE = f"Segmenting {USERS * DAYS * 2:,} facts, beside DuckDB and Polars"
NOTE = (
    f"Handle time of {DAYS} days, {USERS:,} users and two media types, in the Parquet files that headcount keeps; everybody has "
    f"three versions, changed at {SNAPSHOTS} snapshots. `report` is timed as a process, reading the versions from its store and "
    f"finding who is above whom included. DuckDB {PEERS['duckdb']} and Polars {PEERS['polars']} (lazy, streaming) are timed inside "
    "theirs, with the versions as Parquet in the right types, for trees with the managers above everybody already worked out for "
    "each period; the same eight sums, the same number of threads, everything in the page cache, every sum checked to be the same. "
    f"Every way to ask was tried once, the fastest of each join again unless it took {NEAR} times as long as the fastest of all. "
    "Peak memory is that of the process; ASOF joins need a machine with 16 GB. "
    f"`check` has the facts of {PULLED} days beside it."
)
NEEDS = []


def measure(bench):
    python = peers()
    data = Data(bench.folder / "segment")
    raw = {"facts": data.facts, "questions": [ask(bench, python, data, by) for by in ["department", "tree"]]}
    raw["no_agents"] = fastest(bench, python, data, "department", ["none"])
    if not bench.quick:
        raw["fourfold"] = fourfold(bench, data)
    raw["check"] = [check(bench, 100_000, facts=True)]
    if not bench.quick:
        # A day of so many is more than one answer may hold: the rules about facts look at none.
        raw["check"].append(check(bench, 1_000_000, facts=False))
    return raw


def peers():
    """A Python with both, made once."""
    venv = CACHE / "bench-venv"
    python = venv / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    wanted = [f"{name}=={version}" for name, version in PEERS.items()]
    installed = subprocess.run([python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True).stdout
    if not set(wanted) <= set(installed.splitlines()):
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
    return python


class Data:
    """The store with its facts, and what the peers are given of it."""

    def __init__(self, folder):
        folder.mkdir()
        self.folder, self.store = folder, folder / "months.db"
        build = ["cargo", "build", "--release", "--quiet", "-p", "headcount-store", "--example", "months"]
        subprocess.run(build, cwd=ROOT, check=True)
        maker = TARGET / "release" / "examples" / "months"
        made = subprocess.run(
            [maker, "large", *map(str, [self.store, USERS, DAYS, SNAPSHOTS, VERSIONS])], stdout=subprocess.PIPE, check=True
        )
        made = json.loads(made.stdout)
        self.org, self.facts, self.first, self.last = made["org"], made["facts"], made["from"], made["to"]
        self.files = sorted((folder / "months.facts" / self.org / "handle_time").glob("*.parquet"))
        self.bytes = sum(file.stat().st_size for file in self.files)
        (folder / "files.txt").write_text("\n".join(map(str, self.files)))
        periods.write(peers(), self.store, folder)

    def report(self, by, *options):
        """The command that asks for a report."""
        return Headcount.command(
            "report", "aht", "--by", by, "--from", self.first, "--to", self.last, "--timezone", "UTC", "--org", self.org,
            "--store", f"sqlite:{self.store}", "--output", "json", *options,
        )

    def peer(self, python, way, times):
        """Runs one way of a peer; gives the runs and the process."""
        last = datetime.date.fromisoformat(self.last) + datetime.timedelta(days=1)
        command = [python, BENCH / "segment_peers.py", way, self.folder, self.first, last, times, os.cpu_count()]
        run = Measured(command, output=subprocess.PIPE)
        answer = json.loads(run.output)
        return {"way": way, "seconds": median(answer["seconds"]), "peak_mb": run.peak_mb}, answer["rows"]


def ask(bench, python, data, by):
    """One segmentation by headcount, and the fastest of each peer and join."""
    command = data.report(by)
    warm = Measured(command, output=subprocess.PIPE)
    expected = {row[by]: row for row in json.loads(warm.output)["rows"]}
    theirs = fastest(bench, python, data, by, list(COUNTED) if by == "department" else ["distinct"], expected)
    ours = [Measured(command) for _ in range(max(3, bench.repetitions))]
    seconds, peak = median(run.seconds for run in ours), max(run.peak_mb for run in ours)
    print(f"{by}: {seconds:.2f} s, {peak:.0f} MB, {len(expected)} segments", file=sys.stderr)
    return {"by": by, "segments": len(expected), "seconds": seconds, "peak_mb": peak, "peers": theirs}


def fastest(bench, python, data, by, agents, expected=None):
    """The fastest way of each engine and join; those that come near the fastest of all measured again."""
    joins = ["range", "asof"] if by == "tree" else ["range", "wide"] if agents == ["none"] else list(SAID)
    found = []
    for engine in NAMES:
        for join in joins:
            tried = []
            for way in [f"{engine}-{join}-{by}-{one}" for one in agents]:
                run, rows = data.peer(python, way, 1)
                same(way, rows, expected)
                tried.append(run)
                print(f"{way}: {run['seconds']:.2f} s, {run['peak_mb']:.0f} MB", file=sys.stderr)
            found.append(min(tried, key=speed))
    near = NEAR * min(map(speed, found))
    times = max(3, bench.repetitions)
    return [data.peer(python, run["way"], times)[0] if speed(run) <= near else run for run in found]


def speed(run):
    return run["seconds"]


def same(way, rows, expected):
    """Every segment has the sums that headcount told."""
    if expected is None:
        return
    told = {
        segment: [row["count"], row["sum_ms"], row["talk_sum_ms"], row["hold_sum_ms"], row["acw_sum_ms"], row["agents"]]
        for segment, row in expected.items()
    }
    theirs = {row[0]: [row[place] for place in (1, 2, 4, 6, 8, 9)] for row in rows}
    if told != theirs:
        differ = [segment for segment in told.keys() | theirs.keys() if told.get(segment) != theirs.get(segment)]
        sys.exit(f"{way}: {len(differ)} segments differ, such as {differ[0]}: {told.get(differ[0])}, {theirs.get(differ[0])}")


def fourfold(bench, data):
    """Four times as many facts: every file under four names."""
    folder = data.folder / "fourfold"
    folder.mkdir()
    for file in data.files:
        for turn in range(4):
            (folder / f"{file.stem}-{turn}.parquet").symlink_to(file)
    runs = {}
    for times, files in [(1, data.files), (4, sorted(folder.iterdir()))]:
        command = data.report("department", "--facts", *files)
        Measured(command)
        measured = [Measured(command) for _ in range(3)]
        runs[str(times)] = {"seconds": median(run.seconds for run in measured), "peak_mb": max(run.peak_mb for run in measured)}
    return runs


def check(bench, users, facts):
    """All rules over a roster. Findings are no failure here."""
    store = bench.folder / f"check-{users}.db"
    yesterday = datetime.datetime.now(datetime.timezone.utc).date() - datetime.timedelta(days=1)
    days = ["--from", yesterday - datetime.timedelta(days=PULLED - 1), "--to", yesterday]
    with Sandbox(users) as sandbox:
        sandbox.sync(store)
        if facts:
            # There are rules about whoever has no facts.
            Measured(Headcount.command("facts", "pull", "--quiet", "--store", f"sqlite:{store}", *days), sandbox.env)
    command = Headcount.command("check", "--store", f"sqlite:{store}", "--output", "json", "--fail-on", "never")
    runs = [Measured(command) for _ in range(bench.repetitions if users < 1_000_000 else 3)]
    seconds = median(run.seconds for run in runs)
    remove_store(store)
    print(f"check, {users:,} users: {seconds:.2f} s", file=sys.stderr)
    return {"users": users, "facts": facts, "seconds": seconds, "peak_mb": max(run.peak_mb for run in runs)}


def rows(raw):
    for question in raw["questions"]:
        yield from beside(f"`report aht --by {question['by']}`, {question['segments']:,} segments", question, question["peers"])
        yield Row(
            f"`--by {question['by']}`, peak memory",
            f"{question['peak_mb']:,.0f} MB",
            "least of the peers: " + "{:,.0f} MB".format(min(peer["peak_mb"] for peer in question["peers"])),
            goal="≤ 1,000 MB",
            met=question["peak_mb"] <= 1000,
        )
    (department,) = [question for question in raw["questions"] if question["by"] == "department"]
    yield from beside("`report aht --by department`, agents counted by headcount alone", department, raw["no_agents"])
    if "fourfold" in raw:
        once, four = raw["fourfold"]["1"], raw["fourfold"]["4"]
        ratio = four["seconds"] / once["seconds"]
        yield Row(
            f"`--by department`, {4 * raw['facts']:,} facts (each file under four names)",
            f"{four['seconds']:.2f} s, {four['peak_mb']:,.0f} MB",
            f"{raw['facts']:,} facts: {once['seconds']:.2f} s, {once['peak_mb']:,.0f} MB",
            ratio,
            goal="linear: ≤ 4.4, ≤ 1,000 MB",
            met=ratio <= 4.4 and four["peak_mb"] <= 1000,
        )
    for size in raw["check"]:
        goal = 1 * size["users"] / 100_000
        yield Row(
            f"`check`, all rules, {size['users']:,} users{'' if size['facts'] else ' without facts'}",
            f"{duration(size['seconds'])}, {size['peak_mb']:,.0f} MB",
            goal=f"≤ {goal:g} s",
            met=size["seconds"] <= goal,
        )


def beside(what, ours, theirs):
    """A line for each peer; the goal is for the fastest."""
    best = min(theirs, key=speed)
    for peer in theirs:
        engine, join, by, agents = peer["way"].split("-")
        said = SAID[join] + (f", {COUNTED[agents]}" if by == "department" and agents in COUNTED else "")
        yield Row(
            what,
            f"{ours['seconds']:.2f} s",
            f"{NAMES[engine]}, {said}: {peer['seconds']:.2f} s, {peer['peak_mb']:,.0f} MB",
            ours["seconds"] / peer["seconds"],
            **({"at_most": 1} if peer is best else {}),
        )
