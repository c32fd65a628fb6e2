//! The listings and links: everybody is shown once, however one pages.

use std::collections::BTreeSet;

use serde_json::json;

use crate::served::{Asking, BEGIN_MS, Made, publish, user, uuid};

const STATES: [&str; 4] = ["active", "active", "inactive", "deleted"];

fn people(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| user(number, STATES[number % 4], "d"))
        .collect()
}

/// Follows a link from answer to answer.
async fn follow(asking: &Asking, first: &str, next: &str) -> Vec<String> {
    let (mut ids, mut path) = (Vec::new(), Some(first.to_owned()));
    while let Some(link) = path {
        let answer = asking.get(&link).await;
        ids.extend(answer.ids());
        path = answer.json()[next].as_str().map(str::to_owned);
    }
    ids
}

#[tokio::test]
async fn every_way_of_paging_shows_everybody_once() {
    let served = Made::new().publish(&people(103), BEGIN_MS).serve().await;
    let asking = served.anybody();
    let all: Vec<String> = (0..103).map(uuid).collect();
    let active: Vec<String> = (0..103).filter(|number| number % 4 < 2).map(uuid).collect();
    let backwards: Vec<String> = active.iter().rev().cloned().collect();

    for (first, next, wanted) in [
        ("/api/v2/users?pageSize=10", "nextUri", &active),
        (
            "/api/v2/users?pageSize=10&state=any&expand=presence",
            "nextUri",
            &all,
        ),
        (
            "/api/v2/users?pageSize=7&sortOrder=descending",
            "nextUri",
            &backwards,
        ),
        ("/api/v2/users/query?pageSize=10", "nextUri", &active),
        ("/api/v2/users/query?pageSize=9&state=ANY", "nextUri", &all),
        (
            "/api/v2/users/query?pageSize=9&sortOrder=desc",
            "nextUri",
            &backwards,
        ),
    ] {
        assert_eq!(&follow(&asking, first, next).await, wanted, "{first}");
    }
    let first = asking.search(&json!({"pageSize": 10})).await;
    assert!(first.json().get("previousPage").is_none());
    assert_eq!(first.json()["pageCount"], 6);
    let mut ids = first.ids();
    let link = first.json()["nextPage"].as_str().unwrap().to_owned();
    ids.extend(follow(&asking, &link, "nextPage").await);
    assert_eq!(ids, active);
    let beyond = asking
        .search(&json!({"pageSize": 10, "pageNumber": 7}))
        .await;
    assert_eq!(beyond.json()["results"], json!([]));
    assert!(beyond.json().get("nextPage").is_none());
}

#[tokio::test]
async fn documents_are_served_byte_for_byte() {
    let odd = r#"{"id":"0000000a-0000-4000-8000-000000000000","b" : 1.50,"a":"\u00e9\/","state":"active"}"#;
    let served = Made::new()
        .publish(&[odd.to_owned()], BEGIN_MS)
        .serve()
        .await;
    let asking = served.anybody();
    let one = asking
        .get("/api/v2/users/0000000A-0000-4000-8000-000000000000")
        .await;
    assert_eq!(one.text, odd);
    assert!(asking.search(&json!({})).await.text.contains(odd));
    assert!(asking.get("/api/v2/users").await.text.contains(odd));
}

#[tokio::test]
async fn a_cursor_stays_good_when_the_roster_is_refreshed() {
    let served = Made::new().publish(&people(40), BEGIN_MS).serve().await;
    let asking = served.anybody();
    let first = asking
        .get("/api/v2/users/query?pageSize=10&state=any")
        .await;
    let next = first.json()["nextUri"].as_str().unwrap().to_owned();
    // The half of those shown and of those to come leave, some join everywhere.
    let mut changed: Vec<String> = (0..40)
        .filter(|number| number % 2 == 0)
        .map(|number| user(number, "active", "d"))
        .collect();
    changed.extend((100..120).map(|number| user(number, "active", "d")));
    publish(&*served.store, &changed, BEGIN_MS + 1000);
    asking
        .get_until("/api/v2/users?state=any", |answer| {
            answer.json()["total"] == 40
        })
        .await;
    let mut ids = first.ids();
    ids.extend(follow(&asking, &next, "nextUri").await);
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len(), "somebody is shown twice");
    for number in (0..40).step_by(2) {
        assert!(
            distinct.contains(&uuid(number)),
            "{number} stayed and is missed"
        );
    }
}

#[tokio::test]
async fn one_user_by_state_and_several_by_id() {
    let served = Made::new().publish(&people(8), BEGIN_MS).serve().await;
    let asking = served.anybody();
    let status = async |path: String| asking.get(&format!("/api/v2/users/{path}")).await.status;
    assert_eq!(status(uuid(0)).await, 200);
    assert_eq!(status(uuid(2)).await, 200, "inactive ones are shown");
    assert_eq!(
        status(uuid(3)).await,
        404,
        "deleted ones only when asked for"
    );
    assert_eq!(status(format!("{}?state=deleted", uuid(3))).await, 200);
    assert_eq!(status(format!("{}?state=deleted", uuid(0))).await, 404);
    let some = format!("/api/v2/users?id={},{}&id={}", uuid(5), uuid(0), uuid(3));
    assert_eq!(asking.get(&some).await.ids(), [uuid(0), uuid(5)]);
    assert_eq!(
        asking.get(&format!("{some}&state=any")).await.ids(),
        [uuid(0), uuid(3), uuid(5)]
    );
    let jabber = asking.get("/api/v2/users?jabberId=j4@example.com").await;
    assert_eq!(jabber.ids(), [uuid(4)]);
}

#[tokio::test]
async fn aggregations_add_up() {
    let served = Made::new().publish(&people(60), BEGIN_MS).serve().await;
    let asked = json!({
        "pageSize": 1,
        "query": [{"type": "MATCH_ALL"}, {"type": "EXACT", "fields": ["state"], "values": ["active", "deleted"]}],
        "aggregations": [
            {"type": "TERM", "field": "state,department", "name": "z", "size": 1},
            {"type": "TERM", "field": "title", "name": "a"},
            {"type": "COUNT", "field": "department"},
        ],
    });
    let answer = served.anybody().search(&asked).await;
    let told = answer.json();
    assert_eq!(told["total"], 45);
    let nested = &told["aggregations"]["z"];
    assert_eq!(nested["total"], 45);
    assert_eq!(nested["buckets"][0]["key"], "active");
    assert_eq!(nested["buckets"][0]["count"], 30);
    assert_eq!(nested["other"], 15);
    assert_eq!(nested["buckets"][0]["buckets"][0]["count"], 20);
    assert_eq!(nested["buckets"][0]["other"], 10);
    let none = &told["aggregations"]["a"]["buckets"];
    assert_eq!(none, &json!([{"key": "(none)", "count": 45}]));
    assert_eq!(told["aggregations"]["department"], json!({"count": 45}));
    assert!(
        answer.text.find("\"z\"") < answer.text.find("\"a\""),
        "not in the order asked for"
    );
    // A link keeps the question whole.
    let link = told["nextPage"].as_str().unwrap();
    let next = served.anybody().get(link).await.json();
    assert_eq!(next["aggregations"], told["aggregations"]);
    assert_eq!(next["pageNumber"], 2);
}
