//! What each rule finds, and what comes close and is nothing.

use serde_json::{Value, json};

use super::org::Org;

/// What a rule finds in the clean org once some of its users are changed.
fn found<const N: usize>(rule: &str, changes: [(&str, Value); N]) -> Vec<String> {
    changed(changes).found(rule)
}

fn changed<const N: usize>(changes: [(&str, Value); N]) -> Org {
    let mut org = Org::clean();
    for (id, members) in changes {
        org.change(id, members);
    }
    org
}

const NONE: [&str; 0] = [];

#[test]
fn departments() {
    assert_eq!(
        found(
            "no-department",
            [
                ("ada", json!({"department": "\u{a0} "})),
                ("ben", json!({"department": null})),
                ("eve", json!({"department": null})),
            ]
        ),
        ["ada: no department", "ben: no department"]
    );
    assert_eq!(
        found(
            "department-variants",
            [
                ("ada", json!({"department": "Support"})),
                ("ben", json!({"department": "SUPPORT"})),
                ("cyd", json!({"department": "Suport"})),
                // Inactive: as nobody's spelling it matters to no report.
                ("eve", json!({"department": "sUPPORT"})),
            ]
        ),
        [
            "SUPPORT: the department \"SUPPORT\" (1 user) is likely to be \"Support\" (2 users): \
             differs from it only in case, blanks, dashes or accents",
            "Suport: the department \"Suport\" (1 user) is likely to be \"Support\" (2 users): \
             differs from it by one letter",
        ]
    );
    let mut org = changed([("ada", json!({"department": "Supports"}))]);
    assert_eq!(org.found("HC002").len(), 1);
    for exception in ["Supports", "Support"] {
        let rule = headcount_core::check::rule("HC002").unwrap();
        org.settings.rule_mut(rule).except = vec![exception.to_owned()];
        assert_eq!(org.found("HC002"), NONE, "{exception}");
    }
}

#[test]
fn no_manager() {
    let org = changed([
        ("ada", json!({"manager": null})),
        ("lead", json!({"manager": {"id": " "}})),
    ]);
    // The boss has nobody left below, so the lead is the top.
    assert_eq!(
        org.found("no-manager"),
        ["ada: no manager", "boss: no manager"]
    );
    assert_eq!(
        found(
            "no-manager",
            [
                ("ben", json!({"manager": null})),
                ("cyd", json!({"manager": {"id": "ben"}})),
                ("eve", json!({"manager": null})),
            ]
        ),
        ["ben: no manager, with 1 user below: the head of a tree of its own?"]
    );
    let mut org = Org::clean();
    for user in &mut org.users {
        user["manager"] = json!(null);
    }
    assert_eq!(
        org.skipped("no-manager"),
        "no active user has a manager: none are kept, or they may not be seen"
    );
}

#[test]
fn managers_who_are_not_there() {
    assert_eq!(
        found(
            "manager-unknown",
            [
                ("ada", json!({"manager": {"id": "ghost"}})),
                ("fay", json!({"manager": {"id": "ghost"}})),
            ]
        ),
        ["ada: the manager ghost is not in the roster"]
    );
    assert_eq!(
        found(
            "manager-gone",
            [
                ("ada", json!({"manager": {"id": "fay"}})),
                ("ben", json!({"manager": {"id": "EVE"}})),
                ("fay", json!({"manager": {"id": "eve"}})),
            ]
        ),
        [
            "ada: the manager fay is deleted",
            "ben: the manager eve is inactive"
        ]
    );
    assert_eq!(
        found(
            "deleted-still-managing",
            [
                ("ada", json!({"manager": {"id": "fay"}})),
                ("eve", json!({"manager": {"id": "fay"}})),
                ("ben", json!({"manager": {"id": "eve"}})),
            ]
        ),
        ["fay: is deleted and still the manager of 1 active user"]
    );
}

#[test]
fn managers_in_a_ring() {
    let own = [("ada", json!({"manager": {"id": "ADA"}}))];
    assert_eq!(
        found("manager-of-self", own.clone()),
        ["ada: is named as the own manager"]
    );
    assert_eq!(found("manager-cycle", own), NONE);
    let ring = [
        ("boss", json!({"manager": {"id": "ada"}})),
        ("eve", json!({"manager": {"id": "fay"}})),
        ("fay", json!({"manager": {"id": "fay"}})),
    ];
    let org = changed(ring);
    assert_eq!(
        org.found("manager-cycle"),
        ["ada: 3 users report to each other in a ring"]
    );
    let report = org.check();
    let ring = report.findings.iter().find(|found| found.rule == "HC007");
    assert_eq!(ring.unwrap().related, ["lead", "boss"]);
    assert_eq!(org.found("manager-of-self"), NONE);
}

#[test]
fn managers_of_another_division() {
    assert_eq!(
        found(
            "manager-other-division",
            [
                ("ada", json!({"division": {"id": "d2", "name": "Service"}})),
                // Another name of the same division, none at all, nobody who is there.
                ("ben", json!({"division": {"id": "d1", "name": "sales"}})),
                ("cyd", json!({"division": null})),
                ("eve", json!({"division": {"id": "d2"}})),
            ]
        ),
        ["ada: is in the division \"Service\", the manager lead in \"Sales\""]
    );
}

#[test]
fn chains_and_spans() {
    let chain = |threshold| {
        let mut org = changed([
            ("ben", json!({"manager": {"id": "ada"}})),
            ("cyd", json!({"manager": {"id": "ben"}})),
        ]);
        let rule = headcount_core::check::rule("HC009").unwrap();
        org.settings.rule_mut(rule).threshold = Some(threshold);
        org.found("HC009")
    };
    assert_eq!(chain(4), NONE);
    // Once, where the chain gets too long.
    assert_eq!(
        chain(2),
        ["ben: 3 managers above, 1 user below: more than 2 above"]
    );
    let span = |threshold| {
        let mut org = Org::clean();
        let rule = headcount_core::check::rule("HC010").unwrap();
        org.settings.rule_mut(rule).threshold = Some(threshold);
        org.found("HC010")
    };
    // Six report to the lead, two of whom are not there.
    assert_eq!(span(4), NONE);
    assert_eq!(
        span(3),
        ["lead: 4 active users report to this manager directly: more than 3"]
    );
}

#[test]
fn duplicates() {
    assert_eq!(
        found(
            "duplicate-email",
            [
                ("ada", json!({"email": "Same@example.com"})),
                ("eve", json!({"email": "same@example.com "})),
                ("fay", json!({"email": "same@example.com"})),
                ("ben", json!({"email": null})),
                ("cyd", json!({"email": null})),
            ]
        ),
        ["same@example.com: 2 users have this e-mail"]
    );
    assert_eq!(
        found(
            "duplicate-username",
            [("ada", json!({"username": "BEN@example.com"}))]
        ),
        ["ben@example.com: 2 users have this username"]
    );
    let org = changed([
        ("ada", json!({"name": "Kim  Park", "department": "Support"})),
        ("dan", json!({"name": "kim park"})),
        // The same name elsewhere, inactive, and without a department.
        ("ben", json!({"name": "Kim Park"})),
        ("eve", json!({"name": "Kim Park"})),
        ("cyd", json!({"name": "Kim Park", "department": null})),
    ]);
    assert_eq!(
        org.found("duplicate-name"),
        ["Kim  Park: 2 users of the department \"Support\" have this name"]
    );
    let report = org.check();
    let same = report.findings.iter().find(|found| found.rule == "HC013");
    assert_eq!(same.unwrap().related, ["ada", "dan"]);
}

#[test]
fn emails() {
    assert_eq!(
        found(
            "email-missing",
            [
                ("ada", json!({"email": " "})),
                ("eve", json!({"email": null}))
            ]
        ),
        ["ada: no e-mail"]
    );
    let org = changed([
        ("ada", json!({"email": "ada@example"})),
        ("ben", json!({"email": "ben@mail.example.com"})),
        ("cyd", json!({"email": "cyd@EXAMPLE.com"})),
        ("eve", json!({"email": "eve"})),
    ]);
    assert_eq!(
        org.found("email-malformed"),
        ["ada: the e-mail is not an address: what stands behind the @ is not a domain"]
    );
    assert_eq!(
        org.found("email-foreign"),
        ["ben: the e-mail is not in a domain of the org"]
    );
    let mut org = changed([("ada", json!({"username": "ada.old@example.com"}))]);
    assert_eq!(
        org.found("email-not-username"),
        ["ada: e-mail and username differ"]
    );
    org.settings.email_domains.clear();
    assert_eq!(
        org.skipped("email-foreign"),
        "email_domains names no domain"
    );
    for at in 0..20 {
        let mut user = org.users[2].clone();
        user["id"] = json!(format!("x{at}"));
        org.users.push(user);
    }
    assert_eq!(
        org.skipped("email-not-username"),
        "most usernames are no e-mails in this org"
    );
}

#[test]
fn titles_and_divisions() {
    let org = changed([
        ("ada", json!({"title": null, "division": null})),
        ("ben", json!({"division": {"id": "h", "name": "HOME"}})),
        ("cyd", json!({"division": {"id": "d3", "name": ""}})),
        (
            "eve",
            json!({"title": null, "division": {"id": "h", "name": "Home"}}),
        ),
        (
            "fay",
            json!({"title": null, "division": {"id": "h", "name": "Home"}}),
        ),
    ]);
    assert_eq!(org.found("no-title"), ["ada: no title"]);
    assert_eq!(org.found("no-division"), ["ada: no division"]);
    assert_eq!(
        org.found("in-home-division"),
        ["ben: still in the home division"]
    );
    let mut org = Org::clean();
    org.settings.home_division = "D1".to_owned();
    assert_eq!(
        org.skipped("in-home-division"),
        "all active users are in the home division: the org uses no other"
    );
    for user in &mut org.users {
        user["title"] = json!(null);
        user["division"] = json!(null);
    }
    assert!(
        org.skipped("no-title")
            .starts_with("no active user has a title")
    );
    assert!(
        org.skipped("no-division")
            .starts_with("no active user has a division")
    );
}

#[test]
fn logins() {
    let mut org = changed([
        // Seen first a week ago; welcomed long ago; a token; facts.
        ("lead", json!({"dateLastLogin": null})),
        (
            "boss",
            json!({"dateLastLogin": null, "dateWelcomeSent": "2025-12-01T00:00:00Z"}),
        ),
        ("eve", json!({"dateLastLogin": null})),
        ("ada", json!({"dateLastLogin": null})),
        ("ben", json!({"dateLastLogin": "2025-10-01T00:00:00Z"})),
        ("cyd", json!({"dateLastLogin": "2025-10-01T00:00:00Z"})),
        (
            "dan",
            json!({"dateLastLogin": null, "lastTokenIssued": {"dateIssued": "2025-10-08T00:00:00Z"}}),
        ),
    ]);
    org.facts = Some(vec![("ada", 50), ("cyd", 2)]);
    let lives = org.lives.as_mut().unwrap();
    lives.pop();
    lives.push(("lead", "active", 7.0, None));
    assert_eq!(
        org.found("never-logged-in"),
        ["boss: has never logged in; the welcome was sent on 2025-12-01"]
    );
    // Facts of late are a sign of life; 89 days are not yet long.
    assert_eq!(
        org.found("long-not-logged-in"),
        ["ben: logged in last on 2025-10-01, 96 days ago"]
    );
    org.lives = None;
    assert_eq!(org.found("never-logged-in").len(), 2);
    org.change("ben", json!({"dateLastLogin": null}));
    assert!(
        org.skipped("never-logged-in")
            .starts_with("upstream tells logins of fewer")
    );
    for id in ["cyd", "dan"] {
        org.change(id, json!({"dateLastLogin": null, "lastTokenIssued": null}));
    }
    for rule in ["never-logged-in", "long-not-logged-in"] {
        assert!(org.skipped(rule).starts_with("upstream tells no login"));
    }
}

#[test]
fn lives() {
    let mut org = Org::clean();
    org.lives = Some(vec![
        ("ada", "active", 200.0, None),
        ("gil", "active", 20.0, Some(19.9)),
        ("gil", "active", 10.0, Some(9.5)),
        ("gil", "deleted", 9.5, None),
        ("hal", "active", 20.0, Some(18.9)),
    ]);
    assert_eq!(
        org.found("joined-and-left"),
        ["gil: joined on 2025-12-16 and left 2 hours later; 2 such lives in 90 days"]
    );
    let changes = |count: u32| {
        let day = |n: u32| f64::from(29) - f64::from(n);
        (0..=count).map(move |n| ("ada", "active", day(n), Some(day(n + 1))))
    };
    org.lives = Some(changes(10).collect());
    assert_eq!(org.found("changed-often"), NONE);
    org.lives = Some(changes(11).collect());
    assert_eq!(
        org.found("changed-often"),
        ["ada: changed 11 times in 30 days: more than 10"]
    );
}

#[test]
fn facts() {
    let mut org = Org::clean();
    org.lives
        .as_mut()
        .unwrap()
        .push(("old", "active", 100.0, Some(50.0)));
    org.facts = Some(vec![
        ("ghost", 3),
        ("ADA", 1),
        ("old", 60),
        ("ben", 31),
        ("cyd", 30),
        ("eve", 80),
    ]);
    assert_eq!(
        org.found("facts-without-user"),
        ["ghost: has facts, the last of 2026-01-02, and was never in the roster"]
    );
    assert_eq!(
        org.found("agent-without-facts"),
        ["ben: the last facts are of 2025-12-05, 31 days before the end of all facts"]
    );
    org.lives = None;
    assert_eq!(org.found("facts-without-user").len(), 2);
    let rule = headcount_core::check::rule("HC027").unwrap();
    org.settings.rule_mut(rule).threshold = Some(90);
    assert_eq!(
        org.skipped("agent-without-facts"),
        "there are facts of fewer days than the threshold"
    );
}
