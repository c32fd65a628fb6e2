"""Puts the same questions to `headcount report` and to DuckDB, and compares every number.

    check.py PATH_TO_HEADCOUNT STORE WHAT_WAS_MADE
"""

import datetime
import decimal
import json
import os
import pathlib
import subprocess
import sys

import duckdb

from questions import LABELS, questions
from tables import attribute, facts, load

# What is told of each kind, and its sum in SQL.
SUMS = {
    "handle_time": {
        "count": "sum(handle_count)",
        "sum_ms": "sum(handle_sum_ms)",
        "talk_sum_ms": "sum(talk_sum_ms)",
        "hold_sum_ms": "sum(held_sum_ms)",
        "acw_sum_ms": "sum(acw_sum_ms)",
    },
    "evaluation": {
        "count": "coalesce(sum(evaluation_count), sum(score_count))",
        "scored": "sum(score_count)",
        "sum": "sum(score_sum)",
    },
}
# Averages: the sum of sums by the sum of those counts that came with one, and the unit.
AVERAGES = {
    "handle_time": {
        "aht_s": ("handle_sum_ms", "handle_count", 1000),
        "talk_s": ("talk_sum_ms", "talk_count", 1000),
        "hold_s": ("held_sum_ms", "held_count", 1000),
        "acw_s": ("acw_sum_ms", "acw_count", 1000),
    },
    "evaluation": {
        "score": ("score_sum", "score_count", 1),
        "critical_score": ("critical_score_sum", "critical_score_count", 1),
    },
}


class Differs(Exception):
    pass


class Comparison:
    """One question to both."""

    def __init__(self, db, question, answer):
        self.db, self.question, self.answer, self.compared = db, question, answer, 0

    def run(self):
        labels = self.question.labels
        expected = self.segments(labels)
        rows = {}
        for row in self.answer["rows"]:
            key = tuple(row[label] for label in labels)
            if key in rows:
                raise Differs(f"the row {key} is there twice")
            rows[key] = row
        if labels and set(rows) != set(expected):
            raise Differs(f"rows: {sorted(set(rows) - set(expected))} are too many, {sorted(set(expected) - set(rows))} are missing")
        (whole,) = self.segments([]).values()
        for key, row in rows.items():
            self.same(f"row {key}", row, expected[key], whole["count"])
        self.same("total", self.answer["total"], whole, whole["count"])
        told = self.answer["facts"]
        self.same("facts", told, self.sums("true"))
        self.same("not matching", told["not_matching"], self.sums(f"NOT ({self.question.matches()})"))
        self.same("unrostered", told["unrostered"], self.sums(f"id IS NULL AND ({self.question.matches()})"))
        before, straddling = self.db.execute("""
            SELECT count(*) FILTER (start_ms < first_ms),
                count(*) FILTER (EXISTS (SELECT 1 FROM life WHERE life.id = attributed.id
                    AND life.from_ms > start_ms AND life.from_ms < end_ms))
            FROM attributed""").fetchone()
        self.exact("before first snapshot", told["before_first_snapshot"], before)
        self.exact("straddling", told["straddling"], straddling)
        self.exact("reconciled", told["reconciled"], True)
        return self.compared

    def segments(self, labels):
        """The numbers of each segment, by its labels."""
        columns = []
        for number, label in enumerate(labels):
            expression = LABELS[label]
            columns.append(f"{f'unnest({expression})' if label == 'tree' else expression} AS label{number}")
        if not labels:
            columns = ["0 AS label0"]
        matching = f"SELECT *, {', '.join(columns)} FROM attributed WHERE {self.question.matches()}"
        names = [f"label{number}" for number in range(max(1, len(labels)))]
        by = f"GROUP BY {', '.join(names)}" if labels else ""
        rows = self.select(f"{', '.join(names)}," if labels else "", matching, by)
        return {tuple(row.pop(name) for name in names if name in row): row for row in rows}

    def sums(self, condition):
        (row,) = self.select("", f"SELECT * FROM attributed WHERE {condition}", "")
        return row

    def select(self, names, source, by):
        kind = self.question.kind
        columns = [f"{sql} AS {name}" for name, sql in SUMS[kind].items()]
        for name, (total, count, _) in AVERAGES[kind].items():
            columns.append(f"sum({total}) AS {name}_of, sum({count}) FILTER ({total} IS NOT NULL) AS {name}_by")
        answer = self.db.execute(f"""
            WITH matching AS ({source})
            SELECT {names} count(*) AS facts, count(DISTINCT id) AS agents, {', '.join(columns)} FROM matching {by}""")
        columns = [column[0] for column in answer.description]
        return [dict(zip(columns, row)) for row in answer.fetchall()]

    def same(self, where, told, expected, all_counted=None):
        kind = self.question.kind
        self.exact(f"{where}: facts", told["facts"], expected["facts"])
        for name in SUMS[kind]:
            self.exact(f"{where}: {name}", told[name], expected[name])
        for name, (_, _, unit) in AVERAGES[kind].items():
            total, count = expected[f"{name}_of"], expected[f"{name}_by"]
            average = decimal.Decimal(total) / int(count) / unit if total is not None and count else None
            self.near(f"{where}: {name}", told[name], average)
        if all_counted is not None:
            self.exact(f"{where}: agents", told["agents"], expected["agents"])
            counted = expected["count"]
            share = decimal.Decimal(int(counted)) / int(all_counted) if counted is not None and all_counted else None
            self.near(f"{where}: share", told["share"], share)

    def exact(self, what, told, expected):
        """Whole numbers to the unit; sums of scores to the millionth."""
        self.compared += 1
        if isinstance(told, decimal.Decimal) or isinstance(expected, decimal.Decimal):
            same = None not in (told, expected) and decimal.Decimal(told) == expected
        else:
            same = told == expected and (told is None) == (expected is None)
        if not same:
            raise Differs(f"{what} is {told}, DuckDB has {expected}")

    def near(self, what, told, expected):
        """A fraction, to fifteen digits."""
        self.compared += 1
        if told is None or expected is None:
            same = told is expected
        else:
            same = abs(decimal.Decimal(told) - expected) <= abs(expected) * decimal.Decimal("1e-14")
        if not same:
            raise Differs(f"{what} is {told}, DuckDB has {expected}")


def ask(binary, store, org, question):
    """The answer of headcount. No settings of whoever runs this are found."""
    env = {"HOME": str(store.parent), "PATH": os.environ.get("PATH", ""), "HEADCOUNT_STORE": f"sqlite:{store}"}
    command = [binary, *question.options(), "--org", org]
    run = subprocess.run(command, env=env, capture_output=True, text=True)
    if run.returncode != 0:
        raise Differs(f"exit code {run.returncode}: {run.stderr.strip()}")
    return json.loads(run.stdout, parse_float=decimal.Decimal)


def managers(db):
    """Some who have the most below them, and somebody with nobody."""
    most = "SELECT manager FROM tree GROUP BY manager ORDER BY count(*) DESC, manager LIMIT 3"
    none = "SELECT min(id) FROM person WHERE id NOT IN (SELECT manager FROM tree)"
    return [row[0] for row in db.execute(f"SELECT * FROM ({most}) UNION ALL ({none})").fetchall() if row[0]]


def main():
    binary, store, made = sys.argv[1], pathlib.Path(sys.argv[2]), json.loads(pathlib.Path(sys.argv[3]).read_text())
    first, last = (datetime.date.fromisoformat(made[end]) for end in ["from", "to"])
    db = duckdb.connect()
    versions = load(db, store)
    files = store.with_suffix(".facts") / made["org"]
    counted = sum(facts(db, kind, files) for kind in ["handle_time", "evaluation"])
    rings = db.execute("SELECT count(DISTINCT (ms, person)) FROM cut").fetchone()[0]
    asked = compared = 0
    failed = []
    for question in questions(first, last, managers(db)):
        asked += 1
        attribute(db, question)
        try:
            compared += Comparison(db, question, ask(binary, store, made["org"], question)).run()
        except Differs as differs:
            failed.append(f"headcount {' '.join(question.options())}\n    {differs}")
    print(f"{store.stem}: {versions} versions, {rings} rings, {counted} facts; {asked} questions, {compared:,} numbers alike")
    if failed:
        sys.exit("\n".join([f"{len(failed)} questions are answered otherwise than by DuckDB", *failed[:10]]))
    if not (versions and rings and counted and compared):
        sys.exit("the org is too tame to prove anything")


if __name__ == "__main__":
    main()
