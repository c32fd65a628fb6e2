//! Texts by their digests: a number in place of a text, and tables of such numbers.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use xxhash_rust::xxh3::xxh3_64;

use crate::search::text::fold;

/// A table by digest. Two of a million texts have the same digest once in thirty million orgs.
pub(super) type ByDigest<V> = HashMap<u64, V, BuildHasherDefault<AsItIs>>;

/// Takes a digest as its own hash, which it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64(bytes);
    }

    fn write_u64(&mut self, digest: u64) {
        self.0 = digest;
    }
}

/// A digest of a user id, the same in any case.
pub(super) fn id_digest(id: &str) -> u64 {
    xxh3_64(fold(id).as_bytes())
}
