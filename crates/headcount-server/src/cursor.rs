//! Where a listing goes on, as a text that callers hand back.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

/// A place in a listing, made fit for a link.
pub(crate) fn write<C: Serialize>(cursor: &C) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(cursor).unwrap_or_default())
}

/// The place that a text names; `None` where it was not made by [`write`].
pub(crate) fn read<C: DeserializeOwned>(text: &str) -> Option<C> {
    let json = BASE64_URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .ok()?;
    serde_json::from_slice(&json).ok()
}
