-- Views of the tables for DuckDB. Say first where the export lies:
--   SET file_search_path = 'path/to/export';
CREATE OR REPLACE VIEW dim_user AS
  SELECT * FROM read_csv('dim_user/*.csv', header = true, hive_partitioning = false,
    columns = {'user_key': 'BIGINT', 'user_id': 'VARCHAR', 'version': 'BIGINT', 'name': 'VARCHAR', 'email': 'VARCHAR', 'username': 'VARCHAR', 'preferred_name': 'VARCHAR', 'state': 'VARCHAR', 'title': 'VARCHAR', 'department': 'VARCHAR', 'division_id': 'VARCHAR', 'division_name': 'VARCHAR', 'manager_id': 'VARCHAR', 'manager_name': 'VARCHAR', 'path_key': 'BIGINT', 'levels': 'BIGINT', 'level_1_id': 'VARCHAR', 'level_2_id': 'VARCHAR', 'level_3_id': 'VARCHAR', 'level_4_id': 'VARCHAR', 'level_5_id': 'VARCHAR', 'level_6_id': 'VARCHAR', 'level_7_id': 'VARCHAR', 'level_8_id': 'VARCHAR', 'level_9_id': 'VARCHAR', 'level_10_id': 'VARCHAR', 'level_1_name': 'VARCHAR', 'level_2_name': 'VARCHAR', 'level_3_name': 'VARCHAR', 'level_4_name': 'VARCHAR', 'level_5_name': 'VARCHAR', 'level_6_name': 'VARCHAR', 'level_7_name': 'VARCHAR', 'level_8_name': 'VARCHAR', 'level_9_name': 'VARCHAR', 'level_10_name': 'VARCHAR', 'valid_from': 'TIMESTAMPTZ', 'valid_to': 'TIMESTAMPTZ', 'is_current': 'BOOLEAN', 'is_latest': 'BOOLEAN', 'known_from': 'TIMESTAMPTZ', 'known_to': 'TIMESTAMPTZ'});
CREATE OR REPLACE VIEW dim_user_current AS
  SELECT * FROM read_csv('dim_user_current/*.csv', header = true, hive_partitioning = false,
    columns = {'user_key': 'BIGINT', 'user_id': 'VARCHAR', 'version': 'BIGINT', 'name': 'VARCHAR', 'email': 'VARCHAR', 'username': 'VARCHAR', 'preferred_name': 'VARCHAR', 'state': 'VARCHAR', 'title': 'VARCHAR', 'department': 'VARCHAR', 'division_id': 'VARCHAR', 'division_name': 'VARCHAR', 'manager_id': 'VARCHAR', 'manager_name': 'VARCHAR', 'path_key': 'BIGINT', 'levels': 'BIGINT', 'level_1_id': 'VARCHAR', 'level_2_id': 'VARCHAR', 'level_3_id': 'VARCHAR', 'level_4_id': 'VARCHAR', 'level_5_id': 'VARCHAR', 'level_6_id': 'VARCHAR', 'level_7_id': 'VARCHAR', 'level_8_id': 'VARCHAR', 'level_9_id': 'VARCHAR', 'level_10_id': 'VARCHAR', 'level_1_name': 'VARCHAR', 'level_2_name': 'VARCHAR', 'level_3_name': 'VARCHAR', 'level_4_name': 'VARCHAR', 'level_5_name': 'VARCHAR', 'level_6_name': 'VARCHAR', 'level_7_name': 'VARCHAR', 'level_8_name': 'VARCHAR', 'level_9_name': 'VARCHAR', 'level_10_name': 'VARCHAR', 'valid_from': 'TIMESTAMPTZ'});
CREATE OR REPLACE VIEW bridge_user_path AS
  SELECT * FROM read_csv('bridge_user_path/*.csv', header = true, hive_partitioning = false,
    columns = {'user_id': 'VARCHAR', 'path_key': 'BIGINT', 'valid_from': 'TIMESTAMPTZ', 'valid_to': 'TIMESTAMPTZ'});
CREATE OR REPLACE VIEW dim_path AS
  SELECT * FROM read_csv('dim_path/*.csv', header = true, hive_partitioning = false,
    columns = {'path_key': 'BIGINT', 'levels': 'BIGINT', 'level_1_id': 'VARCHAR', 'level_2_id': 'VARCHAR', 'level_3_id': 'VARCHAR', 'level_4_id': 'VARCHAR', 'level_5_id': 'VARCHAR', 'level_6_id': 'VARCHAR', 'level_7_id': 'VARCHAR', 'level_8_id': 'VARCHAR', 'level_9_id': 'VARCHAR', 'level_10_id': 'VARCHAR'});
CREATE OR REPLACE VIEW bridge_manager AS
  SELECT * FROM read_csv('bridge_manager/*.csv', header = true, hive_partitioning = false,
    columns = {'path_key': 'BIGINT', 'manager_id': 'VARCHAR', 'level': 'BIGINT', 'depth': 'BIGINT'});
CREATE OR REPLACE VIEW dim_division AS
  SELECT * FROM read_csv('dim_division/*.csv', header = true, hive_partitioning = false,
    columns = {'division_id': 'VARCHAR', 'name': 'VARCHAR', 'valid_from': 'TIMESTAMPTZ', 'valid_to': 'TIMESTAMPTZ', 'is_current': 'BOOLEAN', 'known_from': 'TIMESTAMPTZ'});
CREATE OR REPLACE VIEW dim_department AS
  SELECT * FROM read_csv('dim_department/*.csv', header = true, hive_partitioning = false,
    columns = {'department': 'VARCHAR', 'first_seen': 'TIMESTAMPTZ', 'last_seen': 'TIMESTAMPTZ', 'users': 'BIGINT', 'is_current': 'BOOLEAN'});
CREATE OR REPLACE VIEW dim_date AS
  SELECT * FROM read_csv('dim_date/*.csv', header = true, hive_partitioning = false,
    columns = {'day': 'DATE', 'year': 'BIGINT', 'quarter': 'BIGINT', 'month': 'VARCHAR', 'month_number': 'BIGINT', 'week': 'DATE', 'weekday': 'BIGINT', 'starts_at': 'TIMESTAMPTZ', 'ends_at': 'TIMESTAMPTZ'});
CREATE OR REPLACE VIEW fact_handle_time AS
  SELECT * FROM read_csv('fact_handle_time/*/*.csv', header = true, hive_partitioning = false,
    columns = {'local_day': 'DATE', 'interval_start': 'TIMESTAMPTZ', 'interval_end': 'TIMESTAMPTZ', 'user_key': 'BIGINT', 'user_id': 'VARCHAR', 'path_key': 'BIGINT', 'media_type': 'VARCHAR', 'is_before_first': 'BOOLEAN', 'is_straddling': 'BOOLEAN', 'handle_count': 'BIGINT', 'handle_sum_ms': 'BIGINT', 'talk_count': 'BIGINT', 'talk_sum_ms': 'BIGINT', 'held_count': 'BIGINT', 'held_sum_ms': 'BIGINT', 'acw_count': 'BIGINT', 'acw_sum_ms': 'BIGINT', 'answered_count': 'BIGINT', 'transferred_count': 'BIGINT', 'outbound_count': 'BIGINT'});
CREATE OR REPLACE VIEW fact_evaluation AS
  SELECT * FROM read_csv('fact_evaluation/*/*.csv', header = true, hive_partitioning = false,
    columns = {'local_day': 'DATE', 'interval_start': 'TIMESTAMPTZ', 'interval_end': 'TIMESTAMPTZ', 'user_key': 'BIGINT', 'user_id': 'VARCHAR', 'path_key': 'BIGINT', 'media_type': 'VARCHAR', 'is_before_first': 'BOOLEAN', 'is_straddling': 'BOOLEAN', 'evaluation_count': 'BIGINT', 'score_count': 'BIGINT', 'score_sum': 'DECIMAL(18,6)', 'critical_score_count': 'BIGINT', 'critical_score_sum': 'DECIMAL(18,6)', 'deleted_count': 'BIGINT', 'rescored_count': 'BIGINT'});
