//! For whom there are facts, which rules about the roster ask.

use std::collections::HashMap;

use headcount_core::{
    check::FactsSeen,
    fact::FactKind,
    segment::{Block, FactSink, Moments, NO_VALUE},
};

use super::{FactStore, FactsError};

/// Files that are looked at, the newest of each kind: what is older tells nothing of who works now.
const FILES: usize = 92;

impl FactStore {
    /// For whom there are facts of either kind in the last 92 days that are kept; `None` where no
    /// day is kept. The time is that of handle time, or of evaluations where there are no others.
    ///
    /// # Errors
    /// [`FactsError`] when a file cannot be read.
    pub fn seen(&self) -> Result<Option<FactsSeen>, FactsError> {
        let mut last = Last::default();
        let mut stretch = None;
        for kind in FactKind::ALL {
            let days = self.list(kind)?;
            let days = &days[days.len().saturating_sub(FILES)..];
            let (Some(first), Some(end)) = (days.first(), days.iter().map(|day| day.end_ms).max())
            else {
                continue;
            };
            stretch.get_or_insert((first.start_ms, end));
            for day in days {
                self.scan(day, &[], &mut last)?;
                last.end_of_file();
            }
        }
        Ok(stretch.map(|(from_ms, through_ms)| FactsSeen {
            from_ms,
            through_ms,
            last_ms_by_user: last.by_user,
        }))
    }
}

/// The start of the last interval with facts of each user.
#[derive(Default)]
struct Last {
    by_user: HashMap<String, i64>,
    /// The dictionary at hand, and the last start of each of its entries.
    users: Vec<String>,
    starts: Vec<i64>,
}

/// No interval yet.
const NEVER: i64 = i64::MIN;

impl Last {
    fn end_of_file(&mut self) {
        let seen = self.users.drain(..).zip(self.starts.drain(..));
        for (user, start) in seen.filter(|(_, start)| *start != NEVER) {
            let last = self.by_user.entry(user).or_insert(start);
            *last = start.max(*last);
        }
    }
}

impl FactSink for Last {
    fn users(&mut self, users: &[&str]) {
        self.end_of_file();
        self.users
            .extend(users.iter().map(|user| (*user).to_owned()));
        self.starts.resize(self.users.len(), NEVER);
    }

    fn media(&mut self, _: &[&str]) {}

    fn block(&mut self, block: &Block<'_>) {
        for (place, &user) in block.users.iter().enumerate() {
            if user != NO_VALUE {
                let last = &mut self.starts[user as usize];
                *last = (*last).max(match block.start_ms {
                    Moments::All(start) => start,
                    Moments::Each(starts) => starts[place],
                });
            }
        }
    }
}
