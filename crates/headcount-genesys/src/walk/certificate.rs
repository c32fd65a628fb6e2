//! The evidence that a snapshot is complete. It is stored with the snapshot and can be printed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A way to walk; see [`crate::walk`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// `GREATER_THAN` on `id`, with a witness in each answer.
    Keyset,
    /// Pages by number that overlap, in parts below the window.
    Overlap,
    /// Parts by `id` prefix, each in one answer.
    Atomic,
    /// The cursor listing.
    Cursor,
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Keyset => "keyset",
            Self::Overlap => "overlap",
            Self::Atomic => "atomic",
            Self::Cursor => "cursor",
        })
    }
}

/// What shows that one part of the org was read without a hole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartEvidence {
    /// Name of the part: `all`, an id prefix, or the lane of a keyset walk.
    pub part: String,
    /// Users that upstream counted in it, by its last answer that told.
    pub total: Option<u64>,
    /// Users found in it.
    pub users: u64,
    /// Answers it took.
    pub pages: u64,
    /// Of these, answers asked for again or in between, since the org had moved.
    pub again: u64,
}

/// A way that was tried and left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The way.
    pub way: Way,
    /// Why it was left.
    pub why: String,
}

/// How much upstream's own totals moved during the walk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// Sum of all rises seen between two answers: at least as many users joined.
    pub rises: u64,
    /// Sum of all falls seen between two answers: at least as many users were purged.
    pub falls: u64,
}

/// What the second, independent listing showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Users in the cursor listing.
    pub listed: u64,
    /// Of these, users that the search had not shown; they are in the snapshot too.
    pub only_in_listing: u64,
    /// Users that only the search had shown.
    pub only_in_search: u64,
}

/// The evidence that a snapshot is complete.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Certificate {
    /// Way that proved it.
    pub way: Way,
    /// Different users found.
    pub users: u64,
    /// Users of all states that upstream counted first; `None` where it does not count.
    pub total_before: Option<u64>,
    /// The same, counted again at the end.
    pub total_after: Option<u64>,
    /// How much the org moved meanwhile; all zero for an org that stood still.
    pub movement: Movement,
    /// Walks over the whole org that were needed.
    pub passes: u32,
    /// The parts, largest first; past a hundred the small ones are summed up in `… more`.
    pub parts: Vec<PartEvidence>,
    /// Ways that were tried before and left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
    /// The second listing, when it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verified>,
}

/// Parts listed one by one.
const LISTED_PARTS: usize = 100;

/// Keeps a certificate short: thousands of atomic parts are summed up.
pub(super) fn summed_up(mut parts: Vec<PartEvidence>) -> Vec<PartEvidence> {
    if parts.len() <= LISTED_PARTS {
        return parts;
    }
    parts.sort_by_key(|part| std::cmp::Reverse(part.users));
    let rest = parts.split_off(LISTED_PARTS - 1);
    let mut sum = PartEvidence {
        part: format!("… {} more", rest.len()),
        total: Some(0),
        ..PartEvidence::default()
    };
    for part in rest {
        sum.total = sum.total.zip(part.total).map(|(sum, total)| sum + total);
        sum.users += part.users;
        sum.pages += part.pages;
        sum.again += part.again;
    }
    parts.push(sum);
    parts
}
