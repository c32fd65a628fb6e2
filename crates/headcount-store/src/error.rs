//! What can go wrong with a store, by meaning.

use std::{io, path::PathBuf};

use headcount_core::user::UserError;
use rusqlite::ErrorCode;

/// Why a store did not do what was asked. No message contains anything of a user.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Nothing is there to read.
    #[error("there is no store at {place}")]
    NoStore {
        /// Where it was looked for: a file, or a database without its login.
        place: String,
    },
    /// The file, or the schema of the database, is something else.
    #[error("{place} is not a headcount store")]
    NotAStore {
        /// The file or the database.
        place: String,
    },
    /// The URL of a store says something that cannot be meant.
    #[error("the URL of the store cannot be used: {reason}")]
    BadUrl {
        /// What is wrong with it, without any value of it.
        reason: String,
    },
    /// Made by a newer version of headcount.
    #[error("the store has schema {found}, this version knows schemas up to {known}")]
    NewerSchema {
        /// Schema of the file.
        found: u32,
        /// Newest schema of this program.
        known: u32,
    },
    /// Made by an older version of headcount, and opened to be read only.
    #[error("the store has schema {found}, this version reads schema {known}")]
    OlderSchema {
        /// Schema of the store.
        found: u32,
        /// Schema of this program.
        known: u32,
    },
    /// The database is set up in a way that a store cannot live with.
    #[error("{what}")]
    Unsuitable {
        /// What is wrong.
        what: String,
    },
    /// No backend for such a URL.
    #[error("stores of kind {scheme:?} are not in this version")]
    Unsupported {
        /// What stood before `://`.
        scheme: String,
    },
    /// Another sync of the org is running.
    #[error("another sync of {org} is running{}", by(*pid, host.as_deref()))]
    Locked {
        /// The org.
        org: String,
        /// Machine that holds the lock; `None` when it can only be this one.
        host: Option<String>,
        /// Process that holds the lock, where it could be read.
        pid: Option<u32>,
        /// Since when, ms UTC.
        since_ms: Option<i64>,
    },
    /// The right to sync was lost while the sync ran: the database was started anew, or the
    /// connection to it was cut. Another sync may have begun; this one publishes nothing.
    #[error("the right to sync {org} was lost")]
    LockLost {
        /// The org.
        org: String,
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
    /// A store is copied into an empty one only.
    #[error("the store to copy into is not empty")]
    NotEmpty,
    /// What was copied reads back as something else.
    #[error("the copy is not what was copied")]
    CopyDiffers,
    /// No key could be made for a new store.
    #[error("the operating system gives no random numbers")]
    NoRandomness,
    /// No room left; the last snapshot is untouched.
    #[error("no room is left for the store")]
    Full(#[source] DatabaseError),
    /// Another process is writing, or every connection is in use.
    #[error("the store is busy")]
    Busy(#[source] DatabaseError),
    /// The file, or the database, is damaged.
    #[error("the store is damaged")]
    Corrupt(#[source] DatabaseError),
    /// The file, its directory or the database does not allow writing.
    #[error("the store cannot be written")]
    ReadOnly(#[source] DatabaseError),
    /// The database cannot be reached, or was shut down.
    #[error("the database of the store cannot be reached")]
    Unreachable(#[source] DatabaseError),
    /// The database's certificate is not to be trusted, or it speaks no TLS.
    #[error("the database of the store cannot be spoken to in TLS")]
    Untrusted(#[source] DatabaseError),
    /// The database refuses the login, or the user has too few rights.
    #[error("the database of the store does not allow this")]
    NotAllowed(#[source] DatabaseError),
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
    Database(#[source] DatabaseError),
}

impl StoreError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        Some(match self {
            Self::NoStore { .. } | Self::NoSnapshot { .. } => "run `headcount sync` first",
            Self::NotAStore { .. } => "name another place with --store",
            Self::NewerSchema { .. } => "use the version of headcount that made it, or a newer one",
            Self::OlderSchema { .. } => {
                "run any command that writes, such as `headcount sync`: it brings the store up"
            }
            Self::Unsuitable { .. } => {
                "make one with CREATE DATABASE headcount ENCODING 'UTF8' TEMPLATE template0"
            }
            Self::Unsupported { .. } => "name a store with --store sqlite:PATH or postgres://…",
            Self::BadUrl { .. } => "such as postgres://USER@HOST/DATABASE?sslmode=verify-full",
            Self::Locked { .. } => "wait until it has ended",
            Self::LockLost { .. } => "run the sync again; the last snapshot is untouched",
            Self::BeforeFirst { .. } => "`headcount snapshots` lists the times there are",
            Self::NoSuchUser { .. } => {
                "`headcount history` lists every version; ids are compared letter by letter"
            }
            Self::Full(_) => "make room on the disk; the last snapshot is untouched",
            Self::Busy(_) => "try again in a moment",
            Self::Unreachable(_) => {
                "check that it runs, and host, port and database of --store; then try again"
            }
            Self::Untrusted(_) => {
                "name the authority of its certificate with sslrootcert=FILE in the URL"
            }
            Self::NotAllowed(_) => {
                "check user, password and rights; docs/operations.md lists the rights needed"
            }
            Self::Corrupt(_) | Self::Unreadable { .. } => "restore the store from a backup",
            Self::ReadOnly(_) | Self::CannotOpen { .. } => {
                "check who may read and write the file and its directory"
            }
            Self::NotEmpty => "name a file that is not there yet, or an empty database",
            Self::CopyDiffers => "do not use the copy: drop it, and copy again",
            Self::NotAUser { .. }
            | Self::RunOver
            | Self::IdTaken
            | Self::NoRandomness
            | Self::Database(_) => return None,
        })
    }
}

/// What a database itself says of a failure.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// SQLite.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
}

/// What PostgreSQL, or the connection to it, says of a failure. Details that may hold values, and
/// so something of a user, are not kept.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct PostgresError {
    /// SQLSTATE, where the database itself has spoken.
    pub code: Option<String>,
    /// The message, with the code.
    pub message: String,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error.sqlite_error_code();
        let error = DatabaseError::from(error);
        match code {
            Some(ErrorCode::DiskFull) => Self::Full(error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(error),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::ReadOnly(error),
            _ => Self::Database(error),
        }
    }
}

fn by(pid: Option<u32>, host: Option<&str>) -> String {
    match (pid, host) {
        (Some(pid), Some(host)) => format!(" (process {pid} on {host})"),
        (Some(pid), None) => format!(" (process {pid})"),
        (None, Some(host)) => format!(" (on {host})"),
        (None, None) => String::new(),
    }
}
