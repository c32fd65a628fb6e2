//! Stretches of days, as a person names them.

pub(crate) use headcount_core::segment::Period;
use headcount_core::{as_of, segment::Calendar};
use jiff::{
    civil::{Date, Weekday},
    tz::TimeZone,
};

use crate::error::{Exit, Failure, nearest};

/// From one day to another.
pub(crate) fn between(from: Date, to: Date) -> Result<Period, Failure> {
    if to < from {
        let message = format!("the period ends on {to}, before it begins on {from}");
        return Err(Failure::new(Exit::Usage, message).hint("change --from and --to"));
    }
    Ok(Period { from, to })
}

/// Reads the period that another one is compared with: `FROM..TO`, or `previous` for as many days
/// just before it.
pub(crate) fn other(period: Period, text: &str) -> Result<Period, Failure> {
    if text.trim().eq_ignore_ascii_case("previous") {
        let message = "no period lies before this one";
        return period
            .before()
            .ok_or_else(|| Failure::new(Exit::Usage, message));
    }
    let (from, to) = text.split_once("..").ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            format!("`{text}` names no period to compare with"),
        )
        .hint("write --compare previous, or --compare 2026-10-01..2026-10-31")
    })?;
    between(day(from)?, day(to)?)
}

/// The first moment of a period and the first one after it, ms UTC.
pub(crate) fn moments(
    period: Period,
    calendar: &Calendar,
) -> Result<std::ops::Range<i64>, Failure> {
    period.moments(calendar).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            format!("the days {period} lie outside the calendar"),
        )
    })
}

/// Reads a day.
pub(crate) fn day(text: &str) -> Result<Date, Failure> {
    let text = text.trim();
    as_of::date(text).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{text}` is no day")).hint("write it like 2026-11-24")
    })
}

/// The time zone of this name.
pub(crate) fn zone(name: &str) -> Result<TimeZone, Failure> {
    TimeZone::get(name).map_err(|_| {
        Failure::new(Exit::Usage, format!("the time zone `{name}` is unknown")).hint(ZONES)
    })
}

/// What names of time zones look like.
pub(crate) const ZONES: &str = "use a name such as Asia/Riyadh or UTC";

/// A day of the week by its name in English.
pub(crate) fn weekday(name: &str) -> Result<Weekday, Failure> {
    as_of::weekday(name.trim()).ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{name}` is no day of the week")).hint(nearest::hint(
            name,
            &as_of::WEEKDAYS,
            "days",
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(from: &str, to: &str) -> Period {
        between(day(from).unwrap(), day(to).unwrap()).unwrap()
    }

    #[test]
    fn another_period_is_the_one_before_or_named() {
        let of = period("2026-03-01", "2026-03-31");
        assert_eq!(
            other(of, " Previous").unwrap(),
            period("2026-02-01", "2026-02-28")
        );
        assert_eq!(
            other(of, "2026-01-01..2026-01-02").unwrap(),
            period("2026-01-01", "2026-01-02")
        );
    }

    #[test]
    fn what_is_no_day_or_period_is_said() {
        for text in ["2026-02-30", "yesterday", "2026-1-1", "", "20260101"] {
            assert!(day(text).is_err(), "{text}");
        }
        let march = period("2026-03-01", "2026-03-31");
        for text in ["", "last", "2026-01-01", "2026-02-01..2026-01-01"] {
            assert!(other(march, text).is_err(), "{text}");
        }
    }
}
