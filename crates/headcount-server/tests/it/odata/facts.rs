//! Facts: the numbers of the reports, whoever adds them up.

use headcount_core::{
    fact::{Fact, FactKind},
    segment::{Attribute, Attribution, Period},
};
use headcount_store::{
    KeptDays, KeptQuestion,
    facts::{Day, FactStore, Source},
};
use jiff::civil::{Date, Weekday, date};
use serde_json::{Value, json};

use super::{ask, follow, rows};
use crate::served::{BEGIN_MS, Made, ORG, Served, publish, uuid};

const DAYS: [Date; 3] = [date(2023, 11, 14), date(2023, 11, 15), date(2023, 11, 16)];

fn day(date: Date) -> Day {
    Day {
        date,
        time_zone: "UTC".to_owned(),
        granularity: Some("P1D".to_owned()),
        source: Source::Pull,
    }
}

fn person(number: usize, department: &str) -> String {
    json!({"id": uuid(number), "name": format!("P{number}"), "state": "active", "department": department,
        "division": {"id": if number.is_multiple_of(2) { "n" } else { "s" }, "name": "D"},
        "manager": {"id": uuid(0)}})
    .to_string()
}

/// Facts of ten people on a day, of somebody unknown, and of nobody.
fn facts(date: Date, media: &str) -> Vec<Fact> {
    let (start_ms, end_ms) = day(date).bounds().unwrap();
    let fact = |number: i64, user_id: Option<String>| {
        let mut fact = Fact {
            start_ms,
            end_ms,
            user_id,
            media_type: Some(media.to_owned()),
            ..Fact::default()
        };
        fact.measures[0] = Some(number + 1);
        fact.measures[1] = (number % 4 != 3).then_some(1_000_000_007 * (number + 1));
        fact
    };
    let known = (0..10).map(|number| fact(number, Some(uuid(number as usize))));
    known
        .chain([fact(20, Some(uuid(99))), fact(30, None)])
        .collect()
}

fn keep(store: &FactStore, kind: FactKind, date: Date, media: &[&str]) {
    let all = media.iter().flat_map(|media| facts(date, media)).collect();
    store.replace(kind, day(date), all).unwrap();
}

/// Ten people, of whom half change departments on the second day, and three days of facts.
fn made() -> Made {
    let made = Made::new();
    let first: Vec<String> = (0..10)
        .map(|number| person(number, ["Sales", "Support"][number % 2]))
        .collect();
    let made = made.publish(&first, BEGIN_MS);
    let second: Vec<String> = (0..10)
        .map(|number| person(number, ["Care", "Support"][number % 2]))
        .collect();
    let made = made.publish(&second, BEGIN_MS + 86_400_000);
    for date in DAYS {
        keep(
            &made.facts(),
            FactKind::HandleTime,
            date,
            &["voice", "message"],
        );
        keep(&made.facts(), FactKind::Evaluation, date, &["voice"]);
    }
    made
}

/// Label, count and sum of each row of a report.
fn report(
    served: &Served,
    kind: FactKind,
    by: &str,
    divisions: Option<&str>,
) -> Vec<(String, i64, Option<i64>)> {
    let (by, _) = Attribute::parse_all(&[by]).unwrap();
    let asked = KeptQuestion {
        kind,
        by,
        matcher: None,
        under: None,
        attribution: Attribution::Event,
        divisions: divisions.map(|id| vec![id.to_owned()]),
        period: Period {
            from: DAYS[0],
            to: DAYS[2],
        },
        timezone: None,
        week_start: Weekday::Monday,
        allow_missing: false,
    };
    let days = KeptDays::find(Some(&served.facts()), &asked).unwrap();
    let (table, _) = days
        .report(
            &*served.store,
            ORG,
            headcount_store::Engine::Local,
            1,
            &|| true,
        )
        .unwrap();
    let rows = table.rows.iter().map(|row| {
        let label = match row.values[0].as_str() {
            "(none)" | "(unrostered)" => "null".to_owned(),
            label => label.to_owned(),
        };
        (
            label,
            row.totals.sum(0).unwrap_or_default(),
            row.totals.sum(1),
        )
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort();
    rows
}

fn label(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[tokio::test]
async fn groups_are_the_segments_of_the_report() {
    let made = made().token("all", |_| {}).token("north", |token| {
        token.grant.divisions = Some(vec!["n".to_owned()])
    });
    let served = made.serve().await;
    for (holder, divisions) in [("all", None), ("north", Some("n"))] {
        let asking = served.holder(holder);
        for (by, property) in [
            ("department", "Department"),
            ("state", "State"),
            ("division.id", "DivisionId"),
            ("manager", "ManagerName"),
            ("mediaType", "MediaType"),
            ("day", "Date"),
        ] {
            let path = format!(
                "/HandleTime?$apply=groupby(({property}),aggregate(HandleCount with sum as N,HandleSumMs with sum as Ms))"
            );
            let told = rows(&asking, &path).await;
            let mut told: Vec<_> = told
                .iter()
                .map(|row| {
                    (
                        label(&row[property]),
                        row["N"].as_i64().unwrap(),
                        row["Ms"].as_i64(),
                    )
                })
                .collect();
            told.sort();
            let wanted = report(&served, FactKind::HandleTime, by, divisions);
            // The manager of someone out of sight is nobody's name.
            if (by, divisions) != ("manager", Some("n")) {
                assert_eq!(told, wanted, "{by} {holder}");
            }
            assert_eq!(
                told.iter().map(|row| row.1).sum::<i64>(),
                wanted.iter().map(|row| row.1).sum::<i64>()
            );
        }
    }
}

#[tokio::test]
async fn facts_are_told_with_the_version_that_they_belong_to() {
    let served = made().serve().await;
    let asking = served.anybody();
    let one = rows(
        &asking,
        &format!(
            "/HandleTime?$filter=UserId eq '{}' and MediaType eq 'voice'",
            uuid(2)
        ),
    )
    .await;
    assert_eq!(
        one[0],
        json!({
            "Id": one[0]["Id"], "Date": "2023-11-14",
            "IntervalStart": "2023-11-14T00:00:00Z", "IntervalEnd": "2023-11-15T00:00:00Z",
            "UserId": uuid(2), "UserVersionKey": format!("{}@{BEGIN_MS}", uuid(2)), "MediaType": "voice",
            "UserName": "P2", "State": "active", "Department": "Sales", "Title": null,
            "DivisionId": "n", "DivisionName": "D", "ManagerId": uuid(0), "ManagerName": "P0",
            "HandleCount": 3, "HandleSumMs": 3_000_000_021_i64,
            "TalkCount": null, "TalkSumMs": null, "HeldCount": null, "HeldSumMs": null,
            "AcwCount": null, "AcwSumMs": null, "AnsweredCount": null, "TransferredCount": null,
            "OutboundCount": null,
        })
    );
    let departments: Vec<&Value> = one.iter().map(|row| &row["Department"]).collect();
    assert_eq!(
        departments,
        [&json!("Sales"), &json!("Sales"), &json!("Care")]
    );
    let versions = rows(&asking, "/UserVersions?$select=UserVersionKey").await;
    for row in rows(&asking, "/HandleTime").await {
        let key = &row["UserVersionKey"];
        let known = versions
            .iter()
            .any(|version| version["UserVersionKey"] == *key);
        assert!(
            known || row["Department"].is_null() && key.is_null(),
            "{row}"
        );
    }
    let by_id = ask(
        &asking,
        &format!("/HandleTime('{}')", one[1]["Id"].as_str().unwrap()),
    )
    .await;
    assert_eq!(by_id.json()["Date"], "2023-11-15");
    assert_eq!(
        ask(&asking, "/HandleTime('2023-11-14.999')").await.status,
        404
    );
    let scores = "/Evaluations?$apply=aggregate(ScoreSum with sum as Points,ScoreCount with average as Mean,UserId with countdistinct as Users)";
    let told = rows(&asking, scores).await;
    assert_eq!(told[0]["Users"], 11);
    assert_eq!(
        told[0]["Mean"],
        json!(3_000_000_021.0 * 0.0 + mean_of_counts())
    );
}

/// The second measure of evaluations, which three of four people have.
fn mean_of_counts() -> f64 {
    let told: Vec<i64> = (0..10)
        .chain([20, 30])
        .filter(|number| number % 4 != 3)
        .map(|number| 1_000_000_007 * (number + 1))
        .collect();
    #[expect(clippy::cast_precision_loss, reason = "an average is a fraction")]
    let mean = told.iter().sum::<i64>() as f64 / told.len() as f64;
    mean
}

#[tokio::test]
async fn pages_of_facts_show_each_once() {
    let served = made().serve().await;
    let asking = served.anybody();
    let url = served.url();
    for (path, size, wanted) in [
        ("/HandleTime", 7, 72),
        ("/HandleTime?$top=30&$skip=25&$count=true", 9, 30),
        (
            "/HandleTime?$filter=HandleCount%20gt%205&$orderby=HandleCount%20desc",
            10,
            42,
        ),
        (
            "/HandleTime?$filter=IntervalStart%20ge%202023-11-15T00:00:00Z%20and%20IntervalStart%20lt%202023-11-16T00:00:00Z",
            10,
            24,
        ),
        ("/HandleTime?$apply=filter(Department%20eq%20'Care')", 2, 10),
    ] {
        let found = follow(&asking, &url, path, size, |_| {}).await;
        let mut ids: Vec<String> = super::texts(&found, "Id");
        ids.sort();
        ids.dedup();
        assert_eq!((ids.len(), found.len()), (wanted, wanted), "{path}");
    }
    let grouped = "/HandleTime?$apply=groupby((UserId,Date))";
    assert_eq!(follow(&asking, &url, grouped, 5, |_| {}).await.len(), 36);
    assert_eq!(ask(&asking, "/HandleTime/$count").await.text, "72");
    assert_eq!(
        ask(&asking, "/HandleTime/$count?$filter=MediaType eq 'voice'")
            .await
            .text,
        "36"
    );
    let counted = ask(&asking, "/HandleTime?$count=true&$top=1").await.json();
    assert_eq!(counted["@odata.count"], 72);
}

#[tokio::test]
async fn facts_that_are_replaced_while_they_are_read_are_told() {
    let served = made().serve().await;
    let asking = served.anybody();
    for path in [
        "/odata/v4/HandleTime",
        "/odata/v4/HandleTime?$orderby=HandleCount",
        "/odata/v4/HandleTime?$apply=groupby((UserId))",
    ] {
        keep(
            &served.facts(),
            FactKind::HandleTime,
            DAYS[0],
            &["voice", "message"],
        );
        let request = asking.request(reqwest::Method::GET, path);
        let first = crate::served::answer(request.header("prefer", "odata.maxpagesize=5")).await;
        let next = first.json()["@odata.nextLink"].as_str().unwrap().to_owned();
        keep(&served.facts(), FactKind::HandleTime, DAYS[0], &["voice"]);
        let gone = asking.get(next.strip_prefix(&served.url()).unwrap()).await;
        assert_eq!(gone.status, 410, "{path}: {}", gone.text);
        let again = asking.get(path).await;
        assert_ne!(again.header("etag"), first.header("etag"), "{path}");
    }
}

#[tokio::test]
async fn a_snapshot_that_comes_later_moves_no_fact_of_a_read() {
    let served = made().serve().await;
    let asking = served.anybody();
    let path = "/HandleTime?$filter=Department%20eq%20'Care'";
    let before = rows(&asking, path).await;
    let store = served.store.clone();
    let third: Vec<String> = (0..10).map(|number| person(number, "Late")).collect();
    let found = follow(&asking, &served.url(), path, 3, |page| {
        if page == 1 {
            publish(&*store, &third, BEGIN_MS + 2 * 86_400_000);
        }
    })
    .await;
    assert_eq!(found, before);
}
