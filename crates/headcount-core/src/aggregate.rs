//! Counting users by one or several fields.

mod labels;

use std::collections::HashMap;

use roaring::RoaringBitmap;

use self::labels::Labels;
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
    let counts = counts(&labels, &rows);
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

/// How often each combination of codes occurs, those that do.
fn counts(labels: &[Labels<'_>], rows: &RoaringBitmap) -> Vec<(Vec<u32>, u64)> {
    /// A cell for every combination there may be, as long as that takes no more than this.
    const MOST_CELLS: u128 = 1 << 20;
    // The codes of a row as the digits of one number.
    let cells = labels.iter().fold(1, |cells: u128, labels| {
        cells.saturating_mul(labels.len() as u128)
    });
    let digits = |mut cell: u128| {
        let mut codes = vec![0; labels.len()];
        for (code, labels) in codes.iter_mut().zip(labels).rev() {
            *code = u32::try_from(cell % labels.len() as u128).unwrap_or(u32::MAX);
            cell /= labels.len() as u128;
        }
        codes
    };
    if cells <= MOST_CELLS {
        let mut counts = vec![0_u64; usize::try_from(cells).unwrap_or(0)];
        match labels {
            // Over all rows of a million, a loop over the levels would cost more than the counting.
            [one] => {
                for (place, row) in rows.iter().enumerate() {
                    counts[one.code(place, row) as usize] += 1;
                }
            }
            [one, two] => {
                for (place, row) in rows.iter().enumerate() {
                    let cell = one.code(place, row) as usize * two.len();
                    counts[cell + two.code(place, row) as usize] += 1;
                }
            }
            labels => {
                for (place, row) in rows.iter().enumerate() {
                    let cell = labels.iter().fold(0, |cell, labels| {
                        cell * labels.len() + labels.code(place, row) as usize
                    });
                    counts[cell] += 1;
                }
            }
        }
        let counted = (0_u128..).zip(counts).filter(|(_, count)| *count > 0);
        return counted.map(|(cell, count)| (digits(cell), count)).collect();
    }
    let mut cells: Vec<u128> = rows
        .iter()
        .enumerate()
        .map(|(place, row)| {
            labels.iter().fold(0, |cell, labels| {
                cell * labels.len() as u128 + u128::from(labels.code(place, row))
            })
        })
        .collect();
    cells.sort_unstable();
    cells
        .chunk_by(|a, b| a == b)
        .map(|same| (digits(same[0]), same.len() as u64))
        .collect()
}
