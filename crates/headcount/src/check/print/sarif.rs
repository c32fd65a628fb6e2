//! SARIF 2.1.0, which code hosts and security tools read. A user is a logical location: there is no
//! file that a finding stands in.

use std::io::Write;

use headcount_core::check::{Finding, RuleInfo, rule};
use serde_json::{Value, json};

use super::{Checked, Told, limited};
use crate::clock;

/// Prints one run as SARIF.
pub(super) fn print(checked: &Checked, limit: usize, out: &mut dyn Write) -> anyhow::Result<()> {
    let rules = rules(checked);
    let results: Vec<Value> = limited(checked, limit)
        .map(|told| result(checked, told, &rules))
        .collect();
    let snapshot = checked.snapshot();
    let skipped = checked.skipped.iter().map(|skipped| {
        json!({
            "level": "note",
            "message": { "text": format!("{} did not run: {}", skipped.rule, skipped.reason) },
        })
    });
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "headcount",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": skipped.collect::<Vec<_>>(),
            }],
            "results": results,
            "properties": {
                "snapshot": snapshot.id,
                "published": clock::display_ms(snapshot.published_ms),
                "users": snapshot.users,
            },
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    Ok(writeln!(out)?)
}

/// The rules that ran, and any other that has a result, for a reader looks each of them up.
fn rules(checked: &Checked) -> Vec<&'static RuleInfo> {
    let mut rules = checked.rules.clone();
    for told in &checked.findings {
        if !rules.iter().any(|known| known.id == told.finding.rule) {
            rules.extend(rule(told.finding.rule));
        }
    }
    rules
}

fn described(rule: &RuleInfo) -> Value {
    let mend = format!("{} How to mend: {}", rule.why, rule.mend);
    let markdown = format!(
        "**Why.** {}\n\n**How to mend.** {}\n\n**Example.** {}",
        rule.why, rule.mend, rule.example
    );
    json!({
        "id": rule.id,
        "name": rule.name,
        "shortDescription": { "text": rule.what },
        "fullDescription": { "text": format!("{} {}", rule.what, rule.why) },
        "help": { "text": mend, "markdown": markdown },
        "defaultConfiguration": { "level": rule.severity.name() },
        "properties": {
            "tags": ["roster"],
            "looksAt": rule.looks_at,
            "threshold": rule.threshold.map(|threshold| threshold.default),
        },
    })
}

fn result(checked: &Checked, told: &Told, rules: &[&RuleInfo]) -> Value {
    let finding = &told.finding;
    let mut result = json!({
        "ruleId": finding.rule,
        "ruleIndex": rules.iter().position(|rule| rule.id == finding.rule),
        "level": finding.severity.name(),
        "message": { "text": message(finding) },
        "locations": [{ "logicalLocations": [location(finding)] }],
        "partialFingerprints": { "headcount/v1": finding.fingerprint },
        "properties": {
            "field": finding.field,
            "value": finding.value,
            "related": finding.related,
        },
    });
    if checked.baseline.is_some() {
        let state = if told.known { "unchanged" } else { "new" };
        result["baselineState"] = state.into();
        if told.known {
            result["suppressions"] = json!([{
                "kind": "external",
                "status": "accepted",
                "justification": "in the baseline",
            }]);
        }
    }
    result
}

/// A result is often shown without its location, so the message says whom it is about.
fn message(finding: &Finding) -> String {
    match (&finding.user_name, &finding.user_id) {
        (Some(name), _) => format!("{name}: {}", finding.message),
        (None, Some(id)) => format!("{id}: {}", finding.message),
        (None, None) => finding.message.clone(),
    }
}

fn location(finding: &Finding) -> Value {
    let of = |kind: &str, name: &str, qualified: String| json!({ "kind": kind, "name": name, "fullyQualifiedName": qualified });
    let field = finding
        .field
        .map_or_else(String::new, |field| format!("/{field}"));
    match (&finding.user_id, finding.field, &finding.value) {
        (Some(id), _, _) => {
            let name = finding.user_name.as_deref().unwrap_or(id);
            of("user", name, format!("users/{id}{field}"))
        }
        (None, Some(field), Some(value)) => of(field, value, format!("{field}/{value}")),
        _ => of("roster", "roster", "roster".to_owned()),
    }
}
