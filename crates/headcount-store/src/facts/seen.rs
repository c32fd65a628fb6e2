//! For whom there are facts, as the rules of `headcount check` ask.

use std::collections::HashMap;

use headcount_core::{
    check::FactsSeen,
    fact::FactKind,
    segment::{Block, FactSink},
};

use super::{DayFile, FactFile, FactStore, FactsError};

/// Days that are looked at, the last ones that are kept: rules speak of weeks, not of years.
const DAYS: usize = 62;

impl FactStore {
    /// For whom there are facts of any kind in the last two months of what is kept; `None` where
    /// nothing is.
    ///
    /// # Errors
    /// [`FactsError`] when a file cannot be read.
    pub fn seen(&self) -> Result<Option<FactsSeen>, FactsError> {
        let mut seen: Option<FactsSeen> = None;
        for kind in FactKind::ALL {
            let days = self.list(kind)?;
            let last = &days[days.len().saturating_sub(DAYS)..];
            // From the last to the first: most users are known after one day, and stay as they are.
            for day in last.iter().rev() {
                let seen = seen.get_or_insert_with(|| FactsSeen {
                    from_ms: day.start_ms,
                    through_ms: day.end_ms,
                    last_ms_by_user: HashMap::new(),
                });
                seen.from_ms = seen.from_ms.min(day.start_ms);
                seen.through_ms = seen.through_ms.max(day.end_ms);
                look(day, &mut seen.last_ms_by_user)?;
            }
        }
        Ok(seen)
    }
}

fn look(day: &DayFile, last: &mut HashMap<String, i64>) -> Result<(), FactsError> {
    let mut users = Users {
        last,
        start_ms: day.start_ms,
    };
    FactFile::open(&day.path, Some(day.kind))?.scan(&[], &mut users)?;
    Ok(())
}

/// Takes the users of a file; to the day is close enough for its facts.
struct Users<'a> {
    last: &'a mut HashMap<String, i64>,
    start_ms: i64,
}

impl FactSink for Users<'_> {
    fn users(&mut self, users: &[&str]) {
        for user in users {
            match self.last.get_mut(*user) {
                Some(known) => *known = self.start_ms.max(*known),
                None => {
                    self.last.insert((*user).to_owned(), self.start_ms);
                }
            }
        }
    }

    fn media(&mut self, _: &[&str]) {}

    fn block(&mut self, _: &Block<'_>) {}
}
