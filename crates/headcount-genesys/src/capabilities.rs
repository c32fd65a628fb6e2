//! What an org is known to allow: found by `doctor`, used by the walk.

use serde::{Deserialize, Serialize};

/// Whether upstream does a thing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It was seen to work.
    Yes,
    /// It was refused, or was seen to work wrongly.
    No,
    /// Nobody has asked yet, or the question could not be settled.
    #[default]
    Unknown,
}

/// What an org allows; every field may be unknown. Holds nothing personal: it may be shared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// `GREATER_THAN` on `id` picks exactly the ids after the given one.
    pub id_comparison: Answer,
    /// `STARTS_WITH` on `id` picks exactly the ids with that prefix.
    pub id_prefix: Answer,
    /// `GET /users/query` is allowed.
    pub cursor: Answer,
    /// The cursor names the last id that was listed, so the listing goes by key.
    pub cursor_by_id: Answer,
    /// Any page size up to the largest is used as asked.
    pub page_size_honoured: Answer,
    /// Largest page size of the search that was accepted.
    pub largest_page: Option<u32>,
    /// Rows past which paging by number is refused; `None` when no refusal was met.
    pub window: Option<u64>,
}
