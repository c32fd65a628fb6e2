//! Each fault, seen on the socket.

use std::io::ErrorKind;

use headcount_sandbox::{Config, Fault, FaultKind};

use crate::client::{Org, Reply};

async fn struck(kind: &str) -> (Org, std::io::Result<Reply>) {
    let org = Org::of(120).await;
    org.sandbox.set_faults(vec![
        format!("{kind}=1")
            .parse::<headcount_sandbox::FaultRate>()
            .unwrap()
            .into(),
    ]);
    let body = r#"{"pageSize":50,"sortBy":"id","query":[{"type":"EXACT","fields":["state"],"values":["active","inactive","deleted"]}]}"#;
    let reply = org.try_post("/api/v2/users/search", body).await;
    (org, reply)
}

#[tokio::test]
async fn statuses() {
    for (kind, status, code) in [
        ("429", 429, "too.many.requests.retry.after"),
        ("429-no-retry-after", 429, "too.many.requests.retry.after"),
        ("408", 408, "client.failed.request"),
        ("500", 500, "internal.server.error"),
        ("503", 503, "service.unavailable"),
        ("504", 504, "request.timeout"),
    ] {
        let (_org, reply) = struck(kind).await;
        let reply = reply.unwrap();
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (status, &code.into())
        );
        assert_eq!(
            reply.json()["contextId"],
            reply.header("inin-correlation-id").unwrap()
        );
        assert_eq!(
            reply.header("retry-after").is_some(),
            kind == "429",
            "{kind}"
        );
    }
    let (_org, reply) = struck("502").await;
    assert_eq!(
        (
            reply.as_ref().unwrap().status,
            reply.unwrap().header("content-type")
        ),
        (502, Some("text/html"))
    );
}

#[tokio::test]
async fn the_connection_fails() {
    let (_org, reply) = struck("reset").await;
    assert_eq!(reply.unwrap_err().kind(), ErrorKind::ConnectionReset);
    let (_org, reply) = struck("stall").await;
    assert_eq!(reply.unwrap_err().kind(), ErrorKind::TimedOut);
    let (_org, reply) = struck("truncated").await;
    let reply = reply.unwrap();
    let told: usize = reply.header("content-length").unwrap().parse().unwrap();
    assert!(
        reply.status == 200 && !reply.whole() && reply.body.len() == told / 2,
        "{} {told}",
        reply.body.len()
    );
}

#[tokio::test]
async fn the_body_is_something_else() {
    let (_org, reply) = struck("html").await;
    let reply = reply.unwrap();
    assert!(reply.status == 200 && reply.body.starts_with(b"<!doctype html>"));
    let (_org, reply) = struck("content-type").await;
    let reply = reply.unwrap();
    assert!(
        reply
            .header("content-type")
            .unwrap()
            .starts_with("text/plain")
    );
    assert_eq!(reply.ids().len(), 50);
    let (_org, reply) = struck("not-this-shape").await;
    assert!(reply.unwrap().json().get("results").is_none());
}

#[tokio::test]
async fn rows_are_wrong() {
    for (kind, rows, distinct) in [
        ("doubled-row", 50, 49),
        ("missing-row", 49, 49),
        ("shifted-row", 50, 50),
        ("short-page", 25, 25),
        ("empty-page", 0, 0),
    ] {
        let (org, reply) = struck(kind).await;
        let reply = reply.unwrap();
        let mut ids = reply.ids();
        let all = org.sandbox.truth(0).now;
        assert_eq!(ids.first() == all.get(1), kind == "shifted-row");
        assert_eq!(
            (ids.len(), &reply.json()["total"]),
            (rows, &120.into()),
            "{kind}"
        );
        ids.dedup();
        assert_eq!(ids.len(), distinct, "{kind}");
    }
    let (_org, reply) = struck("total-jitter").await;
    let total = reply.unwrap().json()["total"].as_u64().unwrap();
    assert!(total != 120 && total.abs_diff(120) <= 3);
}

#[tokio::test]
async fn the_token_ends_or_the_permission_does() {
    let (mut org, reply) = struck("token-expired").await;
    assert_eq!(reply.unwrap().json()["code"], "credentials.expired");
    org.sandbox.set_faults(Vec::new());
    assert_eq!(org.search(10, 1, "").await.status, 401);
    org.login().await;
    assert_eq!(org.search(10, 1, "").await.status, 200);

    org.sandbox.set_faults(vec![Fault {
        kind: FaultKind::PermissionRevoked,
        endpoint: None,
        rate: None,
        at: Some(2),
        times: None,
    }]);
    assert_eq!(org.search(10, 1, "").await.status, 200);
    for _ in 0..3 {
        assert_eq!(
            org.search(10, 1, "").await.json()["code"],
            "missing.permissions"
        );
    }
}

#[tokio::test]
async fn rates_are_kept_and_repeatable() {
    let run = async |seed| {
        let faults = vec!["503=0.3".parse().unwrap()];
        let org = Org::start(Config {
            users: 5,
            seed,
            faults,
            rate_limit: None,
            ..Config::default()
        })
        .await;
        let mut hits = Vec::new();
        for _ in 0..200 {
            hits.push(org.search(5, 1, "").await.status == 503);
        }
        assert_eq!(
            org.sandbox.stats().faults["503"],
            hits.iter().filter(|hit| **hit).count() as u64
        );
        hits
    };
    let first = run(1).await;
    assert_eq!(first, run(1).await);
    assert_ne!(first, run(2).await);
    assert!((35..85).contains(&first.iter().filter(|hit| **hit).count()));
}
