//! What can go wrong with facts that are kept, by meaning.

use std::{io, path::PathBuf};

use jiff::civil::Date;
use parquet::errors::ParquetError;

use crate::StoreError;

/// Why facts were not kept, or not read. No message contains a user.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FactsError {
    /// Facts are kept in files beside the store, or in its database.
    #[error("facts are not kept with stores of kind {scheme:?} in this version")]
    Unsupported {
        /// What stood before `://`.
        scheme: String,
    },
    /// A file or folder cannot be read or written.
    #[error("{} is not usable", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not Parquet, cut short, or damaged.
    #[error("{}{}: {what}", path.display(), place(*row_group))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in the file, counted from 0; `None` where its end, which describes it, is meant.
        row_group: Option<usize>,
        /// What is wrong.
        what: &'static str,
        /// What the reader of Parquet says, where it was the one to see it.
        source: Option<ParquetError>,
    },
    /// Parquet, but not of facts.
    #[error("{}: {what}", path.display())]
    NotFacts {
        /// The file.
        path: PathBuf,
        /// What is missing or of a wrong type.
        what: String,
    },
    /// A value of a file of someone else's is no number of a fact.
    #[error("{}, row group {row_group}, row {row}, column {column}: {what}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Where in the file, counted from 0.
        row_group: usize,
        /// Where in the row group, counted from 0.
        row: usize,
        /// Name of the column.
        column: String,
        /// What is wrong.
        what: &'static str,
    },
    /// The time zone has no rules that are known here.
    #[error("the time zone {name:?} is unknown")]
    UnknownTimeZone {
        /// As it was given.
        name: String,
    },
    /// A fact that makes no sense.
    #[error("fact {position} of {date}: {what}")]
    NotAFact {
        /// Day that it was given for.
        date: Date,
        /// Its place among the facts given, counted from 1.
        position: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Facts of one key add up to more than fits.
    #[error("{measure} of one user and interval of {date} adds up to more than fits")]
    Overflow {
        /// The day.
        date: Date,
        /// Which measure.
        measure: &'static str,
    },
    /// Intervals of one user and media type overlap.
    #[error("intervals of one user and media type overlap on {date}")]
    Twice {
        /// The day.
        date: Date,
    },
    /// Intervals of two days would count the same time twice.
    #[error("the facts of {date} overlap those that are kept as {other}")]
    Overlap {
        /// The day that was given.
        date: Date,
        /// The day that is kept, or was given with it.
        other: Date,
    },
    /// Days of two time zones do not fit together.
    #[error("the facts of {other} are kept in {kept}, those of {date} are in {given}")]
    OtherTimeZone {
        /// The day that was given.
        date: Date,
        /// Its time zone.
        given: String,
        /// A day that is kept.
        other: Date,
        /// Its time zone.
        kept: String,
    },
    /// A database keeps other facts of the day than those that were found, or none.
    #[error("the facts of {date} were replaced meanwhile")]
    Replaced {
        /// The day.
        date: Date,
    },
    /// The database that keeps the facts.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Somebody else is writing facts of this org.
    #[error("facts of this org are being written{}", pid.map_or_else(String::new, |pid| format!(" (process {pid})")))]
    Locked {
        /// Process that does, where it could be read.
        pid: Option<u32>,
    },
}

impl FactsError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        Some(match self {
            Self::Unsupported { .. } => {
                "name a SQLite file with --store sqlite:PATH, or a database with --store postgres://..."
            }
            Self::Store(error) => return error.hint(),
            Self::Replaced { .. } => "ask again",
            Self::Io { .. } => "check who may read and write there, and the room that is left",
            Self::Damaged { .. } => {
                "get the file anew: pull its day again with --again, or import it with --replace"
            }
            Self::NotFacts { .. } | Self::Value { .. } => {
                "`headcount facts import --help` tells the columns"
            }
            Self::UnknownTimeZone { .. } => "use a name such as Asia/Riyadh or UTC",
            Self::Overlap { .. } => {
                "an interval may be counted once: import with the time zone of the intervals, or leave the other day out"
            }
            Self::Twice { .. } => "give each time once: whole days, or their half hours",
            Self::OtherTimeZone { .. } => {
                "use --timezone with the time zone of the days that are kept; to change it for good, move their folder away and pull all of them anew"
            }
            Self::Locked { .. } => "wait until it has ended",
            Self::NotAFact { .. } | Self::Overflow { .. } => return None,
        })
    }
}

fn place(row_group: Option<usize>) -> String {
    row_group.map_or_else(String::new, |group| format!(", row group {group}"))
}
