//! Facts, kept as Parquet beside the store: a file for each kind and day, which any tool of the
//! field reads.
//!
//! ```text
//! headcount.db
//! headcount.facts/acme/handle_time/2026-11-24.parquet
//! headcount.facts/acme/evaluation/2026-11-24.parquet
//! ```
//!
//! [`FactStore`] keeps days, whole or not at all; [`FactFile`] hands over the facts of one file,
//! column by column. Columns: `interval_start`, `interval_end`, `user_id`, `media_type`, then the
//! measures of the kind ([`FactKind::measures`]); rows by user, start and media type.
//!
//! [`FactKind::measures`]: headcount_core::fact::FactKind::measures

mod change;
mod day;
mod encode;
mod error;
mod file;
mod merge;
mod schema;
mod seen;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use headcount_core::fact::{Fact, FactKind};
use jiff::{ToSpan, civil::Date};

pub use change::{Change, Put};
pub use day::{Day, DayFile, Source};
pub use error::FactsError;
pub use file::FactFile;

/// The facts of one org.
#[derive(Clone, Debug)]
pub struct FactStore {
    /// Folder of the org; it need not exist before the first facts.
    folder: PathBuf,
}

impl FactStore {
    /// The facts beside the store at `url` (see [`crate::open`]). Nothing is read or made yet.
    ///
    /// # Errors
    /// [`FactsError::Unsupported`] for a store that is no file.
    pub fn beside(url: &str, org: &str) -> Result<Self, FactsError> {
        let path = match url.strip_prefix("sqlite:") {
            Some(path) => path.strip_prefix("//").unwrap_or(path),
            None => url,
        };
        if let Some((scheme, _)) = path.split_once("://") {
            return Err(FactsError::Unsupported {
                scheme: scheme.to_owned(),
            });
        }
        let folder = Path::new(path).with_extension("facts");
        Ok(Self {
            folder: folder.join(crate::lock::file_safe(org)),
        })
    }

    /// Folder of the org.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The days of a kind, by date. Only the ends of the files are read.
    ///
    /// # Errors
    /// [`FactsError`] when a file cannot be read, or is not one of ours.
    pub fn list(&self, kind: FactKind) -> Result<Vec<DayFile>, FactsError> {
        let mut days = Vec::new();
        for (date, path) in self.files(kind)? {
            days.push(day_in(kind, date, path)?);
        }
        days.sort_by_key(|day| day.day.date);
        Ok(days)
    }

    /// One day of a kind; `None` where it is not kept. Only the end of its file is read.
    ///
    /// # Errors
    /// As [`FactStore::list`].
    pub fn day(&self, kind: FactKind, date: Date) -> Result<Option<DayFile>, FactsError> {
        let path = self
            .folder
            .join(kind.name())
            .join(format!("{date}.parquet"));
        match day_in(kind, date, path) {
            Ok(day) => Ok(Some(day)),
            Err(FactsError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The dates of the days of a kind that are kept, in order. No file is read.
    ///
    /// # Errors
    /// [`FactsError::Io`]
    pub fn dates(&self, kind: FactKind) -> Result<Vec<Date>, FactsError> {
        let files = self.files(kind)?;
        let mut dates: Vec<Date> = files.into_iter().map(|(date, _)| date).collect();
        dates.sort_unstable();
        Ok(dates)
    }

    /// The files of a kind, in any order.
    fn files(&self, kind: FactKind) -> Result<Vec<(Date, PathBuf)>, FactsError> {
        let folder = self.folder.join(kind.name());
        let cannot = |source| FactsError::Io {
            path: folder.clone(),
            source,
        };
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(cannot(error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(cannot)?.path();
            files.extend(date_of(&path).map(|date| (date, path)));
        }
        Ok(files)
    }

    /// The dates from `from` to `to`, both included, that have no file and do not lie in an
    /// interval of an earlier day.
    ///
    /// # Errors
    /// As [`FactStore::list`].
    pub fn missing(&self, kind: FactKind, from: Date, to: Date) -> Result<Vec<Date>, FactsError> {
        let days = self.list(kind)?;
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

    /// Begins to change facts. Nobody else does until the value is gone, and readers see nothing of
    /// it before [`Change::commit`].
    ///
    /// # Errors
    /// [`FactsError::Locked`] while another process changes facts of the org.
    pub fn change(&self) -> Result<Change, FactsError> {
        Change::begin(&self.folder)
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

fn day_in(kind: FactKind, date: Date, path: PathBuf) -> Result<DayFile, FactsError> {
    let file = FactFile::open(&path, Some(kind))?;
    let day = file.day().filter(|day| day.day.date == date);
    day.cloned().ok_or_else(|| FactsError::NotFacts {
        path,
        what: "it was not written for this day by this program".to_owned(),
    })
}

/// The date that a file is named after; `None` for other files, such as unfinished ones.
fn date_of(path: &Path) -> Option<Date> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(".parquet")?.parse().ok()
}
