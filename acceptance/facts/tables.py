"""What facts.md says of facts and versions, as SQL: tables that every question is put to."""

import sqlite3

# Sorts before and behind every time.
EVER, NEVER = -(2**62), 2**62

# Unknown and absent are labels; a blank text is no value.
NONE, UNROSTERED = "(none)", "(unrostered)"

VERSION = """
CREATE TABLE version (id VARCHAR, state VARCHAR, name VARCHAR, department VARCHAR, title VARCHAR,
    division_id VARCHAR, division_name VARCHAR, manager_id VARCHAR, valid_from BIGINT)"""

# A version holds until the next one begins: facts of somebody who is away belong to the last one.
# Facts before the first belong to the first.
LIFE = f"""
CREATE TABLE life AS SELECT *,
    min(valid_from) OVER person AS first_ms,
    CASE WHEN row_number() OVER ordered = 1 THEN {EVER} ELSE valid_from END AS from_ms,
    coalesce(lead(valid_from) OVER ordered, {NEVER}) AS until_ms
FROM version
WINDOW person AS (PARTITION BY id), ordered AS (PARTITION BY id ORDER BY valid_from)"""

# Who reports to whom after each snapshot: of those who had come by then.
TREE = """
CREATE TABLE moment AS SELECT DISTINCT valid_from AS ms FROM version;
CREATE TABLE person AS SELECT id, min(valid_from) AS first_ms FROM version GROUP BY id;
CREATE TABLE reports AS
    SELECT ms, life.id AS person, manager_id AS manager
    FROM moment
    JOIN life ON life.first_ms <= ms AND from_ms <= ms AND ms < until_ms
    JOIN person ON person.id = manager_id AND person.first_ms <= ms;
CREATE TABLE reach AS
    WITH RECURSIVE above(ms, person, manager) AS (
        SELECT * FROM reports
        UNION
        SELECT above.ms, above.person, reports.manager
        FROM above JOIN reports ON reports.ms = above.ms AND reports.person = above.manager)
    SELECT * FROM above;
-- A ring is cut above the least of those in it.
CREATE TABLE ring AS
    SELECT there.ms, there.person AS least, there.manager AS member
    FROM reach there JOIN reach back
        ON back.ms = there.ms AND back.person = there.manager AND back.manager = there.person;
CREATE TABLE cut AS
    SELECT ms, least AS person FROM ring GROUP BY ALL HAVING min(member) = least;
CREATE TABLE above AS
    WITH RECURSIVE
        kept AS (SELECT * FROM reports ANTI JOIN cut USING (ms, person)),
        above(ms, person, manager) AS (
            SELECT * FROM kept
            UNION ALL
            SELECT above.ms, above.person, kept.manager
            FROM above JOIN kept ON kept.ms = above.ms AND kept.person = above.manager)
    SELECT * FROM above;
-- Whoever has reports belongs to the own tree.
CREATE TABLE tree AS
    SELECT ms, person, manager FROM above
    UNION ALL
    SELECT DISTINCT ms, manager, manager FROM reports;
CREATE TABLE level AS SELECT ms, person AS manager, count(*) AS level FROM tree GROUP BY ALL;"""


def load(db, store):
    """Makes the tables of versions, out of the view that the store has for other programs."""
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as source:
        versions = source.execute(
            "SELECT id, state, name, department, title, division_id, division_name, manager_id, valid_from FROM version"
        ).fetchall()
    db.execute(VERSION)
    db.executemany("INSERT INTO version VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", versions)
    db.execute(LIFE)
    db.execute(TREE)
    return len(versions)


def facts(db, kind, files):
    """Makes the table of the facts of a kind."""
    db.execute(f"""
        CREATE TABLE {kind} AS
        SELECT row_number() OVER () AS fact, epoch_ms(interval_start) AS start_ms, epoch_ms(interval_end) AS end_ms,
            timezone('Asia/Riyadh', interval_start) AS local, * EXCLUDE (interval_start, interval_end)
        FROM read_parquet('{files}/{kind}/*.parquet')""")
    return db.execute(f"SELECT count(*) FROM {kind}").fetchone()[0]


def attribute(db, question):
    """Makes the table `attributed`, the facts of the period with their versions, and those of names."""
    first, end = question.period_ms
    if question.as_of == "event":
        holds = "start_ms >= from_ms AND start_ms < until_ms"
        tree_ms = "(SELECT coalesce(max(ms), (SELECT min(ms) FROM moment)) FROM moment WHERE ms <= start_ms)"
        until_ms = f"greatest({end - 1}, (SELECT min(ms) FROM moment))"
    else:
        holds, tree_ms, until_ms = f"until_ms = {NEVER}", "(SELECT max(ms) FROM moment)", str(NEVER - 1)
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE attributed AS
        SELECT fact.*, life.* EXCLUDE (id), life.id, {tree_ms} AS tree_ms
        FROM {question.kind} fact
        LEFT JOIN life ON life.id = fact.user_id AND {holds}
        WHERE start_ms >= {first} AND start_ms < {end}""")
    # What people are called: as of the end of the period, or today. Whoever came later has a name in
    # the own facts, which belong to the first version, but lends it to nobody.
    db.execute(f"""
        CREATE OR REPLACE TEMP TABLE own AS
        SELECT id, name, first_ms <= {until_ms} AS is_known FROM life WHERE from_ms <= {until_ms} AND {until_ms} < until_ms;
        CREATE OR REPLACE TEMP TABLE called AS SELECT id, name FROM own WHERE is_known""")
