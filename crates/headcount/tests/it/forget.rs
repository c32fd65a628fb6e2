//! `forget`, from the outside.

use crate::sandboxed::Sandboxed;

#[test]
fn who_is_forgotten_stays_so() {
    let sandbox = Sandboxed::start(&["--users", "300", "--seed", "5"]);
    sandbox.json(&["sync", "--output", "json"]);
    let users = |columns: &str| {
        let columns = ["users", "--columns", columns, "--output", "json"];
        sandbox.json(&columns).as_array().unwrap().clone()
    };
    let (all, person) = (
        users("id,name,department"),
        users("id,name,email")[7].clone(),
    );
    let text = |key: &str| person[key].as_str().unwrap().to_owned();
    let (id, name, email) = (text("id"), text("name"), text("email"));
    let told = sandbox.json(&["forget", &id, "--output", "json"]);
    assert_eq!(
        (&told["user_id"], &told["versions"]),
        (&id.clone().into(), &1.into())
    );
    for _ in 0..2 {
        let now = users("id,name,department");
        assert_eq!(now.len(), all.len());
        for (now, before) in now.iter().zip(&all) {
            assert_eq!(now["department"], before["department"]);
            let gone = before["id"] == *id;
            assert_eq!(now["name"].is_null(), gone, "{now}");
        }
        let everything = sandbox.run(&["history", "--output", "ndjson"]);
        let everything = String::from_utf8(everything.stdout).unwrap();
        assert!(everything.contains(&id) && !everything.contains(&email));
        let documents = sandbox.run(&["users", "--output", "ndjson"]);
        let documents = String::from_utf8(documents.stdout).unwrap();
        assert!(documents.contains(&id) && !documents.contains(&email));
        assert!(!documents.contains(&format!("\"{name}\"")));
        // What a later sync brings is erased too.
        sandbox.json(&["sync", "--output", "json"]);
    }
    let listed = sandbox.json(&["forget", "--list", "--output", "json"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["user_id"], *id);

    let refused = |arguments: &[&str], code: i32, told: &str| {
        let output = sandbox.run(arguments);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        assert!(stderr.contains(told), "{stderr}");
    };
    refused(&["forget", &email], 1, "hint: ");
    refused(&["forget", "--undo", &email], 1, "headcount forget --list");
    refused(&["forget"], 2, "USER_ID");
    refused(&["forget", &id, "--list"], 2, "cannot be used with");

    assert!(sandbox.run(&["forget", "--undo", &id]).status.success());
    sandbox.json(&["sync", "--output", "json"]);
    assert_eq!(users("id,name")[7]["name"], *name);
}
