//! The page of a real server: what is held back is accepted there, a run at work is watched, and a
//! baseline tells what is known.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{sandboxed::Sandboxed, serve::Serving};

const REPORT: [&str; 3] = ["sync", "--output", "json"];
const ACTIVE: &str = "/api/v2/users?state=active&pageSize=1";

/// A token with these permissions.
fn token(sandbox: &Sandboxed, permissions: &[&str]) -> String {
    let mut create = vec!["token", "create", "--rate-limit", "off", "--output", "json"];
    for permission in permissions {
        create.extend(["--permission", permission]);
    }
    let told = sandbox.json(&create);
    told["token"].as_str().unwrap().to_owned()
}

/// What stands in a field of a form.
fn field(page: &str, name: &str) -> String {
    let place = format!("name=\"{name}\" value=\"");
    let (_, rest) = page
        .rsplit_once(&place)
        .unwrap_or_else(|| panic!("no field {name}: {page}"));
    rest.split('"').next().unwrap().to_owned()
}

fn page(serving: &Serving, path: &str, token: &str) -> String {
    let (status, page) = serving.ask("GET", path, token, b"");
    assert_eq!(status, 200, "{page}");
    page
}

#[test]
fn what_the_breaker_holds_back_is_accepted_on_the_page() {
    let sandbox = Sandboxed::start(&["--users", "1000", "--seed", "4"]);
    sandbox.json(&REPORT);
    let reader = token(&sandbox, &["directory:user:view"]);
    let admin = token(&sandbox, &["directory:user:view", "headcount:sync:accept"]);
    // Two nodes, both of which opened the store to read.
    let (one, other) = (
        Serving::start(&sandbox, &[], "one.log"),
        Serving::start(&sandbox, &[], "other.log"),
    );
    assert!(!page(&one, "/sync", &admin).contains("Held back"));
    let before = other.get(ACTIVE, &reader).1["total"].as_u64().unwrap();
    let leave = json!([{"do": "leave", "count": before * 30 / 100}]);
    sandbox.post("/sandbox/change", &leave);
    assert_eq!(sandbox.run(&REPORT).status.code(), Some(4));

    let held = page(&one, "/sync", &admin);
    let lost = before * 30 / 100;
    assert!(
        held.contains(&format!("{lost} of {before} active users")),
        "{held}"
    );
    let post = |token: &str, held: &str| {
        let form = format!(
            "proof={}&held={}",
            field(held, "proof"),
            field(held, "held")
        );
        one.ask("POST", "/sync/accept", token, form.as_bytes())
    };
    // Whoever may not is refused, though they have the form of somebody who may.
    assert_eq!(post(&reader, &held).0, 403);
    // A second sync finds the same and is held back too: what was shown is no more.
    assert_eq!(sandbox.run(&REPORT).status.code(), Some(4));
    let (status, told) = post(&admin, &held);
    assert_eq!(status, 409, "{told}");
    assert!(
        told.contains("Another snapshot is held back by now"),
        "{told}"
    );

    let (status, told) = post(&admin, &page(&one, "/sync", &admin));
    assert_eq!(status, 303, "{told}");
    for serving in [&one, &other] {
        serving.wait(ACTIVE, &reader, |_, body| body["total"] == before - lost);
    }
    assert!(!page(&one, "/sync", &admin).contains("Held back"));
    assert_eq!(sandbox.run(&["sync", "--accept"]).status.code(), Some(1));
    let logged = one.logged();
    assert!(
        logged.contains("a snapshot that was held back is accepted"),
        "{logged}"
    );
    assert!(!logged.contains(&admin), "a token is in the log");
}

#[test]
fn a_run_at_work_is_watched_on_the_page() {
    let sandbox = Sandboxed::start(&["--users", "6000", "--latency", "60"]);
    let token = token(&sandbox, &["directory:user:view"]);
    let refresh = ["--refresh", "0 3 1 1 *", "--jitter", "0"];
    let serving = Serving::start(&sandbox, &refresh, "log");
    let began = Instant::now();
    let mut seen = Vec::new();
    loop {
        let page = page(&serving, "/sync", &token);
        if page.contains("published a snapshot") {
            break;
        }
        if let Some((before, _)) = page.split_once(" of 6,000 users, ") {
            let users = before.rsplit('>').next().unwrap().replace(',', "");
            seen.push(users.parse::<u64>().unwrap());
            assert!(page.contains("data-watch=\"2\""), "{page}");
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{page}");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(seen.is_sorted(), "{seen:?}");
    assert!(
        seen.iter().any(|users| (1..6_000).contains(users)),
        "{seen:?}"
    );
    let after = page(&serving, "/sync", &token);
    assert!(
        !after.contains("data-watch") && after.contains("snapshot=1"),
        "{after}"
    );
}

#[test]
fn a_baseline_of_check_is_one_of_the_page_and_the_other_way_round() {
    let sandbox = Sandboxed::start(&["--users", "500"]);
    sandbox.json(&REPORT);
    let file = sandbox.folder.path().join("known.json");
    let known = file.to_str().unwrap();
    let serving = Serving::start(&sandbox, &[], "without.log");
    let made = page(&serving, "/findings/baseline.json", "");
    drop(serving);
    std::fs::write(&file, &made).unwrap();
    let check = ["check", "--baseline", known, "--fail-on", "note", "--quiet"];
    let checked = sandbox.run(&check);
    assert_eq!(
        checked.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&checked.stderr)
    );

    let serving = Serving::start(&sandbox, &["--baseline", known], "with.log");
    let told = page(&serving, "/findings", "");
    assert!(
        told.contains("Nothing new is found") && told.contains("0 new and"),
        "{told}"
    );
    assert!(page(&serving, "/findings?known=show", "").contains(">known</span>"));
    assert_eq!(page(&serving, "/findings/baseline.json", ""), made);
    drop(serving);

    for (text, code) in [("absent.json", 2), ("elsewhere=known.json", 2)] {
        let refused = sandbox.run(&["serve", "--listen", "127.0.0.1:0", "--baseline", text]);
        assert_eq!(refused.status.code(), Some(code), "{text}");
    }
    let twice = ["serve", "--baseline", known, "--baseline", known];
    let refused = sandbox.run(&twice);
    assert_eq!(refused.status.code(), Some(2));
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        told.contains("there are two baselines of the org"),
        "{told}"
    );
}
