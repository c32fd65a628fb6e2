//! Reports over HTTP: the answer of the library, for who may see how much of it.

use std::time::Duration;

use headcount_core::{
    fact::{Fact, FactKind},
    segment::{Answer, Attribute, Attribution, Document, Period, SnapshotRef},
};
use headcount_store::{
    Engine, KeptDays, KeptQuestion,
    facts::{Day, FactStore, Source},
};
use jiff::civil::{Date, Weekday, date};
use serde_json::{Value, json};

use crate::served::{BEGIN_MS, Made, ORG, Served, answer, publish, uuid};

const AHT: &str = "/headcount/v1/reports/aht";
pub(crate) const FIRST: Date = date(2023, 11, 14);
pub(crate) const SECOND: Date = date(2023, 11, 15);
pub(crate) const BOTH: &str = "from=2023-11-14&to=2023-11-15";

/// A user who reports to `manager`.
fn person(number: usize, name: &str, division: &str, manager: Option<usize>) -> String {
    json!({
        "id": uuid(number), "name": name, "state": "active",
        "email": format!("{name}@example.com").to_lowercase(),
        "department": if number.is_multiple_of(2) { "Sales" } else { "Support" },
        "division": {"id": division, "name": format!("Division {division}")},
        "manager": manager.map(|manager| json!({"id": uuid(manager)})),
    })
    .to_string()
}

/// Top over Mid and Ann, Mid (who is in the south) over Bob.
fn org() -> Vec<String> {
    vec![
        person(0, "Top", "north", None),
        person(1, "Mid", "south", Some(0)),
        person(2, "Ann", "north", Some(0)),
        person(3, "Bob", "north", Some(1)),
    ]
}

pub(crate) fn day(date: Date) -> Day {
    Day {
        date,
        time_zone: "UTC".to_owned(),
        granularity: Some("P1D".to_owned()),
        source: Source::Pull,
    }
}

pub(crate) fn fact(date: Date, user: Option<usize>, count: i64, sum: i64) -> Fact {
    let (start_ms, end_ms) = day(date).bounds().unwrap();
    let mut fact = Fact {
        start_ms,
        end_ms,
        user_id: user.map(uuid),
        media_type: Some("voice".to_owned()),
        ..Fact::default()
    };
    fact.measures[0] = Some(count);
    fact.measures[1] = Some(sum);
    fact
}

pub(crate) fn keep(facts: &FactStore, kind: FactKind, date: Date, of: Vec<Fact>) {
    facts.replace(kind, day(date), of).unwrap();
}

/// Two days of everybody, of somebody unknown and of nobody.
pub(crate) fn made() -> Made {
    filled(Made::new())
}

pub(crate) fn filled(made: Made) -> Made {
    let made = made.publish(&org(), BEGIN_MS);
    for (date, more) in [(FIRST, 0), (SECOND, 1)] {
        let mut facts: Vec<Fact> = (0..4)
            .map(|user| fact(date, Some(user), 1 + more, 60_000 * (1 + user as i64)))
            .collect();
        facts.push(fact(date, Some(77), 1, 30_000));
        facts.push(fact(date, None, 1, 10_000));
        keep(&made.facts(), FactKind::HandleTime, date, facts);
    }
    made
}

/// What the library answers.
fn library(served: &Served, by: &[&str], divisions: Option<&str>) -> Value {
    let (by, labels) = Attribute::parse_all(by).unwrap();
    let period = Period {
        from: FIRST,
        to: SECOND,
    };
    let asked = KeptQuestion {
        kind: FactKind::HandleTime,
        by,
        matcher: None,
        under: None,
        attribution: Attribution::Event,
        divisions: divisions.map(|id| vec![id.to_owned()]),
        period,
        timezone: None,
        week_start: Weekday::Monday,
        allow_missing: false,
    };
    let days = KeptDays::find(Some(&served.facts()), &asked).unwrap();
    let (table, snapshot) = days
        .report(&*served.store, ORG, Engine::Local, 1, &|| true)
        .unwrap();
    let answer = Answer::new(&labels, &table);
    let document = Document::new(answer, period, Attribution::Event, "UTC", &[]);
    let published = jiff::Timestamp::from_millisecond(snapshot.published_ms).unwrap();
    let document = document.until(SnapshotRef {
        id: snapshot.id,
        published: published.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
    });
    // As a reader of JSON sees it: reading may move the last digit of a fraction.
    serde_json::from_str(&serde_json::to_string(&document).unwrap()).unwrap()
}

/// Labels of the rows, and their counts.
fn rows(told: &Value, label: &str) -> Vec<(String, i64)> {
    let rows = told["rows"].as_array().unwrap_or_else(|| panic!("{told}"));
    let row = |row: &Value| {
        let label = row[label].as_str().unwrap().to_owned();
        (label, row["count"].as_i64().unwrap())
    };
    rows.iter().map(row).collect()
}

fn pairs(rows: &[(String, i64)]) -> Vec<(&str, i64)> {
    rows.iter()
        .map(|(label, count)| (label.as_str(), *count))
        .collect()
}

#[tokio::test]
async fn a_table_has_the_numbers_of_the_document() {
    let served = made().serve().await;
    let asking = served.anybody();
    let path = format!("{AHT}?{BOTH}&by=department");
    let document = asking.get(&path).await.json();
    let table = asking.get(&format!("{path}&format=csv")).await;
    assert!(table.header("content-disposition").contains("aht.csv"));
    let mut lines = table.text.split_terminator("\r\n");
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let wanted = document["rows"].as_array().unwrap();
    assert_eq!(rows.len(), wanted.len());
    for (row, wanted) in rows.iter().zip(wanted) {
        let members = wanted.as_object().unwrap();
        assert_eq!(names.len(), members.len());
        for (name, value) in names.iter().zip(row) {
            let told = match &members[*name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                Value::Number(number) if number.is_f64() => {
                    number.as_f64().map(|number| number.to_string()).unwrap()
                }
                other => other.to_string(),
            };
            assert_eq!(*value, told, "{name}");
        }
    }
    let some = format!("{path}&format=csv&columns=aht_s,department");
    assert!(
        asking
            .get(&some)
            .await
            .text
            .starts_with("aht_s,department\r\n")
    );
}

#[tokio::test]
async fn an_answer_is_that_of_the_library() {
    let served = made().serve().await;
    let asking = served.anybody();
    for by in [
        &[][..],
        &["department"],
        &["division", "day"],
        &["manager"],
        &["tree"],
        &["level2", "mediaType"],
        &["user"],
        &["week"],
    ] {
        let told = asking
            .get(&format!("{AHT}?{BOTH}&by={}", by.join(",")))
            .await;
        assert_eq!(told.status, 200, "{}", told.text);
        assert_eq!(told.json(), library(&served, by, None), "{by:?}");
        assert_eq!(told.json()["facts"]["reconciled"], true);
    }
    let told = asking
        .get(&format!("{AHT}?{BOTH}&by=department"))
        .await
        .json();
    assert_eq!(
        pairs(&rows(&told, "department")),
        [("Sales", 6), ("Support", 6), ("(unrostered)", 4)]
    );
    assert_eq!(
        told["period"],
        json!({"from": "2023-11-14", "to": "2023-11-15"})
    );
    assert_eq!(
        (&told["attribution"], &told["timezone"]),
        (&json!("event"), &json!("UTC"))
    );
    assert!(told.get("missing_days").is_none());
}

#[tokio::test]
async fn parameters_choose_facts() {
    let served = made().serve().await;
    let asking = served.anybody();
    let count = async |more: &str| {
        let told = asking.get(&format!("{AHT}?{more}")).await;
        assert_eq!(told.status, 200, "{more}: {}", told.text);
        told.json()["total"]["count"].as_i64().unwrap_or(0)
    };
    assert_eq!(count(BOTH).await, 16);
    assert_eq!(count("from=2023-11-15&to=2023-11-15").await, 10);
    assert_eq!(
        count(&format!("{BOTH}&where=department%3DSales&where=name%3DAnn")).await,
        3
    );
    assert_eq!(count(&format!("{BOTH}&where=name+in+Ann,Bob")).await, 6);
    assert_eq!(count(&format!("{BOTH}&under={}", uuid(1))).await, 6);
    assert_eq!(count(&format!("{BOTH}&under=MID%40example.com")).await, 6);
    let weeks = asking
        .get(&format!("{AHT}?{BOTH}&by=week&weekStart=Wednesday"))
        .await;
    assert_eq!(
        pairs(&rows(&weeks.json(), "week")),
        [("2023-11-08", 6), ("2023-11-15", 10)]
    );
    let missing = format!("{AHT}?from=2023-11-12&to=2023-11-16&allowMissing=true");
    assert_eq!(
        asking.get(&missing).await.json()["missing_days"],
        json!(["2023-11-12", "2023-11-13", "2023-11-16"])
    );
    let repeated = asking
        .get(&format!("{AHT}?{BOTH}&by=department&by=day"))
        .await;
    assert_eq!(
        repeated.json(),
        library(&served, &["department", "day"], None)
    );
}

#[tokio::test]
async fn evaluations_have_their_own_facts() {
    let made = made();
    let mut scored = fact(FIRST, Some(2), 3, 2);
    scored.measures[2] = Some(170_500_000);
    keep(&made.facts(), FactKind::Evaluation, FIRST, vec![scored]);
    let served = made.serve().await;
    let path = "/headcount/v1/reports/evaluations?from=2023-11-14&to=2023-11-14&by=division";
    let told = served.anybody().get(path).await.json();
    let row = &told["rows"][0];
    assert_eq!(row["division"], "Division north");
    assert_eq!((&row["count"], &row["scored"]), (&json!(3), &json!(2)));
    assert_eq!((&row["sum"], &row["score"]), (&json!(170.5), &json!(85.25)));
}

#[tokio::test]
async fn days_without_facts_are_named_with_the_way_to_get_them() {
    let served = made().serve().await;
    let asking = served.anybody();
    let some = asking
        .get(&format!("{AHT}?from=2023-11-13&to=2023-11-17"))
        .await;
    assert_eq!(some.refusal(), (404, "not.found".to_owned()));
    let message = some.json()["message"].as_str().unwrap().to_owned();
    for part in [
        "2023-11-13, 2023-11-16 to 2023-11-17",
        "headcount facts pull --from 2023-11-13 --to 2023-11-17",
        "allowMissing=true",
    ] {
        assert!(message.contains(part), "{message}");
    }
    let all = asking
        .get("/headcount/v1/reports/evaluations?from=2023-11-14&to=2023-11-14")
        .await;
    assert_eq!(all.refusal(), (404, "not.found".to_owned()));
    assert!(
        !all.text.contains("allowMissing"),
        "it would not help: {}",
        all.text
    );
    let nowhere = Made::new().publish(&org(), BEGIN_MS);
    let nowhere = nowhere.serve_with(|settings| settings.facts = None).await;
    let none = nowhere.anybody().get(&format!("{AHT}?{BOTH}")).await;
    assert_eq!(none.refusal(), (404, "not.found".to_owned()));
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_with_what_is_wrong() {
    let served = made().serve().await;
    for (more, status, code, part) in [
        ("by=departmnt", 400, "invalid.property", "department"),
        (
            "by=day,day",
            400,
            "constraint.validation",
            "day is asked for twice",
        ),
        (
            "by=a,b,c,d,e,f,g,h,i",
            400,
            "constraint.validation",
            "at most 8",
        ),
        (
            "where=departmnt%3DSales",
            400,
            "invalid.property",
            "department",
        ),
        ("where=department", 200, "", ""),
        (
            "where=%3DSales",
            400,
            "constraint.validation",
            "names no field",
        ),
        ("where=version%3Cx", 400, "constraint.validation", ""),
        (
            "asOf=2023-11-14",
            400,
            "invalid.query.param.value",
            "event, today",
        ),
        (
            "timezone=Riyadh",
            400,
            "invalid.query.param.value",
            "Asia/Riyadh",
        ),
        (
            "timezone=Asia/Riyadh",
            400,
            "constraint.validation",
            "timezone=UTC",
        ),
        (
            "weekStart=someday",
            400,
            "invalid.query.param.value",
            "monday",
        ),
        (
            "allowMissing=maybe",
            400,
            "invalid.query.param.value",
            "true, false",
        ),
        (
            "from=2023-11-16",
            400,
            "constraint.validation",
            "before it begins",
        ),
        ("to=2023-02-30", 400, "invalid.date", "2023-02-30"),
        ("to=tomorrow", 400, "invalid.date", "2026-11-24"),
        ("from=1990-01-01", 400, "constraint.validation", "3660 days"),
        ("from=-999-01-01", 400, "invalid.date", ""),
        ("under=nobody", 404, "not.found", ""),
        ("under=nobody%40example.com", 404, "not.found", ""),
    ] {
        let refused = served.anybody().get(&format!("{AHT}?{BOTH}&{more}")).await;
        assert_eq!(refused.status, status, "{more}: {}", refused.text);
        if status != 200 {
            assert_eq!(refused.refusal(), (status, code.to_owned()), "{more}");
        }
        assert!(refused.text.contains(part), "{more}: {}", refused.text);
    }
    for missing in ["", "from=2023-11-14", "to=2023-11-14&from="] {
        let refused = served.anybody().get(&format!("{AHT}?{missing}")).await;
        assert_eq!(refused.refusal(), (400, "constraint.validation".to_owned()));
    }
    let posted = served.anybody().post(AHT, "{}").await;
    assert_eq!(posted.refusal(), (405, "method.not.allowed".to_owned()));
}

#[tokio::test]
async fn a_damaged_file_is_no_answer_and_harms_no_other() {
    let served = made().serve().await;
    let folder = served.facts().folder().unwrap().join("handle_time");
    let file = folder.join("2023-11-15.parquet");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
    let broken = served.anybody().get(&format!("{AHT}?{BOTH}")).await;
    assert_eq!(broken.refusal(), (500, "internal.server.error".to_owned()));
    assert!(!broken.text.contains("parquet"), "{}", broken.text);
    std::fs::write(&file, &whole).unwrap();
    assert_eq!(
        served.anybody().get(&format!("{AHT}?{BOTH}")).await.status,
        200
    );
}

#[tokio::test]
async fn a_limit_to_divisions_lets_nothing_through() {
    let north = |token: &mut headcount_store::Credential| {
        token.grant.divisions = Some(vec!["north".to_owned()]);
    };
    let served = made()
        .token("north", north)
        .token("all", |_| {})
        .token("none", |token| token.grant.permissions.clear())
        .serve()
        .await;
    let asking = served.holder("north");
    for by in [
        &["department"][..],
        &["manager"],
        &["tree"],
        &["level1"],
        &["user"],
        &["division"],
    ] {
        let told = asking
            .get(&format!("{AHT}?{BOTH}&by={}", by.join(",")))
            .await;
        assert_eq!(told.json(), library(&served, by, Some("north")), "{by:?}");
        assert_eq!(
            told.json()["facts"]["count"],
            9,
            "facts elsewhere are not even counted"
        );
        for hidden in ["Mid", "south", "unrostered)"] {
            assert!(!told.text.contains(hidden), "{by:?}: {}", told.text);
        }
    }
    let tree = asking.get(&format!("{AHT}?{BOTH}&by=tree")).await;
    assert_eq!(
        pairs(&rows(&tree.json(), "tree")),
        [("Top", 6), ("(none)", 3)],
        "Bob's manager is out of sight, and so is whoever stands above"
    );
    let named = asking
        .get(&format!("{AHT}?{BOTH}&where=manager.name%3DMid"))
        .await;
    assert_eq!(named.json()["total"]["count"], Value::Null);
    let mut refused = Vec::new();
    for under in [uuid(1), uuid(99), "mid%40example.com".to_owned()] {
        let answer = asking.get(&format!("{AHT}?{BOTH}&under={under}")).await;
        assert_eq!(answer.refusal(), (404, "not.found".to_owned()));
        let mut body = answer.json();
        body["contextId"].take();
        refused.push(body);
    }
    refused.dedup();
    assert_eq!(refused.len(), 1, "out of sight is as unknown");
    let top = asking.get(&format!("{AHT}?{BOTH}&under={}", uuid(0))).await;
    assert_eq!(top.json()["total"]["count"], 6);
    let all = served
        .holder("all")
        .get(&format!("{AHT}?{BOTH}&by=tree"))
        .await;
    assert_ne!(all.header("etag"), tree.header("etag"));
    let none = served.holder("none").get(&format!("{AHT}?{BOTH}")).await;
    assert_eq!(none.refusal(), (403, "missing.permissions".to_owned()));
    assert_eq!(
        served.anybody().get(&format!("{AHT}?{BOTH}")).await.status,
        401
    );
}

#[tokio::test]
async fn an_answer_is_known_until_facts_or_the_snapshot_change() {
    let served = made().serve().await;
    let asking = served.anybody();
    let path = format!("{AHT}?{BOTH}&by=department");
    let ask = async |tag: &str| {
        let request = asking.request(reqwest::Method::GET, &path);
        answer(request.header("if-none-match", tag)).await
    };
    let first = asking.get(&path).await;
    let tag = first.header("etag").to_owned();
    assert!(first.headers.get("last-modified").is_none());
    let again = ask(&tag).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    assert_eq!(again.header("etag"), tag);
    let facts = served.facts();
    keep(&facts, FactKind::HandleTime, date(2023, 11, 16), vec![]);
    assert_eq!(ask(&tag).await.status, 304, "that day is not in question");
    keep(
        &facts,
        FactKind::HandleTime,
        SECOND,
        vec![fact(SECOND, Some(2), 9, 9_000)],
    );
    let changed = ask(&tag).await;
    assert_eq!(changed.status, 200);
    let tag = changed.header("etag").to_owned();
    assert_eq!(ask(&tag).await.status, 304);
    publish(&*served.store, &org()[..3], BEGIN_MS + 1_000);
    let newer = asking
        .get_until(&path, |answer| answer.json()["snapshot"]["id"] == 2)
        .await;
    assert_ne!(newer.header("etag"), tag);
}

#[tokio::test]
async fn a_report_that_takes_too_long_is_given_up_and_holds_up_nobody() {
    let served = made()
        .serve_with(|settings| settings.bounds.answer_time = Duration::from_millis(200))
        .await;
    // Whoever opens it waits until somebody writes.
    let pipe = served
        .facts()
        .folder()
        .unwrap()
        .join("handle_time/2023-11-15.parquet");
    std::fs::remove_file(&pipe).unwrap();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let asking = served.anybody();
    let path = format!("{AHT}?{BOTH}");
    for _ in 0..3 {
        let slow = asking.get(&path).await;
        assert_eq!(slow.refusal(), (504, "request.timeout".to_owned()));
    }
    assert_eq!(asking.get("/api/v2/users").await.status, 200);
    let tree = format!("/headcount/v1/managers/{}/tree", uuid(0));
    assert_eq!(asking.get(&tree).await.status, 200);
    let write = || std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    drop(write());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_adds_up_what_is_asked() {
    let both = tokio::task::spawn_blocking(|| {
        let made = filled(Made::in_database());
        let made = made.token("some", |token| {
            token.grant.divisions = Some(vec!["north".into()])
        });
        (made.again(), made)
    });
    let (local, pushed) = both.await.unwrap();
    let local = local.serve().await;
    let pushed = pushed
        .serve_with(|settings| settings.reports.engine = Engine::Store)
        .await;
    for by in ["department", "division,day", "manager", "user", "level1"] {
        let path = format!("{AHT}?{BOTH}&by={by}");
        let told = [&local, &pushed].map(|served| served.holder("some"));
        let (local, pushed) = (told[0].get(&path).await, told[1].get(&path).await);
        assert_eq!((local.status, &local.text), (200, &pushed.text), "{by}");
        assert!(local.json()["total"]["count"].as_i64() > Some(0), "{by}");
        // Whoever has the answer of one has that of the other.
        assert_eq!(local.headers["etag"], pushed.headers["etag"], "{by}");
    }
}
