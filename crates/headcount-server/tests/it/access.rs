//! Who may ask, how much, and what they see.

use std::time::Duration;

use headcount_store::{CredentialKind, RateLimit};
use serde_json::json;

use crate::served::{
    Answer, Asking, BEGIN_MS, Made, ORG, Served, VIEW, answer, credential, user, uuid,
};

const USERS: &str = "/api/v2/users";

fn two_divisions() -> Vec<String> {
    (0..20)
        .map(|number| user(number, "active", if number < 5 { "north" } else { "south" }))
        .collect()
}

async fn log_in(served: &Served, id: &str, secret: &str) -> Answer {
    let request = served
        .anybody()
        .request(reqwest::Method::POST, "/oauth/token");
    let form = [
        ("grant_type", "client_credentials"),
        ("OrgName", "whatever"),
        ("client_id", id),
        ("client_secret", secret),
    ];
    let body: Vec<String> = form.map(|(name, value)| format!("{name}={value}")).into();
    let kind = "application/x-www-form-urlencoded";
    answer(request.header("content-type", kind).body(body.join("&"))).await
}

#[tokio::test]
async fn a_client_gets_a_token_by_form_or_basic_and_asks_with_it() {
    let made = Made::new().publish(&two_divisions(), BEGIN_MS);
    let mut client = credential(CredentialKind::Client, "client", "hush");
    client.expires_ms = Some(BEGIN_MS + 7_200_000);
    made.store.add_credential(&client).unwrap();
    let served = made.serve().await;

    let told = log_in(&served, "client", "hush").await.json();
    assert_eq!(told["token_type"], "bearer");
    assert_eq!(told["expires_in"], 7200, "no longer than the client itself");
    let token = told["access_token"].as_str().unwrap().to_owned();
    let asking = served.anybody().with(&token);
    assert_eq!(asking.get(USERS).await.json()["total"], 20);

    let request = served
        .anybody()
        .request(reqwest::Method::POST, "/oauth/token");
    let basic = answer(
        request
            .basic_auth("client", Some("hush"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials"),
    )
    .await;
    assert_eq!(basic.status, 200, "{}", basic.text);

    for (id, secret, status, error) in [
        ("client", "wrong", 401, "invalid_client"),
        ("nobody", "hush", 400, "invalid_client"),
        ("client", "", 400, "invalid_request"),
    ] {
        let refused = log_in(&served, id, secret).await;
        assert_eq!(refused.status, status);
        assert_eq!(refused.json()["error"], error);
    }
    served.at(BEGIN_MS + 7_200_000);
    let expired = asking.get(USERS).await;
    assert_eq!(expired.refusal(), (401, "credentials.expired".to_owned()));
    assert_eq!(log_in(&served, "client", "hush").await.status, 401);
}

#[tokio::test]
async fn a_bearer_is_refused_by_what_is_wrong_with_it() {
    let served = Made::new()
        .publish(&two_divisions(), BEGIN_MS)
        .token("good", |_| {})
        .token("old", |token| token.expires_ms = Some(BEGIN_MS))
        .token("weak", |token| token.grant.permissions.clear())
        .serve()
        .await;
    assert!(!served.server.is_open());
    assert_eq!(served.holder("good").get(USERS).await.status, 200);
    let none = served.anybody().get(USERS).await;
    assert_eq!(none.refusal(), (401, "authentication.required".to_owned()));
    assert_eq!(none.header("www-authenticate"), "Bearer");
    for token in ["hc_good_x", "hc_nobody_s", "hco_x.1.y", "hc_good", "", "s"] {
        let refused = served.anybody().with(token).get(USERS).await;
        let (status, code) = refused.refusal();
        assert_eq!(status, 401, "{token:?}");
        assert!(
            code == "bad.credentials" || token.is_empty(),
            "{token:?} {code}"
        );
    }
    let old = served.holder("old").get(USERS).await;
    assert_eq!(old.refusal(), (401, "credentials.expired".to_owned()));
    let weak = served.holder("weak").get(USERS).await;
    assert_eq!(weak.refusal(), (403, "missing.permissions".to_owned()));
    assert!(weak.text.contains(VIEW));
    let numbers = served.holder("good").get("/metrics").await;
    assert_eq!(
        numbers.status, 403,
        "numbers of all divisions need their own permission"
    );
}

#[tokio::test]
async fn a_revoked_token_stops_within_a_second_in_the_middle_of_its_pages() {
    let served = Made::new()
        .publish(&two_divisions(), BEGIN_MS)
        .token("good", |_| {})
        .serve()
        .await;
    let asking = served.holder("good");
    let first = asking.get("/api/v2/users/query?pageSize=2").await;
    let next = first.json()["nextUri"].as_str().unwrap().to_owned();
    assert_eq!(asking.get(&next).await.ids().len(), 2);
    served
        .store
        .revoke_credential(ORG, "good", BEGIN_MS)
        .unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let refused = asking.get(&next).await;
    assert_eq!(refused.refusal(), (401, "bad.credentials".to_owned()));
    assert!(
        !served.server.is_open(),
        "a revoked client does not open the door again"
    );
    let none = served.anybody().get(USERS).await;
    assert_eq!(none.status, 401);
}

#[tokio::test]
async fn without_anybody_who_may_ask_only_this_machine_is_answered() {
    let served = Made::new()
        .publish(&two_divisions(), BEGIN_MS)
        .serve()
        .await;
    assert!(served.server.is_open());
    let asking = served.anybody();
    assert_eq!(asking.get(USERS).await.status, 200);
    assert_eq!(asking.get("/metrics").await.status, 200);
    let request = asking.request(reqwest::Method::GET, USERS);
    let rebound = answer(request.header("host", "evil.example:80")).await;
    assert_eq!(rebound.refusal(), (403, "not.authorized".to_owned()));
    let token = credential(CredentialKind::Token, "first", "s");
    served.store.add_credential(&token).unwrap();
    asking.get_until(USERS, |answer| answer.status == 401).await;
    let holder = served.holder("first");
    holder.get_until(USERS, |answer| answer.status == 200).await;
}

#[tokio::test]
async fn the_pace_is_told_and_kept() {
    let served = Made::new()
        .publish(&two_divisions(), BEGIN_MS)
        .token("slow", |token| {
            token.grant.rate_limit = RateLimit::PerMinute(2)
        })
        .token("usual", |token| token.grant.rate_limit = RateLimit::Default)
        .token("free", |_| {})
        .serve()
        .await;
    let slow = served.holder("slow");
    for count in ["1", "2"] {
        let taken = slow.get(USERS).await;
        assert_eq!(taken.status, 200);
        assert_eq!(taken.header("inin-ratelimit-count"), count);
        assert_eq!(taken.header("inin-ratelimit-allowed"), "2");
        assert_eq!(taken.header("inin-ratelimit-reset"), "60");
    }
    served.at(BEGIN_MS + 18_000);
    let refused = slow.get(USERS).await;
    assert_eq!(
        refused.refusal(),
        (429, "too.many.requests.retry.after".to_owned())
    );
    assert_eq!(refused.header("retry-after"), "42");
    assert!(refused.json()["message"].as_str().unwrap().contains("[42]"));
    served.at(BEGIN_MS + 60_000);
    assert_eq!(slow.get(USERS).await.status, 200);
    let usual = served.holder("usual").get(USERS).await;
    assert_eq!(usual.header("inin-ratelimit-allowed"), "300");
    let free = served.holder("free").get(USERS).await;
    assert!(!free.headers.contains_key("inin-ratelimit-allowed"));
}

/// What somebody limited to the north may never learn of the south.
#[tokio::test]
async fn a_caller_of_some_divisions_never_learns_of_the_others() {
    let served = Made::new()
        .publish(&two_divisions(), BEGIN_MS)
        .token("north", |token| {
            token.grant.divisions = Some(vec!["north".to_owned()])
        })
        .token("nowhere", |token| token.grant.divisions = Some(Vec::new()))
        .serve()
        .await;
    let north = served.holder("north");
    let hidden = "south";
    let total = |answer: Answer| answer.json()["total"].clone();
    assert_eq!(total(north.search(&json!({})).await), 5);
    assert_eq!(total(north.get(USERS).await), 5);
    assert_eq!(total(served.holder("nowhere").get(USERS).await), 0);
    assert_eq!(
        north
            .get("/api/v2/users/query?pageSize=100")
            .await
            .ids()
            .len(),
        5
    );
    let asked = json!({"query": [{"type": "EXACT", "fields": ["division"], "value": hidden}]});
    assert_eq!(total(north.search(&asked).await), 0);
    let counted = json!({"aggregations": [
        {"type": "TERM", "field": "division", "name": "by"}, {"type": "COUNT", "name": "n"}]});
    let counted = north.search(&counted).await.json();
    assert_eq!(
        counted["aggregations"],
        json!({"by": {"buckets": [{"key": "Division north", "count": 5}], "other": 0, "total": 5},
            "n": {"count": 5}})
    );
    let there = north.get(&format!("{USERS}/{}", uuid(1))).await;
    assert_eq!(there.status, 200);
    let out_of_sight = north.get(&format!("{USERS}/{}", uuid(7))).await;
    let unknown = north.get(&format!("{USERS}/{}", uuid(700))).await;
    assert_eq!(out_of_sight.refusal(), unknown.refusal());
    let ids = north
        .get(&format!("{USERS}?id={},{}", uuid(1), uuid(7)))
        .await;
    assert_eq!(ids.ids(), [uuid(1)]);
    let past = north.get(&format!("{USERS}?asOf=2023-11-15")).await;
    assert_eq!(total(past), 5);
    assert_eq!(north.get("/metrics").await.status, 403);
}

/// The token decides the org; another org's users are not there.
#[tokio::test]
async fn the_token_decides_the_org() {
    let made = Made::new()
        .publish(&two_divisions(), BEGIN_MS)
        .token("ours", |_| {})
        .token("theirs", |token| token.org = "other".to_owned());
    let served = made.serve().await;
    let ours: Asking = served.holder("ours");
    assert_eq!(ours.get(USERS).await.json()["total"], 20);
    let theirs = served.holder("theirs").get(USERS).await;
    assert_eq!(theirs.refusal(), (503, "service.unavailable".to_owned()));
}
