//! An org's users at one time, in memory and immutable, made to be asked.
//!
//! Columns are kept as distinct values and a code per row; documents, if wanted at all, as one run
//! of bytes. Rows are numbered from 0 in the order in which they were pushed.

mod column;
mod evaluate;

use std::{cmp::Ordering, sync::OnceLock};

use roaring::RoaringBitmap;

use self::column::{ColumnData, MISSING, Texts};
use crate::{
    field::{Column, Field, Projection},
    search::{
        FieldValues, Matcher, Query, Sort,
        document::{any_value_at, column_value},
        sort::{SortKey, SortValue},
        text::fold,
    },
    user::Attributes,
};

/// The users of an org at one time.
#[derive(Debug)]
pub struct Roster {
    projection: Projection,
    rows: u32,
    columns: [Option<ColumnData>; Column::ALL.len()],
    documents: Option<Texts>,
    /// Rows by folded id, then id.
    by_id: OnceLock<Vec<u32>>,
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
            documents: projection.document().then(Texts::default),
            by_id: OnceLock::new(),
        })
    }

    /// Adds one user. `document` may be absent where the projection has none; an absent one that is
    /// wanted reads as a document without any field.
    pub fn push(&mut self, user: &Attributes<'_>, document: Option<&str>) {
        for (column, data) in Column::ALL.into_iter().zip(&mut self.0.columns) {
            if let Some(data) = data {
                data.push(column_value(user, column).as_deref());
            }
        }
        if let Some(documents) = &mut self.0.documents {
            documents.push(document.unwrap_or_default());
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
        Some(self.documents.as_ref()?.get(row as usize))
    }

    /// The row of a user id: the exact id, or else the same id in another case.
    #[must_use]
    pub fn row_of(&self, id: &str) -> Option<u32> {
        let by_id = self.by_id();
        let folded = fold(id);
        let key = |row: u32| self.value(row, Column::Id).map(fold).unwrap_or_default();
        let start = by_id.partition_point(|&row| key(row) < folded);
        let mut same = by_id[start..]
            .iter()
            .copied()
            .take_while(|&row| key(row) == folded);
        let first = same.clone().next();
        same.find(|&row| self.value(row, Column::Id) == Some(id))
            .or(first)
    }

    /// One user as searches see it.
    #[must_use]
    pub fn user(&self, row: u32) -> impl FieldValues {
        RowView { roster: self, row }
    }

    /// Every row that matches.
    ///
    /// # Errors
    /// [`RosterError`] when a field in question was not loaded.
    pub fn matching(&self, matcher: &Matcher) -> Result<RoaringBitmap, RosterError> {
        self.check(matcher.projection())?;
        Ok(self.evaluate(&matcher.root, None))
    }

    /// Every row that matches, in the order asked for.
    ///
    /// # Errors
    /// As [`Self::matching`].
    pub fn sorted(&self, matcher: &Matcher, sort: &Sort) -> Result<Vec<u32>, RosterError> {
        let rows = self.matching(matcher)?.iter().collect();
        let all = usize::MAX;
        self.order(rows, matcher, sort, all)
    }

    /// How many match, and the rows of one page of them.
    ///
    /// # Errors
    /// As [`Self::matching`].
    pub fn search(&self, query: &Query) -> Result<SearchResult, RosterError> {
        let found = self.matching(&query.matcher)?;
        let slice = query
            .page
            .slice(usize::try_from(found.len()).unwrap_or(usize::MAX));
        let rows = self.order(
            found.iter().collect(),
            &query.matcher,
            &query.sort,
            slice.end,
        )?;
        Ok(SearchResult {
            total: found.len(),
            rows: rows[slice].to_vec(),
        })
    }

    /// Which of the column's distinct values the row has, 0 for none.
    pub(crate) fn code(&self, row: u32, column: Column) -> u32 {
        self.column(column).map_or(0, |data| data.code(row))
    }

    /// The distinct values of a column, by code.
    pub(crate) fn texts(&self, column: Column) -> impl Iterator<Item = Option<&str>> {
        let data = self.column(column);
        let codes = data.map_or(1, ColumnData::distinct);
        (0..u32::try_from(codes).unwrap_or(u32::MAX))
            .map(move |code| data.and_then(|data| data.text(code)))
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

    fn column(&self, column: Column) -> Option<&ColumnData> {
        self.columns[column as usize].as_ref()
    }

    /// Puts at least the first `wanted` of `rows` in order and drops the others.
    fn order(
        &self,
        rows: Vec<u32>,
        matcher: &Matcher,
        sort: &Sort,
        wanted: usize,
    ) -> Result<Vec<u32>, RosterError> {
        self.check(sort.projection())?;
        let ids = self
            .column(Column::Id)
            .and_then(|ids| ids.ranks_for(rows.len()));
        let keys: Vec<Key<'_>> = sort
            .keys
            .iter()
            .map(|key| self.key(*key, &rows, matcher))
            .collect();
        let by_id = |a: u32, b: u32| match ids {
            Some(ranks) => ranks[a as usize + 1].cmp(&ranks[b as usize + 1]),
            None => {
                let id = |row| self.value(row, Column::Id).map(fold);
                id(a).cmp(&id(b))
            }
        };
        let compare = |a: &u32, b: &u32| {
            let (row_a, row_b) = (rows[*a as usize], rows[*b as usize]);
            keys.iter()
                .map(|key| key.compare(*a, *b, row_a, row_b))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
                .then_with(|| by_id(row_a, row_b))
                .then_with(|| {
                    self.value(row_a, Column::Id)
                        .cmp(&self.value(row_b, Column::Id))
                })
                .then(row_a.cmp(&row_b))
        };
        let mut places: Vec<u32> = (0..self.rows).take(rows.len()).collect();
        if wanted < places.len() {
            places.select_nth_unstable_by(wanted, compare);
            places.truncate(wanted);
        }
        places.sort_unstable_by(compare);
        Ok(places
            .into_iter()
            .map(|place| rows[place as usize])
            .collect())
    }

    fn key(&self, key: SortKey, rows: &[u32], matcher: &Matcher) -> Key<'_> {
        let (field, descending) = match key {
            SortKey::Score => {
                let scores = rows
                    .iter()
                    .map(|&row| matcher.score(&RowView { roster: self, row }));
                return Key::Scores(scores.collect());
            }
            SortKey::Field { field, descending } => (field, descending),
        };
        let column = field.column().and_then(|column| self.column(column));
        match column.and_then(|column| Some((column, column.ranks_for(rows.len())?))) {
            Some((column, ranks)) => Key::Ranks(column, ranks, descending),
            None => {
                let value = |&row| SortValue::of(&RowView { roster: self, row }, field, descending);
                Key::Values(rows.iter().map(value).collect(), descending)
            }
        }
    }

    fn by_id(&self) -> &[u32] {
        self.by_id.get_or_init(|| {
            let Some(ids) = self.column(Column::Id) else {
                return Vec::new();
            };
            let ranks = ids.ranks();
            let mut rows: Vec<u32> = (0..self.rows).collect();
            rows.retain(|&row| ids.value(row).is_some());
            rows.sort_unstable_by(|&a, &b| {
                ranks[a as usize + 1]
                    .cmp(&ranks[b as usize + 1])
                    .then_with(|| ids.value(a).cmp(&ids.value(b)))
            });
            rows
        })
    }
}

/// One sort key over the rows found; those with values of their own are addressed by place.
enum Key<'r> {
    Scores(Vec<u32>),
    Ranks(&'r ColumnData, &'r [u32], bool),
    Values(Vec<Option<SortValue>>, bool),
}

impl Key<'_> {
    fn compare(&self, place_a: u32, place_b: u32, row_a: u32, row_b: u32) -> Ordering {
        let turn = |order: Ordering, descending| if descending { order.reverse() } else { order };
        match self {
            Self::Scores(scores) => scores[place_b as usize].cmp(&scores[place_a as usize]),
            Self::Ranks(column, ranks, descending) => {
                let rank = |row| ranks[column.code(row) as usize];
                match (rank(row_a), rank(row_b)) {
                    (MISSING, MISSING) => Ordering::Equal,
                    (MISSING, _) => Ordering::Greater,
                    (_, MISSING) => Ordering::Less,
                    (a, b) => turn(a.cmp(&b), *descending),
                }
            }
            Self::Values(values, descending) => {
                match (&values[place_a as usize], &values[place_b as usize]) {
                    (None, None) => Ordering::Equal,
                    (None, _) => Ordering::Greater,
                    (_, None) => Ordering::Less,
                    (Some(a), Some(b)) => turn(a.order(b), *descending),
                }
            }
        }
    }
}

/// One row, as a search sees it.
struct RowView<'r> {
    roster: &'r Roster,
    row: u32,
}

impl FieldValues for RowView<'_> {
    fn any_value(&self, field: Field, each: &mut dyn FnMut(&str) -> bool) -> bool {
        let roster = self.roster;
        if let Some(column) = field.column() {
            return roster.value(self.row, column).is_some_and(each);
        }
        if field.is_looked_up() {
            let column = if field == Field::MANAGER_NAME {
                Column::Name
            } else {
                Column::Email
            };
            return roster
                .value(self.row, Column::ManagerId)
                .and_then(|id| roster.row_of(id))
                .and_then(|manager| roster.value(manager, column))
                .is_some_and(each);
        }
        roster
            .document(self.row)
            .is_some_and(|document| any_value_at(document, field, each))
    }
}
