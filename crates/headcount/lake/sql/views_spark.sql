-- Views of the tables for Spark SQL. Put the path of the export in the place of FOLDER.
CREATE OR REPLACE TEMPORARY VIEW dim_user USING parquet
  OPTIONS (path 'FOLDER/dim_user/*.parquet');
CREATE OR REPLACE TEMPORARY VIEW dim_user_current USING parquet
  OPTIONS (path 'FOLDER/dim_user_current/*.parquet');
CREATE OR REPLACE TEMPORARY VIEW bridge_user_path USING parquet
  OPTIONS (path 'FOLDER/bridge_user_path/*.parquet');
CREATE OR REPLACE TEMPORARY VIEW dim_path USING parquet
  OPTIONS (path 'FOLDER/dim_path/*.parquet');
CREATE OR REPLACE TEMPORARY VIEW bridge_manager USING parquet
  OPTIONS (path 'FOLDER/bridge_manager/*.parquet');
CREATE OR REPLACE TEMPORARY VIEW dim_division USING parquet
  OPTIONS (path 'FOLDER/dim_division/*.parquet');
CREATE OR REPLACE TEMPORARY VIEW dim_department USING parquet
  OPTIONS (path 'FOLDER/dim_department/*.parquet');
CREATE OR REPLACE TEMPORARY VIEW dim_date USING parquet
  OPTIONS (path 'FOLDER/dim_date/*.parquet');
CREATE OR REPLACE TEMPORARY VIEW fact_handle_time USING parquet
  OPTIONS (path 'FOLDER/fact_handle_time/*/*.parquet');
CREATE OR REPLACE TEMPORARY VIEW fact_evaluation USING parquet
  OPTIONS (path 'FOLDER/fact_evaluation/*/*.parquet');
