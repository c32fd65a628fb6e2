//! Reports over the days of facts that are kept.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    ops::Range,
};

use headcount_core::{
    fact::FactKind,
    search::Matcher,
    segment::{
        Attribute, Attribution, Calendar, FactSink, OfUser, Period, Plan, Pushed, Question, Table,
        days_told,
    },
};
use jiff::{
    civil::{Date, Weekday},
    tz::TimeZone,
};

use super::{Engine, ReportError, one_of_people, pushed, read, reading, reconciled};
use crate::{
    Snapshot, Store,
    facts::{FactStore, FactsError, KeptDay, SumsError, missing},
};

/// What is asked of the facts that are kept.
#[derive(Clone, Debug)]
pub struct KeptQuestion {
    /// Of which facts.
    pub kind: FactKind,
    /// What they are segmented by.
    pub by: Vec<Attribute>,
    /// As in a [`Question`].
    pub matcher: Option<Matcher>,
    /// As in a [`Question`].
    pub under: Option<String>,
    /// As in a [`Question`].
    pub attribution: Attribution,
    /// As in a [`Question`].
    pub divisions: Option<Vec<String>>,
    /// The days.
    pub period: Period,
    /// Name of the time zone that days start in; that of the facts without it.
    pub timezone: Option<String>,
    /// The day that weeks start on.
    pub week_start: Weekday,
    /// Whether days without facts are left out; there is no report otherwise.
    pub allow_missing: bool,
}

/// The days of facts that answer a question, found and not yet read.
#[derive(Debug)]
pub struct KeptDays {
    question: Question,
    /// The days.
    pub period: Period,
    /// Name of the time zone that days start in.
    pub timezone: String,
    /// Days of the period without facts.
    pub missing: Vec<Date>,
    /// None only where there are no days.
    facts: Option<FactStore>,
    days: Vec<KeptDay>,
    /// Places of the measures that are told.
    wanted: Vec<usize>,
}

/// Why kept facts do not answer a question.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeptError {
    /// The facts cannot be read.
    #[error(transparent)]
    Facts(#[from] FactsError),
    /// The facts of the period are of several time zones, and the question names none.
    #[error("the facts are of several time zones: {}", .0.join(", "))]
    Zones(Vec<String>),
    /// Nobody knows the time zone.
    #[error("the time zone {0:?} is unknown")]
    UnknownZone(String),
    /// The days are past the ends of time.
    #[error("the days {0} lie outside the calendar")]
    OutsideCalendar(Period),
    /// There are no facts of some days, or of all.
    #[error("there are no facts of kind {} for {}", kind.name(), match all {
        true => period.to_string(),
        false => days_told(missing),
    })]
    Missing {
        /// Of which kind.
        kind: FactKind,
        /// The days asked for.
        period: Period,
        /// Name of the time zone that they start in.
        timezone: String,
        /// Which days, in order.
        missing: Vec<Date>,
        /// Whether there are none at all.
        all: bool,
    },
    /// Intervals that stand for several days reach over an end of the period, and nobody knows which
    /// part of them lies within.
    #[error("the facts of {} are of intervals that the period {period} cuts", over)]
    CutInterval {
        /// The days that they are of.
        over: Period,
        /// The days asked for.
        period: Period,
    },
    /// The facts are sums over days of another time zone.
    #[error("the facts of {date} were cut into days of {cut}, not of {wanted}")]
    CutOtherwise {
        /// The day.
        date: Date,
        /// Name of its time zone.
        cut: String,
        /// Name of the one that is asked for.
        wanted: String,
    },
}

impl KeptError {
    /// The command that fetches facts that are missing, where that is what is wrong.
    #[must_use]
    pub fn pull(&self) -> Option<String> {
        let Self::Missing {
            period,
            timezone,
            missing,
            all,
            ..
        } = self
        else {
            return None;
        };
        let (from, to) = match (missing.first(), missing.last()) {
            (Some(from), Some(to)) if !all => (*from, *to),
            _ => (period.from, period.to),
        };
        let zone = match timezone.as_str() {
            "UTC" => String::new(),
            zone => format!(" --timezone {zone}"),
        };
        Some(format!(
            "headcount facts pull --from {from} --to {to}{zone}"
        ))
    }
}

/// Why kept facts were not read to their end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeptFault {
    /// The facts cannot be read.
    #[error(transparent)]
    Facts(FactsError),
    /// The caller no longer wants the answer.
    #[error("the report was ended before it was complete")]
    Stopped,
    /// The facts read are not those that were found: a day was replaced meanwhile.
    #[error("the facts read are not those that were kept, ask again")]
    Replaced,
}

impl From<FactsError> for KeptFault {
    fn from(error: FactsError) -> Self {
        match error {
            FactsError::Replaced { .. } => Self::Replaced,
            error => Self::Facts(error),
        }
    }
}

impl KeptDays {
    /// The days that answer `asked`, out of `facts`; there are none without it. No fact is read.
    ///
    /// # Errors
    /// [`KeptError`], by what is missing.
    pub fn find(facts: Option<&FactStore>, asked: &KeptQuestion) -> Result<Self, KeptError> {
        let kept = match facts {
            Some(facts) => facts.list(asked.kind)?,
            None => Vec::new(),
        };
        Self::among(&kept, facts, asked)
    }

    /// The same where the days of that kind are known: `kept` is what [`FactStore::list`] told of
    /// `facts`.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub fn among(
        kept: &[KeptDay],
        facts: Option<&FactStore>,
        asked: &KeptQuestion,
    ) -> Result<Self, KeptError> {
        let period = asked.period;
        let timezone = match &asked.timezone {
            Some(zone) => zone.clone(),
            None => timezone_of(kept, period)?,
        };
        let calendar = Calendar {
            zone: TimeZone::get(&timezone).map_err(|_| KeptError::UnknownZone(timezone.clone()))?,
            week_start: asked.week_start,
        };
        let outside = || KeptError::OutsideCalendar(period);
        let period_ms = period.moments(&calendar).ok_or_else(outside)?;
        let mut missing = missing(kept, period.from, period.to)?;
        let mut days = Vec::new();
        let mut kept = kept.iter().peekable();
        while let Some(day) = kept.next() {
            let (start, end) = day.day.bounds()?;
            if period_ms.end <= start || day.end_ms.max(end) <= period_ms.start {
                continue;
            }
            // A fact that is a little late counts where it begins. An interval that stands for days
            // without facts of their own would make them look quiet, or busy.
            let next = day.day.date.tomorrow().ok();
            let stands_for_more = day.end_ms > end && kept.peek().map(|day| day.day.date) != next;
            if stands_for_more && (start < period_ms.start || period_ms.end < day.end_ms) {
                let over = Period {
                    from: day.day.date,
                    to: calendar.day_of(day.end_ms - 1),
                };
                if !asked.allow_missing {
                    return Err(KeptError::CutInterval { over, period });
                }
                let without = period
                    .days()
                    .filter(|date| over.from < *date && *date <= over.to);
                missing.extend(without.filter(|_| start < period_ms.start));
            }
            days.push(day.clone());
        }
        missing.sort_unstable();
        missing.dedup();
        let all = days.is_empty();
        if !missing.is_empty() && (all || !asked.allow_missing) {
            return Err(KeptError::Missing {
                kind: asked.kind,
                period,
                timezone,
                missing,
                all,
            });
        }
        if let Some(other) = days.iter().find(|day| day.is_cut_otherwise(&timezone)) {
            return Err(KeptError::CutOtherwise {
                date: other.day.date,
                cut: other.day.time_zone.clone(),
                wanted: timezone,
            });
        }
        Ok(Self {
            question: Question {
                kind: asked.kind,
                by: asked.by.clone(),
                matcher: asked.matcher.clone(),
                under: asked.under.clone(),
                attribution: asked.attribution,
                period_ms,
                calendar,
                divisions: asked.divisions.clone(),
            },
            period,
            timezone,
            missing,
            facts: facts.cloned(),
            days,
            wanted: asked.kind.told().to_vec(),
        })
    }

    /// The same, with one more measure told than reports read: the one at this place among those
    /// of the kind.
    #[must_use]
    pub fn with_measure(mut self, measure: usize) -> Self {
        if !self.wanted.contains(&measure) {
            self.wanted.push(measure);
            self.wanted.sort_unstable();
        }
        self
    }

    /// Days and weeks of the reader.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.question.calendar
    }

    /// Which facts these are: another number for other facts of the period, or another calendar.
    #[must_use]
    pub fn state(&self) -> u64 {
        let mut state = DefaultHasher::new();
        (
            &self.timezone,
            self.question.calendar.week_start.to_monday_zero_offset(),
        )
            .hash(&mut state);
        for day in &self.days {
            (day.day.date, day.content, day.end_ms).hash(&mut state);
        }
        state.finish()
    }

    /// Adds the facts up, by reading them on at most `threads` threads as long as `goes_on` says so,
    /// or by asking the database that keeps them.
    ///
    /// # Errors
    /// [`ReportError`] with a [`KeptFault`]; [`ReportError::NoEngine`] where facts are files and
    /// should add themselves up.
    pub fn report(
        &self,
        store: &dyn Store,
        org: &str,
        engine: Engine,
        threads: usize,
        goes_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<(Table, Snapshot), ReportError<KeptFault>> {
        let told = match (engine, &self.facts) {
            (Engine::Local, Some(facts)) => {
                let scan = |day: &KeptDay, wanted: &[usize], sink: &mut dyn FactSink| {
                    if !goes_on() {
                        return Err(KeptFault::Stopped);
                    }
                    facts.scan(day, wanted, sink)?;
                    Ok(())
                };
                reading(
                    store,
                    org,
                    &self.question,
                    &self.wanted,
                    &self.days,
                    threads,
                    scan,
                )?
            }
            (Engine::Store, Some(facts)) => {
                pushed(store, org, &self.question, &self.wanted, |pushed| {
                    self.push(facts, pushed, goes_on)
                })?
            }
            (_, None) => return Err(ReportError::NoEngine),
        };
        self.check(&told.0).map_err(ReportError::Facts)?;
        Ok(told)
    }

    /// The same of one user alone, whatever the conditions of the question say, without a look at
    /// any other one. The facts are added up where they lie; of the measures those at the places
    /// `wanted` are told, others may be.
    ///
    /// # Errors
    /// As [`Self::report`].
    pub fn report_of(
        &self,
        store: &dyn Store,
        org: &str,
        user_id: &str,
        wanted: &[usize],
        threads: usize,
        goes_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<Table, ReportError<KeptFault>> {
        let question = Question {
            matcher: Some(Matcher::of_user(user_id)),
            ..self.question.clone()
        };
        let people = one_of_people(store, org, user_id, &question)?;
        let plan = Plan::new(&people, &question)?;
        match &self.facts {
            Some(facts) if facts.has_engine() => {
                let mut pushed = Pushed::new(&plan, &self.wanted);
                self.push(facts, &mut pushed, goes_on)?;
                reconciled(pushed.table()?)
            }
            Some(facts) => {
                let scan = |day: &KeptDay, wanted: &[usize], sink: &mut dyn FactSink| {
                    if !goes_on() {
                        return Err(KeptFault::Stopped);
                    }
                    facts.scan(day, wanted, &mut OfUser::new(user_id, sink))?;
                    Ok(())
                };
                read(&plan, wanted, &self.days, threads, scan)
            }
            None => Err(ReportError::NoEngine),
        }
    }

    /// Lets the database of the facts add them up.
    fn push(
        &self,
        facts: &FactStore,
        pushed: &mut Pushed<'_>,
        goes_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), ReportError<KeptFault>> {
        let database = facts.database().ok_or(ReportError::NoEngine)?;
        let (kind, period_ms) = (self.question.kind, self.question.period_ms.clone());
        let summed = database.sum(kind, &self.days, period_ms, pushed, goes_on);
        summed.map_err(|error| match error {
            _ if !goes_on() => ReportError::Facts(KeptFault::Stopped),
            SumsError::Facts(error) => ReportError::Facts(error.into()),
            SumsError::Plan(error) => ReportError::Plan(error),
        })
    }

    /// The sums that were written with the days are those that were read.
    fn check(&self, table: &Table) -> Result<(), KeptFault> {
        if self.question.divisions.is_some() {
            return Ok(());
        }
        let Range { start, end } = self.question.period_ms;
        for day in &self.days {
            let bounds = day.day.bounds()?;
            if bounds.0 < start || end < bounds.1 {
                return Ok(());
            }
        }
        let facts: u64 = self.days.iter().map(|day| day.facts).sum();
        let mut agree = facts == table.facts.all.facts;
        for &measure in &self.wanted {
            let written = self.days.iter().filter_map(|day| day.totals[measure]);
            let written = written.reduce(|sum, more| sum + more);
            agree &= written == table.facts.all.sum(measure).map(i128::from);
        }
        if agree {
            Ok(())
        } else {
            Err(KeptFault::Replaced)
        }
    }
}

/// The time zone of the facts in the period, where they agree; UTC without any.
fn timezone_of(kept: &[KeptDay], period: Period) -> Result<String, KeptError> {
    let inside = |file: &&KeptDay| period.from <= file.day.date && file.day.date <= period.to;
    let mut zones: Vec<&str> = kept
        .iter()
        .filter(inside)
        .map(|file| file.day.time_zone.as_str())
        .collect();
    zones.sort_unstable();
    zones.dedup();
    match zones.as_slice() {
        [] => Ok("UTC".to_owned()),
        [zone] => Ok((*zone).to_owned()),
        many => Err(KeptError::Zones(
            many.iter().map(|zone| (*zone).to_owned()).collect(),
        )),
    }
}
