//! `headcount check` over a small org in which some things are wrong.

#[path = "check/expected.rs"]
mod expected;
#[path = "check/forms.rs"]
mod forms;
#[path = "check/wrong.rs"]
mod wrong;

use headcount_store::{Access, Breaker, Outcome};
use serde_json::{Value, json};

use crate::run::Home;

/// 2026-01-05T06:00:00Z
const PUBLISHED: i64 = 1_767_592_800_000;

/// A home with a store that holds these users.
fn home(users: &[Value]) -> Home {
    let home = Home::new().with("HEADCOUNT_STORE", "sqlite:headcount.db");
    publish(&home, users, PUBLISHED);
    home
}

/// Publishes a snapshot of these users.
fn publish(home: &Home, users: &[Value], now_ms: i64) {
    let url = format!("sqlite:{}", home.path().join("headcount.db").display());
    let store = headcount_store::open(&url, Access::Write).unwrap();
    let documents: Vec<String> = users.iter().map(Value::to_string).collect();
    let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
    let mut run = store.begin("default", "plan", now_ms, None).unwrap();
    store.stage(&mut run, &documents).unwrap();
    let outcome = store.publish(run, "{}", now_ms, &Breaker::OFF).unwrap();
    assert!(matches!(outcome, Outcome::Published(_)));
}

/// A user with nothing wrong.
fn user(id: &str, name: &str, manager: &str) -> Value {
    json!({
        "id": id, "state": "active", "name": name, "title": "Agent", "department": "Sales",
        "email": format!("{id}@example.com"), "username": format!("{id}@example.com"),
        "division": {"id": "d1", "name": "Germany"}, "manager": {"id": manager}, "version": 1,
        "addresses": [
            {"address": format!("{id}@example.com"), "mediaType": "EMAIL", "type": "PRIMARY"},
            {"address": "+4930123456", "mediaType": "PHONE", "type": "WORK"},
            {"display": "77", "mediaType": "PHONE", "type": "WORK2", "extension": "77"},
        ],
    })
}

/// The same with members of its own.
fn with(mut user: Value, members: Value) -> Value {
    for (name, value) in members.as_object().unwrap() {
        user[name] = value.clone();
    }
    user
}

/// Nothing is wrong here, but that the boss has no manager, which is a note.
fn clean() -> Vec<Value> {
    vec![
        with(user("ann", "Ann Boss", ""), json!({"manager": null})),
        user("ben", "Ben Agent", "ann"),
        user("cyd", "Cyd Agent", "ann"),
        user("dan", "Dan Agent", "ann"),
        with(user("eve", "Eve Away", "ann"), json!({"state": "inactive"})),
        with(user("fay", "Fay Gone", "ann"), json!({"state": "deleted"})),
    ]
}

/// Two errors, a warning and notes; names and values that a form must write with care.
fn troubled() -> Vec<Value> {
    let mut users = clean();
    users[1]["manager"] = json!({"id": "nobody"});
    users[2]["department"] = json!("=SALES & <Co>");
    users[3] = with(
        users[3].clone(),
        json!({"department": "", "name": "=Dan \"<D>\" \u{1b}[31mAgent"}),
    );
    users.push(with(
        user("gil", "Gil Agent", "ann"),
        json!({"department": "SALES"}),
    ));
    users
}

/// Runs a check that finds something that fails, and gives stdout and stderr.
#[track_caller]
fn fails(home: &Home, arguments: &[&str]) -> (String, String) {
    let ran = home.run(arguments);
    assert_eq!(ran.code, 3, "{arguments:?}: {}", ran.stderr);
    (ran.stdout, ran.stderr)
}

#[test]
fn a_clean_org_passes() {
    let home = home(&clean());
    insta::assert_snapshot!(home.ok(&["check"]));
    let answer: Value = serde_json::from_str(&home.ok(&["check", "--output", "json"])).unwrap();
    assert_eq!(answer["summary"]["error"], 0);
    assert_eq!(answer["snapshot"]["published"], "2026-01-05T06:00:00.000Z");
}

#[test]
fn fail_on_decides_the_exit_code_and_nothing_else() {
    let home = home(&troubled());
    let told = |fail_on: &str| home.run(&["check", "--fail-on", fail_on]);
    let (note, error, never) = (told("note"), told("error"), told("never"));
    assert_eq!((note.code, error.code, never.code), (3, 3, 0));
    assert_eq!(
        (&note.stdout, &error.stdout),
        (&never.stdout, &never.stdout)
    );
    assert_eq!(never.stderr, "");
    insta::assert_snapshot!(format!("{}{}", note.stderr, error.stderr));
    let only = |rule: &str, fail_on: &str| {
        home.run(&["check", "--rule", rule, "--fail-on", fail_on])
            .code
    };
    assert_eq!(only("no-department", "error"), 0);
    assert_eq!(only("HC001", "warning"), 3);
    assert_eq!(only("hc018", "note"), 0);
}

#[test]
fn settings_change_rules() {
    let home = home(&troubled());
    home.file(
        "settings.toml",
        "[check]\nemail_domains = [\"example.org\"]\n\
         [check.HC004]\nseverity = \"note\"\n\
         [check.department-variants]\nenabled = false\n\
         [check.no-department]\nexcept = [\"dan\"]\n",
    );
    let check = ["--config", "settings.toml", "check", "--output", "json"];
    let answer: Value = serde_json::from_str(&home.ok(&check)).unwrap();
    let rules: Vec<(&str, &str)> = answer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            (
                found["rule"].as_str().unwrap(),
                found["severity"].as_str().unwrap(),
            )
        })
        .collect();
    assert!(rules.contains(&("HC004", "note")), "{rules:?}");
    assert!(rules.contains(&("HC016", "warning")), "{rules:?}");
    let silent = ["HC001", "HC002"];
    assert!(
        rules.iter().all(|(rule, _)| !silent.contains(rule)),
        "{rules:?}"
    );
    let listed = home.ok(&["--config", "settings.toml", "check", "--list-rules"]);
    let line = |id: &str| listed.lines().find(|line| line.starts_with(id)).unwrap();
    assert!(line("HC002").contains(" off "), "{listed}");
    assert!(line("HC004").contains(" note "), "{listed}");
}

#[test]
fn a_baseline_holds_what_is_known() {
    let home = home(&troubled());
    let told = home.fails(&["check", "--baseline", "known.json"], 2);
    insta::assert_snapshot!(told);
    // Written, everything is known.
    let keep = ["check", "--baseline", "known.json", "--update-baseline"];
    insta::assert_snapshot!(home.ok(&keep));
    let read = || std::fs::read_to_string(home.path().join("known.json")).unwrap();
    let written = read();
    insta::assert_snapshot!(written);
    for personal in ["ann", "Ben", "example", "SALES"] {
        assert!(!written.contains(personal), "{written}");
    }
    home.ok(&keep);
    assert_eq!(read(), written, "the same findings are the same file");
    home.ok(&["check", "--baseline", "known.json", "--fail-on", "note"]);

    // One is mended, another one is new.
    let mut users = troubled();
    users[1]["manager"] = json!({"id": "ann"});
    users[4] = with(
        users[4].clone(),
        json!({"state": "active", "manager": {"id": "eve"}}),
    );
    publish(&home, &users, PUBLISHED + 60_000);
    let (table, _) = fails(&home, &["check", "--baseline", "known.json"]);
    insta::assert_snapshot!(table);
    let (answer, _) = fails(
        &home,
        &["check", "--baseline", "known.json", "--output", "json"],
    );
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let summary = &answer["summary"];
    assert_eq!(summary["gone"], 1);
    assert_eq!(
        summary["new"].as_u64().unwrap() + summary["known"].as_u64().unwrap(),
        summary["total"].as_u64().unwrap()
    );
    // What did not run is neither gone nor dropped.
    let one = ["check", "--rule", "HC006", "--baseline", "known.json"];
    let (table, _) = fails(&home, &one);
    assert!(!table.contains("no longer found"), "{table}");
    home.ok(&[&one[..], &["--update-baseline"]].concat());
    let grown = read();
    let lines = |text: &str| text.lines().count();
    assert_eq!(lines(&grown), lines(&written) + 1);
}
