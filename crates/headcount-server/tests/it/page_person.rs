//! The view of one person: what is told of them, and to whom.

use headcount_core::fact::{Fact, FactKind};
use headcount_store::facts::{Day, Source};
use jiff::civil::{Date, date};
use regex::Regex;
use serde_json::{Value, json};

use crate::served::{Answer, Asking, BEGIN_MS, Made, answer, publish, uuid};

const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

fn person(number: usize, more: &Value) -> String {
    let mut person = json!({
        "id": uuid(number), "name": format!("Person {number:03}"), "state": "active",
        "email": format!("p{number}@example.com"), "username": format!("p{number}@example.com"),
        "department": "Sales", "title": "Agent",
        "division": {"id": "north", "name": "North"},
    });
    for (name, value) in more.as_object().unwrap() {
        person[name] = value.clone();
    }
    person.to_string()
}

fn path(number: usize) -> String {
    format!("/people/{}", uuid(number))
}

async fn page(asking: &Asking, path: &str) -> String {
    let answer = asking.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    assert!(answer.text.len() < 100_000, "{path}: {}", answer.text.len());
    answer.text
}

async fn part(asking: &Asking, path: &str) -> Answer {
    let request = asking.request(reqwest::Method::GET, path);
    answer(request.header("x-headcount-part", "1")).await
}

/// The section whose heading has this id, without markup: texts with a space between them.
fn section(html: &str, heading: &str) -> String {
    let from = html.find(&format!("id=\"{heading}\"")).unwrap();
    let part = &html[from..];
    let part = &part[part.find('>').unwrap() + 1..part.find("</section>").unwrap()];
    let markup = Regex::new("<[^>]*>|\\s+").unwrap();
    let text = markup.replace_all(part, " ");
    let text = text
        .replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#38;", "&");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn everything_of_a_document_is_told() {
    let org = [
        person(0xa, &json!({"name": "Ann <b>"})),
        person(
            1,
            &json!({
                "name": "Bob", "manager": {"id": uuid(0xa)}, "version": 12,
                "addresses": [{"address": "+49 1", "type": "WORK"}, {"address": "bob@example.com"}],
                "images": [{"imageUri": "https://example.com/bob.jpg"}],
                "employerInfo": {"dateHire": "2020-02-29"}, "unknown": {"kept": [1, true]},
                "biography": {"biography": "long ".repeat(900)}, "nothing": null, "empty": [],
            }),
        ),
    ];
    let served = Made::new().publish(&org, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let html = page(&asking, &path(1)).await;
    assert!(html.contains("<title>Bob · org · headcount</title>"));
    assert!(
        html.contains("<h1><bdi>Bob</bdi></h1>")
            && html.contains("<bdi class=\"tag active\">active</bdi>")
    );
    for href in [
        "/people?department=Sales",
        "/people?division=North",
        &path(0xa),
        &format!("/tree?top={}", uuid(1)),
    ] {
        assert!(html.contains(&format!("href=\"{href}\"")), "{href}");
    }
    let told = section(&html, "h-all");
    for text in [
        "addresses address: +49 1, type: WORK address: bob@example.com",
        "employerInfo.dateHire 29 Feb 2020",
        "images imageUri: https://example.com/bob.jpg",
        "manager.id Ann <b>",
        "unknown.kept 1 yes",
        "version 12",
        &"long ".repeat(900),
    ] {
        assert!(told.contains(text.trim()), "{text}: {told}");
    }
    assert!(!told.contains("nothing null") || told.contains("\"nothing\": null"));
    assert!(told.contains("As it came { \"addresses\": [ { \"address\": \"+49 1\""));
    assert!(!html.contains("<img src=\"https") && !html.contains("<b>"));
    let json = asking.get(&format!("/api/v2/users/{}", uuid(1))).await;
    assert_eq!(json.status, 200);
    assert!(html.contains(&format!("<a href=\"/api/v2/users/{}\">JSON</a>", uuid(1))));
    // An id is the same in any case.
    let upper = format!("/people/{}", uuid(0xa).to_uppercase());
    assert!(
        page(&asking, &upper)
            .await
            .contains("<h1><bdi>Ann &#60;b&#62;</bdi></h1>")
    );
    for unknown in [
        path(77),
        "/people/x".to_owned(),
        "/people/%3Cscript%3E".to_owned(),
    ] {
        let missing = asking.get(&unknown).await;
        assert_eq!(missing.status, 404);
        assert!(missing.text.contains("<h1>Not found</h1>"));
    }
}

#[tokio::test]
async fn managers_are_above_and_reports_below() {
    let mut org: Vec<String> = [None, Some(0), Some(1)]
        .into_iter()
        .enumerate()
        .map(|(number, manager): (usize, Option<usize>)| {
            person(
                number,
                &json!({"manager": manager.map(|manager| json!({"id": uuid(manager)}))}),
            )
        })
        .collect();
    org.extend((100..230).map(|number| {
        let state = if number == 100 { "inactive" } else { "active" };
        person(number, &json!({"manager": {"id": uuid(2)}, "state": state}))
    }));
    org.push(person(400, &json!({"manager": {"id": uuid(100)}})));
    org.push(person(500, &json!({"manager": {"id": uuid(999)}})));
    org.push(person(501, &json!({"manager": {"id": uuid(501)}})));
    let served = Made::new().publish(&org, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let html = page(&asking, &path(2)).await;
    assert_eq!(
        section(&html, "h-above"),
        "Managers Person 000 Agent Person 001 Agent Person 002"
    );
    let below = section(&html, "h-below");
    assert!(
        below.starts_with("Reports All 130 130 directly, 131 with those below them."),
        "{below}"
    );
    assert!(below.contains("Person 100 Agent 1 Person 101 Agent – Person 102"));
    assert!(below.ends_with("The first 100 are shown; all 130 are in the table of people."));
    let all = format!("/people?manager={}&#38;state=any", uuid(2));
    assert!(html.contains(&all));
    let table = page(&asking, &all.replace("&#38;", "&")).await;
    assert!(table.contains("1–50 of 130"));

    assert_eq!(
        section(&page(&asking, &path(500)).await, "h-above"),
        format!("Managers The manager {} is not in this roster.", uuid(999))
    );
    // Somebody who is their own manager has nobody above.
    assert_eq!(
        section(&page(&asking, &path(501)).await, "h-above"),
        "Managers Nobody is above."
    );
    assert_eq!(
        section(&page(&asking, &path(400)).await, "h-above"),
        "Managers Person 000 Agent Person 001 Agent Person 002 Agent Person 100 Agent Person 400"
    );
}

/// Bob over four days: there, moved to the south, gone, and back in the north.
async fn lived() -> crate::served::Served {
    let ann = || person(0, &json!({"name": "Ann"}));
    let bob = |more: Value| {
        let mut all = json!({"name": "Bob"});
        all.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        person(1, &all)
    };
    let snapshots = [
        vec![
            ann(),
            bob(json!({"title": "<i>Agent"})),
            person(2, &json!({"name": "Cid"})),
        ],
        vec![
            ann(),
            bob(json!({"title": "Lead", "manager": {"id": uuid(0)}})),
        ],
        vec![
            ann(),
            bob(json!({"title": "Secret", "division": {"id": "south", "name": "South"}})),
        ],
        vec![ann()],
        vec![ann(), bob(json!({"title": "Lead"}))],
    ];
    let made = Made::new().token("north", |token| {
        token.grant.divisions = Some(vec!["north".to_owned()])
    });
    let made = made.token("all", |_| {});
    for (day, documents) in (0..).zip(&snapshots) {
        publish(&*made.store, documents, BEGIN_MS + day * DAY);
    }
    let served = made.serve().await;
    served.at(BEGIN_MS + 4 * DAY + HOUR);
    served
}

#[tokio::test]
async fn a_life_is_told_from_its_beginning() {
    let served = lived().await;
    let html = page(&served.holder("all"), &path(1)).await;
    assert_eq!(
        section(&html, "h-life"),
        "What happened 14 Nov 2023, 22:13 joined there at the first snapshot \
         15 Nov 2023, 22:13 changed manager.id nothing Ann title <i>Agent Lead \
         16 Nov 2023, 22:13 changed division.id north south division.name North South \
         manager.id Ann nothing title Lead Secret \
         17 Nov 2023, 22:13 left \
         18 Nov 2023, 22:13 returned division.id south north division.name South North title Secret Lead \
         Times are in UTC: those of the snapshots that saw it."
    );
    assert!(html.contains("<del><bdi>&#60;i&#62;Agent</bdi></del><ins><bdi>Lead</bdi></ins>"));
    assert!(html.contains(&format!(
        "<ins><a href=\"{}\"><bdi>Ann</bdi></a></ins>",
        path(0)
    )));
    assert!(html.contains("<time datetime=\"2023-11-14T22:13:20Z\">"));
}

#[tokio::test]
async fn what_happened_out_of_sight_is_not_told() {
    let served = lived().await;
    let north = served.holder("north");
    let html = page(&north, &path(1)).await;
    assert!(
        !html.contains("Secret") && !html.contains("South"),
        "{html}"
    );
    let life = section(&html, "h-life");
    assert!(
        life.contains(
            "16 Nov 2023, 22:13 left 18 Nov 2023, 22:13 returned manager.id Ann nothing Times"
        ),
        "{life}"
    );
    // Of a time at which Bob was in the south.
    let missing = north
        .get(&format!("{}?asOf=2023-11-16T23:00:00Z", path(1)))
        .await;
    assert_eq!(missing.status, 404);
    assert_eq!(
        part(&north, &format!("{}?asOf=2023-11-16T23:00:00Z", path(1)))
            .await
            .status,
        404
    );
    // Who left is known no more to somebody who sees a part.
    assert_eq!(north.get(&path(2)).await.status, 404);
    let gone = page(&served.holder("all"), &path(2)).await;
    assert!(gone.contains("Not in the org since 15 Nov 2023, 22:13 UTC."));
    assert!(section(&gone, "h-all").contains("name Cid") && !gone.contains("id=\"numbers\""));
}

#[tokio::test]
async fn the_past_of_a_person_knows_no_future() {
    let served = lived().await;
    let asking = served.holder("all");
    let html = page(&asking, &format!("{}?asOf=2023-11-15T23:00:00Z", path(1))).await;
    assert!(section(&html, "h-life").ends_with(
        "15 Nov 2023, 22:13 changed manager.id nothing Ann title <i>Agent Lead \
         Times are in UTC: those of the snapshots that saw it."
    ));
    assert!(html.contains(&format!(
        "/people/{}?asOf=2023-11-15T23%3A00%3A00Z",
        uuid(0)
    )));
    assert_eq!(
        section(&html, "h-findings"),
        "Findings Findings are about the present."
    );
    // After Bob left.
    let html = page(&asking, &format!("{}?asOf=2023-11-17T23:00:00Z", path(1))).await;
    assert!(html.contains("Not in the org since 17 Nov 2023, 22:13 UTC."));
    assert!(section(&html, "h-life").contains("17 Nov 2023, 22:13 left"));
    assert!(!html.contains("returned"));
    for wrong in ["asOf=x", "before=x"] {
        assert_eq!(
            asking.get(&format!("{}?{wrong}", path(1))).await.status,
            400
        );
    }
}

#[tokio::test]
async fn a_long_life_is_told_in_parts() {
    let made = Made::new();
    for version in 0..160_i64 {
        let title = format!("Title {version} {}", "\"".repeat(300));
        publish(
            &*made.store,
            &[person(1, &json!({"title": title}))],
            BEGIN_MS + version * HOUR,
        );
    }
    let served = made.serve().await;
    served.at(BEGIN_MS + 160 * HOUR);
    let asking = served.anybody();
    let (mut next, mut seen) = (Some(path(1)), Vec::new());
    let title = Regex::new("Title ([0-9]+) \"").unwrap();
    let earlier = Regex::new(r#"<a href="([^"]*)#h-life">[0-9]+ earlier<"#).unwrap();
    while let Some(path) = next {
        let html = page(&asking, &path).await;
        let life = section(&html, "h-life");
        let told = title.captures_iter(&life);
        let told: Vec<i64> = told.map(|found| found[1].parse().unwrap()).collect();
        assert!(!told.is_empty(), "{life}");
        seen.push((told[0], told[told.len() - 1]));
        next = earlier
            .captures(&html)
            .map(|found| found[1].replace("&#38;", "&"));
    }
    assert!(seen.len() > 2, "{seen:?}");
    assert_eq!((seen[0].1, seen.last().unwrap().0), (159, 0));
    // Each part begins where the one before ends.
    for pair in seen.windows(2) {
        assert_eq!(pair[1].1, pair[0].0, "{seen:?}");
    }
}

#[tokio::test]
async fn findings_about_a_person_lead_to_their_rules() {
    let org = [
        person(1, &json!({"manager": {"id": uuid(1)}, "department": null})),
        person(2, &json!({})),
    ];
    let served = Made::new().publish(&org, BEGIN_MS).serve().await;
    let html = page(&served.anybody(), &path(1)).await;
    let found = section(&html, "h-findings");
    assert!(
        found.contains("manager-of-self") && found.contains("no-department"),
        "{found}"
    );
    assert!(html.contains("<a href=\"/findings?rule=no-department\">no-department</a>"));
    let other = section(&page(&served.anybody(), &path(2)).await, "h-findings");
    assert!(!other.contains("manager-of-self"), "{other}");
}

fn day(date: Date) -> Day {
    Day {
        date,
        time_zone: "UTC".to_owned(),
        granularity: Some("P1D".to_owned()),
        source: Source::Pull,
    }
}

fn fact(date: Date, user: usize, measures: &[i64]) -> Fact {
    let (start_ms, end_ms) = day(date).bounds().unwrap();
    let mut fact = Fact {
        start_ms,
        end_ms,
        user_id: Some(uuid(user).to_uppercase()),
        media_type: Some("voice".to_owned()),
        ..Fact::default()
    };
    for (place, measure) in measures.iter().enumerate() {
        fact.measures[place] = Some(*measure);
    }
    fact
}

#[tokio::test]
async fn numbers_come_after_the_view_and_are_kept() {
    let made = Made::new().publish(&[person(0xa, &json!({})), person(2, &json!({}))], BEGIN_MS);
    let facts = made.facts();
    // 2023-11-13 is a Monday.
    for (date, count) in [
        (date(2023, 11, 6), 2),
        (date(2023, 11, 12), 1),
        (date(2023, 11, 13), 4),
    ] {
        let of_date = vec![
            fact(date, 0xa, &[count, count * 100_000]),
            fact(date, 2, &[50, 1]),
        ];
        facts
            .replace(FactKind::HandleTime, day(date), of_date)
            .unwrap();
    }
    let served = made.serve().await;
    let asking = served.anybody();
    let html = page(&asking, &path(0xa)).await;
    assert!(html.contains("id=\"numbers\" aria-labelledby=\"h-numbers\" data-watch="));
    let told = part(&asking, &path(0xa)).await;
    assert_eq!(told.status, 200);
    assert!(
        !told.text.contains("data-watch") && !told.text.contains("<html"),
        "no end of asking"
    );
    let expected = "Week from Handled Average handle time Evaluations Average score \
        13 Nov 2023 4 1:40 – – 6 Nov 2023 3 1:40 – – 30 Oct 2023 – – – –";
    assert!(
        section(&told.text, "h-numbers").contains(expected),
        "{}",
        told.text
    );
    assert!(told.text.contains("<svg class=\"chart\"") && told.text.contains("<polyline"));
    assert!(told.text.contains("No facts are kept of these weeks. <code>headcount facts pull --from 2023-08-21 --to 2023-11-13</code>"));
    // Now they are known.
    let html = page(&asking, &path(0xa)).await;
    assert!(section(&html, "h-numbers").contains(expected) && !html.contains("data-watch"));

    // New facts are other numbers.
    let more = vec![fact(date(2023, 11, 15), 0xa, &[4, 800_000])];
    served
        .facts()
        .replace(FactKind::HandleTime, day(date(2023, 11, 15)), more)
        .unwrap();
    let scores = vec![fact(date(2023, 11, 15), 0xa, &[2, 2, 171_000_000])];
    served
        .facts()
        .replace(FactKind::Evaluation, day(date(2023, 11, 15)), scores)
        .unwrap();
    served.at(BEGIN_MS + 3 * DAY);
    assert!(page(&asking, &path(0xa)).await.contains("data-watch"));
    // Without a script they stand in a view of their own.
    let whole = page(&asking, &format!("{}?numbers=all", path(0xa))).await;
    assert!(
        section(&whole, "h-numbers").contains("13 Nov 2023 8 2:30 2 85.5 6 Nov 2023"),
        "{}",
        section(&whole, "h-numbers")
    );
    let other = part(&asking, &path(2)).await;
    assert!(section(&other.text, "h-numbers").contains("13 Nov 2023 50 0:00 – –"));
    // As of a day before.
    let before = part(&asking, &format!("{}?asOf=2023-11-14", path(0xa))).await;
    assert!(!before.text.contains("85.5"), "{}", before.text);
    assert_eq!(part(&asking, &path(77)).await.status, 404);
}

#[tokio::test]
async fn numbers_are_of_the_time_in_sight() {
    let south = json!({"division": {"id": "south", "name": "South"}});
    let made = Made::new()
        .token("north", |token| {
            token.grant.divisions = Some(vec!["north".to_owned()])
        })
        .publish(&[person(1, &south)], BEGIN_MS - 8 * DAY)
        .publish(&[person(1, &json!({}))], BEGIN_MS - DAY);
    for (date, count) in [(date(2023, 11, 7), 9), (date(2023, 11, 14), 4)] {
        let of_date = vec![fact(date, 1, &[count, count * 1_000])];
        made.facts()
            .replace(FactKind::HandleTime, day(date), of_date)
            .unwrap();
    }
    let served = made.serve().await;
    served.at(BEGIN_MS + DAY);
    let told = part(&served.holder("north"), &path(1)).await;
    let told = section(&told.text, "h-numbers");
    assert!(
        told.contains("13 Nov 2023 4 0:01 – – 6 Nov 2023 – – – –"),
        "{told}"
    );
}

#[tokio::test]
async fn somebody_hostile_breaks_nothing() {
    let hostile = "<script>alert('x')</script>\"\u{202e}👩‍🚀 ".repeat(150);
    let mut document = json!({"name": hostile, "title": hostile, "department": hostile, "state": hostile,
        "email": hostile, "username": hostile, "division": {"id": "d", "name": hostile}, "manager": {"id": uuid(1)}});
    document[&hostile] = json!([{ &hostile: hostile }]);
    let mut org = vec![person(1, &document)];
    org.extend((2..150).map(|number| {
        person(
            number,
            &json!({"name": hostile, "title": hostile, "manager": {"id": uuid(1)}}),
        )
    }));
    let made = Made::new().publish(&org, BEGIN_MS - HOUR);
    org[0] = person(
        1,
        &json!({"name": format!("{hostile}2"), "title": hostile, "addresses": [hostile]}),
    );
    let served = made.publish(&org, BEGIN_MS).serve().await;
    for asof in ["", "?asOf=2023-11-14T22:00:00Z"] {
        let html = page(&served.anybody(), &format!("{}{asof}", path(1))).await;
        assert!(!html.contains("<script>alert") && html.contains("&#60;script&#62;alert"));
        assert!(html.matches("<script").count() == 1 && !html.contains(" style="));
    }
}
