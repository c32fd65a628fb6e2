//! The part of a roster that a caller may see. Whatever lies outside it does not exist: it is not
//! found, not counted, puts nothing in order and lends no manager a name.

use std::borrow::Cow;

use roaring::RoaringBitmap;

use super::{Roster, RosterError, SearchResult};
use crate::{
    field::{Column, Field},
    search::{FieldValues, Matcher, Query, Sort, document::any_value_at, text::fold},
};

/// The rows of a roster that a caller may see, asked as if they were all there are.
#[derive(Clone, Copy, Debug)]
pub struct View<'r> {
    roster: &'r Roster,
    scope: Option<&'r RoaringBitmap>,
}

impl<'r> View<'r> {
    pub(super) fn new(roster: &'r Roster, scope: Option<&'r RoaringBitmap>) -> Self {
        Self { roster, scope }
    }

    /// The roster behind it. Its own answers know no scope.
    #[must_use]
    pub fn roster(self) -> &'r Roster {
        self.roster
    }

    /// Number of users in sight.
    #[must_use]
    pub fn len(self) -> u64 {
        let rows = self.roster.len();
        self.scope
            .map_or(u64::from(rows), |scope| scope.range_cardinality(..rows))
    }

    /// Whether no user is in sight.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether a row is in sight.
    #[must_use]
    pub fn sees(self, row: u32) -> bool {
        row < self.roster.len() && self.scope.is_none_or(|scope| scope.contains(row))
    }

    /// The row of a user id: the exact id, or else the same id in another case.
    #[must_use]
    pub fn row_of(self, id: &str) -> Option<u32> {
        let roster = self.roster;
        let by_id = roster.by_id();
        let folded = fold(id);
        let key = |row: u32| roster.value(row, Column::Id).map(fold).unwrap_or_default();
        let start = by_id.partition_point(|&row| key(row) < folded);
        let mut same = by_id[start..]
            .iter()
            .copied()
            .take_while(|&row| key(row) == folded)
            .filter(|&row| self.sees(row));
        let first = same.clone().next();
        same.find(|&row| roster.value(row, Column::Id) == Some(id))
            .or(first)
    }

    /// The row of the manager with this code of `manager.id`.
    pub(crate) fn manager(self, code: u32) -> Option<u32> {
        self.row_of(self.roster.column(Column::ManagerId)?.text(code)?)
    }

    /// All rows in sight.
    pub(crate) fn rows(self) -> Cow<'r, RoaringBitmap> {
        self.scope.map_or_else(
            || Cow::Owned((0..self.roster.len()).collect()),
            Cow::Borrowed,
        )
    }

    /// Those of `rows` that are in sight.
    pub(crate) fn clip(self, rows: &RoaringBitmap) -> Cow<'_, RoaringBitmap> {
        match self.scope {
            Some(scope) => Cow::Owned(rows & scope),
            None => Cow::Borrowed(rows),
        }
    }

    /// One user as searches see it.
    #[must_use]
    pub fn user(self, row: u32) -> impl FieldValues {
        self.row(row)
    }

    /// Every row that matches.
    ///
    /// # Errors
    /// [`RosterError`] when a field in question was not loaded.
    pub fn matching(self, matcher: &Matcher) -> Result<RoaringBitmap, RosterError> {
        self.roster.check(matcher.projection())?;
        Ok(self.evaluate(&matcher.root, self.scope))
    }

    /// Every row that matches, in the order asked for.
    ///
    /// # Errors
    /// As [`Self::matching`].
    pub fn sorted(self, matcher: &Matcher, sort: &Sort) -> Result<Vec<u32>, RosterError> {
        let rows = self.matching(matcher)?.iter().collect();
        let all = usize::MAX;
        self.order(rows, matcher, sort, all)
    }

    /// How many match, and the rows of one page of them.
    ///
    /// # Errors
    /// As [`Self::matching`].
    pub fn search(self, query: &Query) -> Result<SearchResult, RosterError> {
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

    pub(super) fn row(self, row: u32) -> RowView<'r> {
        RowView { view: self, row }
    }
}

/// One row, as a search sees it.
pub(super) struct RowView<'r> {
    view: View<'r>,
    row: u32,
}

impl FieldValues for RowView<'_> {
    fn any_value(&self, field: Field, each: &mut dyn FnMut(&str) -> bool) -> bool {
        let roster = self.view.roster;
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
                .and_then(|id| self.view.row_of(id))
                .and_then(|manager| roster.value(manager, column))
                .is_some_and(each);
        }
        roster
            .document(self.row)
            .is_some_and(|document| any_value_at(document, field, each))
    }
}
