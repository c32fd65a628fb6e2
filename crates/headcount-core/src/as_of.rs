//! "As of": a moment that a person names by a date or a time.

use std::fmt;

use jiff::{
    Timestamp,
    civil::{Date, Weekday},
    tz::TimeZone,
};

/// A moment, in milliseconds since 1970 UTC. The roster as of this moment is what the last
/// snapshot published at or before it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AsOf {
    /// Milliseconds since 1970 UTC.
    pub ms: i64,
}

/// A text that names no moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is neither a date nor a time")]
pub struct AsOfError {
    text: String,
}

impl AsOfError {
    /// What to write instead.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "write a date such as 2026-11-24, which means its last moment, or a time such as 2026-11-24T08:00:00Z"
    }
}

impl AsOf {
    /// Reads a moment. A date (`2026-11-24`) means the last millisecond of that day in UTC.
    ///
    /// # Errors
    /// [`AsOfError`], see [`AsOf::parse_in`].
    pub fn parse(text: &str) -> Result<Self, AsOfError> {
        Self::parse_in(text, &TimeZone::UTC)
    }

    /// Reads a moment: a date means the last millisecond of that day in `zone`, a time is RFC 3339
    /// with its own offset (`2026-11-24T08:00:00+03:00`). Parts of a millisecond are cut off.
    ///
    /// # Errors
    /// [`AsOfError`] when `text` is neither, or a day or hour that does not exist.
    pub fn parse_in(text: &str, zone: &TimeZone) -> Result<Self, AsOfError> {
        let trimmed = text.trim();
        let parsed = if trimmed.contains(['T', 't', ' ', ':']) {
            trimmed.parse::<Timestamp>().map(floor_ms).ok()
        } else {
            end_of_day(trimmed, zone)
        };
        parsed.map(|ms| Self { ms }).ok_or_else(|| AsOfError {
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for AsOf {
    /// RFC 3339 in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.ms) {
            Ok(time) => time.fmt(f),
            Err(_) => write!(f, "{} ms", self.ms),
        }
    }
}

/// Names of the days of the week, from Monday on.
pub const WEEKDAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// Reads a date such as `2026-11-24`; `None` for whatever else, and for days that do not exist.
#[must_use]
pub fn date(text: &str) -> Option<Date> {
    let shaped = text.len() == 10 && text.bytes().filter(|byte| *byte == b'-').count() == 2;
    shaped.then(|| text.parse().ok())?
}

/// Reads the English name of a day of the week, in any case.
#[must_use]
pub fn weekday(name: &str) -> Option<Weekday> {
    let place = WEEKDAYS
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name))?;
    Weekday::from_monday_zero_offset(i8::try_from(place).ok()?).ok()
}

/// The last millisecond before the next day starts: days are not always 24 hours long.
fn end_of_day(text: &str, zone: &TimeZone) -> Option<i64> {
    let next = date(text)?.tomorrow().ok()?;
    let start = zone.to_ambiguous_zoned_datetime(next.to_datetime(jiff::civil::Time::midnight()));
    Some(floor_ms(start.compatible().ok()?.timestamp()) - 1)
}

fn floor_ms(time: Timestamp) -> i64 {
    let nanoseconds = time.as_nanosecond().div_euclid(1_000_000);
    i64::try_from(nanoseconds).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_last_moment() {
        let day = AsOf::parse("2026-11-24").unwrap();
        assert_eq!(day.to_string(), "2026-11-24T23:59:59.999Z");
        let riyadh = AsOf::parse_in("2026-11-24", &TimeZone::fixed(jiff::tz::offset(3))).unwrap();
        assert_eq!(day.ms - riyadh.ms, 3 * 3_600_000);
    }

    #[test]
    fn days_of_the_week_are_named_in_full() {
        assert_eq!(weekday("Sunday"), Some(Weekday::Sunday));
        assert_eq!(weekday("monday"), Some(Weekday::Monday));
        assert_eq!(weekday("mon"), None);
    }

    #[test]
    fn a_short_day_ends_when_it_ends() {
        let Ok(berlin) = TimeZone::get("Europe/Berlin") else {
            panic!("the time zone database is part of every build");
        };
        let before = AsOf::parse_in("2026-03-28", &berlin).unwrap();
        let short = AsOf::parse_in("2026-03-29", &berlin).unwrap();
        assert_eq!(short.ms - before.ms, 23 * 3_600_000);
    }

    #[test]
    fn a_time_keeps_its_offset() {
        assert_eq!(
            AsOf::parse("2026-11-24T08:00:00+03:00").unwrap(),
            AsOf::parse("2026-11-24T05:00:00.0004Z").unwrap()
        );
        assert_eq!(AsOf::parse("1969-12-31T23:59:59.9995Z").unwrap().ms, -1);
    }

    #[test]
    fn nonsense_is_refused_with_a_hint() {
        for text in [
            "",
            "yesterday",
            "2026-02-30",
            "2026-11-24T25:00:00Z",
            "24.11.2026",
            "20261124",
            "2026-11-24T08:00:00",
        ] {
            let error = AsOf::parse(text).unwrap_err();
            assert!(error.hint().contains("2026-11-24"), "{text}");
        }
    }
}
