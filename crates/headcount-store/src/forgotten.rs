//! Users who are forgotten.

use serde::{Deserialize, Serialize};

/// A user whose personal values are erased from everything that the store keeps. What a later sync
/// brings of them is erased before it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forgotten {
    /// Id of the user.
    pub user_id: String,
    /// When it was done, ms UTC.
    pub forgotten_ms: i64,
    /// Versions of the user that were erased.
    pub versions: u64,
}
