//! Reports that were asked for a moment ago, kept with the roster that they are as new as: a view
//! that is shown again, in another order or as a picture reads no fact again.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use headcount_core::{
    fact::FactKind,
    segment::{Attribute, Attribution, Pair, Period},
};
use headcount_store::facts::{FactStore, FactsError, KeptDay};

use super::run::Ran;
use crate::kept::Kept;

/// Reports kept of a roster.
const REPORTS: usize = 16;
/// Rows that all of them may have together: so many for each user, and so many more.
const ROWS_PER_USER: usize = 3;
const ROWS: usize = 20_000;
/// Comparisons and lists of days kept.
const PAIRS: usize = 4;
const DAYS: usize = 2;

/// Everything that a report depends on, but for the roster.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub(crate) kind: FactKind,
    pub(crate) by: Vec<Attribute>,
    pub(crate) conditions: Vec<String>,
    pub(crate) under: Option<String>,
    pub(crate) attribution: Attribution,
    pub(crate) divisions: Option<Vec<String>>,
    pub(crate) period: Period,
    /// Which facts, in which calendar.
    pub(crate) state: u64,
}

/// What is kept of one roster.
#[derive(Debug)]
pub(crate) struct Shelf {
    most_rows: usize,
    /// The last one asked for first.
    reports: Mutex<VecDeque<(Key, Arc<Ran>)>>,
    /// Segments of two reports side by side.
    pub(crate) pairs: Kept<(Key, Key), Vec<Pair>>,
    days: Kept<(FactKind, u64), Vec<KeptDay>>,
}

impl Shelf {
    /// One for a roster of so many users.
    pub(crate) fn new(users: u32) -> Self {
        Self {
            most_rows: (users as usize * ROWS_PER_USER).saturating_add(ROWS),
            reports: Mutex::default(),
            pairs: Kept::new(PAIRS),
            days: Kept::new(DAYS),
        }
    }

    /// The report of a key, where it is kept.
    pub(crate) fn known(&self, key: &Key) -> Option<Arc<Ran>> {
        let mut reports = self.reports();
        let at = reports.iter().position(|(known, _)| known == key)?;
        let found = reports.remove(at)?;
        let report = found.1.clone();
        reports.push_front(found);
        Some(report)
    }

    /// Keeps a report, and lets go of those asked for longest ago that are too many beside it.
    pub(crate) fn keep(&self, key: Key, report: Arc<Ran>) {
        if report.table.rows.len() > self.most_rows {
            return;
        }
        let mut reports = self.reports();
        reports.retain(|(known, _)| *known != key);
        reports.push_front((key, report));
        let mut rows = 0;
        let fits = reports.iter().take(REPORTS).take_while(|(_, report)| {
            rows += report.table.rows.len();
            rows <= self.most_rows
        });
        let fits = fits.count();
        reports.truncate(fits);
    }

    /// The days of facts that are kept, by date. Blocks while they are listed.
    ///
    /// # Errors
    /// [`FactsError`] where facts cannot be read.
    pub(crate) fn days(
        &self,
        facts: Option<&FactStore>,
        kind: FactKind,
    ) -> Result<Arc<Vec<KeptDay>>, FactsError> {
        let Some(facts) = facts else {
            return Ok(Arc::default());
        };
        let revision = facts.revision()?;
        self.days.get((kind, revision), || facts.list(kind))
    }

    fn reports(&self) -> MutexGuard<'_, VecDeque<(Key, Arc<Ran>)>> {
        // What it guards is whole at any time, also when somebody panicked with it.
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use headcount_core::segment::{Reconciliation, Row, Table, Totals};
    use headcount_store::{Snapshot, StateCounts};
    use jiff::civil::date;

    use super::*;

    fn key(state: u64) -> Key {
        let day = date(2026, 11, 1);
        Key {
            kind: FactKind::HandleTime,
            by: Vec::new(),
            conditions: Vec::new(),
            under: None,
            attribution: Attribution::Event,
            divisions: None,
            period: Period { from: day, to: day },
            state,
        }
    }

    fn report(rows: usize) -> Arc<Ran> {
        let row = Row {
            values: Vec::new(),
            totals: Totals::default(),
        };
        let table = Table {
            kind: FactKind::HandleTime,
            rows: vec![row; rows],
            total: Totals::default(),
            facts: Reconciliation {
                all: Totals::default(),
                not_matching: Totals::default(),
                unrostered: Totals::default(),
                before_first: 0,
                straddling: 0,
            },
            overlapping: false,
            cycles: Vec::new(),
        };
        Arc::new(Ran {
            table,
            snapshot: Snapshot {
                id: 1,
                published_ms: 0,
                started_ms: 0,
                users: 0,
                states: StateCounts::default(),
                joined: 0,
                changed: 0,
                touched: 0,
                left: 0,
                returned: 0,
            },
            erased: 0,
        })
    }

    #[test]
    fn the_last_ones_are_kept_as_far_as_they_fit() {
        let shelf = Shelf::new(10);
        let kept = |state| shelf.known(&key(state)).is_some();
        for state in 0..20 {
            shelf.keep(key(state), report(1));
            assert!(kept(0), "asked for all the time");
        }
        assert!(!kept(4) && kept(5) && kept(19));
        shelf.keep(key(30), report(ROWS));
        assert!(kept(30) && kept(19), "{ROWS} and a few");
        shelf.keep(key(31), report(ROWS));
        assert!(kept(31) && kept(19) && !kept(30));
        shelf.keep(key(32), report(ROWS + 31));
        assert!(!kept(32) && kept(31), "more than all may have");
    }
}
