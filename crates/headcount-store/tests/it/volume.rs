//! What a sync writes follows what changed (issue 2, *Speed and memory*).

use std::fs;

use headcount_store::{Breaker, Outcome, Store};

use crate::org::{Home, ORG, Place, user};

fn sync(store: &dyn Store, documents: &[String], now_ms: i64) -> headcount_store::Summary {
    let mut run = store.begin(ORG, "plan", now_ms, None).unwrap();
    for (part, documents) in documents.chunks(1000).enumerate() {
        for page in documents.chunks(100) {
            let page: Vec<&str> = page.iter().map(String::as_str).collect();
            store.stage(&mut run, &page).unwrap();
        }
        store
            .finish_part(&mut run, &part.to_string(), "{}")
            .unwrap();
    }
    match store
        .publish(run, "proved", now_ms, &Breaker::default())
        .unwrap()
    {
        Outcome::Published(summary) => summary,
        Outcome::Held(_) => panic!("nothing was lost"),
    }
}

fn size(place: &Place) -> u64 {
    fs::read_dir(place.directory.path())
        .unwrap()
        .map(|entry| entry.unwrap())
        // The index of the log is memory shared by processes, not part of the store.
        .filter(|entry| !entry.file_name().to_string_lossy().ends_with("-shm"))
        .map(|entry| entry.metadata().unwrap().len())
        .sum()
}

/// Pages in use: what is left after the free ones, which the next sync fills.
fn used(place: &Place) -> u64 {
    let raw = rusqlite::Connection::open(place.path()).unwrap();
    let pragma = |name| {
        raw.pragma_query_value(None, name, |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let bytes = (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
    bytes.unsigned_abs()
}

#[test]
fn writes_follow_what_changed() {
    const USERS: usize = 100_000;
    let id = |index: usize| {
        format!(
            "{:016x}",
            (index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        )
    };
    let mut all: Vec<String> = (0..USERS)
        .map(|index| user(&id(index), "active", "d", "A", 1))
        .collect();
    all.sort_unstable();
    let place = Place::new();
    let store = place.open();
    sync(&*store, &all, 1);
    let (first_size, first_used) = (size(&place), used(&place));

    let summary = sync(&*store, &all, 2);
    assert_eq!(
        (summary.unchanged, summary.changed, summary.touched),
        (USERS as u64, 0, 0)
    );
    let (added, more) = (size(&place) - first_size, used(&place) - first_used);
    assert!(
        added <= 64 * 1024,
        "an unchanged sync added {added} bytes to the files"
    );
    assert!(
        more <= 64 * 1024,
        "an unchanged sync added {more} bytes in use"
    );

    let before = used(&place);
    for document in all.iter_mut().step_by(100) {
        *document = document.replace(r#""title":"A""#, r#""title":"B""#);
    }
    assert_eq!(sync(&*store, &all, 3).changed, USERS as u64 / 100);
    let more = used(&place) - before;
    assert!(
        more * 100 <= first_used * 2,
        "1 % changed added {more} to {first_used} bytes"
    );
}
