//! Stretches of days.

use std::{fmt, ops::Range};

use jiff::{ToSpan, civil::Date};

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

    /// Days that follow each other, as stretches; `days` are in order.
    #[must_use]
    pub fn stretches(days: &[Date]) -> Vec<Self> {
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

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            return self.from.fmt(f);
        }
        write!(f, "{} to {}", self.from, self.to)
    }
}
