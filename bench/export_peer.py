"""DuckDB writes the rows of an export to Parquet, out of tables that it already holds in memory.

    export_peer.py EXPORT FOLDER TIMES THREADS

Prints JSON: seconds of each run. Loading the tables does not count.
"""

import json
import pathlib
import shutil
import sys
import time

import duckdb


def main():
    export, folder, times, threads = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    db = duckdb.connect()
    db.execute(f"SET threads = {threads}")
    db.execute("SET preserve_insertion_order = true")
    tables = {}
    for name, table in json.loads((export / "manifest.json").read_text())["tables"].items():
        files = [str(export / file["path"]) for file in table["files"]]
        db.execute(f"CREATE TABLE {name} AS SELECT * FROM read_parquet({files}, hive_partitioning = false)")
        tables[name] = db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
        if tables[name] != table["rows"]:
            sys.exit(f"{name} has {tables[name]} rows, not {table['rows']}")
    seconds = []
    for _ in range(times):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        began = time.monotonic()
        for name, rows in tables.items():
            if name.startswith("fact_") and rows:
                db.execute(f"COPY {name} TO '{folder}/{name}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (local_day))")
            else:
                db.execute(f"COPY {name} TO '{folder}/{name}.parquet' (FORMAT parquet, COMPRESSION zstd)")
        seconds.append(time.monotonic() - began)
    size = sum(file.stat().st_size for file in folder.rglob("*.parquet"))
    print(json.dumps({"seconds": seconds, "bytes": size, "rows": sum(tables.values())}))


if __name__ == "__main__":
    main()
