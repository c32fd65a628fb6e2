//! The tables and their columns: always the same, whatever they hold.

use headcount_core::fact::{FactKind, Stat};
use serde::{Deserialize, Serialize};

/// Managers from the top of whom each has columns of its own. Deeper ones are in `bridge_manager`.
pub(crate) const LEVELS: usize = 10;

const LEVEL_IDS: [&str; LEVELS] = [
    "level_1_id",
    "level_2_id",
    "level_3_id",
    "level_4_id",
    "level_5_id",
    "level_6_id",
    "level_7_id",
    "level_8_id",
    "level_9_id",
    "level_10_id",
];

const LEVEL_NAMES: [&str; LEVELS] = [
    "level_1_name",
    "level_2_name",
    "level_3_name",
    "level_4_name",
    "level_5_name",
    "level_6_name",
    "level_7_name",
    "level_8_name",
    "level_9_name",
    "level_10_name",
];

/// What the values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Type {
    /// A text.
    Text,
    /// A whole number of 64 bits.
    Whole,
    /// True or false.
    Flag,
    /// A time, UTC.
    Timestamp,
    /// A date.
    Date,
    /// A number with six decimals.
    Decimal,
}

impl Type {
    /// What DuckDB calls it.
    pub(crate) fn in_duckdb(self) -> &'static str {
        match self {
            Self::Text => "VARCHAR",
            Self::Whole => "BIGINT",
            Self::Flag => "BOOLEAN",
            Self::Timestamp => "TIMESTAMPTZ",
            Self::Date => "DATE",
            Self::Decimal => "DECIMAL(18,6)",
        }
    }

    /// What Spark calls it.
    pub(crate) fn in_spark(self) -> &'static str {
        match self {
            Self::Text => "STRING",
            Self::Timestamp => "TIMESTAMP",
            other => other.in_duckdb(),
        }
    }
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) kind: Type,
    /// Whether there may be no value.
    pub(crate) nullable: bool,
    /// Whether values come many times.
    pub(crate) repeats: bool,
}

/// A table of the export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Table {
    User,
    UserCurrent,
    Path,
    Manager,
    UserPath,
    Division,
    Department,
    Date,
    HandleTime,
    Evaluation,
}

impl Table {
    pub(crate) const ALL: [Self; 10] = [
        Self::User,
        Self::UserCurrent,
        Self::UserPath,
        Self::Path,
        Self::Manager,
        Self::Division,
        Self::Department,
        Self::Date,
        Self::HandleTime,
        Self::Evaluation,
    ];

    /// Its name, which is that of its folder.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::User => "dim_user",
            Self::UserCurrent => "dim_user_current",
            Self::Path => "dim_path",
            Self::Manager => "bridge_manager",
            Self::UserPath => "bridge_user_path",
            Self::Division => "dim_division",
            Self::Department => "dim_department",
            Self::Date => "dim_date",
            Self::HandleTime => "fact_handle_time",
            Self::Evaluation => "fact_evaluation",
        }
    }

    /// The facts that it holds; nothing for the others.
    pub(crate) fn facts(self) -> Option<FactKind> {
        match self {
            Self::HandleTime => Some(FactKind::HandleTime),
            Self::Evaluation => Some(FactKind::Evaluation),
            _ => None,
        }
    }

    /// The table of a kind of facts.
    pub(crate) fn of(kind: FactKind) -> Self {
        match kind {
            FactKind::HandleTime => Self::HandleTime,
            FactKind::Evaluation => Self::Evaluation,
        }
    }

    /// The columns, in order.
    pub(crate) fn columns(self) -> Vec<Column> {
        use Type::{Date, Flag, Text, Timestamp, Whole};
        match self {
            Self::User => user(&[
                column("valid_from", Timestamp).repeated(),
                column("valid_to", Timestamp).repeated().or_null(),
                column("is_current", Flag),
                column("is_latest", Flag),
                column("known_from", Timestamp).repeated(),
                column("known_to", Timestamp).repeated().or_null(),
            ]),
            Self::UserCurrent => user(&[column("valid_from", Timestamp).repeated()]),
            Self::Path => {
                let mut columns = vec![
                    column("path_key", Whole),
                    column("levels", Whole).repeated(),
                ];
                columns.extend(levels(&LEVEL_IDS));
                columns
            }
            Self::Manager => vec![
                column("path_key", Whole).repeated(),
                column("manager_id", Text).repeated(),
                column("level", Whole).repeated(),
                column("depth", Whole).repeated(),
            ],
            Self::UserPath => vec![
                column("user_id", Text).repeated(),
                column("path_key", Whole).repeated(),
                column("valid_from", Timestamp).repeated(),
                column("valid_to", Timestamp).repeated().or_null(),
            ],
            Self::Division => vec![
                column("division_id", Text),
                column("name", Text).or_null(),
                column("valid_from", Timestamp).repeated(),
                column("valid_to", Timestamp).repeated().or_null(),
                column("is_current", Flag),
                column("known_from", Timestamp).repeated(),
            ],
            Self::Department => vec![
                column("department", Text),
                column("first_seen", Timestamp).repeated(),
                column("last_seen", Timestamp).repeated().or_null(),
                column("users", Whole),
                column("is_current", Flag),
            ],
            Self::Date => vec![
                column("day", Date),
                column("year", Whole).repeated(),
                column("quarter", Whole).repeated(),
                column("month", Text).repeated(),
                column("month_number", Whole).repeated(),
                column("week", Date).repeated(),
                column("weekday", Whole).repeated(),
                column("starts_at", Timestamp),
                column("ends_at", Timestamp),
            ],
            Self::HandleTime => facts(FactKind::HandleTime),
            Self::Evaluation => facts(FactKind::Evaluation),
        }
    }
}

impl Column {
    fn or_null(self) -> Self {
        Self {
            nullable: true,
            ..self
        }
    }

    fn repeated(self) -> Self {
        Self {
            repeats: true,
            ..self
        }
    }
}

fn column(name: &'static str, kind: Type) -> Column {
    Column {
        name,
        kind,
        nullable: false,
        repeats: false,
    }
}

fn levels(names: &[&'static str]) -> impl Iterator<Item = Column> {
    names
        .iter()
        .map(|name| column(name, Type::Text).repeated().or_null())
}

fn user(validity: &[Column]) -> Vec<Column> {
    use Type::{Text, Whole};
    let mut columns = vec![
        column("user_key", Whole),
        column("user_id", Text).repeated(),
        column("version", Whole).repeated(),
    ];
    // Names, addresses and user names are as good as unique.
    columns.extend(["name", "email", "username", "preferred_name"].map(|name| {
        let text = column(name, Text).or_null();
        // A person keeps them from one version to the next.
        text.repeated()
    }));
    let texts = [
        "state",
        "title",
        "department",
        "division_id",
        "division_name",
        "manager_id",
        "manager_name",
    ];
    columns.extend(texts.map(|name| column(name, Text).repeated().or_null()));
    columns.push(column("path_key", Whole).repeated());
    columns.push(column("levels", Whole).repeated());
    columns.extend(levels(&LEVEL_IDS));
    columns.extend(levels(&LEVEL_NAMES));
    columns.extend(validity);
    columns
}

fn facts(kind: FactKind) -> Vec<Column> {
    use Type::{Date, Decimal, Flag, Text, Timestamp, Whole};
    let mut columns = vec![
        column("local_day", Date).repeated(),
        column("interval_start", Timestamp).repeated(),
        column("interval_end", Timestamp).repeated(),
        column("user_key", Whole).repeated().or_null(),
        column("user_id", Text).repeated().or_null(),
        column("path_key", Whole).repeated(),
        column("media_type", Text).repeated().or_null(),
        column("is_before_first", Flag),
        column("is_straddling", Flag),
    ];
    columns.extend(kind.measures().iter().map(|measure| {
        let kind = match measure.stat {
            Stat::Count | Stat::SumMs => Whole,
            Stat::SumMicro => Decimal,
        };
        column(measure.name, kind).or_null()
    }));
    columns
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    /// Whoever loads the files goes by these names and types: a change here is a new format.
    #[test]
    fn the_columns_are_these() {
        let mut told = String::new();
        for table in Table::ALL {
            writeln!(told, "{}", table.name()).unwrap();
            for column in table.columns() {
                let null = if column.nullable { "" } else { " not null" };
                writeln!(told, "  {} {:?}{null}", column.name, column.kind).unwrap();
            }
        }
        insta::assert_snapshot!(told);
    }
}
