//! Facts, kept beside the versions that they are reported over.
//!
//! With a store that is a file, facts are Parquet beside it: a file for each kind and day, which
//! any tool of the field reads. With a store in PostgreSQL they are rows of the same database.
//!
//! ```text
//! headcount.db
//! headcount.facts/acme/handle_time/2026-11-24.parquet
//! headcount.facts/acme/evaluation/2026-11-24.parquet
//! ```
//!
//! [`FactStore`] keeps days, whole or not at all, and hands their facts over column by column;
//! [`FactFile`] is one file of facts, of whoever. Columns: `interval_start`, `interval_end`,
//! `user_id`, `media_type`, then the measures of the kind ([`FactKind::measures`]); rows by user,
//! start and media type.
//!
//! [`FactKind::measures`]: headcount_core::fact::FactKind::measures

mod change;
mod copy;
mod database;
mod day;
mod encode;
mod error;
mod file;
mod folder;
mod merge;
mod schema;
mod seen;

use std::path::Path;

use headcount_core::{
    fact::{Fact, FactKind},
    segment::FactSink,
};
use jiff::{ToSpan, civil::Date};

use self::{database::Database, folder::Folder};
pub use change::{Change, Put};
pub use copy::{CopiedFacts, copy};
pub(crate) use database::sums::SumsError;
pub use day::{Day, KeptDay, Source};
pub use error::FactsError;
pub use file::FactFile;

/// The facts of one org.
#[derive(Clone, Debug)]
pub struct FactStore {
    home: Home,
}

/// Where facts lie.
#[derive(Clone, Debug)]
enum Home {
    /// Files beside the store.
    Folder(Folder),
    /// Tables of the store.
    Database(Database),
}

impl FactStore {
    /// The facts of the store at `url` (see [`crate::open`]). Nothing is read or made yet.
    ///
    /// # Errors
    /// [`FactsError::Unsupported`] for a store of a kind that is not known, and where the URL of a
    /// database makes no sense.
    pub fn open(url: &str, org: &str) -> Result<Self, FactsError> {
        let path = match url.strip_prefix("sqlite:") {
            Some(path) => path.strip_prefix("//").unwrap_or(path),
            None => url,
        };
        let home = match path.split_once("://") {
            None => Home::Folder(Folder::beside(Path::new(path), org)),
            Some(("postgres" | "postgresql", _)) => Home::Database(Database::open(url, org)?),
            Some((scheme, _)) => {
                return Err(FactsError::Unsupported {
                    scheme: scheme.to_owned(),
                });
            }
        };
        Ok(Self { home })
    }

    /// The facts of another org of the same store, over the same connections.
    #[must_use]
    pub fn of(&self, org: &str) -> Self {
        Self {
            home: match &self.home {
                Home::Folder(folder) => Home::Folder(folder.of(org)),
                Home::Database(database) => Home::Database(database.of(org)),
            },
        }
    }

    /// The orgs of the same store that have facts, by name.
    ///
    /// # Errors
    /// [`FactsError::Io`] or [`FactsError::Store`]
    pub fn orgs(&self) -> Result<Vec<String>, FactsError> {
        match &self.home {
            Home::Folder(folder) => folder.orgs(),
            Home::Database(database) => database.orgs(),
        }
    }

    /// Folder of the org, where facts are files; it need not exist before the first ones.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match &self.home {
            Home::Folder(folder) => Some(folder.path()),
            Home::Database(_) => None,
        }
    }

    /// Whether the facts can be added up where they lie ([`crate::Engine::Store`]).
    #[must_use]
    pub fn has_engine(&self) -> bool {
        self.database().is_some()
    }

    /// The database, where facts lie in one.
    pub(crate) fn database(&self) -> Option<&Database> {
        match &self.home {
            Home::Folder(_) => None,
            Home::Database(database) => Some(database),
        }
    }

    /// The days of a kind, by date. The facts themselves are not read.
    ///
    /// # Errors
    /// [`FactsError`] when a file cannot be read, or is not one of ours.
    pub fn list(&self, kind: FactKind) -> Result<Vec<KeptDay>, FactsError> {
        match &self.home {
            Home::Folder(folder) => folder.list(kind),
            Home::Database(database) => database.list(kind),
        }
    }

    /// One day of a kind; `None` where it is not kept. The facts themselves are not read.
    ///
    /// # Errors
    /// As [`FactStore::list`].
    pub fn day(&self, kind: FactKind, date: Date) -> Result<Option<KeptDay>, FactsError> {
        match &self.home {
            Home::Folder(folder) => folder.day(kind, date),
            Home::Database(database) => database.day(kind, date),
        }
    }

    /// The dates of the days of a kind that are kept, in order. No file is read.
    ///
    /// # Errors
    /// [`FactsError::Io`] or [`FactsError::Store`]
    pub fn dates(&self, kind: FactKind) -> Result<Vec<Date>, FactsError> {
        match &self.home {
            Home::Folder(folder) => folder.dates(kind),
            Home::Database(database) => database.dates(kind),
        }
    }

    /// A number that is another one after facts changed. No fact is read.
    ///
    /// # Errors
    /// [`FactsError::Io`] or [`FactsError::Store`]
    pub fn revision(&self) -> Result<u64, FactsError> {
        match &self.home {
            Home::Folder(folder) => folder.revision(),
            Home::Database(database) => database.revision(),
        }
    }

    /// Hands over all facts of a day that [`FactStore::list`] told, with the measures at the places
    /// `wanted` (see [`FactKind::measures`]), and gives how many they were. Users come in the
    /// order of their bytes.
    ///
    /// # Errors
    /// [`FactsError::Damaged`] and others of a file; [`FactsError::Replaced`] where a database
    /// keeps other facts of the day by now. What was handed over by then must be forgotten.
    pub fn scan(
        &self,
        day: &KeptDay,
        wanted: &[usize],
        sink: &mut dyn FactSink,
    ) -> Result<u64, FactsError> {
        match (&self.home, &day.path) {
            (Home::Database(database), _) => database.scan(day, wanted, sink),
            (Home::Folder(_), Some(path)) => {
                FactFile::open(path, Some(day.kind))?.scan(wanted, sink)
            }
            (Home::Folder(_), None) => Err(FactsError::Replaced { date: day.day.date }),
        }
    }

    /// Hands over all facts of a day as it is now, as [`FactStore::scan`] does, and tells which they
    /// were; `None` where the day is not kept.
    ///
    /// # Errors
    /// As [`FactStore::list`] and [`FactStore::scan`].
    pub fn scan_now(
        &self,
        kind: FactKind,
        date: Date,
        wanted: &[usize],
        sink: &mut dyn FactSink,
    ) -> Result<Option<KeptDay>, FactsError> {
        match &self.home {
            Home::Folder(folder) => folder.scan_now(kind, date, wanted, sink),
            Home::Database(database) => database.scan_now(kind, date, wanted, sink),
        }
    }

    /// Hands over all facts of a day one by one, and gives how many they were. Much slower than
    /// [`FactStore::scan`].
    ///
    /// # Errors
    /// As [`FactStore::scan`].
    pub fn each(&self, day: &KeptDay, each: &mut dyn FnMut(Fact)) -> Result<u64, FactsError> {
        let all: Vec<usize> = (0..day.kind.measures().len()).collect();
        self.scan(day, &all, &mut file::Rows::new(each))
    }

    /// The dates from `from` to `to`, both included, that have no facts and do not lie in an
    /// interval of an earlier day.
    ///
    /// # Errors
    /// As [`FactStore::list`].
    pub fn missing(&self, kind: FactKind, from: Date, to: Date) -> Result<Vec<Date>, FactsError> {
        missing(&self.list(kind)?, from, to)
    }

    /// Begins to change facts. Nobody else does until the value is gone, and readers see nothing of
    /// it before [`Change::commit`].
    ///
    /// # Errors
    /// [`FactsError::Locked`] while another process changes facts of the org.
    pub fn change(&self) -> Result<Change, FactsError> {
        Change::begin(self)
    }

    /// Keeps the facts of one day in place of whatever it had.
    ///
    /// # Errors
    /// As [`FactStore::change`] and [`Change::put`]; the day is as it was then.
    pub fn replace(&self, kind: FactKind, day: Day, facts: Vec<Fact>) -> Result<Put, FactsError> {
        let mut change = self.change()?;
        let put = change.put(kind, day, facts)?;
        change.commit()?;
        Ok(put)
    }
}

/// The dates from `from` to `to`, both included, of which there is none among `days` and that do not
/// lie in an interval of an earlier one.
pub(crate) fn missing(days: &[KeptDay], from: Date, to: Date) -> Result<Vec<Date>, FactsError> {
    let mut missing = Vec::new();
    let dates = from.series(1.day()).take_while(|date| *date <= to);
    for date in dates {
        let before = days.partition_point(|day| day.day.date <= date);
        let covered = match days[..before].last() {
            Some(last) if last.day.date == date => true,
            Some(last) => {
                let day = Day {
                    date,
                    ..last.day.clone()
                };
                last.end_ms > day.bounds()?.0
            }
            None => false,
        };
        if !covered {
            missing.push(date);
        }
    }
    Ok(missing)
}
