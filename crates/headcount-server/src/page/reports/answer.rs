//! What the view says: the sums that add up, what a reader has to know, the picture and the table.

use headcount_core::{
    fact::FactKind,
    segment::{Attribution, Measured, Period, Totals, days_told_as},
};
use hyper::StatusCode;
use jiff::civil::Date;

use super::{
    asked::{Own, title},
    columns::{NOTHING, ordered},
    form::{called, measure},
    found::{Asking, Found},
    links::periods,
    picture::{BARS, picture},
    report::{Problem, Report, days_written},
    table::{Table, last_row},
};
use crate::{
    page::{chart, locale::Locale, visit::Visit},
    parameters::{Parameters, link},
};

/// What stands below the form.
pub(super) struct Answer {
    pub(super) report: Option<Told>,
    pub(super) problem: Option<Refusal>,
    pub(super) quick: Vec<Quick>,
    /// The days that have facts.
    pub(super) kept: Option<String>,
}

/// A period that is a click away.
pub(super) struct Quick {
    pub(super) name: &'static str,
    pub(super) href: String,
    pub(super) is_here: bool,
}

/// A report, ready to be written.
pub(super) struct Told {
    pub(super) title: String,
    pub(super) subtitle: String,
    /// What the attribution means.
    pub(super) meaning: &'static str,
    pub(super) svg: String,
    pub(super) csv: String,
    pub(super) json: String,
    /// The parts of the line that adds up; what is left out is named where something is.
    pub(super) segments: String,
    pub(super) left_out: Option<String>,
    pub(super) all: String,
    pub(super) notes: Vec<Note>,
    pub(super) picture: Option<Drawing>,
    pub(super) table: Table,
}

/// The picture, and what its colours are.
pub(super) struct Drawing {
    pub(super) svg: String,
    pub(super) legend: Vec<(String, String)>,
    pub(super) note: Option<String>,
}

/// Something that a reader has to know.
pub(super) struct Note {
    pub(super) text: String,
    /// A command that helps.
    pub(super) command: Option<String>,
}

/// Why there is no report.
pub(super) struct Refusal {
    pub(super) is_empty: bool,
    pub(super) message: String,
    pub(super) pull: Option<String>,
    /// The same question without the days that have no facts.
    pub(super) anyway: Option<String>,
}

impl Answer {
    /// What is told, its status, and what was asked for it.
    pub(super) fn of(asking: &Asking, found: Found) -> (Self, StatusCode, Parameters) {
        let visit = &asking.visit;
        let locale = &visit.locale;
        let told = |(first, last): (Date, Date)| {
            let days = Period {
                from: first,
                to: last,
            };
            format!("Facts are kept of {}.", days_written(days, locale))
        };
        match found {
            Found::Report(report) => {
                let answer = Self {
                    quick: quick(visit, report.kept.1, Some(report.period)),
                    kept: Some(told(report.kept)),
                    report: Some(Told::of(asking, &report)),
                    problem: None,
                };
                (answer, StatusCode::OK, report.asked)
            }
            Found::Problem(problem) => {
                let Problem {
                    asked,
                    status,
                    message,
                    pull,
                    may_leave_out,
                    is_empty,
                    kept,
                    error: _,
                } = *problem;
                let anyway = || visit.link_with(&[("allowMissing", Some("true"))]);
                let answer = Self {
                    quick: kept.map_or_else(Vec::new, |kept| quick(visit, kept.1, None)),
                    kept: kept.map(told),
                    report: None,
                    problem: Some(Refusal {
                        is_empty,
                        message,
                        pull,
                        anyway: may_leave_out.then(anyway),
                    }),
                };
                (answer, status, asked)
            }
        }
    }
}

fn quick(visit: &Visit, last: Date, here: Option<Period>) -> Vec<Quick> {
    periods(last)
        .into_iter()
        .map(|(name, period)| Quick {
            name,
            href: visit.link_with(&[
                ("from", Some(&period.from.to_string())),
                ("to", Some(&period.to.to_string())),
            ]),
            is_here: here == Some(period),
        })
        .collect()
}

/// Such as `Average handle time by department and week`.
pub(super) fn headline(report: &Report) -> String {
    let names: Vec<String> = report
        .by
        .iter()
        .zip(&report.labels)
        .filter(|(_, label)| *label != "user.name")
        .map(|(by, label)| title(*by, label).to_lowercase())
        .collect();
    format!(
        "{} by {}",
        measure(report.now.table.kind),
        names.join(" and ")
    )
}

/// Of when, and in which words.
pub(super) fn subtitle(report: &Report, locale: &Locale) -> String {
    let when = called(report.attribution).to_lowercase();
    let compared = report
        .other
        .as_ref()
        .map(|other| format!(", compared with {}", days_written(other.period, locale)));
    format!(
        "{}{}, {when}, days of {}",
        days_written(report.period, locale),
        compared.unwrap_or_default(),
        report.timezone
    )
}

impl Told {
    fn of(asking: &Asking, report: &Report) -> Self {
        let (visit, own) = (&asking.visit, &asking.own);
        let locale = &visit.locale;
        let title = headline(report);
        let facts = &report.now.table.facts;
        let sum = |totals: &Totals| summed(own.kind, totals, locale);
        let most = last_row(report, own).max(BARS);
        let pairs = ordered(report, own.sort, own.is_descending, most);
        let picture = picture(report, &pairs, &title, locale, Some(&asking.sight));
        let asked = || {
            visit
                .asked
                .pairs()
                .map(|(name, value)| (name, Some(value.to_owned())))
        };
        Self {
            subtitle: subtitle(report, locale),
            meaning: match report.attribution {
                Attribution::Event => {
                    "Each fact counts for what its agent was when it began, so that a report of the past never changes."
                }
                Attribution::Today => {
                    "Each fact counts for what its agent is now, wherever the agent was at the time."
                }
            },
            svg: link("/reports/chart.svg", asked()),
            csv: link("/reports/report.csv", asked()),
            json: interface(own, report),
            segments: sum(&report.now.table.total),
            left_out: (facts.not_matching.facts > 0).then(|| sum(&facts.not_matching)),
            all: sum(&facts.all),
            notes: notes(report, locale),
            picture: picture.map(|picture| Drawing {
                svg: picture.svg,
                legend: picture
                    .legend
                    .into_iter()
                    .map(|(colour, name)| (chart::swatch(colour), name))
                    .collect(),
                note: picture.note,
            }),
            table: Table::of(report, &pairs, own, visit, &asking.sight),
            title,
        }
    }
}

/// The same question to the API.
fn interface(own: &Own, report: &Report) -> String {
    const NAMES: [&str; 9] = [
        "by",
        "from",
        "to",
        "where",
        "under",
        "asOf",
        "timezone",
        "weekStart",
        "allowMissing",
    ];
    let asked = report.asked.pairs();
    let asked = asked.filter(|(name, _)| NAMES.contains(name));
    let asked = asked.map(|(name, value)| (name, Some(value.to_owned())));
    let path = format!("/headcount/v1/reports/{}", own.kind_name());
    link(&path, asked)
}

/// What was counted, to the unit.
fn summed(kind: FactKind, totals: &Totals, locale: &Locale) -> String {
    let number = |number: Option<i64>| locale.number(number.unwrap_or_default());
    match totals.measured(kind) {
        Measured::HandleTime { count, sum_ms, .. } => {
            format!("{} interactions, {} ms", number(count), number(sum_ms))
        }
        Measured::Evaluation { count, sum, .. } => {
            let points = sum.map_or_else(|| NOTHING.to_owned(), |sum| locale.decimal(sum, 2));
            format!("{} evaluations, {points} points", number(count))
        }
    }
}

/// What a reader has to know of the sums.
fn notes(report: &Report, locale: &Locale) -> Vec<Note> {
    let table = &report.now.table;
    let facts = &table.facts;
    let of_days = |days: &[Date]| days_told_as(days, |stretch| days_written(stretch, locale));
    let mut notes = Vec::new();
    let mut note = |text: String, command: Option<String>| notes.push(Note { text, command });
    let of = |count: u64| {
        format!(
            "{} of {} facts",
            locale.number(count),
            locale.number(facts.all.facts)
        )
    };
    if facts.straddling > 0 {
        note(
            format!(
                "{} are of intervals in which the user changed: they count for what the user was at the start.",
                of(facts.straddling)
            ),
            None,
        );
    }
    if facts.before_first > 0 {
        note(
            format!(
                "{} are from before the first snapshot of their user: they count for the first version known.",
                of(facts.before_first)
            ),
            None,
        );
    }
    if facts.unrostered.facts > 0 {
        note(
            format!(
                "{} are of users that no snapshot ever held, or name none: they are in (unrostered).",
                of(facts.unrostered.facts)
            ),
            None,
        );
    }
    if table.overlapping {
        note(
            "Rows are whole trees and overlap; the total counts each fact once.".to_owned(),
            None,
        );
    }
    if !table.cycles.is_empty() {
        note(
            format!(
                "{} of managers who report to each other were cut open at the least id.",
                match table.cycles.len() {
                    1 => "A ring".to_owned(),
                    many => format!("{} rings", locale.number(many as u64)),
                }
            ),
            None,
        );
    }
    if !report.missing.is_empty() {
        note(
            format!(
                "No facts are kept of {}; these days are left out.",
                of_days(&report.missing)
            ),
            report.pull.clone(),
        );
    }
    if let Some(other) = report
        .other
        .as_ref()
        .filter(|other| !other.missing.is_empty())
    {
        note(
            format!(
                "Of the period compared with, no facts are kept of {}.",
                of_days(&other.missing)
            ),
            None,
        );
    }
    if let Some(why) = &report.not_compared {
        note(why.clone(), None);
    }
    notes
}
