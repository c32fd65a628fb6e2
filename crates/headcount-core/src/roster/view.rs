//! The part of a roster that a caller may see. Whatever lies outside it does not exist: it is not
//! found, not counted, puts nothing in order and lends no manager a name.

use std::{borrow::Cow, ops::Range};

use roaring::RoaringBitmap;

use super::{
    Roster, RosterError, SearchResult,
    evaluate::Step,
    sorted::{MISSING, Sorted},
};
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
        let ids = self.roster.column(Column::Id)?;
        let (sorted, values, folded) = (ids.sorted(), ids.values(), fold(id));
        let start = sorted.first(|row| *values.folded(row) < *folded);
        let mut same = (start..sorted.len())
            .map(|place| sorted.at(place))
            .take_while(|&row| values.folded(row) == folded)
            .filter(|&row| self.sees(row));
        let first = same.next()?;
        if values.text(first) == id {
            return Some(first);
        }
        same.find(|&row| values.text(row) == id).or(Some(first))
    }

    /// The row of a row's manager, where one is named and in sight. Where rows are versions, the
    /// one that lends others the manager's name.
    #[must_use]
    pub fn manager_of(self, row: u32) -> Option<u32> {
        let managers = self.roster.column(Column::ManagerId)?;
        self.manager(managers.code(row))
    }

    /// The row of the manager with this code of `manager.id`.
    pub(crate) fn manager(self, code: u32) -> Option<u32> {
        let found = self.roster.managers()[code as usize];
        if found == MISSING {
            return None;
        }
        if self.sees(found) {
            return Some(found);
        }
        if self.roster.of_versions {
            return None;
        }
        // Out of sight; but somebody in sight may have the same id in another case.
        match self.roster.column(Column::Id)?.sorted() {
            Sorted::AsTheyAre(_) => None,
            Sorted::By { .. } => self.row_of(self.roster.column(Column::ManagerId)?.text(code)?),
        }
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
        Ok(self.rows_of(&self.prepare(&matcher.root)).into_owned())
    }

    /// Every row that matches, in the order asked for.
    ///
    /// # Errors
    /// As [`Self::matching`].
    pub fn sorted(self, matcher: &Matcher, sort: &Sort) -> Result<Vec<u32>, RosterError> {
        let found = self.matching(matcher)?;
        let all = usize::try_from(found.len()).unwrap_or(usize::MAX);
        self.order(&found, matcher, sort, 0..all)
    }

    /// How many match, and the rows of one page of them.
    ///
    /// # Errors
    /// As [`Self::matching`].
    pub fn search(self, query: &Query) -> Result<SearchResult, RosterError> {
        self.roster.check(query.matcher.projection())?;
        self.found(&self.prepare(&query.matcher.root), query)
    }

    /// Those of `found` that are in sight, put in the order asked for, as far as they are at these
    /// places of it.
    ///
    /// # Errors
    /// [`RosterError`] when a field that they are sorted by was not loaded.
    pub fn page(
        self,
        found: &RoaringBitmap,
        sort: &Sort,
        places: Range<usize>,
    ) -> Result<Vec<u32>, RosterError> {
        let found = self.clip(found);
        let count = usize::try_from(found.len()).unwrap_or(usize::MAX);
        let end = places.end.min(count);
        let places = places.start.min(end)..end;
        self.order(&found, &Matcher::everybody(), sort, places)
    }

    /// How many are in `step`, and the rows of one page of them.
    pub(super) fn found(
        self,
        step: &Step<'_, '_>,
        query: &Query,
    ) -> Result<SearchResult, RosterError> {
        let found = self.rows_of(step);
        let total = found.len();
        let page = query
            .page
            .slice(usize::try_from(total).unwrap_or(usize::MAX));
        let rows = self.order(&found, &query.matcher, &query.sort, page)?;
        Ok(SearchResult { total, rows })
    }

    pub(super) fn scope(self) -> Option<&'r RoaringBitmap> {
        self.scope
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
                .column(Column::ManagerId)
                .and_then(|managers| self.view.manager(managers.code(self.row)))
                .and_then(|manager| roster.value(manager, column))
                .is_some_and(each);
        }
        roster
            .document(self.row)
            .is_some_and(|document| any_value_at(document, field, each))
    }
}
