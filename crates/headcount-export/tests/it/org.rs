//! An org with a store, facts and a folder to export to.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use headcount_core::{
    fact::{Fact, FactKind, MEASURES},
    personal::{Personal, Veil},
};
use headcount_export::{ExportError, Exported, Format, Request, export};
use headcount_store::{
    Access, Breaker, Outcome, Store,
    facts::{Day, FactStore, Source},
    open,
};
use jiff::civil::Weekday;
use serde_json::{Value, json};

pub(crate) const ORG: &str = "acme";

pub(crate) struct Org {
    folder: tempfile::TempDir,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) facts: FactStore,
}

impl Org {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("a.db").display().to_string();
        Self {
            store: open(&url, Access::Write).unwrap(),
            facts: FactStore::open(&url, ORG).unwrap(),
            folder,
        }
    }

    /// Where exports go.
    pub(crate) fn to(&self) -> PathBuf {
        self.folder.path().join("export")
    }

    pub(crate) fn publish(&self, users: &[Value], at: &str) {
        let users: Vec<String> = users.iter().map(Value::to_string).collect();
        let users: Vec<&str> = users.iter().map(String::as_str).collect();
        let mut run = self.store.begin(ORG, "plan", ms(at), None).unwrap();
        self.store.stage(&mut run, &users).unwrap();
        let outcome = self
            .store
            .publish(run, "{}", ms(at), &Breaker::OFF)
            .unwrap();
        assert!(matches!(outcome, Outcome::Published(_)));
    }

    /// A day of handle time: who, in which medium, how many interactions of a second each.
    pub(crate) fn day(&self, date: &str, facts: &[(Option<&str>, Option<&str>, i64)]) {
        let start_ms = ms(&format!("{date}T00:00:00Z"));
        let facts = facts.iter().map(|(user, media, count)| {
            let mut measures = [None; MEASURES];
            measures[0] = Some(*count);
            measures[1] = Some(1000 * count);
            Fact {
                start_ms,
                end_ms: start_ms + 86_400_000,
                user_id: user.map(str::to_owned),
                media_type: media.map(str::to_owned),
                measures,
            }
        });
        let day = Day {
            date: date.parse().unwrap(),
            time_zone: "UTC".to_owned(),
            granularity: Some("P1D".to_owned()),
            source: Source::Import,
        };
        let kind = FactKind::HandleTime;
        self.facts.replace(kind, day, facts.collect()).unwrap();
    }

    pub(crate) fn export(&self, format: Format) -> Exported {
        self.try_export(format, Personal::Full, &self.to()).unwrap()
    }

    pub(crate) fn try_export(
        &self,
        format: Format,
        personal: Personal,
        to: &Path,
    ) -> Result<Exported, ExportError> {
        let veil = Veil::new(personal, &[7; 32]);
        export(
            &*self.store,
            Some(&self.facts),
            &Request {
                org: ORG,
                folder: to,
                format,
                veil: &veil,
                full: false,
                bom: false,
                time_zone: None,
                week_start: Weekday::Sunday,
                now_ms: ms("2026-11-25T06:00:00Z"),
                threads: 2,
                version: "1.2.3",
            },
        )
    }
}

pub(crate) fn ms(time: &str) -> i64 {
    time.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// A user of a department, below a manager.
pub(crate) fn user(id: &str, name: &str, department: &str, manager: Option<&str>) -> Value {
    let mut user = json!({
        "id": id, "name": name, "email": format!("{id}@example.com"), "state": "active",
        "department": department, "division": {"id": "d1", "name": "North"},
    });
    if let Some(manager) = manager {
        user["manager"] = json!({"id": manager});
    }
    user
}

/// The manifest of a folder.
pub(crate) fn manifest(folder: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

/// The text of each file that the manifest names, by table; those of a table one behind the other.
pub(crate) fn texts(folder: &Path) -> BTreeMap<String, String> {
    let manifest = manifest(folder);
    let tables = manifest["tables"].as_object().unwrap().iter();
    let text = |file: &Value| {
        let path = folder.join(file["path"].as_str().unwrap());
        let text = std::fs::read(&path).unwrap();
        assert_eq!(text.len() as u64, file["bytes"].as_u64().unwrap());
        String::from_utf8(text).unwrap()
    };
    tables
        .map(|(name, table)| {
            let files = table["files"].as_array().unwrap().iter();
            (name.clone(), files.map(text).collect())
        })
        .collect()
}

/// Every file below a folder, from there.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
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
