-- Schema version 1 on PostgreSQL. A published migration is never edited: add the next one.
--
-- Runs with the search path at the schema of the store. Times are milliseconds since 1970 UTC.
-- Ids compare by their bytes, as everywhere else. The tables that hold a row for each user have no
-- foreign keys: each would be checked for every row, and all writers of an org hold its row.

CREATE TABLE org (
    org       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name      text COLLATE "C" NOT NULL UNIQUE,
    users     bigint NOT NULL DEFAULT 0,   -- open versions
    next_slot bigint NOT NULL DEFAULT 0,   -- first row number never given to a user
    newest    bigint                       -- the last snapshot
);

-- Document texts, written once when staged and pointed to from then on. They stay in their row up
-- to half a page, and are not compressed till then: squeezing them costs more than all the rest.
CREATE SEQUENCE document_doc;
CREATE TABLE document (
    doc  bigint PRIMARY KEY,
    json text NOT NULL
) WITH (toast_tuple_target = 4080);

-- The roster of now: the version of each user that holds. `slot` numbers the users of an org, so
-- that a set of them is a compressed bitmap.
CREATE TABLE version_open (
    org            bigint NOT NULL,
    id             text COLLATE "C" NOT NULL,
    state          text NOT NULL,
    name           text,
    email          text,
    username       text,
    preferred_name text,
    department     text,
    title          text,
    division_id    text,
    division_name  text,
    manager_id     text,
    version        bigint,
    slot           bigint NOT NULL,
    digest         bytea NOT NULL,          -- XXH3-128 of the document's bytes
    valid_from     bigint NOT NULL,
    doc            bigint NOT NULL,
    PRIMARY KEY (org, id)
);

-- Versions that no longer hold. Rows are only ever added.
CREATE TABLE version_closed (
    org            bigint NOT NULL,
    id             text COLLATE "C" NOT NULL,
    state          text NOT NULL,
    name           text,
    email          text,
    username       text,
    preferred_name text,
    department     text,
    title          text,
    division_id    text,
    division_name  text,
    manager_id     text,
    version        bigint,
    valid_from     bigint NOT NULL,
    valid_to       bigint NOT NULL,
    doc            bigint NOT NULL,
    PRIMARY KEY (org, id, valid_from)
);

-- What the run in progress, or the one held back, would change. Unchanged users are not here.
CREATE TABLE staged (
    org            bigint NOT NULL,
    id             text COLLATE "C" NOT NULL,
    state          text NOT NULL,
    name           text,
    email          text,
    username       text,
    preferred_name text,
    department     text,
    title          text,
    division_id    text,
    division_name  text,
    manager_id     text,
    version        bigint,
    slot           bigint NOT NULL,
    digest         bytea NOT NULL,
    valid_from     bigint,                  -- NULL: opens at publication; else the version goes on
    doc            bigint NOT NULL,
    kind           bigint NOT NULL,         -- 0 new, 1 changed, 2 touched
    PRIMARY KEY (org, id)
);

-- At most one run per org. `token` grows whenever somebody goes on with the run, so that whoever
-- had it before is told.
CREATE TABLE run (
    run         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org         bigint NOT NULL UNIQUE REFERENCES org,
    token       bigint NOT NULL DEFAULT 0,
    plan        text NOT NULL,
    started     bigint NOT NULL,
    certificate text                        -- set when the breaker holds the run
);

-- Finished parts of a run, with the slots seen since the part before (a roaring bitmap).
CREATE TABLE run_part (
    run      bigint NOT NULL REFERENCES run ON DELETE CASCADE,
    part     text NOT NULL,
    evidence text NOT NULL,
    seen     bytea NOT NULL,
    PRIMARY KEY (run, part)
);

CREATE TABLE snapshot (
    snapshot    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    org         bigint NOT NULL REFERENCES org,
    published   bigint NOT NULL,
    started     bigint NOT NULL,
    users       bigint NOT NULL,
    active      bigint NOT NULL,
    inactive    bigint NOT NULL,
    deleted     bigint NOT NULL,
    joined      bigint NOT NULL,
    changed     bigint NOT NULL,
    touched     bigint NOT NULL,
    left_       bigint NOT NULL,
    returned    bigint NOT NULL,
    certificate text NOT NULL,
    UNIQUE (org, published)
);

CREATE TABLE capabilities (
    org  bigint PRIMARY KEY REFERENCES org,
    json text NOT NULL,
    told bigint NOT NULL
);

-- Who took the right to sync last. Whether it still holds is up to the advisory lock alone.
CREATE TABLE holder (
    org   text COLLATE "C" PRIMARY KEY,     -- by name: an org may be locked before it is known
    host  text NOT NULL,
    pid   bigint NOT NULL,
    since bigint NOT NULL
);

-- For people with a SQL shell.
CREATE VIEW version AS
    SELECT o.name AS org, v.id, v.state, v.name, v.email, v.username, v.preferred_name,
           v.department, v.title, v.division_id, v.division_name, v.manager_id, v.version,
           v.valid_from, NULL::bigint AS valid_to, d.json AS document
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
