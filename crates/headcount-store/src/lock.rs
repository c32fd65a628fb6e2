//! One sync of an org at a time, by a lock that the operating system frees when its holder dies.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use crate::StoreError;

/// The right to sync one org, for as long as the value lives.
pub trait SyncLock: Send {}

/// A locked file beside the store. The file stays when the lock goes: removing it would let two
/// processes lock two files of one name.
pub(crate) struct FileLock {
    file: File,
}

impl SyncLock for FileLock {}

impl Drop for FileLock {
    /// Closing the file would do only once every copy of it is closed, and a program that is being
    /// started by another thread has one for a moment.
    fn drop(&mut self) {
        // A lock that cannot be freed goes with the process.
        let _ = self.file.unlock();
    }
}

impl FileLock {
    /// Locks `STORE.ORG.lock`. The file names its holder; its time says since when.
    pub(crate) fn take(store: &Path, org: &str) -> Result<Self, StoreError> {
        let path = lock_path(store, org);
        let cannot = |source| StoreError::CannotOpen {
            path: path.clone(),
            source,
        };
        let mut file = open(&path).map_err(cannot)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(locked(&mut file, org)),
            Err(TryLockError::Error(source)) => return Err(cannot(source)),
        }
        file.set_len(0).map_err(cannot)?;
        file.rewind().map_err(cannot)?;
        writeln!(file, "{}", std::process::id()).map_err(cannot)?;
        Ok(Self { file })
    }
}

fn locked(file: &mut File, org: &str) -> StoreError {
    let mut text = String::new();
    let pid = file
        .take(32)
        .read_to_string(&mut text)
        .ok()
        .and_then(|_| text.trim().parse().ok());
    let since_ms = file
        .metadata()
        .and_then(|metadata| metadata.modified())
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .and_then(|time| i64::try_from(time.as_millis()).ok());
    StoreError::Locked {
        org: org.to_owned(),
        host: None,
        pid,
        since_ms,
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// `STORE.ORG.lock`.
fn lock_path(store: &Path, org: &str) -> PathBuf {
    let mut name = store.as_os_str().to_owned();
    name.push(format!(".{}.lock", file_safe(org)));
    PathBuf::from(name)
}

/// The name of an org, with everything that a file name may not contain, or may not tell apart,
/// written as `%XX`.
pub(crate) fn file_safe(org: &str) -> String {
    let mut name = String::new();
    for byte in org.bytes() {
        if byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_') {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    name
}

/// The org that [`file_safe`] made a name of; nothing where it did not.
pub(crate) fn named_by_file(name: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    let org = String::from_utf8(bytes).ok()?;
    (file_safe(&org) == name).then_some(org)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orgs_never_share_a_file() {
        let path = |org| lock_path(Path::new("a.db"), org);
        assert_eq!(path("org-1"), Path::new("a.db.org-1.lock"));
        assert_eq!(path("A/.."), Path::new("a.db.%41%2F%2E%2E.lock"));
        for org in ["org-1", "A/..", "Ü 100 %", ""] {
            assert_eq!(named_by_file(&file_safe(org)).as_deref(), Some(org));
        }
        for other in ["lost+found", ".x", "%4", "%zz", "%61", "%FF"] {
            assert_eq!(named_by_file(other), None, "{other}");
        }
    }
}
