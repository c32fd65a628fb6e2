//! Sets of rows on their way from an index to an answer.

use std::borrow::Cow;

use roaring::{MultiOps, RoaringBitmap};

/// Rows, as the index has them.
#[derive(Debug)]
pub(super) enum Set<'r> {
    /// The rows of all these sets.
    Sets(Vec<&'r RoaringBitmap>),
    /// The rows of all these lists, none of which shares a row with another.
    Runs(Vec<&'r [u32]>),
    /// These rows.
    Rows(RoaringBitmap),
    /// No others than these; each has to be asked.
    Perhaps(RoaringBitmap),
    /// Any row; each has to be asked.
    Unknown,
}

impl<'r> Set<'r> {
    /// How many rows at most, of `all` there are.
    pub(super) fn most(&self, all: u64) -> u64 {
        match self {
            Self::Sets(sets) => sets.iter().map(|set| set.len()).sum::<u64>().min(all),
            Self::Runs(runs) => runs.iter().map(|run| run.len() as u64).sum(),
            Self::Rows(rows) | Self::Perhaps(rows) => rows.len(),
            Self::Unknown => all,
        }
    }

    /// The rows, if they are known; `all` rows there are.
    pub(super) fn rows(&self, all: u32) -> Option<Cow<'_, RoaringBitmap>> {
        Some(match self {
            Self::Sets(sets) => match &sets[..] {
                [one] => Cow::Borrowed(*one),
                sets => Cow::Owned(sets.iter().copied().union()),
            },
            Self::Runs(runs) => Cow::Owned(of_runs(runs, all)),
            Self::Rows(rows) => Cow::Borrowed(rows),
            Self::Perhaps(_) | Self::Unknown => return None,
        })
    }
}

/// The rows of lists in any order.
fn of_runs(runs: &[&[u32]], all: u32) -> RoaringBitmap {
    /// Up to one row in so many, sorting them is quicker than a bit for every row there is.
    const SPARSE: usize = 256;
    let count: usize = runs.iter().map(|run| run.len()).sum();
    if count < 32 || count < all as usize / SPARSE {
        let mut rows = runs.concat();
        rows.sort_unstable();
        return rows.into_iter().collect();
    }
    let mut bytes = vec![0_u8; (all as usize).div_ceil(8)];
    for &row in runs.iter().copied().flatten() {
        bytes[row as usize / 8] |= 1 << (row % 8);
    }
    RoaringBitmap::from_lsb0_bytes(0, &bytes)
}

/// The rows below `count` of which `holds` is true.
pub(super) fn bitmap_where(count: usize, holds: impl Fn(usize) -> bool) -> RoaringBitmap {
    let bytes: Vec<u8> = (0..count.div_ceil(8))
        .map(|byte| {
            let rows = byte * 8..(byte * 8 + 8).min(count);
            rows.fold(0, |bits, row| bits | u8::from(holds(row)) << (row % 8))
        })
        .collect();
    RoaringBitmap::from_lsb0_bytes(0, &bytes)
}
