//! What divisions were called, and since when: the rule of reports, followed through time.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use super::People;
use crate::{field::Column, roster::RosterError};

/// A division that a version was ever in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedDivision {
    /// Its id.
    pub id: String,
    /// Since when it is called what, ms UTC, by time; `None` while it has no name. The first is
    /// when somebody was seen in it.
    pub names: Vec<(i64, Option<String>)>,
}

/// How many versions of a division carry a name.
#[derive(Clone, Copy, Default)]
struct Carried {
    /// Of those that are the latest of their users.
    now: u64,
    ever: u64,
}

/// What is known of a division at a moment.
#[derive(Default)]
struct Seen {
    now: u64,
    names: BTreeMap<u32, Carried>,
}

impl People {
    /// The divisions by id, each with the name that reports give it: the one that most users carry
    /// whose latest version is in it, of several the least; without any such user, the one that
    /// most earlier versions carry.
    ///
    /// # Errors
    /// [`RosterError`] where divisions were not read.
    pub fn divisions(&self) -> Result<Vec<NamedDivision>, RosterError> {
        let ids = self.roster().codes(Column::DivisionId)?;
        let names = self.roster().codes(Column::DivisionName)?;
        let mut rows: Vec<u32> = (0..self.versions()).collect();
        rows.sort_by_key(|&row| self.valid_from(row));
        let mut seen: BTreeMap<u32, Seen> = BTreeMap::new();
        let mut told: BTreeMap<u32, Vec<(i64, u32)>> = BTreeMap::new();
        for moment in moments(&rows, |row| self.valid_from(row)) {
            let since = self.valid_from(rows[moment.start]);
            let mut touched = BTreeSet::new();
            for &row in &rows[moment] {
                let begun = row > 0 && self.user_of(row - 1) == self.user_of(row);
                if begun && let Some(before) = seen.get_mut(&ids.of(row - 1)) {
                    before.now -= 1;
                    before.names.entry(names.of(row - 1)).or_default().now -= 1;
                    touched.insert(ids.of(row - 1));
                }
                let after = seen.entry(ids.of(row)).or_default();
                after.now += 1;
                let carried = after.names.entry(names.of(row)).or_default();
                carried.now += 1;
                carried.ever += 1;
                touched.insert(ids.of(row));
            }
            for division in touched.into_iter().filter(|division| *division != 0) {
                let name = seen[&division].name(|name| names.text(name));
                let told = told.entry(division).or_default();
                if told.last().is_none_or(|(_, last)| *last != name) {
                    told.push((since, name));
                }
            }
        }
        let text = |name| names.text(name).map(str::to_owned);
        let mut divisions: Vec<NamedDivision> = told
            .into_iter()
            .map(|(division, told)| NamedDivision {
                id: ids.text(division).unwrap_or_default().to_owned(),
                names: told
                    .into_iter()
                    .map(|(at, name)| (at, text(name)))
                    .collect(),
            })
            .collect();
        divisions.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(divisions)
    }
}

impl Seen {
    /// The code of its name, 0 for none.
    fn name<'r>(&self, text: impl Fn(u32) -> Option<&'r str>) -> u32 {
        let mut best = (0, 0);
        for (&name, carried) in self.names.iter().filter(|(name, _)| **name != 0) {
            let count = match self.now {
                0 => carried.ever,
                _ => carried.now,
            };
            if count > best.0 || (count > 0 && count == best.0 && text(name) < text(best.1)) {
                best = (count, name);
            }
        }
        best.1
    }
}

/// Stretches of rows of one moment.
fn moments(rows: &[u32], at: impl Fn(u32) -> i64) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let moment = at(*rows.get(start)?);
        let length = rows[start..].partition_point(|&row| at(row) <= moment);
        start += length;
        Some(start - length..start)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{field::Projection, history::VersionRef, segment::PeopleBuilder, user::Attributes};

    #[test]
    fn a_division_keeps_the_name_that_most_carry() {
        let columns = [Column::DivisionId, Column::DivisionName];
        let want = columns
            .into_iter()
            .fold(Projection::none(), Projection::with);
        let mut builder = PeopleBuilder::new(want);
        for (id, division, name, valid_from) in [
            ("a", "d", "North", 10),
            ("a", "d", "Nord", 20),
            ("a", "e", "East", 30),
            ("b", "d", "North", 10),
            ("b", "e", "East", 40),
            ("c", "f", " ", 10),
        ] {
            builder.push(VersionRef {
                user: &Attributes {
                    id: id.into(),
                    division_id: Some(division.into()),
                    division_name: Some(name.into()),
                    ..Attributes::default()
                },
                document: None,
                valid_from,
                valid_to: None,
            });
        }
        let divisions = builder.finish(i64::MAX).divisions().unwrap();
        let told = |place: usize| {
            let names = divisions[place].names.iter();
            let names = names.map(|(at, name)| (*at, name.as_deref()));
            (divisions[place].id.as_str(), names.collect::<Vec<_>>())
        };
        // At 20 each of two names is carried once, and the least counts; at 30 one is left; at 40
        // nobody, and of all earlier versions two say North.
        let d = vec![(10, Some("North")), (20, Some("Nord")), (30, Some("North"))];
        assert_eq!(told(0), ("d", d));
        assert_eq!(told(1), ("e", vec![(30, Some("East"))]));
        assert_eq!(told(2), ("f", vec![(10, None)]));
    }
}
