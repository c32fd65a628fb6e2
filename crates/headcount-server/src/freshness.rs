//! How old an answer is, and whether the caller has it already.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::response::{IntoResponse, Response};
use hyper::{
    HeaderMap, StatusCode,
    header::{
        AGE, CACHE_CONTROL, ETAG, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
        VARY,
    },
};

/// Tells one state of a resource from another: which snapshot, and who may see how much of it.
/// The URL tells the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Freshness {
    etag: String,
    published_ms: i64,
    now_ms: i64,
    /// Whether nothing but the snapshot changes the answer, so that its date tells one state from
    /// another.
    dated: bool,
}

impl Freshness {
    /// Of a snapshot, as somebody limited to `divisions` sees it now. `erased` is what
    /// [`headcount_store::Heads`] told when it was read.
    pub(crate) fn new(
        org: &str,
        (snapshot, published_ms): (i64, i64),
        erased: i64,
        past: bool,
        divisions: Option<&[String]>,
        now_ms: i64,
    ) -> Self {
        // It need only differ: whoever may see more or less has another answer.
        let mut seen = DefaultHasher::new();
        (org, divisions, erased).hash(&mut seen);
        let seen = seen.finish();
        let past = if past { "p" } else { "" };
        Self {
            // Weak: packed with gzip or zstd, the bytes differ.
            etag: format!("W/\"{snapshot}{past}.{seen:016x}\""),
            published_ms,
            now_ms,
            // The same snapshot is another one once somebody is forgotten.
            dated: erased == 0,
        }
    }

    /// The same of an answer that something else changes too, of which `state` tells the state: a
    /// newer one may be of the same snapshot, and only the tag tells.
    pub(crate) fn with_state(self, state: u64) -> Self {
        let tag = self.etag.trim_end_matches('"');
        Self {
            etag: format!("{tag}.{state:016x}\""),
            dated: false,
            ..self
        }
    }

    /// The same of an answer in CSV, which is another one than that in JSON.
    pub(crate) fn in_csv(self) -> Self {
        let tag = self.etag.trim_end_matches('"');
        Self {
            etag: format!("{tag}.csv\""),
            ..self
        }
    }

    /// 304, for a caller who has this answer.
    pub(crate) fn not_modified(&self) -> Response {
        let mut answer = StatusCode::NOT_MODIFIED.into_response();
        self.tell(answer.headers_mut());
        answer
    }

    /// Whether the caller of a GET has this answer (RFC 9110: `If-None-Match` counts before the
    /// date).
    pub(crate) fn is_known(&self, headers: &HeaderMap) -> bool {
        if let Some(tags) = headers.get(IF_NONE_MATCH) {
            let weak = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
            let ours = weak(&self.etag);
            return tags.to_str().is_ok_and(|tags| {
                tags.split(',')
                    .any(|tag| tag.trim() == "*" || weak(tag) == ours)
            });
        }
        headers
            .get(IF_MODIFIED_SINCE)
            .filter(|_| self.dated)
            .and_then(|since| since.to_str().ok())
            .and_then(|since| httpdate::parse_http_date(since).ok())
            .is_some_and(|since| self.published() <= since)
    }

    /// Writes the headers.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let mut put = |name, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name, value);
            }
        };
        put(ETAG, self.etag.clone());
        if self.dated {
            put(LAST_MODIFIED, httpdate::fmt_http_date(self.published()));
        }
        put(AGE, (self.age_ms() / 1000).to_string());
        // Asked again each time, and answered with 304 while nothing changed.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.append(VARY, HeaderValue::from_static("authorization, accept"));
    }

    fn age_ms(&self) -> i64 {
        self.now_ms.saturating_sub(self.published_ms).max(0)
    }

    /// When the snapshot was published, to the second, as HTTP dates are.
    fn published(&self) -> SystemTime {
        let seconds = u64::try_from(self.published_ms).unwrap_or(0) / 1000;
        UNIX_EPOCH + Duration::from_secs(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn freshness(divisions: Option<&[String]>) -> Freshness {
        Freshness::new(
            "org",
            (7, 1_700_000_000_500),
            0,
            false,
            divisions,
            1_700_000_090_000,
        )
    }

    fn asked(name: hyper::header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn known_by_tag_or_else_by_date() {
        let fresh = freshness(None);
        let mut headers = HeaderMap::new();
        fresh.tell(&mut headers);
        assert_eq!(headers[AGE], "89");
        let tag = headers[ETAG].to_str().unwrap();
        assert!(fresh.is_known(&asked(IF_NONE_MATCH, tag)));
        assert!(fresh.is_known(&asked(IF_NONE_MATCH, &format!("\"x\", {tag}"))));
        assert!(fresh.is_known(&asked(IF_NONE_MATCH, "*")));
        assert!(!fresh.is_known(&asked(IF_NONE_MATCH, "\"7\"")));
        let date = headers[LAST_MODIFIED].to_str().unwrap();
        assert!(fresh.is_known(&asked(IF_MODIFIED_SINCE, date)));
        assert!(!fresh.is_known(&asked(IF_MODIFIED_SINCE, "Sat, 29 Oct 1994 19:43:31 GMT")));
        let mut both = asked(IF_NONE_MATCH, "\"other\"");
        both.insert(IF_MODIFIED_SINCE, headers[LAST_MODIFIED].clone());
        assert!(!fresh.is_known(&both), "the tag counts before the date");
        assert!(!fresh.is_known(&HeaderMap::new()));
    }

    #[test]
    fn what_changes_without_a_snapshot_is_told_by_its_tag_alone() {
        let (one, other) = (freshness(None).with_state(1), freshness(None).with_state(2));
        assert_ne!(one.etag, other.etag);
        assert_eq!(one.etag.matches('"').count(), 2, "{}", one.etag);
        let mut headers = HeaderMap::new();
        one.tell(&mut headers);
        assert!(!headers.contains_key(LAST_MODIFIED));
        assert!(one.is_known(&asked(IF_NONE_MATCH, &one.etag)));
        let date = "Fri, 29 Oct 2094 19:43:31 GMT";
        assert!(!one.is_known(&asked(IF_MODIFIED_SINCE, date)));
    }

    #[test]
    fn who_sees_less_has_another_tag() {
        let limited = ["d".to_owned()];
        assert_ne!(freshness(None).etag, freshness(Some(&limited)).etag);
        assert_ne!(freshness(None).etag, freshness(Some(&[])).etag);
    }
}
