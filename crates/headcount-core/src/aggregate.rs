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

/// The values that most users have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Most {
    /// As [`count_by`] has them, the first ones.
    pub rows: Vec<CountRow>,
    /// How many values there are.
    pub values: usize,
}

/// The first `most` rows of [`count_by`], without finding names for the others.
///
/// # Errors
/// As [`count_by`].
pub fn count_most(
    view: &View<'_>,
    rows: &RoaringBitmap,
    by: GroupBy,
    most: usize,
) -> Result<Most, RosterError> {
    let rows = view.clip(rows);
    let labels = Labels::of(*view, &rows, by)?;
    if !labels.are_distinct() {
        let mut counted = count_by(view, &rows, &[by])?;
        let values = counted.len();
        counted.truncate(most);
        return Ok(Most {
            rows: counted,
            values,
        });
    }
    let mut counts = tally(&[labels.len()], &rows, |_, place, rows, codes| {
        labels.fill(place, rows, codes);
    });
    let values = counts.len();
    let text = |codes: &[u32]| labels.own_text(codes[0]).unwrap_or(NONE);
    let order = |one: &(Vec<u32>, u64), other: &(Vec<u32>, u64)| {
        let by_count = other.1.cmp(&one.1);
        by_count.then_with(|| text(&one.0).cmp(text(&other.0)))
    };
    if most < values {
        counts.select_nth_unstable_by(most, order);
        counts.truncate(most);
    }
    counts.sort_unstable_by(order);
    let counts = counts.into_iter().map(|(codes, count)| CountRow {
        values: vec![text(&codes).to_owned()],
        count,
    });
    Ok(Most {
        rows: counts.collect(),
        values,
    })
}

/// The rows in sight whose label by `by`, as [`count_by`] has it, is one that `is_wanted` picks.
///
/// # Errors
/// As [`count_by`].
pub fn rows_labelled(
    view: &View<'_>,
    by: GroupBy,
    is_wanted: impl Fn(&str) -> bool,
) -> Result<RoaringBitmap, RosterError> {
    let rows = view.rows();
    let found = Labels::of(*view, &rows, by)?.rows_of(&rows, is_wanted);
    Ok(view.clip(&found).into_owned())
}
