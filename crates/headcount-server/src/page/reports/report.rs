//! What there is to show: a report, beside another one where one is compared, or why there is none.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use headcount_core::{
    fact::FactKind,
    segment::{Attribute, Attribution, Calendar, Pair, Period, days_told_as},
};
use headcount_store::KeptError;
use hyper::StatusCode;
use jiff::civil::Date;

use super::columns::Line;
use crate::{
    error::ApiError,
    handlers::reports::run::{Ran, refused},
    page::locale::Locale,
    parameters::Parameters,
};

/// A report, beside another one where one is compared.
pub(super) struct Report {
    /// What was asked, with what is usual.
    pub(super) asked: Parameters,
    pub(super) by: Vec<Attribute>,
    pub(super) labels: Vec<String>,
    pub(super) attribution: Attribution,
    pub(super) period: Period,
    pub(super) timezone: String,
    pub(super) calendar: Calendar,
    pub(super) missing: Vec<Date>,
    /// The command that fetches the facts that are missing.
    pub(super) pull: Option<String>,
    /// The first and the last day of facts kept.
    pub(super) kept: (Date, Date),
    pub(super) now: Arc<Ran>,
    pub(super) other: Option<Other>,
    /// Why there is nothing to compare with.
    pub(super) not_compared: Option<String>,
}

/// What a report is compared with.
pub(super) struct Other {
    pub(super) period: Period,
    pub(super) missing: Vec<Date>,
    pub(super) before: Arc<Ran>,
    pub(super) pairs: Arc<Vec<Pair>>,
    /// What days, weeks and months of the other period stand for in this one.
    pub(super) times: HashMap<String, String>,
}

/// Why there is no report.
pub(super) struct Problem {
    pub(super) asked: Parameters,
    pub(super) status: StatusCode,
    pub(super) message: String,
    /// The command that helps.
    pub(super) pull: Option<String>,
    /// Leaving days out would give a report.
    pub(super) may_leave_out: bool,
    /// There are no facts of this kind at all.
    pub(super) is_empty: bool,
    /// The first and the last day of facts kept.
    pub(super) kept: Option<(Date, Date)>,
    /// To be told instead, where it is no fault of the question.
    pub(super) error: ApiError,
}

impl Report {
    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        match &self.other {
            Some(other) => other.pairs.len(),
            None => self.now.table.rows.len(),
        }
    }

    /// The row at a place.
    pub(super) fn pair(&self, at: usize) -> Pair {
        match &self.other {
            Some(other) => other.pairs[at],
            None => Pair {
                now: Some(at),
                before: None,
            },
        }
    }

    /// The sums of a row.
    pub(super) fn line(&self, pair: Pair) -> Line<'_> {
        let before = self.other.as_ref().map(|other| &other.before.table.rows);
        Line {
            now: pair.now.map(|at| &self.now.table.rows[at].totals),
            before: pair.before.zip(before).map(|(at, rows)| &rows[at].totals),
        }
    }

    /// The sums of all segments.
    pub(super) fn total(&self) -> Line<'_> {
        let other = self.other.as_ref();
        Line {
            now: Some(&self.now.table.total),
            before: other.map(|other| &other.before.table.total),
        }
    }

    /// The places of the labels that rows are put in order by: whoever looks for a person looks for a
    /// name, and the id tells two of one name apart.
    pub(super) fn names(&self) -> Vec<usize> {
        let mut places: Vec<usize> = (0..self.by.len()).collect();
        for at in 1..places.len() {
            if self.by[at] == Attribute::UserName && self.by[at - 1] == Attribute::UserId {
                places.swap(at - 1, at);
            }
        }
        places
    }

    /// The labels of a row, in the words of the period asked for.
    pub(super) fn called(&self, pair: Pair) -> Cow<'_, [String]> {
        match (pair.now, pair.before, &self.other) {
            (Some(at), ..) => Cow::Borrowed(&self.now.table.rows[at].values),
            (None, Some(at), Some(other)) => {
                renamed(&self.by, &other.times, &other.before.table.rows[at].values)
            }
            _ => Cow::Borrowed(&[]),
        }
    }
}

/// What is missing, for the command that fetches it; all of a period where no days are named.
pub(super) fn missing_error(
    kind: FactKind,
    period: Period,
    timezone: &str,
    missing: &[Date],
) -> KeptError {
    KeptError::Missing {
        kind,
        period,
        timezone: timezone.to_owned(),
        missing: missing.to_vec(),
        all: missing.is_empty(),
    }
}

/// What facts of a kind are about.
pub(super) fn kind_words(kind: FactKind) -> &'static str {
    match kind {
        FactKind::HandleTime => "handle time",
        FactKind::Evaluation => "evaluations",
    }
}

impl Problem {
    /// What is wrong with a question; any other fault is no view.
    ///
    /// # Errors
    /// The fault itself.
    pub(super) fn of(
        error: ApiError,
        asked: Parameters,
        kept: Option<(Date, Date)>,
    ) -> Result<Self, ApiError> {
        let status = error.status();
        let message = match status {
            StatusCode::BAD_REQUEST => error.message().to_owned(),
            StatusCode::NOT_FOUND => {
                "Nobody with the id or e-mail under which to look was ever in this org.".to_owned()
            }
            _ => return Err(error),
        };
        Ok(Self {
            asked,
            status,
            message,
            pull: None,
            may_leave_out: false,
            is_empty: false,
            kept,
            error,
        })
    }

    /// Days have no facts.
    pub(super) fn missing(
        error: KeptError,
        asked: Parameters,
        kept: Option<(Date, Date)>,
        locale: &Locale,
    ) -> Self {
        let (told, may_leave_out) = match &error {
            KeptError::Missing {
                kind,
                period,
                missing,
                all,
                ..
            } => {
                let days = match all {
                    true => days_written(*period, locale),
                    false => days_told_as(missing, |stretch| days_written(stretch, locale)),
                };
                let what = kind_words(*kind);
                (format!("No facts of {what} are kept of {days}."), !all)
            }
            error => (error.to_string(), false),
        };
        Self {
            asked,
            status: StatusCode::NOT_FOUND,
            message: told,
            pull: error.pull(),
            may_leave_out,
            is_empty: false,
            kept,
            error: refused(error),
        }
    }
}

/// What stretches of time of one period stand for in another: the first for the first, and on.
pub(super) fn times(
    calendar: &Calendar,
    by: &[Attribute],
    now: Period,
    before: Period,
) -> HashMap<String, String> {
    let of_time = by.iter().filter(|attribute| attribute.is_time());
    of_time
        .flat_map(|&attribute| {
            let now = calendar.names(attribute, now);
            calendar.names(attribute, before).into_iter().zip(now)
        })
        .collect()
}

/// The labels that those of another period stand for.
pub(super) fn renamed<'v>(
    by: &[Attribute],
    times: &HashMap<String, String>,
    values: &'v [String],
) -> Cow<'v, [String]> {
    if times.is_empty() {
        return Cow::Borrowed(values);
    }
    let named = by.iter().zip(values).map(|(attribute, value)| {
        let stands_for = times.get(value).filter(|_| attribute.is_time());
        stands_for.unwrap_or(value).clone()
    });
    Cow::Owned(named.collect())
}

/// A period as a reader reads it.
pub(super) fn days_written(period: Period, locale: &Locale) -> String {
    let (from, to) = (locale.date(period.from), locale.date(period.to));
    match period.from == period.to {
        true => from,
        false => format!("{from} to {to}"),
    }
}
