//! A report in any form.

use std::io::Write;

use headcount_core::{
    fact::FactKind,
    segment::{Answer, Measured, Table, Totals},
};
use serde::Serialize;

use super::{Compared, Report};
use crate::{
    cli::Form,
    output::{
        Array, Cell, Sheet,
        numbers::{decimals, grouped},
    },
};

/// The answer as machines read it.
#[derive(Serialize)]
pub(crate) struct Document<'a> {
    #[serde(flatten)]
    answer: Answer<'a>,
    period: Stretch,
    attribution: &'static str,
    timezone: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    missing_days: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<Box<Document<'a>>>,
}

#[derive(Serialize)]
struct Stretch {
    from: String,
    to: String,
}

impl<'a> Document<'a> {
    /// The document that a report is.
    pub(crate) fn new(report: &'a Report) -> Self {
        Self {
            answer: Answer::new(&report.labels, &report.table),
            period: Stretch {
                from: report.period.from.to_string(),
                to: report.period.to.to_string(),
            },
            attribution: report.attribution(),
            timezone: &report.timezone,
            missing_days: report.missing.iter().map(ToString::to_string).collect(),
            compared: None,
        }
    }

    /// The same beside another one.
    pub(crate) fn beside(self, other: &'a Report) -> Self {
        Self {
            compared: Some(Box::new(Self::new(other))),
            ..self
        }
    }
}

/// Prints a report, beside another one where there is one.
pub(crate) fn print(
    form: Form,
    report: &Report,
    other: Option<&Report>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match (form, other) {
        (Form::Json | Form::Ndjson, _) => json(form, report, other, out),
        (Form::Table | Form::Csv, None) => sheet(form, report, out),
        (Form::Table | Form::Csv, Some(other)) => comparison(form, report, other, out),
    }
}

fn json(
    form: Form,
    report: &Report,
    other: Option<&Report>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut document = Document::new(report);
    if let Some(other) = other {
        document = document.beside(other);
    }
    if form == Form::Json {
        serde_json::to_writer_pretty(&mut *out, &document)?;
        return Ok(writeln!(out)?);
    }
    let mut lines = Array::new(form, out);
    for row in document.answer.rows() {
        lines.item(&serde_json::to_vec(row)?)?;
    }
    Ok(lines.finish()?)
}

/// Names of the numbers of a kind.
fn numbers(kind: FactKind) -> &'static [&'static str] {
    match kind {
        FactKind::HandleTime => &[
            "count", "aht_s", "talk_s", "hold_s", "acw_s", "handle_h", "agents", "share_%",
        ],
        FactKind::Evaluation => &["count", "score", "critical", "agents", "share_%"],
    }
}

fn cells(table: &Table, totals: &Totals) -> Vec<Cell<'static>> {
    const MS_PER_HOUR: f64 = 3_600_000.0;
    let share = table.share(totals).map(|share| share * 100.0);
    let mut cells = match totals.measured(table.kind) {
        Measured::HandleTime {
            count,
            sum_ms,
            aht_s,
            talk_s,
            hold_s,
            acw_s,
            ..
        } => {
            #[expect(
                clippy::cast_precision_loss,
                reason = "hours are told with one decimal"
            )]
            let hours = sum_ms.map(|ms| ms as f64 / MS_PER_HOUR);
            let mut cells = vec![whole(count)];
            cells.extend(
                [aht_s, talk_s, hold_s, acw_s, hours].map(|number| Cell::decimal(number, 1)),
            );
            cells
        }
        Measured::Evaluation {
            count,
            score,
            critical_score,
            ..
        } => vec![
            whole(count),
            Cell::decimal(score, 1),
            Cell::decimal(critical_score, 1),
        ],
    };
    cells.push(Cell::Number(totals.agents));
    cells.push(Cell::decimal(share, 1));
    cells
}

fn whole(number: Option<i64>) -> Cell<'static> {
    number.map_or(Cell::Nothing, |number| Cell::Number(number.unsigned_abs()))
}

fn sheet(form: Form, report: &Report, out: &mut dyn Write) -> anyhow::Result<()> {
    rows(form, report, report.table.rows.len(), out)?;
    match form {
        Form::Csv => Ok(()),
        _ => footer(report, out),
    }
}

/// Prints the first rows of a report as a table, for a glance.
pub(crate) fn first(report: &Report, most: usize, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(out, "{}:", report.title())?;
    rows(Form::Table, report, most, out)?;
    let more = report.table.rows.len().saturating_sub(most);
    if more > 0 {
        writeln!(out, "({} more)", grouped(more as u64))?;
    }
    footer(report, out)
}

fn rows(form: Form, report: &Report, most: usize, out: &mut dyn Write) -> anyhow::Result<()> {
    let table = &report.table;
    let mut names = report.labels.clone();
    names.extend(numbers(table.kind).iter().map(|name| (*name).to_owned()));
    let mut sheet = Sheet::begin(form, &names, out)?;
    for row in table.rows.iter().take(most) {
        let mut line: Vec<Cell<'_>> = row
            .values
            .iter()
            .map(|value| Cell::of(Some(value)))
            .collect();
        line.extend(cells(table, &row.totals));
        sheet.row(&line)?;
    }
    if form == Form::Csv {
        return sheet.finish();
    }
    // In a file the line would be taken for one more segment.
    if !report.labels.is_empty() {
        let mut line = vec![Cell::Nothing; report.labels.len()];
        line[0] = Cell::of(Some("TOTAL"));
        line.extend(cells(table, &table.total));
        sheet.row(&line)?;
    }
    sheet.finish()
}

/// How the segments add up, and what a reader has to know.
fn footer(report: &Report, out: &mut dyn Write) -> anyhow::Result<()> {
    let table = &report.table;
    let facts = &table.facts;
    let told = |totals: &Totals| summed(table.kind, totals);
    writeln!(
        out,
        "\n{}, {}, time zone {}",
        report.period,
        report.attributed(),
        report.timezone
    )?;
    write!(
        out,
        "facts:    {} = segments {}",
        told(&facts.all),
        told(&table.total)
    )?;
    if facts.not_matching.facts > 0 {
        write!(out, " + not matching {}", told(&facts.not_matching))?;
    }
    writeln!(out)?;
    let mut notes = Vec::new();
    if facts.unrostered.facts > 0 {
        notes.push(format!(
            "{} of (unrostered) users",
            grouped(facts.unrostered.facts)
        ));
    }
    if facts.before_first > 0 {
        notes.push(format!(
            "{} from before the first snapshot of their user",
            grouped(facts.before_first)
        ));
    }
    if facts.straddling > 0 {
        notes.push(format!(
            "{} in whose interval the user changed",
            grouped(facts.straddling)
        ));
    }
    if !notes.is_empty() {
        writeln!(
            out,
            "of {} facts: {}",
            grouped(facts.all.facts),
            notes.join(", ")
        )?;
    }
    if table.overlapping {
        writeln!(
            out,
            "rows are whole trees and overlap; the total counts each fact once"
        )?;
    }
    for ring in &table.cycles {
        writeln!(
            out,
            "managers in a ring, cut at the first: {}",
            ring.join(" -> ")
        )?;
    }
    if !report.missing.is_empty() {
        writeln!(out, "days without facts: {}", super::days(&report.missing))?;
    }
    Ok(())
}

fn summed(kind: FactKind, totals: &Totals) -> String {
    let count = totals.measured(kind).count().unwrap_or_default();
    let count = grouped(count.unsigned_abs());
    match totals.measured(kind) {
        Measured::HandleTime { sum_ms, .. } => {
            let sum = grouped(sum_ms.unwrap_or_default().unsigned_abs());
            format!("{count} interactions, {sum} ms")
        }
        Measured::Evaluation { sum, .. } => match sum {
            Some(sum) => format!("{count} evaluations, {} points", decimals(sum, 2)),
            None => format!("{count} evaluations, no scores"),
        },
    }
}

/// The number that periods are compared by.
fn average(kind: FactKind, totals: &Totals) -> Option<f64> {
    match totals.measured(kind) {
        Measured::HandleTime { aht_s, .. } => aht_s,
        Measured::Evaluation { score, .. } => score,
    }
}

fn comparison(
    form: Form,
    report: &Report,
    other: &Report,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let kind = report.table.kind;
    let what = match kind {
        FactKind::HandleTime => "aht_s",
        FactKind::Evaluation => "score",
    };
    let mut names = report.labels.clone();
    names.extend([
        "count".to_owned(),
        what.to_owned(),
        "count_before".to_owned(),
        format!("{what}_before"),
        "change".to_owned(),
        "change_%".to_owned(),
    ]);
    let mut sheet = Sheet::begin(form, &names, out)?;
    let line = |values: Vec<Cell<'static>>, now: Option<&Totals>, before: Option<&Totals>| {
        let count = |totals: Option<&Totals>| {
            whole(totals.and_then(|totals| totals.measured(kind).count()))
        };
        let mean = |totals: Option<&Totals>| totals.and_then(|totals| average(kind, totals));
        let change = mean(now)
            .zip(mean(before))
            .map(|(now, before)| now - before);
        let part = change.zip(mean(before)).filter(|(_, before)| *before > 0.0);
        let mut line = values;
        line.extend([
            count(now),
            Cell::decimal(mean(now), 1),
            count(before),
            Cell::decimal(mean(before), 1),
            Cell::decimal(change, 1),
            Cell::decimal(part.map(|(change, before)| 100.0 * change / before), 1),
        ]);
        line
    };
    for Compared {
        values,
        now,
        before,
    } in super::compared(report, other)
    {
        let values = values
            .iter()
            .map(|value| Cell::owned(value.as_str()))
            .collect();
        sheet.row(&line(values, now, before))?;
    }
    if form == Form::Csv {
        return sheet.finish();
    }
    if !report.labels.is_empty() {
        let mut values = vec![Cell::Nothing; report.labels.len()];
        values[0] = Cell::of(Some("TOTAL"));
        sheet.row(&line(
            values,
            Some(&report.table.total),
            Some(&other.table.total),
        ))?;
    }
    sheet.finish()?;
    footer(report, out)?;
    footer(other, out)
}
