//! What happened to the users of an org, boiled down to what rules ask for.

use std::sync::OnceLock;

use super::digest::{ByDigest, id_digest};
use crate::{
    field::{Column, Projection},
    history::VersionRef,
};

/// Milliseconds in a day.
pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// Milliseconds in an hour.
pub(super) const HOUR_MS: i64 = 60 * 60 * 1000;
/// How far back changes are counted, in days.
pub(super) const CHANGES_DAYS: i64 = 30;
/// How far back short lives are told, in days: what lies longer ago nobody mends any more.
pub(super) const SHORT_DAYS: i64 = 90;

/// The lives of an org's users. A life begins when a user is seen in a state other than `deleted`,
/// for the first time or again, and ends when the user is deleted or gone.
///
/// Feed it every version, ordered by user and time. It keeps three numbers of a user, and more only
/// of those with a short life.
#[derive(Debug)]
pub struct Lives {
    now_ms: i64,
    /// Start of the first snapshot. Of its users nobody knows how long they had been there.
    first_ms: i64,
    known: Vec<Known>,
    last: Last,
    short: Vec<ShortLife>,
    /// Places in `known`, by digest of the id.
    by_id: OnceLock<ByDigest<u32>>,
}

#[derive(Clone, Copy, Debug)]
struct Known {
    id: u64,
    joined_ms: i64,
    changes: u32,
}

/// The version pushed last.
#[derive(Debug, Default)]
struct Last {
    id: String,
    name: Option<String>,
    valid_to: Option<i64>,
    /// Start of the life that it belongs to.
    since_ms: Option<i64>,
}

/// A life of less than a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ShortLife {
    pub(super) user_id: String,
    pub(super) name: Option<String>,
    pub(super) joined_ms: i64,
    pub(super) left_ms: i64,
}

impl Lives {
    /// Nothing seen yet. `now_ms` (UTC) is what "in the last 30 days" counts back from.
    #[must_use]
    pub fn new(now_ms: i64) -> Self {
        Self {
            now_ms,
            first_ms: i64::MAX,
            known: Vec::new(),
            last: Last::default(),
            short: Vec::new(),
            by_id: OnceLock::new(),
        }
    }

    /// The attributes that versions must come with.
    #[must_use]
    pub fn projection() -> Projection {
        let id = Projection::none().with(Column::Id);
        id.with(Column::State).with(Column::Name)
    }

    /// Takes the next version.
    pub fn push(&mut self, version: VersionRef<'_>) {
        let (user, from) = (version.user, version.valid_from);
        self.first_ms = self.first_ms.min(from);
        let same = !self.known.is_empty() && self.last.id == *user.id;
        let goes_on = same && self.last.valid_to == Some(from);
        let alive = !user.state.eq_ignore_ascii_case("deleted");
        if !(goes_on && alive) {
            self.short.extend(self.ended());
            self.last.since_ms = None;
        }
        if !same {
            self.known.push(Known {
                id: id_digest(&user.id),
                joined_ms: from,
                changes: 0,
            });
            self.last.id.clear();
            self.last.id.push_str(&user.id);
            self.by_id = OnceLock::new();
        } else if goes_on
            && from > self.now_ms.saturating_sub(CHANGES_DAYS * DAY_MS)
            && let Some(known) = self.known.last_mut()
        {
            known.changes += 1;
        }
        if alive {
            self.last.since_ms.get_or_insert(from);
        }
        self.last.name = user.name.as_deref().map(str::to_owned);
        self.last.valid_to = version.valid_to;
    }

    /// The life of the version pushed last, if it was a short one that ends with it.
    fn ended(&self) -> Option<ShortLife> {
        let (joined_ms, left_ms) = (self.last.since_ms?, self.last.valid_to?);
        let short = left_ms.saturating_sub(joined_ms) < DAY_MS;
        let recent = left_ms > self.now_ms.saturating_sub(SHORT_DAYS * DAY_MS);
        (short && recent).then(|| ShortLife {
            user_id: self.last.id.clone(),
            name: self.last.name.clone(),
            joined_ms,
            left_ms,
        })
    }

    /// Every recent life of less than a day whose beginning was seen, by user and time.
    pub(super) fn short(&self) -> impl Iterator<Item = ShortLife> {
        let all = self.short.iter().cloned().chain(self.ended());
        all.filter(|life| life.joined_ms > self.first_ms)
    }

    /// Whether any snapshot held this user.
    pub(super) fn knows(&self, digest: u64) -> bool {
        self.known(digest).is_some()
    }

    /// When a user was seen first, ms UTC; `None` where that was the first snapshot, or never.
    pub(super) fn joined_ms(&self, digest: u64) -> Option<i64> {
        let known = self.known(digest)?;
        (known.joined_ms > self.first_ms).then_some(known.joined_ms)
    }

    /// How often a user changed in the last 30 days.
    pub(super) fn changes(&self, digest: u64) -> u32 {
        self.known(digest).map_or(0, |known| known.changes)
    }

    fn known(&self, digest: u64) -> Option<&Known> {
        let by_id = self.by_id.get_or_init(|| {
            let places = (0_u32..).zip(&self.known);
            places.map(|(place, known)| (known.id, place)).collect()
        });
        Some(&self.known[*by_id.get(&digest)? as usize])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::Attributes;

    const HOUR: i64 = 60 * 60 * 1000;

    fn lives(versions: &[(&str, &str, i64, Option<i64>)]) -> Lives {
        let mut lives = Lives::new(100 * DAY_MS);
        for &(id, state, valid_from, valid_to) in versions {
            let user = Attributes {
                id: id.into(),
                state: state.into(),
                ..Attributes::default()
            };
            lives.push(VersionRef {
                user: &user,
                document: None,
                valid_from,
                valid_to,
            });
        }
        lives
    }

    #[test]
    fn a_touching_version_is_a_change_and_a_gap_is_a_new_life() {
        let at = |days: i64| days * DAY_MS;
        let lives = lives(&[
            ("a", "active", 0, Some(at(69))),
            ("a", "active", at(69), Some(at(80))),
            ("a", "active", at(80), Some(at(90))),
            ("a", "active", at(95), None),
            ("b", "active", at(99), None),
        ]);
        // The change on day 69 is too long ago, the return on day 95 is none.
        assert_eq!(lives.changes(id_digest("A")), 1);
        assert_eq!(lives.joined_ms(id_digest("a")), None);
        assert_eq!(lives.joined_ms(id_digest("b")), Some(at(99)));
        assert!(lives.knows(id_digest("a")) && !lives.knows(id_digest("c")));
        assert_eq!(lives.short().count(), 0);
    }

    #[test]
    fn a_life_ends_by_deletion_or_by_vanishing() {
        let (day, later) = (95 * DAY_MS, 95 * DAY_MS + HOUR);
        let short = |versions: &[_]| -> Vec<String> {
            let first = ("0", "active", 0, None);
            let all: Vec<_> = [first].iter().chain(versions).copied().collect();
            lives(&all).short().map(|life| life.user_id).collect()
        };
        assert_eq!(
            short(&[
                ("deleted", "active", day, Some(later)),
                ("deleted", "deleted", later, None),
                ("moved", "active", day, Some(later)),
                ("moved", "inactive", later, None),
                ("old", "active", 5 * DAY_MS, Some(5 * DAY_MS + HOUR)),
                ("slow", "active", day, Some(day + DAY_MS)),
                ("never", "deleted", day, Some(later)),
                ("vanished", "active", day, Some(later)),
            ]),
            ["deleted", "vanished"]
        );
        // In the first snapshot: nobody knows since when.
        assert!(short(&[("early", "active", 0, Some(HOUR))]).is_empty());
    }
}
