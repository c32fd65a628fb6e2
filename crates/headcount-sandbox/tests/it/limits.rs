//! Rate limit, window, page sizes, life of tokens.

use std::time::Duration;

use headcount_sandbox::Config;

use crate::client::Org;

#[tokio::test]
async fn the_rate_limit_counts_in_fixed_windows_and_says_when_to_come_back() {
    let mut org = Org::start(Config {
        users: 3,
        rate_limit: Some(3),
        ..Config::default()
    })
    .await;
    org.sandbox.set_quirk("rate-window", "1").unwrap();
    for count in ["1", "2", "3"] {
        let reply = org.get("/api/v2/users").await;
        assert_eq!(
            (reply.status, reply.header("inin-ratelimit-count")),
            (200, Some(count))
        );
        assert_eq!(
            (
                reply.header("inin-ratelimit-allowed"),
                reply.header("inin-ratelimit-reset")
            ),
            (Some("3"), Some("1"))
        );
    }
    let reply = org.get("/api/v2/users").await;
    assert_eq!(
        (reply.status, reply.header("retry-after")),
        (429, Some("1"))
    );
    assert_eq!(reply.json()["code"], "too.many.requests.retry.after");
    assert_eq!(
        reply.json()["message"],
        "Rate limit exceeded the maximum. Retry the request in [1] seconds"
    );
    // Each token has a limit of its own.
    let old = org.token.clone();
    org.login().await;
    assert_eq!(org.get("/api/v2/users").await.status, 200);
    org.token = old;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert_eq!(
        org.get("/api/v2/users")
            .await
            .header("inin-ratelimit-count"),
        Some("1")
    );
    assert_eq!(org.sandbox.stats().throttled, 1);
}

#[tokio::test]
async fn without_a_limit_the_headers_say_a_million() {
    let org = Org::of(3).await;
    assert_eq!(
        org.get("/api/v2/users")
            .await
            .header("inin-ratelimit-allowed"),
        Some("1000000")
    );
}

#[tokio::test]
async fn past_the_window_is_a_bad_request() {
    let org = Org::start(Config {
        users: 300,
        window: Some(100),
        rate_limit: None,
        ..Config::default()
    })
    .await;
    assert_eq!(org.search(50, 2, "").await.status, 200);
    assert_eq!(org.search(50, 3, "").await.status, 400);
    assert_eq!(org.search(51, 2, "").await.status, 400);
    assert_eq!(org.search(50, 1, "").await.json()["total"], 300);
    assert_eq!(org.search(50, 0, "").await.status, 400);
}

#[tokio::test]
async fn page_sizes_are_limited_clamped_or_ignored() {
    let org = Org::with(300, "page-size-max", "100").await;
    assert_eq!(
        org.search(101, 1, "").await.json()["code"],
        "constraint.validation"
    );
    assert_eq!(org.search(0, 1, "").await.status, 400);
    org.sandbox.set_quirk("page-size", "clamped").unwrap();
    let reply = org.search(200, 1, "").await;
    assert_eq!(
        (reply.ids().len(), &reply.json()["pageSize"]),
        (100, &100.into())
    );
    org.sandbox.set_quirk("page-size", "ignored").unwrap();
    assert_eq!(org.search(100, 1, "").await.ids().len(), 25);
}

#[tokio::test]
async fn a_token_ends() {
    let mut org = Org::with(3, "token-lifetime", "1").await;
    assert_eq!(
        org.token_request("grant_type=client_credentials")
            .await
            .json()["expires_in"],
        1
    );
    org.login().await;
    assert_eq!(org.get("/api/v2/users").await.status, 200);
    tokio::time::sleep(Duration::from_millis(1050)).await;
    let reply = org.get("/api/v2/users").await;
    assert_eq!(
        (reply.status, &reply.json()["code"]),
        (401, &"credentials.expired".into())
    );
}

#[tokio::test]
async fn latency_is_kept() {
    let org = Org::start(Config {
        users: 3,
        latency: Duration::from_millis(60),
        ..Config::default()
    })
    .await;
    let start = tokio::time::Instant::now();
    org.get("/api/v2/users").await;
    assert!(start.elapsed() >= Duration::from_millis(60));
}
