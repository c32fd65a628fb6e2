//! Everything that can be wrong before upstream is asked: one line, a hint, the right code.

use crate::run::Home;

#[test]
fn malformed_settings_name_file_line_and_column() {
    let home = Home::new();
    home.file(".config/headcount/config.toml", "[sync]\npage_sice = 100\n");
    insta::assert_snapshot!(home.fails(&["count", "--by", "state"], 78), @r#"
    error: HOME/.config/headcount/config.toml:2:1: unknown setting `page_sice`; did you mean `page_size`?
    hint: headcount.example.toml shows every setting
    "#);
    home.file("other.toml", "[org.acme\n");
    insta::assert_snapshot!(home.fails(&["--config", "other.toml", "sync"], 78), @r#"
    error: other.toml:1:10: unclosed table, expected `]`
    hint: headcount.example.toml shows every setting
    "#);
    insta::assert_snapshot!(home.fails(&["--config", "absent.toml", "sync"], 78), @"error: absent.toml can't be read: No such file or directory (os error 2)");
}

#[test]
fn several_orgs_need_a_choice() {
    let home = Home::new();
    home.file("orgs.toml", "[org.acme]\n[org.globex]\n");
    insta::assert_snapshot!(home.fails(&["--config", "orgs.toml", "snapshots"], 2), @r#"
    error: the settings file names several orgs
    hint: choose one with --org: acme, globex
    "#);
    insta::assert_snapshot!(home.fails(&["--config", "orgs.toml", "--org", "glob", "snapshots"], 2), @r#"
    error: the settings file has no org `glob`
    hint: did you mean `globex`?
    "#);
}

#[test]
fn nothing_synced_yet_is_try_again() {
    let home = Home::new();
    insta::assert_snapshot!(home.fails(&["users"], 75), @r#"
    error: there is no store at HOME/.local/share/headcount/headcount.db
    hint: run `headcount sync` first
    "#);
    insta::assert_snapshot!(home.fails(&["count", "--by", "state"], 75), @r#"
    error: there is no store at HOME/.local/share/headcount/headcount.db
    hint: run `headcount sync` first
    "#);
    insta::assert_snapshot!(home.fails(&["history", "--output", "json"], 75), @r#"
    error: there is no store at HOME/.local/share/headcount/headcount.db
    hint: run `headcount sync` first
    "#);
    insta::assert_snapshot!(home.fails(&["snapshots"], 75), @r#"
    error: there is no store at HOME/.local/share/headcount/headcount.db
    hint: run `headcount sync` first
    "#);
    assert!(
        !home.path().join(".local/share/headcount").exists(),
        "asking made a store"
    );
}

#[test]
fn what_is_no_store_is_told() {
    let home = Home::new().with("HEADCOUNT_STORE", "sqlite:notes.txt");
    home.file("notes.txt", "milk, bread\n");
    insta::assert_snapshot!(home.fails(&["users"], 1), @r#"
    error: notes.txt is not a headcount store
    hint: name another place with --store
    "#);
    insta::assert_snapshot!(home.fails(&["users", "--store", "mysql://host/db"], 78), @r#"
    error: stores of kind "mysql" are not in this version
    hint: name a store with --store sqlite:PATH or postgres://…
    "#);
}

#[test]
fn credentials_and_region_are_needed_to_sync() {
    let home = Home::new();
    insta::assert_snapshot!(home.fails(&["sync"], 78), @r#"
    error: no region is set for the org `default`
    hint: set GENESYSCLOUD_REGION, such as mypurecloud.de or eu-central-1
    "#);
    let home = home.with("GENESYSCLOUD_REGION", "mypurecloud.de");
    insta::assert_snapshot!(home.fails(&["sync"], 77), @r#"
    error: no credentials are set
    hint: set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, or try `headcount demo --once`, which needs none
    "#);
    let home = home.with("GENESYSCLOUD_OAUTHCLIENT_ID", "id");
    insta::assert_snapshot!(home.fails(&["doctor"], 77), @r#"
    error: the OAuth client secret is missing
    hint: set GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, or try `headcount demo --once`, which needs none
    "#);
    let home = home.with("GENESYSCLOUD_OAUTHCLIENT_SECRET", "hush");
    let home = home.with("GENESYSCLOUD_REGION", "eu-central-9");
    insta::assert_snapshot!(home.fails(&["sync"], 78), @r#"
    error: `eu-central-9` is not a region of Genesys Cloud
    hint: did you mean `eu-central-1` or `eu-central-2` or `me-central-1`?
    "#);
}

#[test]
fn unknown_fields_columns_and_moments_are_usage_errors() {
    let home = Home::new();
    insta::assert_snapshot!(home.fails(&["users", "--where", "departmnt=Sales"], 2), @r#"
    error: unknown field `departmnt`
    hint: did you mean `department`?
    "#);
    insta::assert_snapshot!(home.fails(&["users", "--where", "department="], 2), @r#"
    error: --where: "department=" has no value; write department alone for "has a value", !department for "has none"
    hint: `headcount users --help` shows what a condition looks like
    "#);
    insta::assert_snapshot!(home.fails(&["users", "--columns", "name,emial"], 2), @r#"
    error: unknown field `emial`
    hint: did you mean `email` or `manager.email`?
    "#);
    insta::assert_snapshot!(home.fails(&["count", "--by", "divison"], 2), @r#"
    error: unknown field `divison`
    hint: did you mean `division` or `division.id` or `division.name`?
    "#);
    insta::assert_snapshot!(home.fails(&["users", "--as-of", "yesterday"], 2), @r#"
    error: "yesterday" is neither a date nor a time
    hint: write a date such as 2026-11-24, which means its last moment, or a time such as 2026-11-24T08:00:00Z
    "#);
    insta::assert_snapshot!(home.fails(&["history", "--since", "31.1.2026"], 2), @r#"
    error: "31.1.2026" is neither a date nor a time
    hint: write a date such as 2026-11-24, which means its last moment, or a time such as 2026-11-24T08:00:00Z
    "#);
}
