//! Putting the rows that were found in the order asked for.

use std::cmp::Ordering;

use super::{
    RosterError, View,
    column::{ColumnData, MISSING},
};
use crate::{
    field::Column,
    search::{
        Matcher, Sort,
        sort::{SortKey, SortValue},
        text::fold,
    },
};

impl<'r> View<'r> {
    /// Puts at least the first `wanted` of `rows` in order and drops the others.
    pub(super) fn order(
        self,
        rows: Vec<u32>,
        matcher: &Matcher,
        sort: &Sort,
        wanted: usize,
    ) -> Result<Vec<u32>, RosterError> {
        self.roster().check(sort.projection())?;
        let ids = self
            .roster()
            .column(Column::Id)
            .and_then(|ids| ids.ranks_for(rows.len()));
        let keys: Vec<Key<'r>> = sort
            .keys
            .iter()
            .map(|key| self.key(*key, &rows, matcher))
            .collect();
        let by_id = |a: u32, b: u32| match ids {
            Some(ranks) => ranks[a as usize + 1].cmp(&ranks[b as usize + 1]),
            None => {
                let id = |row| self.roster().value(row, Column::Id).map(fold);
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
                    self.roster()
                        .value(row_a, Column::Id)
                        .cmp(&self.roster().value(row_b, Column::Id))
                })
                .then(row_a.cmp(&row_b))
        };
        let mut places: Vec<u32> = (0..self.roster().len()).take(rows.len()).collect();
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

    fn key(self, key: SortKey, rows: &[u32], matcher: &Matcher) -> Key<'r> {
        let (field, descending) = match key {
            SortKey::Score => {
                let scores = rows.iter().map(|&row| matcher.score(&self.row(row)));
                return Key::Scores(scores.collect());
            }
            SortKey::Field { field, descending } => (field, descending),
        };
        let column = field
            .column()
            .and_then(|column| self.roster().column(column));
        match column.and_then(|column| Some((column, column.ranks_for(rows.len())?))) {
            Some((column, ranks)) => Key::Ranks(column, ranks, descending),
            None => {
                let value = |&row| SortValue::of(&self.row(row), field, descending);
                Key::Values(rows.iter().map(value).collect(), descending)
            }
        }
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
