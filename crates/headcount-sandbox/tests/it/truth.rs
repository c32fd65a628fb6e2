//! The ground truth, over HTTP, while the org changes.

use std::{collections::BTreeSet, time::Duration};

use headcount_sandbox::Config;

use crate::client::Org;

fn set(json: &serde_json::Value) -> BTreeSet<String> {
    json.as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_truth_follows_a_changing_org() {
    let config = Config {
        users: 300,
        churn_every_requests: Some(1),
        rate_limit: None,
        ..Config::default()
    };
    let org = Org::start(config).await;
    let before: BTreeSet<String> = org.search(500, 1, "").await.ids().into_iter().collect();
    let mark = org.get("/sandbox/mark").await.json()["mark"]
        .as_u64()
        .unwrap();
    let start = set(&org
        .get(&format!("/sandbox/truth?since={mark}"))
        .await
        .json()["now"]);
    let mut seen = BTreeSet::new();
    for _ in 0..80 {
        seen.extend(org.search(500, 1, "").await.ids());
    }
    let truth = org
        .get(&format!("/sandbox/truth?since={mark}"))
        .await
        .json();
    let (now, stayed, ever) = (
        set(&truth["now"]),
        set(&truth["stayed"]),
        set(&truth["ever"]),
    );
    assert_eq!(stayed, start.intersection(&now).cloned().collect());
    assert!(seen.is_subset(&ever) && stayed.is_subset(&now) && now.is_subset(&ever));
    assert!(now != start && stayed != now, "somebody joined");
    assert!(start != stayed, "somebody was purged");
    assert!(before.len() == 300);
    let lines = String::from_utf8(org.get("/sandbox/users").await.body).unwrap();
    let listed: BTreeSet<String> = lines
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["id"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(listed, now);
}

#[tokio::test]
async fn the_same_seed_and_requests_give_the_same_org() {
    let run = async || {
        let org = Org::start(Config {
            users: 200,
            churn_every_requests: Some(2),
            rate_limit: None,
            ..Config::default()
        })
        .await;
        for _ in 0..60 {
            org.search(10, 1, "").await;
        }
        org.get("/sandbox/users").await.body
    };
    assert_eq!(run().await, run().await);
}

#[tokio::test]
async fn churn_goes_on_by_itself() {
    let org = Org::start(Config {
        users: 200,
        churn_per_second: 200.0,
        ..Config::default()
    })
    .await;
    let mark = org.sandbox.mark();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(org.sandbox.mark() > mark + 5);
}

#[tokio::test]
async fn changes_come_over_http_and_wrong_ones_are_explained() {
    let org = Org::of(100).await;
    let id = org.sandbox.truth(0).now[0].clone();
    let reply = org
        .post(
            "/sandbox/change",
            &format!(
                r#"[{{"do":"rename","user":"{id}","value":"A \"B\""}},{{"do":"join","count":3}}]"#
            ),
        )
        .await;
    assert_eq!(reply.json()["changed"], 4);
    let user = org
        .search(
            1,
            1,
            &format!(r#"{{"type":"EXACT","fields":["id"],"value":"{id}"}}"#),
        )
        .await
        .json();
    assert_eq!(user["results"][0]["name"], "A \"B\"");
    assert_eq!(org.search(10, 1, "").await.json()["total"], 103);
    for (path, body) in [
        ("/sandbox/change", r#"[{"do":"vanish"}]"#),
        ("/sandbox/change", r#"[{"do":"join","share":2}]"#),
        ("/sandbox/faults", r#"[{"kind":"504x","rate":1}]"#),
        ("/sandbox/faults", r#"[{"kind":"504"}]"#),
        ("/sandbox/quirks", r#"{"cursr":"by-id"}"#),
    ] {
        let reply = org.post(path, body).await;
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.json()["error"].as_str().unwrap().len() > 10);
    }
    assert_eq!(
        org.post("/sandbox/quirks", r#"{"total-cap":50}"#)
            .await
            .status,
        200
    );
    assert_eq!(org.search(10, 1, "").await.json()["total"], 50);
    assert_eq!(
        org.post("/sandbox/faults", r#"[{"kind":"500","rate":1}]"#)
            .await
            .status,
        200
    );
    assert_eq!(org.search(10, 1, "").await.status, 500);
    let stats = org.get("/sandbox/stats").await.json();
    assert_eq!(
        (&stats["by_status"]["500"], &stats["faults"]["500"]),
        (&1.into(), &1.into())
    );
    assert_eq!(org.get("/sandbox/nothing").await.status, 404);
    assert_eq!(org.get("/sandbox/truth?since=x").await.status, 400);
}

/// Spoiling rows reads the org and draws numbers; changing it draws numbers and writes the org.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn faults_and_changes_at_once_never_wait_for_each_other() {
    let config = Config {
        users: 500,
        churn_per_second: 2000.0,
        churn_every_requests: Some(1),
        faults: vec![
            "missing-row=0.5".parse().unwrap(),
            "total-jitter=0.5".parse().unwrap(),
        ],
        rate_limit: None,
        ..Config::default()
    };
    let org = std::sync::Arc::new(Org::start(config).await);
    let callers: Vec<_> = (0..8)
        .map(|_| {
            let org = org.clone();
            tokio::spawn(async move {
                for page in 1..60 {
                    assert_eq!(org.search(20, 1 + page % 20, "").await.status, 200);
                }
            })
        })
        .collect();
    for caller in callers {
        tokio::time::timeout(Duration::from_secs(30), caller)
            .await
            .unwrap()
            .unwrap();
    }
}
