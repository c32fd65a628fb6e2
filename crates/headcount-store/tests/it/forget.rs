//! Forgetting users: what every store does, and what stays in the SQLite file.

use std::fs;

use headcount_core::{field::Projection, history::Version};
use headcount_store::{Breaker, Forgotten, Heads, Store, StoreError};
use serde_json::json;

use crate::org::{Home, ORG, Place, ids, roster, sync, sync_guarded, users};

/// A person with a manager, whom the document names too.
fn person(id: &str, name: &str, title: &str, manager: Option<(&str, &str)>) -> String {
    let mut user = json!({"id": id, "name": name, "email": format!("{id}@example.com"),
        "username": format!("login-{id}"), "preferredName": name, "state": "active",
        "title": title, "department": "Support", "division": {"id": "d", "name": "Division d"},
        "addresses": [{"address": format!("+49 {name}")}], "images": [{"imageUri": name}],
        "version": 1});
    if let Some((id, name)) = manager {
        user["manager"] = json!({"id": id, "name": name});
    }
    user.to_string()
}

fn team(title: &str) -> Vec<String> {
    vec![
        person("ann", "Ann Secret", title, Some(("boss", "Max Boss"))),
        person("bob", "Bob Other", title, Some(("ann", "Ann Secret"))),
        person("boss", "Max Boss", "Lead", None),
    ]
}

/// Everything that a reader of the store can see, as one text.
fn all(store: &dyn Store) -> String {
    let mut text = String::new();
    for as_of in [None, Some(1), Some(2)] {
        store
            .read(ORG, as_of, &Projection::all(), &mut |user, document| {
                text.push_str(&format!("{user:?} {document:?}\n"));
            })
            .unwrap();
    }
    store
        .history(ORG, None, None, &mut |version: Version| {
            text.push_str(&format!("{version:?}\n"));
        })
        .unwrap();
    text
}

const ANN: [&str; 3] = ["Ann Secret", "ann@example", "login-ann"];

pub(crate) fn who_is_forgotten_is_nowhere_and_counts_on(store: &dyn Store) {
    sync(store, &team("Agent"), 1);
    sync(store, &team("Senior"), 2);
    let before: Vec<_> = [1, 2].map(|time| roster(store, Some(time))).into();
    let forgotten = store.forget(ORG, "ann", 5).unwrap();
    let ann = Forgotten {
        user_id: "ann".to_owned(),
        forgotten_ms: 5,
        versions: 2,
    };
    assert_eq!(forgotten, ann);
    assert_eq!(store.forgotten(ORG).unwrap(), [ann]);
    let text = all(store);
    for personal in ANN {
        assert!(!text.contains(personal), "{personal} is still there");
    }
    assert!(text.contains("Bob Other") && text.contains("Max Boss"));
    for (time, before) in [1, 2].into_iter().zip(before) {
        for ((id, now), (_, then)) in roster(store, Some(time)).iter().zip(&before) {
            for kept in ["id", "state", "title", "department", "division", "version"] {
                assert_eq!(now[kept], then[kept], "{kept} of {id}");
            }
            assert_eq!(now["manager"]["id"], then["manager"]["id"]);
        }
    }
}

pub(crate) fn later_syncs_bring_nothing_back(store: &dyn Store) {
    sync(store, &team("Agent"), 1);
    store.forget(ORG, "ann", 5).unwrap();
    let summary = sync(store, &team("Agent"), 6);
    assert_eq!((summary.unchanged, summary.changed), (3, 0));
    let summary = sync(store, &team("Senior"), 7);
    assert_eq!((summary.unchanged, summary.changed), (1, 2));
    assert!(!all(store).contains("Ann Secret"));
    assert!(store.remember(ORG, "ann").unwrap());
    assert!(!store.remember(ORG, "ann").unwrap());
    assert_eq!(store.forgotten(ORG).unwrap(), []);
    let summary = sync(store, &team("Senior"), 8);
    assert_eq!(summary.changed, 2, "a new version, and her man's");
    let now = roster(store, None);
    assert_eq!(now[0].1["name"], "Ann Secret");
    assert_eq!(roster(store, Some(7))[0].1.get("name"), None);
}

pub(crate) fn what_is_staged_or_held_is_erased(store: &dyn Store) {
    let mut everybody = users(100);
    everybody.extend(team("Agent"));
    sync(store, &everybody, 1);
    let few: Vec<String> = team("Senior");
    sync_guarded(store, &few, 2, &Breaker::default());
    store.forget(ORG, "ann", 3).unwrap();
    store.accept(ORG, 4).unwrap().unwrap();
    assert_eq!(ids(store), ["ann", "bob", "boss"]);
    assert!(!all(store).contains("Ann Secret"));
    // One who joins in the run at work, and is forgotten before it ends.
    let mut run = store.begin(ORG, "plan", 5, None).unwrap();
    let new = person("new", "New Secret", "Agent", None);
    let page: Vec<&str> = few.iter().map(String::as_str).collect();
    store.stage(&mut run, &page).unwrap();
    store.stage(&mut run, &[&new]).unwrap();
    assert_eq!(store.forget(ORG, "new", 6).unwrap().versions, 0);
    store.publish(run, "", 7, &Breaker::OFF).unwrap();
    assert_eq!(ids(store).len(), 4);
    assert!(!all(store).contains("New Secret"));
}

pub(crate) fn forgetting_is_told_and_the_unknown_refused(store: &dyn Store) {
    sync(store, &team("Agent"), 1);
    let erased = || {
        let Heads { erased, .. } = store.heads().unwrap();
        erased
    };
    let before = erased();
    for (org, id) in [(ORG, "nobody"), (ORG, "Ann"), ("elsewhere", "ann")] {
        let error = store.forget(org, id, 2).unwrap_err();
        assert!(matches!(error, StoreError::NoSuchUser { .. }), "{error:?}");
        assert!(error.hint().is_some());
        assert!(!store.remember(org, id).unwrap());
    }
    assert_eq!(erased(), before);
    store.forget(ORG, "ann", 2).unwrap();
    assert!(erased() > before);
    let again = store.forget(ORG, "ann", 9).unwrap();
    assert_eq!((again.forgotten_ms, again.versions), (2, 1));
    let before = erased();
    store.remember(ORG, "ann").unwrap();
    assert!(erased() > before);
}

/// Whoever looks at the bytes of the file finds nothing either.
#[test]
fn nothing_stays_in_the_file() {
    let place = Place::new();
    let store = place.open();
    sync(&*store, &team("Agent"), 1);
    sync(&*store, &team("Senior"), 2);
    let bytes = || {
        let mut all = Vec::new();
        for entry in fs::read_dir(place.directory.path()).unwrap() {
            all.extend(fs::read(entry.unwrap().path()).unwrap());
        }
        String::from_utf8_lossy(&all).into_owned()
    };
    assert!(bytes().contains("Ann Secret"));
    store.forget(ORG, "ann", 5).unwrap();
    let bytes = bytes();
    for personal in ANN {
        assert!(!bytes.contains(personal), "{personal} is still there");
    }
    assert!(bytes.contains("Bob Other"));
}
