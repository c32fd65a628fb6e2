//! `changes`: what it comes to since a time or a token, and tokens that work here and in the server.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Stdio},
};

use serde_json::{Value, json};

use crate::sandboxed::Sandboxed;

/// Lasting documents by id.
type Copy = BTreeMap<String, Value>;

fn changes(sandbox: &Sandboxed, since: &str) -> Value {
    sandbox.json(&["changes", "--since", since, "--output", "json"])
}

fn token(told: &Value) -> String {
    told["token"].as_str().unwrap().to_owned()
}

fn apply(copy: &mut Copy, told: &Value) {
    for change in told["changes"].as_array().unwrap() {
        let id = change["user_id"].as_str().unwrap().to_owned();
        match change["change"].as_str().unwrap() {
            "left" => drop(copy.remove(&id)),
            _ => drop(copy.insert(id, change["document"].clone())),
        }
    }
}

/// The roster as of the last snapshot, without what is volatile.
fn roster(sandbox: &Sandboxed) -> Copy {
    let snapshots = sandbox.json(&["snapshots", "--output", "json"]);
    let last = snapshots.as_array().unwrap().last().unwrap();
    let at = last["published"].as_str().unwrap();
    let users = sandbox.json(&["users", "--as-of", at, "--output", "json"]);
    let users = users.as_array().unwrap().iter();
    users
        .map(|user| (user["id"].as_str().unwrap().to_owned(), user.clone()))
        .collect()
}

fn another_day(sandbox: &Sandboxed) {
    sandbox.post(
        "/sandbox/change",
        &json!([
            {"do": "join", "count": 2}, {"do": "purge", "count": 2}, {"do": "return", "count": 1},
            {"do": "move-division", "count": 2}, {"do": "rename", "count": 2},
        ]),
    );
    sandbox.json(&["sync", "--output", "json"]);
}

/// A server that runs until it is dropped.
struct Serving(Child, String);

impl Serving {
    fn start(sandbox: &Sandboxed) -> Self {
        let mut process = sandbox
            .command(&["serve", "--listen", "127.0.0.1:0", "--log", "off"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut lines = BufReader::new(process.stdout.as_mut().unwrap());
        lines.read_line(&mut line).unwrap();
        let told: Value = serde_json::from_str(&line).unwrap();
        let url = told["url"].as_str().unwrap();
        let address = url.trim_start_matches("http://").to_owned();
        Self(process, address)
    }

    fn get(&self, path: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(&self.1).unwrap();
        let head = format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        (status, serde_json::from_str(body).unwrap())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn tokens_lead_from_day_to_day_here_and_in_the_server() {
    let sandbox = Sandboxed::start(&["--users", "120", "--seed", "9"]);
    sandbox.json(&["sync", "--output", "json"]);
    let first = changes(&sandbox, "2001-01-01");
    let mut copy = Copy::new();
    apply(&mut copy, &first);
    assert_eq!(copy, roster(&sandbox));
    let nothing = changes(&sandbox, &token(&first));
    assert_eq!(nothing["changes"], json!([]));
    assert_eq!(nothing["snapshot"], first["snapshot"]);

    let mut next = token(&nothing);
    for day in 0..6 {
        another_day(&sandbox);
        let told = changes(&sandbox, &next);
        apply(&mut copy, &told);
        // An old token again, as after a crash.
        apply(&mut copy, &changes(&sandbox, &token(&first)));
        assert_eq!(copy, roster(&sandbox), "day {day}");
        next = token(&told);
    }

    another_day(&sandbox);
    let serving = Serving::start(&sandbox);
    let path = format!("/headcount/v1/users/delta?token={next}");
    let (status, page) = serving.get(&path);
    assert_eq!(status, 200, "{page}");
    let told = changes(&sandbox, &next);
    let pairs = |users: &Value, id: &str, kind: &str| -> Vec<(String, String)> {
        let users = users.as_array().unwrap().iter();
        let text = |user: &Value, name: &str| user[name].as_str().unwrap().to_owned();
        users
            .map(|user| (text(user, id), text(user, kind)))
            .collect()
    };
    let here = pairs(&told["changes"], "user_id", "change");
    assert_eq!(pairs(&page["value"], "id", "@headcount.change"), here);
    assert!(!here.is_empty());
    // And the other way round.
    let link = page["@odata.deltaLink"].as_str().unwrap();
    let served = link.split_once("token=").unwrap().1;
    assert_eq!(changes(&sandbox, served)["changes"], json!([]));
    let (_, page) = serving.get("/headcount/v1/users/delta?pageSize=10");
    let middle = page["@odata.nextLink"].as_str().unwrap();
    let middle = middle.split_once("token=").unwrap().1;
    let refused = sandbox.run(&["changes", "--since", middle]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("@odata.deltaLink"));
}

#[test]
fn each_user_is_a_change_from_then_to_now() {
    let sandbox = Sandboxed::start(&["--users", "50", "--seed", "3"]);
    sandbox.json(&["sync", "--output", "json"]);
    let before = roster(&sandbox);
    for _ in 0..3 {
        sandbox.post("/sandbox/change", &json!([{"do": "rename", "count": 30}]));
        sandbox.json(&["sync", "--output", "json"]);
    }
    let now = roster(&sandbox);
    let snapshots = sandbox.json(&["snapshots", "--output", "json"]);
    let second = snapshots[1]["published"].as_str().unwrap();
    // What the second snapshot brought is told: the time itself is within.
    let told = changes(&sandbox, second);
    let told = told["changes"].as_array().unwrap();
    assert!(!told.is_empty());
    for change in told {
        let id = change["user_id"].as_str().unwrap();
        assert_eq!(change["change"], "changed");
        let name = change["changes"].as_array().unwrap().iter();
        let name = name
            .filter(|change| change["path"] == "name")
            .collect::<Vec<_>>();
        let [name] = name.as_slice() else {
            panic!("a name twice or never");
        };
        assert_eq!(
            (&name["old"], &name["new"]),
            (&before[id]["name"], &now[id]["name"])
        );
    }
    let output = sandbox.run(&["changes", "--since", second, "--output", "csv"]);
    assert!(output.status.success());
    let rows = String::from_utf8(output.stdout).unwrap();
    assert!(rows.starts_with("at,user_id,name,change,field,old,new\r\n"));
    let next = String::from_utf8(output.stderr).unwrap();
    let next = next.trim().strip_prefix("next: --since ").unwrap();
    let empty = sandbox.run(&["changes", "--since", next]);
    assert!(empty.status.success());
    assert_eq!(String::from_utf8_lossy(&empty.stdout).lines().count(), 1);
    for bad in ["hcd_e30.AAAA", "yesterday"] {
        let refused = sandbox.run(&["changes", "--since", bad]);
        assert_eq!(refused.status.code(), Some(2), "{bad}");
        assert!(refused.stdout.is_empty());
    }
}
