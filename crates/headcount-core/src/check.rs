//! Checks: what is wrong with a roster, found by rules with stable ids.
//!
//! One rule a file. A rule looks at a whole org ([`Context`]) under the org's [`Settings`] and tells
//! what it found; [`run`] asks all of them. What each of them means is in its [`RuleInfo`], from
//! which `docs/checks.md` is made.

mod baseline;
mod context;
mod digest;
mod duplicates;
pub mod expected;
mod finding;
mod found;
mod lives;
mod reference;
mod settings;
mod signed_in;
mod spelling;
mod subject;

mod agent_without_facts;
mod chain_too_deep;
mod changed_often;
mod deleted_still_managing;
mod department_variants;
mod duplicate_email;
mod duplicate_name;
mod duplicate_username;
mod email_foreign;
mod email_malformed;
mod email_missing;
mod email_not_username;
mod facts_without_user;
mod in_home_division;
mod joined_and_left;
mod long_not_logged_in;
mod manager_cycle;
mod manager_gone;
mod manager_of_self;
mod manager_other_division;
mod manager_unknown;
mod never_logged_in;
mod no_department;
mod no_division;
mod no_manager;
mod no_title;
mod span_too_wide;

pub use self::{
    baseline::{Baseline, BaselineError},
    context::{Context, FactsSeen, projection},
    finding::{Finding, RuleInfo, Severity, Threshold},
    lives::Lives,
    reference::reference,
    settings::{RuleSettings, Settings},
    spelling::alike,
};
use self::{found::Found, subject::Subject};
use crate::roster::RosterError;

/// A rule: what people are told of it, and how it finds.
struct Rule {
    info: RuleInfo,
    find: fn(&Subject<'_>, &mut Found<'_>) -> Ran,
}

/// Whether a rule ran; if not, why.
type Ran = Result<(), &'static str>;

/// All rules, in the order of their ids.
static RULES: [Rule; 27] = [
    no_department::RULE,
    department_variants::RULE,
    no_manager::RULE,
    manager_unknown::RULE,
    manager_gone::RULE,
    manager_of_self::RULE,
    manager_cycle::RULE,
    manager_other_division::RULE,
    chain_too_deep::RULE,
    span_too_wide::RULE,
    duplicate_email::RULE,
    duplicate_username::RULE,
    duplicate_name::RULE,
    email_missing::RULE,
    email_malformed::RULE,
    email_foreign::RULE,
    email_not_username::RULE,
    no_title::RULE,
    no_division::RULE,
    in_home_division::RULE,
    never_logged_in::RULE,
    long_not_logged_in::RULE,
    deleted_still_managing::RULE,
    joined_and_left::RULE,
    changed_often::RULE,
    facts_without_user::RULE,
    agent_without_facts::RULE,
];

/// What a run of the rules came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What was found: the worst first, then by id of the rule and of the user. No two have the
    /// same fingerprint.
    pub findings: Vec<Finding>,
    /// Number of users in the roster.
    pub users: u32,
    /// Ids of the rules that ran, in order.
    pub rules_run: Vec<&'static str>,
    /// The rules that did not run, in order.
    pub skipped: Vec<Skipped>,
}

/// A rule that did not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Skipped {
    /// Id of the rule.
    pub rule: &'static str,
    /// Why, in a sentence for a person, without a full stop.
    pub reason: &'static str,
}

/// Nobody knows a rule of this id or name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown rule {name:?}{}", did_you_mean(nearest))]
pub struct UnknownRule {
    /// The id or name as given.
    pub name: String,
    /// Known ids or names that look like it, the likeliest first; at most three.
    pub nearest: Vec<&'static str>,
}

/// Every rule that [`run`] asks, in the order of their ids. Those about an expected roster are
/// [`expected::rules`].
pub fn rules() -> impl ExactSizeIterator<Item = &'static RuleInfo> {
    RULES.iter().map(|rule| &rule.info)
}

/// Every rule there is, in the order of their ids.
pub fn all() -> impl Iterator<Item = &'static RuleInfo> {
    rules().chain(expected::rules())
}

/// The rule of this id or name, in any case.
///
/// # Errors
/// [`UnknownRule`], with the nearest ids or names.
pub fn rule(id_or_name: &str) -> Result<&'static RuleInfo, UnknownRule> {
    let is = |text: &str| text.eq_ignore_ascii_case(id_or_name);
    all()
        .find(|info| is(info.id) || is(info.name))
        .ok_or_else(|| UnknownRule {
            name: id_or_name.to_owned(),
            nearest: nearest(id_or_name),
        })
}

/// Asks all rules that the settings leave on.
///
/// # Errors
/// [`RosterError`] when the roster was loaded without something of [`projection`].
pub fn run(context: &Context<'_>, settings: &Settings) -> Result<Report, RosterError> {
    let subject = Subject::new(context, settings)?;
    let mut report = Report {
        findings: Vec::new(),
        users: context.roster.len(),
        rules_run: Vec::new(),
        skipped: Vec::new(),
    };
    for Rule { info, find } in &RULES {
        let off = settings.rule(info).is_some_and(|rule| !rule.enabled);
        let mut found = Found::new(&subject, info);
        let ran = if off {
            Err("switched off in the settings")
        } else {
            find(&subject, &mut found)
        };
        match ran {
            Ok(()) => report.rules_run.push(info.id),
            Err(reason) => report.skipped.push(Skipped {
                rule: info.id,
                reason,
            }),
        }
        report.findings.append(&mut found.into_findings());
    }
    sort(&mut report.findings);
    report
        .findings
        .dedup_by(|a, b| a.fingerprint == b.fingerprint);
    Ok(report)
}

/// Puts findings in order: the worst first, then by id of the rule and of the user, and value.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_unstable_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.rule.cmp(b.rule))
            .then_with(|| a.user_id.cmp(&b.user_id))
            .then_with(|| a.value.cmp(&b.value))
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
}

/// At most three ids or names that look like `name`, the likeliest first.
fn nearest(name: &str) -> Vec<&'static str> {
    /// Below this Jaro-Winkler likeness (0 to 1) a proposal would puzzle more than it helps.
    const ALIKE: f64 = 0.8;
    let wanted = name.to_lowercase();
    let mut names: Vec<(f64, &'static str)> = all()
        .flat_map(|info| [info.id, info.name])
        .map(|known| (strsim::jaro_winkler(&known.to_lowercase(), &wanted), known))
        .filter(|&(likeness, _)| likeness >= ALIKE)
        .collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0));
    names.into_iter().take(3).map(|(_, name)| name).collect()
}

fn did_you_mean(nearest: &[&str]) -> String {
    match nearest {
        [] => String::new(),
        names => format!(", nearest: {}", names.join(", ")),
    }
}
