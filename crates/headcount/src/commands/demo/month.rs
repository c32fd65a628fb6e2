//! The days before today, which the demo makes up: an org has a past, in which people came, moved and
//! went.

use headcount_sandbox::{Change, ChangeKind, Sandbox};
use jiff::{ToSpan, civil::Weekday, tz::TimeZone};

use super::{DAYS, sync, today};
use crate::{clock, progress::Progress};

/// The mornings before today.
pub(super) struct Month {
    /// The mornings, the first one first, ms UTC; some bring changes.
    mornings: Vec<(i64, bool)>,
    /// How many of each change such a morning brings.
    unit: usize,
}

impl Month {
    /// At most so many users are fetched for the past: a large org has a shorter one, so that its
    /// demo begins soon.
    const MOST_FETCHED: u32 = 300_000;

    pub(super) fn before_today(users: u32) -> anyhow::Result<Self> {
        let today = today(clock::now_ms())?;
        let days = (Self::MOST_FETCHED / users).min(users / 4);
        let days = i32::try_from(days)?.min(DAYS);
        let morning = |back: i32| -> anyhow::Result<(i64, bool)> {
            let day = today.checked_sub(back.days())?;
            let at = TimeZone::UTC.to_timestamp(day.at(3, 0, 0, 0))?;
            let is_workday = !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday);
            Ok((at.as_millisecond(), is_workday))
        };
        Ok(Self {
            mornings: (1..=days).rev().map(morning).collect::<Result<_, _>>()?,
            unit: usize::try_from(users.div_ceil(1_000))?,
        })
    }

    /// How many there are to begin with, so that there are `users` at the end.
    pub(super) fn users_at_first(&self, users: u32) -> usize {
        let grown = self.mornings.iter().filter(|(_, changes)| *changes).count() * self.unit * 2;
        (users as usize).saturating_sub(grown)
    }

    /// Syncs each morning, after what the day before brought.
    pub(super) fn play(&self, sandbox: &Sandbox, url: &str) -> anyhow::Result<()> {
        let quiet = Progress::new(true);
        for (at_ms, changes) in &self.mornings {
            sync(sandbox, url, clock::now_ms() - at_ms, &quiet)?;
            if *changes {
                let of = |kind, times| Change::of(kind, times * self.unit);
                sandbox.change(vec![
                    of(ChangeKind::Join, 3),
                    of(ChangeKind::Purge, 1),
                    of(ChangeKind::Leave, 1),
                    of(ChangeKind::MoveDepartment, 2),
                    of(ChangeKind::MoveDivision, 1),
                    of(ChangeKind::Rename, 1),
                ]);
            }
        }
        Ok(())
    }
}
