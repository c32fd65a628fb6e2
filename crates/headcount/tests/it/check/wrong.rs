//! What a person can get wrong about a check: one line, a hint, the right code, nothing written.

use super::{clean, home};
use crate::run::Home;

#[test]
fn words_that_mean_nothing() {
    let home = Home::new();
    insta::assert_snapshot!(home.fails(&["check", "--rule", "no-departmnt"], 2), @r"
    error: there is no rule `no-departmnt`
    hint: did you mean `no-department`?
    ");
    insta::assert_snapshot!(home.fails(&["check", "--explain", "zzz"], 2), @r"
    error: there is no rule `zzz`
    hint: `headcount check --list-rules` lists the rules
    ");
    insta::assert_snapshot!(home.fails(&["check", "--rule", "HX003"], 2), @r"
    error: rule HX003 compares with an expected roster
    hint: name it with --expected FILE.csv
    ");
    insta::assert_snapshot!(home.fails(&["users", "--output", "sarif"], 2), @r"
    error: sarif and junit are forms of the findings of `headcount check`
    hint: everything else is told as table, json, ndjson or csv
    ");
    insta::assert_snapshot!(home.fails(&["check", "--list-rules", "--output", "junit"], 2), @r"
    error: sarif and junit are forms of the findings of `headcount check`
    hint: everything else is told as table, json, ndjson or csv
    ");
    for arguments in [
        &["check", "--fail-on", "fatal"][..],
        &["check", "--output", "xml"],
        &["check", "--update-baseline"],
        &["check", "--repair", "import.csv"],
        &["check", "--expected", "hr.csv", "--force"],
        &["check", "--explain", "HC001", "--rule", "HC001"],
    ] {
        home.fails(arguments, 2);
    }
    insta::assert_snapshot!(home.fails(&["check"], 75), @r"
    error: there is no store at HOME/.local/share/headcount/headcount.db
    hint: run `headcount sync` first
    ");
}

#[test]
fn settings_that_are_none() {
    let home = Home::new();
    let mut told = String::new();
    for settings in [
        "[check]\nemail_domain = [\"example.com\"]\n",
        "[check.no-departmnt]\nenabled = false\n",
        "[check.HC010]\nthreshhold = 3\n",
        "[check.HC001]\nthreshold = 3\n",
        "[check.HC001]\nseverity = \"fatal\"\n",
        "[check.HC001]\nenabled = true\n[check.no-department]\nenabled = true\n",
    ] {
        home.file("settings.toml", settings);
        told += &home.fails(&["--config", "settings.toml", "check"], 78);
    }
    insta::assert_snapshot!(told);
}

#[test]
fn baselines_that_are_none() {
    let home = home(&clean());
    let mut told = String::new();
    for baseline in [
        "",
        "[]",
        "{\"fingerprints\": []}",
        "{\"headcount_baseline\": 2, \"fingerprints\": []}",
        "{\"headcount_baseline\": 1, \"fingerprints\": [\"ann@example.com\"]}",
    ] {
        home.file("known.json", baseline);
        told += &home.fails(
            &["check", "--baseline", "known.json", "--update-baseline"],
            2,
        );
        let left = std::fs::read_to_string(home.path().join("known.json")).unwrap();
        assert_eq!(left, baseline, "what is no baseline was written over");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn lists_that_are_none() {
    let home = home(&clean());
    let mut told = home.fails(&["check", "--expected", "absent.csv"], 1);
    for list in [
        &b""[..],
        b"Name,Department\nAnn,Sales\n",
        b"email,E-Mail\na,b\n",
        b"email,department\nann@example.com\n",
        b"email,department\nann@example.com,Sales,Berlin\n",
        b"email,department\nben@example.com,\"Sales\nann@example.com,Sales\n",
        b"email,department\nann@example.com,Verk\xe4ufe\n",
        b"\xff\xfee\0m\0a\0i\0l\0\n\0a",
        b"PK\x03\x04 a workbook",
    ] {
        std::fs::write(home.path().join("hr.csv"), list).unwrap();
        let check = ["check", "--expected", "hr.csv", "--repair", "import.csv"];
        told += &home.fails(&check, 2);
        assert!(
            !home.path().join("import.csv").exists(),
            "half an import was left"
        );
    }
    insta::assert_snapshot!(told);
}

#[test]
fn files_that_can_t_be_written() {
    let home = home(&clean());
    home.file("hr.csv", "email\nann@example.com\n");
    let repair = ["check", "--expected", "hr.csv", "--repair", "no/folder.csv"];
    insta::assert_snapshot!(home.fails(&repair, 1), @"error: no/folder.csv can't be written: No such file or directory (os error 2)");
    let baseline = ["check", "--baseline", "no/known.json", "--update-baseline"];
    insta::assert_snapshot!(home.fails(&baseline, 1), @"error: no/known.json can't be written: No such file or directory (os error 2)");
}
