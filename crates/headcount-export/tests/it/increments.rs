//! What is written again, and what is not.

use headcount_core::{fact::FactKind, personal::Personal};
use headcount_export::{Exported, Format};

use crate::org::{Org, files, manifest, texts, user};

/// Tables of which files were written, and how many.
fn written(done: &Exported) -> Vec<(&str, usize)> {
    let tables = done.tables.iter();
    tables
        .filter(|table| table.written > 0)
        .map(|table| (table.table, table.written))
        .collect()
}

fn begun() -> Org {
    let org = Org::new();
    org.publish(
        &[
            user("ann", "Ann", "Sales", Some("zoe")),
            user("zoe", "Zoe", "Management", None),
        ],
        "2026-11-02T03:00:00Z",
    );
    org.day(
        "2026-11-02",
        &[(Some("ann"), None, 1), (Some("eve"), None, 2)],
    );
    org.day("2026-11-03", &[(Some("ann"), None, 3)]);
    org
}

#[test]
fn the_same_again_writes_nothing() {
    let org = begun();
    let first = org.export(Format::Parquet);
    assert!(
        first
            .tables
            .iter()
            .all(|table| table.written == table.files)
    );
    let before = files(&org.to());
    let text = std::fs::read(org.to().join("manifest.json")).unwrap();
    let again = org.export(Format::Parquet);
    assert!(again.is_unchanged());
    assert_eq!(files(&org.to()), before);
    assert_eq!(std::fs::read(org.to().join("manifest.json")).unwrap(), text);
}

#[test]
fn days_are_written_when_they_change_and_removed_when_they_go() {
    let org = begun();
    org.export(Format::Ndjson);
    org.day("2026-11-03", &[(Some("ann"), None, 4)]);
    org.day("2026-11-04", &[]);
    let done = org.export(Format::Ndjson);
    // The calendar goes one day further.
    assert_eq!(written(&done), [("dim_date", 1), ("fact_handle_time", 2)]);
    let gone = org.facts.list(FactKind::HandleTime).unwrap()[0]
        .path
        .clone();
    std::fs::remove_file(gone.unwrap()).unwrap();
    let done = org.export(Format::Ndjson);
    assert_eq!((written(&done), done.removed), (vec![], 1));
    let left = files(&org.to()).join("\n");
    assert!(!left.contains("day=2026-11-02") && left.contains("day=2026-11-03"));
    let folder = org.to().join("fact_handle_time/day=2026-11-02");
    assert!(!folder.exists(), "the folder of a day without a file");
}

#[test]
fn a_snapshot_changes_dimensions_and_days_after_it() {
    let org = begun();
    org.export(Format::Ndjson);
    org.publish(
        &[
            user("ann", "Ann", "Support", Some("zoe")),
            user("zoe", "Zoe", "Management", None),
        ],
        "2026-11-03T12:00:00Z",
    );
    let before = texts(&org.to());
    let done = org.export(Format::Ndjson);
    let after = texts(&org.to());
    let changed: Vec<&str> = after
        .iter()
        .filter_map(|(table, text)| (before[table] != *text).then_some(table.as_str()))
        .collect();
    let expected = [
        "dim_department",
        "dim_user",
        "dim_user_current",
        "fact_handle_time",
    ];
    assert_eq!(changed, expected);
    // Of facts the day that straddles the change alone; the one before stays.
    let days = written(&done)
        .into_iter()
        .find(|(table, _)| *table == "fact_handle_time");
    assert_eq!(days, Some(("fact_handle_time", 1)));
}

#[test]
fn a_stranger_who_comes_is_found_in_earlier_days() {
    let org = begun();
    org.export(Format::Ndjson);
    let mut users = vec![
        user("ann", "Ann", "Sales", Some("zoe")),
        user("zoe", "Zoe", "Management", None),
        user("bob", "Bob", "Sales", None),
    ];
    let rosters = |org: &Org| -> Vec<String> {
        let text = texts(&org.to())["fact_handle_time"].clone();
        let of_eve = text.lines().filter(|line| line.contains("\"eve\""));
        of_eve.map(str::to_owned).collect()
    };
    org.publish(&users, "2026-11-05T03:00:00Z");
    let done = org.export(Format::Ndjson);
    assert!(
        !written(&done)
            .iter()
            .any(|(table, _)| table.starts_with("fact"))
    );
    assert!(rosters(&org)[0].contains("\"user_key\":null"));
    users.push(user("eve", "Eve", "Sales", None));
    org.publish(&users, "2026-11-06T03:00:00Z");
    let done = org.export(Format::Ndjson);
    assert!(written(&done).contains(&("fact_handle_time", 1)));
    let row = &rosters(&org)[0];
    assert!(!row.contains("\"user_key\":null") && row.contains("\"is_before_first\":true"));
}

#[test]
fn another_policy_writes_what_carries_names() {
    let org = begun();
    org.export(Format::Ndjson);
    let done = org
        .try_export(Format::Ndjson, Personal::None, &org.to())
        .unwrap();
    assert_eq!(written(&done), [("dim_user", 1), ("dim_user_current", 1)]);
    assert_eq!(manifest(&org.to())["personal"], "none");
    assert!(!files(&org.to()).is_empty());
    assert!(!texts(&org.to()).values().any(|text| text.contains("Ann")));
}

#[test]
fn whoever_is_forgotten_is_in_no_file() {
    let org = begun();
    org.export(Format::Ndjson);
    let before = texts(&org.to());
    let now_ms = crate::org::ms("2026-11-25T05:00:00Z");
    org.store.forget(crate::org::ORG, "zoe", now_ms).unwrap();
    let done = org.export(Format::Ndjson);
    // Her name was that of a manager as well.
    assert_eq!(written(&done), [("dim_user", 1), ("dim_user_current", 1)]);
    assert_eq!(done.removed, 2);
    let after = texts(&org.to());
    for file in files(&org.to()) {
        let text = std::fs::read_to_string(org.to().join(&file)).unwrap();
        assert!(!text.contains("Zoe") && !text.contains("zoe@"), "{file}");
    }
    assert!(before["dim_user"].contains("Zoe") && after["dim_user"].contains("Management"));
    assert_eq!(before["fact_handle_time"], after["fact_handle_time"]);
}

/// Keys join the files of one month to those of the next.
#[test]
fn keys_stay_when_more_comes() {
    let org = begun();
    org.export(Format::Ndjson);
    let keys = |org: &Org| -> Vec<(String, i64)> {
        let text = texts(&org.to())["dim_user"].clone();
        let rows = text.lines().map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            let version = format!("{} {}", row["user_id"], row["valid_from"]);
            (version, row["user_key"].as_i64().unwrap())
        });
        rows.collect()
    };
    let before = keys(&org);
    org.publish(
        &[
            user("abe", "Abe", "Sales", Some("ann")),
            user("ann", "Ann", "Support", Some("zoe")),
            user("zoe", "Zoe", "Management", None),
        ],
        "2026-11-06T03:00:00Z",
    );
    org.export(Format::Ndjson);
    let after = keys(&org);
    assert!(before.iter().all(|key| after.contains(key)));
    assert_eq!(after.len(), before.len() + 2);
}
