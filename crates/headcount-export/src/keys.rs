//! Surrogate keys: numbers that follow from what they stand for, so that they are the same in every
//! export, and whoever joined last month's files to this month's finds the same rows.
//!
//! 53 bits: Power Query, spreadsheets and JavaScript keep such numbers exactly.

use std::collections::HashSet;

use xxhash_rust::xxh3::Xxh3Default;

const BITS: u64 = (1 << 53) - 1;

/// A key for each thing, given in the order in which things came up: of two that would share one,
/// the later is given another. What comes up later changes no earlier key. 0 is given to none.
pub(crate) fn keys<'a, P>(things: impl IntoIterator<Item = P>) -> Vec<i64>
where
    P: IntoIterator<Item = &'a [u8]> + Clone,
{
    let mut taken = HashSet::new();
    let key = |parts: P| {
        let mut attempt = 0_u64;
        loop {
            let mut digest = Xxh3Default::new();
            for part in parts.clone() {
                digest.update(&(part.len() as u64).to_le_bytes());
                digest.update(part);
            }
            digest.update(&attempt.to_le_bytes());
            let key = digest.digest() & BITS;
            if key != 0 && taken.insert(key) {
                return i64::try_from(key).unwrap_or_default();
            }
            attempt += 1;
        }
    };
    things.into_iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_follow_from_what_they_stand_for() {
        let of = |things: &[[&'static str; 2]]| {
            keys(things.iter().map(|parts| parts.map(str::as_bytes)))
        };
        let both = of(&[["a", "bc"], ["ab", "c"]]);
        assert_ne!(both[0], both[1], "where parts end counts");
        assert_eq!(of(&[["ab", "c"]]), both[1..]);
        // The same again stands for what shares a key with an earlier one.
        let again = of(&[["a", "bc"], ["a", "bc"]]);
        assert_eq!(again[0], both[0]);
        assert_ne!(again[0], again[1]);
        assert!(both.iter().all(|key| (1..1 << 53).contains(key)));
    }
}
