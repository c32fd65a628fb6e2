-- Views of the tables for DuckDB. Say first where the export lies:
--   SET file_search_path = 'path/to/export';
CREATE OR REPLACE VIEW dim_user AS
  SELECT * FROM read_parquet('dim_user/*.parquet', hive_partitioning = false);
CREATE OR REPLACE VIEW dim_user_current AS
  SELECT * FROM read_parquet('dim_user_current/*.parquet', hive_partitioning = false);
CREATE OR REPLACE VIEW bridge_user_path AS
  SELECT * FROM read_parquet('bridge_user_path/*.parquet', hive_partitioning = false);
CREATE OR REPLACE VIEW dim_path AS
  SELECT * FROM read_parquet('dim_path/*.parquet', hive_partitioning = false);
CREATE OR REPLACE VIEW bridge_manager AS
  SELECT * FROM read_parquet('bridge_manager/*.parquet', hive_partitioning = false);
CREATE OR REPLACE VIEW dim_division AS
  SELECT * FROM read_parquet('dim_division/*.parquet', hive_partitioning = false);
CREATE OR REPLACE VIEW dim_department AS
  SELECT * FROM read_parquet('dim_department/*.parquet', hive_partitioning = false);
CREATE OR REPLACE VIEW dim_date AS
  SELECT * FROM read_parquet('dim_date/*.parquet', hive_partitioning = false);
CREATE OR REPLACE VIEW fact_handle_time AS
  SELECT * FROM read_parquet('fact_handle_time/*/*.parquet', hive_partitioning = false);
CREATE OR REPLACE VIEW fact_evaluation AS
  SELECT * FROM read_parquet('fact_evaluation/*/*.parquet', hive_partitioning = false);
