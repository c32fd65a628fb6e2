//! The view of changes: day by day, from what to what, and as far as somebody sees.

use headcount_server::Reports;
use serde_json::{Value, json};

use crate::served::{Answer, BEGIN_MS, Made, publish, uuid};

const DAY_MS: i64 = 86_400_000;
const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}";

fn person(number: usize, change: Value) -> String {
    let mut person = json!({
        "id": uuid(number), "name": format!("Person {number}"), "state": "active",
        "department": "Sales", "title": "Agent",
        "division": {"id": "north", "name": "North"},
        "manager": {"id": uuid(0)},
    });
    for (name, value) in change.as_object().unwrap() {
        person[name] = value.clone();
    }
    person.to_string()
}

fn usual(number: usize) -> String {
    person(number, json!({}))
}

/// Day 0: 0 to 4 are there. Day 1: 1 moves to Support under 2, 5 joins. Day 2: 2 is renamed, 3 is
/// gone, 4 is deleted. Day 3: 3 is back in the south, 5 has moved there.
fn lived() -> Made {
    let moved = || {
        person(
            1,
            json!({"department": "Support", "manager": {"id": uuid(2)}}),
        )
    };
    let renamed = || person(2, json!({"name": "Renamed"}));
    let deleted = || person(4, json!({"state": "deleted"}));
    let south = |number| {
        person(
            number,
            json!({"division": {"id": "south", "name": "South"}}),
        )
    };
    let days = [
        (0..5).map(usual).collect::<Vec<_>>(),
        vec![usual(0), moved(), usual(2), usual(3), usual(4), usual(5)],
        vec![usual(0), moved(), renamed(), deleted(), usual(5)],
        vec![usual(0), moved(), renamed(), south(3), deleted(), south(5)],
    ];
    let made = Made::new();
    for (day, users) in days.iter().enumerate() {
        publish(&*made.store, users, BEGIN_MS + day as i64 * DAY_MS);
    }
    made
}

/// The moves that are listed: kind, name and fields, without their markup.
fn moves(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let items = answer.text.split("<ul class=\"moves\">").skip(1);
    let items = items.flat_map(|list| list.split("<span class=\"tag ").skip(1));
    items
        .map(|item| {
            let item = item.split_once("\">").unwrap().1;
            let item = item.split("</section>").next().unwrap();
            let item = match item.split_once("<time") {
                Some((before, after)) => {
                    format!("{before}:{}", after.split_once("</time>").unwrap().1)
                }
                None => item.to_owned(),
            };
            let item = item.replace("</del>", " > ");
            let mut is_markup = false;
            let text = item.chars().filter(|c| {
                let is_end = is_markup && *c == '>';
                is_markup = *c == '<' || (is_markup && !is_end);
                !is_markup && !is_end
            });
            let text: String = text.collect();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect()
}

#[tokio::test]
async fn days_tell_who_came_moved_and_went_and_from_what_to_what() {
    let served = lived().serve().await;
    let all = served.anybody().get("/changes").await;
    assert_eq!(
        moves(&all),
        [
            "returned Person 3 : division North > South",
            "moved Person 5 : division North > South",
            "changed Renamed : name Person 2 > Renamed",
            "left Person 3 : department Sales title Agent division North manager Person 0",
            "left Person 4 : state active > deleted",
            "joined Person 5 : department Sales title Agent division North manager Person 0",
            "moved Person 1 : department Sales > Support manager Person 0 > Renamed",
        ]
    );
    for words in [
        ">17 Nov 2023</a> <span class=\"none\">1 returned, 1 moved</span>",
        ">16 Nov 2023</a> <span class=\"none\">1 changed, 2 left</span>",
        ">15 Nov 2023</a> <span class=\"none\">1 joined, 1 moved</span>",
        "joined or returned <span class=\"none\">2</span>",
        "Known since 14 Nov 2023",
        "7 changes",
        "<svg class=\"chart days\"",
        "aria-label=\"16 Nov: 1 changed, 2 left\"",
        "href=\"/changes?from=2023-11-16&#38;to=2023-11-16\"",
    ] {
        assert!(all.text.contains(words), "{words}: {}", all.text);
    }
    // Who is there has a view of now.
    assert!(all.text.contains(&format!("href=\"/people/{}\"", uuid(4))));
}

#[tokio::test]
async fn each_question_narrows_it() {
    let served = lived().serve().await;
    for (query, wanted) in [
        ("kind=joined", vec!["returned Person 3", "joined Person 5"]),
        ("kind=returned", vec!["returned Person 3"]),
        (
            "kind=left&kind=changed",
            vec!["changed Renamed", "left Person 3", "left Person 4"],
        ),
        (
            "kind=left,changed&q=PERSON",
            vec!["left Person 3", "left Person 4"],
        ),
        (
            "from=2023-11-17",
            vec!["returned Person 3", "moved Person 5"],
        ),
        ("to=2023-11-15", vec!["joined Person 5", "moved Person 1"]),
        (
            "from=2023-11-16&to=2023-11-16&kind=changed",
            vec!["changed Renamed"],
        ),
        ("department=support", vec!["moved Person 1"]),
        (
            "department=+SALES+&from=2023-11-15&to=2023-11-15",
            vec!["joined Person 5", "moved Person 1"],
        ),
        ("department=None", vec![]),
        ("q=nobody", vec![]),
        ("from=2023-11-17&to=2023-11-15", vec![]),
        ("from=2030-01-01", vec![]),
    ] {
        let told = served.anybody().get(&format!("/changes?{query}")).await;
        let told: Vec<String> = moves(&told)
            .iter()
            .map(|one| one.split(" :").next().unwrap().to_owned())
            .collect();
        assert_eq!(told, wanted, "{query}");
    }
    let kept = served
        .anybody()
        .get("/changes?kind=left&from=2023-11-16&department=Sales&q=per")
        .await;
    for words in [
        "value=\"left\" checked",
        "name=\"from\" value=\"2023-11-16\"",
        "name=\"department\" value=\"Sales\"",
        "name=\"q\" value=\"per\"",
        "href=\"/changes.csv?kind=left&#38;from=2023-11-16&#38;department=Sales&#38;q=per\"",
    ] {
        assert!(kept.text.contains(words), "{words}: {}", kept.text);
    }
    for query in ["kind=fired", "from=yesterday", "to=2023-02-30", "page=0"] {
        let refused = served.anybody().get(&format!("/changes?{query}")).await;
        assert_eq!(refused.status, 400, "{query}");
        assert!(
            refused.text.contains("<h1>That can&#39;t be shown</h1>"),
            "{}",
            refused.text
        );
    }
}

#[tokio::test]
async fn days_are_those_of_the_zone_of_reports() {
    // 22:13 in UTC is the next day in Riyadh.
    let served = lived()
        .serve_with(|settings| {
            settings.reports = Reports {
                timezone: Some("Asia/Riyadh".to_owned()),
                ..Reports::default()
            };
        })
        .await;
    let all = served.anybody().get("/changes").await;
    assert!(all.text.contains(">18 Nov 2023</a>") && !all.text.contains(">15 Nov 2023</a>"));
    let day = served
        .anybody()
        .get("/changes?from=2023-11-16&to=2023-11-16")
        .await;
    assert_eq!(moves(&day).len(), 2);
}

#[tokio::test]
async fn who_sees_a_part_sees_people_come_and_go() {
    let limited = |made: Made, division: &'static str| {
        made.token(division, move |token| {
            token.grant.divisions = Some(vec![division.to_owned()]);
        })
    };
    let served = limited(limited(lived(), "north"), "south").serve().await;
    let north = served.holder("north").get("/changes").await;
    assert_eq!(
        moves(&north),
        [
            "left Person 5 : department Sales title Agent division North manager Person 0",
            "changed Renamed : name Person 2 > Renamed",
            "left Person 3 : department Sales title Agent division North manager Person 0",
            "left Person 4 : state active > deleted",
            "joined Person 5 : department Sales title Agent division North manager Person 0",
            "moved Person 1 : department Sales > Support manager Person 0 > Renamed",
        ]
    );
    assert!(
        !north.text.contains("South") && !north.text.contains("south"),
        "{}",
        north.text
    );
    // Who is out of sight is shown as of the time at which they were not.
    let before = format!("href=\"/people/{}?asOf=2023-11-17T22:13:19.999Z\"", uuid(5));
    assert!(north.text.contains(&before), "{}", north.text);

    // A manager in the north is an id to the south.
    let south = served.holder("south").get("/changes").await;
    let manager = uuid(0);
    let joined = |number: usize| {
        format!(
            "joined Person {number} : department Sales title Agent division South manager {manager}"
        )
    };
    assert_eq!(moves(&south), [joined(3), joined(5)]);
    for hidden in ["North", "north", "Person 0", "Person 1", "Renamed"] {
        assert!(!south.text.contains(hidden), "{hidden}: {}", south.text);
    }
    let table = served.holder("south").get("/changes.csv").await;
    assert_eq!(table.text.lines().count(), 3, "{}", table.text);
    assert!(!table.text.contains("Person 1"));
}

#[tokio::test]
async fn all_that_is_asked_for_is_a_table_too() {
    let served = lived().serve().await;
    let table = served
        .anybody()
        .get("/changes.csv?kind=moved&kind=left")
        .await;
    assert_eq!(table.status, 200);
    assert!(table.header("content-type").starts_with("text/csv"));
    let lines: Vec<&str> = table.text.trim_start_matches('\u{feff}').lines().collect();
    let line = |at: &str, kind: &str, number: usize, rest: &str| {
        format!(
            "{at}T22:13:20Z,{kind},{},Person {number},{rest}",
            uuid(number)
        )
    };
    assert_eq!(
        lines,
        [
            "at,kind,user_id,name,department_before,department".to_owned(),
            line("2023-11-17", "moved", 5, "Sales,Sales"),
            line("2023-11-16", "left", 3, "Sales,"),
            line("2023-11-16", "left", 4, "Sales,"),
            line("2023-11-15", "moved", 1, "Sales,Support"),
        ]
    );
    let some = served
        .anybody()
        .get("/changes.csv?columns=name,kind&q=renamed")
        .await;
    assert!(
        some.text.ends_with("Renamed,changed\r\n") || some.text.ends_with("Renamed,changed\n"),
        "{}",
        some.text
    );
    assert_eq!(
        served.anybody().get("/changes.csv?kind=fired").await.status,
        400
    );
}

#[tokio::test]
async fn who_is_gone_keeps_a_name_and_a_view_of_then() {
    let made = Made::new().publish(&[usual(0), usual(1)], BEGIN_MS);
    publish(&*made.store, &[usual(0)], BEGIN_MS + DAY_MS);
    let served = made.serve().await;
    let told = served.anybody().get("/changes?q=person+1").await;
    assert_eq!(moves(&told).len(), 1, "{}", told.text);
    let href = format!("/people/{}?asOf=2023-11-15T22:13:19.999Z", uuid(1));
    assert!(
        told.text.contains(&format!("href=\"{href}\"")),
        "{}",
        told.text
    );
}

#[tokio::test]
async fn many_changes_come_in_pages() {
    let made = Made::new().publish(&[usual(0)], BEGIN_MS);
    let all: Vec<String> = (0..121).map(usual).collect();
    publish(&*made.store, &all[..71], BEGIN_MS + DAY_MS);
    publish(&*made.store, &all, BEGIN_MS + 2 * DAY_MS);
    let served = made.serve().await;
    let page = async |path: &str| served.anybody().get(path).await;
    let first = page("/changes").await;
    assert_eq!(moves(&first).len(), 50);
    assert!(
        first.text.contains("1 to 50 of 120") && first.text.contains("href=\"/changes?page=2\"")
    );
    assert!(first.text.contains("50 joined") && !first.text.contains(">15 Nov 2023</a>"));
    let second = page("/changes?page=2").await;
    // The number beside a day is of all that happened then.
    assert!(
        second
            .text
            .contains(">15 Nov 2023</a> <span class=\"none\">70 joined</span>"),
        "{}",
        second.text
    );
    let last = page("/changes?page=3").await;
    assert_eq!(moves(&last).len(), 20);
    let mut names: Vec<String> = moves(&first);
    names.extend(moves(&second));
    names.extend(moves(&last));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 120);
    assert_eq!(moves(&page("/changes?page=99").await), moves(&last));
}

#[tokio::test]
async fn hostile_values_are_shown_and_run_nothing() {
    let long = format!("{HOSTILE}{}", "<😀".repeat(2_500));
    let of = |number: usize, what: &str| {
        let text = format!("{number}{what}{long}");
        person(
            number,
            json!({
                "name": text, "department": text, "title": text, "email": text,
                "division": {"id": what, "name": text}, "manager": {"id": uuid(number)},
                "addresses": [text], (text.as_str()): text,
            }),
        )
    };
    let org = |what: &str| (0..60).map(|number| of(number, what)).collect::<Vec<_>>();
    let made = Made::new().publish(&org("a"), BEGIN_MS);
    for day in 1..4 {
        publish(
            &*made.store,
            &org(if day % 2 == 0 { "a" } else { "b" }),
            BEGIN_MS + day * DAY_MS,
        );
    }
    let served = made.serve().await;
    let department = "%F0%9F%98%80".repeat(500);
    for path in [
        "/changes".to_owned(),
        "/changes?page=2".to_owned(),
        "/changes?q=%3Cscript".to_owned(),
        format!("/changes?department={department}"),
    ] {
        let shown = served.anybody().get(&path).await;
        assert_eq!(shown.status, 200);
        assert!(!shown.text.contains("<script>"), "{}", shown.text);
        assert!(
            shown.text.len() < 100_000,
            "{path}: {} bytes",
            shown.text.len()
        );
    }
    let refused = served
        .anybody()
        .get(&format!("/changes?department={department}x"))
        .await;
    assert_eq!(refused.status, 400);
}

#[tokio::test]
async fn an_org_without_anybody_has_no_changes() {
    let served = Made::new().publish(&[], BEGIN_MS).serve().await;
    let empty = served.anybody().get("/changes").await;
    assert!(
        empty
            .text
            .contains("Nothing has changed since the first snapshot"),
        "{}",
        empty.text
    );
    let before = Made::new().serve().await;
    let none = before.anybody().get("/changes").await;
    assert_eq!(none.status, 503);
    assert!(
        none.text.contains("<h1>Nothing to show yet</h1>"),
        "{}",
        none.text
    );
}
