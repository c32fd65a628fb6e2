-- Schema version 1. A published migration is never edited: add the next one.
--
-- Times are milliseconds since 1970 UTC. `doc` is no foreign key on purpose: SQLite would search
-- every child table each time a document goes, and all writers move the two in one transaction.

CREATE TABLE org (
    org       INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    users     INTEGER NOT NULL DEFAULT 0,  -- open versions
    next_slot INTEGER NOT NULL DEFAULT 0   -- first row number never given to a user
) STRICT;

-- Document texts, written once when staged and pointed to from then on.
CREATE TABLE document (
    doc  INTEGER PRIMARY KEY,
    json TEXT NOT NULL
) STRICT;

-- The roster of now: the version of each user that holds. Narrow, so that grouping it is a short
-- scan. `slot` numbers the users of an org, so that a set of them is a compressed bitmap.
CREATE TABLE version_open (
    org            INTEGER NOT NULL REFERENCES org,
    id             TEXT NOT NULL,
    state          TEXT NOT NULL,
    name           TEXT,
    email          TEXT,
    username       TEXT,
    preferred_name TEXT,
    department     TEXT,
    title          TEXT,
    division_id    TEXT,
    division_name  TEXT,
    manager_id     TEXT,
    version        INTEGER,
    slot           INTEGER NOT NULL,
    digest         BLOB NOT NULL,   -- XXH3-128 of the document's bytes
    valid_from     INTEGER NOT NULL,
    doc            INTEGER NOT NULL,
    PRIMARY KEY (org, id)
) STRICT, WITHOUT ROWID;

-- Versions that no longer hold. Rows are only ever added.
CREATE TABLE version_closed (
    org            INTEGER NOT NULL REFERENCES org,
    id             TEXT NOT NULL,
    state          TEXT NOT NULL,
    name           TEXT,
    email          TEXT,
    username       TEXT,
    preferred_name TEXT,
    department     TEXT,
    title          TEXT,
    division_id    TEXT,
    division_name  TEXT,
    manager_id     TEXT,
    version        INTEGER,
    valid_from     INTEGER NOT NULL,
    valid_to       INTEGER NOT NULL,
    doc            INTEGER NOT NULL,
    PRIMARY KEY (org, id, valid_from)
) STRICT, WITHOUT ROWID;

-- What the run in progress, or the one held back, would change. Unchanged users are not here.
CREATE TABLE staged (
    org            INTEGER NOT NULL,
    id             TEXT NOT NULL,
    state          TEXT NOT NULL,
    name           TEXT,
    email          TEXT,
    username       TEXT,
    preferred_name TEXT,
    department     TEXT,
    title          TEXT,
    division_id    TEXT,
    division_name  TEXT,
    manager_id     TEXT,
    version        INTEGER,
    slot           INTEGER NOT NULL,
    digest         BLOB NOT NULL,
    valid_from     INTEGER,         -- NULL: opens at publication; else the version goes on
    doc            INTEGER NOT NULL,
    kind           INTEGER NOT NULL, -- 0 new, 1 changed, 2 touched
    PRIMARY KEY (org, id)
) STRICT, WITHOUT ROWID;

-- At most one run per org.
CREATE TABLE run (
    run         INTEGER PRIMARY KEY AUTOINCREMENT,
    org         INTEGER NOT NULL UNIQUE REFERENCES org,
    plan        TEXT NOT NULL,
    started     INTEGER NOT NULL,
    certificate TEXT                -- set when the breaker holds the run
) STRICT;

-- Finished parts of a run, with the slots seen since the part before (a roaring bitmap).
CREATE TABLE run_part (
    run      INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    part     TEXT NOT NULL,
    evidence TEXT NOT NULL,
    seen     BLOB NOT NULL,
    PRIMARY KEY (run, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshot (
    snapshot    INTEGER PRIMARY KEY AUTOINCREMENT,
    org         INTEGER NOT NULL REFERENCES org,
    published   INTEGER NOT NULL,
    started     INTEGER NOT NULL,
    users       INTEGER NOT NULL,
    active      INTEGER NOT NULL,
    inactive    INTEGER NOT NULL,
    deleted     INTEGER NOT NULL,
    joined      INTEGER NOT NULL,
    changed     INTEGER NOT NULL,
    touched     INTEGER NOT NULL,
    left_       INTEGER NOT NULL,
    returned    INTEGER NOT NULL,
    certificate TEXT NOT NULL,
    UNIQUE (org, published)
) STRICT;

CREATE TABLE capabilities (
    org  INTEGER PRIMARY KEY REFERENCES org,
    json TEXT NOT NULL,
    told INTEGER NOT NULL
) STRICT;

-- For people with a SQL shell.
CREATE VIEW version AS
    SELECT o.name AS org, v.id, v.state, v.name, v.email, v.username, v.preferred_name,
           v.department, v.title, v.division_id, v.division_name, v.manager_id, v.version,
           v.valid_from, NULL AS valid_to, d.json AS document
      FROM version_open v JOIN org o ON o.org = v.org JOIN document d ON d.doc = v.doc
    UNION ALL
    SELECT o.name, v.id, v.state, v.name, v.email, v.username, v.preferred_name,
           v.department, v.title, v.division_id, v.division_name, v.manager_id, v.version,
           v.valid_from, v.valid_to, d.json
      FROM version_closed v JOIN org o ON o.org = v.org JOIN document d ON d.doc = v.doc;

CREATE VIEW user_current AS
    SELECT o.name AS org, v.id, v.state, v.name, v.email, v.username, v.preferred_name,
           v.department, v.title, v.division_id, v.division_name, v.manager_id, v.version,
           v.valid_from, d.json AS document
      FROM version_open v JOIN org o ON o.org = v.org JOIN document d ON d.doc = v.doc;
