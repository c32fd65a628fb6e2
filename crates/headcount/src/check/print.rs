//! Findings in the forms that people and machines read.

mod junit;
mod sarif;
mod table;

use std::{collections::BTreeMap, io::Write};

use headcount_core::check::{self, Finding, RuleInfo, Settings, Severity, Skipped};
use serde::Serialize;

use super::{Checked, Compared, Told};
use crate::{
    cli::{Form, Output},
    output::{self, Array, Cell, Sheet, numbers::grouped},
    reading::SnapshotRef,
};

/// Prints what was found, at most `limit` findings of each rule. What is at least as bad as
/// `fail_on` is a failure to those forms that know failures.
pub(crate) fn print(
    form: Output,
    checked: &Checked,
    fail_on: Option<Severity>,
    limit: usize,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match form {
        Output::Table => table::print(checked, limit, out),
        Output::Json => {
            serde_json::to_writer_pretty(&mut *out, &Document::of(checked, limit))?;
            Ok(writeln!(out)?)
        }
        Output::Ndjson => {
            let mut array = Array::new(Form::Ndjson, out);
            for told in limited(checked, limit) {
                array.item(&serde_json::to_vec(&Entry::of(checked, told))?)?;
            }
            Ok(array.finish()?)
        }
        Output::Csv => csv(checked, limit, out),
        Output::Sarif => sarif::print(checked, limit, out),
        Output::Junit => junit::print(checked, fail_on, limit, out),
    }
}

/// Prints what a rule is.
pub(crate) fn explain(form: Form, rule: &RuleInfo) -> anyhow::Result<()> {
    match form {
        Form::Json | Form::Ndjson => output::json(form, rule),
        Form::Csv => output::stdout(|out| rules_sheet(form, &Settings::default(), [rule], out)),
        Form::Table => output::stdout(|out| table::explain(rule, out)),
    }
}

/// Prints all rules with the settings that are in force.
pub(crate) fn rules(form: Form, settings: &Settings) -> anyhow::Result<()> {
    output::stdout(|out| match form {
        Form::Json | Form::Ndjson => {
            let mut array = Array::new(form, out);
            for rule in check::all() {
                array.item(&serde_json::to_vec(&InForce::of(rule, settings))?)?;
            }
            Ok(array.finish()?)
        }
        Form::Table | Form::Csv => rules_sheet(form, settings, check::all(), out),
    })
}

/// Prints the worst findings as one table, for a glance.
pub(crate) fn worst(checked: &Checked, most: usize, out: &mut dyn Write) -> anyhow::Result<()> {
    let columns = ["severity", "rule", "user", "message"].map(str::to_owned);
    let mut sheet = Sheet::begin(Form::Table, &columns, out)?;
    for told in checked.findings.iter().take(most) {
        let finding = &told.finding;
        sheet.row(&[
            Cell::of(Some(finding.severity.name())),
            Cell::owned(format!("{} {}", finding.rule, name(finding.rule))),
            Cell::of(finding.user_name.as_deref()),
            Cell::of(Some(&finding.message)),
        ])?;
    }
    sheet.finish()?;
    let more = checked.findings.len().saturating_sub(most);
    if more > 0 {
        writeln!(out, "({} more: `headcount check`)", grouped(more as u64))?;
    }
    Ok(())
}

/// The findings to be printed: the first of each rule.
fn limited(checked: &Checked, limit: usize) -> impl Iterator<Item = &Told> {
    let mut of_rule: BTreeMap<&str, usize> = BTreeMap::new();
    checked.findings.iter().filter(move |told| {
        let count = of_rule.entry(told.finding.rule).or_default();
        *count += 1;
        *count <= limit
    })
}

/// `known` or `new`, where there is a baseline.
fn standing(checked: &Checked, told: &Told) -> Option<&'static str> {
    let standing = if told.known { "known" } else { "new" };
    checked.baseline.map(|_| standing)
}

fn name(id: &str) -> &'static str {
    check::rule(id).map_or("", |rule| rule.name)
}

fn csv(checked: &Checked, limit: usize, out: &mut dyn Write) -> anyhow::Result<()> {
    let columns = [
        "rule",
        "rule_name",
        "severity",
        "user_id",
        "user_name",
        "field",
        "value",
        "message",
        "related",
        "baseline",
        "fingerprint",
    ];
    let mut sheet = Sheet::begin(Form::Csv, &columns.map(str::to_owned), out)?;
    for told in limited(checked, limit) {
        let finding = &told.finding;
        sheet.row(&[
            Cell::of(Some(finding.rule)),
            Cell::of(Some(name(finding.rule))),
            Cell::of(Some(finding.severity.name())),
            Cell::of(finding.user_id.as_deref()),
            Cell::of(finding.user_name.as_deref()),
            Cell::of(finding.field),
            Cell::of(finding.value.as_deref()),
            Cell::of(Some(&finding.message)),
            Cell::owned(finding.related.join("; ")),
            Cell::of(standing(checked, told)),
            Cell::of(Some(&finding.fingerprint)),
        ])?;
    }
    sheet.finish()
}

fn rules_sheet<'r>(
    form: Form,
    settings: &Settings,
    rules: impl IntoIterator<Item = &'r RuleInfo>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut columns = vec!["id", "name", "severity", "threshold", "looks_at"];
    if form == Form::Csv {
        columns.push("what");
    }
    let columns: Vec<String> = columns.into_iter().map(str::to_owned).collect();
    let mut sheet = Sheet::begin(form, &columns, out)?;
    for rule in rules {
        let force = InForce::of(rule, settings);
        let severity = if force.enabled {
            force.severity.name()
        } else {
            "off"
        };
        let threshold = force.threshold.map(u64::from);
        let mut cells = vec![
            Cell::of(Some(rule.id)),
            Cell::of(Some(rule.name)),
            Cell::of(Some(severity)),
            threshold.map_or(Cell::Nothing, Cell::Number),
            Cell::of(Some(rule.looks_at)),
        ];
        if form == Form::Csv {
            cells.push(Cell::of(Some(rule.what)));
        }
        sheet.row(&cells)?;
    }
    sheet.finish()
}

/// A rule with the settings that are in force.
#[derive(Serialize)]
struct InForce<'r> {
    id: &'r str,
    name: &'r str,
    enabled: bool,
    severity: Severity,
    threshold: Option<u32>,
    threshold_meaning: Option<&'r str>,
    looks_at: &'r str,
    what: &'r str,
    why: &'r str,
    mend: &'r str,
    example: &'r str,
}

impl<'r> InForce<'r> {
    fn of(rule: &'r RuleInfo, settings: &Settings) -> Self {
        let own = settings.rule(rule);
        let threshold = own.and_then(|own| own.threshold);
        Self {
            id: rule.id,
            name: rule.name,
            enabled: own.is_none_or(|own| own.enabled),
            severity: own.and_then(|own| own.severity).unwrap_or(rule.severity),
            threshold: threshold.or(rule.threshold.map(|threshold| threshold.default)),
            threshold_meaning: rule.threshold.map(|threshold| threshold.meaning),
            looks_at: rule.looks_at,
            what: rule.what,
            why: rule.why,
            mend: rule.mend,
            example: rule.example,
        }
    }
}

/// All of an answer.
#[derive(Serialize)]
struct Document<'a> {
    findings: Vec<Entry<'a>>,
    summary: Summary,
    snapshot: SnapshotRef,
    rules_run: Vec<&'a str>,
    skipped: &'a [Skipped],
    #[serde(skip_serializing_if = "Option::is_none")]
    expected: Option<&'a Compared>,
}

/// A finding as machines read it.
#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    rule_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<&'static str>,
}

/// Numbers of all findings, whatever the limit.
#[derive(Serialize)]
struct Summary {
    error: u64,
    warning: u64,
    note: u64,
    total: u64,
    users: u64,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    baseline: Option<Standing>,
}

/// How the findings stand to the baseline.
#[derive(Serialize)]
struct Standing {
    new: u64,
    known: u64,
    gone: u64,
}

impl<'a> Document<'a> {
    fn of(checked: &'a Checked, limit: usize) -> Self {
        let tally = checked.tally();
        let entries = limited(checked, limit).map(|told| Entry::of(checked, told));
        Self {
            findings: entries.collect(),
            summary: Summary {
                error: tally.all(Severity::Error),
                warning: tally.all(Severity::Warning),
                note: tally.all(Severity::Note),
                total: tally.total(),
                users: checked.users(),
                baseline: checked.baseline.map(|known| Standing {
                    new: tally.total() - tally.known(),
                    known: tally.known(),
                    gone: known.gone,
                }),
            },
            snapshot: SnapshotRef::from(checked.snapshot()),
            rules_run: checked.rules.iter().map(|rule| rule.id).collect(),
            skipped: &checked.skipped,
            expected: checked.compared.as_ref(),
        }
    }
}

impl<'a> Entry<'a> {
    fn of(checked: &Checked, told: &'a Told) -> Self {
        Self {
            finding: &told.finding,
            rule_name: name(told.finding.rule),
            baseline: standing(checked, told),
        }
    }
}
