//! Each form of the findings, and what is said of rules.

use serde_json::Value;

use super::{fails, home, troubled};
use crate::run::Home;

#[test]
fn a_table_is_grouped_with_the_worst_first() {
    let (table, told) = fails(&home(&troubled()), &["check"]);
    insta::assert_snapshot!(table + &told);
}

#[test]
fn json_is_one_document() {
    let (answer, _) = fails(&home(&troubled()), &["check", "--output", "json"]);
    insta::assert_snapshot!(answer);
}

#[test]
fn csv_is_safe_to_open() {
    let (answer, _) = fails(&home(&troubled()), &["check", "--output", "csv"]);
    insta::assert_snapshot!(answer);
}

#[test]
fn ndjson_is_a_finding_a_line() {
    let home = home(&troubled());
    let (lines, _) = fails(&home, &["check", "--output", "ndjson"]);
    let (answer, _) = fails(&home, &["check", "--output", "json"]);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(Value::Array(lines), answer["findings"]);
}

#[test]
fn sarif_has_rules_results_and_what_is_known() {
    let home = home(&troubled());
    let (log, _) = fails(
        &home,
        &[
            "check", "--output", "sarif", "--rule", "HC004", "--rule", "HC001", "--rule", "HC026",
        ],
    );
    insta::assert_snapshot!(log.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
    home.ok(&[
        "check",
        "--rule",
        "HC004",
        "--baseline",
        "known.json",
        "--update-baseline",
    ]);
    let known = [
        "check",
        "--rule",
        "HC004",
        "--baseline",
        "known.json",
        "--output",
        "sarif",
    ];
    let log = home.ok(&known);
    let log: Value = serde_json::from_str(&log).unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["baselineState"], "unchanged");
    assert_eq!(result["suppressions"][0]["kind"], "external");
}

/// Every result points to its rule, and every level is one of SARIF. The official schema is asked in
/// `acceptance/`.
#[test]
fn sarif_is_consistent() {
    let (log, _) = fails(&home(&troubled()), &["check", "--output", "sarif"]);
    let log: Value = serde_json::from_str(&log).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(results.len() > 2);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(result["partialFingerprints"]["headcount/v1"].is_string());
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
    }
}

#[test]
fn junit_has_a_suite_for_each_rule() {
    let home = home(&troubled());
    let (xml, _) = fails(&home, &["check", "--output", "junit"]);
    insta::assert_snapshot!(xml);
    let all = home.run(&["check", "--output", "junit", "--fail-on", "never"]);
    assert!(all.stdout.contains(r#"failures="0""#) && !all.stdout.contains("<failure"));
}

#[test]
fn a_limit_holds_for_each_rule_and_hides_no_number() {
    let mut users = troubled();
    for user in &mut users[1..] {
        user["title"] = Value::Null;
    }
    let home = home(&users);
    let (table, _) = fails(
        &home,
        &[
            "check", "--rule", "HC018", "--rule", "HC004", "--limit", "2",
        ],
    );
    insta::assert_snapshot!(table);
    let (answer, _) = fails(&home, &["check", "--limit", "1", "--output", "json"]);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let titles = answer["findings"].as_array().unwrap().iter();
    assert_eq!(titles.filter(|found| found["rule"] == "HC018").count(), 1);
    assert!(answer["summary"]["total"].as_u64().unwrap() > 5);
}

#[test]
fn rules_are_explained_without_a_store() {
    let home = Home::new();
    insta::assert_snapshot!(home.ok(&["check", "--explain", "span-too-wide"]));
    insta::assert_snapshot!(home.ok(&["check", "--list-rules"]));
    let rules = home.ok(&["check", "--list-rules", "--output", "json"]);
    let rules: Vec<Value> = serde_json::from_str(&rules).unwrap();
    assert_eq!(rules.len(), 35);
    let rule = home.ok(&["check", "--explain", "HX006", "--output", "json"]);
    let rule: Value = serde_json::from_str(&rule).unwrap();
    assert_eq!(rule["name"], "expected-manager");
}
