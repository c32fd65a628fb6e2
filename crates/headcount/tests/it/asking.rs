//! `users`, `count`, `history` and `snapshots` over a synced sandbox org.

use std::{collections::BTreeMap, process::Stdio, sync::OnceLock};

use serde_json::Value;

use crate::sandboxed::Sandboxed;

/// One org for all tests of this file: synced, changed, synced again.
fn org() -> &'static Sandboxed {
    static ORG: OnceLock<Sandboxed> = OnceLock::new();
    ORG.get_or_init(|| {
        let sandbox = Sandboxed::start(&["--users", "600", "--seed", "7"]);
        sandbox.json(&["sync", "--output", "json"]);
        let changes = r#"[{"do": "join", "count": 4}, {"do": "purge", "count": 3},
                          {"do": "move-department", "count": 5}]"#;
        sandbox.post("/sandbox/change", &serde_json::from_str(changes).unwrap());
        sandbox.json(&["sync", "--output", "json"]);
        sandbox
    })
}

fn stdout(arguments: &[&str]) -> String {
    let output = org().run(arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && told.is_empty(),
        "{arguments:?}: {told}"
    );
    String::from_utf8(output.stdout).unwrap()
}

fn text<'a>(user: &'a Value, name: &str) -> Option<&'a str> {
    user[name].as_str().filter(|text| !text.trim().is_empty())
}

#[test]
fn users_are_the_documents_byte_for_byte() {
    let listed = stdout(&["users", "--output", "ndjson"]);
    let mut listed: Vec<&str> = listed.lines().collect();
    let truth = String::from_utf8(org().ask("GET", "/sandbox/users", "")).unwrap();
    let mut truth: Vec<&str> = truth.lines().collect();
    listed.sort_unstable();
    truth.sort_unstable();
    assert_eq!(listed.len(), 601);
    assert_eq!(listed, truth);
    let array = org().json(&["users", "--output", "json"]);
    assert_eq!(array.as_array().unwrap().len(), 601);
}

#[test]
fn columns_limit_and_forms_agree() {
    let csv = stdout(&[
        "users",
        "--columns",
        "id,name,manager,version",
        "--output",
        "csv",
    ]);
    assert!(csv.starts_with("id,name,manager,version\r\n"));
    assert_eq!(csv.lines().count(), 602);
    let objects = org().json(&["users", "--columns", "id,manager", "--output", "json"]);
    let documents = org().json(&["users", "--output", "json"]);
    let documents = documents.as_array().unwrap();
    let names: BTreeMap<_, _> = documents
        .iter()
        .map(|user| (user["id"].as_str().unwrap(), &user["name"]))
        .collect();
    for (object, document) in objects.as_array().unwrap().iter().zip(documents) {
        assert_eq!(object["id"], document["id"]);
        let manager = document["manager"]["id"].as_str();
        let wanted = manager
            .and_then(|id| names.get(id).copied())
            .unwrap_or(&Value::Null);
        assert_eq!(&object["manager"], wanted);
    }
    let table = stdout(&["users", "--limit", "3"]);
    assert_eq!(table.lines().count(), 4);
    assert!(table.starts_with("NAME"), "{table}");
}

#[test]
fn counts_reconcile_with_the_documents() {
    let documents = org().json(&["users", "--output", "json"]);
    let mut wanted: BTreeMap<(String, String), u64> = BTreeMap::new();
    for user in documents.as_array().unwrap() {
        let of = |value: Option<&str>| value.unwrap_or("(none)").to_owned();
        let division = text(&user["division"], "name").or(text(&user["division"], "id"));
        let key = (of(text(user, "department")), of(division));
        *wanted.entry(key).or_default() += 1;
    }
    let counts = org().json(&["count", "--by", "department,division", "--output", "json"]);
    let rows = counts["rows"].as_array().unwrap();
    let own = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    let told: BTreeMap<_, _> = rows
        .iter()
        .map(|row| {
            (
                (own(row, "department"), own(row, "division")),
                row["count"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(told, wanted);
    assert_eq!(counts["total"], 601);
    assert_eq!(counts["snapshot"]["users"], 601);
    let table = stdout(&["count", "--by", "state"]);
    let last = table
        .lines()
        .last()
        .unwrap()
        .split_whitespace()
        .collect::<Vec<_>>();
    assert_eq!(last, ["TOTAL", "601"]);
}

#[test]
fn conditions_pick_what_a_reader_of_the_documents_picks() {
    let documents = org().json(&["users", "--output", "json"]);
    let documents = documents.as_array().unwrap();
    let ids = |arguments: &[&str]| -> Vec<String> {
        let mut all = vec!["users", "--output", "json", "--columns", "id"];
        all.extend(arguments);
        let users = org().json(&all);
        users
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let picked = |pick: &dyn Fn(&Value) -> bool| -> Vec<String> {
        let users = documents.iter().filter(|user| pick(user));
        users
            .map(|user| user["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let active = picked(&|user| user["state"] == "active");
    assert!(!active.is_empty() && active.len() < 601);
    assert_eq!(ids(&["--where", "state=active"]), active);
    assert_eq!(
        ids(&["--where", "state!=active"]),
        picked(&|user| user["state"] != "active")
    );
    let both = ids(&["--where", "state=active", "--where", "department^=Sup"]);
    let prefixed = |user: &Value| {
        text(user, "department").is_some_and(|name| name.to_lowercase().starts_with("sup"))
    };
    assert_eq!(
        both,
        picked(&|user| user["state"] == "active" && prefixed(user))
    );
    assert!(!both.is_empty());
    let counted = org().json(&[
        "count",
        "--by",
        "state",
        "--where",
        "department^=Sup",
        "--output",
        "json",
    ]);
    assert_eq!(
        counted["total"].as_u64().unwrap(),
        picked(&prefixed).len() as u64
    );
    let manager = documents
        .iter()
        .find_map(|user| user["manager"]["id"].as_str())
        .unwrap();
    let reports = ids(&["--where", &format!("manager.id={manager}")]);
    assert_eq!(reports, picked(&|user| user["manager"]["id"] == manager));
    let name = documents
        .iter()
        .find(|user| user["id"] == manager)
        .map(|user| &user["name"]);
    if let Some(name) = name.and_then(Value::as_str) {
        let by_name = ids(&["--where", &format!("manager.name={name}")]);
        assert!(reports.iter().all(|id| by_name.contains(id)));
    }
}

#[test]
fn history_tells_what_the_second_sync_changed() {
    let snapshots = org().json(&["snapshots", "--output", "json"]);
    let second = &snapshots[1];
    assert_eq!((&second["joined"], &second["left"]), (&4.into(), &3.into()));
    let since = second["published"].as_str().unwrap();
    let events = org().json(&["history", "--since", since, "--output", "json"]);
    let count = |kind: &str| {
        events
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one["event"] == kind)
            .count()
    };
    assert_eq!((count("joined"), count("left")), (4, 3));
    let changed = events
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["event"] == "changed")
        .unwrap();
    assert_eq!(changed["changes"][0]["path"], "department");
    let id = changed["user_id"].as_str().unwrap();
    let life = org().json(&["history", id, "--output", "json"]);
    let kinds: Vec<_> = life
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["event"].clone())
        .collect();
    assert_eq!(kinds, ["joined", "changed"]);
    assert_eq!(life[0]["valid_to"], life[1]["at"]);
    let table = stdout(&["history", id]);
    assert_eq!(table.lines().count(), 3, "{table}");
    let unknown = org().run(&["history", "nobody"]);
    assert_eq!(unknown.status.code(), Some(1));
}

#[test]
fn the_past_is_asked_by_date_or_time() {
    let snapshots = org().json(&["snapshots", "--output", "json"]);
    let first = snapshots[0]["published"].as_str().unwrap();
    let then = org().json(&[
        "count", "--by", "state", "--as-of", first, "--output", "json",
    ]);
    assert_eq!(
        (&then["total"], &then["snapshot"]["id"]),
        (&600.into(), &snapshots[0]["id"])
    );
    let before = org().run(&["users", "--as-of", "2001-01-01"]);
    assert_eq!(before.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&before.stderr).contains("headcount snapshots"));
}

#[test]
fn the_certificate_is_kept_with_its_snapshot() {
    let snapshots = org().json(&["snapshots", "--output", "json"]);
    let id = snapshots[0]["id"].to_string();
    let certificate = org().json(&["snapshots", "--certificate", &id]);
    assert_eq!(certificate["users"], 600);
    assert!(certificate["way"].is_string() && certificate["requests"].as_u64().unwrap() > 0);
    assert_eq!(
        org()
            .run(&["snapshots", "--certificate", "99"])
            .status
            .code(),
        Some(2)
    );
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut child = org()
        .command(&["users", "--output", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
