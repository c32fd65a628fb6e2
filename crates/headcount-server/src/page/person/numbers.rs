//! What somebody handled and how it was scored, week by week.
//!
//! The facts of all users of these weeks are gone through for one of them, which takes a moment in
//! a large org: so the numbers come after the view, and are kept with the roster for a while.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use headcount_core::{
    fact::{EVALUATION_COUNT, FactKind, HANDLE_COUNT, HANDLE_SUM, SCORE_COUNT, SCORE_SUM},
    segment::{Attribute, Attribution, Measured, Period},
};
use headcount_store::{KeptDays, KeptError, KeptQuestion};
use jiff::{ToSpan, civil::Date};

use crate::{
    app::{App, Sight},
    error::ApiError,
    handlers::reports::run::{THREADS, not_reported, refused},
    page::{
        chart::{self, Series, Tick},
        locale::Locale,
    },
};

/// Weeks that are told: that of the last facts and those before it.
const WEEKS: usize = 13;

/// Whose numbers: of whom, as somebody sees it who is limited to these divisions, and of which
/// facts.
pub(crate) type NumbersKey = (String, Option<Vec<String>>, u64);

/// The numbers of one person.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// The first days of the weeks.
    weeks: Vec<Date>,
    handled: Told,
    scored: Told,
}

/// What the facts of a kind tell.
#[derive(Debug)]
enum Told {
    /// A count and an average for each week in which there is any.
    Weeks(HashMap<Date, (Option<i64>, Option<f64>)>),
    /// No facts are kept; the command that fetches them.
    NotKept(String),
    /// Why they do not tell.
    Refused(String),
}

/// The numbers as a view shows them.
pub(super) struct NumbersShown {
    pub(super) charts: Vec<Shown>,
    pub(super) weeks: Vec<Week>,
}

/// The chart of a kind, or what stands for it.
pub(super) struct Shown {
    pub(super) title: &'static str,
    pub(super) chart: Option<String>,
    pub(super) pull: Option<String>,
    pub(super) refused: Option<String>,
}

/// A row of the table.
pub(super) struct Week {
    pub(super) from: String,
    pub(super) cells: [String; 4],
}

impl Numbers {
    /// The numbers of somebody in sight, where they are kept.
    ///
    /// # Errors
    /// 500 and 503, where the facts cannot be read.
    pub(super) fn known(
        app: &App,
        org: &str,
        sight: &Sight,
        divisions: Option<&[String]>,
        id: &str,
    ) -> Result<Option<Arc<Self>>, ApiError> {
        let key = key(app, org, divisions, id)?;
        Ok(sight.loaded().numbers.known(&key))
    }

    /// The same, added up where they are not. Blocks meanwhile, as long as they are `wanted`.
    ///
    /// # Errors
    /// 500 and 503, by what cannot be read.
    pub(super) fn of(
        app: &App,
        org: &str,
        sight: &Sight,
        divisions: Option<&[String]>,
        id: &str,
        (locale, wanted): (&Locale, &AtomicBool),
    ) -> Result<Arc<Self>, ApiError> {
        let key = key(app, org, divisions, id)?;
        let last = last_day(app, sight, locale);
        let work = || Self::add_up(app, org, divisions, id, last, wanted);
        sight.loaded().numbers.get(key, work)
    }

    fn add_up(
        app: &App,
        org: &str,
        divisions: Option<&[String]>,
        id: &str,
        last: Date,
        wanted: &AtomicBool,
    ) -> Result<Self, ApiError> {
        let settings = &app.settings.reports;
        let mut to = None;
        if let Some(facts) = app.facts(org) {
            for kind in FactKind::ALL {
                let dates = facts.dates(kind)?.into_iter();
                to = to.max(dates.filter(|date| *date <= last).max());
            }
        }
        let to = to.unwrap_or(last);
        let past = i64::from(to.weekday().since(settings.week_start));
        let days = past + (WEEKS as i64 - 1) * 7;
        let from = to.checked_sub(days.days()).unwrap_or(to);
        let told = |kind| {
            let question = KeptQuestion {
                kind,
                by: vec![Attribute::Week],
                matcher: None,
                under: None,
                attribution: Attribution::Event,
                divisions: divisions.map(<[_]>::to_vec),
                period: Period { from, to },
                timezone: settings.timezone.clone(),
                week_start: settings.week_start,
                allow_missing: true,
            };
            Told::of(app, org, id, &question, wanted)
        };
        Ok(Self {
            weeks: from.series(7.days()).take(WEEKS).collect(),
            handled: told(FactKind::HandleTime)?,
            scored: told(FactKind::Evaluation)?,
        })
    }

    /// The numbers for a reader.
    pub(super) fn shown(&self, locale: &Locale) -> NumbersShown {
        let seconds = |value: f64| format!("{} s", locale.decimal(value, 0));
        let charts = vec![
            self.chart(
                "Average handle time by week",
                &self.handled,
                locale,
                seconds,
            ),
            self.chart("Average score by week", &self.scored, locale, |value| {
                locale.decimal(value, 1)
            }),
        ];
        let week = |from: &Date| {
            let count = |told: &Told| {
                let count = told.of_week(*from).and_then(|(count, _)| count);
                count.map_or_else(dash, |count| locale.number(count))
            };
            let average = |told: &Told, written: &dyn Fn(f64) -> String| {
                let average = told.of_week(*from).and_then(|(_, average)| average);
                average.map_or_else(dash, written)
            };
            Week {
                from: locale.date(*from),
                cells: [
                    count(&self.handled),
                    average(&self.handled, &|seconds| locale.clock(seconds)),
                    count(&self.scored),
                    average(&self.scored, &|score| locale.decimal(score, 1)),
                ],
            }
        };
        let has_any = |told: &Told| matches!(told, Told::Weeks(weeks) if !weeks.is_empty());
        let is_told = has_any(&self.handled) || has_any(&self.scored);
        let weeks = self.weeks.iter().rev().filter(|_| is_told);
        NumbersShown {
            charts,
            weeks: weeks.map(week).collect(),
        }
    }

    fn chart(
        &self,
        title: &'static str,
        told: &Told,
        locale: &Locale,
        written: impl Fn(f64) -> String,
    ) -> Shown {
        let mut shown = Shown {
            title,
            chart: None,
            pull: None,
            refused: None,
        };
        match told {
            Told::NotKept(pull) => shown.pull = Some(pull.clone()),
            Told::Refused(why) => shown.refused = Some(why.clone()),
            Told::Weeks(weeks) if weeks.is_empty() => {}
            Told::Weeks(_) => {
                let last = self.weeks.len().max(2) - 1;
                let tick = |(place, week): (usize, &Date)| Tick {
                    at: place as f64 / last as f64,
                    label: locale.short_date(*week),
                };
                let ticks: Vec<Tick> = self.weeks.iter().enumerate().map(tick).collect();
                let average = |week: &Date| told.of_week(*week).and_then(|(_, average)| average);
                let series = [Series {
                    name: "",
                    colour: 0,
                    values: self.weeks.iter().map(average).collect(),
                }];
                shown.chart = Some(chart::lines(title, &ticks, &series, written));
            }
        }
        shown
    }
}

impl Told {
    fn of(
        app: &App,
        org: &str,
        id: &str,
        question: &KeptQuestion,
        wanted: &AtomicBool,
    ) -> Result<Self, ApiError> {
        let facts = app.facts(org);
        let days = match KeptDays::find(facts.as_ref(), question) {
            Ok(days) => days,
            Err(error @ KeptError::Missing { .. }) => {
                return Ok(Self::NotKept(error.pull().unwrap_or_default()));
            }
            Err(KeptError::Facts(error)) => return Err(error.into()),
            Err(error) => return Ok(Self::Refused(refused(error).message().to_owned())),
        };
        let goes_on = || wanted.load(Ordering::Relaxed);
        // A third of what reports tell; the rest need not be read.
        let wanted: &[usize] = match question.kind {
            FactKind::HandleTime => &[HANDLE_COUNT, HANDLE_SUM],
            FactKind::Evaluation => &[EVALUATION_COUNT, SCORE_COUNT, SCORE_SUM],
        };
        let table = days.report_of(app.rosters.store(), org, id, wanted, THREADS, &goes_on);
        let rows = table.map_err(not_reported)?.rows.into_iter();
        let weeks = rows.filter_map(|row| {
            let week = row.values.first()?.parse().ok()?;
            let numbers = match row.totals.measured(question.kind) {
                Measured::HandleTime { count, aht_s, .. } => (count, aht_s),
                Measured::Evaluation { count, score, .. } => (count, score),
            };
            Some((week, numbers))
        });
        Ok(Self::Weeks(weeks.collect()))
    }

    fn of_week(&self, week: Date) -> Option<(Option<i64>, Option<f64>)> {
        match self {
            Self::Weeks(weeks) => weeks.get(&week).copied(),
            Self::NotKept(_) | Self::Refused(_) => None,
        }
    }
}

fn key(
    app: &App,
    org: &str,
    divisions: Option<&[String]>,
    id: &str,
) -> Result<NumbersKey, ApiError> {
    let divisions = divisions.map(<[_]>::to_vec);
    Ok((id.to_owned(), divisions, app.facts_revision(org)?))
}

/// The last day of which anything can be known: that before today, or the one a past roster is of.
fn last_day(app: &App, sight: &Sight, locale: &Locale) -> Date {
    let loaded = sight.loaded();
    match loaded.past {
        true => locale.day_of(loaded.snapshot.published_ms),
        false => {
            let today = locale.day_of(app.now_ms());
            today.yesterday().unwrap_or(today)
        }
    }
}

fn dash() -> String {
    "–".to_owned()
}
