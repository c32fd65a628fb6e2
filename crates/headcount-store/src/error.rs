//! What can go wrong with a store, by meaning.

use std::{io, path::PathBuf};

use headcount_core::user::UserError;
use rusqlite::ErrorCode;

/// Why a store did not do what was asked. No message contains anything of a user.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Nothing is there to read.
    #[error("there is no store at {path}")]
    NoStore {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("{path} is not a headcount store")]
    NotAStore {
        /// The file.
        path: PathBuf,
    },
    /// Made by a newer version of headcount.
    #[error("the store has schema {found}, this version knows schemas up to {known}")]
    NewerSchema {
        /// Schema of the file.
        found: u32,
        /// Newest schema of this program.
        known: u32,
    },
    /// No backend for such a URL.
    #[error("stores of kind {scheme:?} are not in this version")]
    Unsupported {
        /// What stood before `://`.
        scheme: String,
    },
    /// Another sync of the org is running.
    #[error("another sync of {org} is running{}", by(*pid))]
    Locked {
        /// The org.
        org: String,
        /// Process that holds the lock, where it could be read.
        pid: Option<u32>,
        /// Since when, ms UTC.
        since_ms: Option<i64>,
    },
    /// The org was never synced.
    #[error("there is no snapshot of {org} yet")]
    NoSnapshot {
        /// The org.
        org: String,
    },
    /// Asked for a time before the first snapshot.
    #[error("the first snapshot is younger than that")]
    BeforeFirst {
        /// When the first snapshot was published, ms UTC.
        first: i64,
    },
    /// A document is not a user; nothing of its page was staged.
    #[error("document {position} of the page is not a user")]
    NotAUser {
        /// Place in the page, counted from 1.
        position: usize,
        /// What is wrong with it.
        source: UserError,
    },
    /// The run was dropped by another one meanwhile.
    #[error("this run is over: another one was started")]
    RunOver,
    /// Another client or token has the id, in this org or another.
    #[error("the id of the client or token is taken")]
    IdTaken,
    /// The org never had such a user.
    #[error("no user {id:?} was ever in {org}")]
    NoSuchUser {
        /// The id as given.
        id: String,
        /// The org.
        org: String,
    },
    /// No key could be made for a new store.
    #[error("the operating system gives no random numbers")]
    NoRandomness,
    /// No room left; the last snapshot is untouched.
    #[error("no room is left for the store")]
    Full(#[source] rusqlite::Error),
    /// Another process is writing.
    #[error("the store is busy")]
    Busy(#[source] rusqlite::Error),
    /// The file is damaged.
    #[error("the store is damaged")]
    Corrupt(#[source] rusqlite::Error),
    /// The file or its directory does not allow writing.
    #[error("the store cannot be written")]
    ReadOnly(#[source] rusqlite::Error),
    /// The file cannot be opened.
    #[error("cannot open {path}")]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A stored value makes no sense.
    #[error("the store contains {what} that cannot be read")]
    Unreadable {
        /// Which kind of value.
        what: &'static str,
    },
    /// Anything else that the database says.
    #[error("the database failed")]
    Database(#[source] rusqlite::Error),
}

impl StoreError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        Some(match self {
            Self::NoStore { .. } | Self::NoSnapshot { .. } => "run `headcount sync` first",
            Self::NotAStore { .. } => "name another file with --store",
            Self::NewerSchema { .. } => "use the version of headcount that made it, or a newer one",
            Self::Unsupported { .. } => "name a SQLite file with --store sqlite:PATH",
            Self::Locked { .. } => "wait until it has ended",
            Self::BeforeFirst { .. } => "`headcount snapshots` lists the times there are",
            Self::NoSuchUser { .. } => {
                "`headcount history` lists every version; ids are compared letter by letter"
            }
            Self::Full(_) => "make room on the disk; the last snapshot is untouched",
            Self::Busy(_) => "try again when the other process has ended",
            Self::Corrupt(_) | Self::Unreadable { .. } => "restore the file from a backup",
            Self::ReadOnly(_) | Self::CannotOpen { .. } => {
                "check who may read and write the file and its directory"
            }
            Self::NotAUser { .. }
            | Self::RunOver
            | Self::IdTaken
            | Self::NoRandomness
            | Self::Database(_) => return None,
        })
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(error),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly(error),
            _ => Self::Database(error),
        }
    }
}

fn by(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" (process {pid})"))
}
