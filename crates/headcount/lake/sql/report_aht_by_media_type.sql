-- `headcount report aht --by media_type`, over the tables of this export.
--
-- Make a view of each table, as in views_duckdb.sql or views_spark.sql, and one of the days:
--   CREATE VIEW period AS SELECT DATE '2026-10-01' AS first_day, DATE '2026-10-31' AS last_day
WITH days AS (
  SELECT d.day FROM dim_date d CROSS JOIN period p
  WHERE d.day >= p.first_day AND d.day <= p.last_day
),
labelled AS (
  SELECT COALESCE(f.media_type, '(none)') AS media_type, u.user_id AS agent,
    f.handle_count AS handle_count,
    f.handle_sum_ms AS handle_sum_ms,
    f.talk_count AS talk_count,
    f.talk_sum_ms AS talk_sum_ms,
    f.held_count AS held_count,
    f.held_sum_ms AS held_sum_ms,
    f.acw_count AS acw_count,
    f.acw_sum_ms AS acw_sum_ms,
    f.answered_count AS answered_count,
    f.transferred_count AS transferred_count,
    f.outbound_count AS outbound_count
  FROM fact_handle_time f
  JOIN days d0 ON d0.day = f.local_day
  LEFT JOIN dim_user u ON u.user_key = f.user_key
)
SELECT media_type, COUNT(*) AS facts, COUNT(DISTINCT agent) AS agents,
  CASE WHEN COUNT(handle_count) > 0 THEN SUM(handle_count) END AS handled,
  CASE WHEN COUNT(handle_sum_ms) > 0 THEN SUM(handle_sum_ms) END AS sum_ms,
  CASE WHEN COUNT(talk_sum_ms) > 0 THEN SUM(talk_sum_ms) END AS talk_sum_ms,
  CASE WHEN COUNT(held_sum_ms) > 0 THEN SUM(held_sum_ms) END AS hold_sum_ms,
  CASE WHEN COUNT(acw_sum_ms) > 0 THEN SUM(acw_sum_ms) END AS acw_sum_ms,
  CASE WHEN COUNT(handle_sum_ms) > 0 AND SUM(CASE WHEN handle_sum_ms IS NOT NULL THEN handle_count END) > 0
    THEN CAST(SUM(handle_sum_ms) AS DOUBLE) / CAST(SUM(CASE WHEN handle_sum_ms IS NOT NULL THEN handle_count END) AS DOUBLE) / 1000 END AS aht_s,
  CASE WHEN COUNT(talk_sum_ms) > 0 AND SUM(CASE WHEN talk_sum_ms IS NOT NULL THEN talk_count END) > 0
    THEN CAST(SUM(talk_sum_ms) AS DOUBLE) / CAST(SUM(CASE WHEN talk_sum_ms IS NOT NULL THEN talk_count END) AS DOUBLE) / 1000 END AS talk_s,
  CASE WHEN COUNT(held_sum_ms) > 0 AND SUM(CASE WHEN held_sum_ms IS NOT NULL THEN held_count END) > 0
    THEN CAST(SUM(held_sum_ms) AS DOUBLE) / CAST(SUM(CASE WHEN held_sum_ms IS NOT NULL THEN held_count END) AS DOUBLE) / 1000 END AS hold_s,
  CASE WHEN COUNT(acw_sum_ms) > 0 AND SUM(CASE WHEN acw_sum_ms IS NOT NULL THEN acw_count END) > 0
    THEN CAST(SUM(acw_sum_ms) AS DOUBLE) / CAST(SUM(CASE WHEN acw_sum_ms IS NOT NULL THEN acw_count END) AS DOUBLE) / 1000 END AS acw_s
FROM labelled
GROUP BY media_type
ORDER BY media_type
