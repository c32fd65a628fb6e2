//! When a job is due: a cron expression in a time zone.
//!
//! `cronexpr` is asked only about times of day as if there were no zones at all. In a zone it skips
//! a time that a spring night leaves out, gives one that an autumn night has twice both times, and
//! searches without end where clocks move by half an hour (Australia/Lord_Howe). What clocks do at
//! such nights is decided here:
//!
//! - a job at given hours whose time does not exist is due right after the gap, once;
//! - a job at given hours whose time exists twice is due the first time;
//! - a job of every hour is due whenever the clock on the wall says so.

use std::{fmt, str::FromStr};

use cronexpr::{Crontab, MakeTimestamp};
use jiff::{
    Timestamp, ToSpan,
    civil::DateTime,
    tz::{AmbiguousOffset, Offset, TimeZone},
};

use crate::error::nearest;

/// Why a schedule can't be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum ScheduleError {
    /// Not five fields.
    #[error(
        "a cron expression has 5 fields (minute, hour, day of the month, month, day of the week) \
         but this has {found}; every day at three is `0 3 * * *`"
    )]
    Fields {
        /// How many there are.
        found: usize,
    },
    /// One field is not understood.
    #[error(
        "the {field} `{value}` is not understood; it takes {range}, `*`, lists such as `1,2`, \
         ranges such as `1-3` and steps such as `*/2`"
    )]
    Field {
        /// Which field.
        field: &'static str,
        /// What it holds.
        value: String,
        /// What it may hold.
        range: &'static str,
    },
    /// No such day in any year.
    #[error("the day of the month `{days}` never comes in the month `{months}`")]
    Never {
        /// The third field.
        days: String,
        /// The fourth field.
        months: String,
    },
    /// Not a zone of the IANA database.
    #[error("there is no time zone `{name}`; {hint}")]
    Zone {
        /// What was asked for.
        name: String,
        /// What might have been meant.
        hint: String,
    },
}

/// The fields of a cron expression and what they take.
const FIELDS: [(&str, &str); 5] = [
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day of the month", "1-31"),
    ("month", "1-12 or JAN-DEC"),
    ("day of the week", "0-7 or SUN-SAT"),
];

/// A cron expression of five fields, without a time zone.
#[derive(Clone, Debug)]
pub(crate) struct Cron {
    /// Read as UTC: only the time of day and the date matter.
    tab: Crontab,
    /// Due in each of the 24 hours: follows the clock on the wall through any change.
    every_hour: bool,
    /// As it was written.
    text: String,
}

impl PartialEq for Cron {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Cron {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let values: Vec<&str> = text.split_whitespace().collect();
        if values.len() != FIELDS.len() {
            return Err(ScheduleError::Fields {
                found: values.len(),
            });
        }
        for (index, (field, range)) in FIELDS.into_iter().enumerate() {
            // One at a time, so that the error names the right one.
            let mut alone = ["*"; FIELDS.len()];
            alone[index] = values[index];
            if !is_plain(values[index]) || parse(&alone).is_none() {
                return Err(ScheduleError::Field {
                    field,
                    value: values[index].to_owned(),
                    range,
                });
            }
        }
        let never = || ScheduleError::Never {
            days: values[2].to_owned(),
            months: values[3].to_owned(),
        };
        let cron = Self {
            tab: parse(&values).ok_or_else(never)?,
            every_hour: is_every_hour(values[1]),
            text: values.join(" "),
        };
        cron.next(jiff::civil::date(2000, 1, 1).at(0, 0, 0, 0))
            .map(|_| cron.clone())
            .ok_or_else(never)
    }
}

impl Cron {
    /// The first due time of day after `after`, on a clock that is never changed.
    fn next(&self, after: DateTime) -> Option<DateTime> {
        // The library looks four years ahead, and 29 February can be further away than that: eight
        // years around 2100, forty when it has to be a certain day of the week too.
        (0..11).find_map(|leap| {
            let from = after.checked_add((4 * leap).years()).ok()?;
            let from = Offset::UTC.to_timestamp(from).ok()?.as_millisecond();
            let from = MakeTimestamp::from_millisecond(from).ok()?;
            let next = self.tab.find_next(from).ok()?.timestamp().as_millisecond();
            Some(Offset::UTC.to_datetime(Timestamp::from_millisecond(next).ok()?))
        })
    }
}

fn parse(values: &[&str]) -> Option<Crontab> {
    cronexpr::parse_crontab(&format!("{} UTC", values.join(" "))).ok()
}

/// Whether a field keeps to numbers, names, `*`, lists, ranges and steps. The library also reads
/// `L`, `W`, `#` and `H`, of which `L` misses every December.
fn is_plain(value: &str) -> bool {
    value.split([',', '-', '/']).all(|part| {
        part == "*"
            || (!part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
            || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_alphabetic()))
    })
}

fn is_every_hour(hours: &str) -> bool {
    let day = MakeTimestamp::from_second(0).ok();
    let (Some(tab), Some(day)) = (parse(&["0", hours, "*", "*", "*"]), day) else {
        return false;
    };
    (0..24).all(|hour| {
        let at = MakeTimestamp::from_second(day.0.as_second() + hour * 3600);
        at.is_ok_and(|at| tab.matches(at).unwrap_or(false))
    })
}

/// A time zone of the IANA database.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    /// Coordinated universal time.
    pub(crate) const UTC: Self = Self(TimeZone::UTC);
}

impl FromStr for Zone {
    type Err = ScheduleError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        TimeZone::get(name).map(Self).map_err(|_| {
            let known: Vec<String> = jiff::tz::db()
                .available()
                .map(|name| name.as_str().to_owned())
                .collect();
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            let hint = nearest::hint(name, &known, "time zones");
            ScheduleError::Zone {
                name: name.to_owned(),
                // There are six hundred of them: all of them help nobody.
                hint: if hint.starts_with("did you mean") {
                    hint
                } else {
                    "names are such as `Asia/Riyadh`, `Europe/Berlin` or `UTC`".to_owned()
                },
            }
        })
    }
}

/// When runs are due, and how far each may be put off so that not every machine asks at once.
#[derive(Clone, Debug)]
pub(crate) struct Schedule {
    cron: Cron,
    zone: Zone,
    jitter_ms: i64,
}

impl Schedule {
    /// Longest delay of a run, in seconds, when nobody says otherwise.
    pub(crate) const DEFAULT_JITTER_S: u32 = 300;

    /// The cron expression.
    pub(crate) fn cron(&self) -> &Cron {
        &self.cron
    }

    /// Name of the time zone.
    pub(crate) fn zone(&self) -> &str {
        self.zone.0.iana_name().unwrap_or("UTC")
    }

    /// Runs as `cron` says in `zone`, each put off by up to `jitter_s` seconds.
    pub(crate) fn new(cron: Cron, zone: Zone, jitter_s: u32) -> Self {
        Self {
            cron,
            zone,
            jitter_ms: i64::from(jitter_s) * 1000,
        }
    }

    /// The first due time after a time, both ms since 1970 UTC. `None` when the calendar ends.
    pub(crate) fn next_after(&self, after_ms: i64) -> Option<i64> {
        let zone = &self.zone.0;
        let mut from = Timestamp::from_millisecond(after_ms).ok()?;
        // Whether `from` itself may be due.
        let mut with_from = false;
        loop {
            let offset = zone.to_offset(from);
            let mut clock = offset.to_datetime(from);
            if with_from {
                clock = clock.checked_sub(1.millisecond()).ok()?;
            }
            let due = self.cron.next(clock)?;
            let at = offset.to_timestamp(due).ok()?;
            let change = zone.following(from).next().map(|next| next.timestamp());
            if let Some(change) = change.filter(|change| *change <= at) {
                // The clock is changed first: `due` is never reached on this side of it.
                let clock = zone.to_datetime(change);
                if due == clock || (due < clock && !self.cron.every_hour) {
                    return Some(change.as_millisecond());
                }
                (from, with_from) = (change, true);
            } else if !self.cron.every_hour && self.is_second(due, offset) {
                (from, with_from) = (at, false);
            } else {
                return Some(at.as_millisecond());
            }
        }
    }

    /// Whether a clock that was put back shows `time` for the second time.
    fn is_second(&self, time: DateTime, offset: Offset) -> bool {
        matches!(
            self.zone.0.to_ambiguous_timestamp(time).offset(),
            AmbiguousOffset::Fold { before, .. } if before != offset
        )
    }

    /// When the run that is due at `due_ms` shall begin. The same seed gives the same time.
    ///
    /// Never more than half way to the next due time, so that frequent runs keep apart.
    pub(crate) fn put_off(&self, due_ms: i64, seed: u64) -> i64 {
        let most = match self.next_after(due_ms) {
            Some(next) => self.jitter_ms.min((next - due_ms) / 2),
            None => self.jitter_ms,
        };
        due_ms + draw(seed, due_ms, most)
    }

    /// A pause that is shortened by up to a quarter of itself, and by at most the jitter.
    pub(crate) fn shorten(&self, pause_ms: i64, now_ms: i64, seed: u64) -> i64 {
        pause_ms - draw(seed, now_ms, self.jitter_ms.min(pause_ms / 4))
    }
}

/// A number from 0 to `most`, always the same for a seed and a time.
fn draw(seed: u64, time_ms: i64, most: i64) -> i64 {
    fastrand::Rng::with_seed(seed ^ time_ms.unsigned_abs()).i64(0..=most.max(0))
}

#[cfg(test)]
pub(super) mod tests;
