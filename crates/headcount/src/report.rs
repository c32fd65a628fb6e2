//! Reports: facts by segment, over stored versions and facts.

mod asked;
pub(crate) mod chart;
pub(crate) mod period;
pub(crate) mod print;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use headcount_core::{
    fact::FactKind,
    segment::{Attribute, AttributesError, Attribution, Table, Totals, paired},
};
use jiff::civil::Date;

pub(crate) use self::asked::Asked;
use self::period::Period;
use crate::error::{Exit, Failure};

/// A report, and what it is of.
#[derive(Debug)]
pub(crate) struct Report {
    /// Names of the attributes.
    pub(crate) labels: Vec<String>,
    /// The sums.
    pub(crate) table: Table,
    /// The days.
    pub(crate) period: Period,
    /// Which version facts belong to.
    pub(crate) attribution: Attribution,
    /// Time zone that days are in.
    pub(crate) timezone: String,
    /// Days of the period of which there are no facts.
    pub(crate) missing: Vec<Date>,
}

/// A segment in two periods.
pub(crate) struct Compared<'t> {
    /// Its labels.
    pub(crate) values: &'t [String],
    /// Its sums in the period asked for.
    pub(crate) now: Option<&'t Totals>,
    /// Its sums in the other one.
    pub(crate) before: Option<&'t Totals>,
}

impl Report {
    /// What is told, such as `Average handle time by department`.
    pub(crate) fn title(&self) -> String {
        let what = match self.table.kind {
            FactKind::HandleTime => "Average handle time",
            FactKind::Evaluation => "Average evaluation score",
        };
        match self.labels.as_slice() {
            [] => what.to_owned(),
            labels => format!("{what} by {}", labels.join(", ")),
        }
    }

    /// How facts were attributed, in words.
    pub(crate) fn attributed(&self) -> &'static str {
        match self.attribution {
            Attribution::Event => "as of the event",
            Attribution::Today => "as of today",
        }
    }
}

/// The segments of both, those of the first in its order, then those of the other alone.
pub(crate) fn compared<'t>(report: &'t Report, other: &'t Report) -> Vec<Compared<'t>> {
    let (now, before) = (&report.table, &other.table);
    let pairs = paired(now, before, Cow::Borrowed).into_iter();
    pairs
        .filter_map(|pair| {
            let now = pair.now.map(|at| &now.rows[at]);
            let before = pair.before.map(|at| &before.rows[at]);
            Some(Compared {
                values: &now.or(before)?.values,
                now: now.map(|row| &row.totals),
                before: before.map(|row| &row.totals),
            })
        })
        .collect()
}

/// The attributes of these names, and what they are called in the answer.
pub(crate) fn attributes(names: &[String]) -> Result<(Vec<Attribute>, Vec<String>), Failure> {
    Attribute::parse_all(names).map_err(|error| match error {
        AttributesError::Unknown(error) => {
            let nearest: Vec<String> = error.nearest.iter().map(|name| format!("`{name}`")).collect();
            let hint = match nearest.as_slice() {
                [] => "segment by department, division, manager, level1, tree, title, location, team, state, mediaType, user, day, week or month".to_owned(),
                near => format!("did you mean {}?", near.join(" or ")),
            };
            Failure::new(Exit::Usage, format!("unknown attribute `{}`", error.name)).hint(hint)
        }
        AttributesError::Twice(name) => {
            Failure::new(Exit::Usage, format!("`{name}` is asked for twice"))
                .hint("name each attribute of --by once")
        }
    })
}
