//! An org's users at one time, in memory and immutable, made to be asked.
//!
//! Columns are kept as distinct values and a code per row; documents, if wanted at all, as long
//! runs of bytes. Rows are numbered from 0 in the order in which they were pushed.

mod column;
mod division;
mod documents;
mod effort;
mod evaluate;
mod order;
mod rows;
mod sorted;
mod texts;
mod trigram;
mod values;
mod view;

use std::{borrow::Cow, sync::OnceLock};

use roaring::RoaringBitmap;

use self::{column::ColumnData, documents::Documents, sorted::MISSING};
pub use self::{documents::DocumentRun, view::View};
use crate::{
    field::{Column, Projection},
    search::{
        FieldValues, Matcher, Query, Sort,
        document::column_value,
        text::is_blank,
        value_test::{Needle, Test},
    },
    user::Attributes,
};

/// The users of an org at one time.
#[derive(Debug)]
pub struct Roster {
    projection: Projection,
    rows: u32,
    columns: [Option<ColumnData>; Column::ALL.len()],
    documents: Option<Documents>,
    /// Row of the manager by code of `manager.id`, [`MISSING`] for none.
    managers: OnceLock<Vec<u32>>,
    /// Rows are versions: an id has several, and which one is the manager was said.
    of_versions: bool,
    /// Usual name by code of `division.id`, as a code of `division.name`.
    divisions: OnceLock<Vec<u32>>,
}

/// The distinct values of a column, by code, and the code of every row; 0 is the absent value.
#[derive(Clone, Copy)]
pub(crate) struct Codes<'r>(&'r ColumnData);

impl<'r> Codes<'r> {
    /// Number of codes, the absent one counted.
    pub(crate) fn len(self) -> usize {
        self.0.distinct()
    }

    pub(crate) fn of(self, row: u32) -> u32 {
        self.0.code(row)
    }

    /// Whether no two codes have the same text.
    pub(crate) fn are_distinct(self) -> bool {
        !self.0.is_by_row()
    }

    /// Writes the codes of `rows`.
    pub(crate) fn fill(self, rows: &[u32], codes: &mut [u32]) {
        self.0.fill(rows, codes);
    }

    pub(crate) fn text(self, code: u32) -> Option<&'r str> {
        self.0.text(code)
    }

    /// The rows that have one of these codes, each named once, of `all` rows there are.
    pub(crate) fn rows(self, codes: &[u32], all: u32) -> RoaringBitmap {
        let entries: Vec<u32> = codes
            .iter()
            .filter_map(|code| code.checked_sub(1))
            .collect();
        let found = self.0.rows_of_entries(&entries);
        let mut rows = found.rows(all).map(Cow::into_owned).unwrap_or_default();
        if codes.contains(&0) {
            let mut absent = RoaringBitmap::new();
            absent.insert_range(0..all);
            absent -= self.0.present();
            rows |= absent;
        }
        rows
    }
}

/// Collects users into a [`Roster`].
#[derive(Debug)]
pub struct RosterBuilder(Roster);

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchResult {
    /// Users that match, on all pages.
    pub total: u64,
    /// Rows of the page asked for, in order.
    pub rows: Vec<u32>,
}

/// Why a roster cannot answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RosterError {
    /// The question reads a field that was not loaded.
    #[error("the roster was loaded without {0:?}")]
    NotLoaded(Column),
    /// The question reads documents, and they were not loaded.
    #[error("the roster was loaded without documents")]
    NoDocuments,
}

impl RosterBuilder {
    /// A roster that keeps what `projection` names; the rest of every user is dropped.
    #[must_use]
    pub fn new(projection: Projection) -> Self {
        Self(Roster {
            projection,
            rows: 0,
            columns: Column::ALL
                .map(|column| projection.contains(column).then(|| ColumnData::new(column))),
            documents: projection.document().then(Documents::default),
            managers: OnceLock::new(),
            of_versions: false,
            divisions: OnceLock::new(),
        })
    }

    /// Adds one user. `document` may be absent where the projection has none; an absent one that is
    /// wanted reads as a document without any field.
    pub fn push(&mut self, user: &Attributes<'_>, document: Option<&str>) {
        for (column, data) in Column::ALL.into_iter().zip(&mut self.0.columns) {
            if let Some(data) = data {
                let value = column_value(user, column);
                data.push(value.as_deref().filter(|value| !is_blank(value)));
            }
        }
        if let Some(documents) = &mut self.0.documents {
            documents.push(&user.state, document.unwrap_or_default());
        }
        self.0.rows += 1;
    }

    /// The roster of all users added.
    #[must_use]
    pub fn finish(mut self) -> Roster {
        for column in self.0.columns.iter_mut().flatten() {
            column.finish();
        }
        if let Some(documents) = &mut self.0.documents {
            documents.finish();
        }
        self.0
    }
}

impl Roster {
    /// Number of users.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.rows
    }

    /// Whether there are no users.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// What was loaded of every user.
    #[must_use]
    pub fn projection(&self) -> Projection {
        self.projection
    }

    /// The value of a column, if loaded, present and not blank.
    #[must_use]
    pub fn value(&self, row: u32, column: Column) -> Option<&str> {
        self.column(column)?.value(row)
    }

    /// The document of a row, byte for byte, if loaded.
    #[must_use]
    pub fn document(&self, row: u32) -> Option<&str> {
        Some(self.documents.as_ref()?.get(row))
    }

    /// The documents of `rows`, in their order, as pieces of a JSON array: rows of one state that
    /// follow each other are one piece. Nothing where documents were not loaded.
    #[must_use]
    pub fn document_runs(&self, rows: &[u32]) -> Vec<DocumentRun> {
        let documents = self.documents.as_ref();
        documents.map_or_else(Vec::new, |documents| documents.runs(rows))
    }

    /// The text of a run of this roster: documents, byte for byte, with commas between them.
    #[must_use]
    pub fn run(&self, run: &DocumentRun) -> &str {
        let documents = self.documents.as_ref();
        documents.map_or("", |documents| documents.text(run))
    }

    /// The part of the roster that a caller may see: the rows of `scope`, or all of them.
    #[must_use]
    pub fn view<'r>(&'r self, scope: Option<&'r RoaringBitmap>) -> View<'r> {
        View::new(self, scope)
    }

    /// The row of a user id: the exact id, or else the same id in another case.
    #[must_use]
    pub fn row_of(&self, id: &str) -> Option<u32> {
        self.view(None).row_of(id)
    }

    /// One user as searches see it.
    #[must_use]
    pub fn user(&self, row: u32) -> impl FieldValues {
        self.view(None).user(row)
    }

    /// Makes every index that questions can use, so that none has to. It takes a second or so for
    /// a million users; without it, questions go through the values.
    pub fn warm(&self) {
        self.columns.iter().flatten().for_each(ColumnData::warm);
        self.managers();
        self.view(None).division_names();
    }

    /// The rows whose value of `column` is one of `values`, to the letter.
    ///
    /// # Errors
    /// [`RosterError::NotLoaded`] when the column was not loaded.
    pub fn rows_with(&self, column: Column, values: &[&str]) -> Result<RoaringBitmap, RosterError> {
        let data = self.column(column).ok_or(RosterError::NotLoaded(column))?;
        let needles = values.iter().map(|value| Needle::new(value, None));
        let folded = Matcher::of(column.field(), Test::Equals(needles.collect()));
        let mut rows = self.matching(&folded)?;
        let exact = |row| data.value(row).is_some_and(|value| values.contains(&value));
        if !rows.iter().all(exact) {
            rows = rows.iter().filter(|&row| exact(row)).collect();
        }
        Ok(rows)
    }

    /// Every row that matches.
    ///
    /// # Errors
    /// [`RosterError`] when a field in question was not loaded.
    pub fn matching(&self, matcher: &Matcher) -> Result<RoaringBitmap, RosterError> {
        self.view(None).matching(matcher)
    }

    /// Every row that matches, in the order asked for.
    ///
    /// # Errors
    /// As [`Self::matching`].
    pub fn sorted(&self, matcher: &Matcher, sort: &Sort) -> Result<Vec<u32>, RosterError> {
        self.view(None).sorted(matcher, sort)
    }

    /// How many match, and the rows of one page of them.
    ///
    /// # Errors
    /// As [`Self::matching`].
    pub fn search(&self, query: &Query) -> Result<SearchResult, RosterError> {
        self.view(None).search(query)
    }

    /// Which value each row has, by code.
    pub(crate) fn codes(&self, column: Column) -> Result<Codes<'_>, RosterError> {
        let data = self.column(column).ok_or(RosterError::NotLoaded(column))?;
        Ok(Codes(data))
    }

    pub(crate) fn check(&self, needed: Projection) -> Result<(), RosterError> {
        let missing =
            |column: &Column| needed.contains(*column) && !self.projection.contains(*column);
        if let Some(column) = Column::ALL.into_iter().find(missing) {
            return Err(RosterError::NotLoaded(column));
        }
        if needed.document() && !self.projection.document() {
            return Err(RosterError::NoDocuments);
        }
        Ok(())
    }

    /// Says which row is the manager for each code of `manager.id`, [`MISSING`] for none, where the
    /// rows are versions and an id alone does not tell which.
    pub(crate) fn with_managers(mut self, rows: Vec<Option<u32>>) -> Self {
        let rows = rows.into_iter().map(|row| row.unwrap_or(MISSING));
        self.managers = OnceLock::from(rows.collect::<Vec<u32>>());
        self.of_versions = true;
        self
    }

    fn column(&self, column: Column) -> Option<&ColumnData> {
        self.columns[column as usize].as_ref()
    }

    /// The manager of each code of `manager.id`.
    fn managers(&self) -> &[u32] {
        self.managers.get_or_init(|| {
            let codes = self
                .column(Column::ManagerId)
                .map_or(1, ColumnData::distinct);
            let row = |code| {
                let id = self.column(Column::ManagerId)?.text(code)?;
                self.row_of(id)
            };
            (0..u32::try_from(codes).unwrap_or(u32::MAX))
                .map(|code| row(code).unwrap_or(MISSING))
                .collect()
        })
    }
}
