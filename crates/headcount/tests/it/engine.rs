//! Facts in PostgreSQL: every command that uses facts, and the same numbers from either engine.

use std::{
    env,
    sync::atomic::{AtomicU32, Ordering},
};

use headcount_store::{Access, facts::FactStore};
use serde_json::Value;

use crate::{
    report::{MIDDLE, OCTOBER, QUESTIONS, SEPTEMBER, october, publish},
    run::Home,
    sandboxed::Sandboxed,
};

/// A store in a schema of its own.
fn database() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    #[expect(
        clippy::disallowed_methods,
        reason = "the script that started the cluster tells where it is"
    )]
    let server = env::var("HEADCOUNT_TEST_POSTGRES").expect(
        "these tests need a PostgreSQL: run them as `tests/with-postgres cargo test …` or `./test`",
    );
    let next = NEXT.fetch_add(1, Ordering::SeqCst);
    format!("{server}?schema=engine_{}_{next}", std::process::id())
}

/// The report of October in JSON, and what else is asked.
fn ask(home: &Home, report: &str, by: &str, more: &[&str]) -> Value {
    let mut arguments = vec!["report", report, "--by", by, "--output", "json"];
    arguments.extend(OCTOBER);
    arguments.extend(more);
    serde_json::from_str(&home.ok(&arguments)).unwrap()
}

#[test]
fn either_engine_gives_the_same_report() {
    let url = database();
    let home = Home::new().with("HEADCOUNT_STORE", &url);
    let store = headcount_store::open(&url, Access::Write).unwrap();
    publish(&*store, &SEPTEMBER, "2026-09-30T03:00:00Z", "Early");
    publish(&*store, &MIDDLE, "2026-10-16T03:00:00Z", "Early");
    october(&FactStore::open(&url, "default").unwrap());
    for (report, by) in QUESTIONS {
        for as_of in ["event", "today"] {
            let local = ask(&home, report, by, &["--as-of", as_of, "--engine", "local"]);
            let pushed = ask(&home, report, by, &["--as-of", as_of, "--engine", "store"]);
            assert_eq!(local, pushed, "{report} {by} {as_of}");
            assert_eq!(pushed["facts"]["count"], 31 * 15, "{report} {by} {as_of}");
            assert_eq!(pushed["facts"]["reconciled"], true);
        }
    }
    // The settings choose as the option does; files that are named are read here all the same.
    home.file("headcount.toml", "[reports]\nengine = \"store\"\n");
    let chosen = ask(&home, "aht", "department", &["--config", "headcount.toml"]);
    assert_eq!(chosen, ask(&home, "aht", "department", &[]));
    home.file(
        "facts.csv",
        "interval_start,interval_end,user_id,media_type,handle_count,handle_sum_ms\n\
         2026-10-02T00:00:00Z,2026-10-03T00:00:00Z,ann,voice,3,60000\n",
    );
    let file = ["--config", "headcount.toml", "--facts", "facts.csv"];
    assert_eq!(ask(&home, "aht", "department", &file)["total"]["count"], 3);
    let told = home.fails(
        &["report", "aht", "--facts", "facts.csv", "--engine", "store"],
        2,
    );
    insta::assert_snapshot!(told, @"
    error: --engine store adds up the facts that are kept, not those of --facts
    hint: leave one of the two out
    ");
}

#[test]
fn files_cannot_be_asked_to_add_themselves_up() {
    let home = Home::new();
    let mut arguments = vec!["report", "aht", "--engine", "store"];
    arguments.extend(OCTOBER);
    insta::assert_snapshot!(home.fails(&arguments, 2), @"
    error: --engine store: the facts of this store are files, which add nothing up
    hint: leave it out, or keep everything in PostgreSQL with --store postgres://...
    ");
    home.file("headcount.toml", "[reports]\nengine = \"store\"\n");
    let mut arguments = vec!["report", "aht", "--config", "headcount.toml"];
    arguments.extend(OCTOBER);
    insta::assert_snapshot!(home.fails(&arguments, 78), @r#"
    error: engine = "store" in the settings: the facts of this store are files, which add nothing up
    hint: leave it out, or keep everything in PostgreSQL with --store postgres://...
    "#);
    arguments[3] = "elsewhere.toml";
    home.file("elsewhere.toml", "[reports]\nengine = \"database\"\n");
    insta::assert_snapshot!(home.fails(&arguments, 78), @"
    error: elsewhere.toml:2:10: an engine is local or store
    hint: headcount.example.toml shows every setting
    ");
}

#[test]
fn facts_are_pulled_imported_listed_and_checked_in_a_database() {
    let (url, sandboxed) = (database(), Sandboxed::start(&["--users", "40"]));
    let json = |arguments: &str, more: &[&str]| {
        let arguments = arguments.split(' ').chain(more.iter().copied());
        let global = ["--store", &url, "--output", "json", "--quiet"];
        sandboxed.json(&arguments.chain(global).collect::<Vec<_>>())
    };
    let rows = |arguments: &str| json(arguments, &[]).as_array().unwrap().clone();
    json("sync", &[]);
    let pulled = rows("facts pull --from 2026-10-01 --to 2026-10-03");
    assert_eq!(pulled.len(), 6);
    assert!(
        pulled.iter().all(|day| day["outcome"] == "new"),
        "{pulled:?}"
    );
    let again = rows("facts pull --from 2026-10-01 --to 2026-10-03");
    assert!(
        again.iter().all(|day| day["outcome"] == "kept"),
        "{again:?}"
    );
    let csv = sandboxed.folder.path().join("facts.csv");
    let text = "interval_start,interval_end,user_id,media_type,handle_count,handle_sum_ms\n\
                2026-10-05T00:00:00Z,2026-10-06T00:00:00Z,ann,voice,3,60000\n";
    std::fs::write(&csv, text).unwrap();
    json("facts import", &[csv.to_str().unwrap()]);
    let listed = rows("facts list");
    let missing = listed.iter().filter(|day| day["source"] == "missing");
    assert_eq!((listed.len(), missing.count()), (8, 1), "{listed:?}");
    let report = "report aht --by department,day --from 2026-10-01 --to 2026-10-03 --engine";
    let (local, pushed) = (json(report, &["local"]), json(report, &["store"]));
    assert!(local["total"]["count"].as_i64() > Some(0), "{local}");
    assert_eq!(local, pushed);
    // A rule that asks whose facts there are sees those of the database.
    let checked = sandboxed.run(&[
        "check", "--rule", "HC026", "--store", &url, "--output", "json",
    ]);
    let told: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert!(told.to_string().contains("ann"), "{told}");
}
