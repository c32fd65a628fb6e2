//! The one clock of the process. Libraries are given times; only the binary asks for them.

use jiff::Timestamp;

/// Now, in milliseconds since 1970 UTC.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the clock is read"
)]
pub(crate) fn now_ms() -> i64 {
    Timestamp::try_from(std::time::SystemTime::now()).map_or(0, Timestamp::as_millisecond)
}

/// A time for a person and for machines: RFC 3339 in UTC, to the millisecond, so that it can be given back as `--as-of`.
pub(crate) fn display_ms(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(
        |_| ms.to_string(),
        |time| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
    )
}
