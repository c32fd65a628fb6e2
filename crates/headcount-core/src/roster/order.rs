//! Putting the rows that were found in the order asked for, no more of them than the page needs.
//!
//! A page by id is read off the set of rows, since rows come in the order of their ids. A page by a
//! column is read off the order of that column where most rows were found anyway; otherwise the
//! rows found are ranked. Only scores and what stands in documents is looked up row by row.

mod walked;

use std::{cmp::Ordering, ops::Range};

use roaring::RoaringBitmap;

use super::{
    RosterError, View,
    column::ColumnData,
    sorted::{MISSING, Sorted},
};
use crate::{
    field::{Column, Field},
    search::{
        Matcher, Sort,
        sort::{SortKey, SortValue},
        text::fold,
    },
};

impl<'r> View<'r> {
    /// The rows at these places of `found`, put in the order asked for.
    pub(super) fn order(
        self,
        found: &RoaringBitmap,
        matcher: &Matcher,
        sort: &Sort,
        page: Range<usize>,
    ) -> Result<Vec<u32>, RosterError> {
        self.roster().check(sort.projection())?;
        let count = usize::try_from(found.len()).unwrap_or(usize::MAX);
        if page.is_empty() {
            return Ok(Vec::new());
        }
        let ids = self
            .roster()
            .column(Column::Id)
            .and_then(|ids| ids.sorted_for(count));
        if let Some(Sorted::AsTheyAre(_)) = ids {
            let (field, descending) = match sort.keys[..] {
                [] => (Field::ID, false),
                [SortKey::Field { field, descending }] => (field, descending),
                _ => return Ok(self.by_keys(found, matcher, sort, page, ids)),
            };
            if field == Field::ID {
                return Ok(by_row(found, descending, page));
            }
            let test = walked::conjunct(&matcher.root, field);
            if let Some(rows) = self.walked(found, field, test, descending, &page) {
                return Ok(rows);
            }
            if let Some(ranked) = self.ranked(field, count) {
                return Ok(by_rank(found, &ranked, descending, page));
            }
        }
        Ok(self.by_keys(found, matcher, sort, page, ids))
    }

    /// How the rows rank by a field, where that is worth ranking all its values for once.
    fn ranked(self, field: Field, count: usize) -> Option<Ranked<'r>> {
        if let Some(data) = field
            .column()
            .and_then(|column| self.roster().column(column))
        {
            return Some(Ranked::Column(data, data.sorted_for(count)?));
        }
        let column = match field {
            Field::MANAGER_NAME => Column::Name,
            Field::MANAGER_EMAIL => Column::Email,
            _ => return None,
        };
        let (managers, data) = (
            self.roster().column(Column::ManagerId)?,
            self.roster().column(column)?,
        );
        let sorted = data.sorted_for(count)?;
        let rank = |code| {
            let manager = self.manager(code).filter(|&row| data.code(row) != 0);
            manager.map_or(MISSING, |row| sorted.rank(row))
        };
        let ranks = 0..u32::try_from(managers.distinct()).unwrap_or(u32::MAX);
        Some(Ranked::Manager(managers, ranks.map(rank).collect()))
    }

    /// The general case: any keys, any order of rows.
    fn by_keys(
        self,
        found: &RoaringBitmap,
        matcher: &Matcher,
        sort: &Sort,
        page: Range<usize>,
        ids: Option<&Sorted>,
    ) -> Vec<u32> {
        let rows: Vec<u32> = found.iter().collect();
        let keys: Vec<Key<'r>> = sort
            .keys
            .iter()
            .map(|key| self.key(*key, &rows, matcher))
            .collect();
        let id = |row| self.roster().value(row, Column::Id);
        let by_id = |a: u32, b: u32| match ids {
            Some(sorted) => sorted.rank(a).cmp(&sorted.rank(b)),
            None => {
                let folded = |row| id(row).map_or((true, "".into()), |id| (false, fold(id)));
                folded(a).cmp(&folded(b))
            }
        };
        let compare = |a: &u32, b: &u32| {
            let (row_a, row_b) = (rows[*a as usize], rows[*b as usize]);
            keys.iter()
                .map(|key| key.compare(*a, *b, row_a, row_b))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
                .then_with(|| by_id(row_a, row_b))
                .then_with(|| id(row_a).cmp(&id(row_b)))
                .then(row_a.cmp(&row_b))
        };
        let mut places: Vec<u32> = (0..self.roster().len()).take(rows.len()).collect();
        let page = part(&mut places, page, compare);
        page.iter().map(|&place| rows[place as usize]).collect()
    }

    fn key(self, key: SortKey, rows: &[u32], matcher: &Matcher) -> Key<'r> {
        let (field, descending) = match key {
            SortKey::Score => {
                let scores = rows.iter().map(|&row| matcher.score(&self.row(row)));
                return Key::Scores(scores.collect());
            }
            SortKey::Field { field, descending } => (field, descending),
        };
        match self.ranked(field, rows.len()) {
            Some(ranked) => Key::Ranks(ranked, descending),
            None => {
                let value = |&row| SortValue::of(&self.row(row), field, descending);
                Key::Values(rows.iter().map(value).collect(), descending)
            }
        }
    }
}

/// A page in the order of the rows.
fn by_row(found: &RoaringBitmap, descending: bool, page: Range<usize>) -> Vec<u32> {
    let mut rows = found.iter();
    let last = usize::try_from(found.len()).unwrap_or(usize::MAX) - 1;
    let first = if descending {
        last - page.start
    } else {
        page.start
    };
    let Some(first) = u32::try_from(first)
        .ok()
        .and_then(|first| found.select(first))
    else {
        return Vec::new();
    };
    if descending {
        rows.advance_back_to(first);
        rows.rev().take(page.len()).collect()
    } else {
        rows.advance_to(first);
        rows.take(page.len()).collect()
    }
}

/// A page in the order of ranks; rows of one rank by row.
fn by_rank(
    found: &RoaringBitmap,
    ranked: &Ranked<'_>,
    descending: bool,
    page: Range<usize>,
) -> Vec<u32> {
    let turned = |row| match ranked.rank(row) {
        MISSING => MISSING,
        rank if descending => MISSING - 1 - rank,
        rank => rank,
    };
    let mut keys: Vec<u64> = found
        .iter()
        .map(|row| u64::from(turned(row)) << 32 | u64::from(row))
        .collect();
    let page = part(&mut keys, page, u64::cmp);
    let row = |key: &u64| u32::try_from(key & u64::from(u32::MAX)).unwrap_or(u32::MAX);
    page.iter().map(row).collect()
}

/// The part of `all` that would be at these places if all of it were put in order.
fn part<T>(all: &mut [T], places: Range<usize>, compare: impl Fn(&T, &T) -> Ordering) -> &mut [T] {
    let (mut part, count) = (all, places.len());
    if places.end < part.len() {
        part.select_nth_unstable_by(places.end, &compare);
        part = &mut part[..places.end];
    }
    if places.start > 0 && places.start < part.len() {
        part.select_nth_unstable_by(places.start, &compare);
        part = &mut part[places.start..];
    }
    part.sort_unstable_by(&compare);
    let count = count.min(part.len());
    &mut part[..count]
}

/// What rows are ranked by.
enum Ranked<'r> {
    Column(&'r ColumnData, &'r Sorted),
    /// By code of `manager.id`.
    Manager(&'r ColumnData, Vec<u32>),
}

impl Ranked<'_> {
    #[inline]
    fn rank(&self, row: u32) -> u32 {
        match self {
            Self::Column(data, sorted) => match data.code(row) {
                0 => MISSING,
                code => sorted.rank(code - 1),
            },
            Self::Manager(data, ranks) => ranks[data.code(row) as usize],
        }
    }
}

/// One sort key over the rows found; those with values of their own are addressed by place.
enum Key<'r> {
    Scores(Vec<u32>),
    Ranks(Ranked<'r>, bool),
    Values(Vec<Option<SortValue>>, bool),
}

impl Key<'_> {
    fn compare(&self, place_a: u32, place_b: u32, row_a: u32, row_b: u32) -> Ordering {
        let turn = |order: Ordering, descending| if descending { order.reverse() } else { order };
        match self {
            Self::Scores(scores) => scores[place_b as usize].cmp(&scores[place_a as usize]),
            Self::Ranks(ranked, descending) => match (ranked.rank(row_a), ranked.rank(row_b)) {
                (MISSING, MISSING) => Ordering::Equal,
                (MISSING, _) => Ordering::Greater,
                (_, MISSING) => Ordering::Less,
                (a, b) => turn(a.cmp(&b), *descending),
            },
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
