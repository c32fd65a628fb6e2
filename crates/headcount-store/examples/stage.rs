//! Measures staging and publishing: `cargo run --release -p headcount-store --example stage -- 100000`.
//!
//! A second argument names an empty store in its place, such as `postgres://…`.
//!
//! Prints one line of JSON: seconds for a first sync, an unchanged second one and one in which a
//! hundredth changed, and what each added to the file.
#![expect(clippy::disallowed_methods, reason = "it measures real time")]
#![expect(clippy::print_stdout, reason = "an example is run by a person")]

use std::{error::Error, fs, path::Path, time::Instant};

use headcount_core::field::{Column, Projection};
use headcount_store::{Access, Breaker, Store, open};

/// Users staged at once: ten pages of upstream.
const PAGE: usize = 1000;

fn main() -> Result<(), Box<dyn Error>> {
    let users: usize = match std::env::args().nth(1) {
        Some(text) => text.parse()?,
        None => 100_000,
    };
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("roster.db");
    let url = std::env::args().nth(2);
    let url = url.unwrap_or_else(|| path.display().to_string());
    let store = open(&url, Access::Write)?;
    for (name, changed, now) in [("first", 0, 1), ("unchanged", 0, 2), ("changed", 100, 3)] {
        let before = size(directory.path())?;
        let (stage, publish) = sync(&*store, users, changed, now)?;
        let added = size(directory.path())?.saturating_sub(before);
        println!(
            r#"{{"sync":"{name}","users":{users},"stage_s":{stage:.3},"publish_s":{publish:.3},"added_bytes":{added}}}"#
        );
    }
    for (name, want) in [
        ("department", Projection::none().with(Column::Department)),
        ("everything", Projection::all()),
    ] {
        let begin = Instant::now();
        let mut bytes = 0;
        store.read("org", None, &want, &mut |user, document| {
            bytes += user.department.as_ref().map_or(0, |text| text.len());
            bytes += document.map_or(0, str::len);
        })?;
        let read = begin.elapsed().as_secs_f64();
        println!(r#"{{"read":"{name}","read_s":{read:.3},"bytes":{bytes}}}"#);
    }
    Ok(())
}

/// Seconds that staging and publishing took; making the documents does not count.
fn sync(
    store: &dyn Store,
    users: usize,
    changed: usize,
    now: i64,
) -> Result<(f64, f64), headcount_store::StoreError> {
    let mut run = store.begin("org", "plan", now, None)?;
    let mut staged = 0.0;
    for first in (0..users).step_by(PAGE) {
        let page: Vec<String> = (first..users.min(first + PAGE))
            .map(|user| document(user, changed))
            .collect();
        let page: Vec<&str> = page.iter().map(String::as_str).collect();
        let begin = Instant::now();
        store.stage(&mut run, &page)?;
        if first % 10_000 == 0 {
            store.finish_part(&mut run, &first.to_string(), "{}")?;
        }
        staged += begin.elapsed().as_secs_f64();
    }
    let begin = Instant::now();
    store.publish(run, "{}", now, &Breaker::default())?;
    Ok((staged, begin.elapsed().as_secs_f64()))
}

/// About 1 KiB, ids in order. Every `changed`th has another title, 0 for none.
fn document(user: usize, changed: usize) -> String {
    let title = if changed > 0 && user.is_multiple_of(changed) {
        "Lead"
    } else {
        "Agent"
    };
    format!(
        r#"{{"id":"{user:08x}-4d2e-4b1a-9c7f-0123456789ab","name":"Person Number {user}","email":"person.{user}@example.com","username":"person.{user}@example.com","state":"active","department":"Department {}","title":"{title}","division":{{"id":"{:08x}-0000-4000-8000-000000000000","name":"Division {}","selfUri":"/api/v2/authorization/divisions/x"}},"manager":{{"id":"{:08x}-4d2e-4b1a-9c7f-0123456789ab"}},"version":{},"chat":{{"jabberId":"{user:08x}@example.orgspan.com"}},"filler":"{}"}}"#,
        user % 40,
        user % 12,
        user % 12,
        user / 15,
        user % 90,
        "x".repeat(420)
    )
}

fn size(directory: &Path) -> Result<u64, std::io::Error> {
    let mut total = 0;
    for entry in fs::read_dir(directory)? {
        total += entry?.metadata()?.len();
    }
    Ok(total)
}
