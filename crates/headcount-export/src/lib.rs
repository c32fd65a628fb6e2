//! Write rosters and facts as files for other tools: a star schema as Parquet, CSV or NDJSON.
//!
//! [`export`] brings a folder up to date with a store. What did not change is not written again,
//! and whoever goes by the manifest sees one export whole, whatever happens meanwhile.

mod error;
mod export;
mod folder;
mod keys;
mod manifest;
mod pbids;
mod queries;
mod schema;
mod star;
mod tables;
mod values;
mod write;

pub use error::ExportError;
pub use export::{Exported, Request, TableDone, export};
pub use pbids::pbids;

/// Form of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Parquet, compressed with zstd.
    Parquet,
    /// Comma-separated values with a header line, safe to open in a spreadsheet.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

impl Format {
    /// Every form.
    pub const ALL: [Self; 3] = [Self::Parquet, Self::Csv, Self::Ndjson];

    /// `parquet`, `csv` or `ndjson`: the extension of the files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
        }
    }
}
