-- Schema version 3: who is forgotten. A published migration is never edited: add the next one.

-- Users whose personal values are erased, and stay so: what a later sync brings of them is erased
-- before it is kept.
CREATE TABLE forgotten (
    org      INTEGER NOT NULL REFERENCES org,
    id       TEXT NOT NULL,
    at       INTEGER NOT NULL,
    versions INTEGER NOT NULL,   -- how many were erased
    PRIMARY KEY (org, id)
) STRICT, WITHOUT ROWID;

-- Grows whenever somebody is forgotten or remembered, so that servers look again.
ALTER TABLE access ADD COLUMN erased INTEGER NOT NULL DEFAULT 0;
