//! The queries that ship with an export. They give the numbers of `headcount report`, in SQL that
//! DuckDB, Polars and Spark read alike: joins by equal keys, no function that one of them lacks.

use std::fmt::Write;

use headcount_core::fact::FactKind;

use crate::{Format, schema::Table};

/// What a report is split by.
struct By {
    /// Name in the file's name.
    name: &'static str,
    /// The label, over facts `f`, versions `u` and whatever `joins` adds.
    label: &'static str,
    /// More tables.
    tables: &'static str,
    joins: &'static str,
}

/// Names as they were at the end of the period.
const CALLED: &str = "\
called AS (
  SELECT u.user_id, u.name
  FROM dim_user u CROSS JOIN period_end e
  WHERE u.known_from < e.ends_at AND (u.known_to IS NULL OR u.known_to >= e.ends_at)
),
";

/// The same of divisions.
const DIVISIONS: &str = "\
division_called AS (
  SELECT d.division_id, d.name
  FROM dim_division d CROSS JOIN period_end e
  WHERE d.known_from < e.ends_at AND (d.valid_to IS NULL OR d.valid_to >= e.ends_at)
),
";

const HIGHEST: &str = "\
highest AS (
  SELECT b.path_key, COALESCE(c.name, b.manager_id) AS label
  FROM bridge_manager b LEFT JOIN called c ON c.user_id = b.manager_id
  WHERE b.level = 1
),
";

/// Two managers of one name, one above the other, are one label: a fact is in its row once.
const TREES: &str = "\
trees AS (
  SELECT DISTINCT b.path_key, COALESCE(c.name, b.manager_id) AS label
  FROM bridge_manager b LEFT JOIN called c ON c.user_id = b.manager_id
),
";

const REPORTS: [By; 9] = [
    By::version("department", "COALESCE(u.department, '(none)')"),
    By {
        name: "division",
        label: "COALESCE(d.name, u.division_id, u.division_name, '(none)')",
        tables: DIVISIONS,
        joins: "  LEFT JOIN division_called d ON d.division_id = u.division_id\n",
    },
    By {
        name: "manager",
        label: "COALESCE(c.name, u.manager_id, '(none)')",
        tables: CALLED,
        joins: "  LEFT JOIN called c ON c.user_id = u.manager_id\n",
    },
    By {
        name: "level1",
        label: "COALESCE(t.label, '(none)')",
        tables: "CALLED HIGHEST",
        joins: "  LEFT JOIN highest t ON t.path_key = f.path_key\n",
    },
    By {
        name: "tree",
        label: "COALESCE(t.label, '(none)')",
        tables: "CALLED TREES",
        joins: "  LEFT JOIN trees t ON t.path_key = f.path_key\n",
    },
    By::version("title", "COALESCE(u.title, '(none)')"),
    By::version("state", "COALESCE(u.state, '(none)')"),
    By::fact("media_type", "COALESCE(f.media_type, '(none)')"),
    By::fact("day", "f.local_day"),
];

impl By {
    const fn version(name: &'static str, label: &'static str) -> Self {
        Self {
            name,
            label,
            tables: "",
            joins: "",
        }
    }

    const fn fact(name: &'static str, label: &'static str) -> Self {
        Self::version(name, label)
    }

    /// Whether the label is of the version, so that facts of nobody have none.
    fn is_of_version(&self) -> bool {
        !self.label.contains("f.")
    }
}

/// Names and texts of all queries.
pub(crate) fn all(format: Format) -> Vec<(String, String)> {
    let mut all = vec![
        ("views_duckdb.sql".to_owned(), duckdb(format)),
        ("views_spark.sql".to_owned(), spark(format)),
        ("closure.sql".to_owned(), CLOSURE.to_owned()),
    ];
    for kind in FactKind::ALL {
        for by in &REPORTS {
            let name = format!("report_{}_by_{}.sql", report(kind), by.name);
            all.push((name, query(kind, by)));
        }
    }
    all
}

fn report(kind: FactKind) -> &'static str {
    match kind {
        FactKind::HandleTime => "aht",
        FactKind::Evaluation => "evaluations",
    }
}

fn query(kind: FactKind, by: &By) -> String {
    let (report, name) = (report(kind), by.name);
    let facts = Table::of(kind).name();
    let tables = by
        .tables
        .replace("CALLED HIGHEST", &format!("{CALLED}{HIGHEST}"));
    let tables = tables.replace("CALLED TREES", &format!("{CALLED}{TREES}"));
    let label = match by.is_of_version() {
        true => format!(
            "CASE WHEN f.user_key IS NULL THEN '(unrostered)' ELSE {} END",
            by.label
        ),
        false => by.label.to_owned(),
    };
    let end = match tables.is_empty() {
        true => "",
        false => {
            "\
period_end AS (
  SELECT MAX(d.ends_at) AS ends_at FROM dim_date d JOIN period p ON d.day = p.last_day
),
"
        }
    };
    let mut sql = format!(
        "\
-- `headcount report {report} --by {name}`, over the tables of this export.
--
-- Make a view of each table, as in views_duckdb.sql or views_spark.sql, and one of the days:
--   CREATE VIEW period AS SELECT DATE '2026-10-01' AS first_day, DATE '2026-10-31' AS last_day
WITH {end}{tables}days AS (
  SELECT d.day FROM dim_date d CROSS JOIN period p
  WHERE d.day >= p.first_day AND d.day <= p.last_day
),
labelled AS (
  SELECT {label} AS {name}, u.user_id AS agent"
    );
    // Writing to a text cannot fail.
    for measure in kind.measures() {
        let _ = write!(sql, ",\n    f.{0} AS {0}", measure.name);
    }
    let _ = write!(
        sql,
        "
  FROM {facts} f
  JOIN days d0 ON d0.day = f.local_day
  LEFT JOIN dim_user u ON u.user_key = f.user_key
{joins})
SELECT {name}, COUNT(*) AS facts, COUNT(DISTINCT agent) AS agents",
        joins = by.joins
    );
    for (column, value) in numbers(kind) {
        let _ = write!(sql, ",\n  {value} AS {column}");
    }
    let _ = write!(sql, "\nFROM labelled\nGROUP BY {name}\nORDER BY {name}\n");
    sql
}

/// Names and expressions of the numbers of a kind. What no fact has is no number, which is not 0.
fn numbers(kind: FactKind) -> Vec<(&'static str, String)> {
    let sum = |column: &str| format!("CASE WHEN COUNT({column}) > 0 THEN SUM({column}) END");
    // Counts that came without their sum are no part of an average.
    let average = |total: &str, count: &str, per: &str| {
        let counted = format!("SUM(CASE WHEN {total} IS NOT NULL THEN {count} END)");
        format!(
            "CASE WHEN COUNT({total}) > 0 AND {counted} > 0\n    \
             THEN CAST(SUM({total}) AS DOUBLE) / CAST({counted} AS DOUBLE){per} END"
        )
    };
    match kind {
        FactKind::HandleTime => vec![
            ("handled", sum("handle_count")),
            ("sum_ms", sum("handle_sum_ms")),
            ("talk_sum_ms", sum("talk_sum_ms")),
            ("hold_sum_ms", sum("held_sum_ms")),
            ("acw_sum_ms", sum("acw_sum_ms")),
            ("aht_s", average("handle_sum_ms", "handle_count", " / 1000")),
            ("talk_s", average("talk_sum_ms", "talk_count", " / 1000")),
            ("hold_s", average("held_sum_ms", "held_count", " / 1000")),
            ("acw_s", average("acw_sum_ms", "acw_count", " / 1000")),
        ],
        FactKind::Evaluation => vec![
            (
                "evaluated",
                "CASE WHEN COUNT(evaluation_count) > 0 THEN SUM(evaluation_count)\n    \
                 WHEN COUNT(score_count) > 0 THEN SUM(score_count) END"
                    .to_owned(),
            ),
            ("scored", sum("score_count")),
            ("score_total", sum("score_sum")),
            ("score", average("score_sum", "score_count", "")),
            (
                "critical_score",
                average("critical_score_sum", "critical_score_count", ""),
            ),
        ],
    }
}

/// Every manager above every user at any time.
const CLOSURE: &str = "\
-- Every manager above every user, and when: depth 1 is the direct manager, 0 somebody who is one.
SELECT p.user_id, b.manager_id, b.level,
  CASE WHEN lowest.manager_id = p.user_id THEN b.depth ELSE b.depth + 1 END AS depth,
  p.valid_from, p.valid_to
FROM bridge_user_path p
JOIN bridge_manager b ON b.path_key = p.path_key
JOIN (SELECT path_key, manager_id FROM bridge_manager WHERE depth = 0) lowest
  ON lowest.path_key = p.path_key
";

/// Files of a table, from the folder of the export.
fn files(table: Table, format: Format) -> String {
    let days = if table.facts().is_some() { "/*" } else { "" };
    format!("{}{days}/*.{}", table.name(), format.name())
}

fn duckdb(format: Format) -> String {
    let mut sql = String::from(
        "-- Views of the tables for DuckDB. Say first where the export lies:\n\
         --   SET file_search_path = 'path/to/export';\n",
    );
    for table in Table::ALL {
        let (name, files) = (table.name(), files(table, format));
        let _ = match format {
            Format::Parquet => write!(
                sql,
                "CREATE OR REPLACE VIEW {name} AS\n  \
                 SELECT * FROM read_parquet('{files}', hive_partitioning = false);\n"
            ),
            Format::Csv | Format::Ndjson => {
                let reader = match format {
                    Format::Csv => "read_csv",
                    _ => "read_json",
                };
                let columns: Vec<String> = table
                    .columns()
                    .iter()
                    .map(|column| format!("'{}': '{}'", column.name, column.kind.in_duckdb()))
                    .collect();
                let form = match format {
                    Format::Csv => "header = true, ",
                    _ => "format = 'newline_delimited', ",
                };
                write!(
                    sql,
                    "CREATE OR REPLACE VIEW {name} AS\n  SELECT * FROM {reader}('{files}', {form}\
                     hive_partitioning = false,\n    columns = {{{}}});\n",
                    columns.join(", ")
                )
            }
        };
    }
    sql
}

fn spark(format: Format) -> String {
    let mut sql = String::from(
        "-- Views of the tables for Spark SQL. Put the path of the export in the place of FOLDER.\n",
    );
    for table in Table::ALL {
        let name = table.name();
        let columns: Vec<String> = table
            .columns()
            .iter()
            .map(|column| format!("{} {}", column.name, column.kind.in_spark()))
            .collect();
        let columns = match format {
            Format::Parquet => String::new(),
            Format::Csv | Format::Ndjson => format!(" ({})", columns.join(", ")),
        };
        let (using, more) = match format {
            Format::Parquet => ("parquet", ""),
            Format::Csv => ("csv", ", header 'true', escape '\"', multiLine 'true'"),
            Format::Ndjson => ("json", ""),
        };
        let files = files(table, format);
        let _ = write!(
            sql,
            "CREATE OR REPLACE TEMPORARY VIEW {name}{columns} USING {using}\n  \
             OPTIONS (path 'FOLDER/{files}'{more});\n"
        );
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_queries_are_these() {
        let all = all(Format::Parquet);
        let names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        insta::assert_snapshot!(names.join("\n"));
        let text = |wanted: &str| {
            let found = all.iter().find(|(name, _)| name == wanted);
            found.map(|(_, text)| text.clone()).unwrap()
        };
        insta::assert_snapshot!(text("report_aht_by_tree.sql"));
        insta::assert_snapshot!(text("report_evaluations_by_division.sql"));
        insta::assert_snapshot!(text("views_duckdb.sql"));
    }
}
