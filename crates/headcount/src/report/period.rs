//! Stretches of days, as a person names them.

use headcount_core::segment::Calendar;
use jiff::civil::Date;

use crate::error::{Exit, Failure};

/// Whole days of a calendar, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Period {
    /// First day.
    pub(crate) from: Date,
    /// Last day.
    pub(crate) to: Date,
}

impl Period {
    /// From one day to another.
    pub(crate) fn new(from: Date, to: Date) -> Result<Self, Failure> {
        if to < from {
            let message = format!("the period ends on {to}, before it begins on {from}");
            return Err(Failure::new(Exit::Usage, message).hint("change --from and --to"));
        }
        Ok(Self { from, to })
    }

    /// Reads the other period of a comparison: `FROM..TO`, or `previous` for as many days just
    /// before this one.
    pub(crate) fn other(self, text: &str) -> Result<Self, Failure> {
        if text.trim().eq_ignore_ascii_case("previous") {
            return self.previous();
        }
        let (from, to) = text.split_once("..").ok_or_else(|| {
            Failure::new(
                Exit::Usage,
                format!("`{text}` names no period to compare with"),
            )
            .hint("write --compare previous, or --compare 2026-10-01..2026-10-31")
        })?;
        Self::new(day(from)?, day(to)?)
    }

    /// The whole months before this one where it is whole months, else as many days before it.
    fn previous(self) -> Result<Self, Failure> {
        let before = || -> Option<Self> {
            let to = self.from.yesterday().ok()?;
            let after = self.to.tomorrow().ok()?;
            if self.from.day() == 1 && after.day() == 1 {
                let months = self
                    .from
                    .until((jiff::Unit::Month, after))
                    .ok()?
                    .get_months();
                let back = jiff::Span::new().months(months);
                return Some(Self {
                    from: self.from.checked_sub(back).ok()?,
                    to,
                });
            }
            let days = self.from.until(self.to).ok()?.get_days();
            let back = jiff::Span::new().days(days);
            Some(Self {
                from: to.checked_sub(back).ok()?,
                to,
            })
        };
        before().ok_or_else(|| Failure::new(Exit::Usage, "no period lies before this one"))
    }

    /// Its first moment and the first one after it, ms UTC.
    pub(crate) fn moments(self, calendar: &Calendar) -> Result<std::ops::Range<i64>, Failure> {
        let start = calendar.start_of(self.from);
        let end = self
            .to
            .tomorrow()
            .ok()
            .and_then(|next| calendar.start_of(next));
        match (start, end) {
            (Some(start), Some(end)) => Ok(start..end),
            _ => Err(Failure::new(
                Exit::Usage,
                format!("the days {self} lie outside the calendar"),
            )),
        }
    }
}

impl std::fmt::Display for Period {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.from == self.to {
            return write!(f, "{}", self.from);
        }
        write!(f, "{} to {}", self.from, self.to)
    }
}

/// Reads a day.
pub(crate) fn day(text: &str) -> Result<Date, Failure> {
    let text = text.trim();
    let shaped = text.len() == 10 && text.bytes().filter(|byte| *byte == b'-').count() == 2;
    let day = shaped.then(|| text.parse().ok()).flatten();
    day.ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{text}` is no day")).hint("write it like 2026-11-24")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(from: &str, to: &str) -> Period {
        Period::new(day(from).unwrap(), day(to).unwrap()).unwrap()
    }

    #[test]
    fn the_period_before_is_as_long_or_the_months_before() {
        for (of, before) in [
            (("2026-11-08", "2026-11-14"), ("2026-11-01", "2026-11-07")),
            (("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28")),
            (("2026-01-01", "2026-12-31"), ("2025-01-01", "2025-12-31")),
            (("2026-03-01", "2026-03-01"), ("2026-02-28", "2026-02-28")),
        ] {
            let of = period(of.0, of.1);
            assert_eq!(
                of.other("previous").unwrap(),
                period(before.0, before.1),
                "{of}"
            );
        }
        assert_eq!(
            period("2026-03-01", "2026-03-02")
                .other("2026-01-01..2026-01-02")
                .unwrap(),
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
            assert!(march.other(text).is_err(), "{text}");
        }
    }
}
