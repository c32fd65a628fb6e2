//! Scenario files: read, explained when wrong, and every one of ours usable.

use std::{collections::HashSet, path::Path};

use headcount_sandbox::{FaultKind, Outcome, Scenario};

use crate::client::Org;

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let message = |text: &str| Scenario::parse("x.toml", text).unwrap_err().to_string();
    assert!(message("users = 3\nsed = 4\n").starts_with("x.toml:2: unknown field `sed`"));
    assert_eq!(
        message("\n[quirks]\ncursr = \"by-id\"\n"),
        "x.toml:3: unknown quirk `cursr`; nearest: cursor"
    );
    assert!(message("[[fault]]\nkind = \"5003\"\nrate = 1\n").contains("unknown fault `5003`"));
    assert!(message("[[user]]\ndocument = '{}'\n").starts_with("x.toml:2: a user has no id"));
    assert!(message("[[fault]]\nkind = \"503\"\n").contains("either rate or at"));
    assert!(
        Scenario::load(Path::new("no/such/file.toml"))
            .unwrap_err()
            .to_string()
            .contains("no/such/file.toml")
    );
}

#[tokio::test]
async fn a_step_sets_the_org_for_it() {
    let text = r#"
        users = 100
        [[step]]
        expect = "published"
        exit = 0
        [[step]]
        expect = "held"
        exit = 4
        quirks = { total-cap = 10 }
        fault = [{ kind = "500", at = 2 }]
        change = [{ do = "purge", count = 30 }, { do = "join", count = 2, after_request = 1 }]
    "#;
    let scenario: Scenario = text.parse().unwrap();
    let org = Org::start(scenario.config()).await;
    assert_eq!(org.post("/sandbox/step?i=0", "").await.status, 200);
    assert_eq!(org.search(10, 1, "").await.json()["total"], 100);
    assert_eq!(org.sandbox.apply_step(1).unwrap().expect, Outcome::Held);
    assert_eq!(org.sandbox.org().len(), 70);
    assert_eq!(org.search(10, 1, "").await.json()["total"], 10);
    assert_eq!(org.sandbox.org().len(), 72);
    assert_eq!(org.search(10, 1, "").await.status, 500);
    assert!(org.sandbox.apply_step(2).is_err());
}

#[tokio::test]
async fn every_scenario_of_ours_starts_and_all_faults_are_covered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let (mut files, mut kinds) = (0, HashSet::new());
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let scenario = Scenario::load(&path).unwrap();
        assert!(
            !scenario.steps.is_empty() && !scenario.about.is_empty(),
            "{}",
            path.display()
        );
        kinds.extend(scenario.faults.iter().map(|fault| fault.kind));
        for step in &scenario.steps {
            kinds.extend(step.faults.iter().flatten().map(|fault| fault.kind));
            assert_eq!(
                step.expect == Outcome::Published,
                step.exit == 0,
                "{}",
                path.display()
            );
        }
        let org = Org::start(scenario.config()).await;
        for step in 0..scenario.steps.len() {
            org.sandbox.apply_step(step).unwrap();
        }
        assert!(!org.sandbox.org().is_empty());
        files += 1;
    }
    assert!(files >= 30, "{files}");
    let missing: Vec<_> = FaultKind::ALL
        .iter()
        .filter(|kind| !kinds.contains(kind))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
