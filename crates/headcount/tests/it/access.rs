//! `client` and `token`: secrets are shown once, grants say what was asked for, revoking works.

use std::{collections::BTreeSet, fs};

use headcount_store::{Access, Credential, CredentialKind, RateLimit, open};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::{run::Home, sandboxed::Sandboxed};

/// A home whose store lies in it, without any snapshot.
fn home() -> Home {
    Home::new().with("HEADCOUNT_STORE", "sqlite:roster.db")
}

fn json(home: &Home, arguments: &[&str]) -> Value {
    let arguments = [arguments, &["--output", "json"]].concat();
    serde_json::from_str(&home.ok(&arguments)).unwrap()
}

fn url(home: &Home) -> String {
    format!("sqlite:{}", home.path().join("roster.db").display())
}

/// What the store holds.
fn kept(url: &str) -> Vec<Credential> {
    open(url, Access::Read)
        .unwrap()
        .access()
        .unwrap()
        .credentials
}

fn keys(value: &Value) -> Vec<&String> {
    value.as_object().unwrap().keys().collect()
}

/// Whether any file of the home holds these bytes.
fn on_disk(home: &Home, text: &str) -> bool {
    let files = fs::read_dir(home.path()).unwrap();
    files
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .any(|bytes| {
            bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes())
        })
}

#[test]
fn a_client_is_told_once_and_kept_as_a_digest() {
    let home = home();
    let told = json(&home, &["client", "create", "--name", "Power BI"]);
    assert_eq!(keys(&told), ["client_id", "client_secret"]);
    let (id, secret) = (
        told["client_id"].as_str().unwrap(),
        told["client_secret"].as_str().unwrap(),
    );
    assert_eq!((id.len(), secret.len()), (36, 43));
    assert!(on_disk(&home, id) && !on_disk(&home, secret));
    let kept = kept(&url(&home));
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].id.as_str(), kept[0].kind),
        (id, CredentialKind::Client)
    );
    assert_eq!(kept[0].name.as_deref(), Some("Power BI"));
    assert_eq!(kept[0].org, "default");
    assert_eq!(
        &kept[0].digest[..],
        digest(&SHA256, secret.as_bytes()).as_ref()
    );
    assert_eq!(kept[0].grant.permissions, ["directory:user:view"]);
    assert_eq!(kept[0].grant.divisions, None);
    assert_eq!(kept[0].grant.rate_limit, RateLimit::Default);
    assert_eq!((kept[0].expires_ms, kept[0].revoked_ms), (None, None));
}

#[test]
fn a_token_is_told_once_and_kept_as_a_digest() {
    let home = home();
    let told = json(
        &home,
        &[
            "token",
            "create",
            "--permission",
            "headcount:metrics:view",
            "--permission",
            "directory:user:view",
            "--rate-limit",
            "off",
            "--expires",
            "2999-12-31",
        ],
    );
    assert_eq!(keys(&told), ["token"]);
    let token = told["token"].as_str().unwrap();
    let parts: Vec<&str> = token.split('_').collect();
    let [prefix, id, secret] = parts[..] else {
        panic!("not in three parts");
    };
    assert_eq!((prefix, id.len(), secret.len()), ("hc", 22, 43));
    assert!(on_disk(&home, id) && !on_disk(&home, secret));
    let kept = kept(&url(&home));
    assert_eq!(
        (kept[0].id.as_str(), kept[0].kind),
        (id, CredentialKind::Token)
    );
    assert_eq!(
        &kept[0].digest[..],
        digest(&SHA256, secret.as_bytes()).as_ref()
    );
    assert_eq!(
        kept[0].grant.permissions,
        ["directory:user:view", "headcount:metrics:view"]
    );
    assert_eq!(kept[0].grant.rate_limit, RateLimit::Off);
    assert_eq!(kept[0].expires_ms, Some(32_503_679_999_999));
}

#[test]
fn a_secret_is_shown_in_every_form() {
    let home = home();
    let table = home.ok(&["client", "create"]);
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("client_id: ") && lines[1].starts_with("client_secret: "));
    assert!(lines[3].contains("not shown again"), "{table}");
    let csv = home.ok(&["token", "create", "--output", "csv"]);
    assert!(csv.starts_with("token\r\nhc_"), "{csv}");
    let line = home.ok(&["token", "create", "--output", "ndjson"]);
    assert!(
        line.starts_with(r#"{"token":"hc_"#) && line.lines().count() == 1,
        "{line}"
    );
}

#[test]
fn lists_tell_everything_but_the_secret() {
    let home = home();
    let told = json(
        &home,
        &[
            "client",
            "create",
            "--name",
            "a, \"b\"",
            "--rate-limit",
            "60",
        ],
    );
    let id = told["client_id"].as_str().unwrap();
    // Nobody waits half an hour for one to expire.
    let store = open(&url(&home), Access::Write).unwrap();
    let old = Credential {
        id: "old".to_owned(),
        created_ms: 1_000,
        expires_ms: Some(2_000),
        ..kept(&url(&home)).remove(0)
    };
    store.add_credential(&old).unwrap();
    let gone = json(&home, &["client", "create"]);
    let gone = gone["client_id"].as_str().unwrap();
    home.ok(&["client", "revoke", gone]);
    json(&home, &["token", "create"]);
    json(&home, &["client", "create", "--org", "other"]);

    let listed = json(&home, &["client", "list"]);
    let states: Vec<_> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one["state"].as_str().unwrap()))
        .collect();
    assert_eq!(states[0], ("old", "expired"));
    let rest: BTreeSet<_> = states[1..].iter().copied().collect();
    assert_eq!(rest, BTreeSet::from([(id, "active"), (gone, "revoked")]));
    let one = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["id"] == id);
    let mut one = one.unwrap().clone();
    assert!(one["created"].as_str().unwrap().ends_with('Z'));
    one["created"] = Value::Null;
    assert_eq!(
        one,
        json!({"id": id, "name": "a, \"b\"", "permissions": ["directory:user:view"],
            "divisions": null, "rate_limit": 60, "created": null, "expires": null,
            "state": "active"})
    );
    assert_eq!(listed[0]["expires"], "1970-01-01T00:00:02.000Z");

    let csv = home.ok(&["client", "list", "--output", "csv"]);
    assert!(csv.starts_with("id,name,permissions,divisions,rate_limit,created,expires,state\r\n"));
    assert!(
        csv.contains(",\"a, \"\"b\"\"\",directory:user:view,all,60,"),
        "{csv}"
    );
    let lines = home.ok(&["client", "list", "--output", "ndjson"]);
    assert_eq!((csv.lines().count(), lines.lines().count()), (4, 3));
    let table = home.ok(&["client", "list"]);
    assert!(
        table.starts_with("ID") && table.lines().count() == 4,
        "{table}"
    );
    assert_eq!(json(&home, &["token", "list"]).as_array().unwrap().len(), 1);
    assert_eq!(
        json(&home, &["client", "list", "--org", "other"])
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let everything = [csv, lines, table].concat();
    assert!(!everything.contains(told["client_secret"].as_str().unwrap()));
}

#[test]
fn revoking_ends_one_of_the_kind_and_org() {
    let home = home();
    let told = json(&home, &["client", "create"]);
    let id = told["client_id"].as_str().unwrap();
    for arguments in [
        &["client", "revoke", "nobody"][..],
        &["token", "revoke", id],
        &["client", "revoke", id, "--org", "other"],
    ] {
        let told = home.fails(arguments, 1);
        assert!(told.contains(" list` shows the ids"), "{told}");
    }
    insta::assert_snapshot!(home.fails(&["token", "revoke", id], 1), @r#"
    error: the org `default` has no token of that id
    hint: `headcount token list` shows the ids
    "#);
    assert_eq!(kept(&url(&home))[0].revoked_ms, None);

    let first = home.ok(&["client", "revoke", id]);
    let revoked = kept(&url(&home))[0].revoked_ms;
    assert!(revoked.is_some());
    assert_eq!(
        home.ok(&["client", "revoke", id]),
        first,
        "the first time stays"
    );
    assert_eq!(kept(&url(&home))[0].revoked_ms, revoked);
    assert_eq!(json(&home, &["client", "revoke", id])["state"], "revoked");
}

#[test]
fn looking_makes_no_store() {
    let home = home();
    for arguments in [&["client", "list"][..], &["token", "revoke", "x"]] {
        let told = home.fails(arguments, 75);
        assert!(told.contains("there is no store"), "{told}");
    }
    assert!(!home.path().join("roster.db").exists());
}

#[test]
fn what_cannot_be_granted_is_a_usage_error() {
    let home = home();
    insta::assert_snapshot!(home.fails(&["token", "create", "--expires", "2001-01-01"], 2), @r#"
    error: --expires: 2001-01-01T23:59:59.999Z is in the past
    hint: write a date such as 2027-01-31, which means its end in UTC, a time such as 2027-01-31T08:00:00Z, or a length such as 90d, 12h or 30m
    "#);
    insta::assert_snapshot!(home.fails(&["token", "create", "--expires", "soon"], 2), @r#"
    error: --expires: "soon" is neither a date, a time nor a length of time
    hint: write a date such as 2027-01-31, which means its end in UTC, a time such as 2027-01-31T08:00:00Z, or a length such as 90d, 12h or 30m
    "#);
    insta::assert_snapshot!(home.fails(&["client", "create", "--permission", "directory:user:edit"], 2), @r#"
    error: invalid value 'directory:user:edit' for '--permission <NAME>'
      [possible values: directory:user:view, headcount:metrics:view, headcount:sync:accept]

      tip: a similar value exists: 'directory:user:view'

    For more information, try '--help'.
    "#);
    for arguments in [
        &["client", "create", "--rate-limit", "0"][..],
        &["client", "create", "--rate-limit", "-1"],
        &["client"],
        &["token", "revoke"],
    ] {
        home.fails(arguments, 2);
    }
    assert!(!home.path().join("roster.db").exists());
    insta::assert_snapshot!(home.fails(&["token", "create", "--division", "Sales"], 2), @r#"
    error: `Sales` is no id, and no snapshot tells the names of divisions yet
    hint: run `headcount sync` first, or name the division by its id
    "#);
    assert_eq!(kept(&url(&home)).len(), 0);
    let id = "3F0A1C7E-0000-4000-8000-000000000001";
    json(&home, &["token", "create", "--division", id]);
    assert_eq!(
        kept(&url(&home))[0].grant.divisions,
        Some(vec![id.to_lowercase()])
    );
}

/// The ids and names of divisions, out of the documents.
fn divisions(sandbox: &Sandboxed) -> BTreeSet<(String, String)> {
    let documents = sandbox.documents().into_iter();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    documents
        .filter_map(|user| {
            let division = &user["division"];
            Some((text(&division["id"])?, text(&division["name"])?))
        })
        .collect()
}

/// One sandbox for both, that ends with the test.
#[test]
fn divisions_are_those_of_the_last_snapshot() {
    let sandbox = Sandboxed::start(&["--users", "300", "--seed", "3"]);
    sandbox.json(&["sync", "--output", "json"]);
    let known = divisions(&sandbox);
    let named: Vec<_> = known
        .iter()
        .filter(|(_, name)| name.chars().count() > 3)
        .collect();
    let ((first, near), (_, second)) = (named[0], named[1]);
    granted_by_id_or_name(&sandbox, &known, first, second);
    unknown_ones_get_their_nearest_names(&sandbox, near);
}

fn granted_by_id_or_name(
    sandbox: &Sandboxed,
    known: &BTreeSet<(String, String)>,
    id: &str,
    name: &str,
) {
    let (upper_id, upper_name) = (id.to_uppercase(), name.to_uppercase());
    let asked = ["--division", &upper_id, "--division", &upper_name];
    let told = sandbox.json(
        &[
            &["token", "create", "--output", "json", "--division", id],
            &asked[..],
        ]
        .concat(),
    );
    let token = told["token"].as_str().unwrap();
    let granted = kept(&format!("sqlite:{}", sandbox.store().display()))
        .into_iter()
        .find(|one| token.contains(&one.id))
        .and_then(|one| one.grant.divisions)
        .unwrap();
    let named = known.iter().filter(|(_, other)| other == name);
    let mut wanted: BTreeSet<&str> = named.map(|(id, _)| id.as_str()).collect();
    wanted.insert(id);
    assert_eq!(granted, Vec::from_iter(wanted));
    let listed = sandbox.json(&["token", "list", "--output", "json"]);
    assert_eq!(listed[0]["divisions"], json!(granted));
}

fn unknown_ones_get_their_nearest_names(sandbox: &Sandboxed, name: &str) {
    let near = format!("{name}x");
    for unknown in [&near, "3f0a1c7e-0000-4000-8000-000000000001", " "] {
        let output = sandbox.run(&["client", "create", "--division", unknown]);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(output.stdout.is_empty());
        assert!(told.contains("the last snapshot has no division"), "{told}");
        assert!(told.contains(name), "{told}");
    }
    let listed = sandbox.json(&["client", "list", "--output", "json"]);
    assert_eq!(listed, json!([]), "nothing was made");
}
