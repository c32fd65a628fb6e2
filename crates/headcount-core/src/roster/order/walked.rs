//! Going through a column in its order, and picking who was found until the page is full.

use std::ops::Range;

use roaring::RoaringBitmap;

use super::by_row;
use crate::{
    field::Field,
    roster::{
        View,
        rows::Set,
        sorted::{MISSING, Sorted},
    },
    search::{matcher::Node, value_test::Test},
};

impl View<'_> {
    /// Goes through a column in its order and picks who was found; nothing where ranking those
    /// found is less work. All of them pass `test` there, if there is one: then only the places of
    /// those who do are gone through.
    pub(super) fn walked(
        self,
        found: &RoaringBitmap,
        field: Field,
        test: Option<&Test>,
        descending: bool,
        page: &Range<usize>,
    ) -> Option<Vec<u32>> {
        /// Looking into the set of one value costs about as much as ranking this many rows.
        const ROWS_A_VALUE: u64 = 8;
        let data = self.roster().column(field.column()?)?;
        let count = found.len();
        let sorted = data.sorted_for(usize::try_from(count).unwrap_or(usize::MAX))?;
        let mut patience = u64::MAX;
        let mut open = 0..sorted.len();
        if data.is_by_row() {
            let wanted = page.end as u64;
            let steps = match test.and_then(|test| data.stretch(test)) {
                Some(stretch) => {
                    let steps = wanted * stretch.len() as u64 / count.max(1);
                    open = stretch;
                    steps
                }
                None => steps(found, sorted, descending, wanted),
            };
            if steps > count * 2 + PAGE {
                return None;
            }
            // The guess may be far off; so much in vain is little beside ranking all.
            patience = steps * 2 + count / 2 + PAGE;
            if !descending {
                let rows = self.roster().len();
                return picked(found, sorted, open, page, patience, rows);
            }
        } else if count < data.distinct() as u64 * ROWS_A_VALUE {
            return None;
        }
        let mut taker = Taker::of(page);
        for places in groups(sorted, descending, open) {
            if taker.is_full() {
                break;
            }
            if data.is_by_row() {
                for place in places {
                    let row = sorted.at(place);
                    if found.contains(row) {
                        taker.take(row);
                        if taker.is_full() {
                            break;
                        }
                    }
                    patience = patience.checked_sub(1)?;
                }
                continue;
            }
            let entries: Vec<u32> = places.map(|place| sorted.at(place)).collect();
            let set = data.rows_of_entries(&entries);
            if let Set::Sets(sets) = &set
                && let [one] = &sets[..]
                && taker.passes_over(one.intersection_len(found))
            {
                continue;
            }
            taker.take_all(&(&*set.rows(self.roster().len())? & found));
        }
        if !taker.is_full() {
            taker.take_all(&(found - data.present()));
        }
        Some(taker.rows)
    }
}

/// Looking at so many rows costs nothing worth saving.
const PAGE: u64 = 100;

/// What all who match pass in a field, if the criteria say such a thing.
pub(super) fn conjunct(node: &Node, field: Field) -> Option<&Test> {
    match node {
        Node::And(nodes) => nodes.iter().find_map(|node| conjunct(node, field)),
        Node::Or(nodes) if nodes.len() == 1 => conjunct(&nodes[0], field),
        Node::Leaf(leaf) if leaf.field == field => Some(&leaf.test),
        _ => None,
    }
}

/// Goes through these places in order and picks who was found; nothing where that takes more steps
/// than there is `patience`. Equal values stand in the order of their rows.
fn picked(
    found: &RoaringBitmap,
    sorted: &Sorted,
    places: Range<u32>,
    page: &Range<usize>,
    patience: u64,
    rows: u32,
) -> Option<Vec<u32>> {
    /// From so many steps on, bits that can be tested at once are worth laying out.
    const MANY: u64 = 8192;
    let mut bits = Vec::new();
    if patience > MANY {
        bits = vec![0_u64; (rows as usize).div_ceil(64)];
        found
            .iter()
            .for_each(|row| bits[row as usize / 64] |= 1 << (row % 64));
    }
    let is_found = |row: u32| match bits.get(row as usize / 64) {
        Some(word) => word >> (row % 64) & 1 == 1,
        None => found.contains(row),
    };
    let (mut skip, mut taken) = (page.start, Vec::with_capacity(page.len()));
    for place in places.take(usize::try_from(patience).unwrap_or(usize::MAX)) {
        let row = sorted.at(place);
        if !is_found(row) {
            continue;
        }
        if skip > 0 {
            skip -= 1;
            continue;
        }
        taken.push(row);
        if taken.len() == page.len() {
            return Some(taken);
        }
    }
    None
}

/// How many values to go through, about, until so many of the rows `found` were met. They may stand
/// together somewhere in the order (all names with one beginning), which a few of them tell.
fn steps(found: &RoaringBitmap, sorted: &Sorted, descending: bool, wanted: u64) -> u64 {
    const SAMPLES: u64 = 8;
    let count = found.len();
    let all = u64::from(sorted.len());
    let last = u64::from(
        sorted
            .len()
            .checked_sub(1)
            .map_or(0, |last| sorted.rank(sorted.at(last))),
    );
    let ranks = (0..SAMPLES)
        .filter_map(|sample| found.select(u32::try_from(sample * (count - 1) / SAMPLES).ok()?))
        .map(|row| sorted.rank(row))
        .filter(|rank| *rank != MISSING)
        .map(|rank| {
            if descending {
                last - u64::from(rank)
            } else {
                u64::from(rank)
            }
        });
    let (least, most) = ranks.fold((last, 0), |(least, most), rank| {
        (least.min(rank), most.max(rank))
    });
    let span = most.saturating_sub(least) * all / (last + 1);
    // The least of a few is not the least of all: of evenly spread ones it is about a step above.
    let before = (least * all / (last + 1)).saturating_sub(span / SAMPLES * 2);
    before + wanted.min(count) * span.max(1) / count
}

/// The places of equal values, value after value.
fn groups(
    sorted: &Sorted,
    descending: bool,
    mut open: Range<u32>,
) -> impl Iterator<Item = Range<u32>> {
    let rank = |place| sorted.rank(sorted.at(place));
    std::iter::from_fn(move || {
        if open.is_empty() {
            return None;
        }
        let mut group = if descending {
            open.end - 1..open.end
        } else {
            open.start..open.start + 1
        };
        let same = rank(group.start);
        if descending {
            while group.start > open.start && rank(group.start - 1) == same {
                group.start -= 1;
            }
            open.end = group.start;
        } else {
            while group.end < open.end && rank(group.end) == same {
                group.end += 1;
            }
            open.start = group.end;
        }
        Some(group)
    })
}

/// Fills a page from rows that come in order.
struct Taker {
    skip: u64,
    wanted: usize,
    rows: Vec<u32>,
}

impl Taker {
    fn of(page: &Range<usize>) -> Self {
        Self {
            skip: page.start as u64,
            wanted: page.len(),
            rows: Vec::with_capacity(page.len()),
        }
    }

    fn is_full(&self) -> bool {
        self.rows.len() == self.wanted
    }

    fn take(&mut self, row: u32) {
        if self.skip > 0 {
            self.skip -= 1;
        } else if !self.is_full() {
            self.rows.push(row);
        }
    }

    /// Whether so many rows all lie in front of the page; then they are behind us.
    fn passes_over(&mut self, count: u64) -> bool {
        let all = count <= self.skip;
        if all {
            self.skip -= count;
        }
        all
    }

    fn take_all(&mut self, rows: &RoaringBitmap) {
        let count = rows.len();
        if count == 0 || self.passes_over(count) {
            return;
        }
        let start = usize::try_from(self.skip).unwrap_or(usize::MAX);
        let end = start + (self.wanted - self.rows.len());
        let end = end.min(usize::try_from(count).unwrap_or(usize::MAX));
        self.skip = 0;
        self.rows.extend(by_row(rows, false, start..end));
    }
}
