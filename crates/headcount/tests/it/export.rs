//! `headcount export`: what it says, what it refuses, and that killing it leaves an export whole.

use std::{fs, path::Path, process::Stdio, thread, time::Duration};

use headcount_core::fact::{Fact, FactKind, MEASURES};
use headcount_store::{
    Access, Breaker, Outcome,
    facts::{Day, FactStore, Source},
    open,
};
use jiff::{ToSpan, civil::Date};
use serde_json::{Value, json};

use crate::run::Home;

const FIRST: Date = Date::constant(2026, 10, 1);

/// A home with a store and facts.
struct Org {
    home: Home,
    url: String,
}

impl Org {
    fn new() -> Self {
        let home = Home::new();
        let url = home.path().join("a.db").display().to_string();
        Self {
            home: home.with("HEADCOUNT_STORE", &format!("sqlite:{url}")),
            url,
        }
    }

    /// Publishes users, of whom each generation moves some.
    fn publish(&self, users: usize, generation: usize) {
        let store = open(&self.url, Access::Write).unwrap();
        let documents: Vec<String> = (0..users)
            .map(|number| {
                let department = (number + generation * usize::from(number.is_multiple_of(3))) % 7;
                let mut user = json!({
                    "id": format!("u{number:05}"), "name": format!("Person {number}"),
                    "state": "active", "department": format!("D{department}"),
                    "division": {"id": "d", "name": "North"},
                });
                if number > 0 {
                    user["manager"] = json!({"id": format!("u{:05}", number / 10)});
                }
                user.to_string()
            })
            .collect();
        let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
        let now_ms = ms(&format!("{FIRST}T03:00:00Z")) + generation as i64 * 3_600_000;
        let mut run = store.begin("default", "plan", now_ms, None).unwrap();
        store.stage(&mut run, &documents).unwrap();
        let outcome = store.publish(run, "{}", now_ms, &Breaker::OFF).unwrap();
        assert!(matches!(outcome, Outcome::Published(_)));
    }

    /// Gives a day its facts, one of each user.
    fn day(&self, number: i64, users: usize, count: i64) {
        let date = FIRST.checked_add(number.days()).unwrap();
        let start_ms = ms(&format!("{date}T00:00:00Z"));
        let facts = (0..users).map(|user| {
            let mut measures = [None; MEASURES];
            measures[0] = Some(count);
            measures[1] = Some(count * 1000);
            Fact {
                start_ms,
                end_ms: start_ms + 86_400_000,
                user_id: Some(format!("u{user:05}")),
                media_type: Some("voice".to_owned()),
                measures,
            }
        });
        let day = Day {
            date,
            time_zone: "UTC".to_owned(),
            granularity: Some("P1D".to_owned()),
            source: Source::Import,
        };
        let store = FactStore::open(&self.url, "default").unwrap();
        let kind = FactKind::HandleTime;
        store.replace(kind, day, facts.collect()).unwrap();
    }

    /// Exports to a folder of the home.
    fn export(&self, to: &str) -> Value {
        let told = self.home.ok(&[
            "export", "--format", "ndjson", "--to", to, "--output", "json",
        ]);
        serde_json::from_str(&told).unwrap()
    }
}

fn ms(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// What the manifest of a folder tells of each file, after a look at the file itself.
fn whole(folder: &Path) -> Option<Value> {
    let manifest = fs::read(folder.join("manifest.json")).ok()?;
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let mut told = json!({});
    for (name, table) in manifest["tables"].as_object().unwrap() {
        for file in table["files"].as_array().unwrap() {
            let path = folder.join(file["path"].as_str().unwrap());
            let text =
                fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
            assert_eq!(file["bytes"].as_u64(), Some(text.len() as u64), "{path:?}");
            assert_eq!(
                file["rows"].as_u64(),
                Some(text.lines().count() as u64),
                "{path:?}"
            );
            told[file["path"].as_str().unwrap()] = file["xxh3"].clone();
        }
        assert!(!table["columns"].as_array().unwrap().is_empty(), "{name}");
    }
    Some(told)
}

#[test]
fn an_export_is_told_and_the_next_has_nothing_to_do() {
    let org = Org::new();
    org.publish(12, 0);
    org.day(0, 12, 3);
    let export = ["export", "--format", "parquet", "--to", "lake"];
    let told = org.home.ok(&export);
    // Sizes depend on the compressor.
    let told: Vec<String> = told
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                [table, rows, files, bytes, written]
                    if bytes.starts_with(|c: char| c.is_ascii_digit()) =>
                {
                    format!("{table} {rows} {files} SIZE {written}")
                }
                words => words.join(" "),
            }
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    assert!(org.home.ok(&export).ends_with("nothing changed\n"));
    // What was exported reports as what was kept.
    let day = fs::read_dir(org.home.path().join("lake/fact_handle_time/day=2026-10-01")).unwrap();
    let file = day.map(|entry| entry.unwrap().path()).next().unwrap();
    let count = |more: &[&str]| -> Value {
        let mut report = vec!["report", "aht", "--by", "department", "--output", "json"];
        report.extend(more);
        let ran = org.home.run(&report);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        serde_json::from_str(&ran.stdout).unwrap()
    };
    let kept = count(&["--from", "2026-10-01", "--to", "2026-10-01"]);
    let exported = count(&["--facts", file.to_str().unwrap()]);
    assert_eq!(kept["rows"], exported["rows"]);
}

#[test]
fn what_cannot_be_exported_is_refused() {
    let org = Org::new();
    let export = |more: &[&str], code| {
        let mut all = vec!["export", "--to", "lake"];
        all.extend(more);
        org.home.fails(&all, code)
    };
    open(&org.url, Access::Write).unwrap();
    let mut told = export(&["--format", "parquet"], 75);
    org.publish(2, 0);
    told += &export(&["--format", "pbids"], 2);
    told += &export(&["--format", "pbids", "--url", "ftp://example.com"], 2);
    told += &export(&["--format", "csv", "--url", "https://example.com"], 2);
    told += &export(&["--format", "parquet", "--bom"], 2);
    org.home.file("other/thesis.txt", "");
    let other = ["export", "--format", "csv", "--to", "other"];
    told += &org.home.fails(&other, 2);
    org.home.ok(&["export", "--format", "csv", "--to", "lake"]);
    told += &export(&["--format", "parquet"], 2);
    let lock = fs::File::open(org.home.path().join("lake/.headcount-export.lock")).unwrap();
    lock.lock().unwrap();
    told += &export(&["--format", "csv"], 75);
    insta::assert_snapshot!(told);
}

#[test]
fn a_data_source_file_of_power_bi() {
    let home = Home::new();
    let url = "https://example.com/odata/v4";
    let told = home.ok(&["export", "--format", "pbids", "--to", ".", "--url", url]);
    assert_eq!(told.trim(), "./headcount.pbids");
    let file = fs::read(home.path().join("headcount.pbids")).unwrap();
    let file: Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(file["connections"][0]["details"]["address"]["url"], url);
}

/// Killed at any moment, the folder holds the export before or the new one, and the next export
/// ends as if nothing had happened.
#[test]
fn killed_at_random_moments() {
    const USERS: usize = 600;
    let org = Org::new();
    let folder = org.home.path().join("lake");
    let mut random = fastrand::Rng::with_seed(5);
    org.publish(USERS, 0);
    (0..6).for_each(|day| org.day(day, USERS, 1));
    let (mut killed, mut before, mut changed) = (0, None, 0);
    for turn in 1..=40 {
        org.publish(USERS, turn);
        org.day(random.i64(0..6), USERS, random.i64(1..9));
        let mut child = org
            .home
            .command(&["export", "--format", "ndjson", "--to", "lake"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // By what it has done, not by time: the same on any machine. A first export writes some fifty
        // files, a later one some ten.
        let there = files(&folder);
        let most = if turn % 2 == 0 { 12 } else { 60 };
        let enough = random.usize(0..most);
        let done = || {
            files(&folder)
                .iter()
                .filter(|file| !there.contains(file))
                .count()
        };
        while child.try_wait().unwrap().is_none() {
            if done() >= enough {
                thread::sleep(Duration::from_micros(random.u64(0..3000)));
                child.kill().unwrap();
                break;
            }
            thread::sleep(Duration::from_micros(100));
        }
        killed += usize::from(child.wait().unwrap().code().is_none());
        let after = whole(&folder);
        assert!(before.is_none() || after.is_some(), "the manifest is gone");
        changed += usize::from(after != before);
        before = after;
    }
    assert!(
        killed >= 10,
        "only {killed} exports were killed before their end"
    );
    assert!(changed >= 2, "only {changed} exports came to their end");
    org.export("lake");
    org.export("fresh");
    assert_eq!(whole(&folder), whole(&org.home.path().join("fresh")));
    // Nothing is left of those that were killed.
    let fresh = files(&org.home.path().join("fresh"));
    assert_eq!(files(&folder), fresh);
}

/// Every file below a folder, from there.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        // Folders and files come and go while an export is at work.
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let path = path.strip_prefix(folder).unwrap();
                    found.push(path.display().to_string());
                }
            }
        }
    }
    found.sort();
    found
}
