//! JUnit XML, which every build server reads: a suite for each rule, a case for each finding, and
//! for a rule without findings one case that passes.

use std::io::{self, Write};

use headcount_core::check::{Finding, RuleInfo, Severity};

use super::{Checked, Told, limited, name};

/// What becomes of a case.
enum Case<'a> {
    Passed,
    Failed(&'a Finding),
    Skipped(String),
}

/// Prints one run. What is new and at least as bad as `fail_on` has failed; the rest is skipped, so
/// that a build server and the exit code say the same.
pub(super) fn print(
    checked: &Checked,
    fail_on: Option<Severity>,
    limit: usize,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut told: Vec<&Told> = limited(checked, limit).collect();
    told.sort_by_key(|told| told.finding.rule);
    let suites: Vec<Suite<'_>> = checked
        .rules
        .iter()
        .map(|rule| Suite::of(rule, &told, fail_on))
        .chain(checked.skipped.iter().map(|skipped| Suite {
            rule: skipped.rule,
            cases: vec![(
                skipped.rule.to_owned(),
                Case::Skipped(skipped.reason.to_owned()),
            )],
        }))
        .collect();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(
        out,
        r#"<testsuites name="headcount check" tests="{}" failures="{}" errors="0" skipped="{}">"#,
        suites.iter().map(|suite| suite.cases.len()).sum::<usize>(),
        suites.iter().map(Suite::failed).sum::<usize>(),
        suites.iter().map(Suite::skipped).sum::<usize>(),
    )?;
    for suite in &suites {
        suite.print(out)?;
    }
    Ok(writeln!(out, "</testsuites>")?)
}

/// A rule and its cases.
struct Suite<'a> {
    rule: &'a str,
    cases: Vec<(String, Case<'a>)>,
}

impl<'a> Suite<'a> {
    fn of(rule: &'static RuleInfo, told: &[&'a Told], fail_on: Option<Severity>) -> Self {
        let start = told.partition_point(|told| told.finding.rule < rule.id);
        let own = told[start..]
            .iter()
            .take_while(|told| told.finding.rule == rule.id);
        let mut cases: Vec<(String, Case<'a>)> = own
            .map(|told| {
                let finding = &told.finding;
                let severity = finding.severity;
                let case = if told.known {
                    Case::Skipped("in the baseline".to_owned())
                } else if fail_on.is_some_and(|least| severity >= least) {
                    Case::Failed(finding)
                } else {
                    Case::Skipped(format!(
                        "{}, which does not fail: {}",
                        severity.name(),
                        finding.message
                    ))
                };
                (title(finding), case)
            })
            .collect();
        if cases.is_empty() {
            cases.push((rule.what.to_owned(), Case::Passed));
        }
        Self {
            rule: rule.id,
            cases,
        }
    }

    fn failed(&self) -> usize {
        let failed = |(_, case): &&(String, Case<'_>)| matches!(case, Case::Failed(_));
        self.cases.iter().filter(failed).count()
    }

    fn skipped(&self) -> usize {
        let skipped = |(_, case): &&(String, Case<'_>)| matches!(case, Case::Skipped(_));
        self.cases.iter().filter(skipped).count()
    }

    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        let (id, name) = (self.rule, name(self.rule));
        writeln!(
            out,
            r#"  <testsuite name="{id} {name}" tests="{}" failures="{}" errors="0" skipped="{}">"#,
            self.cases.len(),
            self.failed(),
            self.skipped(),
        )?;
        for (title, case) in &self.cases {
            let title = escaped(title);
            write!(
                out,
                r#"    <testcase classname="headcount.{id}" name="{title}""#
            )?;
            match case {
                Case::Passed => writeln!(out, "/>")?,
                Case::Skipped(reason) => {
                    writeln!(
                        out,
                        r#"><skipped message="{}"/></testcase>"#,
                        escaped(reason)
                    )?;
                }
                Case::Failed(finding) => writeln!(
                    out,
                    r#"><failure type="{}" message="{}">{}</failure></testcase>"#,
                    finding.severity.name(),
                    escaped(&finding.message),
                    escaped(&details(finding)),
                )?,
            }
        }
        writeln!(out, "  </testsuite>")
    }
}

/// What a case is called. Build servers take cases of one name for one case, so it has the id.
fn title(finding: &Finding) -> String {
    match (&finding.user_name, &finding.user_id, &finding.value) {
        (Some(name), Some(id), _) => format!("{name} ({id})"),
        (None, Some(id), _) => id.clone(),
        (Some(name), None, Some(value)) => format!("{name} ({value})"),
        (None, None, Some(value)) => value.clone(),
        _ => finding.message.clone(),
    }
}

fn details(finding: &Finding) -> String {
    let mut lines = vec![finding.message.clone()];
    if let (Some(field), value) = (finding.field, &finding.value) {
        lines.push(format!("{field}: {}", value.as_deref().unwrap_or("(none)")));
    }
    if !finding.related.is_empty() {
        lines.push(format!("involves: {}", finding.related.join(", ")));
    }
    lines.push(format!("fingerprint: {}", finding.fingerprint));
    lines.join("\n")
}

/// Text for an element or an attribute. XML 1.0 knows no way to write most control characters, so
/// they are left away.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&apos;"),
            '\t' | '\n' | '\r' => escaped.push_str(&format!("&#{};", letter as u32)),
            '\u{fffe}' | '\u{ffff}' => {}
            other if other.is_control() => {}
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_name_holds_is_well_formed() {
        assert_eq!(
            escaped("<a b=\"1\">&'\u{1b}[31m\u{0}\u{ffff}ü𝒁\n"),
            "&lt;a b=&quot;1&quot;&gt;&amp;&apos;[31mü𝒁&#10;"
        );
    }
}
