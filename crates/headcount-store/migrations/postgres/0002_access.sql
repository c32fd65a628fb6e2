-- Schema version 2: who may ask the server, and who is forgotten. A published migration is never
-- edited: add the next one.

-- One row, which the program adds with a key of its own making.
CREATE TABLE access (
    only_one    integer PRIMARY KEY CHECK (only_one = 1),
    revision    bigint NOT NULL,    -- grows with every change of a credential
    erased      bigint NOT NULL DEFAULT 0,  -- grows whenever somebody is forgotten or remembered
    signing_key bytea NOT NULL CHECK (length(signing_key) = 32)
);

-- Clients and tokens, revoked ones too. Secrets are not here, only their digests.
CREATE TABLE credential (
    id          text COLLATE "C" PRIMARY KEY,   -- of all orgs: a token names nothing else
    org         bigint NOT NULL REFERENCES org,
    kind        text NOT NULL CHECK (kind IN ('client', 'token')),
    name        text,
    digest      bytea NOT NULL CHECK (length(digest) = 32),   -- SHA-256 of the secret
    permissions text NOT NULL,      -- JSON array
    divisions   text,               -- JSON array of ids; NULL: all
    rate_limit  bigint,             -- requests a minute; 0: off; NULL: the server's own
    created     bigint NOT NULL,
    expires     bigint,
    revoked     bigint
);

CREATE INDEX credential_org ON credential (org, created, id);

-- Users whose personal values are erased, and stay so: what a later sync brings of them is erased
-- before it is kept.
CREATE TABLE forgotten (
    org      bigint NOT NULL REFERENCES org,
    id       text COLLATE "C" NOT NULL,
    at       bigint NOT NULL,
    versions bigint NOT NULL,       -- how many were erased
    PRIMARY KEY (org, id)
);
