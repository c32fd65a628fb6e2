//! Every version of every user, made to be asked which one held when.

use std::{cmp::Ordering, collections::HashMap, sync::OnceLock};

use roaring::RoaringBitmap;

use crate::{
    field::{Column, Projection},
    history::VersionRef,
    roster::{Roster, RosterBuilder, RosterError},
};

/// Every version of every user of an org. A *row* is a version; users are numbered in the order of
/// their ids.
#[derive(Debug)]
pub struct People {
    versions: Roster,
    valid_from: Vec<i64>,
    /// The first row of each user, and behind them the number of rows.
    first: Vec<u32>,
    /// The user of each row.
    user: Vec<u32>,
    /// Ids of all users, one behind the other, and where each begins.
    ids: String,
    starts: Vec<usize>,
    /// Until when names are known, ms UTC.
    until_ms: i64,
    /// The version of each user then.
    in_force: RoaringBitmap,
    /// By lower-case id, for ids that are written in another case.
    folded: OnceLock<HashMap<String, u32>>,
}

/// Collects versions into [`People`].
#[derive(Debug)]
pub struct PeopleBuilder {
    versions: RosterBuilder,
    valid_from: Vec<i64>,
    first: Vec<u32>,
    user: Vec<u32>,
    ids: String,
    starts: Vec<usize>,
}

impl PeopleBuilder {
    /// People of whom `projection` is kept; the rest of every version is dropped.
    #[must_use]
    pub fn new(projection: Projection) -> Self {
        Self {
            versions: RosterBuilder::new(projection.with(Column::Id)),
            valid_from: Vec::new(),
            first: Vec::new(),
            user: Vec::new(),
            ids: String::new(),
            starts: Vec::new(),
        }
    }

    /// Adds a version. They come ordered by user and time, as a store hands them over.
    pub fn push(&mut self, version: VersionRef<'_>) {
        let row = u32::try_from(self.user.len()).unwrap_or(u32::MAX);
        let last = self.starts.last().map(|&start| &self.ids[start..]);
        if last != Some(&*version.user.id) {
            self.starts.push(self.ids.len());
            self.ids.push_str(&version.user.id);
            self.first.push(row);
        }
        self.user
            .push(u32::try_from(self.first.len() - 1).unwrap_or(u32::MAX));
        self.versions.push(version.user, version.document);
        self.valid_from.push(version.valid_from);
    }

    /// Everybody added. Names are those known at `until_ms` (UTC), or at the first snapshot if that
    /// is later.
    #[must_use]
    pub fn finish(mut self, until_ms: i64) -> People {
        self.first
            .push(u32::try_from(self.user.len()).unwrap_or(u32::MAX));
        self.starts.push(self.ids.len());
        let mut people = People {
            versions: self.versions.finish(),
            valid_from: self.valid_from,
            first: self.first,
            user: self.user,
            ids: self.ids,
            starts: self.starts,
            until_ms,
            in_force: RoaringBitmap::new(),
            folded: OnceLock::new(),
        };
        people.until_ms = until_ms.max(people.first_snapshot());
        people.in_force = (0..people.users())
            .filter_map(|user| people.in_force_of(user))
            .collect();
        if let Ok(codes) = people.versions.codes(Column::ManagerId) {
            let managers = (0..codes.len()).map(|code| {
                let id = codes.text(u32::try_from(code).unwrap_or(u32::MAX))?;
                people.in_force_of(people.find(id)?)
            });
            let managers = managers.collect();
            people.versions = people.versions.with_managers(managers);
        }
        people
    }
}

impl People {
    /// Number of users.
    #[must_use]
    pub fn users(&self) -> u32 {
        u32::try_from(self.first.len() - 1).unwrap_or(u32::MAX)
    }

    /// Number of versions.
    #[must_use]
    pub fn versions(&self) -> u32 {
        u32::try_from(self.user.len()).unwrap_or(u32::MAX)
    }

    /// The versions as a roster.
    pub(super) fn roster(&self) -> &Roster {
        &self.versions
    }

    /// The id of a user.
    #[must_use]
    pub fn id(&self, user: u32) -> &str {
        &self.ids[self.starts[user as usize]..self.starts[user as usize + 1]]
    }

    /// What a version has in a column that was read; `None` for nothing, or a blank text.
    #[must_use]
    pub fn value(&self, row: u32, column: Column) -> Option<&str> {
        self.versions.value(row, column)
    }

    /// The distinct texts of a column that was read, by code; that of code 0 is none. A column in
    /// which hardly a text comes twice has one for each version.
    ///
    /// # Errors
    /// [`RosterError`] where it was not read.
    pub fn texts(&self, column: Column) -> Result<impl Iterator<Item = Option<&str>>, RosterError> {
        let codes = self.versions.codes(column)?;
        let all = 0..u32::try_from(codes.len()).unwrap_or(u32::MAX);
        Ok(all.map(move |code| codes.text(code)))
    }

    /// The code that each version has in a column that was read.
    ///
    /// # Errors
    /// [`RosterError`] where it was not read.
    pub fn codes(&self, column: Column) -> Result<Vec<u32>, RosterError> {
        let codes = self.versions.codes(column)?;
        let rows = 0..self.versions();
        Ok(rows.map(|row| codes.of(row)).collect())
    }

    /// The user of a version.
    #[must_use]
    pub fn user_of(&self, row: u32) -> u32 {
        self.user[row as usize]
    }

    /// The name of a user, as far as names are known.
    pub(super) fn name(&self, user: u32) -> Option<&str> {
        let row = self.at(user, self.until_ms);
        self.versions.value(row, Column::Name)
    }

    /// The versions that lend others a name: one of each user who was known by then.
    pub(super) fn in_force(&self) -> &RoaringBitmap {
        &self.in_force
    }

    /// Whether a version had begun by then.
    pub(super) fn is_known(&self, row: u32) -> bool {
        self.valid_from(row) <= self.until_ms
    }

    /// The version that lends others the name of a user, if the user was known by then.
    pub(super) fn in_force_of(&self, user: u32) -> Option<u32> {
        (self.first_seen(user) <= self.until_ms).then(|| self.at(user, self.until_ms))
    }

    /// The rows of a user, the oldest first.
    #[must_use]
    pub fn rows(&self, user: u32) -> std::ops::Range<u32> {
        self.first[user as usize]..self.first[user as usize + 1]
    }

    /// When the first version of a user began, ms UTC.
    #[must_use]
    pub fn first_seen(&self, user: u32) -> i64 {
        self.valid_from[self.first[user as usize] as usize]
    }

    /// When a version began, ms UTC.
    #[must_use]
    pub fn valid_from(&self, row: u32) -> i64 {
        self.valid_from[row as usize]
    }

    /// When the first version of anybody began: the first snapshot. The end of time without any.
    #[must_use]
    pub fn first_snapshot(&self) -> i64 {
        self.valid_from.iter().copied().min().unwrap_or(i64::MAX)
    }

    /// The version that a fact of a moment belongs to: the last one that began by then, or the
    /// first of all.
    #[inline]
    #[must_use]
    pub fn at(&self, user: u32, ms: i64) -> u32 {
        let rows = self.rows(user);
        let mut row = rows.start;
        while row + 1 < rows.end && self.valid_from[row as usize + 1] <= ms {
            row += 1;
        }
        row
    }

    /// Whether a version of a user gave way to the next after `start` and before `end`.
    #[must_use]
    pub fn changed_between(&self, user: u32, start: i64, end: i64) -> bool {
        let rows = self.rows(user);
        (rows.start + 1..rows.end).any(|row| {
            let moment = self.valid_from[row as usize];
            start < moment && moment < end
        })
    }

    /// The user of an id: the exact id, or else the same id in another case.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<u32> {
        self.find_from(id, 0)
    }

    /// The same, where the user is likely to be `near` or just behind it: a dictionary in order is
    /// found by walking beside it.
    pub(super) fn find_from(&self, id: &str, near: u32) -> Option<u32> {
        let users = self.users();
        let (mut low, mut step) = (near.min(users), 1);
        let mut high = low;
        while high < users {
            match self.id(high).cmp(id) {
                Ordering::Equal => return Some(high),
                Ordering::Less => {
                    low = high + 1;
                    high = high.saturating_add(step).min(users);
                    step *= 2;
                }
                Ordering::Greater => break,
            }
        }
        if low == near && low == high {
            // The one at hand is behind it already, or there is none: it may be anywhere before.
            low = 0;
        }
        while low < high {
            let middle = low + (high - low) / 2;
            match self.id(middle).cmp(id) {
                Ordering::Equal => return Some(middle),
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        self.folded().get(&id.to_lowercase()).copied()
    }

    fn folded(&self) -> &HashMap<String, u32> {
        self.folded.get_or_init(|| {
            // Of ids that differ in case alone, the first counts.
            let users = (0..self.users()).rev();
            users
                .map(|user| (self.id(user).to_lowercase(), user))
                .collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::Attributes;

    fn people(versions: &[(&str, i64, Option<i64>)]) -> People {
        let mut builder = PeopleBuilder::new(Projection::none());
        for (id, valid_from, valid_to) in versions {
            builder.push(VersionRef {
                user: &Attributes {
                    id: (*id).into(),
                    ..Attributes::default()
                },
                document: None,
                valid_from: *valid_from,
                valid_to: *valid_to,
            });
        }
        builder.finish(i64::MAX)
    }

    #[test]
    fn a_fact_belongs_to_the_version_that_began_last() {
        let people = people(&[("a", 10, Some(20)), ("a", 30, None), ("b", 15, None)]);
        let at = |ms| people.at(0, ms);
        assert_eq!((at(5), at(10), at(29), at(30)), (0, 0, 0, 1));
        assert!(people.changed_between(0, 15, 31) && !people.changed_between(0, 15, 30));
        assert!(
            !people.changed_between(0, 5, 15),
            "the first version is no change"
        );
        assert_eq!((people.first_snapshot(), people.first_seen(1)), (10, 15));
    }

    #[test]
    fn users_are_found_from_anywhere() {
        let ids: Vec<String> = (0..50).map(|n| format!("u{:03}", 2 * n)).collect();
        let versions: Vec<_> = ids.iter().map(|id| (id.as_str(), 1, None)).collect();
        let people = people(&versions);
        for near in 0..=50 {
            for n in 0..100 {
                let found = people.find_from(&format!("u{n:03}"), near);
                assert_eq!(found, (n % 2 == 0).then_some(n / 2), "{n} from {near}");
            }
            assert_eq!(people.find_from("U010", near), Some(5));
            assert_eq!(people.find_from("", near), None);
        }
    }
}
