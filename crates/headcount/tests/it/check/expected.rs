//! The roster beside the list of HR, and the import that makes it so.

use std::fs;

use serde_json::{Value, json};

use super::{PUBLISHED, clean, fails, home, publish, user, with};
use crate::{run::Home, sandboxed::Sandboxed};

const HR: &str = "\
E-Mail,Full Name,Dept,Job Title,Division,Manager,Status,Cost Center\r\n\
ANN@example.com,Ann Boss,Sales,Agent,germany,,active,1\r\n\
ben@example.com,Ben Agent,\"Service, 2nd level\",Senior Agent,Germany,ann@example.com,active,2\r\n\
cyd@example.com,Cyd Agent,,Agent,France,Ben Agent,active,2\r\n\
eve@example.com,Eve Away,Sales,Agent,Germany,ann,active,2\r\n\
fay@example.com,Fay Gone,Sales,Agent,Germany,Ann Boss,,2\r\n\
new@example.com,\"Zoë \"\"Z\"\" New\",Sales,Agent,Germany,ann@example.com,active,2\r\n\
old@example.com,Old Hand,Sales,Agent,Germany,Ann Boss,terminated,2\r\n\
ben@example.com,Ben Agent,Sales,Agent,Germany,Ann Boss,active,2\r\n\
,No Key,Sales,Agent,Germany,Ann Boss,active,2\r\n\
dan@example.com,Dan Agent,Sales,Agent,Germany,Ann Boss,on leave,2\r\n\
";

fn org() -> Vec<Value> {
    let mut users = clean();
    users.push(user("gil", "Gil Extra", "ann"));
    users
}

/// The list in an encoding that some program writes.
fn encodings() -> Vec<(&'static str, Vec<u8>)> {
    let text = |delimiter: &str| {
        let mut quoted = false;
        let turn = |letter: char| {
            quoted ^= letter == '"';
            if letter == ',' && !quoted {
                delimiter.to_owned()
            } else {
                letter.to_string()
            }
        };
        HR.chars().map(turn).collect::<String>()
    };
    let utf16 = |text: &str, unit: fn(u16) -> [u8; 2]| {
        let mut bytes = unit(0xfeff).to_vec();
        bytes.extend(text.encode_utf16().flat_map(unit));
        bytes
    };
    vec![
        ("UTF-8, comma", HR.as_bytes().to_vec()),
        (
            "UTF-8 with mark, semicolon",
            ["\u{feff}", &text(";")].concat().into_bytes(),
        ),
        ("UTF-16 LE, tab", utf16(&text("\t"), u16::to_le_bytes)),
        ("UTF-16 BE, semicolon", utf16(&text(";"), u16::to_be_bytes)),
        ("UTF-8, line feeds", HR.replace("\r\n", "\n").into_bytes()),
    ]
}

/// The findings about the list.
fn about_hr(home: &Home, arguments: &[&str]) -> String {
    let check = [
        "check",
        "--expected",
        "hr.csv",
        "--output",
        "json",
        "--quiet",
    ];
    let (answer, _) = fails(home, &[&check[..], arguments].concat());
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let findings = answer["findings"].as_array().unwrap().iter();
    findings
        .filter(|found| found["rule"].as_str().unwrap().starts_with("HX"))
        .map(|found| {
            let text = |name: &str| found[name].as_str().unwrap_or("-").to_owned();
            let parts = [
                "severity",
                "rule",
                "user_id",
                "user_name",
                "field",
                "value",
                "message",
            ];
            parts.map(text).join(" | ") + "\n"
        })
        .collect()
}

#[test]
fn who_is_missing_extra_and_different() {
    let home = home(&org());
    home.file("hr.csv", HR);
    insta::assert_snapshot!(about_hr(&home, &[]));
    let (_, told) = fails(&home, &["check", "--expected", "hr.csv"]);
    insta::assert_snapshot!(told);
}

#[test]
fn every_encoding_and_delimiter_says_the_same() {
    let home = home(&org());
    home.file("hr.csv", HR);
    let wanted = about_hr(&home, &[]);
    for (name, bytes) in encodings() {
        fs::write(home.path().join("hr.csv"), bytes).unwrap();
        assert_eq!(about_hr(&home, &[]), wanted, "{name}");
    }
}

#[test]
fn a_user_is_known_by_username_or_id_as_well() {
    let mut users = clean();
    users[1]["username"] = json!("BEN.A");
    let home = home(&users);
    home.file("hr.csv", "Department;User Name\nService;ben.a\n");
    let told = about_hr(&home, &["--rule", "expected-department"]);
    insta::assert_snapshot!(told, @r#"error | HX003 | ben | Ben Agent | department | Sales | is in "Sales" and expected in "Service""#);
    home.file("hr.csv", "user_id\tDEPARTMENT\nBEN\tService\n");
    assert_eq!(about_hr(&home, &["--rule", "expected-department"]), told);
}

#[test]
fn exceptions_and_severities_hold_for_the_list_too() {
    let home = home(&org());
    home.file("hr.csv", HR);
    home.file(
        "settings.toml",
        "[check.HX002]\nexcept = [\"GIL\"]\n[check.HX006]\nseverity = \"note\"\n\
         [check.expected-state]\nenabled = false\n[check.expected-missing]\nexcept = [\"new@example.com\"]\n",
    );
    let told = about_hr(&home, &["--config", "settings.toml"]);
    assert!(
        told.contains("note | HX006") && !told.contains("HX007"),
        "{told}"
    );
    assert!(
        !told.contains("gil") && !told.contains("new@example.com"),
        "{told}"
    );
}

#[test]
fn a_baseline_knows_findings_about_the_list() {
    let home = home(&org());
    home.file("hr.csv", HR);
    let check = [
        "check",
        "--expected",
        "hr.csv",
        "--quiet",
        "--baseline",
        "known.json",
    ];
    home.ok(&[&check[..], &["--update-baseline"]].concat());
    home.ok(&[&check[..], &["--fail-on", "note"]].concat());
    let kept = fs::read_to_string(home.path().join("known.json")).unwrap();
    assert!(
        !kept.contains("example.com") && kept.contains("HX001:"),
        "{kept}"
    );
    // Without the list nothing about it is gone.
    let without = home.ok(&["check", "--baseline", "known.json"]);
    assert!(!without.contains("no longer found"), "{without}");
}

#[test]
fn a_repair_file_fills_in_what_stands_today() {
    let home = home(&org());
    home.file("hr.csv", HR);
    let check = ["check", "--expected", "hr.csv", "--repair", "import.csv"];
    let (_, told) = fails(&home, &check);
    insta::assert_snapshot!(told);
    let read = || fs::read_to_string(home.path().join("import.csv")).unwrap();
    let written = read();
    insta::assert_snapshot!(written);
    // A file that is there stays.
    home.file("import.csv", "mine\n");
    insta::assert_snapshot!(home.fails(&check, 2));
    assert_eq!(read(), "mine\n");
    fails(&home, &[&check[..], &["--force"]].concat());
    assert_eq!(read(), written);
    let left: Vec<_> = fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".tmp"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

/// What a people import does: blanks in some columns erase, in others they leave what is there.
fn import(users: &mut Vec<Value>, csv: &str) {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    for row in reader.records() {
        let row = row.unwrap();
        let cell = |at: usize| row[at].to_owned();
        let place = users
            .iter()
            .position(|user| user["email"] == cell(1))
            .unwrap_or_else(|| {
                users.push(with(
                    user(cell(1).split('@').next().unwrap(), &cell(0), ""),
                    json!({"addresses": []}),
                ));
                users.len() - 1
            });
        let manager = users.iter().find(|user| user["email"] == cell(6));
        let manager = manager.map(|user| user["id"].clone());
        let user = &mut users[place];
        user["state"] = json!("active");
        user["name"] = json!(cell(0));
        user["title"] = json!(cell(4));
        user["department"] = json!(cell(5));
        let phone =
            json!({"address": cell(2), "mediaType": "PHONE", "type": "WORK", "extension": cell(3)});
        user["addresses"] = json!([phone]);
        if let Some(manager) = manager {
            user["manager"] = json!({"id": manager});
        }
        if !cell(10).is_empty() {
            user["division"] = json!({"id": cell(10), "name": cell(10)});
        }
    }
}

#[test]
fn once_imported_the_roster_is_as_expected() {
    let mut users = org();
    let home = home(&users);
    // What an import can mend: no state, nothing unclear, nobody extra.
    let list: String = HR
        .lines()
        .filter(|line| {
            !["eve", "old", ",No", "dan"]
                .iter()
                .any(|start| line.starts_with(start))
        })
        .filter(|line| !line.contains(",Ben Agent,Sales"))
        .map(|line| format!("{line}\n"))
        .collect();
    home.file(
        "hr.csv",
        &(list + "dan@example.com,,,,,,active,\ngil@example.com,,,,,,active,\n"),
    );
    about_hr(&home, &["--repair", "import.csv"]);
    let written = fs::read_to_string(home.path().join("import.csv")).unwrap();
    let before: Vec<Value> = users.clone();
    import(&mut users, &written);
    publish(&home, &users, PUBLISHED + 60_000);
    let check = [
        "check",
        "--expected",
        "hr.csv",
        "--fail-on",
        "note",
        "--quiet",
    ];
    let hx = [
        "HX001", "HX002", "HX003", "HX004", "HX005", "HX006", "HX007", "HX008",
    ];
    let only: Vec<&str> = hx.iter().flat_map(|rule| ["--rule", rule]).collect();
    home.ok(&[&check[..], &only].concat());
    // The phone of whoever has a row is what it was.
    let phone = |users: &[Value], at: usize| {
        let contacts = users[at]["addresses"].as_array().unwrap();
        let work = contacts
            .iter()
            .find(|contact| contact["type"] == "WORK")
            .unwrap();
        work["address"].clone()
    };
    assert_eq!(phone(&users, 1), phone(&before, 1));
}

/// Nothing holds more of a list than a row: a list of many strangers is told up to a bound.
#[test]
fn a_list_of_strangers_is_told_in_part_and_counted_in_full() {
    let home = home(&clean());
    let rows: String = (0..100_500)
        .map(|n| format!("stranger{n}@example.com\n"))
        .collect();
    home.file("hr.csv", &format!("email\n{rows}"));
    let check = [
        "check",
        "--expected",
        "hr.csv",
        "--rule",
        "HX001",
        "--output",
        "ndjson",
    ];
    let ran = home.run(&check);
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 100_000));
    assert!(
        ran.stderr.contains("500 more people are missing"),
        "{}",
        ran.stderr
    );
}

/// An org as Genesys Cloud has it, a list that wants it otherwise, and the import between the two.
#[test]
fn a_repair_file_imported_by_the_sandbox_leaves_nothing_to_repair() {
    let sandbox = Sandboxed::start(&["--users", "400", "--seed", "11"]);
    sandbox.json(&["sync", "--output", "json"]);
    let text = |user: &Value, member: &str| user[member].as_str().unwrap_or_default().to_owned();
    let all = sandbox.documents();
    let there = |state: &str| all.iter().filter(move |user| user["state"] == state);
    let boss = text(there("active").last().unwrap(), "email");
    let mut list = csv::Writer::from_writer(Vec::new());
    list.write_record([
        "Title",
        "E-Mail",
        "Name",
        "Department",
        "Division",
        "Manager",
    ])
    .unwrap();
    for (at, user) in there("active").enumerate() {
        let other =
            |every: usize, new: &str, old: &str| if at % every == 0 { new } else { old }.to_owned();
        let row = [
            other(5, "Team, \"Lead\"", ""),
            text(user, "email").to_uppercase(),
            text(user, "name"),
            other(3, "Nachtschicht", ""),
            other(7, "APAC", ""),
            other(4, &boss, ""),
        ];
        list.write_record(row).unwrap();
    }
    for user in there("inactive").chain(there("deleted").take(3)) {
        list.write_record(["", &text(user, "email"), "", "", "", ""])
            .unwrap();
    }
    for at in 0..5 {
        let email = format!("new.{at}@example.com");
        let manager = format!("new.{}@example.com", (at + 1) % 2);
        list.write_record(["Agent", &email, "Zoë New", "Sales", "EMEA", &manager])
            .unwrap();
    }
    let hr = sandbox.folder.path().join("hr.csv");
    fs::write(&hr, list.into_inner().unwrap()).unwrap();

    let import = sandbox.folder.path().join("import.csv");
    let (hr, import) = (hr.to_str().unwrap(), import.to_str().unwrap());
    let check = [
        "check",
        "--expected",
        hr,
        "--output",
        "json",
        "--fail-on",
        "never",
    ];
    let found = |more: &[&str]| -> Vec<Value> {
        let answer = sandbox.json(&[&check[..], more].concat());
        let findings = answer["findings"].as_array().unwrap().iter();
        let about_hr = findings.filter(|found| found["rule"].as_str().unwrap().starts_with("HX"));
        about_hr.cloned().collect()
    };
    assert!(found(&["--repair", import]).len() > 100);
    let answer = sandbox.ask(
        "POST",
        "/sandbox/import",
        &fs::read_to_string(import).unwrap(),
    );
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!(answer["added"], 5, "{answer}");
    sandbox.json(&["sync", "--output", "json"]);
    assert_eq!(found(&[]), Vec::<Value>::new());

    // What the list does not say is as it was.
    let kept = |users: &[Value]| -> Vec<(String, Option<String>)> {
        let phone = |user: &Value| {
            let contacts = user["addresses"].as_array()?.iter();
            let mut work = contacts.filter(|contact| contact["type"] == "WORK");
            Some(work.next()?["address"].as_str()?.to_owned())
        };
        let known = users
            .iter()
            .filter(|user| !text(user, "email").starts_with("new."));
        let mut kept: Vec<_> = known.map(|user| (text(user, "id"), phone(user))).collect();
        kept.sort();
        kept
    };
    assert_eq!(kept(&sandbox.documents()), kept(&all));
}
