//! Files on their way: written beside the old ones, and moved into their places at the end.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use headcount_core::fact::{Fact, FactKind};
use jiff::civil::Date;

use super::Folder;
use crate::{
    StoreError,
    facts::{FactsError, KeptDay, encode},
    lock::FileLock,
};

/// Finished files under their unfinished names, and the right to change the folder.
pub(in crate::facts) struct StagedFiles {
    folder: Folder,
    files: BTreeMap<(FactKind, Date), PathBuf>,
    _lock: FileLock,
}

impl StagedFiles {
    /// Takes the right to change, and clears what a killed process left.
    pub(in crate::facts) fn begin(folder: &Folder) -> Result<Self, FactsError> {
        let path = folder.path();
        fs::create_dir_all(path).map_err(at(path))?;
        let lock = FileLock::take(&path.join("facts"), "write").map_err(|error| match error {
            StoreError::Locked { pid, .. } => FactsError::Locked { pid },
            StoreError::CannotOpen { path, source } => FactsError::Io { path, source },
            other => FactsError::Io {
                path: path.to_owned(),
                source: io::Error::other(other),
            },
        })?;
        for kind in FactKind::ALL {
            clear(&path.join(kind.name()))?;
        }
        Ok(Self {
            folder: folder.clone(),
            files: BTreeMap::new(),
            _lock: lock,
        })
    }

    /// Writes the file of a day.
    pub(in crate::facts) fn write(
        &mut self,
        day: &KeptDay,
        facts: &[Fact],
        rows_per_group: usize,
    ) -> Result<(), FactsError> {
        let folder = self.folder.path().join(day.kind.name());
        let file = folder.join(format!(".{}.parquet.tmp", day.day.date));
        let bytes = encode::encode(day, facts, rows_per_group);
        let bytes = bytes.map_err(|error| FactsError::Io {
            path: file.clone(),
            source: io::Error::other(error),
        })?;
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        write(&file, &bytes)?;
        self.files.insert((day.kind, day.day.date), file);
        Ok(())
    }

    /// Drops what was written for a day.
    pub(in crate::facts) fn forget(
        &mut self,
        kind: FactKind,
        date: Date,
    ) -> Result<(), FactsError> {
        match self.files.remove(&(kind, date)) {
            Some(file) => fs::remove_file(&file).map_err(at(&file)),
            None => Ok(()),
        }
    }

    /// Moves all files into their places.
    pub(in crate::facts) fn commit(mut self) -> Result<(), FactsError> {
        let mut folders: Vec<PathBuf> = Vec::new();
        for ((kind, date), file) in std::mem::take(&mut self.files) {
            let path = self.folder.file(kind, date);
            fs::rename(&file, &path).map_err(at(&path))?;
            folders.extend(path.parent().map(Path::to_owned));
        }
        folders.dedup();
        folders.iter().try_for_each(|folder| sync_folder(folder))
    }
}

impl Drop for StagedFiles {
    fn drop(&mut self) {
        for file in self.files.values() {
            // The next change clears what stays.
            let _ = fs::remove_file(file);
        }
    }
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
