//! Each endpoint, in good times.

use std::io::Write;

use base64::{Engine, prelude::BASE64_URL_SAFE};
use headcount_sandbox::State;

use crate::client::{ANY, Org};

#[tokio::test]
async fn a_login_takes_basic_or_form_and_refuses_what_is_wrong() {
    let org = Org::of(1).await;
    let reply = org.token_request("grant_type=client_credentials").await;
    assert_eq!(
        (
            reply.status,
            &reply.json()["token_type"],
            &reply.json()["expires_in"]
        ),
        (200, &"bearer".into(), &86_400.into())
    );
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        org.sandbox.client_id(),
        org.sandbox.client_secret()
    );
    let ask = async |form: &str| org.ask("POST", "/oauth/token", &[], form).await.unwrap();
    assert_eq!(ask(&form).await.status, 200);
    let wrong = ask(&format!("{form}x")).await;
    assert_eq!(
        (wrong.status, &wrong.json()["error"]),
        (401, &"invalid_client".into())
    );
    assert!(wrong.json()["description"].is_string());
    assert_eq!(
        ask("grant_type=client_credentials&client_id=x&client_secret=y")
            .await
            .status,
        400
    );
    assert_eq!(
        org.token_request("grant_type=password").await.json()["error"],
        "unsupported_grant_type"
    );
}

#[tokio::test]
async fn a_search_pages_through_everybody_in_order() {
    let org = Org::of(260).await;
    let mut ids = Vec::new();
    for page in 1..=3 {
        let reply = org.search(100, page, "").await;
        let json = reply.json();
        assert_eq!(
            (&json["total"], &json["pageCount"], &json["types"][0]),
            (&260.into(), &3.into(), &"users".into())
        );
        ids.extend(reply.ids());
    }
    assert_eq!(ids, org.sandbox.truth(0).now);
    assert!(ids.is_sorted() && ids.len() == 260);
    assert!(org.search(100, 4, "").await.ids().is_empty());
    let body = format!(
        r#"{{"pageSize":5,"sort":[{{"sortBy":"id","sortOrder":"DESC"}}],"query":[{ANY}]}}"#
    );
    ids.reverse();
    assert_eq!(
        org.post("/api/v2/users/search", &body).await.ids(),
        ids[..5]
    );
}

#[tokio::test]
async fn criteria_on_id_cut_the_list() {
    let org = Org::of(300).await;
    let all = org.sandbox.truth(0).now;
    let ask = async |criterion: String| org.search(500, 1, &criterion).await.ids();
    let one = |kind: &str, value: &str| {
        format!(r#"{{"type":"{kind}","fields":["id"],"value":"{value}","operator":"AND"}}"#)
    };
    assert_eq!(ask(one("GREATER_THAN", &all[10])).await, all[11..]);
    assert_eq!(ask(one("GREATER_THAN_EQUAL_TO", &all[10])).await, all[10..]);
    assert_eq!(ask(one("LESS_THAN", &all[10])).await, all[..10]);
    assert_eq!(ask(one("LESS_THAN_EQUAL_TO", &all[10])).await, all[..=10]);
    assert_eq!(ask(one("EXACT", &all[7].to_uppercase())).await, all[7..8]);
    let range = format!(
        r#"{{"type":"RANGE","fields":["id"],"startValue":"{}","endValue":"{}"}}"#,
        all[3], all[9]
    );
    assert_eq!(ask(range).await, all[3..=9]);
    let values = format!(
        r#"{{"type":"EXACT","fields":["id"],"values":["{}","{}","nobody"]}}"#,
        all[9], all[3]
    );
    assert_eq!(ask(values).await, [all[3].clone(), all[9].clone()]);
    for prefix in ["0", "a", "f", "7b"] {
        let expected: Vec<_> = all
            .iter()
            .filter(|id| id.starts_with(prefix))
            .cloned()
            .collect();
        assert_eq!(ask(one("STARTS_WITH", prefix)).await, expected);
    }
}

#[tokio::test]
async fn other_criteria_are_answered_too_and_active_is_the_default() {
    let org = Org::of(400).await;
    let active = org
        .sandbox
        .org()
        .iter()
        .filter(|person| person.state() == State::Active)
        .count();
    let ask = async |body: &str| org.post("/api/v2/users/search", body).await;
    assert_eq!(ask("{}").await.json()["total"], active);
    assert_eq!(ask("{}").await.json()["pageSize"], 25);
    let found = ask(r#"{"pageSize":500,"query":[{"type":"STARTS_WITH","fields":["email"],"value":"jane"}],"sortBy":"name"}"#).await;
    assert!(!found.ids().is_empty());
    for row in found.json()["results"].as_array().unwrap() {
        assert!(row["email"].as_str().unwrap().starts_with("jane"));
        assert_eq!(row["state"], "active");
    }
    let refused = ask(r#"{"query":[{"type":"DATE_RANGE","fields":["name"],"value":"x"}]}"#).await;
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (400, &"invalid.value".into())
    );
    assert_eq!(ask("{").await.json()["code"], "bad.request");
    let many: Vec<&str> = std::iter::repeat_n(ANY, 11).collect();
    assert_eq!(
        ask(&format!(r#"{{"query":[{}]}}"#, many.join(",")))
            .await
            .status,
        400
    );
}

#[tokio::test]
async fn q64_links_lead_on_and_genesys_own_are_read() {
    let org = Org::of(60).await;
    let first = org.search(25, 1, "").await;
    let next = first.json()["nextPage"].as_str().unwrap().to_owned();
    assert!(next.starts_with("/api/v2/users/search?q64=H4sI") && !next.contains("=="));
    assert_eq!(
        org.get(&next).await.ids(),
        org.search(25, 2, "").await.ids()
    );
    for json in [
        r#"{"types":["users"],"query":[{"type":"CONTAINS","fields":["name"],"value":"Smith"}],"pageSize":25,"pageNumber":1,"returnFields":["guid"],"searchType":"QUERY_THEN_FETCH"}"#,
        r#"{"types":["users"],"query":[{"values":[],"type":"STARTS_WITH","fields":["name"],"value":"Tom","group":[]}],"pageSize":25,"pageNumber":1,"returnFields":["guid"],"aggregations":[]}"#,
        r#"{"types":["users"],"query":[{"values":[],"type":"STARTS_WITH","fields":["name"],"value":"Tom","group":[]}],"pageSize":25,"pageNumber":2,"returnFields":["guid"],"aggregations":[]}"#,
    ] {
        let mut gzip = flate2::GzBuilder::new()
            .mtime(0)
            .write(Vec::new(), flate2::Compression::best());
        gzip.write_all(json.as_bytes()).unwrap();
        let q64 = BASE64_URL_SAFE
            .encode(gzip.finish().unwrap())
            .replace('=', "%3D");
        let reply = org.get(&format!("/api/v2/users/search?q64={q64}")).await;
        assert_eq!((reply.status, &reply.json()["pageSize"]), (200, &25.into()));
    }
    assert_eq!(
        org.get("/api/v2/users/search?q64=x").await.json()["code"],
        "bad.request"
    );
    assert_eq!(org.get("/api/v2/users/search").await.status, 400);
}

#[tokio::test]
async fn the_listing_pages_by_number() {
    let org = Org::of(90).await;
    let all = org.sandbox.truth(0).now;
    let reply = org
        .get("/api/v2/users?state=any&pageSize=40&pageNumber=2")
        .await;
    let json = reply.json();
    assert_eq!(reply.ids(), all[40..80]);
    assert_eq!(
        (&json["total"], &json["pageCount"]),
        (&90.into(), &3.into())
    );
    let next = json["nextUri"].as_str().unwrap();
    let last = org.get(next).await;
    assert_eq!(last.ids(), all[80..]);
    assert!(last.json().get("nextUri").is_none());
    for order in ["descending", "DESC", "desc"] {
        let reply = org
            .get(&format!(
                "/api/v2/users?state=any&pageSize=3&sortOrder={order}"
            ))
            .await;
        assert_eq!(
            reply.ids(),
            [all[89].clone(), all[88].clone(), all[87].clone()]
        );
    }
    let two = org
        .get(&format!("/api/v2/users?state=any&id={},{}", all[5], all[6]))
        .await;
    assert_eq!(two.ids(), all[5..7]);
    let default = org.get("/api/v2/users").await;
    assert_eq!(default.json()["pageSize"], 25);
    assert!(
        default.json()["entities"]
            .as_array()
            .unwrap()
            .iter()
            .all(|row| row["state"] == "active")
    );
    assert_eq!(
        org.get("/api/v2/users?state=some").await.json()["code"],
        "invalid.query.param.value"
    );
}

#[tokio::test]
async fn the_cursor_listing_leads_through_everybody() {
    for habit in ["by-id", "by-offset", "unordered"] {
        let org = Org::with(130, "cursor", habit).await;
        let mut ids = Vec::new();
        let mut path = "/api/v2/users/query?state=any&pageSize=50".to_owned();
        loop {
            let reply = org.get(&path).await;
            ids.extend(reply.ids());
            assert_eq!(reply.json()["results"], reply.ids().len());
            match reply.json()["nextUri"].as_str() {
                Some(next) => next.clone_into(&mut path),
                None => break,
            }
        }
        assert_eq!(ids.is_sorted(), habit != "unordered");
        ids.sort();
        assert_eq!(ids, org.sandbox.truth(0).now, "{habit}");
    }
}

#[tokio::test]
async fn a_user_by_id() {
    let org = Org::of(50).await;
    let id = org
        .sandbox
        .org()
        .iter()
        .find(|person| person.state() == State::Deleted)
        .unwrap()
        .id()
        .to_owned();
    assert_eq!(
        org.get(&format!("/api/v2/users/{id}")).await.json()["code"],
        "not.found"
    );
    assert_eq!(
        org.get(&format!("/api/v2/users/{id}?state=deleted"))
            .await
            .json()["id"],
        id
    );
    assert_eq!(
        org.get("/api/v2/users/me-not").await.json()["code"],
        "invalid.id"
    );
    assert_eq!(org.get("/api/v2/other").await.status, 404);
}

#[tokio::test]
async fn errors_carry_the_correlation_id() {
    let mut org = Org::of(1).await;
    org.token = "wrong".to_owned();
    let reply = org.get("/api/v2/users").await;
    assert_eq!(
        (reply.status, &reply.json()["code"]),
        (401, &"bad.credentials".into())
    );
    assert_eq!(
        reply.json()["contextId"],
        reply.header("inin-correlation-id").unwrap()
    );
    let reply = org.ask("GET", "/api/v2/users", &[], "").await.unwrap();
    assert_eq!(reply.json()["code"], "authentication.required");
}
