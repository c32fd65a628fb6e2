//! A certificate as the fetcher writes it. Members that are not there are as nothing, so that those
//! of other versions can be read too.

use jiff::Timestamp;
use serde::Deserialize;

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Certificate {
    pub(super) way: String,
    #[serde(default)]
    pub(super) users: u64,
    #[serde(default)]
    pub(super) total_before: Option<u64>,
    #[serde(default)]
    pub(super) total_after: Option<u64>,
    #[serde(default)]
    pub(super) movement: Movement,
    #[serde(default)]
    pub(super) passes: u32,
    #[serde(default)]
    pub(super) parts: Vec<Part>,
    #[serde(default)]
    pub(super) passed_over: Vec<PassedOver>,
    #[serde(default)]
    pub(super) verified: Option<Verified>,
    #[serde(default)]
    finished: Option<String>,
    #[serde(default)]
    pub(super) resumed: bool,
    #[serde(default)]
    pub(super) requests: u64,
    #[serde(default)]
    pub(super) retries: u64,
    #[serde(default)]
    pub(super) throttled: u64,
    #[serde(default)]
    pub(super) bytes: u64,
}

/// How much the count of upstream moved meanwhile.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Movement {
    pub(super) rises: u64,
    pub(super) falls: u64,
}

/// A part of the org that was read by itself.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Part {
    pub(super) part: String,
    pub(super) total: Option<u64>,
    pub(super) users: u64,
    pub(super) pages: u64,
    pub(super) again: u64,
}

/// A way that was tried and left.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PassedOver {
    pub(super) way: String,
    pub(super) why: String,
}

/// What a second listing showed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Verified {
    pub(super) listed: u64,
    pub(super) only_in_listing: u64,
    pub(super) only_in_search: u64,
}

impl Certificate {
    pub(super) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// When the last answer was kept. A snapshot that was held back was published later.
    pub(super) fn finished_ms(&self) -> Option<i64> {
        let finished: Timestamp = self.finished.as_deref()?.parse().ok()?;
        Some(finished.as_millisecond())
    }

    /// How the way proves that nobody is missing.
    pub(super) fn proof(&self) -> &'static str {
        match self.way.as_str() {
            "keyset" => "each answer shows the last user of the one before",
            "overlap" => "each page begins before the last one ended",
            "atomic" => "each part of the org came in one answer",
            "cursor" => "the listing names where it goes on, read until its end",
            _ => "see the certificate itself",
        }
    }

    /// Megabytes of answers.
    pub(super) fn megabytes(&self) -> f64 {
        self.bytes as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_other_versions_are_read_as_far_as_they_go() {
        let least = Certificate::parse(r#"{"way":"keyset","new":[1]}"#).unwrap();
        assert_eq!((least.users, least.parts.len()), (0, 0));
        assert_eq!(least.finished_ms(), None);
        let told = r#"{"way":"atomic","finished":"2026-11-28T03:00:01Z","movement":{"rises":1,"falls":2},
            "parts":[{"part":"all","total":null,"users":3,"pages":1,"again":0}]}"#;
        let told = Certificate::parse(told).unwrap();
        assert_eq!(told.finished_ms(), Some(1_795_834_801_000));
        assert_eq!((told.movement.falls, told.parts[0].users), (2, 3));
        for none in ["proved", "{}", "[]", ""] {
            assert!(Certificate::parse(none).is_none(), "{none}");
        }
    }
}
