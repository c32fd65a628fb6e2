//! The roster beside an expected one, such as the list of HR: who is missing, who is extra, what
//! differs. The list is read row by row and may be far larger than memory; what is held is a line
//! number for each user, and no more missing people than the roster has users.

mod compare;
mod differ;
mod found;
mod list;
mod people;
mod repair;

use std::{fmt, fs::File, path::Path};

use headcount_core::check::{Finding, Settings};
use serde::Serialize;

pub(crate) use self::repair::Repair;
use self::{
    compare::Comparison,
    list::{KEYS, KNOWN, Person, What},
    people::People,
};
use super::org::Org;
use crate::tabular::{Mapping, Rows, TabularError};

/// A list that was opened, and whose columns are known.
pub(crate) struct Expected {
    rows: Rows<File>,
    columns: Mapping<What>,
}

/// What a comparison came to, beside its findings.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Compared {
    /// The list.
    file: String,
    /// Its rows.
    rows: u64,
    /// Users that a row is about.
    matched: u64,
    /// Columns that mean nothing here.
    ignored_columns: Vec<String>,
    /// Findings about the list beyond those that are told, so that no list fills the memory.
    #[serde(skip_serializing_if = "is_none")]
    not_told: u64,
    /// The import that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    repair: Option<Repaired>,
}

/// What an import holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Repaired {
    file: String,
    rows: u64,
    /// People without a name or an e-mail, which an import must have.
    left_out: u64,
    /// Users whose expected manager is a name of nobody or of several.
    unclear_managers: u64,
}

impl Expected {
    /// Opens a list and reads its header.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let read = || -> Result<Self, TabularError> {
            let rows = Rows::open(path)?;
            let columns = Mapping::of(&rows, &KNOWN)?;
            if KEYS.iter().all(|key| columns.column(*key).is_none()) {
                return Err(rows.wrong(
                    1,
                    "no column tells who a row is about; name one of them email, username or id",
                ));
            }
            Ok(Self { rows, columns })
        };
        read().map_err(TabularError::into_failure)
    }

    /// Compares the users of an org with it.
    pub(crate) fn compare(
        self,
        org: &Org,
        repair: Option<&mut Repair>,
        settings: &Settings,
    ) -> anyhow::Result<(Vec<Finding>, Compared)> {
        let Self { mut rows, columns } = self;
        let people = People::of(&org.roster, &columns);
        let compared = Compared {
            file: rows.name().to_owned(),
            ignored_columns: columns.unknown.clone(),
            ..Compared::default()
        };
        let mut comparison = Comparison::new(&people, repair, settings, compared);
        while let Some(row) = rows.next().map_err(TabularError::into_failure)? {
            comparison.row(&Person::new(row, &columns))?;
        }
        Ok(comparison.finish())
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            rows,
            matched,
            ..
        } = self;
        write!(f, "{file}, {rows} rows about {matched} users")
    }
}

impl Compared {
    /// What a person should know beside the findings.
    pub(crate) fn notes(&self) -> Vec<String> {
        let file = &self.file;
        let mut notes = Vec::new();
        if !self.ignored_columns.is_empty() {
            let names = self.ignored_columns.join(", ");
            notes.push(format!(
                "{file}: columns that are not known and were ignored: {names}"
            ));
        }
        if self.not_told > 0 {
            let more = self.not_told;
            notes.push(format!(
                "{file}: there are {more} more findings about it than are told; is it the list of \
                 this org?"
            ));
        }
        if let Some(repair) = &self.repair {
            let (import, rows) = (&repair.file, repair.rows);
            notes.push(format!(
                "{import} holds {}; import it in Admin > People",
                match rows {
                    1 => "1 person".to_owned(),
                    rows => format!("{rows} people"),
                }
            ));
            if repair.left_out > 0 {
                notes.push(format!(
                    "{import} lacks {}: an import must have name and e-mail of everybody",
                    repair.left_out
                ));
            }
            if repair.unclear_managers > 0 {
                notes.push(format!(
                    "{import} leaves {} managers as they are: nobody, or more than one, has the name \
                     in {file}; give the e-mail",
                    repair.unclear_managers
                ));
            }
        }
        notes
    }
}

fn is_none(count: &u64) -> bool {
    *count == 0
}
