//! What is kept of an org, as rules ask about it.

use headcount_core::{
    check::{self, FactsSeen, Lives},
    managers::Managers,
    roster::{Roster, RosterBuilder},
};
use headcount_store::{Access, Snapshot, Store};

use crate::{config::Config, reading};

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
    pub(crate) fn load(config: &Config, now_ms: i64) -> anyhow::Result<Self> {
        let store = config.open_store(Access::Read)?;
        let (store, org): (&dyn Store, &str) = (&*store, &config.org);
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
            facts: facts(),
            snapshot,
        })
    }
}

/// For whom there are facts. None are kept yet, so the rules about them say that they did not run.
fn facts() -> Option<FactsSeen> {
    None
}
