//! How old an answer is, the past, and what the job tells.

use std::time::Duration;

use headcount_server::job::{JobOutcome, JobRun};
use serde_json::json;

use crate::served::{BEGIN_MS, Made, answer, publish, user, uuid};

const DAY_MS: i64 = 86_400_000;

#[tokio::test]
async fn who_has_the_answer_gets_304_until_there_is_a_new_snapshot() {
    let served = Made::new()
        .publish(&[user(1, "active", "d")], BEGIN_MS)
        .token("all", |_| {})
        .token("some", |token| {
            token.grant.divisions = Some(vec!["d".to_owned()])
        })
        .serve()
        .await;
    served.at(BEGIN_MS + 90_500);
    let path = format!("/api/v2/users/{}", uuid(1));
    let asking = served.holder("all");
    let first = asking.get(&path).await;
    assert_eq!(first.header("age"), "90");
    assert_eq!(
        first.header("last-modified"),
        "Tue, 14 Nov 2023 22:13:20 GMT"
    );
    let tag = first.header("etag").to_owned();
    for (name, value) in [
        ("if-none-match", tag.as_str()),
        ("if-modified-since", "Tue, 14 Nov 2023 22:13:20 GMT"),
    ] {
        let request = asking
            .request(reqwest::Method::GET, &path)
            .header(name, value);
        let known = answer(request).await;
        assert_eq!((known.status, known.text.as_str()), (304, ""));
        assert_eq!(known.header("etag"), tag);
    }
    let other = served.holder("some").get(&path).await;
    assert_ne!(other.header("etag"), tag, "another caller may see less");
    let posted = asking.request(reqwest::Method::POST, "/api/v2/users/search");
    let posted = posted
        .header("content-type", "application/json")
        .header("if-none-match", &tag)
        .body("{}");
    assert_eq!(answer(posted).await.status, 200, "only a GET is known");
    publish(
        &*served.store,
        &[user(1, "inactive", "d")],
        BEGIN_MS + 91_000,
    );
    let request = || {
        let request = asking.request(reqwest::Method::GET, &path);
        request.header("if-none-match", &tag)
    };
    let mut renewed = answer(request()).await;
    while renewed.status == 304 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        renewed = answer(request()).await;
    }
    assert_eq!(renewed.json()["state"], "inactive");
}

#[tokio::test]
async fn every_read_answers_as_of_a_time() {
    let made = Made::new()
        .publish(&[user(1, "active", "d"), user(2, "active", "d")], BEGIN_MS)
        .publish(&[user(2, "inactive", "e")], BEGIN_MS + DAY_MS);
    let served = made.serve().await;
    let asking = served.anybody();
    let then = "2023-11-14";
    assert_eq!(asking.get("/api/v2/users").await.ids(), [""; 0]);
    let both = [uuid(1), uuid(2)];
    for path in ["/api/v2/users", "/api/v2/users/query"] {
        assert_eq!(asking.get(&format!("{path}?asOf={then}")).await.ids(), both);
    }
    let search = json!({"asOf": then, "pageSize": 1});
    let page = asking.search(&search).await;
    assert_eq!(page.json()["total"], 2);
    let next = page.json()["nextPage"].as_str().unwrap().to_owned();
    assert_eq!(
        asking.get(&next).await.ids(),
        [uuid(2)],
        "a link forgot the time"
    );
    let gone = format!("/api/v2/users/{}", uuid(1));
    assert_eq!(asking.get(&gone).await.status, 404);
    let one = asking.get(&format!("{gone}?asOf={then}")).await;
    assert_eq!(one.json()["state"], "active");
    assert!(
        one.json().get("version").is_none(),
        "the past has no volatile members"
    );
    let cursor = asking
        .get("/api/v2/users/query?state=any&pageSize=1&asOf=2023-11-14")
        .await;
    let next = cursor.json()["nextUri"].as_str().unwrap().to_owned();
    assert_eq!(asking.get(&next).await.ids(), [uuid(2)]);
    let mixed = next.replace("asOf=2023-11-14", "asOf=2023-11-15");
    assert_eq!(
        asking.get(&mixed).await.status,
        400,
        "a cursor of another time"
    );
    let before = asking.get("/api/v2/users?asOf=2023-11-13").await;
    assert_eq!(before.refusal(), (400, "constraint.validation".to_owned()));
}

#[tokio::test]
async fn health_and_metrics_tell_age_and_job() {
    let served = Made::new()
        .publish(&[user(1, "active", "d"), user(2, "deleted", "d")], BEGIN_MS)
        .serve_with(|settings| settings.ready_age = Some(Duration::from_secs(3600)))
        .await;
    let asking = served.anybody();
    served.job.next(Some(BEGIN_MS + DAY_MS));
    served.job.ended(JobRun {
        outcome: JobOutcome::Held,
        started_ms: BEGIN_MS,
        ended_ms: BEGIN_MS + 1000,
        requests: 12,
        throttled: 1,
    });
    let ready = asking.get("/health/ready").await;
    assert_eq!(ready.status, 200);
    let job = &ready.json()["job"];
    assert_eq!(
        (&job["last_outcome"], &job["failures"]),
        (&json!("held"), &json!(1))
    );
    assert_eq!(job["next_ms"], BEGIN_MS + DAY_MS);
    served.at(BEGIN_MS + 3_601_000);
    let stale = asking.get("/health/ready").await;
    assert_eq!(
        (stale.status, &stale.json()["status"]),
        (503, &json!("stale"))
    );
    assert_eq!(
        asking.get("/api/v2/users").await.status,
        200,
        "stale is still served"
    );

    let numbers = asking.get("/metrics").await;
    assert!(
        numbers
            .header("content-type")
            .starts_with("application/openmetrics-text")
    );
    for line in [
        "headcount_snapshot_age_seconds{org=\"org\"} 3601.0",
        "headcount_users{org=\"org\",state=\"active\"} 1",
        "headcount_users{org=\"org\",state=\"deleted\"} 1",
        "headcount_syncs_total{org=\"org\",outcome=\"held\"} 1",
        "headcount_upstream_requests_total{org=\"org\"} 12",
        "headcount_upstream_throttled_total{org=\"org\"} 1",
        "headcount_breaker_held{org=\"org\"} 1",
        "headcount_http_requests_total{route=\"/api/v2/users\",method=\"GET\",status=\"200\"} 1",
        "headcount_http_request_duration_seconds_count{route=\"/api/v2/users\"} 1",
    ] {
        assert!(
            numbers.text.contains(line),
            "{line} is not in\n{}",
            numbers.text
        );
    }
    assert!(numbers.text.ends_with("# EOF\n"));
    assert!(!numbers.text.contains("Person"), "no names in numbers");
}

#[tokio::test]
async fn answers_are_packed_for_who_asks() {
    let people: Vec<String> = (0..50).map(|number| user(number, "active", "d")).collect();
    let served = Made::new().publish(&people, BEGIN_MS).serve().await;
    let asking = served.anybody();
    for packing in ["gzip", "zstd"] {
        let request = asking.request(reqwest::Method::GET, "/api/v2/users?pageSize=50");
        let response = request
            .header("accept-encoding", packing)
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()["content-encoding"], packing);
        let packed = response.bytes().await.unwrap();
        assert!(packed.len() < 4000, "{packing} gave {} bytes", packed.len());
    }
    let plain = asking.get("/api/v2/users?pageSize=50").await;
    assert!(!plain.headers.contains_key("content-encoding"));
}

#[tokio::test]
async fn who_is_forgotten_is_gone_from_memory_too() {
    let served = Made::new()
        .publish(&[user(1, "active", "d")], BEGIN_MS)
        .publish(&[user(1, "inactive", "d")], BEGIN_MS + DAY_MS)
        .token("all", |_| {})
        .serve()
        .await;
    served.at(BEGIN_MS + 2 * DAY_MS);
    let asking = served.holder("all");
    let path = format!("/api/v2/users/{}", uuid(1));
    let past = format!("{path}?asOf=2023-11-14");
    let named = |text: &str| text.contains("\"name\":\"");
    let (first, before) = (asking.get(&path).await, asking.get(&past).await);
    let own_name = |answer: &crate::served::Answer| answer.json().get("name").is_some();
    assert!(own_name(&first) && own_name(&before) && named(&first.text));
    served
        .store
        .forget(crate::served::ORG, &uuid(1), 9)
        .unwrap();
    let now = asking.get_until(&path, |answer| !own_name(answer)).await;
    assert_eq!(now.json()["state"], "inactive");
    assert!(!own_name(&asking.get(&past).await), "nor in the past");
    for (name, value) in [
        ("if-none-match", first.header("etag")),
        ("if-modified-since", first.header("last-modified")),
    ] {
        let request = asking.request(reqwest::Method::GET, &path);
        let again = answer(request.header(name, value)).await;
        assert_eq!(
            again.status, 200,
            "{name}: what is erased is another answer"
        );
    }
}
