//! What a browser is told with every answer of the page.

use hyper::{
    HeaderMap,
    header::{CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_FRAME_OPTIONS},
};

/// Nothing but our own files, no script or style that stands in a page, no frame of others around
/// it, no form to elsewhere.
pub(crate) const POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Puts the guards of the page on an answer.
pub(crate) fn guard(headers: &mut HeaderMap) {
    let guards = [
        (CONTENT_SECURITY_POLICY, POLICY),
        // Links out of the page tell nobody where they were.
        (REFERRER_POLICY, "same-origin"),
        (X_FRAME_OPTIONS, "DENY"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in guards {
        headers.insert(name, HeaderValue::from_static(value));
    }
}
