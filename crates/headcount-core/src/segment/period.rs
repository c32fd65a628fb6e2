//! Stretches of days.

use std::{fmt, ops::Range};

use jiff::{Span, ToSpan, Unit, civil::Date};

use super::Calendar;

/// Whole days of a calendar, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Period {
    /// First day.
    pub from: Date,
    /// Last day, no earlier than the first.
    pub to: Date,
}

impl Period {
    /// Its first moment and the first one after it, ms UTC; `None` past the ends of time.
    #[must_use]
    pub fn moments(self, calendar: &Calendar) -> Option<Range<i64>> {
        let start = calendar.start_of(self.from)?;
        let end = calendar.start_of(self.to.tomorrow().ok()?)?;
        Some(start..end)
    }

    /// Its days.
    pub fn days(self) -> impl Iterator<Item = Date> {
        self.from
            .series(1.day())
            .take_while(move |day| *day <= self.to)
    }

    /// The period to compare this one with: the whole months before a period of whole months, else
    /// as many days before it; `None` past the ends of time.
    #[must_use]
    pub fn before(self) -> Option<Self> {
        let to = self.from.yesterday().ok()?;
        let after = self.to.tomorrow().ok()?;
        let span = Span::new();
        let from = if self.from.day() == 1 && after.day() == 1 {
            let between = self.from.until((Unit::Month, after)).ok()?;
            self.from.checked_sub(span.months(between.get_months()))
        } else {
            let between = self.from.until(self.to).ok()?;
            to.checked_sub(span.days(between.get_days()))
        };
        let from = from.ok()?;
        Some(Self { from, to })
    }

    /// The same days a year before; whole months stay whole. `None` past the ends of time.
    #[must_use]
    pub fn year_before(self) -> Option<Self> {
        let year = Span::new().years(1);
        let after = self.to.tomorrow().ok()?.checked_sub(year).ok()?;
        let from = self.from.checked_sub(year).ok()?;
        let to = after.yesterday().ok()?.max(from);
        Some(Self { from, to })
    }

    /// Days that follow each other, as stretches; `days` are in order.
    fn stretches(days: &[Date]) -> Vec<Self> {
        let mut stretches: Vec<Self> = Vec::new();
        for &day in days {
            match stretches.last_mut() {
                Some(last) if last.to.tomorrow().ok() == Some(day) => last.to = day,
                _ => stretches.push(Self { from: day, to: day }),
            }
        }
        stretches
    }
}

/// Days in words, those that follow each other as a stretch; `days` are in order. Not all of many.
#[must_use]
pub fn days_told(days: &[Date]) -> String {
    days_told_as(days, |stretch| stretch.to_string())
}

/// The same in the words of a reader: `written` writes a stretch.
#[must_use]
pub fn days_told_as(days: &[Date], written: impl Fn(Period) -> String) -> String {
    /// More stretches than this say nothing more.
    const MOST: usize = 5;
    let stretches = Period::stretches(days);
    let some = stretches.iter().take(MOST);
    let mut told: Vec<String> = some.map(|stretch| written(*stretch)).collect();
    if stretches.len() > MOST {
        told.push("and others".to_owned());
    }
    told.join(", ")
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            return self.from.fmt(f);
        }
        write!(f, "{} to {}", self.from, self.to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::as_of::date;

    fn period(from: &str, to: &str) -> Period {
        Period {
            from: date(from).unwrap(),
            to: date(to).unwrap(),
        }
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
            assert_eq!(of.before(), Some(period(before.0, before.1)), "{of}");
        }
        assert_eq!(Date::MIN.yesterday().ok(), None);
        let first = Period {
            from: Date::MIN,
            to: Date::MIN,
        };
        assert_eq!((first.before(), first.year_before()), (None, None));
    }

    #[test]
    fn a_year_before_whole_months_stay_whole() {
        for (of, before) in [
            (("2026-11-08", "2026-11-14"), ("2025-11-08", "2025-11-14")),
            (("2025-02-01", "2025-02-28"), ("2024-02-01", "2024-02-29")),
            (("2024-02-01", "2024-02-29"), ("2023-02-01", "2023-02-28")),
            (("2024-02-29", "2024-02-29"), ("2023-02-28", "2023-02-28")),
        ] {
            let of = period(of.0, of.1);
            assert_eq!(of.year_before(), Some(period(before.0, before.1)), "{of}");
        }
    }
}
