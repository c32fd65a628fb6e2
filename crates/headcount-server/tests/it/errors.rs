//! Each refusal of contract 7.1: its status, its code, and nothing of the inside.

use serde_json::json;

use crate::served::{BEGIN_MS, Made, answer, user, uuid};

#[tokio::test]
async fn each_wrong_question_has_its_own_refusal() {
    let served = Made::new()
        .publish(&[user(1, "active", "d")], BEGIN_MS)
        .serve()
        .await;
    let asking = served.anybody();
    let search = "/api/v2/users/search";
    let mut messages = Vec::new();
    for (body, code) in [
        ("{", "bad.request"),
        ("", "bad.request"),
        ("[]", "bad.request"),
        (r#"{"pageSize":"many"}"#, "bad.request"),
        (r#"{"query":{}}"#, "bad.request"),
        (r#"{"pageSize":0}"#, "constraint.validation"),
        (r#"{"pageSize":501}"#, "constraint.validation"),
        (r#"{"pageNumber":0}"#, "constraint.validation"),
        (
            r#"{"query":[{"fields":["name"],"value":"x"}]}"#,
            "constraint.validation",
        ),
        (
            r#"{"query":[{"type":"EXACT","value":"x"}]}"#,
            "constraint.validation",
        ),
        (
            r#"{"query":[{"type":"EXACT","fields":["name"]}]}"#,
            "constraint.validation",
        ),
        (
            r#"{"query":[{"type":"RANGE","fields":["name"]}]}"#,
            "constraint.validation",
        ),
        (
            r#"{"query":[{"type":"RANGE","fields":["name"],"startValue":"b","endValue":"a"}]}"#,
            "constraint.validation",
        ),
        (
            r#"{"query":[{"type":"LIKE","fields":["name"],"value":"x"}]}"#,
            "invalid.value",
        ),
        (
            r#"{"query":[{"type":"EXACT","fields":["nmae"],"value":"x"}]}"#,
            "invalid.property",
        ),
        (
            r#"{"query":[{"type":"EXACT","fields":["name"],"value":"x","operator":"XOR"}]}"#,
            "invalid.value",
        ),
        (
            r#"{"query":[{"type":"REGEX","fields":["name"],"value":"("}]}"#,
            "constraint.validation",
        ),
        (
            r#"{"query":[{"type":"LESS_THAN","fields":["version"],"value":"x"}]}"#,
            "constraint.validation",
        ),
        (
            r#"{"query":[{"type":"LESS_THAN","fields":["dateLastLogin"],"value":"x"}]}"#,
            "invalid.date",
        ),
        (r#"{"sortBy":"nosuch"}"#, "invalid.property"),
        (r#"{"sortOrder":"UP"}"#, "invalid.value"),
        (r#"{"expand":["everything"]}"#, "invalid.value"),
        (r#"{"integrationPresenceSource":"Pigeon"}"#, "invalid.value"),
        (r#"{"asOf":"yesterday"}"#, "invalid.date"),
        (r#"{"asOf":"2001-01-01"}"#, "constraint.validation"),
        (r#"{"aggregations":[{"type":"SUM"}]}"#, "invalid.value"),
    ] {
        let refused = asking.post(search, body).await;
        assert_eq!(refused.refusal(), (400, code.to_owned()), "{body}");
        messages.push(refused.json()["message"].as_str().unwrap().to_owned());
    }
    messages.sort();
    messages.dedup();
    assert!(
        messages.len() >= 24,
        "causes share a message: {messages:#?}"
    );

    for (path, wanted) in [
        ("/api/v2/users/search", (400, "bad.request")),
        ("/api/v2/users/search?q64=AAAA", (400, "bad.request")),
        ("/api/v2/users/search?q64=%00", (400, "bad.request")),
        ("/api/v2/users?pageSize=0", (400, "constraint.validation")),
        (
            "/api/v2/users?pageSize=x",
            (400, "invalid.query.param.value"),
        ),
        (
            "/api/v2/users?state=asleep",
            (400, "invalid.query.param.value"),
        ),
        (
            "/api/v2/users?sortOrder=up",
            (400, "invalid.query.param.value"),
        ),
        ("/api/v2/users?expand=nosuch", (400, "invalid.value")),
        (
            "/api/v2/users?id=a&jabberId=b",
            (400, "constraint.validation"),
        ),
        ("/api/v2/users/query?cursor=zzz", (400, "bad.request")),
        (
            "/api/v2/users/query?state=asleep",
            (400, "invalid.query.param.value"),
        ),
        ("/api/v2/users/not-a-uuid", (400, "invalid.id")),
        ("/api/v2/users/zzz?asOf=x", (400, "invalid.id")),
        ("/api/v2/groups", (404, "not.found")),
        ("/nowhere", (404, "not.found")),
    ] {
        let refused = asking.get(path).await;
        let wanted = (wanted.0, wanted.1.to_owned());
        assert_eq!(refused.refusal(), wanted, "{path}");
    }
    let missing = asking.get(&format!("/api/v2/users/{}", uuid(2))).await;
    assert_eq!(missing.refusal(), (404, "not.found".to_owned()));
}

#[tokio::test]
async fn methods_and_media_types_are_told_apart() {
    let served = Made::new()
        .publish(&[user(1, "active", "d")], BEGIN_MS)
        .serve()
        .await;
    let asking = served.anybody();
    for (method, path, allowed) in [
        (
            reqwest::Method::DELETE,
            "/api/v2/users/search",
            ["GET", "POST"],
        ),
        (reqwest::Method::POST, "/api/v2/users", ["GET", "HEAD"]),
        (reqwest::Method::GET, "/oauth/token", ["POST", "POST"]),
        (
            reqwest::Method::PATCH,
            "/api/v2/users/query",
            ["GET", "HEAD"],
        ),
    ] {
        let refused = answer(asking.request(method, path)).await;
        assert_eq!(refused.refusal(), (405, "method.not.allowed".to_owned()));
        for method in allowed {
            assert!(refused.header("allow").contains(method), "{path}");
        }
    }
    for kind in ["text/plain", "application/xml", ""] {
        let request = asking.request(reqwest::Method::POST, "/api/v2/users/search");
        let refused = answer(request.header("content-type", kind).body("{}")).await;
        assert_eq!(
            refused.refusal(),
            (415, "unsupported.media.type".to_owned())
        );
    }
    let request = asking.request(reqwest::Method::POST, "/api/v2/users/search");
    let taken = answer(
        request
            .header("content-type", "Application/JSON; charset=UTF-8")
            .body("{}"),
    )
    .await;
    assert_eq!(taken.status, 200);
    let head = answer(asking.request(reqwest::Method::HEAD, "/api/v2/users")).await;
    assert_eq!((head.status, head.text.as_str()), (200, ""));
}

#[tokio::test]
async fn before_the_first_snapshot_the_service_is_unavailable_and_then_it_is_there() {
    let served = Made::new().serve().await;
    let asking = served.anybody();
    let refused = asking.search(&json!({})).await;
    assert_eq!(refused.refusal(), (503, "service.unavailable".to_owned()));
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    let ready = asking.get("/health/ready").await;
    assert_eq!(
        (ready.status, &ready.json()["status"]),
        (503, &json!("starting"))
    );
    assert_eq!(asking.get("/health/live").await.status, 200);
    crate::served::publish(&*served.store, &[user(1, "active", "d")], BEGIN_MS);
    let found = asking
        .get_until("/api/v2/users", |answer| answer.status == 200)
        .await;
    assert_eq!(found.ids(), [uuid(1)]);
    assert_eq!(asking.get("/health/ready").await.status, 200);
}
