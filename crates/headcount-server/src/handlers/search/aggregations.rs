//! Counts beside a page of users, in the shape of the SDK's `SearchAggregation`. Upstream has
//! them for other searches only; here they save fetching everybody to count them.

use headcount_core::{
    aggregate::{CountRow, GroupBy, count_by},
    field::Field,
    roster::View,
    search::{Matcher, StateRule},
    wire::{SearchAggregation, UserSearchCriteria},
};
use roaring::RoaringBitmap;
use serde::Serialize;

use crate::{csv::Cell, error::ApiError, handlers::not_loaded};

/// Buckets at each level when none are asked for.
const DEFAULT_SIZE: usize = 100;
/// Buckets at each level at most.
const MOST_BUCKETS: usize = 10_000;
/// Levels at most.
const MOST_LEVELS: usize = 5;
/// Aggregations in one request at most.
const MOST_AGGREGATIONS: usize = 20;

/// One aggregation, checked.
pub(super) struct Aggregation {
    pub(super) name: String,
    what: What,
}

enum What {
    /// Users, or those who have a value.
    Count(Option<Matcher>),
    Term {
        /// The fields, as they were asked for.
        names: Vec<String>,
        by: Vec<GroupBy>,
        size: usize,
        order: Order,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    CountDescending,
    CountAscending,
    ValueAscending,
    ValueDescending,
}

/// Checks the aggregations of a request.
pub(super) fn compile(asked: &[SearchAggregation]) -> Result<Vec<Aggregation>, ApiError> {
    if asked.len() > MOST_AGGREGATIONS {
        return Err(ApiError::constraint(format!(
            "at most {MOST_AGGREGATIONS} aggregations may be asked for"
        )));
    }
    let compiled: Vec<_> = asked.iter().map(one).collect::<Result<_, _>>()?;
    for (at, aggregation) in compiled.iter().enumerate() {
        if compiled[..at]
            .iter()
            .any(|before| before.name == aggregation.name)
        {
            return Err(ApiError::constraint(format!(
                "two aggregations are named {:?}, give each a name of its own",
                aggregation.name
            )));
        }
    }
    Ok(compiled)
}

fn one(asked: &SearchAggregation) -> Result<Aggregation, ApiError> {
    let field = asked
        .field
        .as_deref()
        .filter(|field| !field.trim().is_empty());
    let type_ = asked.type_.as_deref().unwrap_or_default();
    let what = match type_ {
        "COUNT" => What::Count(field.map(has_field).transpose()?),
        "TERM" => {
            let field = field.ok_or_else(|| ApiError::constraint("TERM needs a field"))?;
            let by: Vec<GroupBy> = field
                .split(',')
                .map(|name| {
                    GroupBy::parse(name.trim()).map_err(|error| ApiError::unknown_field(&error))
                })
                .collect::<Result<_, _>>()?;
            if by.len() > MOST_LEVELS {
                return Err(ApiError::constraint(format!(
                    "at most {MOST_LEVELS} fields may be nested"
                )));
            }
            let names = field
                .split(',')
                .map(|name| name.trim().to_owned())
                .collect();
            What::Term {
                names,
                by,
                size: size(asked.size)?,
                order: order(&asked.order)?,
            }
        }
        other => return Err(ApiError::invalid_value(other, "type", "TERM, COUNT")),
    };
    let name = asked.name.as_deref().or(field).unwrap_or(type_).to_owned();
    Ok(Aggregation { name, what })
}

/// Who has a value of the field.
fn has_field(name: &str) -> Result<Matcher, ApiError> {
    Field::parse(name).map_err(|error| ApiError::unknown_field(&error))?;
    let criterion = UserSearchCriteria {
        type_: Some("REQUIRED_FIELDS".to_owned()),
        fields: vec![name.to_owned()],
        ..UserSearchCriteria::default()
    };
    Matcher::compile(&[criterion], StateRule::AnyState)
        .map_err(|error| ApiError::constraint(error.to_string()))
}

fn size(asked: Option<i64>) -> Result<usize, ApiError> {
    match asked {
        None => Ok(DEFAULT_SIZE),
        Some(size) => usize::try_from(size)
            .ok()
            .filter(|size| (1..=MOST_BUCKETS).contains(size))
            .ok_or_else(|| {
                ApiError::constraint(format!(
                    "the size {size} of an aggregation is out of range, use 1 to {MOST_BUCKETS}"
                ))
            }),
    }
}

fn order(asked: &[String]) -> Result<Order, ApiError> {
    let text = match asked {
        [] => return Ok(Order::CountDescending),
        [text] => text,
        _ => {
            return Err(ApiError::constraint(
                "the buckets of an aggregation have one order, give one",
            ));
        }
    };
    let words: Vec<String> = text
        .split([' ', ':'])
        .map(str::to_ascii_uppercase)
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["COUNT"] | ["COUNT", "DESC"] => Ok(Order::CountDescending),
        ["COUNT", "ASC"] => Ok(Order::CountAscending),
        ["VALUE"] | ["VALUE", "ASC"] => Ok(Order::ValueAscending),
        ["VALUE", "DESC"] => Ok(Order::ValueDescending),
        _ => Err(ApiError::invalid_value(
            text,
            "order",
            "COUNT DESC, COUNT ASC, VALUE ASC, VALUE DESC",
        )),
    }
}

impl Aggregation {
    /// Counts `rows`, all of which `view` shows.
    pub(super) fn count(&self, view: View<'_>, rows: &RoaringBitmap) -> Result<Counted, ApiError> {
        match &self.what {
            What::Count(None) => Ok(Counted::Number { count: rows.len() }),
            What::Count(Some(has_field)) => {
                let with = view.matching(has_field).map_err(not_loaded)?;
                let count = with.intersection_len(rows);
                Ok(Counted::Number { count })
            }
            What::Term {
                by, size, order, ..
            } => {
                let counts = count_by(&view, rows, by).map_err(not_loaded)?;
                let counts: Vec<&CountRow> = counts.iter().collect();
                Ok(Counted::Level(level(&counts, 0, by.len(), *size, *order)))
            }
        }
    }
}

/// The label of users whose bucket is not shown, so that the rows add up.
const OTHER: &str = "(other)";

impl Aggregation {
    /// The columns of its table.
    pub(super) fn columns(&self) -> Vec<String> {
        let mut names = match &self.what {
            What::Count(_) => Vec::new(),
            What::Term { names, .. } => names.clone(),
        };
        names.push("count".to_owned());
        names
    }

    /// What it found, as a table: a row for each bucket within which there are no others. The rows
    /// add up to the users counted.
    pub(super) fn table(&self, counted: &Counted) -> Vec<Vec<Cell<'static>>> {
        match counted {
            Counted::Number { count } => vec![vec![Cell::number(Some(count))]],
            Counted::Level(level) => {
                let width = self.columns().len();
                let mut rows = Vec::new();
                level_rows(&level.buckets, level.other, &[], width, &mut rows);
                rows
            }
        }
    }
}

/// Adds the rows of a level; `above` are the keys that lead to it.
fn level_rows(
    buckets: &[Bucket],
    other: u64,
    above: &[&str],
    width: usize,
    rows: &mut Vec<Vec<Cell<'static>>>,
) {
    let line = |key: &str, count: u64| {
        let keys = above.iter().copied().chain([key]);
        let mut cells: Vec<Cell<'static>> =
            keys.map(|key| Cell::Text(key.to_owned().into())).collect();
        cells.resize(width - 1, Cell::Nothing);
        cells.push(Cell::number(Some(count)));
        cells
    };
    for bucket in buckets {
        match (&bucket.buckets, bucket.other) {
            (Some(within), other) => {
                let keys: Vec<&str> = above.iter().copied().chain([&*bucket.key]).collect();
                level_rows(within, other.unwrap_or(0), &keys, width, rows);
            }
            (None, _) => rows.push(line(&bucket.key, bucket.count)),
        }
    }
    if other > 0 {
        rows.push(line(OTHER, other));
    }
}

/// What one aggregation found.
#[derive(Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Counted {
    Number { count: u64 },
    Level(Level),
}

/// Users by value. The buckets shown and `other` add up to `total`.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Level {
    buckets: Vec<Bucket>,
    other: u64,
    total: u64,
}

/// Users of one value, and where another field was asked for, these by its values.
#[derive(Debug, PartialEq, Serialize)]
struct Bucket {
    key: String,
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    buckets: Option<Vec<Bucket>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    other: Option<u64>,
}

fn level(counts: &[&CountRow], depth: usize, depths: usize, size: usize, order: Order) -> Level {
    let mut groups: Vec<(&str, Vec<&CountRow>, u64)> = Vec::new();
    let mut sorted = counts.to_vec();
    sorted.sort_by(|a, b| a.values[depth].cmp(&b.values[depth]));
    for row in sorted {
        match groups.last_mut() {
            Some((value, rows, count)) if *value == row.values[depth] => {
                rows.push(row);
                *count += row.count;
            }
            _ => groups.push((&row.values[depth], vec![row], row.count)),
        }
    }
    // Groups are by value now; a stable sort keeps that among equal counts.
    match order {
        Order::CountDescending => groups.sort_by_key(|group| std::cmp::Reverse(group.2)),
        Order::CountAscending => groups.sort_by_key(|group| group.2),
        Order::ValueAscending => {}
        Order::ValueDescending => groups.reverse(),
    }
    let total: u64 = groups.iter().map(|group| group.2).sum();
    let buckets: Vec<Bucket> = groups
        .iter()
        .take(size)
        .map(|(value, rows, count)| {
            let inner = (depth + 1 < depths).then(|| level(rows, depth + 1, depths, size, order));
            let (buckets, other) = inner.map(|inner| (inner.buckets, inner.other)).unzip();
            Bucket {
                key: (*value).to_owned(),
                count: *count,
                buckets,
                other,
            }
        })
        .collect();
    let shown: u64 = buckets.iter().map(|bucket| bucket.count).sum();
    Level {
        buckets,
        other: total - shown,
        total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(values: &[&str], count: u64) -> CountRow {
        CountRow {
            values: values.iter().map(|value| (*value).to_owned()).collect(),
            count,
        }
    }

    #[test]
    fn shown_and_other_add_up_at_each_level() {
        let rows = [
            row(&["a", "x"], 3),
            row(&["a", "y"], 2),
            row(&["b", "x"], 4),
            row(&["(none)", "y"], 1),
        ];
        let rows: Vec<&CountRow> = rows.iter().collect();
        let nested = level(&rows, 0, 2, 1, Order::CountDescending);
        assert_eq!(
            serde_json::to_string(&Counted::Level(nested)).unwrap(),
            r#"{"buckets":[{"key":"a","count":5,"buckets":[{"key":"x","count":3}],"other":2}],"other":5,"total":10}"#
        );
        let by_value = level(&rows, 0, 1, 9, Order::ValueDescending);
        assert_eq!(by_value.buckets[0].key, "b");
        assert_eq!(by_value.other, 0);
    }

    #[test]
    fn rows_of_a_table_add_up() {
        let rows = [
            row(&["a", "x"], 3),
            row(&["a", "y"], 2),
            row(&["b", "x"], 4),
        ];
        let rows: Vec<&CountRow> = rows.iter().collect();
        let asked = r#"[{"type":"TERM","field":"division, state","size":1}]"#;
        let asked: Vec<SearchAggregation> = serde_json::from_str(asked).unwrap();
        let aggregation = &compile(&asked).unwrap()[0];
        assert_eq!(aggregation.columns(), ["division", "state", "count"]);
        let counted = Counted::Level(level(&rows, 0, 2, 1, Order::CountDescending));
        let text = |text: &str| Cell::Text(text.to_owned().into());
        let count = |count: u64| Cell::number(Some(count));
        assert_eq!(
            aggregation.table(&counted),
            [
                vec![text("a"), text("x"), count(3)],
                vec![text("a"), text(OTHER), count(2)],
                vec![text(OTHER), Cell::Nothing, count(4)],
            ]
        );
    }

    #[test]
    fn what_users_do_not_have_is_refused() {
        let ask = |text: &str| {
            let asked: Vec<SearchAggregation> = serde_json::from_str(text).unwrap();
            compile(&asked).err().map(|error| error.status().as_u16())
        };
        assert_eq!(
            ask(r#"[{"type":"TERM","field":"division, state"},{"type":"COUNT"}]"#),
            None
        );
        for bad in [
            r#"[{"type":"SUM","field":"version"}]"#,
            r#"[{"type":"TERM"}]"#,
            r#"[{"type":"TERM","field":"nosuch"}]"#,
            r#"[{"type":"COUNT","field":"nosuch"}]"#,
            r#"[{"type":"TERM","field":"state","size":0}]"#,
            r#"[{"type":"TERM","field":"state","order":["UP"]}]"#,
            r#"[{"type":"TERM","field":"state","order":["COUNT","VALUE"]}]"#,
            r#"[{"type":"COUNT"},{"type":"COUNT"}]"#,
            r#"[{"field":"state"}]"#,
        ] {
            assert_eq!(ask(bad), Some(400), "{bad}");
        }
    }
}
