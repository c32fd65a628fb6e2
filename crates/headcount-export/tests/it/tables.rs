//! What is in the tables.

use std::fmt::Write;

use headcount_core::personal::Personal;
use headcount_export::Format;

use crate::org::{Org, texts, user};

/// Ann moves to another manager, who gets one as well; Bob leaves; the division is renamed.
fn moved() -> Org {
    let org = Org::new();
    org.publish(
        &[
            user("ann", "Ann", "Sales", Some("zoe")),
            user("bob", "Bob", " ", Some("nobody")),
            user("cid", "=Cid, \"C\"", "Support", None),
            user("zoe", "Zoë", "Management", None),
        ],
        "2026-11-02T03:00:00Z",
    );
    let mut later = [
        user("ann", "Ann", "Sales", Some("cid")),
        user("cid", "=Cid, \"C\"", "Support", Some("zoe")),
        user("zoe", "Zoë", "Management", None),
    ];
    for user in &mut later {
        user["division"]["name"] = "Nord".into();
    }
    org.publish(&later, "2026-11-04T03:00:00Z");
    org.day(
        "2026-11-01",
        &[(Some("ann"), Some("voice"), 1), (Some("stranger"), None, 2)],
    );
    org.day("2026-11-02", &[]);
    org.day(
        "2026-11-03",
        &[
            (Some("ann"), Some("voice"), 3),
            (Some("BOB"), Some("chat"), 4),
        ],
    );
    org.day(
        "2026-11-04",
        &[(Some("ann"), Some("voice"), 5), (None, None, 6)],
    );
    org.day("2026-11-05", &[(Some("ann"), Some("voice"), 7)]);
    org
}

#[test]
fn the_tables_of_a_small_org() {
    let org = moved();
    org.export(Format::Ndjson);
    let mut told = String::new();
    for (table, text) in texts(&org.to()) {
        writeln!(told, "{table}\n{text}").unwrap();
    }
    insta::assert_snapshot!(told);
}

#[test]
fn csv_is_guarded_and_quoted() {
    let org = moved();
    org.export(Format::Csv);
    let texts = texts(&org.to());
    insta::assert_snapshot!(texts["dim_user_current"]);
    insta::assert_snapshot!(texts["fact_handle_time"]);
}

#[test]
fn personal_values_leave_as_asked() {
    let org = moved();
    let secrets = ["Ann", "Cid", "Zo", "example.com"];
    let leaks = |text: &str| secrets.iter().any(|secret| text.contains(secret));
    for (personal, name) in [(Personal::None, None), (Personal::Hashed, Some(32))] {
        let to = org.to().with_extension(personal.name());
        org.try_export(Format::Ndjson, personal, &to).unwrap();
        let texts = texts(&to);
        assert!(!texts.values().any(|text| leaks(text)), "{personal:?}");
        let line = texts["dim_user"].lines().next().unwrap();
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let told = |column: &str| row[column].as_str().map(str::len);
        for column in ["name", "email", "manager_name", "level_1_name"] {
            assert_eq!(told(column), name, "{column}");
        }
        assert_eq!(row["department"], "Sales");
    }
    org.export(Format::Ndjson);
    assert!(leaks(&texts(&org.to())["dim_user"]));
}

#[test]
fn columns_are_there_without_any_rows() {
    let org = Org::new();
    org.publish(&[user("ann", "Ann", "Sales", None)], "2026-11-02T03:00:00Z");
    org.export(Format::Csv);
    let texts = texts(&org.to());
    for table in ["fact_handle_time", "fact_evaluation", "bridge_manager"] {
        assert_eq!(
            texts[table].lines().count(),
            1,
            "{table} has no header alone"
        );
    }
    let columns = org.export(Format::Csv);
    assert!(columns.is_unchanged());
}
