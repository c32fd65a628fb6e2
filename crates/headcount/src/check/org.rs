//! What is kept of an org, as rules ask about it.

use headcount_core::{
    check::{self, FactsSeen, Lives},
    managers::Managers,
    roster::{Roster, RosterBuilder},
};
use headcount_store::{Snapshot, Store, facts::FactStore};

use crate::reading;

/// An org: its users of today, who reports to whom, what happened to them.
#[derive(Debug)]
pub(crate) struct Org {
    pub(crate) roster: Roster,
    pub(crate) managers: Managers,
    pub(crate) lives: Lives,
    pub(crate) facts: Option<FactsSeen>,
    pub(crate) snapshot: Snapshot,
}

impl Org {
    /// Reads all of it. `now_ms` is UTC.
    pub(crate) fn load(
        store: &dyn Store,
        org: &str,
        facts: &FactStore,
        now_ms: i64,
    ) -> anyhow::Result<Self> {
        let want = check::projection();
        let mut roster = RosterBuilder::new(want);
        let snapshot = store.read(org, None, &want, &mut |user, document| {
            roster.push(user, document);
        })?;
        let mut lives = Lives::new(now_ms);
        let last = store.versions(org, &Lives::projection(), &mut |version| {
            lives.push(version)
        })?;
        reading::same(Some(&snapshot), &last)?;
        let roster = roster.finish();
        Ok(Self {
            managers: Managers::of(&roster)?,
            roster,
            lives,
            facts: facts.seen()?,
            snapshot,
        })
    }
}
