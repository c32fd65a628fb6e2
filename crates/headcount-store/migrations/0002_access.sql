-- Schema version 2: who may ask the server. A published migration is never edited: add the next
-- one.

-- One row, which the program adds with a key of its own making: SQLite's randomblob is seeded by
-- the operating system on Unix only, on Windows by clock and counters, and this key signs tokens.
CREATE TABLE access (
    only_one    INTEGER PRIMARY KEY CHECK (only_one = 1),
    revision    INTEGER NOT NULL,   -- grows with every change of a credential
    signing_key BLOB NOT NULL CHECK (length(signing_key) = 32)
) STRICT;

-- Clients and tokens, revoked ones too. Secrets are not here, only their digests.
CREATE TABLE credential (
    id          TEXT PRIMARY KEY,   -- of all orgs: a token names nothing else
    org         INTEGER NOT NULL REFERENCES org,
    kind        TEXT NOT NULL CHECK (kind IN ('client', 'token')),
    name        TEXT,
    digest      BLOB NOT NULL CHECK (length(digest) = 32),   -- SHA-256 of the secret
    permissions TEXT NOT NULL,      -- JSON array
    divisions   TEXT,               -- JSON array of ids; NULL: all
    rate_limit  INTEGER,            -- requests a minute; 0: off; NULL: the server's own
    created     INTEGER NOT NULL,
    expires     INTEGER,
    revoked     INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX credential_org ON credential (org, created, id);
