//! Small orgs to sync.

use std::{path::PathBuf, sync::Arc};

use headcount_core::field::Projection;
use headcount_store::{Access, Breaker, Outcome, Store, Summary, open};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::database::Database;

pub(crate) const ORG: &str = "org";

/// Where a store is; it goes away with it.
pub(crate) trait Home {
    fn url(&self) -> String;

    fn open(&self) -> Arc<dyn Store> {
        open(&self.url(), Access::Write).unwrap()
    }

    /// Waits until nothing of a process that was killed is under way any more.
    fn settle(&self) {}
}

/// A store in a directory that goes away with it.
pub(crate) struct Place {
    pub(crate) directory: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.directory.path().join("roster.db")
    }
}

impl Home for Place {
    fn url(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }
}

impl Home for Database {
    fn url(&self) -> String {
        self.url()
    }

    fn settle(&self) {
        self.settle();
    }
}

/// A user document.
pub(crate) fn user(id: &str, state: &str, division: &str, title: &str, version: i64) -> String {
    json!({"id": id, "name": format!("N{id}"), "state": state, "title": title,
        "division": {"id": division, "name": format!("Division {division}")},
        "department": "Support", "version": version})
    .to_string()
}

/// `count` active users in division `d`.
pub(crate) fn users(count: usize) -> Vec<String> {
    (0..count)
        .map(|index| user(&format!("u{index:05}"), "active", "d", "Agent", 1))
        .collect()
}

/// A whole sync in pages of 25.
pub(crate) fn sync_guarded(
    store: &dyn Store,
    documents: &[String],
    now_ms: i64,
    breaker: &Breaker,
) -> Outcome {
    let mut run = store.begin(ORG, "plan", now_ms, None).unwrap();
    for page in documents.chunks(25) {
        let page: Vec<&str> = page.iter().map(String::as_str).collect();
        store.stage(&mut run, &page).unwrap();
    }
    store.publish(run, "proved", now_ms, breaker).unwrap()
}

/// A whole sync that nothing holds back.
pub(crate) fn sync(store: &dyn Store, documents: &[String], now_ms: i64) -> Summary {
    match sync_guarded(store, documents, now_ms, &Breaker::OFF) {
        Outcome::Published(summary) => summary,
        Outcome::Held(_) => panic!("held by a breaker that is off"),
    }
}

/// The documents of a roster, by id.
pub(crate) fn roster(store: &dyn Store, as_of_ms: Option<i64>) -> Vec<(String, Value)> {
    let mut users = Vec::new();
    store
        .read(ORG, as_of_ms, &Projection::all(), &mut |user, document| {
            let document: Value = serde_json::from_str(document.unwrap()).unwrap();
            assert_eq!(user.title.as_deref(), document["title"].as_str());
            assert_eq!(user.state, document["state"].as_str().unwrap());
            assert_eq!(user.version, document["version"].as_i64());
            users.push((user.id.to_string(), document));
        })
        .unwrap();
    users
}

/// Ids of the roster of now.
pub(crate) fn ids(store: &dyn Store) -> Vec<String> {
    roster(store, None).into_iter().map(|(id, _)| id).collect()
}
