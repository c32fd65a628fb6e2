//! One file of facts, opened: what it says of itself, and its facts column by column.

mod bits;
mod chunk;
mod column;
mod delta;
mod own;
mod runs;

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use headcount_core::{fact::FactKind, segment::FactSink};
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader};

use super::{DayFile, FactsError, day};

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
    Own(Own),
}

struct Own {
    day: DayFile,
    /// Digests of the columns, by row group.
    digests: Vec<Vec<u64>>,
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
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file);
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
        let form = match day::is_ours(end) {
            Ok(true) => Form::Own(own::check(path, &metadata)?),
            Ok(false) => return Err(not("it was not written by headcount".to_owned())),
            Err(format) => {
                return Err(not(format!(
                    "a newer version of headcount wrote it (format {format})"
                )));
            }
        };
        let Form::Own(own) = &form;
        let found = own.day.kind;
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
    pub fn day(&self) -> Option<&DayFile> {
        let Form::Own(own) = &self.form;
        Some(&own.day)
    }

    /// Hands over all facts, with the measures at the places `wanted` (see
    /// [`FactKind::measures`]), and gives how many they were.
    ///
    /// # Errors
    /// [`FactsError::Damaged`] with the row group in which the file is; what was handed over by
    /// then must be forgotten.
    pub fn scan(&mut self, wanted: &[usize], sink: &mut dyn FactSink) -> Result<u64, FactsError> {
        let Form::Own(own) = &self.form;
        own::scan(self, own, wanted, sink)
    }

    fn damaged(&self, row_group: usize, fault: Fault) -> FactsError {
        let path = self.path.clone();
        let (what, source) = match fault {
            Fault::Io(source) => return FactsError::Io { path, source },
            Fault::Broken(what) => (what, None),
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
    Parquet(parquet::errors::ParquetError),
}

impl From<parquet::errors::ParquetError> for Fault {
    fn from(error: parquet::errors::ParquetError) -> Self {
        Self::Parquet(error)
    }
}
