//! The program with its store in PostgreSQL, from the outside.

use std::{
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    database::{Cluster, Database},
    sandboxed::Sandboxed,
    serve::{EVERYBODY, Serving, token},
};

fn joined(sandbox: &Sandboxed, count: u64) {
    sandbox.post("/sandbox/change", &json!([{"do": "join", "count": count}]));
}

#[test]
fn of_two_machines_one_syncs_and_the_other_says_who() {
    let database = Database::new();
    let sandbox =
        Sandboxed::start(&["--users", "300", "--latency", "300"]).with_database(database.url());
    let mut first = sandbox
        .command(&["sync", "--quiet"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // Until the first has written down that it is at work.
    let began = Instant::now();
    let held = || {
        let sql = "SELECT count(*) FROM holder";
        let row = database.raw().query_one(sql, &[]);
        row.is_ok_and(|row| row.get::<_, i64>(0) == 1)
    };
    while !held() && began.elapsed() < Duration::from_secs(10) {
        thread::sleep(Duration::from_millis(10));
    }
    let second = sandbox.run(&["sync", "--quiet"]);
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(75), "{said}");
    assert!(
        said.contains(&format!("(process {} on ", first.id())),
        "{said}"
    );
    assert!(first.wait().unwrap().success());
    assert!(sandbox.run(&["sync"]).status.success());
}

/// A publication is seen within a second; while the database is away the server answers on, and
/// afterwards it follows again by itself.
#[test]
fn a_server_outlives_its_database() {
    let cluster = Cluster::start(None);
    let database = Database::on(&cluster.server);
    let sandbox = Sandboxed::start(&["--users", "500"]).with_database(database.url());
    let first = Serving::start(&sandbox, &[], "empty.log");
    assert_eq!(first.get(EVERYBODY, "").0, 503, "before the first snapshot");
    drop(first);
    sandbox.json(&["sync", "--output", "json"]);
    let token = token(&sandbox);
    let once_a_year = ["--refresh", "0 3 1 1 *"];
    let mut serving = Serving::start(&sandbox, &once_a_year, "log");
    let unknown = "hc_nobody_secret";
    assert_eq!(serving.get(EVERYBODY, unknown).0, 401);
    let new = crate::serve::token(&sandbox);
    assert_eq!(serving.get(EVERYBODY, &new).0, 200, "at once");
    let total = |body: &Value| body["total"].as_u64();
    assert_eq!(total(&serving.get(EVERYBODY, &token).1), Some(500));

    joined(&sandbox, 1);
    sandbox.json(&["sync", "--output", "json"]);
    let published = Instant::now();
    serving.wait(EVERYBODY, &token, |_, body| total(body) == Some(501));
    let took = published.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");

    for away in ["stop", "crash"] {
        cluster.control(away);
        joined(&sandbox, 1);
        let failed = sandbox.run(&["sync", "--quiet"]);
        let said = String::from_utf8_lossy(&failed.stderr).into_owned();
        assert_eq!(failed.status.code(), Some(75), "{said}");
        assert!(said.contains("hint: "), "{said}");
        for _ in 0..20 {
            assert_eq!(serving.get(EVERYBODY, &token).0, 200);
            assert_eq!(serving.get("/health/ready", "").0, 200);
            assert_eq!(serving.get(EVERYBODY, unknown).0, 401);
            thread::sleep(Duration::from_millis(50));
        }
        cluster.control("start");
        let synced = sandbox.json(&["sync", "--output", "json"]);
        serving.wait(EVERYBODY, &token, |_, body| {
            total(body) == synced["users"].as_u64()
        });
    }
    // The client of the database must not be closed where it panics.
    #[cfg(unix)]
    serving.terminate();
    let logged = serving.logged();
    let told = |text: &str| logged.matches(text).count();
    // Two threads look at the store, and each tells once.
    assert!((2..=4).contains(&told("cannot be read")), "{logged}");
    assert_eq!(
        told("cannot be read"),
        told("can be read again"),
        "{logged}"
    );
}

#[test]
fn everything_can_be_copied_either_way() {
    let sandbox = Sandboxed::start(&["--users", "300"]);
    sandbox.json(&["sync", "--output", "json"]);
    joined(&sandbox, 5);
    sandbox.json(&["sync", "--output", "json"]);
    let days = ["--from", "2026-10-05", "--to", "2026-10-06"];
    let facts = sandbox.run(&[&["facts", "pull", "--quiet"][..], &days].concat());
    assert!(facts.status.success());
    let token = token(&sandbox);

    let database = Database::new();
    let file = format!("sqlite:{}", sandbox.folder.path().join("back.db").display());
    let (from, there) = (sandbox.store_url(), database.url());
    let copy =
        |from: &str, to: &str| sandbox.json(&["store", "copy", from, to, "--output", "json"]);
    let figures = copy(&from, &there);
    assert_eq!(figures["snapshots"], 2);
    assert_eq!(figures["versions"], 305);
    assert_eq!(figures["credentials"], 1);
    assert_eq!(figures["facts"]["days"], 4);
    assert_eq!(copy(&there, &file), figures);

    let answers = |store: &str| -> Vec<Vec<u8>> {
        let ask = |arguments: &[&str]| {
            let output = sandbox
                .command(arguments)
                .env("HEADCOUNT_STORE", store)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{arguments:?}: {said}");
            output.stdout
        };
        vec![
            ask(&["users", "--output", "ndjson"]),
            ask(&["history", "--output", "json"]),
            ask(&["snapshots", "--output", "json"]),
            ask(&["snapshots", "--certificate", "1"]),
            ask(&["token", "list", "--output", "json"]),
            ask(&["check", "--output", "json", "--fail-on", "never"]),
            ask(&[
                &["report", "aht", "--by", "department", "--output", "json"][..],
                &days,
            ]
            .concat()),
        ]
    };
    let before = answers(&from);
    assert!(before.iter().all(|answer| answer.len() > 20));
    assert_eq!(before, answers(&there));
    assert_eq!(before, answers(&file));
    // The token that was made for the one opens the others.
    let copied = Sandboxed::start(&["--users", "1"]).with_database(there.clone());
    let serving = Serving::start(&copied, &[], "log");
    assert_eq!(serving.get(EVERYBODY, &token).1["total"], 305);

    let again = sandbox.run(&["store", "copy", &from, &there]);
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert_eq!(again.status.code(), Some(2), "{said}");
    assert!(
        said.contains("not empty") && said.contains("hint: "),
        "{said}"
    );
}

#[test]
fn a_password_is_never_shown() {
    let ask = |url: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_headcount"))
            .args(["users", "--store", url])
            .env_clear()
            .env("PGPASSWORD", "hush-hush")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!said.contains("hush"), "{said}");
        (output.status.code(), said)
    };
    let (code, said) = ask("postgres://me@127.0.0.1:1/people");
    assert_eq!(code, Some(75), "{said}");
    let (code, said) = ask("postgres://me:hush-2@127.0.0.1:1/people?sslmode=no");
    assert_eq!(code, Some(78), "{said}");
    let (code, said) = ask("postgres://me:hush@hush@127.0.0.1:1/people");
    assert_eq!(code, Some(78), "{said}");
}
