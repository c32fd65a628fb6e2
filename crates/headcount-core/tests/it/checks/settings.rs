//! What people may change about the rules.

use headcount_core::check::{self, Settings, Severity};
use serde_json::{Value, json};

use super::org::Org;

fn read(settings: Value) -> Result<Settings, String> {
    serde_json::from_value(settings).map_err(|error| error.to_string())
}

#[test]
fn a_rule_goes_by_its_id_or_its_name() {
    let settings = read(json!({
        "email_domains": ["example.com"],
        "home_division": "Start",
        "HC010": {"threshold": 4, "severity": "error"},
        "no-title": {"enabled": false},
        "hc001": {"except": ["ada"]},
    }))
    .unwrap();
    assert_eq!(settings.email_domains, ["example.com"]);
    assert_eq!(settings.home_division, "Start");
    let rule = |name| settings.rule(check::rule(name).unwrap());
    let wide = rule("span-too-wide").unwrap();
    assert_eq!(
        (wide.threshold, wide.severity),
        (Some(4), Some(Severity::Error))
    );
    assert!(wide.enabled && !rule("HC018").unwrap().enabled);
    assert_eq!(rule("no-department").unwrap().except, ["ada"]);
    assert_eq!(rule("HC002"), None);
    assert_eq!(read(json!({})).unwrap(), Settings::default());
}

#[test]
fn each_wrong_setting_has_its_own_message() {
    for (settings, message) in [
        (
            json!({"span-to-wide": {}}),
            "unknown rule \"span-to-wide\", nearest: span-too-wide",
        ),
        (
            json!({"HC100": {}}),
            "unknown rule \"HC100\", nearest: HC010, HC001, HC002",
        ),
        (
            json!({"email_domain": []}),
            "unknown setting \"email_domain\", nearest: email_domains",
        ),
        (
            json!({"zzz": 1}),
            "unknown rule \"zzz\"; besides rules there are email_domains and home_division",
        ),
        (
            json!({"HC001": {}, "no-department": {}}),
            "rule HC001 stands here twice, as HC001 and no-department",
        ),
        (
            json!({"HC001": {"threshold": 3}}),
            "rule HC001 has no threshold",
        ),
        (
            json!({"HC010": {"treshold": 3}}),
            "unknown field `treshold`, expected one of `enabled`, `severity`, `threshold`, `except`",
        ),
        (
            json!({"HC010": {"severity": "bad"}}),
            "unknown variant `bad`, expected one of `note`, `warning`, `error`",
        ),
        (
            json!({"HC010": {"threshold": -1}}),
            "invalid value: integer `-1`, expected u32",
        ),
        (
            json!(["HC001"]),
            "invalid type: sequence, expected a table of settings and rules",
        ),
    ] {
        assert_eq!(read(settings).unwrap_err(), message);
    }
}

#[test]
fn settings_switch_off_move_and_except() {
    let mut org = Org::clean();
    org.change("ada", json!({"department": null}));
    org.change("ben", json!({"department": null, "title": null}));
    org.settings = read(json!({"HC001": {"severity": "error", "except": ["ADA"]}})).unwrap();
    let report = org.check();
    let told: Vec<_> = report
        .findings
        .iter()
        .map(|found| (found.rule, found.user_id.as_deref(), found.severity))
        .collect();
    assert_eq!(
        told,
        [
            ("HC001", Some("ben"), Severity::Error),
            ("HC018", Some("ben"), Severity::Note)
        ]
    );
    org.settings = read(json!({"HC001": {"enabled": false}})).unwrap();
    assert_eq!(org.skipped("HC001"), "switched off in the settings");
    org.settings.only(["no-title"]).unwrap();
    assert_eq!(org.check().rules_run, ["HC018"]);
    let error = org.settings.only(["no-titel"]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown rule \"no-titel\", nearest: no-title"
    );
}

#[test]
fn a_fingerprint_outlives_what_else_changes() {
    let mut org = Org::clean();
    org.change("ada", json!({"department": null}));
    org.change("dan", json!({"department": "sales 1"}));
    let before = org.check().findings;
    org.change(
        "ada",
        json!({"name": "Ada Married", "title": "Lead", "email": "x@example.com"}),
    );
    org.change("ada", json!({"username": "x@example.com"}));
    org.users.reverse();
    let after = org.check().findings;
    let prints = |findings: &[check::Finding]| -> Vec<String> {
        let all = findings.iter().map(|found| found.fingerprint.clone());
        all.collect()
    };
    assert_eq!(prints(&before), prints(&after));
    assert_eq!(before.len(), 2);
    for (finding, print) in before.iter().zip(prints(&before)) {
        let digest = print.strip_prefix(&format!("{}:", finding.rule)).unwrap();
        assert!(digest.len() == 32 && digest.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
