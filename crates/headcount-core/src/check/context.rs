//! What the rules look at, put together by the caller.

use std::collections::HashMap;

use super::Lives;
use crate::{
    field::{Column, Projection},
    managers::Managers,
    roster::Roster,
};

/// An org, as far as it is known.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Its users of today, deleted ones included, loaded with [`projection`].
    pub roster: &'a Roster,
    /// Who reports to whom in that roster.
    pub managers: &'a Managers,
    /// What happened to its users; without it the rules about that do not run.
    pub lives: Option<&'a Lives>,
    /// For whom there are facts; without it the rules about that do not run.
    pub facts: Option<&'a FactsSeen>,
    /// Now, ms UTC.
    pub now_ms: i64,
}

/// For whom there are facts, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactsSeen {
    /// Start of the time for which facts were fetched, ms UTC.
    pub from_ms: i64,
    /// End of that time, ms UTC.
    pub through_ms: i64,
    /// Start of the last interval with facts of each user, ms UTC, by user id.
    pub last_ms_by_user: HashMap<String, i64>,
}

/// What has to be loaded of every user. Documents are among it, for the dates of the last login
/// are kept nowhere else.
#[must_use]
pub fn projection() -> Projection {
    [
        Column::Id,
        Column::State,
        Column::Name,
        Column::Email,
        Column::Username,
        Column::Department,
        Column::Title,
        Column::DivisionId,
        Column::DivisionName,
        Column::ManagerId,
    ]
    .into_iter()
    .fold(Projection::none().with_document(), Projection::with)
}
