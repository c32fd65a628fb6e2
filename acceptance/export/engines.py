"""The engines: each makes views as the export says, and answers its queries."""

import pathlib
import re

import duckdb
import polars
import pyspark.sql


class DuckDb:
    name = "DuckDB"
    TYPES = {
        "VARCHAR": "text", "BIGINT": "whole", "BOOLEAN": "flag", "TIMESTAMP WITH TIME ZONE": "timestamp", "DATE": "date",
        "DECIMAL(18,6)": "decimal",
    }

    def load(self, folder, _form):
        self.db = duckdb.connect()
        self.db.execute("SET TimeZone = 'UTC'")
        self.db.execute(f"SET file_search_path = '{folder}'")
        self.db.execute((folder / "sql" / "views_duckdb.sql").read_text())

    def period(self, first, last):
        self.db.execute(f"CREATE OR REPLACE VIEW period AS SELECT DATE '{first}' AS first_day, DATE '{last}' AS last_day")

    def ask(self, sql):
        answer = self.db.execute(sql)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row)) for row in answer.fetchall()]

    def open(self, file):
        source = f"read_parquet('{file}', hive_partitioning = false)"
        columns = self.db.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
        rows = self.db.execute(f"SELECT count(*) FROM {source}").fetchone()[0]
        return rows, [(column[0], self.TYPES[column[1]]) for column in columns]


class Polars:
    name = "Polars"

    def load(self, folder, _form):
        self.context = polars.SQLContext()
        for table in sorted(path for path in folder.iterdir() if path.is_dir() and path.name != "sql"):
            files = f"{table}/**/*.parquet"
            self.context.register(table.name, polars.scan_parquet(files, hive_partitioning=False))

    def period(self, first, last):
        self.context.register("period", polars.LazyFrame({"first_day": [first], "last_day": [last]}))

    def ask(self, sql):
        return self.context.execute(sql, eager=True).to_dicts()

    def open(self, file):
        frame = polars.read_parquet(file, hive_partitioning=False)
        return frame.height, [(name, self.type(kind)) for name, kind in frame.schema.items()]

    @staticmethod
    def type(kind):
        if kind == polars.Datetime("us", "UTC"):
            return "timestamp"
        if kind == polars.Decimal(18, 6):
            return "decimal"
        return {polars.String: "text", polars.Int64: "whole", polars.Boolean: "flag", polars.Date: "date"}[kind.base_type()]


class Spark:
    """A cluster of two workers in this process."""

    name = "Spark"
    TYPES = {
        "string": "text", "bigint": "whole", "boolean": "flag", "timestamp": "timestamp", "date": "date",
        "decimal(18,6)": "decimal",
    }

    def __init__(self):
        builder = pyspark.sql.SparkSession.builder.master("local[2]").appName("headcount")
        for key, value in {
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.session.timeZone": "UTC",
            "spark.driver.memory": "1g",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
            "spark.sql.ansi.enabled": "true",
        }.items():
            builder = builder.config(key, value)
        self.session = builder.getOrCreate()
        self.session.sparkContext.setLogLevel("ERROR")

    def load(self, folder, _form):
        text = (folder / "sql" / "views_spark.sql").read_text().replace("FOLDER", str(folder))
        for statement in self.statements(text):
            self.session.sql(statement)

    @staticmethod
    def statements(text):
        text = re.sub(r"^--.*$", "", text, flags=re.MULTILINE)
        return [statement for statement in text.split(";\n") if statement.strip()]

    def period(self, first, last):
        self.session.sql(
            f"CREATE OR REPLACE TEMPORARY VIEW period AS SELECT DATE '{first}' AS first_day, DATE '{last}' AS last_day"
        )

    def ask(self, sql):
        return [row.asDict() for row in self.session.sql(sql).collect()]

    def open(self, file: pathlib.Path):
        frame = self.session.read.parquet(str(file))
        # Spark reads columns of a folder's name too, which a file by itself does not have.
        columns = [(name, self.TYPES[kind]) for name, kind in frame.dtypes if name != "day" or file.parent.name == "dim_date"]
        return frame.count(), columns
