//! `manifest.json`: which files make up the export. It is written last, so that whoever goes by it
//! sees one export whole.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::schema::{Table, Type};

/// Version of the tables and of the manifest.
pub(crate) const FORMAT: u32 = 1;

/// What an export is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// [`FORMAT`]
    pub(crate) format: u32,
    /// Version of the program.
    pub(crate) headcount: String,
    pub(crate) org: String,
    /// `parquet`, `csv` or `ndjson`.
    pub(crate) files: String,
    /// Whether CSV begins with a byte order mark.
    pub(crate) bom: bool,
    /// `none`, `hashed` or `full`.
    pub(crate) personal: String,
    /// When it was written, RFC 3339 in UTC.
    pub(crate) created: String,
    pub(crate) snapshot: SnapshotTold,
    /// Name of the time zone that days start in.
    pub(crate) time_zone: String,
    /// Digest of all that the tables without facts are made of.
    pub(crate) state: String,
    pub(crate) tables: BTreeMap<String, TableTold>,
    /// Paths of the queries.
    pub(crate) sql: Vec<String>,
}

/// The snapshot that an export is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SnapshotTold {
    pub(crate) id: i64,
    pub(crate) published: String,
}

/// A table: its columns and files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TableTold {
    pub(crate) columns: Vec<ColumnTold>,
    pub(crate) rows: u64,
    pub(crate) files: Vec<FileTold>,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ColumnTold {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) kind: Type,
    pub(crate) nullable: bool,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileTold {
    /// From the folder of the manifest, with `/`.
    pub(crate) path: String,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    /// 128 bits, hexadecimal.
    pub(crate) xxh3: String,
    /// The day that its facts are of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) day: Option<String>,
    /// Digest of all that its facts are made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
    /// Digests of the ids of users whom no snapshot held yet: when one of them comes, the file is
    /// written again. Nothing where they are too many to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) strangers: Option<Vec<String>>,
}

impl TableTold {
    /// A table of these files.
    pub(crate) fn new(table: Table, files: Vec<FileTold>) -> Self {
        let columns = table.columns().into_iter().map(|column| ColumnTold {
            name: column.name.to_owned(),
            kind: column.kind,
            nullable: column.nullable,
        });
        Self {
            columns: columns.collect(),
            rows: files.iter().map(|file| file.rows).sum(),
            files,
        }
    }
}

impl Manifest {
    /// The files of a table.
    pub(crate) fn of(&self, table: Table) -> &[FileTold] {
        self.tables
            .get(table.name())
            .map_or(&[], |table| &table.files)
    }

    /// The paths of all files of tables.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        let files = self.tables.values().flat_map(|table| &table.files);
        files.map(|file| file.path.as_str())
    }
}
