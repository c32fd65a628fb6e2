//! What a rule has found so far.

use std::collections::HashSet;

use xxhash_rust::xxh3::Xxh3Default;

use super::{Finding, RuleInfo, Severity, settings::RuleSettings, subject::Subject};
use crate::field::Column;

/// Most users that a finding names; its message tells how many there are.
const MOST_RELATED: usize = 20;

/// Findings of one rule, under its settings.
pub(super) struct Found<'a> {
    subject: &'a Subject<'a>,
    rule: &'static RuleInfo,
    severity: Option<Severity>,
    threshold: u32,
    /// Excepted texts, to the letter.
    except: HashSet<&'a str>,
    /// The same as ids of users: without their case.
    except_ids: HashSet<String>,
    findings: Vec<Finding>,
}

/// A finding that nobody has been told yet.
pub(super) struct Draft<'f, 'a> {
    found: &'f mut Found<'a>,
    finding: Finding,
    /// What makes it this finding, beside the user.
    identity: Option<String>,
}

impl<'a> Found<'a> {
    pub(super) fn new(subject: &'a Subject<'a>, rule: &'static RuleInfo) -> Self {
        let settings: Option<&RuleSettings> = subject.settings.rule(rule);
        let except = settings.map_or(&[][..], |settings| &settings.except);
        Self {
            subject,
            rule,
            severity: settings.and_then(|settings| settings.severity),
            threshold: settings
                .and_then(|settings| settings.threshold)
                .or_else(|| Some(rule.threshold?.default))
                .unwrap_or_default(),
            except: except.iter().map(String::as_str).collect(),
            except_ids: except.iter().map(|text| text.to_lowercase()).collect(),
            findings: Vec::new(),
        }
    }

    /// The number that the rule goes by.
    pub(super) fn threshold(&self) -> u32 {
        self.threshold
    }

    /// Whether the settings except a value.
    pub(super) fn excepts(&self, value: &str) -> bool {
        self.except.contains(value)
    }

    /// A finding about the user in a row.
    pub(super) fn user(&mut self, row: u32) -> Draft<'_, 'a> {
        let name = self.subject.value(row, Column::Name);
        self.draft(Some(self.subject.id(row)), name)
    }

    /// A finding about a user who need not be in the roster.
    pub(super) fn stranger(&mut self, id: &str, name: Option<&str>) -> Draft<'_, 'a> {
        self.draft(Some(id), name)
    }

    /// A finding about a value, which makes it what it is.
    pub(super) fn value(&mut self, field: &'static str, value: &str) -> Draft<'_, 'a> {
        self.draft(None, None).told_by(field, Some(value))
    }

    fn draft(&mut self, user_id: Option<&str>, user_name: Option<&str>) -> Draft<'_, 'a> {
        let finding = Finding {
            rule: self.rule.id,
            severity: self.severity.unwrap_or(self.rule.severity),
            user_id: user_id.map(str::to_owned),
            user_name: user_name.map(str::to_owned),
            field: None,
            value: None,
            message: String::new(),
            related: Vec::new(),
            fingerprint: String::new(),
        };
        Draft {
            found: self,
            finding,
            identity: None,
        }
    }

    pub(super) fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

impl Draft<'_, '_> {
    /// Where the trouble stands, and what stands there. With another value it is the same trouble.
    pub(super) fn at(mut self, field: &'static str, value: Option<&str>) -> Self {
        self.finding.field = Some(field);
        self.finding.value = value.map(str::to_owned);
        self
    }

    /// As [`Self::at`]; but with another value it is other trouble.
    pub(super) fn told_by(mut self, field: &'static str, value: Option<&str>) -> Self {
        self.identity = value.map(str::to_owned);
        self.at(field, value)
    }

    /// What makes it this finding, beside the user.
    pub(super) fn identified_by(mut self, identity: String) -> Self {
        self.identity = Some(identity);
        self
    }

    /// Less bad than its rule, unless the settings say how bad.
    pub(super) fn only(mut self, severity: Severity) -> Self {
        if self.found.severity.is_none() {
            self.finding.severity = severity;
        }
        self
    }

    /// Other users that it involves, told by id.
    pub(super) fn with(mut self, rows: impl IntoIterator<Item = u32>) -> Self {
        let mut ids: Vec<&str> = rows
            .into_iter()
            .map(|row| self.found.subject.id(row))
            .collect();
        ids.sort_unstable();
        ids.truncate(MOST_RELATED);
        self.finding.related = ids.into_iter().map(str::to_owned).collect();
        self
    }

    /// Other users that it involves, told in the order given.
    pub(super) fn with_in_order(mut self, rows: &[u32]) -> Self {
        let ids = rows.iter().take(MOST_RELATED);
        let id = |&row: &u32| self.found.subject.id(row).to_owned();
        self.finding.related = ids.map(id).collect();
        self
    }

    /// Tells it, unless its user or value is an exception.
    pub(super) fn say(mut self, message: impl Into<String>) {
        let (finding, found) = (&mut self.finding, self.found);
        let user = finding.user_id.as_deref().map(str::to_lowercase);
        let excepted = user.is_some_and(|id| found.except_ids.contains(&id))
            || finding
                .value
                .as_deref()
                .is_some_and(|value| found.excepts(value));
        if excepted {
            return;
        }
        finding.message = message.into();
        finding.fingerprint = fingerprint(finding, self.identity.as_deref());
        found.findings.push(self.finding);
    }
}

/// Id of the rule and a digest of what makes the trouble: neither names nor addresses.
fn fingerprint(finding: &Finding, identity: Option<&str>) -> String {
    let mut digest = Xxh3Default::new();
    let mut part = |text: Option<&str>| {
        // An absent part is not an empty one, and no part runs into the next.
        digest.update(&[u8::from(text.is_some())]);
        digest.update(&text.map_or(0, str::len).to_le_bytes());
        digest.update(text.unwrap_or_default().as_bytes());
    };
    part(finding.user_id.as_deref());
    part(identity);
    format!("{}:{:032x}", finding.rule, digest.digest128())
}
