//! Findings for a person: by rule, the worst first, and the numbers at the end.

use std::io::Write;

use headcount_core::check::{self, RuleInfo, Severity};

use super::{Checked, Told, name};
use crate::output::{Cell, Sheet};

/// Prints the findings that are in no baseline, at most `limit` of each rule.
pub(super) fn print(checked: &Checked, limit: usize, out: &mut dyn Write) -> anyhow::Result<()> {
    let fresh: Vec<&Told> = checked.findings.iter().filter(|told| !told.known).collect();
    // Findings are in order of severity and rule; a rule may speak in two severities.
    let same = |a: &&Told, b: &&Told| {
        (a.finding.severity, a.finding.rule) == (b.finding.severity, b.finding.rule)
    };
    for group in fresh.chunk_by(same) {
        let first = &group[0].finding;
        writeln!(
            out,
            "{} {} {}: {}",
            first.severity.name().to_uppercase(),
            first.rule,
            name(first.rule),
            counted(group.len() as u64, "finding"),
        )?;
        rows(group, limit, out)?;
        if group.len() > limit {
            let more = group.len() - limit;
            writeln!(out, "... and {more} more: --rule {} --limit 0", first.rule)?;
        }
        writeln!(out)?;
    }
    summary(checked, out)
}

/// Prints all that there is to say of a rule.
pub(super) fn explain(rule: &RuleInfo, out: &mut dyn Write) -> anyhow::Result<()> {
    writeln!(
        out,
        "{} {} ({})\n",
        rule.id,
        rule.name,
        rule.severity.name()
    )?;
    let mut parts = vec![
        ("What", rule.what.to_owned()),
        ("Looks at", rule.looks_at.to_owned()),
        ("Why", rule.why.to_owned()),
        ("How to mend", rule.mend.to_owned()),
        ("Example", rule.example.to_owned()),
    ];
    if let Some(threshold) = rule.threshold {
        let text = format!("{} By default {}.", threshold.meaning, threshold.default);
        parts.insert(4, ("Threshold", text));
    }
    for (title, text) in parts {
        writeln!(out, "{title}:")?;
        for line in wrapped(&text) {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out, "Settings, in the settings file:")?;
    writeln!(out, "  [check.{}]", rule.name)?;
    writeln!(out, "  enabled = true")?;
    writeln!(out, "  severity = {:?}", rule.severity.name())?;
    if let Some(threshold) = rule.threshold {
        writeln!(out, "  threshold = {}", threshold.default)?;
    }
    Ok(writeln!(out, "  except = []    # ids of users, or values")?)
}

/// The rows of a group. A column that none of them fills is left out.
fn rows(group: &[&Told], limit: usize, out: &mut dyn Write) -> anyhow::Result<()> {
    let shown = &group[..group.len().min(limit)];
    let has = |of: fn(&Told) -> Option<&str>| shown.iter().any(|told| of(told).is_some());
    type Column = (&'static str, fn(&Told) -> Option<&str>);
    let all: [Column; 4] = [
        ("user", |told| told.finding.user_name.as_deref()),
        ("id", |told| told.finding.user_id.as_deref()),
        ("value", value),
        ("message", |told| Some(&told.finding.message)),
    ];
    let columns: Vec<Column> = all.into_iter().filter(|(_, of)| has(*of)).collect();
    let names: Vec<String> = columns
        .iter()
        .map(|(name, _)| format!("  {name}"))
        .collect();
    let mut sheet = Sheet::uncut(&names, out);
    for told in shown {
        let cells = columns.iter().map(|(_, of)| match of(told) {
            Some(text) => Cell::owned(format!("  {text}")),
            None => Cell::Nothing,
        });
        sheet.row(&cells.collect::<Vec<_>>())?;
    }
    sheet.finish()
}

/// What stands there, where it means something to a person and the message does not say it.
fn value(told: &Told) -> Option<&str> {
    let (value, message) = (told.finding.value.as_deref()?, &told.finding.message);
    Some(value).filter(|value| !is_id(value) && !message.contains(*value))
}

/// Whether a text has the shape of an id of Genesys Cloud, a UUID.
fn is_id(text: &str) -> bool {
    let hex = |byte: u8| byte == b'-' || byte.is_ascii_hexdigit();
    text.len() == 36 && text.bytes().all(hex)
}

fn summary(checked: &Checked, out: &mut dyn Write) -> anyhow::Result<()> {
    let tally = checked.tally();
    let numbers =
        Severity::WORST_FIRST.map(|severity| counted(tally.fresh(severity), severity.name()));
    let (new, users) = if checked.baseline.is_some() {
        ("new: ", checked.users())
    } else {
        ("", checked.users())
    };
    writeln!(
        out,
        "{new}{}; {users} users, {} checked",
        numbers.join(", "),
        counted(checked.rules.len() as u64, "rule"),
    )?;
    if let Some(known) = checked.baseline {
        let gone = match known.gone {
            0 => String::new(),
            gone => format!(", no longer found: {gone} (--update-baseline takes them out)"),
        };
        writeln!(out, "known from the baseline: {}{gone}", tally.known())?;
    }
    if let Some(compared) = &checked.compared {
        writeln!(out, "compared: {compared}")?;
    }
    for skipped in &checked.skipped {
        let rule = skipped.rule;
        writeln!(
            out,
            "not checked: {rule} {}: {}",
            name(rule),
            skipped.reason
        )?;
    }
    if let Some(worst) = checked.findings.iter().find(|told| !told.known) {
        let rule = check::rule(worst.finding.rule).map_or("", |rule| rule.id);
        writeln!(
            out,
            "why it matters and how to mend it: headcount check --explain {rule}"
        )?;
    }
    Ok(())
}

fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// Lines of a width that reads well.
fn wrapped(text: &str) -> Vec<String> {
    const WIDTH: usize = 90;
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
