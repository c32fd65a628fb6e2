//! What is worked out of one roster for this feed, and kept as long as the roster is.

use std::{ops::Range, sync::OnceLock};

use bytes::Bytes;
use headcount_core::{
    field::Projection,
    segment::{People, PeopleBuilder},
};
use headcount_store::{Store, StoreError};
use roaring::RoaringBitmap;

use super::{sets::Set, value::Grid};
use crate::kept::Kept;

/// What callers limited to some divisions see; `None`: all of it.
pub(crate) type Limits = Option<Vec<String>>;

/// Rows in sight, as a set and in order.
pub(crate) type InSight = (RoaringBitmap, Vec<u32>);

/// Answers kept, by question. Each is as long as what it tells.
const ANSWERS: usize = 8;
/// Kinds of callers of whom something is kept.
const CALLERS: usize = 4;

/// What is kept of one roster.
#[derive(Debug)]
pub(crate) struct Shelf {
    /// Every version until the roster's snapshot.
    pub(crate) history: Kept<(), History>,
    /// Rows in sight.
    pub(crate) rows: Kept<Limits, Vec<u32>>,
    /// Versions in sight.
    pub(crate) versions: Kept<Limits, InSight>,
    /// Users as they are sent, and who is meant by them.
    pub(crate) users: Kept<Limits, Blocks>,
    /// Small sets.
    pub(crate) grids: Kept<(Set, Limits), Grid>,
    /// Everybody with every manager above: rows of user and manager, levels between them.
    pub(crate) chains: Kept<Limits, Vec<(u32, u32, u32)>>,
    /// Rows that a question tells.
    pub(crate) chosen: Kept<(Set, Limits, String), Vec<u32>>,
    /// Groups that a question tells.
    pub(crate) groups: Kept<(Set, Limits, String), Grid>,
}

/// Every version of every user, as they were known at one snapshot.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) people: People,
    /// When each version gave way, ms UTC.
    valid_to: Vec<Option<i64>>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self {
            history: Kept::new(1),
            rows: Kept::new(CALLERS),
            versions: Kept::new(CALLERS),
            users: Kept::new(CALLERS),
            grids: Kept::new(ANSWERS),
            chains: Kept::new(CALLERS),
            chosen: Kept::new(ANSWERS),
            groups: Kept::new(ANSWERS),
        }
    }
}

impl History {
    /// What was known at `until_ms`, when a snapshot was published: later ones change nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub(crate) fn load(store: &dyn Store, org: &str, until_ms: i64) -> Result<Self, StoreError> {
        let mut people = PeopleBuilder::new(Projection::columns());
        let mut valid_to = Vec::new();
        store.versions(org, &Projection::columns(), &mut |version| {
            if version.valid_from <= until_ms {
                valid_to.push(version.valid_to.filter(|to| *to <= until_ms));
                people.push(version);
            }
        })?;
        Ok(Self {
            people: people.finish(i64::MAX),
            valid_to,
        })
    }

    /// When a version gave way, ms UTC; `None` while it holds.
    pub(crate) fn valid_to(&self, row: u32) -> Option<i64> {
        self.valid_to[row as usize]
    }
}

/// Rows in a block.
const BLOCK: usize = 512;

/// Rows as they are sent, written when they are first asked for.
#[derive(Debug)]
pub(crate) struct Blocks(Vec<OnceLock<Block>>);

#[derive(Debug)]
struct Block {
    /// Rows with commas between them.
    bytes: Bytes,
    /// Where each row ends.
    ends: Vec<u32>,
}

impl Blocks {
    /// Blocks of so many rows, all of them still to be written.
    pub(crate) fn new(rows: u32) -> Self {
        let blocks = (rows as usize).div_ceil(BLOCK);
        Self((0..blocks).map(|_| OnceLock::new()).collect())
    }

    /// Whether all of these rows are written.
    pub(crate) fn are_written(&self, rows: &Range<u32>) -> bool {
        let (first, last) = (
            rows.start as usize / BLOCK,
            (rows.end as usize).div_ceil(BLOCK),
        );
        self.0[first.min(last)..last]
            .iter()
            .all(|block| block.get().is_some())
    }

    /// Hands over these rows in pieces, with commas between them. `write` appends one row; `all` is
    /// how many there are.
    pub(crate) fn pieces(
        &self,
        rows: Range<u32>,
        all: u32,
        write: impl Fn(&mut Vec<u8>, u32),
        mut each: impl FnMut(Bytes),
    ) {
        let mut at = rows.start as usize;
        let end = rows.end as usize;
        while at < end {
            let number = at / BLOCK;
            let first = number * BLOCK;
            let block = self.0[number]
                .get_or_init(|| Block::written(first..(first + BLOCK).min(all as usize), &write));
            let last = end.min(first + block.ends.len());
            let from = match at - first {
                0 => 0,
                place => block.ends[place - 1] as usize + 1,
            };
            each(
                block
                    .bytes
                    .slice(from..block.ends[last - first - 1] as usize),
            );
            at = last;
        }
    }
}

impl Block {
    fn written(rows: Range<usize>, write: impl Fn(&mut Vec<u8>, u32)) -> Self {
        let (mut bytes, mut ends) = (Vec::new(), Vec::with_capacity(rows.len()));
        for row in rows {
            if !ends.is_empty() {
                bytes.push(b',');
            }
            write(&mut bytes, u32::try_from(row).unwrap_or(u32::MAX));
            ends.push(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        }
        bytes.shrink_to_fit();
        Self {
            bytes: bytes.into(),
            ends,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_rows_wherever_they_begin() {
        let all = 1_300;
        let blocks = Blocks::new(all);
        let write = |out: &mut Vec<u8>, row: u32| out.extend_from_slice(row.to_string().as_bytes());
        for rows in [
            0..0,
            0..1,
            5..9,
            511..513,
            0..512,
            512..1_024,
            3..1_300,
            1_299..1_300,
        ] {
            let mut pieces = Vec::new();
            blocks.pieces(rows.clone(), all, write, |piece| pieces.push(piece));
            let told = pieces.join(&b","[..]);
            let wanted: Vec<String> = rows.clone().map(|row| row.to_string()).collect();
            assert_eq!(String::from_utf8(told).unwrap(), wanted.join(","));
            assert!(blocks.are_written(&rows));
        }
        assert!(!Blocks::new(all).are_written(&(0..1)));
    }
}
