//! The rules over made-up orgs: a clean one, and what each rule finds once something in it is wrong.

#[path = "checks/found.rs"]
mod found;
#[path = "checks/org.rs"]
mod org;
#[path = "checks/settings.rs"]
mod settings;

use std::collections::{BTreeSet, HashSet};

use headcount_core::check::{self, Severity};
use proptest::prelude::*;
use serde_json::json;

use self::org::Org;

#[test]
fn a_clean_org_is_checked_by_every_rule_and_nothing_is_found() {
    let report = Org::clean().check();
    assert_eq!(report.findings, []);
    assert_eq!(report.skipped, []);
    assert_eq!(report.rules_run.len(), check::rules().len());
    assert_eq!(report.users, 8);
}

#[test]
fn ids_and_names_are_unique_and_in_order() {
    let ids: Vec<&str> = check::rules().map(|rule| rule.id).collect();
    let numbered: Vec<String> = (1..=ids.len()).map(|n| format!("HC{n:03}")).collect();
    assert_eq!(ids, numbered);
    let names: BTreeSet<&str> = check::rules().map(|rule| rule.name).collect();
    assert_eq!(names.len(), ids.len());
}

#[test]
fn everything_that_can_be_wrong_at_once() {
    let report = Org::troubled().check();
    let lines: Vec<String> = report
        .findings
        .iter()
        .map(|finding| {
            format!(
                "{:?} {} {} {}={}: {} [{}]",
                finding.severity,
                finding.rule,
                finding.user_id.as_deref().unwrap_or("-"),
                finding.field.unwrap_or("-"),
                finding.value.as_deref().unwrap_or("-"),
                finding.message,
                finding.related.join(" "),
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    let found: HashSet<&str> = report.findings.iter().map(|finding| finding.rule).collect();
    let silent = check::rules().filter(|rule| !found.contains(rule.id));
    assert_eq!(silent.map(|rule| rule.id).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn the_worst_comes_first_and_messages_name_nobody() {
    let report = Org::troubled().check();
    let severities: Vec<Severity> = report.findings.iter().map(|found| found.severity).collect();
    assert!(severities.is_sorted_by(|a, b| a >= b));
    for finding in &report.findings {
        assert!(!finding.message.contains("example"), "{}", finding.message);
        if let Some(name) = &finding.user_name {
            assert!(!finding.message.contains(name), "{}", finding.message);
        }
    }
}

#[test]
fn rules_that_lack_something_say_what() {
    let mut org = Org::clean();
    org.lives = None;
    org.facts = None;
    let report = org.check();
    let skipped: Vec<String> = report
        .skipped
        .iter()
        .map(|skipped| format!("{} {}", skipped.rule, skipped.reason))
        .collect();
    assert_eq!(
        skipped,
        [
            "HC024 the history of the users was not read",
            "HC025 the history of the users was not read",
            "HC026 there are no facts",
            "HC027 there are no facts",
        ]
    );
}

/// Values that meet and miss each other: the fewer, the more trouble.
fn odd_user() -> impl Strategy<Value = (usize, usize, usize, usize, usize)> {
    (0..4_usize, 0..6_usize, 0..9_usize, 0..3_usize, 0..5_usize)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is wrong with an org, no finding is told twice, and it does not matter in which
    /// order its users come.
    #[test]
    fn fingerprints_are_unique_and_the_order_of_rows_does_not_matter(
        odd in prop::collection::vec(odd_user(), 1..24),
        seed in any::<u64>(),
    ) {
        let mut org = Org::empty();
        for (at, (state, department, manager, name, email)) in odd.into_iter().enumerate() {
            let id = |at: usize, kinds: [&str; 3]| format!("{at:03}-{}", kinds[at % 3]);
            let manager = match manager {
                0 => json!(null),
                1 => json!({"id": "nobody"}),
                // Somebody before, oneself, or somebody behind; in another case as well.
                _ => json!({"id": id((at + manager).saturating_sub(4), ["a", "b", "C"])}),
            };
            let state = ["active", "active", "inactive", "deleted"][state];
            let department = ["Support", "support", "Suport", "Support\u{a0}", "", "Sales 1"][department];
            let email = ["a@example.com", "A@example.com", "a@", "", "b@elsewhere.example"][email];
            let division = ["X", "Y", "Home"][name];
            let name = ["Ann Lee", "ann  lee", "Bo"][name];
            org.users.push(json!({
                "id": id(at, ["a", "B", "c"]), "state": state, "name": name,
                "department": department, "email": email, "username": "a@example.com",
                "division": {"id": division, "name": division}, "manager": manager,
            }));
        }
        let report = org.check();
        let fingerprints: HashSet<&str> =
            report.findings.iter().map(|found| found.fingerprint.as_str()).collect();
        prop_assert_eq!(fingerprints.len(), report.findings.len());
        fastrand::Rng::with_seed(seed).shuffle(&mut org.users);
        prop_assert_eq!(org.check(), report);
    }
}
