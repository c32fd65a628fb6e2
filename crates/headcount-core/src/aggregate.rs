//! Counting users by one or several fields.

mod labels;
pub(crate) mod tally;

use std::collections::HashMap;

use roaring::RoaringBitmap;

use self::{labels::Labels, tally::tally};
use crate::{
    field::{Field, Projection, UnknownField},
    roster::{RosterError, View},
};

/// Label of the users that have no value, so that totals reconcile (invariant 5).
pub const NONE: &str = "(none)";

/// What users are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// The value of a field, exactly as written; several values of one user are joined by commas,
    /// so that a user is counted once.
    Field(Field),
    /// The division: the name that most of its users in sight carry, or its id where none has one.
    Division,
    /// The manager: the name in the manager's own record, or the id where none is in sight.
    Manager,
}

/// Users with the same values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountRow {
    /// One value for every field counted by; [`NONE`] for an absent one.
    pub values: Vec<String>,
    /// How many.
    pub count: u64,
}

impl GroupBy {
    /// Reads the name of a field, of `division` or of `manager`.
    ///
    /// # Errors
    /// [`UnknownField`], with the nearest names.
    pub fn parse(name: &str) -> Result<Self, UnknownField> {
        if name.eq_ignore_ascii_case("division") {
            return Ok(Self::Division);
        }
        if name.eq_ignore_ascii_case("manager") {
            return Ok(Self::Manager);
        }
        Field::parse(name).map(Self::Field)
    }

    /// What has to be read of every user to group by it.
    #[must_use]
    pub fn projection(self) -> Projection {
        match self {
            Self::Field(field) => field.projection(),
            Self::Division => Field::DIVISION_ID
                .projection()
                .union(Field::DIVISION_NAME.projection()),
            Self::Manager => Field::MANAGER_NAME.projection(),
        }
    }
}

/// Counts those of `rows` that are in sight by `by`: most users first, then by value. The counts
/// add up to the number of rows.
///
/// # Errors
/// [`RosterError`] when a field counted by was not loaded.
pub fn count_by(
    view: &View<'_>,
    rows: &RoaringBitmap,
    by: &[GroupBy],
) -> Result<Vec<CountRow>, RosterError> {
    let rows = view.clip(rows);
    let labels = by
        .iter()
        .map(|by| Labels::of(*view, &rows, *by))
        .collect::<Result<Vec<_>, _>>()?;
    // Two codes may carry one label (two divisions of the same name): one row for the reader.
    let mut merged: HashMap<Vec<&str>, u64> = HashMap::new();
    let sizes: Vec<usize> = labels.iter().map(Labels::len).collect();
    let counts = tally(&sizes, &rows, |level, place, rows, codes| {
        labels[level].fill(place, rows, codes);
    });
    let texts: Vec<Vec<Option<&str>>> = labels
        .iter()
        .enumerate()
        .map(|(level, labels)| labels.texts(counts.iter().map(|(codes, _)| codes[level])))
        .collect();
    for (codes, count) in &counts {
        let values = texts
            .iter()
            .zip(codes)
            .map(|(texts, &code)| texts[code as usize].unwrap_or(NONE));
        *merged.entry(values.collect()).or_default() += count;
    }
    let mut answer: Vec<CountRow> = merged
        .into_iter()
        .map(|(values, count)| CountRow {
            values: values.into_iter().map(str::to_owned).collect(),
            count,
        })
        .collect();
    answer.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.values.cmp(&b.values)));
    Ok(answer)
}
