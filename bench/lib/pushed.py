"""Reports that PostgreSQL adds up by itself, beside reports that read the same facts out of it, and
beside SQL that a person would write over the views of the store."""

import json
import subprocess
import sys
import time

from lib.machine import ROOT, TARGET, Headcount, Measured, median
from lib.postgres import Cluster
from lib.report import Row

USERS, DAYS, SNAPSHOTS, VERSIONS = 100_000, 20, 50, 3
MEDIA = 2
QUESTIONS = ["department", "department,day", "tree", "user"]

TITLE = f"{USERS * DAYS * MEDIA:,} facts in PostgreSQL: added up there, and read out of it"
NOTE = (
    f"Handle time of {DAYS} days, {USERS:,} users and two media types as rows of the store's database; everybody has {VERSIONS} versions, "
    f"changed at {SNAPSHOTS} snapshots. Each report is timed as a process, which also reads the versions out of the same database: "
    "`--engine store` sends it who belongs where and gets sums back, `--engine local` reads all facts. The SQL by hand is that of a "
    "person at the view `version`, with each version's end worked out and the same eight sums, agents counted, timed in `psql`; of the ways "
    "to write it that were tried the fastest stands here, and its sums were checked to be the same. The database has two workers for a "
    "question and everything in memory, and writes no log ahead (`fsync` off)."
)
NEEDS = ["initdb"]

SUMS = ["handle_count", "handle_sum_ms", "talk_count", "talk_sum_ms", "held_count", "held_sum_ms", "acw_count", "acw_sum_ms"]
VERSIONS_SQL = """
WITH v AS MATERIALIZED (
    SELECT id, coalesce(department, '(none)') AS department, valid_from,
           coalesce(lead(valid_from) OVER (PARTITION BY id ORDER BY valid_from), 9223372036854775807) AS valid_to
      FROM version WHERE org = 'acme')
"""
JOIN = "FROM handle_time f JOIN v ON v.id = f.user_id AND v.valid_from <= f.start_ms AND f.start_ms < v.valid_to"
PERIOD = "WHERE f.org = 'acme' AND f.day BETWEEN '{first}' AND '{last}'"


def by_hand(first, last):
    """Ways in which a person may ask for the department."""
    period = PERIOD.format(first=first, last=last)
    sums = ", ".join(f"sum(f.{name})" for name in SUMS)
    yield "count(DISTINCT user)", f"{VERSIONS_SQL} SELECT v.department, {sums}, count(DISTINCT v.id) {JOIN} {period} GROUP BY 1"
    inner = ", ".join(f"sum(f.{name}) AS {name}" for name in SUMS)
    outer = ", ".join(f"sum({name})" for name in SUMS)
    grouped = f"SELECT v.department, v.id, {inner} {JOIN} {period} GROUP BY 1, 2"
    yield "by user first", f"{VERSIONS_SQL} SELECT department, {outer}, count(*) FROM ({grouped}) g GROUP BY 1"


class Data:
    """A store in the cluster, with its facts."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.url = f"postgres://bench@127.0.0.1:{cluster.port}/postgres"
        build = ["cargo", "build", "--release", "--quiet", "-p", "headcount-store", "--example", "months"]
        subprocess.run(build, cwd=ROOT, check=True)
        maker = TARGET / "release" / "examples" / "months"
        arguments = [self.url, USERS, DAYS, SNAPSHOTS, VERSIONS]
        made = subprocess.run([maker, "large", *map(str, arguments)], stdout=subprocess.PIPE, check=True)
        made = json.loads(made.stdout)
        self.facts, self.versions, self.facts_s = made["facts"], made["versions"], made["facts_s"]
        self.first, self.last = made["from"], made["to"]
        self.ask("VACUUM ANALYZE")

    def ask(self, sql):
        """The rows of an answer, and how long it took to come."""
        return self.cluster.ask("SET search_path TO headcount, public", sql)

    def size(self, *tables):
        """Bytes of tables with what belongs to them, and of their indexes."""
        names = ", ".join(f"'headcount.{table}'::regclass" for table in tables)
        sql = f"SELECT sum(pg_table_size(t)), sum(pg_indexes_size(t)) FROM unnest(ARRAY[{names}]) t"
        (row,), _ = self.ask(sql)
        return [int(size) for size in row]

    def report(self, by, engine):
        return Headcount.command(
            "report", "aht", "--by", by, "--from", self.first, "--to", self.last, "--timezone", "UTC", "--org", "acme",
            "--store", self.url, "--engine", engine, "--output", "json",
        )


def measure(bench):
    with Cluster() as cluster:
        data = Data(cluster)
        fact_bytes, fact_index = data.size("fact_handle_time")
        version_bytes, version_index = data.size("version_open", "version_closed", "document")
        raw = {
            "facts": data.facts, "versions": data.versions, "facts_s": data.facts_s,
            "fact_bytes": fact_bytes, "fact_index": fact_index,
            "version_bytes": version_bytes, "version_index": version_index,
            "questions": [question(bench, data, by) for by in QUESTIONS],
        }
        raw["by_hand"] = hand(bench, data)
    return raw


def question(bench, data, by):
    """One report with either engine."""
    told, raw = {}, {"by": by}
    for engine in ["store", "local"]:
        command = data.report(by, engine)
        warm = Measured(command, output=subprocess.PIPE)
        told[engine] = warm.output
        runs = [Measured(command) for _ in range(max(3, bench.repetitions))]
        raw[engine] = {"seconds": median(run.seconds for run in runs), "peak_mb": max(run.peak_mb for run in runs)}
        print(f"{by}, {engine}: {raw[engine]['seconds']:.2f} s, {raw[engine]['peak_mb']:.0f} MB", file=sys.stderr)
    if told["store"] != told["local"]:
        sys.exit(f"{by}: the engines differ")
    raw["segments"] = len(json.loads(told["store"])["rows"])
    return raw


def hand(bench, data):
    """The fastest way by hand to split by department."""
    answer = json.loads(Measured(data.report("department", "store"), output=subprocess.PIPE).output)
    expected = {row["department"]: [row["count"], row["sum_ms"], row["agents"]] for row in answer["rows"]}
    ways = {}
    for name, sql in by_hand(data.first, data.last):
        seconds = []
        for _ in range(max(3, bench.repetitions)):
            rows, took = data.ask(sql)
            seconds.append(took)
        told = {row[0]: [int(row[1]), int(row[2]), int(row[-1])] for row in rows}
        if told != expected:
            sys.exit(f"{name}: the sums differ")
        ways[name] = median(seconds)
        print(f"by hand, {name}: {ways[name]:.2f} s", file=sys.stderr)
    return ways


def rows(raw):
    each = raw["facts"]
    yield Row("Keeping facts (binary COPY), one connection", f"{each / raw['facts_s']:,.0f} facts a second")
    yield Row("A fact of handle time", f"{raw['fact_bytes'] / each:.0f} bytes, its index {raw['fact_index'] / each:.1f}")
    versions = raw["versions"]
    yield Row(
        "A version of a user, document included",
        f"{raw['version_bytes'] / versions:,.0f} bytes, its indexes {raw['version_index'] / versions:,.0f}",
    )
    for question in raw["questions"]:
        store, local = question["store"], question["local"]
        yield Row(
            f"`report aht --by {question['by']} --engine store`, {question['segments']:,} segments",
            f"{store['seconds']:.2f} s, {store['peak_mb']:,.0f} MB",
            f"`--engine local`: {local['seconds']:.2f} s, {local['peak_mb']:,.0f} MB",
            store["seconds"] / local["seconds"],
        )
    (department,) = [question for question in raw["questions"] if question["by"] == "department"]
    name, seconds = min(raw["by_hand"].items(), key=lambda way: way[1])
    yield Row(
        "`report aht --by department --engine store`",
        f"{department['store']['seconds']:.2f} s",
        f"SQL by hand, {name}: {seconds:.2f} s",
        department["store"]["seconds"] / seconds,
    )
