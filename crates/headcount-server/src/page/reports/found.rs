//! Finding the answer: out of what is kept with the roster at once, else by reading facts aside.

use std::{
    convert::Infallible,
    sync::{Arc, atomic::AtomicBool},
};

use headcount_core::{
    fact::{FactKind, TRANSFERRED_COUNT},
    segment::{Period, paired},
};
use headcount_store::{KeptDays, KeptError, KeptQuestion};
use hyper::StatusCode;
use jiff::civil::Date;

use super::{
    asked::{Compare, Own, few_attributes, with_usual},
    report::{Other, Problem, Report, days_written, kind_words, missing_error, renamed, times},
};
use crate::{
    app::Sight,
    error::ApiError,
    handlers::reports::{
        Key, Shelf, Wanted,
        asked::{Asked, manager},
        run::{Ran, few_enough, refused, run},
    },
    page::visit::Visit,
    parameters::Parameters,
};

/// One request for a report, and the roster in whose time it is asked.
pub(super) struct Asking {
    pub(super) visit: Visit,
    pub(super) sight: Sight,
    pub(super) own: Own,
}

/// What there is to show.
pub(super) enum Found {
    Report(Box<Report>),
    Problem(Box<Problem>),
}

/// The facts of one period, found and not yet read.
struct Part {
    key: Key,
    days: KeptDays,
}

/// Facts that have to be read.
pub(super) struct Unread {
    asked: Parameters,
    question: KeptQuestion,
    labels: Vec<String>,
    kept: (Date, Date),
    now: Part,
    other: Option<(Period, Part)>,
    not_compared: Option<String>,
}

enum Looked {
    Found(Found),
    Unread(Box<Unread>),
}

impl Asking {
    /// Makes something of the answer, on a thread aside. Facts are read in the queue of reports, and
    /// as long as somebody waits.
    ///
    /// # Errors
    /// Those of `make`, and of a store or facts that cannot be read.
    pub(super) async fn answer<T: Send + 'static>(
        self,
        make: impl Fn(&Self, Found) -> Result<T, ApiError> + Send + Sync + 'static,
    ) -> Result<T, ApiError> {
        let app = self.visit.app.clone();
        let both = Arc::new((self, make));
        let look = {
            let both = both.clone();
            move || {
                let (asking, make) = &*both;
                Ok(match asking.look()? {
                    Looked::Found(found) => Ok(make(asking, found)?),
                    Looked::Unread(unread) => Err(unread),
                })
            }
        };
        let unread = match app.aside(look).await? {
            Ok(made) => return Ok(made),
            Err(unread) => unread,
        };
        let wanted = Wanted::new();
        let goes_on = wanted.goes_on();
        let read = move || {
            let (asking, make) = &*both;
            make(asking, asking.read(*unread, &goes_on)?)
        };
        let made = app.report_aside(read).await;
        drop(wanted);
        made
    }

    fn shelf(&self) -> &Shelf {
        &self.sight.loaded().reports
    }

    /// What is known without reading a fact.
    fn look(&self) -> Result<Looked, ApiError> {
        let visit = &self.visit;
        let (app, org) = (&visit.app, visit.caller.org());
        let kind = self.own.kind;
        let facts = app.facts(org);
        let days = self.shelf().days(facts.as_ref(), kind)?;
        let asked = with_usual(&visit.asked, &days);
        let kept = days.first().zip(days.last());
        let kept = kept.map(|(first, last)| (first.day.date, last.day.date));
        let Some(ends) = kept else {
            return Ok(Looked::Found(Found::Problem(Box::new(self.empty(asked)))));
        };
        let refusal = |error: ApiError| {
            let problem = Problem::of(error, asked.clone(), kept)?;
            Ok(Looked::Found(Found::Problem(Box::new(problem))))
        };
        let divisions = visit.caller.divisions().map(<[_]>::to_vec);
        let read = few_attributes(&asked)
            .and_then(|()| Asked::read(kind, &asked, divisions, &app.settings.reports));
        let Asked {
            mut question,
            labels,
        } = match read {
            Ok(read) => read,
            Err(error) => return refusal(error),
        };
        if let Some(name) = question.under.take() {
            match manager(self.sight.view(), name.trim()) {
                Ok(id) => question.under = Some(id),
                Err(error) => return refusal(error),
            }
        }
        let part = |question: &KeptQuestion| {
            let found = KeptDays::among(&days, facts.as_ref(), question)?;
            Ok::<_, KeptError>(self.part(question, &asked, found))
        };
        let now = match part(&question) {
            Ok(now) => now,
            Err(error @ KeptError::Missing { .. }) => {
                let problem = Problem::missing(error, asked.clone(), kept, &visit.locale);
                return Ok(Looked::Found(Found::Problem(Box::new(problem))));
            }
            Err(error) => return refusal(refused(error)),
        };
        let mut other = None;
        let mut not_compared = None;
        if let Some(period) = self.own.compare.period(question.period) {
            let question = KeptQuestion {
                period,
                // Days have to be days of the same calendar.
                timezone: Some(now.days.timezone.clone()),
                ..question.clone()
            };
            match part(&question) {
                Ok(part) => other = Some((period, part)),
                Err(KeptError::Facts(error)) => return Err(error.into()),
                Err(error) => not_compared = Some(self.told(period, &error)),
            }
        } else if self.own.compare != Compare::Nothing {
            not_compared = Some("Nothing lies before this period.".to_owned());
        }
        let unread = Unread {
            asked,
            question,
            labels,
            kept: ends,
            now,
            other,
            not_compared,
        };
        let shelf = self.shelf();
        let now = shelf.known(&unread.now.key);
        let before = unread
            .other
            .as_ref()
            .map(|(_, other)| shelf.known(&other.key));
        match (now, before) {
            (Some(now), None) => Ok(Looked::Found(self.report(unread, now, None)?)),
            (Some(now), Some(Some(before))) => {
                Ok(Looked::Found(self.report(unread, now, Some(before))?))
            }
            _ => Ok(Looked::Unread(Box::new(unread))),
        }
    }

    /// Reads what is not kept.
    fn read(&self, unread: Unread, goes_on: &AtomicBool) -> Result<Found, ApiError> {
        let read = |part: &Part| match self.shelf().known(&part.key) {
            Some(known) => Ok(known),
            None => self.ran(part, goes_on),
        };
        let now = read(&unread.now);
        let before = match (&now, &unread.other) {
            (Ok(_), Some((_, other))) => Some(read(other)).transpose(),
            _ => Ok(None),
        };
        match now.and_then(|now| Ok((now, before?))) {
            Ok((now, before)) => self.report(unread, now, before),
            Err(error) => {
                let problem = Problem::of(error, unread.asked, Some(unread.kept))?;
                Ok(Found::Problem(Box::new(problem)))
            }
        }
    }

    /// Reads the facts of a period.
    fn ran(&self, part: &Part, goes_on: &AtomicBool) -> Result<Arc<Ran>, ApiError> {
        let (app, org) = (&self.visit.app, self.visit.caller.org());
        let ran = Arc::new(run(app, org, &part.days, goes_on)?);
        few_enough(&ran.table)?;
        if self.is_of_roster(&ran) {
            self.shelf().keep(part.key.clone(), ran.clone());
        }
        Ok(ran)
    }

    /// Whether a report is over the versions of the roster in memory; the store may be ahead.
    fn is_of_roster(&self, ran: &Ran) -> bool {
        let loaded = self.sight.loaded();
        (ran.snapshot.id, ran.erased) == (loaded.snapshot.id, loaded.erased)
    }

    fn part(&self, question: &KeptQuestion, asked: &Parameters, days: KeptDays) -> Part {
        let days = match question.kind {
            FactKind::HandleTime => days.with_measure(TRANSFERRED_COUNT),
            FactKind::Evaluation => days,
        };
        let conditions = asked.each("where").into_iter().map(str::to_owned);
        Part {
            key: Key {
                kind: question.kind,
                by: question.by.clone(),
                conditions: conditions.collect(),
                under: question.under.clone(),
                attribution: question.attribution,
                divisions: question.divisions.clone(),
                period: question.period,
                state: days.state(),
            },
            days,
        }
    }

    /// Puts a report together.
    fn report(
        &self,
        unread: Unread,
        now: Arc<Ran>,
        before: Option<Arc<Ran>>,
    ) -> Result<Found, ApiError> {
        let Unread {
            asked,
            question,
            labels,
            kept,
            now: part,
            other,
            not_compared,
        } = unread;
        let calendar = part.days.calendar().clone();
        let other = other.zip(before).map(|((period, other), before)| {
            let times = times(&calendar, &question.by, question.period, period);
            let pairs = || {
                paired(&now.table, &before.table, |values| {
                    renamed(&question.by, &times, values)
                })
            };
            let pairs = if self.is_of_roster(&now) && self.is_of_roster(&before) {
                let key = (part.key.clone(), other.key);
                let kept = self.shelf().pairs.get(key, || Ok::<_, Infallible>(pairs()));
                kept.unwrap_or_else(|never| match never {})
            } else {
                Arc::new(pairs())
            };
            Other {
                period,
                missing: other.days.missing,
                before,
                pairs,
                times,
            }
        });
        let missing = part.days.missing;
        let timezone = part.days.timezone;
        let pull = missing_error(question.kind, part.days.period, &timezone, &missing).pull();
        Ok(Found::Report(Box::new(Report {
            asked,
            by: question.by,
            labels,
            attribution: question.attribution,
            period: part.days.period,
            pull: pull.filter(|_| !missing.is_empty()),
            timezone,
            calendar,
            missing,
            kept,
            now,
            other,
            not_compared,
        })))
    }

    /// Why a period cannot be compared with.
    fn told(&self, period: Period, error: &KeptError) -> String {
        let period = days_written(period, &self.visit.locale);
        match error {
            KeptError::Missing { all: true, .. } => {
                let pull = error.pull().unwrap_or_default();
                format!(
                    "There is nothing to compare with: no facts of {period} are kept. {pull} fetches them."
                )
            }
            error => {
                let pull = error.pull().map(|pull| format!(" {pull} fetches them."));
                format!(
                    "There is nothing to compare with, {period}: {error}.{}",
                    pull.unwrap_or_default()
                )
            }
        }
    }

    /// What is told where there are no facts of this kind.
    fn empty(&self, asked: Parameters) -> Problem {
        let locale = &self.visit.locale;
        let zone = self.visit.app.settings.reports.timezone.as_deref();
        let today = locale.day_of(self.visit.app.now_ms());
        let days = |back: i32| {
            today
                .checked_sub(jiff::Span::new().days(back))
                .unwrap_or(today)
        };
        let period = Period {
            from: days(30),
            to: days(1),
        };
        let error = missing_error(self.own.kind, period, zone.unwrap_or("UTC"), &[]);
        let message = format!("No facts of {} are kept yet", kind_words(self.own.kind));
        Problem {
            asked,
            status: StatusCode::OK,
            pull: error.pull(),
            may_leave_out: false,
            is_empty: true,
            kept: None,
            error: ApiError::nothing_of(&message),
            message,
        }
    }
}
