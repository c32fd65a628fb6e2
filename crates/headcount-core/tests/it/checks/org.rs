//! Made-up orgs.

use headcount_core::{
    check::{self, Context, FactsSeen, Lives, Report, Settings},
    history::VersionRef,
    managers::Managers,
    roster::RosterBuilder,
    user::Attributes,
};
use serde_json::{Value, json};

pub(crate) const DAY: i64 = 24 * 60 * 60 * 1000;
/// 2026-01-05T00:00:00Z
pub(crate) const NOW: i64 = 20_458 * DAY;

/// Id, state, from and to, in days before now.
type Life = (&'static str, &'static str, f64, Option<f64>);

/// An org as a test writes it down.
pub(crate) struct Org {
    pub(crate) users: Vec<Value>,
    pub(crate) lives: Option<Vec<Life>>,
    /// Id and days before now.
    pub(crate) facts: Option<Vec<(&'static str, i64)>>,
    pub(crate) settings: Settings,
}

impl Org {
    pub(crate) fn empty() -> Self {
        let mut settings = Settings::default();
        settings.email_domains.push("Example.com".to_owned());
        Self {
            users: Vec::new(),
            lives: None,
            facts: None,
            settings,
        }
    }

    /// Nothing is wrong with it: a boss, a lead, four agents in two departments, one who is away
    /// and one who left.
    pub(crate) fn clean() -> Self {
        let mut org = Self::empty();
        let user = |id: &str, name: &str, department: &str, manager: &str| {
            json!({
                "id": id, "name": name, "department": department, "state": "active",
                "title": "Agent", "division": {"id": "d1", "name": "Sales"},
                "email": format!("{id}@example.com"), "username": format!("{id}@Example.com"),
                "manager": {"id": manager}, "dateLastLogin": "2026-01-04T08:00:00.000Z",
            })
        };
        org.users = vec![
            user("boss", "Olga Boss", "Management", ""),
            user("lead", "Ann Lead", "Sales 1", "boss"),
            user("ada", "Ada Agent", "Sales 1", "lead"),
            user("ben", "Ben Agent", "Sales 2", "lead"),
            user("cyd", "Cyd Agent", "Sales 2", "LEAD"),
            user("dan", "Dan Agent", "Support", "lead"),
            user("eve", "Eve Away", "Support", "lead"),
            user("fay", "Fay Gone", "Support", "lead"),
        ];
        org.change("eve", json!({"state": "inactive"}));
        org.change(
            "fay",
            json!({"state": "deleted", "department": null, "email": null}),
        );
        let ids = ["ada", "ben", "boss", "cyd", "dan", "eve", "fay", "lead"];
        org.lives = Some(ids.map(|id| (id, "active", 200.0, None)).to_vec());
        org.facts = Some(vec![("ada", 1), ("BEN", 2), ("cyd", 30), ("dan", 1)]);
        org
    }

    /// Something for every rule to find.
    pub(crate) fn troubled() -> Self {
        let mut org = Self::clean();
        for (at, id) in ["n1", "n2", "n3", "n4", "n5", "n6"].iter().enumerate() {
            let mut user = org.users[3].clone();
            user["id"] = json!(id);
            user["name"] = json!(format!("New {at}"));
            user["email"] = json!(format!("{id}@example.com"));
            user["username"] = user["email"].clone();
            org.users.push(user);
        }
        org.change(
            "ada",
            json!({"department": null, "title": " ", "manager": null}),
        );
        org.change(
            "ben",
            json!({"department": "Suport", "manager": {"id": "ghost"}}),
        );
        org.change(
            "cyd",
            json!({"department": "support ", "manager": {"id": "fay"}}),
        );
        org.change("dan", json!({"manager": {"id": "dan"}, "email": null}));
        org.change(
            "n1",
            json!({"manager": {"id": "n2"}, "email": "n1@example"}),
        );
        org.change(
            "n2",
            json!({"manager": {"id": "n1"}, "email": "n2@private.example"}),
        );
        org.change("n3", json!({"email": "N4@example.com", "name": "NEW  3"}));
        org.change(
            "n4",
            json!({"username": "n5@example.com", "dateLastLogin": null}),
        );
        org.change("n5", json!({"division": {"id": "h", "name": "Home"}}));
        org.change(
            "n6",
            json!({"division": null, "dateLastLogin": "2025-06-01T00:00:00Z"}),
        );
        for (info, threshold) in [("chain-too-deep", 1), ("span-too-wide", 2)] {
            let info = check::rule(info).unwrap();
            org.settings.rule_mut(info).threshold = Some(threshold);
        }
        org.lives = Some(vec![
            ("ada", "active", 200.0, None),
            ("n2", "active", 9.0, Some(8.5)),
            ("n2", "deleted", 8.5, Some(8.4)),
            ("n2", "active", 8.4, None),
        ]);
        let changes = (0..12).map(|n| ("n1", "active", f64::from(29 - n), Some(f64::from(28 - n))));
        org.lives.as_mut().unwrap().splice(1..1, changes);
        org.facts = Some(vec![("ada", 50), ("stranger", 3)]);
        org
    }

    /// Sets members of a user.
    pub(crate) fn change(&mut self, id: &str, members: Value) {
        let user = self.users.iter_mut().find(|user| user["id"] == *id);
        let user = user.unwrap().as_object_mut().unwrap();
        user.extend(members.as_object().unwrap().clone());
    }

    pub(crate) fn check(&self) -> Report {
        let mut builder = RosterBuilder::new(check::projection());
        for user in &self.users {
            let document = user.to_string();
            builder.push(&Attributes::parse(&document).unwrap(), Some(&document));
        }
        let roster = builder.finish();
        let managers = Managers::of(&roster).unwrap();
        let lives = self.lives.as_ref().map(|versions| lives(versions));
        let facts = self.facts.as_ref().map(|facts| FactsSeen {
            from_ms: NOW - 90 * DAY,
            through_ms: NOW,
            last_ms_by_user: facts
                .iter()
                .map(|&(id, days)| (id.to_owned(), NOW - days * DAY))
                .collect(),
        });
        let context = Context {
            roster: &roster,
            managers: &managers,
            lives: lives.as_ref(),
            facts: facts.as_ref(),
            now_ms: NOW,
        };
        check::run(&context, &self.settings).unwrap()
    }

    /// What one rule found, as `user or value: message`.
    pub(crate) fn found(&self, rule: &str) -> Vec<String> {
        let info = check::rule(rule).unwrap();
        let report = self.check();
        assert!(report.rules_run.contains(&info.id), "{:?}", report.skipped);
        let own = report.findings.iter().filter(|found| found.rule == info.id);
        own.map(|found| {
            let about = found.user_id.as_ref().or(found.value.as_ref()).unwrap();
            format!("{about}: {}", found.message)
        })
        .collect()
    }

    /// Why one rule did not run.
    pub(crate) fn skipped(&self, rule: &str) -> &'static str {
        let info = check::rule(rule).unwrap();
        let report = self.check();
        let skipped = report
            .skipped
            .iter()
            .find(|skipped| skipped.rule == info.id);
        skipped.expect("it should not run").reason
    }
}

fn lives(versions: &[Life]) -> Lives {
    let at = |days: f64| NOW - (days * DAY as f64) as i64;
    let mut lives = Lives::new(NOW);
    for &(id, state, from, to) in versions {
        let user = Attributes {
            id: id.into(),
            state: state.into(),
            ..Attributes::default()
        };
        lives.push(VersionRef {
            user: &user,
            document: None,
            valid_from: at(from),
            valid_to: to.map(at),
        });
    }
    lives
}
