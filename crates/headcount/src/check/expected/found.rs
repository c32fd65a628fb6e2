//! What a comparison has found so far.

use std::collections::HashSet;

use headcount_core::{
    check::{Finding, RuleInfo, Settings, Severity, expected},
    field::Column,
    roster::Roster,
    search::text::fold,
};
use ring::digest::{SHA256, digest};

use super::list::What;

/// Findings of the rules about an expected roster, under the settings.
pub(super) struct Found<'a> {
    roster: &'a Roster,
    rules: Vec<Ruled<'a>>,
    findings: Vec<Finding>,
}

/// A rule that is on.
struct Ruled<'a> {
    id: &'static str,
    severity: Severity,
    except: HashSet<&'a str>,
    except_ids: HashSet<String>,
}

/// What is unclear about a row.
#[derive(Clone, Copy)]
pub(super) enum About<'a> {
    /// All of it: it is known by its line alone.
    Line(u64),
    /// It has the key of an earlier one.
    Again(&'a str, u64),
    /// Its state is no word for one.
    State(&'a str, u64),
}

impl<'a> Found<'a> {
    pub(super) fn new(settings: &'a Settings, roster: &'a Roster) -> Self {
        let rules = expected::rules().filter_map(|rule| {
            let own = settings.rule(rule);
            if own.is_some_and(|own| !own.enabled) {
                return None;
            }
            let except = own.map_or(&[][..], |own| &own.except);
            Some(Ruled {
                id: rule.id,
                severity: own.and_then(|own| own.severity).unwrap_or(rule.severity),
                except: except.iter().map(String::as_str).collect(),
                except_ids: except.iter().map(|text| fold(text).into_owned()).collect(),
            })
        });
        Self {
            roster,
            rules: rules.collect(),
            findings: Vec::new(),
        }
    }

    /// Somebody is not in the org, or only as the deleted `user`.
    pub(super) fn missing(&mut self, key: What, text: &str, name: Option<&str>, user: Option<u32>) {
        let message = match user {
            None => "is expected and not in the roster",
            Some(_) => "is expected and only there as a deleted user",
        };
        let field = match key {
            What::Email => "email",
            What::Username => "username",
            _ => "id",
        };
        let mut finding = self.about(user, message.to_owned());
        if user.is_none() {
            finding.user_name = name.map(str::to_owned);
        }
        finding.field = Some(field);
        finding.value = Some(text.to_owned());
        self.say(&expected::MISSING, finding, &[&fold(text)]);
    }

    /// An active user is not expected.
    pub(super) fn extra(&mut self, user: u32) {
        let mut finding = self.about(Some(user), "is active and not expected".to_owned());
        if let Some(email) = self.roster.value(user, Column::Email) {
            finding.field = Some("email");
            finding.value = Some(email.to_owned());
        }
        self.say(&expected::EXTRA, finding, &[]);
    }

    /// Something of a user is not as expected.
    pub(super) fn differs(
        &mut self,
        rule: &'static RuleInfo,
        user: u32,
        field: &'static str,
        is: Option<&str>,
        message: String,
        related: &[&str],
    ) {
        let mut finding = self.about(Some(user), message);
        finding.field = Some(field);
        finding.value = is.map(str::to_owned);
        finding.related = related.iter().map(|id| (*id).to_owned()).collect();
        self.say(rule, finding, &[]);
    }

    /// A row can't be compared, or not wholly.
    pub(super) fn unclear(&mut self, about: About<'_>, file: &str, message: String) {
        let line = match about {
            About::Line(line) | About::Again(_, line) | About::State(_, line) => line,
        };
        let mut finding = self.about(None, format!("line {line} of {file} {message}"));
        let number = line.to_string();
        match about {
            About::Line(_) => self.say(&expected::UNCLEAR, finding, &["line", &number]),
            About::Again(key, _) => {
                finding.value = Some(key.to_owned());
                self.say(&expected::UNCLEAR, finding, &["again", &fold(key), &number]);
            }
            About::State(key, _) => {
                finding.value = Some(key.to_owned());
                self.say(&expected::UNCLEAR, finding, &["state", &fold(key)]);
            }
        }
    }

    pub(super) fn finish(self) -> Vec<Finding> {
        self.findings
    }

    fn about(&self, user: Option<u32>, message: String) -> Finding {
        let value = |column| {
            let value = self.roster.value(user?, column)?;
            Some(value.to_owned())
        };
        Finding {
            rule: "",
            severity: Severity::Note,
            user_id: value(Column::Id),
            user_name: value(Column::Name),
            field: None,
            value: None,
            message,
            related: Vec::new(),
            fingerprint: String::new(),
        }
    }

    /// Tells a finding, unless its rule is off or excepts it. `identity` is what makes it the same
    /// finding in another run, beside the user.
    fn say(&mut self, rule: &'static RuleInfo, mut finding: Finding, identity: &[&str]) {
        let Some(ruled) = self.rules.iter().find(|ruled| ruled.id == rule.id) else {
            return;
        };
        let user = finding.user_id.as_deref();
        let excepted = user.is_some_and(|id| ruled.except_ids.contains(&*fold(id)))
            || finding
                .value
                .as_deref()
                .is_some_and(|value| ruled.except.contains(value));
        if excepted {
            return;
        }
        finding.rule = ruled.id;
        finding.severity = ruled.severity;
        finding.fingerprint = fingerprint(ruled.id, user, identity);
        self.findings.push(finding);
    }
}

/// Id of the rule and a digest: neither names nor addresses.
fn fingerprint(rule: &str, user: Option<&str>, identity: &[&str]) -> String {
    let mut text = String::new();
    for part in [user.unwrap_or_default()].iter().chain(identity) {
        // No part runs into the next.
        text += &format!("{}:{part}", part.len());
    }
    let digest = digest(&SHA256, text.as_bytes());
    let digits = digest.as_ref()[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"));
    format!("{rule}:{}", digits.collect::<String>())
}
