//! Both aggregate queries: whatever is asked, the sums are those of the truth.

use std::collections::{BTreeMap, BTreeSet};

use headcount_core::fact::{
    Fact, FactKind, HANDLE_COUNT, HANDLE_SUM, MEASURES, SCORE_COUNT, SCORE_SUM, answer::Answer,
    interval::Interval, sum,
};
use headcount_sandbox::{Change, ChangeKind};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::client::{Org, Reply};

const WEEK: &str = "2026-10-22T22:00:00.000Z/2026-10-29T23:00:00.000Z";
const ZONE: &str = "Europe/Berlin";

fn path(kind: FactKind) -> &'static str {
    match kind {
        FactKind::HandleTime => "/api/v2/analytics/conversations/aggregates/query",
        FactKind::Evaluation => "/api/v2/analytics/evaluations/aggregates/query",
    }
}

/// A query for everything in the week, with further members.
fn query(kind: FactKind, more: Value) -> Value {
    let metrics: BTreeSet<_> = kind.measures().iter().map(|it| it.metric).collect();
    let mut query = json!({ "interval": WEEK, "timeZone": ZONE, "metrics": metrics });
    for (name, value) in more.as_object().unwrap() {
        query[name] = value.clone();
    }
    query
}

async fn ask(org: &Org, kind: FactKind, more: Value) -> Reply {
    org.post(path(kind), &query(kind, more).to_string()).await
}

async fn facts(org: &Org, kind: FactKind, more: Value) -> Vec<Fact> {
    let reply = ask(org, kind, more).await;
    assert_eq!(reply.status, 200, "{}", reply.json());
    Answer::parse(&reply.body, Some(kind), None).unwrap().facts
}

fn truth(org: &Org, kind: FactKind) -> Vec<Fact> {
    let zone = TimeZone::get(ZONE).unwrap();
    org.sandbox.facts(kind, WEEK.parse().unwrap(), &zone)
}

/// Everything in one fact.
fn total(kind: FactKind, facts: &[Fact]) -> Fact {
    let mut total = Fact::default();
    for fact in facts {
        total.add(kind, fact).unwrap();
    }
    total
}

#[tokio::test]
async fn an_answer_by_day_user_and_media_is_the_truth() {
    let org = Org::of(300).await;
    for kind in FactKind::ALL {
        let more = json!({ "granularity": "P1D", "groupBy": ["userId", "mediaType"] });
        let mut told = facts(&org, kind, more).await;
        if kind == FactKind::Evaluation {
            // Two media of one user are one group where nobody asks for the media.
            let by_user = json!({ "granularity": "P1D", "groupBy": ["userId"] });
            let mut bare = told.clone();
            bare.iter_mut().for_each(|fact| fact.media_type = None);
            assert_eq!(
                facts(&org, kind, by_user).await,
                sum::added(kind, bare).unwrap()
            );
        }
        told.sort_by_key(|fact| (fact.start_ms, fact.user_id.clone(), fact.media_type.clone()));
        let mut expected = truth(&org, kind);
        expected.sort_by_key(|fact| (fact.start_ms, fact.user_id.clone(), fact.media_type.clone()));
        assert_eq!(told, expected);
        // The clocks go back: one of the days has 25 hours.
        let hours: BTreeSet<i64> = told
            .iter()
            .map(|fact| (fact.end_ms - fact.start_ms) / 3_600_000)
            .collect();
        assert_eq!(hours, BTreeSet::from([24, 25]));
        assert!(told.len() > 100);
    }
}

#[tokio::test]
async fn sums_are_the_same_however_they_are_cut() {
    let org = Org::of(120).await;
    for kind in FactKind::ALL {
        let whole = total(kind, &truth(&org, kind)).measures;
        for group_by in [
            json!([]),
            json!(["mediaType"]),
            json!(["userId"]),
            json!(["queueId"]),
            json!(["divisionId", "mediaType"]),
            json!(["queueId", "userId", "divisionId", "mediaType"]),
        ] {
            for period in [None, Some("PT30M"), Some("PT1H"), Some("P1D"), Some("P1W")] {
                let more = json!({ "groupBy": group_by, "granularity": period });
                let told = facts(&org, kind, more).await;
                assert_eq!(total(kind, &told).measures, whole, "{group_by} {period:?}");
            }
        }
        let mut parts = Vec::new();
        let week: Interval = WEEK.parse().unwrap();
        let middle = (week.start_ms + week.end_ms) / 2 + 123_457;
        for (start_ms, end_ms) in [(week.start_ms, middle), (middle, week.end_ms)] {
            let interval = Interval { start_ms, end_ms };
            parts.extend(facts(&org, kind, json!({ "interval": interval.to_string() })).await);
        }
        assert_eq!(total(kind, &parts).measures, whole);
    }
}

#[tokio::test]
async fn without_groups_the_samples_look_alike() {
    let org = Org::of(100).await;
    let reply = ask(
        &org,
        FactKind::HandleTime,
        json!({ "metrics": ["tHandle"] }),
    )
    .await;
    let rows = reply.json()["results"].as_array().unwrap().clone();
    let groups: Vec<&Value> = rows.iter().map(|row| &row["group"]).collect();
    let media = ["voice", "message", "email", "callback"].map(|it| json!({ "mediaType": it }));
    assert_eq!(groups, media.iter().collect::<Vec<_>>());
    let data = &rows[0]["data"][0];
    assert_eq!(data["interval"], WEEK);
    assert_eq!(data["metrics"].as_array().unwrap().len(), 1);
    let stats = &data["metrics"][0]["stats"];
    let names: Vec<&String> = stats.as_object().unwrap().keys().collect();
    assert_eq!(names, ["count", "max", "min", "sum"]);

    let reply = ask(
        &org,
        FactKind::Evaluation,
        json!({ "metrics": ["nEvaluations"] }),
    )
    .await;
    let rows = reply.json()["results"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].get("group"), None);
    let stats = &rows[0]["data"][0]["metrics"][0]["stats"];
    let names: Vec<&String> = stats.as_object().unwrap().keys().collect();
    assert_eq!(names, ["count"]);
}

#[tokio::test]
async fn filters_pick_and_add_up() {
    let org = Org::of(200).await;
    let kind = FactKind::HandleTime;
    let all = truth(&org, kind);
    let of = |dimension: &str, value: &str| json!({ "dimension": dimension, "value": value });
    let mut by_user: BTreeMap<&str, Vec<Fact>> = BTreeMap::new();
    for fact in &all {
        let user = fact.user_id.as_deref().unwrap();
        by_user.entry(user).or_default().push(fact.clone());
    }
    let users: Vec<&str> = by_user.keys().copied().collect();
    // As the user interface asks: clauses of alternatives, joined.
    let filter = json!({ "type": "and", "clauses": [
        { "type": "or", "predicates": [of("userId", users[3]), of("userId", &users[7].to_uppercase())] },
        { "type": "or", "predicates": [of("mediaType", "voice"), { "type": "dimension", "dimension": "mediaType", "operator": "matches", "value": "callback" }] },
    ] });
    let told = facts(&org, kind, json!({ "filter": filter })).await;
    let picked: Vec<Fact> = [users[3], users[7]]
        .iter()
        .flat_map(|user| by_user[user].clone())
        .filter(|fact| matches!(fact.media_type.as_deref(), Some("voice" | "callback")))
        .collect();
    assert_eq!(total(kind, &told).measures, total(kind, &picked).measures);
    assert!(!picked.is_empty());

    // Every division by itself, and those of none, are the whole.
    let divisions: BTreeSet<String> = org
        .sandbox
        .org()
        .divisions()
        .iter()
        .map(|division| division.id.clone())
        .collect();
    let mut parts = Vec::new();
    for division in &divisions {
        let filter = json!({ "type": "and", "predicates": [of("divisionId", division)] });
        let part = facts(&org, kind, json!({ "filter": filter })).await;
        assert!(total(kind, &part).measures[HANDLE_SUM] < total(kind, &all).measures[HANDLE_SUM]);
        parts.extend(part);
    }
    assert_eq!(total(kind, &parts).measures, total(kind, &all).measures);
    let none = json!({ "type": "and", "predicates": [{ "dimension": "divisionId", "operator": "notExists" }] });
    assert!(
        facts(&org, kind, json!({ "filter": none }))
            .await
            .is_empty()
    );
}

#[tokio::test]
async fn nothing_moves_when_people_do() {
    let org = Org::of(150).await;
    let before = FactKind::ALL.map(|kind| truth(&org, kind));
    let more = json!({ "groupBy": ["userId", "mediaType"], "granularity": "P1D" });
    org.sandbox.change(
        [
            ChangeKind::MoveDivision,
            ChangeKind::MoveDepartment,
            ChangeKind::Leave,
            ChangeKind::Return,
            ChangeKind::Deactivate,
            ChangeKind::Purge,
        ]
        .map(|kind| Change::of(kind, 20))
        .into(),
    );
    for (kind, before) in FactKind::ALL.into_iter().zip(&before) {
        assert_eq!(&truth(&org, kind), before);
        let told = facts(&org, kind, more.clone()).await;
        assert_eq!(total(kind, &told), total(kind, before));
        let users = |facts: &[Fact]| -> BTreeSet<Option<String>> {
            facts.iter().map(|fact| fact.user_id.clone()).collect()
        };
        assert_eq!(users(&told), users(before));
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_as_genesys_does() {
    let org = Org::of(10).await;
    let handle = FactKind::HandleTime;
    let predicate =
        |predicate: Value| json!({ "filter": { "type": "and", "predicates": [predicate] } });
    for (more, code) in [
        (json!({ "interval": null }), "constraint.validation"),
        (
            json!({ "interval": "2026-10-22/2026-10-23" }),
            "invalid.date",
        ),
        (
            json!({ "interval": "2026-10-23T00:00Z/2026-10-22T00:00Z" }),
            "constraint.validation",
        ),
        (
            json!({ "interval": "2020-10-23T00:00Z/2026-10-22T00:00Z" }),
            "constraint.validation",
        ),
        (json!({ "timeZone": "Mars/Olympus" }), "invalid.value"),
        (json!({ "granularity": "daily" }), "invalid.value"),
        (json!({ "metrics": [] }), "constraint.validation"),
        (json!({ "metrics": ["tHandel"] }), "invalid.value"),
        (json!({ "metrics": ["nEvaluations"] }), "invalid.value"),
        (json!({ "groupBy": ["department"] }), "invalid.value"),
        (json!({ "groupBy": "userId" }), "bad.request"),
        (
            json!({ "filter": { "type": "and" } }),
            "constraint.validation",
        ),
        (
            json!({ "filter": { "type": "xor", "predicates": [{ "dimension": "userId", "value": "x" }] } }),
            "invalid.value",
        ),
        (
            predicate(json!({ "dimension": "department", "value": "x" })),
            "invalid.value",
        ),
        (
            predicate(json!({ "dimension": "userId" })),
            "constraint.validation",
        ),
        (
            predicate(json!({ "dimension": "userId", "operator": "like", "value": "x" })),
            "invalid.value",
        ),
        (
            predicate(json!({ "type": "metric", "dimension": "userId", "value": "x" })),
            "invalid.value",
        ),
    ] {
        let reply = ask(&org, handle, more.clone()).await;
        let json = reply.json();
        assert_eq!((reply.status, &json["code"]), (400, &code.into()), "{more}");
        assert_eq!(
            json["contextId"].as_str(),
            reply.header("inin-correlation-id")
        );
    }
    let reply = org.get(path(handle)).await;
    assert_eq!(reply.status, 405);
    let reply = org
        .ask(
            "POST",
            path(handle),
            &[("content-type", "application/json")],
            "{}",
        )
        .await;
    assert_eq!(reply.unwrap().status, 401);
}

#[tokio::test]
async fn the_habits_of_aggregates() {
    let org = Org::of(100).await;
    org.sandbox.set_quirk("evaluation-sum", "left-out").unwrap();
    let scores = total(
        FactKind::Evaluation,
        &facts(&org, FactKind::Evaluation, json!({})).await,
    );
    assert!(scores.measures[SCORE_COUNT].is_some() && scores.measures[SCORE_SUM].is_none());

    for (quirk, kind, permission) in [
        (
            "conversation-permission",
            FactKind::HandleTime,
            "analytics:conversationAggregate:view",
        ),
        (
            "evaluation-permission",
            FactKind::Evaluation,
            "analytics:evaluationAggregate:view",
        ),
    ] {
        org.sandbox.set_quirk(quirk, "refused").unwrap();
        let reply = ask(&org, kind, json!({})).await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (403, &"missing.permissions".into())
        );
        assert!(
            reply.json()["message"]
                .as_str()
                .unwrap()
                .ends_with(permission)
        );
        org.sandbox.set_quirk(quirk, "granted").unwrap();
    }

    org.sandbox.set_quirk("aggregate-groups", "4").unwrap();
    assert_eq!(ask(&org, FactKind::HandleTime, json!({})).await.status, 200);
    for status in [400, 413] {
        let value = status.to_string();
        org.sandbox
            .set_quirk("aggregate-too-large", &value)
            .unwrap();
        let reply = ask(&org, FactKind::HandleTime, json!({ "groupBy": ["userId"] })).await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (status, &"response.entity.too.large".into())
        );
    }
}

#[tokio::test]
async fn faults_limits_and_counters_hold_here_too() {
    let org = Org::of(100).await;
    org.sandbox.set_faults(
        [("503", 1), ("truncated", 2)]
            .map(|(kind, at)| {
                serde_json::from_value(
                    json!({ "kind": kind, "endpoint": "conversations", "at": at }),
                )
                .unwrap()
            })
            .into(),
    );
    assert_eq!(ask(&org, FactKind::Evaluation, json!({})).await.status, 200);
    assert_eq!(ask(&org, FactKind::HandleTime, json!({})).await.status, 503);
    assert!(!ask(&org, FactKind::HandleTime, json!({})).await.whole());
    assert!(ask(&org, FactKind::HandleTime, json!({})).await.whole());
    let stats = org.get("/sandbox/stats").await.json();
    assert_eq!(stats["by_endpoint"]["conversations"], 3);
    assert_eq!(stats["by_endpoint"]["evaluations"], 1);
    let seen = ask(&org, FactKind::HandleTime, json!({})).await;
    assert_eq!(seen.header("inin-ratelimit-count"), Some("5"));
}

#[tokio::test]
async fn the_truth_over_http_is_that_of_the_library() {
    let org = Org::of(60).await;
    let within = WEEK.replace('/', "%2F");
    let reply = org
        .get(&format!(
            "/sandbox/facts?kind=handle_time&interval={within}&timeZone=Europe%2FBerlin"
        ))
        .await;
    let lines: Vec<Value> = String::from_utf8(reply.body)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let facts = truth(&org, FactKind::HandleTime);
    assert_eq!(lines.len(), facts.len());
    for (line, fact) in lines.iter().zip(&facts) {
        assert_eq!(line["user_id"].as_str(), fact.user_id.as_deref());
        assert_eq!(line["media_type"].as_str(), fact.media_type.as_deref());
        assert_eq!(line["handle_sum_ms"].as_i64(), fact.measures[HANDLE_SUM]);
    }
    let days: BTreeSet<&str> = lines
        .iter()
        .map(|line| line["day"].as_str().unwrap())
        .collect();
    assert_eq!(days.first(), Some(&"2026-10-23"));
    assert_eq!(days.len(), 7);
    for wrong in [
        "kind=aht",
        "kind=evaluation&interval=x",
        "kind=evaluation&interval=2026-10-22T00:00Z/2026-10-23T00:00Z&timeZone=x",
    ] {
        assert_eq!(
            org.get(&format!("/sandbox/facts?{wrong}")).await.status,
            400,
            "{wrong}"
        );
    }
    assert!(
        facts
            .iter()
            .all(|fact| fact.measures[HANDLE_COUNT] > Some(0))
    );
    assert!(
        facts
            .iter()
            .any(|fact| fact.measures[..MEASURES].contains(&None))
    );
}
