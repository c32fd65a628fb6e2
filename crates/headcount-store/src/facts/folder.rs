//! Facts as files in a folder beside the store.

mod staged;

use std::{
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
};

use headcount_core::{fact::FactKind, segment::FactSink};
use jiff::civil::Date;

pub(super) use self::staged::StagedFiles;
use super::{FactFile, FactsError, KeptDay};

/// The folder of an org.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    /// That of all orgs.
    all: PathBuf,
    /// It need not exist before the first facts.
    path: PathBuf,
}

impl Folder {
    /// The folder beside a store.
    pub(super) fn beside(store: &Path, org: &str) -> Self {
        let all = store.with_extension("facts");
        Self {
            path: all.join(crate::lock::file_safe(org)),
            all,
        }
    }

    /// That of another org.
    pub(super) fn of(&self, org: &str) -> Self {
        Self {
            path: self.all.join(crate::lock::file_safe(org)),
            all: self.all.clone(),
        }
    }

    /// See [`super::FactStore::orgs`].
    pub(super) fn orgs(&self) -> Result<Vec<String>, FactsError> {
        let cannot = |source| FactsError::Io {
            path: self.all.clone(),
            source,
        };
        let entries = match fs::read_dir(&self.all) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(cannot(error)),
        };
        let mut orgs = Vec::new();
        for entry in entries {
            let entry = entry.map_err(cannot)?;
            if entry.file_type().map_err(cannot)?.is_dir() {
                let name = entry.file_name();
                orgs.extend(name.to_str().and_then(crate::lock::named_by_file));
            }
        }
        orgs.sort_unstable();
        Ok(orgs)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the facts of a day lie.
    pub(super) fn file(&self, kind: FactKind, date: Date) -> PathBuf {
        self.path.join(kind.name()).join(format!("{date}.parquet"))
    }

    /// See [`super::FactStore::list`]. Only the ends of the files are read.
    pub(super) fn list(&self, kind: FactKind) -> Result<Vec<KeptDay>, FactsError> {
        let mut days = Vec::new();
        for (date, path) in self.files(kind)? {
            days.push(open(kind, date, path)?.0);
        }
        days.sort_by_key(|day| day.day.date);
        Ok(days)
    }

    /// See [`super::FactStore::day`]. Only the end of the file is read.
    pub(super) fn day(&self, kind: FactKind, date: Date) -> Result<Option<KeptDay>, FactsError> {
        Ok(self.open(kind, date)?.map(|(day, _)| day))
    }

    /// See [`super::FactStore::scan_now`]. The end and the facts are of one file, whatever takes its
    /// place meanwhile.
    pub(super) fn scan_now(
        &self,
        kind: FactKind,
        date: Date,
        wanted: &[usize],
        sink: &mut dyn FactSink,
    ) -> Result<Option<KeptDay>, FactsError> {
        let Some((day, mut file)) = self.open(kind, date)? else {
            return Ok(None);
        };
        file.scan(wanted, sink)?;
        Ok(Some(day))
    }

    fn open(&self, kind: FactKind, date: Date) -> Result<Option<(KeptDay, FactFile)>, FactsError> {
        match open(kind, date, self.file(kind, date)) {
            Ok(found) => Ok(Some(found)),
            Err(FactsError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// See [`super::FactStore::dates`].
    pub(super) fn dates(&self, kind: FactKind) -> Result<Vec<Date>, FactsError> {
        let files = self.files(kind)?;
        let mut dates: Vec<Date> = files.into_iter().map(|(date, _)| date).collect();
        dates.sort_unstable();
        Ok(dates)
    }

    /// See [`super::FactStore::revision`].
    pub(super) fn revision(&self) -> Result<u64, FactsError> {
        let mut state = DefaultHasher::new();
        for kind in FactKind::ALL {
            let mut files = Vec::new();
            for (date, path) in self.files(kind)? {
                let metadata = path.metadata();
                let metadata = metadata.map_err(|source| FactsError::Io { path, source })?;
                files.push((date, metadata.len(), metadata.modified().ok()));
            }
            files.sort_unstable_by_key(|file| file.0);
            (kind.name(), files).hash(&mut state);
        }
        Ok(state.finish())
    }

    /// The files of a kind, in any order.
    fn files(&self, kind: FactKind) -> Result<Vec<(Date, PathBuf)>, FactsError> {
        let folder = self.path.join(kind.name());
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
}

/// A file with what its end tells, which must be of this day.
fn open(kind: FactKind, date: Date, path: PathBuf) -> Result<(KeptDay, FactFile), FactsError> {
    let file = FactFile::open(&path, Some(kind))?;
    match file.day().filter(|day| day.day.date == date).cloned() {
        Some(day) => Ok((day, file)),
        None => Err(FactsError::NotFacts {
            path,
            what: "it was not written for this day by this program".to_owned(),
        }),
    }
}

/// The date that a file is named after; `None` for other files, such as unfinished ones.
fn date_of(path: &Path) -> Option<Date> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(".parquet")?.parse().ok()
}
