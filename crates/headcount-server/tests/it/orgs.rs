//! Several orgs in one store: what befalls one is told, and costs the others nothing.

use std::time::Duration;

use headcount_server::job::{JobOutcome, JobRun};
use headcount_store::{Breaker, CredentialKind, Store};
use serde_json::{Value, json};

use crate::served::{BEGIN_MS, Made, credential, user};

const EVERYBODY: &str = "/api/v2/users?state=any";

/// One whole sync of an org.
fn publish(store: &dyn Store, org: &str, users: usize, now_ms: i64) {
    let documents: Vec<String> = (0..users).map(|n| user(n, "active", "d")).collect();
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    let mut run = store.begin(org, "plan", now_ms, None).unwrap();
    store.stage(&mut run, &documents).unwrap();
    store.publish(run, "proved", now_ms, &Breaker::OFF).unwrap();
}

/// A store of these orgs, each with a token of its own name; the monitor's is of the first.
fn made(orgs: &[&str]) -> Made {
    let made = Made::new().token("monitor", |token| {
        token.org = orgs[0].to_owned();
        token
            .grant
            .permissions
            .push("headcount:metrics:view".to_owned());
    });
    orgs.iter().fold(made, |made, org| {
        made.token(org, |token| token.org = (*org).to_owned())
    })
}

fn run(outcome: JobOutcome) -> JobRun {
    JobRun {
        outcome,
        started_ms: BEGIN_MS,
        ended_ms: BEGIN_MS + 1000,
        requests: 1,
        throttled: 0,
    }
}

/// The rest of the server is of use while one org is stale and another has nothing yet.
#[tokio::test]
async fn readiness_is_lost_with_the_last_org_that_is_ready() {
    let made = made(&["fresh", "old", "org"]);
    publish(&*made.store, "fresh", 3, BEGIN_MS);
    publish(&*made.store, "old", 2, BEGIN_MS - 7_200_000);
    let served = made
        .serve_with(|settings| settings.ready_age = Some(Duration::from_secs(3600)))
        .await;
    served.job.ended(run(JobOutcome::NotAuthorised));
    let (anybody, monitor) = (served.anybody(), served.holder("monitor"));

    let ready = anybody.get("/health/ready").await;
    let told = ready.json();
    assert_eq!((ready.status, &told["status"]), (200, &json!("degraded")));
    assert_eq!(
        told["orgs"],
        json!({"served": 3, "ready": 1, "starting": 1, "stale": 1, "failing": 1})
    );
    assert_eq!(told["age_s"], 7200);
    assert_eq!(told.get("by_org"), None, "names are not for everybody");
    assert_eq!(
        served.holder("fresh").get("/health/ready").await.json()["by_org"],
        Value::Null,
        "nor for every caller"
    );
    let told = monitor.get("/health/ready").await.json();
    let by_org: Vec<(&str, &Value, &Value)> = told["by_org"]
        .as_array()
        .unwrap()
        .iter()
        .map(|org| {
            let last = &org["job"]["last_outcome"];
            (org["org"].as_str().unwrap(), &org["status"], last)
        })
        .collect();
    assert_eq!(
        by_org,
        [
            ("fresh", &json!("ready"), &Value::Null),
            ("old", &json!("stale"), &Value::Null),
            ("org", &json!("starting"), &json!("not_authorised")),
        ]
    );

    served.at(BEGIN_MS + 3_601_000);
    let ready = anybody.get("/health/ready").await;
    assert_eq!(
        (ready.status, &ready.json()["status"]),
        (503, &json!("stale"))
    );
    assert_eq!(served.holder("old").get(EVERYBODY).await.status, 200);
}

#[tokio::test]
async fn a_server_of_one_org_knows_nobody_of_another() {
    let made = made(&["acme", "globex"]);
    let mut client = credential(CredentialKind::Client, "client", "s");
    client.org = "acme".to_owned();
    made.store.add_credential(&client).unwrap();
    publish(&*made.store, "acme", 3, BEGIN_MS);
    publish(&*made.store, "globex", 5, BEGIN_MS);
    let served = made
        .serve_with(|settings| {
            settings.open_org = Some("globex".to_owned());
            settings.only_org = Some("globex".to_owned());
        })
        .await;
    assert_eq!(served.holder("acme").get(EVERYBODY).await.status, 401);
    let login = served
        .anybody()
        .request(reqwest::Method::POST, "/oauth/token")
        .basic_auth("client", Some("s"))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials");
    assert_ne!(login.send().await.unwrap().status(), 200);
    let globex = served.holder("globex").get(EVERYBODY).await;
    assert_eq!(globex.ids().len(), 5);
    // The store knows somebody, so nobody is let in without a login, though they are of another org.
    assert_eq!(served.anybody().get(EVERYBODY).await.status, 401);
}

/// A snapshot that cannot be read, before the start and while it is served.
#[tokio::test]
async fn an_org_that_cannot_be_loaded_holds_up_no_other() {
    let made = made(&["broken", "later", "sound"]);
    for org in ["broken", "later", "sound"] {
        publish(&*made.store, org, 4, BEGIN_MS);
    }
    made.spoil("broken");
    let served = made.serve().await;
    let get = async |org: &str| served.holder(org).get(EVERYBODY).await;
    assert_eq!(get("sound").await.ids().len(), 4);
    assert_eq!(get("later").await.ids().len(), 4);
    let ready = served.anybody().get("/health/ready").await;
    assert_eq!(ready.json()["status"], "degraded");

    // What is published later is seen as if nothing were wrong.
    publish(&*served.store, "later", 9, BEGIN_MS + 1);
    publish(&*served.store, "sound", 6, BEGIN_MS + 1);
    let sound = served.holder("sound");
    sound
        .get_until(EVERYBODY, |answer| answer.ids().len() == 6)
        .await;
    served
        .holder("later")
        .get_until(EVERYBODY, |answer| answer.ids().len() == 9)
        .await;
}
