-- `headcount report evaluations --by manager`, over the tables of this export.
--
-- Make a view of each table, as in views_duckdb.sql or views_spark.sql, and one of the days:
--   CREATE VIEW period AS SELECT DATE '2026-10-01' AS first_day, DATE '2026-10-31' AS last_day
WITH period_end AS (
  SELECT MAX(d.ends_at) AS ends_at FROM dim_date d JOIN period p ON d.day = p.last_day
),
called AS (
  SELECT u.user_id, u.name
  FROM dim_user u CROSS JOIN period_end e
  WHERE u.known_from < e.ends_at AND (u.known_to IS NULL OR u.known_to >= e.ends_at)
),
days AS (
  SELECT d.day FROM dim_date d CROSS JOIN period p
  WHERE d.day >= p.first_day AND d.day <= p.last_day
),
labelled AS (
  SELECT CASE WHEN f.user_key IS NULL THEN '(unrostered)' ELSE COALESCE(c.name, u.manager_id, '(none)') END AS manager, u.user_id AS agent,
    f.evaluation_count AS evaluation_count,
    f.score_count AS score_count,
    f.score_sum AS score_sum,
    f.critical_score_count AS critical_score_count,
    f.critical_score_sum AS critical_score_sum,
    f.deleted_count AS deleted_count,
    f.rescored_count AS rescored_count
  FROM fact_evaluation f
  JOIN days d0 ON d0.day = f.local_day
  LEFT JOIN dim_user u ON u.user_key = f.user_key
  LEFT JOIN called c ON c.user_id = u.manager_id
)
SELECT manager, COUNT(*) AS facts, COUNT(DISTINCT agent) AS agents,
  CASE WHEN COUNT(evaluation_count) > 0 THEN SUM(evaluation_count)
    WHEN COUNT(score_count) > 0 THEN SUM(score_count) END AS evaluated,
  CASE WHEN COUNT(score_count) > 0 THEN SUM(score_count) END AS scored,
  CASE WHEN COUNT(score_sum) > 0 THEN SUM(score_sum) END AS score_total,
  CASE WHEN COUNT(score_sum) > 0 AND SUM(CASE WHEN score_sum IS NOT NULL THEN score_count END) > 0
    THEN CAST(SUM(score_sum) AS DOUBLE) / CAST(SUM(CASE WHEN score_sum IS NOT NULL THEN score_count END) AS DOUBLE) END AS score,
  CASE WHEN COUNT(critical_score_sum) > 0 AND SUM(CASE WHEN critical_score_sum IS NOT NULL THEN critical_score_count END) > 0
    THEN CAST(SUM(critical_score_sum) AS DOUBLE) / CAST(SUM(CASE WHEN critical_score_sum IS NOT NULL THEN critical_score_count END) AS DOUBLE) END AS critical_score
FROM labelled
GROUP BY manager
ORDER BY manager
