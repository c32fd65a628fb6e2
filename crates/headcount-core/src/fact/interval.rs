//! An interval as upstream writes it: `start/end`.

use std::{fmt, str::FromStr};

use jiff::Timestamp;

/// A stretch of time, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interval {
    /// Start, ms UTC.
    pub start_ms: i64,
    /// End, ms UTC, after the start.
    pub end_ms: i64,
}

/// Why a text is not an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IntervalError {
    /// Not two times with a slash between them.
    #[error(
        "an interval is two times with a slash between them, as 2026-11-17T00:00Z/2026-11-24T00:00Z"
    )]
    Form,
    /// One of the times can't be read.
    #[error(
        "the {0} of the interval is not an ISO-8601 time with an offset, as 2026-11-17T00:00:00.000Z"
    )]
    Time(&'static str),
    /// It ends where it starts, or before.
    #[error("the interval ends before it starts, or is empty")]
    Reversed,
}

impl Interval {
    /// True when all of `other` lies inside.
    #[must_use]
    pub fn holds(self, other: Self) -> bool {
        self.start_ms <= other.start_ms && other.end_ms <= self.end_ms
    }
}

impl FromStr for Interval {
    type Err = IntervalError;

    /// Reads `start/end`, ISO-8601 with any offset. Parts of a ms are dropped.
    fn from_str(text: &str) -> Result<Self, IntervalError> {
        let (start, end) = text.trim().split_once('/').ok_or(IntervalError::Form)?;
        let read = |text: &str, which| match text.trim().parse::<Timestamp>() {
            Ok(time) => Ok(time.as_millisecond()),
            Err(_) => Err(IntervalError::Time(which)),
        };
        let (start_ms, end_ms) = (read(start, "start")?, read(end, "end")?);
        if start_ms >= end_ms {
            return Err(IntervalError::Reversed);
        }
        Ok(Self { start_ms, end_ms })
    }
}

impl fmt::Display for Interval {
    /// As upstream writes it: UTC, with ms.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |ms| Timestamp::from_millisecond(ms).unwrap_or_default();
        write!(f, "{:.3}/{:.3}", time(self.start_ms), time(self.end_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_offsets_and_writes_utc() {
        let same = "2026-11-17T00:00:00.000Z/2026-11-24T00:00:00.000Z";
        for text in [
            same,
            "2026-11-17T00:00Z/2026-11-24T00:00Z",
            "2026-11-17T03:00:00+03:00/2026-11-24T00:00:00.000Z",
            " 2026-11-16T19:00:00-05:00 / 2026-11-24T00:00:00.0009Z ",
        ] {
            assert_eq!(
                text.parse::<Interval>().unwrap().to_string(),
                same,
                "{text}"
            );
        }
    }

    #[test]
    fn refuses_what_is_no_interval() {
        let read = |text: &str| text.parse::<Interval>().unwrap_err();
        assert_eq!(read(""), IntervalError::Form);
        assert_eq!(read("2026-11-17T00:00Z"), IntervalError::Form);
        assert_eq!(
            read("2026-11-17/2026-11-24T00:00Z"),
            IntervalError::Time("start")
        );
        assert_eq!(
            read("2026-11-17T00:00Z/2026-11-24T00:00"),
            IntervalError::Time("end")
        );
        assert_eq!(
            read("2026-11-17T00:00Z/2026-11-17T00:00Z"),
            IntervalError::Reversed
        );
        assert_eq!(
            read("2026-11-17T00:00Z/2026-11-16T00:00Z"),
            IntervalError::Reversed
        );
    }
}
