//! Changing facts: days are written beside the old ones and take their places at the end.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use headcount_core::fact::{Fact, FactKind};

use super::{Day, DayFile, FactStore, FactsError, encode, merge};
use crate::{StoreError, lock::FileLock};

/// What became of a day that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It had no facts before.
    New,
    /// It has other facts than before.
    Replaced,
    /// It had these facts already; its file stays as it is.
    Same,
}

/// Days on their way into the store. What is not committed leaves nothing.
///
/// Each day becomes visible whole. A process that dies while it commits several days leaves some of
/// them new and the others as they were.
pub struct Change {
    store: FactStore,
    staged: Vec<Staged>,
    given: Vec<(Put, DayFile)>,
    /// Days as they were when the change began: nobody else changes them.
    kept: BTreeMap<FactKind, Vec<DayFile>>,
    _lock: FileLock,
}

struct Staged {
    /// The finished file under its unfinished name.
    file: PathBuf,
    day: DayFile,
}

impl Change {
    /// Takes the right to change, and clears what a killed process left.
    pub(super) fn begin(folder: &Path) -> Result<Self, FactsError> {
        fs::create_dir_all(folder).map_err(at(folder))?;
        let lock = FileLock::take(&folder.join("facts"), "write").map_err(|error| match error {
            StoreError::Locked { pid, .. } => FactsError::Locked { pid },
            StoreError::CannotOpen { path, source } => FactsError::Io { path, source },
            other => FactsError::Io {
                path: folder.to_owned(),
                source: io::Error::other(other),
            },
        })?;
        for kind in FactKind::ALL {
            clear(&folder.join(kind.name()))?;
        }
        Ok(Self {
            store: FactStore {
                folder: folder.to_owned(),
            },
            staged: Vec::new(),
            given: Vec::new(),
            kept: BTreeMap::new(),
            _lock: lock,
        })
    }

    /// Gives a day its facts, all that it has. Facts of one key are added up. No facts are facts
    /// too: the day is kept, and is empty.
    ///
    /// # Errors
    /// [`FactsError::NotAFact`] when one makes no sense or starts on another day;
    /// [`FactsError::Overflow`], [`FactsError::Overlap`], [`FactsError::OtherTimeZone`]; and when
    /// the file cannot be written. The other days of the change stay as they were given.
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
        let folder = self.store.folder.join(kind.name());
        let name = format!("{}.parquet", day.date);
        let (path, file) = (folder.join(&name), folder.join(format!(".{name}.tmp")));
        let last = facts.iter().map(|fact| fact.end_ms).max();
        let day = DayFile {
            kind,
            path,
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
        self.forget(&day)?;
        if put != Put::Same {
            let bytes = encode::encode(&day, &facts, rows_per_group.max(1));
            let bytes = bytes.map_err(|error| FactsError::Io {
                path: file.clone(),
                source: io::Error::other(error),
            })?;
            fs::create_dir_all(&folder).map_err(at(&folder))?;
            write(&file, &bytes)?;
            let day = day.clone();
            self.staged.push(Staged { file, day });
        }
        self.given.push((put, day));
        Ok(put)
    }

    /// Checks the day against all others and gives the one whose place it takes.
    fn fits(&mut self, new: &DayFile) -> Result<Option<DayFile>, FactsError> {
        let kept = match self.kept.entry(new.kind) {
            Entry::Occupied(kept) => kept.into_mut(),
            Entry::Vacant(place) => place.insert(self.store.list(new.kind)?),
        };
        let staged = self.staged.iter().map(|staged| &staged.day);
        let staged = staged.filter(|day| day.kind == new.kind);
        let renewed = |day: &&DayFile| !staged.clone().any(|staged| staged.path == day.path);
        let others = kept.iter().filter(renewed).chain(staged.clone());
        for other in others.filter(|other| other.path != new.path) {
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
        Ok(kept.iter().find(|kept| kept.path == new.path).cloned())
    }

    /// Drops what the day was given before.
    fn forget(&mut self, day: &DayFile) -> Result<(), FactsError> {
        self.given.retain(|(_, given)| given.path != day.path);
        let before = self.staged.iter().position(|s| s.day.path == day.path);
        if let Some(before) = before {
            let before = self.staged.swap_remove(before);
            fs::remove_file(&before.file).map_err(at(&before.file))?;
        }
        Ok(())
    }

    /// Puts all days that were given in their places, and gives how many files changed.
    ///
    /// # Errors
    /// [`FactsError::Io`] when a file cannot be moved.
    pub fn commit(mut self) -> Result<usize, FactsError> {
        let staged = std::mem::take(&mut self.staged);
        for Staged { file, day } in &staged {
            fs::rename(file, &day.path).map_err(at(&day.path))?;
        }
        let mut folders: Vec<&Path> = staged.iter().filter_map(|s| s.day.path.parent()).collect();
        folders.dedup();
        for folder in folders {
            sync_folder(folder)?;
        }
        Ok(staged.len())
    }

    /// The days that were given, and what becomes of each.
    #[must_use]
    pub fn given(&self) -> &[(Put, DayFile)] {
        &self.given
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        for staged in &self.staged {
            // The next change clears what stays.
            let _ = fs::remove_file(&staged.file);
        }
    }
}

/// Whether two days hold the same: where the facts came from, and when, does not matter.
fn same(a: &DayFile, b: &DayFile) -> bool {
    let meaning = |day: &DayFile| {
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

/// Removes unfinished files.
fn clear(folder: &Path) -> Result<(), FactsError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(at(folder)(error)),
    };
    for entry in entries {
        let path = entry.map_err(at(folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') && name.ends_with(".parquet.tmp") {
            fs::remove_file(&path).map_err(at(&path))?;
        }
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), FactsError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(at(path))?;
    file.write_all(bytes).map_err(at(path))?;
    file.sync_all().map_err(at(path))
}

/// Makes the new names last through a power cut.
fn sync_folder(folder: &Path) -> Result<(), FactsError> {
    if cfg!(unix) {
        let file = File::open(folder).map_err(at(folder))?;
        file.sync_all().map_err(at(folder))?;
    }
    Ok(())
}

fn at(path: &Path) -> impl Fn(io::Error) -> FactsError + '_ {
    |source| FactsError::Io {
        path: path.to_owned(),
        source,
    }
}
