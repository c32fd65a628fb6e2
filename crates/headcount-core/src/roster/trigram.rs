//! Where any three bytes stand: what makes `CONTAINS`, `TERM` and `QUERY_STRING` look at a few
//! values instead of all.
//!
//! Measured at a million names: going through all of them takes milliseconds, this well below one,
//! for about two bytes per letter. Bytes, not characters: a text stands in another one exactly if
//! its bytes do, in every script.

use roaring::RoaringBitmap;

use super::values::Values;

/// Entries by the three-byte sequences in their folded text.
#[derive(Debug)]
pub(super) struct Trigrams {
    keys: Vec<u32>,
    entries: Vec<RoaringBitmap>,
}

/// Fewer candidates than this are looked at rather than narrowed further.
const FEW: u64 = 8;

impl Trigrams {
    /// Bytes of a trigram.
    pub(super) const LENGTH: usize = 3;

    pub(super) fn of(values: &Values) -> Self {
        /// Trigrams there may be.
        const ALL: usize = 1 << 24;
        // Zeroed pages cost nothing until they are written to, and letters are near each other.
        let mut places = vec![0_u32; ALL];
        let mut keys: Vec<u32> = Vec::new();
        let mut entries: Vec<RoaringBitmap> = Vec::new();
        for entry in 0..u32::try_from(values.len()).unwrap_or(u32::MAX) {
            for key in of_text(&values.folded(entry)) {
                let place = &mut places[key as usize];
                if *place == 0 {
                    keys.push(key);
                    entries.push(RoaringBitmap::new());
                    *place = u32::try_from(keys.len()).unwrap_or(u32::MAX);
                }
                entries[*place as usize - 1].insert(entry);
            }
        }
        drop(places);
        let mut by_key: Vec<(u32, RoaringBitmap)> = keys.into_iter().zip(entries).collect();
        by_key.sort_unstable_by_key(|(key, _)| *key);
        // A copy is as large as it has to be; what grew is up to twice that.
        let trimmed = |(key, entries): (u32, RoaringBitmap)| (key, entries.clone());
        let (keys, entries) = by_key.into_iter().map(trimmed).unzip();
        Self { keys, entries }
    }

    /// The entries in which all of `parts` may stand; some may not have them. `None` if no part is
    /// long enough to tell.
    pub(super) fn candidates(&self, parts: &[&str]) -> Option<RoaringBitmap> {
        let mut keys: Vec<u32> = parts.iter().flat_map(|part| of_text(part)).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut sets = Vec::with_capacity(keys.len());
        for key in &keys {
            match self.keys.binary_search(key) {
                Ok(at) => sets.push((self.entries[at].len(), &self.entries[at])),
                Err(_) => return Some(RoaringBitmap::new()),
            }
        }
        sets.sort_unstable_by_key(|(len, _)| *len);
        let mut sets = sets.into_iter();
        let (_, first) = sets.next()?;
        let Some((_, second)) = sets.next() else {
            return Some(first.clone());
        };
        let mut found = first & second;
        for (_, set) in sets {
            if found.len() <= FEW {
                break;
            }
            found &= set;
        }
        Some(found)
    }
}

/// The trigrams of a text, as numbers.
fn of_text(text: &str) -> impl Iterator<Item = u32> {
    text.as_bytes()
        .windows(Trigrams::LENGTH)
        .map(|bytes| u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]]))
}
