//! Dates: ISO 8601 as documents carry them, and Java patterns (`dateFormat`) as callers write
//! them. Without an offset a date is read as UTC.

use jiff::{Timestamp, civil, tz::Offset};

mod pattern;

pub use self::pattern::{DateFormat, DateFormatError};

/// The stretch of time that a written date means: `2026-01-05` is a whole day, `10:15` a minute.
/// Comparisons use the edge that the reader of the question expects (`<=` a day includes it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First instant.
    pub start: Timestamp,
    /// Last instant, to the nanosecond.
    pub end: Timestamp,
}

/// The smallest part that a date names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Milli,
    Exact,
}

impl Span {
    /// The stretch of one `unit` from `start` on; `None` outside the years -9999 to 9999.
    pub(crate) fn of(start: civil::DateTime, offset: Offset, unit: Unit) -> Option<Self> {
        use jiff::ToSpan;
        let one = match unit {
            Unit::Year => 1.year(),
            Unit::Month => 1.month(),
            Unit::Day => 1.day(),
            Unit::Hour => 1.hour(),
            Unit::Minute => 1.minute(),
            Unit::Second => 1.second(),
            Unit::Milli => 1.millisecond(),
            Unit::Exact => 1.nanosecond(),
        };
        let next = start.checked_add(one).ok()?;
        Some(Self {
            start: offset.to_timestamp(start).ok()?,
            end: offset
                .to_timestamp(next)
                .ok()?
                .checked_sub(1.nanosecond())
                .ok()?,
        })
    }
}

/// Reads an ISO 8601 date (`2026-01-05`) or time (`2026-01-05T10:15[:30[.123]][Z|+03:00|+0300]`).
#[must_use]
pub fn parse_iso(text: &str) -> Option<Span> {
    let text = text.trim();
    let bytes = text.as_bytes();
    if bytes.len() < 10 || !bytes[0].is_ascii_digit() {
        return None;
    }
    let (date, rest) = text.split_at_checked(10)?;
    let date: civil::Date = date.parse().ok()?;
    let Some(rest) = rest.strip_prefix(['T', 't', ' ']) else {
        return rest.is_empty().then(|| {
            Span::of(
                date.to_datetime(civil::Time::midnight()),
                Offset::UTC,
                Unit::Day,
            )
        })?;
    };
    let split = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(split);
    let time: civil::Time = clock.parse().ok()?;
    let unit = match clock.len() {
        0..=4 => return None,
        5 => Unit::Minute,
        8 => Unit::Second,
        // Genesys counts in milliseconds, `.5` and `.123` alike.
        9..=12 => Unit::Milli,
        _ => Unit::Exact,
    };
    Span::of(date.to_datetime(time), parse_offset(zone)?, unit)
}

/// `Z`, `+03`, `+0300`, `+03:00`, or nothing for UTC.
pub(crate) fn parse_offset(zone: &str) -> Option<Offset> {
    let (sign, digits) = match zone.as_bytes().first() {
        None => return Some(Offset::UTC),
        Some(b'Z' | b'z') => return (zone.len() == 1).then_some(Offset::UTC),
        Some(b'+') => (1, &zone[1..]),
        Some(b'-') => (-1, &zone[1..]),
        Some(_) => return None,
    };
    let digits = digits.replacen(':', "", 1);
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (hours, minutes): (i32, i32) = match digits.len() {
        2 => (digits.parse().ok()?, 0),
        4 => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
        _ => return None,
    };
    (hours <= 18 && minutes <= 59)
        .then(|| Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_dates_cover_what_they_name() {
        let span = parse_iso("2026-01-05").unwrap();
        assert_eq!(span.start.to_string(), "2026-01-05T00:00:00Z");
        assert_eq!(span.end.to_string(), "2026-01-05T23:59:59.999999999Z");
        let span = parse_iso("2026-01-05T10:15:30.5+03:00").unwrap();
        assert_eq!(span.start.to_string(), "2026-01-05T07:15:30.5Z");
        assert_eq!(
            parse_iso("2026-01-05T10:15:30Z").unwrap().start,
            parse_iso("2026-01-05T13:15:30+0300").unwrap().start
        );
        for bad in [
            "",
            "2026-13-01",
            "2026-1-5",
            "yesterday!",
            "2026-01-05T",
            "2026-01-05T10:15x",
            "2026-01-05é",
        ] {
            assert_eq!(parse_iso(bad), None, "{bad}");
        }
    }
}
