//! `sync` over a quiet org: complete, small, guarded.

use std::{process::Stdio, time::Duration};

use serde_json::{Value, json};

use crate::sandboxed::{Sandboxed, store_bytes};

const REPORT: [&str; 3] = ["sync", "--output", "json"];

fn total(sandbox: &Sandboxed, conditions: &[&str]) -> u64 {
    let mut arguments = vec!["count", "--by", "state", "--output", "json"];
    arguments.extend(conditions);
    sandbox.json(&arguments)["total"].as_u64().unwrap()
}

#[test]
fn everybody_is_there_and_a_second_sync_writes_next_to_nothing() {
    let sandbox = Sandboxed::start(&["--users", "2500", "--seed", "3"]);
    let report = sandbox.json(&REPORT);
    assert_eq!(
        (&report["outcome"], &report["users"]),
        (&json!("published"), &json!(2500))
    );
    let mark = sandbox.mark();
    assert_eq!(sandbox.ids(), sandbox.truth(mark).now);

    let before = store_bytes(&sandbox.store());
    let again = sandbox.json(&REPORT);
    for nothing in ["joined", "changed", "left", "returned"] {
        assert_eq!(again[nothing], 0, "{nothing}");
    }
    assert_eq!(again["unchanged"], 2500);
    let added = store_bytes(&sandbox.store()).saturating_sub(before);
    assert!(added <= 64 * 1024, "an unchanged sync added {added} bytes");
}

#[test]
fn a_dry_run_tells_and_keeps_nothing() {
    let sandbox = Sandboxed::start(&["--users", "300"]);
    let report = sandbox.json(&["sync", "--dry-run", "--output", "json"]);
    assert_eq!(
        (&report["outcome"], &report["joined"]),
        (&json!("previewed"), &json!(300))
    );
    assert_eq!(sandbox.run(&["users"]).status.code(), Some(75));
}

#[test]
fn the_breaker_holds_a_loss_of_a_third_until_it_is_accepted() {
    let sandbox = Sandboxed::start(&["--users", "1000", "--seed", "4"]);
    sandbox.json(&REPORT);
    let active = total(&sandbox, &["--where", "state=active"]);
    sandbox.post(
        "/sandbox/change",
        &json!([{"do": "purge", "count": active * 2 / 100}]),
    );
    let small = sandbox.json(&REPORT);
    assert_eq!(small["outcome"], "published", "a loss of 2 % passes");
    let kept = total(&sandbox, &[]);

    sandbox.post(
        "/sandbox/change",
        &json!([{"do": "leave", "count": active * 30 / 100}]),
    );
    let held = sandbox.run(&REPORT);
    assert_eq!(held.status.code(), Some(4));
    let report: Value = serde_json::from_slice(&held.stdout).unwrap();
    assert_eq!(report["outcome"], "held");
    let told = String::from_utf8_lossy(&held.stderr).into_owned();
    assert!(told.contains("sync --accept"), "{told}");
    assert_eq!(total(&sandbox, &[]), kept, "the last snapshot stays");
    let still_active = total(&sandbox, &["--where", "state=active"]);

    sandbox.json(&["sync", "--accept", "--output", "json"]);
    assert!(total(&sandbox, &["--where", "state=active"]) < still_active);
    assert_eq!(sandbox.ids(), sandbox.truth(sandbox.mark()).now);
    let nothing = sandbox.run(&["sync", "--accept"]);
    assert_eq!(nothing.status.code(), Some(1));
}

#[test]
fn wrong_credentials_and_absent_hosts_have_codes_of_their_own() {
    let sandbox = Sandboxed::start(&["--users", "10"]);
    let mut command = sandbox.command(&["sync"]);
    let wrong = command
        .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "wrong")
        .output()
        .unwrap();
    assert_eq!(wrong.status.code(), Some(77));
    let told = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(
        told.contains("hint:") && !told.contains("wrong\""),
        "{told}"
    );

    let mut command = sandbox.command(&["sync"]);
    let absent = command
        .env("HEADCOUNT_API_URL", "http://127.0.0.1:9")
        .output()
        .unwrap();
    assert_eq!(absent.status.code(), Some(69));
    assert_eq!(String::from_utf8_lossy(&absent.stderr).lines().count(), 2);
}

#[test]
fn two_syncs_of_one_org_never_run_at_once() {
    let sandbox = Sandboxed::start(&["--users", "1500", "--latency", "150"]);
    sandbox.json(&REPORT);
    let slow = ["sync", "--concurrency", "1", "--quiet"];
    let mut first = sandbox
        .command(&slow)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let second = sandbox.run(&["sync"]);
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(second.status.code(), Some(75), "{told}");
    assert!(told.contains("another sync"), "{told}");
    sandbox.json(&REPORT);
}

/// SQLite keeps `user_version`, the store's schema, in bytes 60 to 63 of the file.
#[test]
fn a_store_of_a_newer_version_is_refused_and_left_alone() {
    let sandbox = Sandboxed::start(&["--users", "50"]);
    sandbox.json(&REPORT);
    let mut file = std::fs::read(sandbox.store()).unwrap();
    file[60..64].copy_from_slice(&9999_u32.to_be_bytes());
    std::fs::write(sandbox.store(), &file).unwrap();
    for arguments in [&REPORT[..], &["users"], &["snapshots"]] {
        let output = sandbox.run(arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {told}");
        assert!(
            told.contains("schema 9999") && told.contains("hint: "),
            "{told}"
        );
    }
    assert!(
        std::fs::read(sandbox.store()).unwrap() == file,
        "the store was touched"
    );
}
