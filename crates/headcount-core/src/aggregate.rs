//! Counting users by one or several fields.

use std::{borrow::Cow, collections::HashMap};

use roaring::RoaringBitmap;

use crate::{
    field::{Column, Field, Projection, UnknownField},
    roster::{Roster, RosterError},
    search::FieldValues,
};

/// Label of the users that have no value, so that totals reconcile (invariant 5).
pub const NONE: &str = "(none)";

/// What users are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// The value of a field, exactly as written; several values of one user are joined by commas,
    /// so that a user is counted once.
    Field(Field),
    /// The division: the name that most of its users carry, or its id where none has a name.
    Division,
    /// The manager: the name in the manager's own record, or the id where there is none.
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

/// Counts `rows` by `by`: most users first, then by value. The counts add up to the number of rows.
///
/// # Errors
/// [`RosterError`] when a field counted by was not loaded.
pub fn count_by(
    roster: &Roster,
    rows: &RoaringBitmap,
    by: &[GroupBy],
) -> Result<Vec<CountRow>, RosterError> {
    let labels = by
        .iter()
        .map(|by| Labels::of(roster, *by))
        .collect::<Result<Vec<_>, _>>()?;
    let counts = match labels.as_slice() {
        [one] => {
            let mut counts = vec![0_u64; one.texts.len()];
            for row in rows {
                counts[one.codes.code(roster, row) as usize] += 1;
            }
            let counted = (0_u32..).zip(counts).filter(|(_, count)| *count > 0);
            counted.map(|(code, count)| (vec![code], count)).collect()
        }
        labels => {
            let mut counts: HashMap<Vec<u32>, u64> = HashMap::new();
            let mut codes = Vec::with_capacity(labels.len());
            for row in rows {
                codes.clear();
                codes.extend(labels.iter().map(|label| label.codes.code(roster, row)));
                match counts.get_mut(&codes) {
                    Some(count) => *count += 1,
                    None => {
                        counts.insert(codes.clone(), 1);
                    }
                }
            }
            counts.into_iter().collect::<Vec<_>>()
        }
    };
    // Two codes may carry one label (two divisions of the same name): one row for the reader.
    let mut merged: HashMap<Vec<&str>, u64> = HashMap::new();
    for (codes, count) in &counts {
        let values = labels
            .iter()
            .zip(codes)
            .map(|(labels, &code)| &*labels.texts[code as usize]);
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

/// For every row a code, for every code a label.
struct Labels<'r> {
    codes: Codes,
    texts: Vec<Cow<'r, str>>,
}

enum Codes {
    Column(Column),
    Rows(Vec<u32>),
}

impl Codes {
    fn code(&self, roster: &Roster, row: u32) -> u32 {
        match self {
            Self::Column(column) => roster.code(row, *column),
            Self::Rows(codes) => codes[row as usize],
        }
    }
}

impl<'r> Labels<'r> {
    fn of(roster: &'r Roster, by: GroupBy) -> Result<Self, RosterError> {
        roster.check(by.projection())?;
        Ok(match by {
            GroupBy::Field(field) => match field.column() {
                Some(column) => Self::by_column(roster, column, Cow::Borrowed),
                None => Self::by_values(roster, field),
            },
            GroupBy::Manager => Self::by_column(roster, Column::ManagerId, |id| {
                let manager = roster.row_of(id);
                Cow::Borrowed(
                    manager
                        .and_then(|row| roster.value(row, Column::Name))
                        .unwrap_or(id),
                )
            }),
            GroupBy::Division => Self::by_division(roster),
        })
    }

    fn by_column(
        roster: &'r Roster,
        column: Column,
        label: impl Fn(&'r str) -> Cow<'r, str>,
    ) -> Self {
        let texts = roster
            .texts(column)
            .map(|text| text.map_or(Cow::Borrowed(NONE), &label));
        Self {
            codes: Codes::Column(column),
            texts: texts.collect(),
        }
    }

    fn by_values(roster: &'r Roster, field: Field) -> Self {
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut texts = vec![Cow::Borrowed(NONE)];
        let codes = (0..roster.len()).map(|row| {
            let mut joined = String::new();
            roster.user(row).any_value(field, &mut |value| {
                if !joined.is_empty() {
                    joined.push_str(", ");
                }
                joined.push_str(value);
                false
            });
            if joined.is_empty() {
                return 0;
            }
            *known.entry(joined).or_insert_with_key(|joined| {
                texts.push(Cow::Owned(joined.clone()));
                u32::try_from(texts.len() - 1).unwrap_or(u32::MAX)
            })
        });
        let codes = Codes::Rows(codes.collect());
        Self { codes, texts }
    }

    fn by_division(roster: &'r Roster) -> Self {
        let mut names: HashMap<&str, HashMap<&str, u64>> = HashMap::new();
        for row in 0..roster.len() {
            if let (Some(id), Some(name)) = (
                roster.value(row, Column::DivisionId),
                roster.value(row, Column::DivisionName),
            ) {
                *names.entry(id).or_default().entry(name).or_default() += 1;
            }
        }
        let usual = |id: &'r str| -> &'r str {
            let best = names.get(id).and_then(|names| {
                names
                    .iter()
                    .max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0)))
            });
            best.map_or(id, |(name, _)| name)
        };
        let mut known: HashMap<&str, u32> = HashMap::new();
        let mut texts = vec![Cow::Borrowed(NONE)];
        let mut code_of = |label: &'r str| {
            *known.entry(label).or_insert_with(|| {
                texts.push(Cow::Borrowed(label));
                u32::try_from(texts.len() - 1).unwrap_or(u32::MAX)
            })
        };
        let codes = (0..roster.len())
            .map(|row| {
                let label = roster
                    .value(row, Column::DivisionId)
                    .map(usual)
                    .or_else(|| roster.value(row, Column::DivisionName));
                label.map_or(0, &mut code_of)
            })
            .collect();
        Self {
            codes: Codes::Rows(codes),
            texts,
        }
    }
}
