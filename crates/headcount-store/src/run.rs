//! A run: what a sync has met so far.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};

use crate::StoreError;

/// A sync in progress. Dropping it leaves what was staged on disk, for the next run to resume or
/// to drop.
#[derive(Debug)]
pub struct Run {
    pub(crate) org_name: String,
    /// Key of the org in the store.
    pub(crate) org: i64,
    pub(crate) id: i64,
    pub(crate) started_ms: i64,
    /// Tells whoever goes on with the run from whoever had it before; of no use in SQLite, where
    /// only the death of the one gives the lock to the other.
    pub(crate) token: i64,
    pub(crate) resumed: bool,
    pub(crate) parts: BTreeMap<String, String>,
    /// Slots of all users met. Users without a slot yet get one when staged.
    pub(crate) seen: RoaringBitmap,
    /// Those of `seen` that no finished part has persisted.
    pub(crate) fresh: RoaringBitmap,
    /// First slot that was free when the run began: slots below belong to the last snapshot.
    pub(crate) first_new: u32,
    /// Next free slot.
    pub(crate) next_slot: u32,
    /// Users in the last snapshot.
    pub(crate) previous_users: u64,
}

impl Run {
    /// Number of the run.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.id
    }

    /// The org that is synced.
    #[must_use]
    pub fn org(&self) -> &str {
        &self.org_name
    }

    /// When the run began, ms UTC; when it was resumed, the first beginning.
    #[must_use]
    pub fn started_ms(&self) -> i64 {
        self.started_ms
    }

    /// Whether this goes on with a run that was interrupted.
    #[must_use]
    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// Evidence of each finished part.
    #[must_use]
    pub fn finished_parts(&self) -> &BTreeMap<String, String> {
        &self.parts
    }

    /// Distinct users met so far.
    #[must_use]
    pub fn seen(&self) -> u64 {
        self.seen.len()
    }

    /// Users met who are not in the last snapshot.
    pub(crate) fn new_users(&self) -> u64 {
        self.seen.range_cardinality(self.first_new..)
    }

    /// Users of the last snapshot not met.
    pub(crate) fn missing(&self) -> u64 {
        let known = self.seen() - self.new_users();
        self.previous_users.saturating_sub(known)
    }

    pub(crate) fn mark(&mut self, slot: u32) {
        if self.seen.insert(slot) {
            self.fresh.insert(slot);
        }
    }
}

/// What became of the documents of a page. The five add up to the documents given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staged {
    /// Users that the last snapshot does not have.
    pub new: u64,
    /// Users of whom a lasting attribute changed.
    pub changed: u64,
    /// Users of whom only volatile parts or the formatting changed.
    pub touched: u64,
    /// Users as they were.
    pub unchanged: u64,
    /// Documents of users met before in this run.
    pub repeated: u64,
}

/// The bytes of a set of slots, as run lengths where that is shorter.
pub(crate) fn pack(slots: &RoaringBitmap) -> Vec<u8> {
    let mut slots = slots.clone();
    slots.optimize();
    let mut bytes = Vec::with_capacity(slots.serialized_size());
    // Writing to a vector cannot fail; an empty blob would be noticed as unreadable.
    if slots.serialize_into(&mut bytes).is_err() {
        bytes.clear();
    }
    bytes
}

/// The set of slots in `bytes`.
pub(crate) fn unpack(bytes: &[u8]) -> Result<RoaringBitmap, StoreError> {
    RoaringBitmap::deserialize_from(bytes).map_err(|_| StoreError::Unreadable {
        what: "a set of users",
    })
}
