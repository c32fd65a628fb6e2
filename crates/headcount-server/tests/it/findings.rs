//! Findings over HTTP: those of the library, page by page, and for whom.

use std::collections::BTreeSet;

use headcount_core::fact::{Fact, FactKind};
use headcount_store::facts::{Day, Source};
use serde_json::{Value, json};

use crate::served::{Answer, BEGIN_MS, Made, answer, publish, uuid};

const FINDINGS: &str = "/headcount/v1/findings";

fn person(number: usize, division: &str, manager: Option<usize>, department: &str) -> String {
    json!({
        "id": uuid(number), "name": format!("Person {number}"), "state": "active",
        "title": "Agent", "department": department,
        "email": format!("p{}@example.com", number.min(6)),
        "username": format!("p{number}@example.com"),
        "division": {"id": division, "name": division},
        "manager": manager.map(|manager| json!({"id": uuid(manager)})),
    })
    .to_string()
}

/// Two without a department, one whose manager is in the other division, one whose manager is
/// nobody; 6 and 7 share an e-mail across divisions.
fn org() -> Vec<String> {
    vec![
        person(0, "north", None, "Sales"),
        person(1, "north", Some(0), ""),
        person(2, "north", Some(3), "Sales"),
        person(3, "south", Some(0), ""),
        person(4, "north", Some(99), "Sales"),
        person(5, "north", Some(0), "sales"),
        person(6, "north", Some(0), "Sales"),
        person(7, "south", Some(3), "Sales"),
    ]
}

fn of_rule(answer: &Answer, rule: &str) -> Vec<String> {
    let told = answer.json();
    let findings = told["findings"]
        .as_array()
        .unwrap_or_else(|| panic!("{}", answer.text));
    findings
        .iter()
        .filter(|finding| finding["name"] == rule)
        .map(|finding| finding["user_id"].as_str().unwrap_or("").to_owned())
        .collect()
}

#[tokio::test]
async fn findings_are_told_with_their_rules() {
    let served = Made::new().publish(&org(), BEGIN_MS).serve().await;
    let all = served.anybody().get(FINDINGS).await;
    assert_eq!(all.status, 200, "{}", all.text);
    assert_eq!(of_rule(&all, "no-department"), [uuid(1), uuid(3)]);
    assert_eq!(of_rule(&all, "manager-unknown"), [uuid(4)]);
    assert!(!of_rule(&all, "department-variants").is_empty());
    assert!(!of_rule(&all, "duplicate-email").is_empty());
    let told = all.json();
    let summary = &told["summary"];
    let sum: i64 = ["error", "warning", "note"]
        .iter()
        .map(|one| summary[one].as_i64().unwrap())
        .sum();
    assert_eq!(summary["total"], sum);
    assert_eq!(told["findings"].as_array().unwrap().len() as i64, sum);
    assert_eq!(summary["users"], 8);
    let counted: i64 = told["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| rule["findings"].as_i64().unwrap())
        .sum();
    assert_eq!(counted, sum);
    assert!(told["rules"][0]["mend"].is_string());
    assert!(
        told["rules_run"]
            .as_array()
            .unwrap()
            .contains(&json!("HC001"))
    );
    let skipped = told["skipped"].as_array().unwrap();
    assert!(
        skipped
            .iter()
            .any(|one| one["reason"] == "there are no facts"),
        "{skipped:?}"
    );
    assert_eq!(told["snapshot"]["id"], 1);

    let some = served
        .anybody()
        .get(&format!("{FINDINGS}?rule=no-department,HC004"))
        .await;
    let rules: BTreeSet<String> = some.json()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["rule"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        rules,
        BTreeSet::from(["HC001".to_owned(), "HC004".to_owned()])
    );
    let errors = served
        .anybody()
        .get(&format!("{FINDINGS}?severity=Error"))
        .await
        .json();
    assert_eq!(errors["summary"]["total"], summary["error"]);
    assert_eq!(errors["summary"]["note"], 0);
}

#[tokio::test]
async fn pages_hold_each_finding_once() {
    let served = Made::new().publish(&org(), BEGIN_MS).serve().await;
    let asking = served.anybody();
    let prints = |told: &Value| -> Vec<String> {
        let findings = told["findings"].as_array().unwrap().iter();
        findings
            .map(|one| one["fingerprint"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = prints(&asking.get(FINDINGS).await.json());
    let mut path = format!("{FINDINGS}?limit=2&severity=error,warning,note");
    let mut paged = Vec::new();
    loop {
        let told = asking.get(&path).await.json();
        paged.extend(prints(&told));
        match told["nextUri"].as_str() {
            Some(next) => path = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(paged, all);
    assert!(all.len() > 4);
}

#[tokio::test]
async fn a_limit_to_divisions_is_an_org_of_its_own() {
    let served = Made::new()
        .publish(&org(), BEGIN_MS)
        .token("north", |token| {
            token.grant.divisions = Some(vec!["north".to_owned()])
        })
        .token("none", |token| token.grant.permissions.clear())
        .serve()
        .await;
    let north = served.holder("north").get(FINDINGS).await;
    assert_eq!(of_rule(&north, "no-department"), [uuid(1)]);
    assert_eq!(north.json()["summary"]["users"], 6);
    for (rule, why) in [
        (
            "manager-unknown",
            "whether a manager out of sight exists is not told",
        ),
        ("manager-other-division", "nor where"),
        ("duplicate-email", "nor who else has an address"),
    ] {
        assert!(of_rule(&north, rule).is_empty(), "{why}");
    }
    for hidden in [uuid(3), uuid(7)] {
        let about = north.json()["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|finding| {
                finding["user_id"] == hidden || finding["related"].to_string().contains(&hidden)
            });
        assert!(!about, "{hidden}");
    }
    assert!(!north.text.contains("south"));
    let skipped = north.json()["skipped"].to_string();
    assert!(skipped.contains("managers in other divisions"), "{skipped}");
    let none = served.holder("none").get(FINDINGS).await;
    assert_eq!(none.refusal(), (403, "missing.permissions".to_owned()));
    assert_eq!(served.anybody().get(FINDINGS).await.status, 401);
}

#[tokio::test]
async fn findings_are_known_until_they_change() {
    let served = Made::new().publish(&org(), BEGIN_MS).serve().await;
    let asking = served.anybody();
    let ask = async |tag: &str| {
        let request = asking.request(reqwest::Method::GET, FINDINGS);
        answer(request.header("if-none-match", tag)).await
    };
    let first = asking.get(FINDINGS).await;
    let tag = first.header("etag").to_owned();
    assert_eq!(ask(&tag).await.status, 304);
    let day = Day {
        date: jiff::civil::date(2023, 11, 14),
        time_zone: "UTC".to_owned(),
        granularity: Some("P1D".to_owned()),
        source: Source::Pull,
    };
    let (start_ms, end_ms) = day.bounds().unwrap();
    let mut stranger = Fact {
        start_ms,
        end_ms,
        user_id: Some(uuid(77)),
        ..Fact::default()
    };
    stranger.measures[0] = Some(1);
    served
        .facts()
        .replace(FactKind::HandleTime, day, vec![stranger])
        .unwrap();
    let more = ask(&tag).await;
    assert_eq!(more.status, 200);
    assert_eq!(of_rule(&more, "facts-without-user"), [uuid(77)]);
    publish(&*served.store, &org()[..3], BEGIN_MS + 1_000);
    let newer = asking
        .get_until(FINDINGS, |answer| answer.json()["snapshot"]["id"] == 2)
        .await;
    assert_eq!(newer.json()["summary"]["users"], 3);
}

#[tokio::test]
async fn settings_of_rules_count() {
    let settings = json!({"no-department": {"enabled": false}, "HC004": {"severity": "note"}});
    let check = serde_json::from_value(settings).unwrap();
    let served = Made::new()
        .publish(&org(), BEGIN_MS)
        .serve_with(|settings| settings.check = check)
        .await;
    let all = served.anybody().get(FINDINGS).await;
    assert!(of_rule(&all, "no-department").is_empty());
    let note = served
        .anybody()
        .get(&format!("{FINDINGS}?rule=HC004&severity=note"))
        .await;
    assert_eq!(of_rule(&note, "manager-unknown"), [uuid(4)]);
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused() {
    let served = Made::new().publish(&org(), BEGIN_MS).serve().await;
    for (more, code, part) in [
        (
            "rule=no-departmnt",
            "invalid.query.param.value",
            "no-department",
        ),
        ("rule=HC999", "invalid.query.param.value", "HC999"),
        (
            "severity=bad",
            "invalid.query.param.value",
            "error, warning, note",
        ),
        ("limit=0", "constraint.validation", "1 to 1000"),
        ("limit=1001", "constraint.validation", "1 to 1000"),
        ("limit=x", "invalid.query.param.value", "whole numbers"),
        ("cursor=AAAA", "bad.request", "start again without a cursor"),
    ] {
        let refused = served.anybody().get(&format!("{FINDINGS}?{more}")).await;
        assert_eq!(refused.refusal(), (400, code.to_owned()), "{more}");
        assert!(refused.text.contains(part), "{}", refused.text);
    }
    let next = served
        .anybody()
        .get(&format!("{FINDINGS}?limit=1"))
        .await
        .json();
    let cursor = next["cursor"].as_str().unwrap();
    let other = format!("{FINDINGS}?severity=error&cursor={cursor}");
    assert_eq!(served.anybody().get(&other).await.refusal().0, 400);
}
