-- Schema version 3: facts. A published migration is never edited: add the next one.
--
-- Times are milliseconds since 1970 UTC. Ids and media types compare by their bytes, as in the
-- program. Whole days come and go together, so a fact has no key of its own: no sequence, no unique
-- index and no foreign key lie across the two large tables, which a cluster may spread by `user_id`.
-- No cluster spreads by a column that may be NULL.

-- Orgs that have facts; they need no roster yet.
CREATE TABLE fact_org (
    org      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name     text COLLATE "C" NOT NULL UNIQUE,
    revision bigint NOT NULL DEFAULT 0  -- grows with every change of facts
);

-- The days that are kept. A day without facts is kept too.
CREATE TABLE fact_day (
    org         integer NOT NULL REFERENCES fact_org,
    kind        text COLLATE "C" NOT NULL,  -- handle_time, evaluation
    day         date NOT NULL,
    time_zone   text NOT NULL,
    granularity text,
    source      text NOT NULL,
    start_ms    bigint NOT NULL,
    end_ms      bigint NOT NULL,
    facts       bigint NOT NULL,
    totals      numeric[] NOT NULL,         -- sums of the measures, NULL where no fact has one
    content     text NOT NULL,              -- XXH3-128 of the facts in their order
    PRIMARY KEY (org, kind, day)
);

CREATE TABLE fact_handle_time (
    start_ms          bigint NOT NULL,
    end_ms            bigint NOT NULL,
    handle_count      bigint,
    handle_sum_ms     bigint,
    talk_count        bigint,
    talk_sum_ms       bigint,
    held_count        bigint,
    held_sum_ms       bigint,
    acw_count         bigint,
    acw_sum_ms        bigint,
    answered_count    bigint,
    transferred_count bigint,
    outbound_count    bigint,
    org               integer NOT NULL,
    day               date NOT NULL,
    user_id           text COLLATE "C" NOT NULL,  -- empty where upstream names nobody
    media_type        text COLLATE "C"
);
-- Equal keys are written once: a few bytes for each fact.
CREATE INDEX fact_handle_time_day ON fact_handle_time (org, day);

CREATE TABLE fact_evaluation (
    start_ms             bigint NOT NULL,
    end_ms               bigint NOT NULL,
    evaluation_count     bigint,
    score_count          bigint,
    score_sum            bigint,  -- millionths of a point
    critical_score_count bigint,
    critical_score_sum   bigint,  -- millionths of a point
    deleted_count        bigint,
    rescored_count       bigint,
    org                  integer NOT NULL,
    day                  date NOT NULL,
    user_id              text COLLATE "C" NOT NULL,  -- empty where upstream names nobody
    media_type           text COLLATE "C"
);
CREATE INDEX fact_evaluation_day ON fact_evaluation (org, day);

-- For people with a SQL shell: times as times, scores in points.
CREATE VIEW handle_time AS
    SELECT o.name AS org, f.day, to_timestamp(f.start_ms / 1000.0) AS interval_start,
           to_timestamp(f.end_ms / 1000.0) AS interval_end, nullif(f.user_id, '') AS user_id, f.media_type,
           f.handle_count, f.handle_sum_ms, f.talk_count, f.talk_sum_ms, f.held_count,
           f.held_sum_ms, f.acw_count, f.acw_sum_ms, f.answered_count, f.transferred_count,
           f.outbound_count, f.start_ms, f.end_ms
      FROM fact_handle_time f JOIN fact_org o ON o.org = f.org;

CREATE VIEW evaluation AS
    SELECT o.name AS org, f.day, to_timestamp(f.start_ms / 1000.0) AS interval_start,
           to_timestamp(f.end_ms / 1000.0) AS interval_end, nullif(f.user_id, '') AS user_id, f.media_type,
           f.evaluation_count, f.score_count, f.score_sum / 1000000.0 AS score_sum,
           f.critical_score_count, f.critical_score_sum / 1000000.0 AS critical_score_sum,
           f.deleted_count, f.rescored_count, f.start_ms, f.end_ms
      FROM fact_evaluation f JOIN fact_org o ON o.org = f.org;
