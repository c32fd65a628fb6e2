//! Each quirk, seen from outside.

use headcount_sandbox::{Config, Quirks};

use crate::client::Org;

fn on_id(kind: &str, value: &str) -> String {
    format!(r#"{{"type":"{kind}","fields":["id"],"value":"{value}"}}"#)
}

#[tokio::test]
async fn criteria_on_id_are_refused_ignored_or_match_nobody() {
    for (quirk, kind) in [
        ("id-prefix", "STARTS_WITH"),
        ("id-comparison", "GREATER_THAN"),
    ] {
        let org = Org::with(200, quirk, "refused").await;
        let ask = async || org.search(10, 1, &on_id(kind, "8")).await;
        let reply = ask().await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (400, &"invalid.value".into())
        );
        org.sandbox.set_quirk(quirk, "ignored").unwrap();
        assert_eq!(ask().await.json()["total"], 200);
        org.sandbox.set_quirk(quirk, "nothing").unwrap();
        assert_eq!(ask().await.json()["total"], 0);
        org.sandbox.set_quirk(quirk, "allowed").unwrap();
        let total = ask().await.json()["total"].as_u64().unwrap();
        assert!((1..200).contains(&total));
    }
}

#[tokio::test]
async fn totals_are_capped() {
    let org = Org::with(300, "total-cap", "100").await;
    let json = org.search(50, 1, "").await.json();
    assert_eq!(
        (&json["total"], &json["pageCount"]),
        (&100.into(), &2.into())
    );
    assert_eq!(org.search(50, 5, "").await.ids().len(), 50);
}

#[tokio::test]
async fn the_two_habits_of_links() {
    let org = Org::of(30).await;
    let links = |json: serde_json::Value| {
        ["previousPage", "currentPage", "nextPage"].map(|name| json.get(name).is_some())
    };
    assert_eq!(
        links(org.search(100, 1, "").await.json()),
        [false, true, false]
    );
    assert_eq!(
        links(org.search(10, 2, "").await.json()),
        [true, true, true]
    );
    org.sandbox.set_quirk("next-page", "always").unwrap();
    let json = org.search(100, 1, "").await.json();
    assert_eq!(json["previousPage"], json["currentPage"]);
    assert_eq!(links(json), [true, true, true]);
}

#[tokio::test]
async fn default_state_order_and_pages_behind_the_end() {
    let org = Org::with(200, "default-state", "any").await;
    assert_eq!(
        org.post("/api/v2/users/search", "{}").await.json()["total"],
        200
    );
    org.sandbox.set_quirk("sort", "ignored").unwrap();
    let ids = org.search(200, 1, "").await.ids();
    assert!(!ids.is_sorted() && ids.len() == 200);
    assert_eq!(org.search(200, 2, "").await.status, 200);
    org.sandbox.set_quirk("past-end", "refused").unwrap();
    assert_eq!(org.search(200, 2, "").await.status, 400);
}

#[tokio::test]
async fn permissions_and_logins_are_refused() {
    let org = Org::with(20, "search-permission", "refused").await;
    let reply = org.search(10, 1, "").await;
    assert_eq!(
        (reply.status, &reply.json()["code"]),
        (403, &"missing.permissions".into())
    );
    assert_eq!(org.get("/api/v2/users/query").await.status, 200);
    org.sandbox
        .set_quirk("search-permission", "granted")
        .unwrap();
    org.sandbox
        .set_quirk("query-permission", "refused")
        .unwrap();
    assert_eq!(org.search(10, 1, "").await.status, 200);
    assert_eq!(org.get("/api/v2/users/query").await.status, 403);
    org.sandbox.set_quirk("login-limited", "2").unwrap();
    for _ in 0..2 {
        let reply = org.token_request("grant_type=client_credentials").await;
        assert_eq!(reply.status, 400);
        assert!(
            reply.json()["description"]
                .as_str()
                .unwrap()
                .starts_with("invalid_request (rate limit exceeded;")
        );
    }
    assert_eq!(
        org.token_request("grant_type=client_credentials")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn ids_in_upper_case_are_found_in_any_case() {
    let mut quirks = Quirks::default();
    quirks.set("id-case", "upper").unwrap();
    let org = Org::start(Config {
        users: 40,
        quirks,
        rate_limit: None,
        ..Config::default()
    })
    .await;
    let ids = org.search(100, 1, "").await.ids();
    assert!(ids.iter().all(|id| *id == id.to_uppercase()));
    let reply = org
        .search(100, 1, &on_id("EXACT", &ids[3].to_lowercase()))
        .await;
    assert_eq!(reply.ids(), ids[3..4]);
}
