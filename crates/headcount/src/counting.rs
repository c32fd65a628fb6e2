//! Counting users by attributes.

use headcount_core::{
    aggregate::{self, CountRow, GroupBy},
    field::Projection,
    roster::RosterBuilder,
};
use headcount_store::{Snapshot, StoreError};

use crate::{columns, error::Failure, reading::Reading, selection::Conditions};

/// What users are counted by, and what it is called in the answer.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// Name in the answer.
    pub(crate) label: String,
    by: GroupBy,
}

/// Users by the values of some attributes.
#[derive(Debug)]
pub(crate) struct Counts {
    /// Values and users, most users first.
    pub(crate) rows: Vec<CountRow>,
    /// Sum of all rows.
    pub(crate) total: u64,
    /// Snapshot that was counted.
    pub(crate) snapshot: Snapshot,
}

/// The attributes of these names.
pub(crate) fn groups<N: AsRef<str>>(names: &[N]) -> Result<Vec<Group>, Failure> {
    let one = |name: &str| {
        let by = GroupBy::parse(name).map_err(|error| columns::unknown(&error))?;
        let label = match by {
            GroupBy::Field(field) => field.label(name),
            GroupBy::Division | GroupBy::Manager => name.to_lowercase(),
        };
        Ok(Group { label, by })
    };
    names.iter().map(|name| one(name.as_ref().trim())).collect()
}

/// Counts the users that `conditions` pick, reading only what both ask about.
pub(crate) fn count(
    reading: &Reading,
    groups: &[Group],
    conditions: &Conditions,
) -> anyhow::Result<Counts> {
    let by: Vec<GroupBy> = groups.iter().map(|group| group.by).collect();
    let grouped = by
        .iter()
        .fold(Projection::none(), |all, by| all.union(by.projection()));
    let want = grouped.union(conditions.projection());
    let mut roster = RosterBuilder::new(want);
    let snapshot = reading.users(want, |user, document| {
        roster.push(user, document);
        Ok::<_, StoreError>(())
    })?;
    let roster = roster.finish();
    let view = roster.view(None);
    let picked = view.matching(conditions.matcher())?;
    let rows = aggregate::count_by(&view, &picked, &by)?;
    Ok(Counts {
        total: rows.iter().map(|row| row.count).sum(),
        rows,
        snapshot,
    })
}
