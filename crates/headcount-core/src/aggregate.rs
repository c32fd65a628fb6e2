//! Counting users by one or several fields.

pub(crate) mod labels;
pub(crate) mod tally;

use std::cmp::Reverse;

use roaring::RoaringBitmap;

use self::{
    labels::{Labels, Names},
    tally::tally,
};
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
    let sizes: Vec<usize> = labels.iter().map(Labels::len).collect();
    let mut counts = tally(&sizes, &rows, |level, place, rows, codes| {
        labels[level].fill(place, rows, codes);
    });
    let names: Vec<Names<'_>> = labels
        .iter()
        .enumerate()
        .map(|(level, labels)| labels.names(counts.iter().map(|(codes, _)| codes[level])))
        .collect();
    // From here on a number stands for a label. Two codes may carry one label (two divisions of the
    // same name): one row for the reader.
    for (codes, _) in &mut counts {
        for (code, names) in codes.iter_mut().zip(&names) {
            *code = names.ranks[*code as usize];
        }
    }
    counts.sort_unstable();
    counts.dedup_by(|(ranks, count), (kept, sum)| {
        let same = ranks == kept;
        if same {
            *sum += *count;
        }
        same
    });
    // By value they are in order already, and stay so among those of one count.
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let text = |(names, &rank): (&Names<'_>, &u32)| names.texts[rank as usize].to_owned();
    Ok(counts
        .iter()
        .map(|(ranks, count)| CountRow {
            values: names.iter().zip(ranks).map(text).collect(),
            count: *count,
        })
        .collect())
}
