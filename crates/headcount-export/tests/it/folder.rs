//! Which folders are taken, and by whom.

use std::fs;

use headcount_core::personal::Personal;
use headcount_export::{ExportError, Format, pbids};

use crate::org::{Org, files, manifest, user};

fn org() -> Org {
    let org = Org::new();
    org.publish(&[user("ann", "Ann", "Sales", None)], "2026-11-02T03:00:00Z");
    org.day("2026-11-02", &[(Some("ann"), None, 1)]);
    org
}

#[test]
fn a_folder_that_holds_something_else_is_refused() {
    let org = org();
    fs::create_dir(org.to()).unwrap();
    fs::write(org.to().join("thesis.txt"), "").unwrap();
    let error = org.try_export(Format::Csv, Personal::Full, &org.to());
    let Err(error @ ExportError::NotAnExport { .. }) = error else {
        panic!("{error:?}");
    };
    assert!(error.to_string().ends_with("thesis.txt") && error.hint().is_some());
    assert_eq!(files(&org.to()), ["thesis.txt"]);
    // What a person puts beside an export stays.
    fs::remove_file(org.to().join("thesis.txt")).unwrap();
    pbids(&org.to(), "https://example.com/odata/v4").unwrap();
    org.export(Format::Csv);
    fs::write(org.to().join("dim_user/notes.txt"), "").unwrap();
    org.day("2026-11-02", &[(Some("ann"), None, 2)]);
    org.export(Format::Csv);
    let left = files(&org.to());
    assert!(left.contains(&"dim_user/notes.txt".to_owned()));
    assert!(left.contains(&"headcount.pbids".to_owned()));
}

#[test]
fn an_export_of_another_kind_is_refused() {
    let org = org();
    org.export(Format::Csv);
    let error = org.try_export(Format::Parquet, Personal::Full, &org.to());
    assert!(matches!(error, Err(ExportError::OtherExport { .. })));
    let text = fs::read_to_string(org.to().join("manifest.json")).unwrap();
    for (from, to) in [
        ("\"acme\"", "\"other\""),
        ("\"format\": 1", "\"format\": 2"),
    ] {
        fs::write(org.to().join("manifest.json"), text.replace(from, to)).unwrap();
        let error = org.try_export(Format::Csv, Personal::Full, &org.to());
        assert!(
            matches!(error, Err(ExportError::OtherExport { .. })),
            "{to}"
        );
    }
    fs::write(org.to().join("manifest.json"), "{}").unwrap();
    let error = org.try_export(Format::Csv, Personal::Full, &org.to());
    assert!(matches!(error, Err(ExportError::NotAnExport { .. })));
}

#[test]
fn one_export_at_a_time() {
    let org = org();
    org.export(Format::Csv);
    let lock = fs::File::open(org.to().join(".headcount-export.lock")).unwrap();
    lock.lock().unwrap();
    let error = org.try_export(Format::Csv, Personal::Full, &org.to());
    let Err(error @ ExportError::Locked { .. }) = error else {
        panic!("{error:?}");
    };
    assert!(error.to_string().contains("another export"));
    drop(lock);
    assert!(org.export(Format::Csv).is_unchanged());
}

/// What a killed export leaves is cleared by the next, whether it has anything to write or not.
#[test]
fn leftovers_are_cleared() {
    let org = org();
    org.export(Format::Csv);
    let before = files(&org.to());
    let day = org.to().join("fact_handle_time/day=2026-11-02");
    fs::write(day.join(".unfinished.tmp"), "half").unwrap();
    fs::write(day.join("part-0123456789abcdef.csv"), "never told of").unwrap();
    org.export(Format::Csv);
    assert_eq!(files(&org.to()), before);
    // A file that is gone, or shorter than it was, is written again.
    let path = manifest(&org.to())["tables"]["dim_user"]["files"][0]["path"].clone();
    fs::write(org.to().join(path.as_str().unwrap()), "half").unwrap();
    let done = org.export(Format::Csv);
    let users = done.tables.iter().find(|table| table.table == "dim_user");
    assert!(users.is_some_and(|table| table.rows == 1));
    assert!(
        fs::metadata(org.to().join(path.as_str().unwrap()))
            .unwrap()
            .len()
            > 10
    );
}

#[test]
fn a_data_source_file_of_power_bi() {
    let org = org();
    let path = pbids(&org.to(), "https://example.com/odata/v4").unwrap();
    insta::assert_snapshot!(fs::read_to_string(path).unwrap());
}
