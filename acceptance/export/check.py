"""Exports each org in each form, opens the files with each engine, and compares.

    check.py PATH_TO_HEADCOUNT FOLDER SEED...

FOLDER holds a store and what was made of it for each seed.
"""

import datetime
import decimal
import json
import os
import pathlib
import subprocess
import sys

from engines import DuckDb, Polars, Spark

ZONE = "Asia/Riyadh"
# By the name of the query's file and the attribute of the report.
REPORTS = {
    "department": "department",
    "division": "division",
    "manager": "manager",
    "level1": "level1",
    "tree": "tree",
    "title": "title",
    "state": "state",
    "media_type": "mediaType",
    "day": "day",
}
# Names in SQL and in the report.
NUMBERS = {
    "aht": {
        "handled": "count", "sum_ms": "sum_ms", "talk_sum_ms": "talk_sum_ms", "hold_sum_ms": "hold_sum_ms",
        "acw_sum_ms": "acw_sum_ms", "aht_s": "aht_s", "talk_s": "talk_s", "hold_s": "hold_s", "acw_s": "acw_s",
    },
    "evaluations": {
        "evaluated": "count", "scored": "scored", "score_total": "sum", "score": "score", "critical_score": "critical_score",
    },
}
FRACTIONS = {"aht_s", "talk_s", "hold_s", "acw_s", "score", "critical_score"}


class Differs(Exception):
    pass


class Org:
    """A store, and the program that answers out of it."""

    def __init__(self, binary, store, made):
        self.binary, self.store, self.made = binary, store, made

    def run(self, *arguments):
        # No settings of whoever runs this are found.
        env = {"HOME": str(self.store.parent), "PATH": os.environ.get("PATH", ""), "HEADCOUNT_STORE": f"sqlite:{self.store}"}
        command = [self.binary, *map(str, arguments), "--org", self.made["org"], "--output", "json"]
        run = subprocess.run(command, env=env, capture_output=True, text=True)
        if run.returncode != 0:
            raise Differs(f"{' '.join(map(str, arguments))}: exit code {run.returncode}: {run.stderr.strip()}")
        return json.loads(run.stdout, parse_float=decimal.Decimal)

    def export(self, form, *options):
        folder = self.store.with_suffix(f".{form}")
        self.run("export", "--format", form, "--to", folder, *options)
        return folder

    def report(self, report, by, days):
        return self.run(
            "report", report, "--by", by, "--from", days[0], "--to", days[1], "--timezone", ZONE,
            "--week-start", "sunday", "--allow-missing",
        )


def periods(made):
    """All days, and some in the middle."""
    first, last = (datetime.date.fromisoformat(made[end]) for end in ["from", "to"])
    return [(first, last), (first + datetime.timedelta(days=9), first + datetime.timedelta(days=30))]


def compare(engine, folder, org):
    """Every query of the export, against the report. Gives how many numbers were compared."""
    compared = 0
    for days in periods(org.made):
        engine.period(*days)
        for report, numbers in NUMBERS.items():
            for name, by in REPORTS.items():
                where = f"{engine.name}, {folder.suffix[1:]}: {report} by {name}, {days[0]}..{days[1]}"
                sql = (folder / "sql" / f"report_{report}_by_{name}.sql").read_text()
                rows = {str(row[name]): row for row in engine.ask(sql)}
                told = org.report(report, by, days)
                expected = {row[by]: row for row in told["rows"]}
                if rows.keys() != expected.keys():
                    raise Differs(f"{where}: rows {sorted(rows.keys() ^ expected.keys())} differ")
                for key, row in expected.items():
                    for column, label in {"facts": "facts", "agents": "agents", **numbers}.items():
                        compared += 1
                        same(f"{where}: {column} of {key}", rows[key][column], row[label], column in FRACTIONS)
    return compared


def same(what, found, expected, fraction):
    if None in (found, expected):
        alike = found is expected
    else:
        found, expected = decimal.Decimal(found), decimal.Decimal(expected)
        alike = abs(found - expected) <= abs(expected) * decimal.Decimal("1e-14") if fraction else found == expected
    if not alike:
        raise Differs(f"{what} is {found}, the report has {expected}")


def opened(engine, folder):
    """Every file of the manifest by itself: as many rows, and the columns that are told. Gives how many."""
    manifest = json.loads((folder / "manifest.json").read_text())
    files = 0
    for name, table in manifest["tables"].items():
        told = [(column["name"], column["type"]) for column in table["columns"]]
        for file in table["files"]:
            files += 1
            rows, columns = engine.open(folder / file["path"])
            if rows != file["rows"] or (columns is not None and columns != told):
                raise Differs(f"{engine.name}: {file['path']} has {rows} rows of {columns}, not {file['rows']} of {told}")
    return files


def main():
    binary, work, seeds = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    spark = Spark()
    failed = []
    for seed in seeds:
        org = Org(binary, work / f"{seed}.db", json.loads((work / f"{seed}.json").read_text()))
        for form, engines in {"parquet": [DuckDb, Polars, spark], "csv": [DuckDb], "ndjson": [DuckDb]}.items():
            folder = org.export(form)
            for engine in engines:
                engine = engine if engine is spark else engine()
                engine.load(folder, form)
                try:
                    files = opened(engine, folder) if form == "parquet" else 0
                    numbers = compare(engine, folder, org)
                    print(f"{seed}, {form}: {engine.name} opened {files} files, {numbers:,} numbers alike", flush=True)
                except Differs as differs:
                    failed.append(f"seed {seed}: {differs}")
        failed += hidden(org)
    if failed:
        sys.exit("\n".join(failed))


def hidden(org):
    """Without personal values no name is in any file, and the numbers stay those by id."""
    folder = org.export("csv", "--personal", "none")
    names = {"Ann", "Bob", "Cid", "Dina", "Eve"}
    texts = [file.read_text() for file in folder.rglob("*.csv")]
    found = [name for name in names for text in texts if f"{name} " in text]
    return [f"names are in an export without personal values: {found}"] if found else []


if __name__ == "__main__":
    main()
