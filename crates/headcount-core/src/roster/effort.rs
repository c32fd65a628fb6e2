//! Telling beforehand whether a question will take long, so that a server can answer it elsewhere.

use super::{RosterError, SearchResult, View, evaluate::Step, rows::Set};
use crate::search::{Query, sort::SortKey, value_test::Test};

/// Values looked at one by one that take no longer than a question may hold others up, about a
/// millisecond.
const FEW_LOOKS: u64 = 20_000;

/// Looking for a value in a document takes as long as looking at this many values of a column.
const LOOKS_A_DOCUMENT: u64 = 16;

impl View<'_> {
    /// As [`View::search`], but `None` where that would have to look at many rows one by one: into
    /// their documents, or at values that no index narrows down, as for a `REGEX` or a text of one
    /// letter. It may then take seconds in a large roster, where others take microseconds, and
    /// belongs on a thread that may block.
    ///
    /// # Errors
    /// As [`View::search`].
    pub fn search_at_once(self, query: &Query) -> Result<Option<SearchResult>, RosterError> {
        self.roster().check(query.matcher.projection())?;
        let mut regex = false;
        let root = &query.matcher.root;
        root.each_leaf(&mut |leaf| regex |= matches!(leaf.test, Test::Regex(_)));
        // Even of a dictionary a pattern looks at every value, before rows come into it.
        if regex && u64::from(self.roster().len()) > FEW_LOOKS {
            return Ok(None);
        }
        let step = self.prepare(root);
        if self.looks(&step, query) > FEW_LOOKS {
            return Ok(None);
        }
        self.found(&step, query).map(Some)
    }

    /// How many rows a search looks at one by one, at most.
    fn looks(self, step: &Step<'_, '_>, query: &Query) -> u64 {
        let all = u64::from(self.roster().len());
        let found = step.most(all);
        let ordering = query.sort.keys.iter().map(|key| match key {
            SortKey::Field { field, .. } if field.column().is_some() => 0,
            SortKey::Field { field, .. } if field.is_looked_up() => found,
            SortKey::Field { .. } | SortKey::Score => found * LOOKS_A_DOCUMENT,
        });
        step.looks(all) + ordering.sum::<u64>()
    }
}

impl Step<'_, '_> {
    /// How many values are looked at, at most, when `within` rows are still in question.
    fn looks(&self, within: u64) -> u64 {
        match self {
            Self::Everyone | Self::Scope(_) => 0,
            Self::Leaf(leaf, set) => match set {
                Set::Unknown if leaf.field.projection().document() => within * LOOKS_A_DOCUMENT,
                Set::Unknown => within,
                Set::Perhaps(rows) => rows.len().min(within),
                Set::Sets(_) | Set::Runs(_) | Set::Rows(_) => 0,
            },
            Self::And(steps) => {
                let within = self.most(within);
                steps.iter().map(|step| step.looks(within)).sum()
            }
            Self::Or(steps) => steps.iter().map(|step| step.looks(within)).sum(),
            Self::Not(step) => step.looks(within),
        }
    }
}
