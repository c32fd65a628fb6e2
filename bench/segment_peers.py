"""Segments facts with DuckDB or Polars: one way to ask, so many times, in a process of its own.

    segment_peers.py WAY FOLDER FROM TO TIMES THREADS

FOLDER has the versions and paths as Parquet and the names of the fact files (see lib/segment.py).
WAY is ENGINE-JOIN-BY-AGENTS, such as duckdb-asof-department-grouped. Prints JSON: seconds of each
run, and the segments of the last one. Starting Python and the engine does not count.
"""

import json
import os
import pathlib
import sys
import time

SUMS = ["handle_count", "handle_sum_ms", "talk_count", "talk_sum_ms", "held_count", "held_sum_ms", "acw_count", "acw_sum_ms"]
TOLD = ", ".join(f"sum({column})::BIGINT AS {column}" for column in SUMS)
# Who is counted once in each segment: sums by segment and user first, or count(DISTINCT).
TWICE = ", ".join(f"sum({column})::BIGINT" for column in SUMS)

RANGE = "JOIN {side} v ON v.id = f.user_id AND f.interval_start >= v.valid_from AND f.interval_start < v.valid_to"
ASOF = "ASOF JOIN {side} v ON v.id = f.user_id AND f.interval_start >= v.valid_from"
# A row for each user, with all versions side by side: no join is cheaper, while there are few.
WIDE = "JOIN (SELECT id, list({column} ORDER BY valid_from) AS held, list(valid_from ORDER BY valid_from) AS since FROM {side} GROUP BY id) v ON v.id = f.user_id"
WIDE_VALUE = "CASE WHEN f.interval_start < v.since[2] THEN v.held[1] WHEN f.interval_start < v.since[3] OR v.since[3] IS NULL THEN v.held[2] ELSE v.held[3] END"

JOINS = {"range": RANGE, "asof": ASOF, "wide": WIDE}


def duckdb_sql(join, by, agents):
    """`by` is department or tree, `agents` is distinct, grouped or none."""
    side, column = {"department": ("versions", "department"), "tree": ("paths", "path")}[by]
    joined = JOINS[join].format(side=side, column=column)
    value = WIDE_VALUE if join == "wide" else f"v.{column}"
    facts = f"FROM facts f {joined} WHERE f.interval_start >= $first AND f.interval_start < $last"
    if by == "tree":
        # Added up by path, then each path into the trees that it is in.
        user = "" if agents == "none" else ", f.user_id AS user_id"
        count = "" if agents == "none" else ", count(DISTINCT user_id)"
        return f"""
            WITH part AS (SELECT {value} AS path{user}, {TOLD} {facts} GROUP BY ALL)
            SELECT manager, {TWICE}{count} FROM part JOIN trees USING (path) GROUP BY manager"""
    if agents == "distinct":
        return f"SELECT {value} AS segment, {TOLD}, count(DISTINCT f.user_id) {facts} GROUP BY segment"
    if agents == "grouped":
        return f"""
            WITH part AS (SELECT {value} AS segment, f.user_id AS user_id, {TOLD} {facts} GROUP BY ALL)
            SELECT segment, {TWICE}, count(*) FROM part GROUP BY segment"""
    return f"SELECT {value} AS segment, {TOLD} {facts} GROUP BY segment"


def duckdb_way(files, folder, first, last, threads, join, by, agents):
    import duckdb

    db = duckdb.connect()
    db.execute(f"SET threads = {threads}")
    db.execute("SET preserve_insertion_order = false")
    db.execute("SET TimeZone = 'UTC'")
    db.execute("SET enable_progress_bar = false")
    db.execute(f"SET temp_directory = '{folder / 'spilled'}'")
    names = ", ".join(f"'{file}'" for file in files)
    db.execute(f"CREATE VIEW facts AS SELECT * FROM read_parquet([{names}])")
    for table in ["versions", "paths", "trees"]:
        db.execute(f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{folder / table}.parquet')")
    sql = duckdb_sql(join, by, agents)
    for name, day in [("$first", first), ("$last", last)]:
        sql = sql.replace(name, f"TIMESTAMPTZ '{day}T00:00:00Z'")
    return lambda: db.execute(sql).fetchall()


def polars_way(files, folder, first, last, threads, join, by, agents):
    import datetime

    import polars as pl

    side, column = {"department": ("versions", "department"), "tree": ("paths", "path")}[by]
    start_of = lambda day: datetime.datetime.fromisoformat(day).replace(tzinfo=datetime.timezone.utc)
    facts = pl.scan_parquet(files).select("interval_start", "user_id", *SUMS)
    facts = facts.filter((pl.col("interval_start") >= start_of(first)) & (pl.col("interval_start") < start_of(last)))
    held = pl.scan_parquet(folder / f"{side}.parquet").select(
        "id", column, *[pl.col(moment).cast(pl.Datetime("ms", "UTC")) for moment in ["valid_from", "valid_to"]]
    )
    if join == "asof":
        # Files come in the order of their days, so facts are in order of time.
        facts = facts.set_sorted("interval_start")
        joined = facts.join_asof(
            held.sort("valid_from"), left_on="interval_start", right_on="valid_from", by_left="user_id", by_right="id",
            check_sortedness=False,
        )
    elif join == "wide":
        wide = held.sort("valid_from").group_by("id").agg(pl.col(column), pl.col("valid_from"))
        at = lambda name, place: pl.col(name).list.get(place, null_on_oob=True)
        wide = wide.select("id", *[at(column, n).alias(f"held{n}") for n in range(3)], *[at("valid_from", n).alias(f"since{n}") for n in range(3)])
        start = pl.col("interval_start")
        value = pl.when(start < pl.col("since1")).then(pl.col("held0"))
        value = value.when((start < pl.col("since2")) | pl.col("since2").is_null()).then(pl.col("held1")).otherwise(pl.col("held2"))
        joined = facts.join(wide, left_on="user_id", right_on="id").with_columns(value.alias(column))
    else:
        joined = facts.join(held, left_on="user_id", right_on="id").filter(
            (pl.col("interval_start") >= pl.col("valid_from")) & (pl.col("interval_start") < pl.col("valid_to"))
        )
    sums = [pl.col(name).sum() for name in SUMS]
    if by == "tree":
        trees = pl.scan_parquet(folder / "trees.parquet")
        keys = ["path"] if agents == "none" else ["path", "user_id"]
        counted = [] if agents == "none" else [pl.col("user_id").n_unique()]
        answer = joined.group_by(keys).agg(sums).join(trees, on="path").group_by("manager").agg(*sums, *counted)
    elif agents == "distinct":
        answer = joined.group_by(column).agg(*sums, pl.col("user_id").n_unique())
    elif agents == "grouped":
        answer = joined.group_by(column, "user_id").agg(sums).group_by(column).agg(*sums, pl.len())
    else:
        answer = joined.group_by(column).agg(sums)
    return lambda: answer.collect(engine="streaming").rows()


def main():
    way, folder, first, last, times, threads = sys.argv[1:]
    engine, join, by, agents = way.split("-")
    os.environ["POLARS_MAX_THREADS"] = threads
    folder = pathlib.Path(folder)
    files = (folder / "files.txt").read_text().splitlines()
    make = {"duckdb": duckdb_way, "polars": polars_way}[engine]
    run = make(files, folder, first, last, threads, join, by, agents)
    spent = []
    for _ in range(int(times)):
        begin = time.perf_counter()
        rows = run()
        spent.append(time.perf_counter() - begin)
    print(json.dumps({"seconds": spent, "rows": [list(row) for row in rows]}))


if __name__ == "__main__":
    main()
