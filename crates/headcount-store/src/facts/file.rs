//! One file of facts, opened: what it says of itself, and its facts column by column.

mod bits;
mod chunk;
mod column;
mod delta;
mod foreign;
mod own;
mod rows;
mod runs;

use std::{
    fs::File,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
};

use headcount_core::{
    fact::{Fact, FactKind},
    segment::FactSink,
};
use parquet::{
    errors::ParquetError,
    file::metadata::{ParquetMetaData, ParquetMetaDataReader},
};

pub(super) use self::rows::Rows;
use super::{FactsError, KeptDay, day};

/// A file of facts.
pub struct FactFile {
    path: PathBuf,
    file: File,
    metadata: ParquetMetaData,
    kind: FactKind,
    form: Form,
}

/// Who wrote a file.
enum Form {
    /// This program.
    Own(Box<Own>),
    /// Anybody else.
    Foreign(Foreign),
}

struct Own {
    day: KeptDay,
    /// Digests of the columns, by row group.
    digests: Vec<Vec<u64>>,
}

struct Foreign {
    columns: foreign::Columns,
    /// Names of the columns that hold nothing known.
    unknown: Vec<String>,
}

impl FactFile {
    /// Opens a file and reads its end. With `kind`, facts of another kind are refused.
    ///
    /// # Errors
    /// [`FactsError::Io`], [`FactsError::Damaged`], or [`FactsError::NotFacts`].
    pub fn open(path: &Path, kind: Option<FactKind>) -> Result<Self, FactsError> {
        let file = File::open(path).map_err(|source| FactsError::Io {
            path: path.to_owned(),
            source,
        })?;
        let metadata = guarded(|| ParquetMetaDataReader::new().parse_and_finish(&file));
        let metadata = metadata.map_err(|source| FactsError::Damaged {
            path: path.to_owned(),
            row_group: None,
            what: "it is no Parquet file, or a part of one",
            source: Some(source),
        })?;
        let not = |what: String| FactsError::NotFacts {
            path: path.to_owned(),
            what,
        };
        let end = metadata.file_metadata();
        let (found, form) = match day::is_ours(end) {
            Ok(true) => {
                let own = own::check(path, &metadata)?;
                (own.day.kind, Form::Own(Box::new(own)))
            }
            Ok(false) => {
                let (found, foreign) = foreign::find(path, &metadata, kind)?;
                (found, Form::Foreign(foreign))
            }
            Err(format) => {
                return Err(not(format!(
                    "a newer version of headcount wrote it (format {format})"
                )));
            }
        };
        if let Some(wanted) = kind.filter(|wanted| *wanted != found) {
            let (found, wanted) = (found.name(), wanted.name());
            return Err(not(format!("it holds facts of kind {found}, not {wanted}")));
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            metadata,
            kind: found,
            form,
        })
    }

    /// What the facts are.
    #[must_use]
    pub fn kind(&self) -> FactKind {
        self.kind
    }

    /// How many facts there are.
    #[must_use]
    pub fn facts(&self) -> u64 {
        self.metadata.file_metadata().num_rows().unsigned_abs()
    }

    /// The day, where the file is one of ours.
    #[must_use]
    pub fn day(&self) -> Option<&KeptDay> {
        match &self.form {
            Form::Own(own) => Some(&own.day),
            Form::Foreign(_) => None,
        }
    }

    /// Names of the columns that are left out because they hold nothing of a fact.
    #[must_use]
    pub fn unknown_columns(&self) -> &[String] {
        match &self.form {
            Form::Own(_) => &[],
            Form::Foreign(foreign) => &foreign.unknown,
        }
    }

    /// Hands over all facts, with the measures at the places `wanted` (see
    /// [`FactKind::measures`]), and gives how many they were.
    ///
    /// # Errors
    /// [`FactsError::Damaged`] with the row group in which the file is; what was handed over by
    /// then must be forgotten.
    pub fn scan(&mut self, wanted: &[usize], sink: &mut dyn FactSink) -> Result<u64, FactsError> {
        let measures = self.kind.measures().len();
        if let Some(place) = wanted.iter().find(|place| **place >= measures) {
            return Err(FactsError::NotFacts {
                path: self.path.clone(),
                what: format!("{} has no measure {place}", self.kind.name()),
            });
        }
        match &self.form {
            Form::Own(own) => own::scan(self, own, wanted, sink),
            Form::Foreign(foreign) => foreign::scan(self, foreign, wanted, sink),
        }
    }

    /// Hands over all facts one by one, and gives how many they were. Much slower than
    /// [`FactFile::scan`].
    ///
    /// # Errors
    /// As [`FactFile::scan`].
    pub fn each(&mut self, each: &mut dyn FnMut(Fact)) -> Result<u64, FactsError> {
        let all: Vec<usize> = (0..self.kind.measures().len()).collect();
        self.scan(&all, &mut Rows::new(each))
    }

    fn damaged(&self, row_group: usize, fault: Fault) -> FactsError {
        let path = self.path.clone();
        let (what, source) = match fault {
            Fault::Io(source) => return FactsError::Io { path, source },
            Fault::Broken(what) => (what, None),
            Fault::Value { row, column, what } => {
                return FactsError::Value {
                    path,
                    row_group,
                    row,
                    column,
                    what,
                };
            }
            Fault::Parquet(error) => ("it is damaged", Some(error)),
        };
        FactsError::Damaged {
            path,
            row_group: Some(row_group),
            what,
            source,
        }
    }
}

/// What is wrong in a row group.
#[derive(Debug)]
enum Fault {
    Io(std::io::Error),
    Broken(&'static str),
    /// A value of a file of someone else's.
    Value {
        row: usize,
        column: String,
        what: &'static str,
    },
    Parquet(ParquetError),
}

impl From<ParquetError> for Fault {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error)
    }
}

/// Calls the reader of Parquet, which panics over some damaged files.
fn guarded<T>(read: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    // What was being read is dropped with the error, so nobody sees it half done.
    panic::catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(ParquetError::General("it contradicts itself".to_owned())))
}
