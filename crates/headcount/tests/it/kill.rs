//! Syncs killed at random moments over a changing org: the store always opens, always shows the
//! old or the new snapshot whole, loses no version, and the next sync ends right.

use std::{
    collections::BTreeMap,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use headcount_store::{Access, Store, open};
use serde_json::{Value, json};

use crate::{database::Database, sandboxed::Sandboxed};

/// Documents of the roster, by id.
type Roster = BTreeMap<String, Value>;

fn roster(store: &dyn Store) -> Option<Roster> {
    let mut roster = Roster::new();
    let want = headcount_core::field::Projection::all();
    let read = store.read("default", None, &want, &mut |user, document| {
        let document = serde_json::from_str(document.unwrap()).unwrap();
        assert!(
            roster.insert(user.id.to_string(), document).is_none(),
            "a user twice"
        );
    });
    match read {
        Ok(snapshot) => {
            assert_eq!(snapshot.users, roster.len() as u64);
            Some(roster)
        }
        Err(headcount_store::StoreError::NoSnapshot { .. }) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Every version: its document, by user and beginning, and its end.
fn versions(store: &dyn Store) -> BTreeMap<(String, i64), (Option<i64>, String)> {
    let mut versions = BTreeMap::new();
    store
        .history("default", None, None, &mut |version| {
            let key = (version.user_id, version.valid_from);
            versions.insert(key, (version.valid_to, version.document));
        })
        .unwrap();
    versions
}

fn truth(sandbox: &Sandboxed) -> Roster {
    let documents = sandbox.documents().into_iter();
    documents
        .map(|user| (user["id"].as_str().unwrap().to_owned(), user))
        .collect()
}

const ORG: [&str; 6] = ["--users", "1500", "--seed", "7", "--window", "1000"];

#[test]
fn two_hundred_killed_syncs_lose_nothing() {
    killed_syncs_lose_nothing(&Sandboxed::start(&ORG), 200, &|| {});
}

#[test]
fn a_hundred_killed_syncs_into_postgres_lose_nothing() {
    let database = Database::new();
    let sandbox = Sandboxed::start(&ORG).with_database(database.url());
    // What a killed sync had sent may be carried out after its death.
    killed_syncs_lose_nothing(&sandbox, 100, &|| database.settle());
}

/// Kills syncs, and looks at the store each time when `settle` says that nothing is under way.
fn killed_syncs_lose_nothing(sandbox: &Sandboxed, kills: usize, settle: &dyn Fn()) {
    let mut random = fastrand::Rng::with_seed(20_261_124);
    // How long a whole sync takes here bounds the moments to kill at.
    let begin = Instant::now();
    assert!(sandbox.run(&["sync"]).status.success());
    let whole = begin.elapsed();
    let url = sandbox.store_url();
    let mut shown = truth(sandbox);
    let mut known = versions(&*open(&url, Access::Read).unwrap());
    let (mut old, mut new) = (0, 0);
    for turn in 0..kills {
        let ids: Vec<_> = shown.keys().cloned().collect();
        let mut changes = vec![json!({"do": "join", "count": 2})];
        for kind in ["rename", "move-division", "leave", "purge", "return"] {
            changes.push(json!({"do": kind, "user": ids[random.usize(..ids.len())]}));
        }
        sandbox.post("/sandbox/change", &Value::Array(changes));
        let next = truth(sandbox);

        let mut sync = sandbox
            .command(&["sync", "--quiet", "--requests-per-minute", "100000"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(whole.mul_f64(random.f64() * 1.1));
        kill(&mut sync);
        settle();

        let store = open(&url, Access::Read).unwrap();
        let now = roster(&*store).expect("the first snapshot is there");
        if now == shown {
            old += 1;
        } else {
            assert!(
                now == next,
                "turn {turn}: neither the old snapshot nor the new one"
            );
            new += 1;
        }
        shown = now;
        let all = versions(&*store);
        for (key, (valid_to, document)) in &known {
            let (still_to, still) = all.get(key).expect("a version is lost");
            assert!(valid_to.is_none() || (valid_to == still_to && document == still));
        }
        known = all;
        if turn % 20 == 19 {
            let output = sandbox.run(&["sync", "--output", "json"]);
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            shown = roster(&*store).unwrap();
            assert_eq!(shown, truth(sandbox), "the sync after a kill ends right");
        }
    }
    assert!(
        old > kills / 10 && new > kills / 10,
        "the kills hit too few moments: {old} before, {new} after"
    );
}

fn kill(child: &mut std::process::Child) {
    let _ = child.kill();
    child.wait().unwrap();
}

#[test]
fn a_second_sync_is_told_who_has_the_lock() {
    let sandbox = Sandboxed::start(&["--users", "300", "--latency", "300"]);
    let mut first = sandbox
        .command(&["sync", "--quiet"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let store = sandbox.store();
    let begin = Instant::now();
    while !store.exists() && begin.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(200));
    let second = sandbox.run(&["sync", "--quiet"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(75), "{said}");
    assert!(said.contains(&first.id().to_string()), "{said}");
    assert!(first.wait().unwrap().success());
    assert!(sandbox.run(&["sync"]).status.success());
}
