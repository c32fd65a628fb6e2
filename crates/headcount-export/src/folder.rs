//! The folder of an export: who may write it, and how new files take the place of old ones.
//!
//! New files are written under a hidden name, get a name that follows from their content, then the
//! manifest is replaced, then what it no longer names is removed. Whoever dies in between leaves
//! the manifest before, and all files that it names.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::{
    ExportError, Format,
    error::at,
    manifest::{FORMAT, FileTold, Manifest},
    schema::Table,
    write::Written,
};

const LOCK: &str = ".headcount-export.lock";
const MANIFEST: &str = "manifest.json";
/// A file on its way.
const UNFINISHED: &str = ".unfinished.tmp";
/// What else of ours may lie in a folder without an export.
const BESIDE: [&str; 2] = [LOCK, crate::pbids::NAME];

/// The right to write a folder, as long as the value lives.
pub(crate) struct Folder {
    path: PathBuf,
    /// The export that lies in it.
    pub(crate) before: Option<Manifest>,
    lock: File,
}

/// A file that is complete and not in its place yet.
pub(crate) struct Staged {
    file: PathBuf,
    pub(crate) told: FileTold,
}

impl Drop for Folder {
    /// Freed by name: a program that another thread is starting has a copy of the file for a moment.
    fn drop(&mut self) {
        // A lock that cannot be freed goes with the process.
        let _ = self.lock.unlock();
    }
}

impl Folder {
    /// Takes the folder, which is made where it is missing, and clears what a killed export left.
    pub(crate) fn take(path: &Path, org: &str, format: Format) -> Result<Self, ExportError> {
        fs::create_dir_all(path).map_err(at(path))?;
        let manifest = path.join(MANIFEST);
        if !manifest.exists() && !path.join(LOCK).exists() {
            for entry in fs::read_dir(path).map_err(at(path))? {
                let name = entry.map_err(at(path))?.file_name();
                if !BESIDE.iter().any(|known| name == *known) {
                    return Err(ExportError::NotAnExport {
                        folder: path.to_owned(),
                        found: name.to_string_lossy().into_owned(),
                    });
                }
            }
        }
        let folder = Self {
            lock: lock(path)?,
            before: read(path, &manifest, org, format)?,
            path: path.to_owned(),
        };
        folder.sweep(folder.before.as_ref())?;
        Ok(folder)
    }

    /// Where a new file of a table is written; those of facts by day.
    pub(crate) fn unfinished(
        &self,
        table: Table,
        day: Option<&str>,
    ) -> Result<PathBuf, ExportError> {
        let folder = self.path.join(relative(table, day));
        fs::create_dir_all(&folder).map_err(at(&folder))?;
        Ok(folder.join(UNFINISHED))
    }

    /// Names a file that was written there.
    pub(crate) fn stage(
        &self,
        table: Table,
        day: Option<&str>,
        written: &Written,
        format: Format,
    ) -> Staged {
        let name = match day {
            Some(_) => "part",
            None => table.name(),
        };
        let name = format!("{name}-{:016x}.{}", written.digest >> 64, format.name());
        let folder = relative(table, day);
        Staged {
            file: self.path.join(&folder).join(UNFINISHED),
            told: FileTold {
                path: format!("{folder}/{name}"),
                rows: written.rows,
                bytes: written.bytes,
                xxh3: format!("{:032x}", written.digest),
                day: day.map(str::to_owned),
                state: None,
                strangers: None,
            },
        }
    }

    /// Whether a file of the manifest is there, as long as it was.
    pub(crate) fn has(&self, file: &FileTold) -> bool {
        fs::metadata(self.path.join(&file.path)).is_ok_and(|found| found.len() == file.bytes)
    }

    /// Puts files into their places, then the manifest, then removes what it does not name. Gives
    /// how many files were removed.
    pub(crate) fn commit(
        &mut self,
        staged: &[Staged],
        manifest: Manifest,
    ) -> Result<usize, ExportError> {
        let mut folders = BTreeSet::new();
        for Staged { file, told } in staged {
            let place = self.path.join(&told.path);
            fs::rename(file, &place).map_err(at(&place))?;
            folders.extend(place.parent().map(Path::to_owned));
        }
        for folder in folders {
            sync(&folder)?;
            // A day is an entry of the table's folder.
            folder.parent().map_or(Ok(()), sync)?;
        }
        let mut text = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| ExportError::Write(error.into()))?;
        text.push(b'\n');
        replace(&self.path.join(MANIFEST), &text)?;
        let removed = self.sweep(Some(&manifest))?;
        self.before = Some(manifest);
        Ok(removed)
    }

    /// Writes a query, where it is not there already.
    pub(crate) fn query(&self, name: &str, text: &str) -> Result<(), ExportError> {
        let path = self.path.join(name);
        if fs::read(&path).is_ok_and(|found| found == text.as_bytes()) {
            return Ok(());
        }
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(at(folder))?;
        }
        replace(&path, text.as_bytes())
    }

    /// Removes files of ours that a manifest does not name, and folders of days that are empty.
    fn sweep(&self, manifest: Option<&Manifest>) -> Result<usize, ExportError> {
        let named: BTreeSet<PathBuf> = manifest
            .into_iter()
            .flat_map(Manifest::paths)
            .map(|path| self.path.join(path))
            .collect();
        let mut removed = 0;
        for table in Table::ALL {
            let folder = self.path.join(table.name());
            for entry in entries(&folder)? {
                let is_day = entry
                    .file_name()
                    .is_some_and(|name| name.to_string_lossy().starts_with("day="));
                if !(is_day && entry.is_dir()) {
                    removed += remove(&entry, &named)?;
                    continue;
                }
                for file in entries(&entry)? {
                    removed += remove(&file, &named)?;
                }
                // One that holds something else stays.
                let _ = fs::remove_dir(&entry);
            }
        }
        Ok(removed)
    }
}

/// The folder of a table or of a day, from that of the export.
fn relative(table: Table, day: Option<&str>) -> String {
    match day {
        Some(day) => format!("{}/day={day}", table.name()),
        None => table.name().to_owned(),
    }
}

fn lock(folder: &Path) -> Result<File, ExportError> {
    let path = folder.join(LOCK);
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.open(&path).map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ExportError::Locked {
            folder: folder.to_owned(),
        }),
        Err(TryLockError::Error(source)) => Err(ExportError::Io { path, source }),
    }
}

/// The manifest of a folder, which must be that of the same org and form.
fn read(
    folder: &Path,
    path: &Path,
    org: &str,
    format: Format,
) -> Result<Option<Manifest>, ExportError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(at(path)(source)),
    };
    let manifest: Manifest =
        serde_json::from_slice(&text).map_err(|_| ExportError::NotAnExport {
            folder: folder.to_owned(),
            found: MANIFEST.to_owned(),
        })?;
    let other = |found: String, wanted: String| ExportError::OtherExport {
        folder: folder.to_owned(),
        found,
        wanted,
    };
    if manifest.format > FORMAT {
        let found = format!("format {}", manifest.format);
        return Err(other(found, format!("format {FORMAT}")));
    }
    if manifest.org != org {
        return Err(other(manifest.org, org.to_owned()));
    }
    if manifest.files != format.name() {
        return Err(other(manifest.files, format.name().to_owned()));
    }
    Ok((manifest.format == FORMAT).then_some(manifest))
}

/// What lies in a folder; nothing where there is none.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, ExportError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at(folder)(error)),
    };
    entries
        .map(|entry| Ok(entry.map_err(at(folder))?.path()))
        .collect()
}

/// Removes a file of ours that is not named.
fn remove(path: &Path, named: &BTreeSet<PathBuf>) -> Result<usize, ExportError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if named.contains(path) || !(name == UNFINISHED || is_ours(&name)) {
        return Ok(0);
    }
    fs::remove_file(path).map_err(at(path))?;
    Ok(1)
}

/// Whether a name is one that [`Folder::stage`] gives.
fn is_ours(name: &str) -> bool {
    let Some((stem, extension)) = name.split_once('.') else {
        return false;
    };
    let Some((table, digest)) = stem.rsplit_once('-') else {
        return false;
    };
    let known = table == "part" || Table::ALL.iter().any(|known| known.name() == table);
    let digits = digest.len() == 16 && digest.bytes().all(|digit| digit.is_ascii_hexdigit());
    known && digits && Format::ALL.iter().any(|format| format.name() == extension)
}

/// Writes a file in place of another one: whoever opens it reads the old one or the new one.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), ExportError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let unfinished = path.with_file_name(format!(".{name}.tmp"));
    let write = || {
        let mut file = File::create(&unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    write().map_err(at(path))?;
    path.parent().map_or(Ok(()), sync)
}

/// Makes names last through a power cut.
fn sync(folder: &Path) -> Result<(), ExportError> {
    if cfg!(unix) {
        let file = File::open(folder).map_err(at(folder))?;
        file.sync_all().map_err(at(folder))?;
    }
    Ok(())
}
