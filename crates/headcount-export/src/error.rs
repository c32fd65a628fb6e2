//! What can go wrong with an export, by meaning.

use std::{io, path::PathBuf};

use headcount_core::roster::RosterError;
use headcount_store::{StoreError, facts::FactsError};

/// Why nothing was exported; the folder holds the export before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The versions cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The facts cannot be read.
    #[error(transparent)]
    Facts(#[from] FactsError),
    /// The versions cannot be told.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// Another export into the folder is running.
    #[error("another export into {folder} is running")]
    Locked {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds what no export wrote.
    #[error("{folder} holds something else: {found}")]
    NotAnExport {
        /// The folder.
        folder: PathBuf,
        /// What lies in it.
        found: String,
    },
    /// The folder holds the export of another org, in another form, or of a newer version.
    #[error("{folder} holds an export of {found}, not of {wanted}")]
    OtherExport {
        /// The folder.
        folder: PathBuf,
        /// What it is of.
        found: String,
        /// What was asked for.
        wanted: String,
    },
    /// A table cannot be written.
    #[error("a file of the export cannot be written")]
    Write(#[source] io::Error),
    /// A file or folder cannot be read or written.
    #[error("cannot write {path}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Syncs published snapshots while the export began.
    #[error("a sync published a snapshot while this one was read")]
    Busy,
    /// Nobody knows the time zone.
    #[error("the time zone {0:?} is unknown")]
    UnknownTimeZone(String),
}

impl ExportError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Store(error) => error.hint(),
            Self::Facts(error) => error.hint(),
            Self::Locked { .. } => Some("wait until it has ended"),
            Self::NotAnExport { .. } => Some("name an empty folder, or a new one, with --to"),
            Self::OtherExport { .. } => Some("name another folder with --to"),
            Self::Write(_) | Self::Io { .. } => {
                Some("check the room on the disk, and who may write the folder")
            }
            Self::UnknownTimeZone(_) => Some("time zones are named as in Europe/Berlin"),
            Self::Busy => Some("export again"),
            Self::Roster(_) => None,
        }
    }
}

/// An error of a file or folder.
pub(crate) fn at(path: &std::path::Path) -> impl Fn(io::Error) -> ExportError + '_ {
    |source| ExportError::Io {
        path: path.to_owned(),
        source,
    }
}
