//! What a published run did, and when one is held back.

use serde::{Deserialize, Serialize};

/// One complete fetch of an org, as published. Times are ms since 1970 UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Number of the snapshot, unique in the store, rising with time.
    pub id: i64,
    /// When it was published.
    pub published_ms: i64,
    /// When its run began: nothing in it is older.
    pub started_ms: i64,
    /// Users of the org.
    pub users: u64,
    /// The same users by state.
    pub states: StateCounts,
    /// Users seen for the first time.
    pub joined: u64,
    /// Users of whom a lasting attribute changed.
    pub changed: u64,
    /// Users of whom only volatile parts changed.
    pub touched: u64,
    /// Users gone since the snapshot before.
    pub left: u64,
    /// Users who had left before and are back.
    pub returned: u64,
}

/// Users by state; the four add up to all users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateCounts {
    /// State `active`.
    pub active: u64,
    /// State `inactive`.
    pub inactive: u64,
    /// State `deleted`.
    pub deleted: u64,
    /// Any other state, or none.
    pub other: u64,
}

impl StateCounts {
    /// All users.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.active + self.inactive + self.deleted + self.other
    }

    pub(crate) fn of(&mut self, state: &str) -> &mut u64 {
        match state {
            "active" => &mut self.active,
            "inactive" => &mut self.inactive,
            "deleted" => &mut self.deleted,
            _ => &mut self.other,
        }
    }
}

/// What a run changes. `users = previous_users + joined + returned - left`, and
/// `users = joined + returned + changed + touched + unchanged`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The snapshot that was published; `None` for a preview and while held back.
    pub snapshot: Option<i64>,
    /// When it was published, ms UTC; `None` as above.
    pub published_ms: Option<i64>,
    /// Users of the run.
    pub users: u64,
    /// The same users by state.
    pub states: StateCounts,
    /// Users of the snapshot before; 0 for the first.
    pub previous_users: u64,
    /// Users seen for the first time.
    pub joined: u64,
    /// Users who had left before and are back.
    pub returned: u64,
    /// Users of whom a lasting attribute changed.
    pub changed: u64,
    /// Users of whom only volatile parts or the formatting changed.
    pub touched: u64,
    /// Users as they were.
    pub unchanged: u64,
    /// Users gone since the snapshot before.
    pub left: u64,
    /// What the breaker says of it.
    pub breaker: Tripped,
}

/// What the breaker counts: users active in the last snapshot, each at most once, in the order
/// left, deleted, deactivated, moved.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tripped {
    /// Whether the run is, or would be, held back.
    pub held: bool,
    /// Active users of the last snapshot.
    pub active_before: u64,
    /// Of those, no longer in the org.
    pub left: u64,
    /// Of those, now `deleted`.
    pub deleted: u64,
    /// Of those, in the org but neither active nor deleted.
    pub deactivated: u64,
    /// Of those, active in another division.
    pub moved: u64,
    /// The same by the division that they were in, largest loss first; divisions without any are
    /// not listed.
    pub divisions: Vec<DivisionLoss>,
}

impl Tripped {
    /// Active users who vanished or moved.
    #[must_use]
    pub fn affected(&self) -> u64 {
        self.left + self.deleted + self.deactivated + self.moved
    }
}

/// What one division lost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DivisionLoss {
    /// Id of the division; `None` for users without one.
    pub id: Option<String>,
    /// Its name in the last snapshot.
    pub name: Option<String>,
    /// No longer in the org.
    pub left: u64,
    /// Now `deleted`.
    pub deleted: u64,
    /// In the org, neither active nor deleted.
    pub deactivated: u64,
    /// Active in another division.
    pub moved: u64,
}

impl DivisionLoss {
    /// All losses of the division.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.left + self.deleted + self.deactivated + self.moved
    }
}

/// The guard that holds back a snapshot in which too much vanished or moved: more than `share` of
/// the active users, and more than `more_than` of them. The first snapshot never trips it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breaker {
    /// Share of the active users, 0 to 1.
    pub share: f64,
    /// Number of users, so that small orgs are not held for everyday changes.
    pub more_than: u64,
}

impl Default for Breaker {
    /// 5 %, and more than 10 users.
    fn default() -> Self {
        Self {
            share: 0.05,
            more_than: 10,
        }
    }
}

impl Breaker {
    /// A breaker that never trips.
    pub const OFF: Self = Self {
        share: f64::INFINITY,
        more_than: u64::MAX,
    };

    /// Whether a loss of `affected` out of `active` users is too much.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        reason = "numbers of users are far below 2^53"
    )]
    pub fn trips(&self, affected: u64, active: u64) -> bool {
        affected > self.more_than && affected as f64 > self.share * active as f64
    }
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is the new snapshot.
    Published(Summary),
    /// The breaker holds it back; [`crate::Store::accept`] publishes it.
    Held(Summary),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bounds_must_be_passed() {
        let breaker = Breaker::default();
        assert!(!breaker.trips(10, 10), "ten users never trip it");
        assert!(breaker.trips(11, 11));
        assert!(!breaker.trips(50, 1000), "5 % is not more than 5 %");
        assert!(breaker.trips(51, 1000));
        assert!(!Breaker::OFF.trips(1000, 1000));
    }
}
