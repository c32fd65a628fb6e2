//! The order of the values of a column: what makes equality, beginnings, ranges and `sortBy` a
//! matter of binary search.

use std::{cmp::Ordering, ops::Range};

use super::values::Values;
use crate::{field::Kind, search::sort::SortValue};

/// Rank of a value that sorts behind all others: a missing one.
pub(super) const MISSING: u32 = u32::MAX;

/// Entries in the order of their values, equal ones in their own order.
#[derive(Debug)]
pub(super) enum Sorted {
    /// They come so by themselves, each value once: the ids of a roster out of the store.
    AsTheyAre(u32),
    /// By permutation.
    By {
        /// Entries that have a value, the least first.
        order: Vec<u32>,
        /// Place of each entry among the distinct values; [`MISSING`] for none.
        ranks: Vec<u32>,
    },
}

impl Sorted {
    /// Puts `values` in order; those that differ in nothing but their case by their text, if
    /// `to_the_letter`, before they go by number.
    pub(super) fn of(values: &Values, to_the_letter: bool) -> Self {
        let count = u32::try_from(values.len()).unwrap_or(u32::MAX);
        if values.kind() == Kind::Number {
            return Self::of_numbers(values, count);
        }
        let ascending = (0..count).all(|entry| {
            !values.text(entry).is_empty()
                && (entry == 0 || *values.folded(entry - 1) < *values.folded(entry))
        });
        if ascending {
            return Self::AsTheyAre(count);
        }
        // Most comparisons are decided by the first bytes, beside the entry and not out in memory.
        let mut keys: Vec<(u64, u32)> = (0..count)
            .filter(|&entry| !values.text(entry).is_empty())
            .map(|entry| (first_bytes(&values.folded(entry)), entry))
            .collect();
        keys.sort_unstable_by(|a, b| {
            let full = || {
                values
                    .folded(a.1)
                    .cmp(&values.folded(b.1))
                    .then_with(|| match to_the_letter {
                        true => values.text(a.1).cmp(values.text(b.1)),
                        false => Ordering::Equal,
                    })
            };
            a.0.cmp(&b.0).then_with(full).then(a.1.cmp(&b.1))
        });
        let order: Vec<u32> = keys.into_iter().map(|(_, entry)| entry).collect();
        Self::ranked(order, values.len(), |a, b| {
            values.folded(a) == values.folded(b)
        })
    }

    fn of_numbers(values: &Values, count: u32) -> Self {
        let read = |entry| SortValue::read(Kind::Number, values.text(entry));
        let mut keys: Vec<(SortValue, u32)> = (0..count)
            .filter_map(|entry| Some((read(entry)?, entry)))
            .collect();
        keys.sort_by(|a, b| a.0.order(&b.0));
        let order = keys.into_iter().map(|(_, entry)| entry).collect();
        Self::ranked(order, values.len(), |a, b| read(a) == read(b))
    }

    fn ranked(order: Vec<u32>, entries: usize, same: impl Fn(u32, u32) -> bool) -> Self {
        let mut ranks = vec![MISSING; entries];
        let mut rank = 0;
        for (at, &entry) in order.iter().enumerate() {
            if at > 0 && !same(order[at - 1], entry) {
                rank += 1;
            }
            ranks[entry as usize] = rank;
        }
        Self::By { order, ranks }
    }

    /// Entries that have a value.
    pub(super) fn len(&self) -> u32 {
        match self {
            Self::AsTheyAre(count) => *count,
            Self::By { order, .. } => u32::try_from(order.len()).unwrap_or(u32::MAX),
        }
    }

    /// The entry at a place of the order.
    #[inline]
    pub(super) fn at(&self, place: u32) -> u32 {
        match self {
            Self::AsTheyAre(_) => place,
            Self::By { order, .. } => order[place as usize],
        }
    }

    /// The entries at these places; `None` where they are those numbers.
    pub(super) fn slice(&self, places: Range<u32>) -> Option<&[u32]> {
        match self {
            Self::AsTheyAre(_) => None,
            Self::By { order, .. } => Some(&order[places.start as usize..places.end as usize]),
        }
    }

    /// What an entry sorts by: the same number for equal values.
    #[inline]
    pub(super) fn rank(&self, entry: u32) -> u32 {
        match self {
            Self::AsTheyAre(_) => entry,
            Self::By { ranks, .. } => ranks[entry as usize],
        }
    }

    /// First place whose entry is not `before` what is looked for.
    pub(super) fn first(&self, before: impl Fn(u32) -> bool) -> u32 {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            if before(self.at(middle)) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// The first eight bytes, such that they compare as the text does.
fn first_bytes(text: &str) -> u64 {
    let mut bytes = [0; 8];
    let count = text.len().min(8);
    bytes[..count].copy_from_slice(&text.as_bytes()[..count]);
    u64::from_be_bytes(bytes)
}
