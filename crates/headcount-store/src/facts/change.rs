//! Changing facts: days are given one by one, and take the places of the old ones at the end.

use std::collections::{BTreeMap, btree_map::Entry};

use headcount_core::fact::{Fact, FactKind};
use jiff::civil::Date;

use super::{
    Day, FactStore, FactsError, Home, KeptDay, database::StagedRows, encode, folder::StagedFiles,
    merge,
};

/// What became of a day that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It had no facts before.
    New,
    /// It has other facts than before.
    Replaced,
    /// It had these facts already; they stay as they are.
    Same,
}

/// Days on their way into the store. What is not committed leaves nothing.
///
/// Each day becomes visible whole. In a database all days do at once; of several files, a process
/// that dies while it commits leaves some new and the others as they were.
pub struct Change {
    store: FactStore,
    staged: Staged,
    /// Days that will be other ones than before.
    changed: BTreeMap<(FactKind, Date), KeptDay>,
    given: Vec<(Put, KeptDay)>,
    /// Days as they were when the change began: nobody else changes them.
    kept: BTreeMap<FactKind, Vec<KeptDay>>,
}

/// Where days wait.
enum Staged {
    Files(StagedFiles),
    Rows(Box<StagedRows>),
}

impl Change {
    /// Takes the right to change.
    pub(super) fn begin(store: &FactStore) -> Result<Self, FactsError> {
        Ok(Self {
            store: store.clone(),
            staged: match &store.home {
                Home::Folder(folder) => Staged::Files(StagedFiles::begin(folder)?),
                Home::Database(database) => Staged::Rows(Box::new(StagedRows::begin(database)?)),
            },
            changed: BTreeMap::new(),
            given: Vec::new(),
            kept: BTreeMap::new(),
        })
    }

    /// Gives a day its facts, all that it has. Facts of one key are added up. No facts are facts
    /// too: the day is kept, and is empty.
    ///
    /// # Errors
    /// [`FactsError::NotAFact`] when one makes no sense or starts on another day;
    /// [`FactsError::Overflow`], [`FactsError::Overlap`], [`FactsError::OtherTimeZone`]; and when
    /// the facts cannot be written. The other days of the change stay as they were given.
    pub fn put(&mut self, kind: FactKind, day: Day, facts: Vec<Fact>) -> Result<Put, FactsError> {
        self.put_in_groups(kind, day, facts, encode::ROWS_PER_GROUP)
    }

    /// [`Change::put`] with row groups of a given number of facts: for tests of files with several.
    ///
    /// # Errors
    /// As [`Change::put`].
    pub fn put_in_groups(
        &mut self,
        kind: FactKind,
        day: Day,
        facts: Vec<Fact>,
        rows_per_group: usize,
    ) -> Result<Put, FactsError> {
        let bounds = day.bounds()?;
        let facts = merge::merge(kind, &day, bounds, facts)?;
        if let Staged::Rows(_) = self.staged {
            StagedRows::check(&day, &facts)?;
        }
        let last = facts.iter().map(|fact| fact.end_ms).max();
        let day = KeptDay {
            kind,
            path: match &self.store.home {
                Home::Folder(folder) => Some(folder.file(kind, day.date)),
                Home::Database(_) => None,
            },
            start_ms: bounds.0,
            end_ms: bounds.1.max(last.unwrap_or(bounds.1)),
            facts: facts.len() as u64,
            totals: merge::totals(&facts),
            content: merge::content(&facts),
            day,
        };
        let before = self.fits(&day)?;
        let put = match before {
            None => Put::New,
            Some(before) if same(&before, &day) => Put::Same,
            Some(_) => Put::Replaced,
        };
        let key = (kind, day.day.date);
        self.given
            .retain(|(_, given)| (given.kind, given.day.date) != key);
        let again = self.changed.remove(&key).is_some();
        match &mut self.staged {
            Staged::Files(files) => {
                files.forget(kind, day.day.date)?;
                if put != Put::Same {
                    files.write(&day, &facts, rows_per_group.max(1))?;
                }
            }
            // The rows that were there before are gone with those that were given first.
            Staged::Rows(rows) if put != Put::Same || again => rows.write(&day, &facts)?,
            Staged::Rows(_) => {}
        }
        if put != Put::Same {
            self.changed.insert(key, day.clone());
        }
        self.given.push((put, day));
        Ok(put)
    }

    /// Checks the day against all others and gives the one whose place it takes.
    fn fits(&mut self, new: &KeptDay) -> Result<Option<KeptDay>, FactsError> {
        let kept = match self.kept.entry(new.kind) {
            Entry::Occupied(kept) => kept.into_mut(),
            Entry::Vacant(place) => place.insert(self.store.list(new.kind)?),
        };
        let changed = self.changed.values().filter(|day| day.kind == new.kind);
        let stays = |day: &&KeptDay| !self.changed.contains_key(&(day.kind, day.day.date));
        let others = kept.iter().filter(stays).chain(changed);
        for other in others.filter(|other| other.day.date != new.day.date) {
            if other.day.time_zone != new.day.time_zone {
                return Err(FactsError::OtherTimeZone {
                    date: new.day.date,
                    given: new.day.time_zone.clone(),
                    other: other.day.date,
                    kept: other.day.time_zone.clone(),
                });
            }
            if other.start_ms < new.end_ms && new.start_ms < other.end_ms {
                return Err(FactsError::Overlap {
                    date: new.day.date,
                    other: other.day.date,
                });
            }
        }
        let mut kept = kept.iter();
        Ok(kept.find(|kept| kept.day.date == new.day.date).cloned())
    }

    /// Puts all days that were given in their places, and gives how many changed.
    ///
    /// # Errors
    /// [`FactsError::Io`] when a file cannot be moved, [`FactsError::Store`] when a database does
    /// not commit.
    pub fn commit(self) -> Result<usize, FactsError> {
        match self.staged {
            Staged::Files(files) => files.commit()?,
            Staged::Rows(rows) => rows.commit(!self.changed.is_empty())?,
        }
        Ok(self.changed.len())
    }

    /// The days that were given, and what becomes of each.
    #[must_use]
    pub fn given(&self) -> &[(Put, KeptDay)] {
        &self.given
    }
}

/// Whether two days hold the same: where the facts came from, and when, does not matter.
fn same(a: &KeptDay, b: &KeptDay) -> bool {
    let meaning = |day: &KeptDay| {
        let Day {
            date,
            time_zone,
            granularity,
            source: _,
        } = &day.day;
        (
            *date,
            time_zone.clone(),
            granularity.clone(),
            day.facts,
            day.content,
        )
    };
    meaning(a) == meaning(b)
}
