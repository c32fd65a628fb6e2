//! Facts: fetched day by day, or taken from files, and kept beside the store.

pub(crate) mod pull;
