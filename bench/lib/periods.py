"""What peers are given of a store as Parquet: versions, and who is above whom in each period."""

import json
import sqlite3
import subprocess

# The end of what still holds, ms UTC: the year 2200.
OPEN = 7_258_118_400_000

CONVERT = """
import duckdb, sys
db = duckdb.connect()
db.execute("SET TimeZone = 'UTC'")
folder = sys.argv[1]
moments = "make_timestamptz(valid_from * 1000) AS valid_from, make_timestamptz(valid_to * 1000) AS valid_to"
# Ids as text, as in the facts; left alone, they become UUIDs.
period = "valid_from: 'BIGINT', valid_to: 'BIGINT'"
for name, columns, types in [
    ("versions", f"id, department, {moments}", f"id: 'VARCHAR', department: 'VARCHAR', {period}"),
    ("paths", f"id, path, {moments}", f"id: 'VARCHAR', path: 'BIGINT', {period}"),
    ("trees", "path, manager", "path: 'BIGINT', manager: 'VARCHAR'"),
]:
    source = f"read_json('{folder}/{name}.ndjson', format = 'newline_delimited', columns = {{{types}}})"
    db.execute(f"COPY (SELECT {columns} FROM {source}) TO '{folder}/{name}.parquet'")
"""


def write(python, store, folder):
    """Writes `versions`, `paths` (which path everybody is on, by period) and `trees` (the managers of
    each path, by name)."""
    versions = read(store)
    with open(folder / "versions.ndjson", "w") as out:
        for (id, department, _, _, valid_from), until in zip(versions, ends(versions)):
            line(out, id=id, department=department, valid_from=valid_from, valid_to=until)
    periods, managers = paths(versions)
    with open(folder / "paths.ndjson", "w") as out:
        for id, path, since, until in periods:
            line(out, id=id, path=path, valid_from=since, valid_to=until)
    with open(folder / "trees.ndjson", "w") as out:
        for path, manager in managers:
            line(out, path=path, manager=manager)
    subprocess.run([python, "-c", CONVERT, folder], check=True)


def line(out, **fields):
    out.write(json.dumps(fields) + "\n")


def read(store):
    sql = "SELECT id, department, name, manager_id, valid_from FROM version ORDER BY id, valid_from"
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as source:
        return source.execute(sql).fetchall()


def ends(versions):
    """When each version gives way to the next one of its user."""
    following = versions[1:] + [(None,) * 5]
    return [after[4] if after[0] == version[0] else OPEN for version, after in zip(versions, following)]


def paths(versions):
    """Periods in which everybody is on one path, and the managers of each path. Nobody comes or goes
    in these orgs, names do not change, and there are no rings."""
    changes, names = {}, {}
    for id, _, name, manager, valid_from in versions:
        changes.setdefault(valid_from, []).append((id, manager))
        names[id] = name
    known, nodes = {}, [(None, 0)]
    above, heads, lives = {}, {}, {}
    for moment in sorted(changes):
        for id, manager in changes[moment]:
            if above.get(id) != manager:
                heads[above.get(id)] = heads.get(above.get(id), 0) - 1
                heads[manager] = heads.get(manager, 0) + 1
            above[id] = manager
        now = {}

        def path(id):
            """The path of somebody, 0 for one without managers and reports."""
            if id is None:
                return 0
            if id not in now:
                over = path(above[id])
                if heads.get(id, 0) > 0:
                    key = (id, over)
                    over = known.setdefault(key, len(nodes))
                    if over == len(nodes):
                        nodes.append(key)
                now[id] = over
            return now[id]

        for id in above:
            life, at = lives.setdefault(id, []), path(id)
            if not life or life[-1][0] != at:
                life.append((at, moment))
    trees = []
    for path_number in range(1, len(nodes)):
        at = path_number
        while at:
            trees.append((path_number, names[nodes[at][0]]))
            at = nodes[at][1]
    periods = []
    for id, life in lives.items():
        following = [since for _, since in life[1:]] + [OPEN]
        periods += [(id, at, since, until) for (at, since), until in zip(life, following)]
    return periods, trees
