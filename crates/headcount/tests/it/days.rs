//! Thirty days of an org in which people join, move, leave to Home, return, are renamed and
//! purged: `users --as-of` and `history` equal a naive model for every day.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::sandboxed::Sandboxed;

/// Documents by id, without what is volatile.
type Day = BTreeMap<String, Value>;

const VOLATILE: [&str; 10] = [
    "presence",
    "integrationPresence",
    "routingStatus",
    "conversationSummary",
    "station",
    "geolocation",
    "outOfOffice",
    "lastTokenIssued",
    "dateLastLogin",
    "version",
];

fn day(documents: Vec<Value>) -> Day {
    documents
        .into_iter()
        .map(|mut user| {
            let members = user.as_object_mut().unwrap();
            VOLATILE.iter().for_each(|name| {
                members.remove(*name);
            });
            (user["id"].as_str().unwrap().to_owned(), user)
        })
        .collect()
}

#[test]
fn thirty_days_stay_as_they_were() {
    let sandbox = Sandboxed::start(&["--users", "240", "--seed", "30"]);
    let mut days: Vec<(String, Day)> = Vec::new();
    for number in 0..30 {
        if number > 0 {
            sandbox.post(
                "/sandbox/change",
                &json!([
                    {"do": "join", "count": 3},
                    {"do": "move-division", "count": 2},
                    {"do": "move-department", "count": 2},
                    {"do": "leave", "count": 2},
                    {"do": "return", "count": 1},
                    {"do": "rename", "count": 2},
                    {"do": "purge", "count": 1},
                    {"do": "deactivate", "count": 1},
                    {"do": "activate", "count": 1},
                ]),
            );
        }
        let report = sandbox.json(&["sync", "--output", "json"]);
        assert_eq!(report["outcome"], "published", "day {number}");
        let snapshots = sandbox.json(&["snapshots", "--output", "json"]);
        let last = snapshots
            .as_array()
            .unwrap()
            .iter()
            .max_by_key(|one| one["id"].as_i64());
        let at = last.unwrap()["published"]
            .as_str()
            .expect("when it was published")
            .to_owned();
        days.push((at, day(sandbox.documents())));
        // Every earlier day is asked again as history grows.
        let (at, wanted) = &days[number / 2];
        assert_eq!(
            as_of(&sandbox, at),
            *wanted,
            "day {} asked on day {number}",
            number / 2
        );
    }
    for (number, (at, wanted)) in days.iter().enumerate() {
        assert_eq!(as_of(&sandbox, at), *wanted, "day {number}");
    }
    lives_are_told(&sandbox, &days);
}

fn as_of(sandbox: &Sandboxed, at: &str) -> Day {
    let users = sandbox.json(&["users", "--as-of", at, "--output", "json"]);
    let users = users.as_array().unwrap().clone();
    for user in &users {
        assert!(
            VOLATILE.iter().all(|name| user.get(name).is_none()),
            "volatile, as of a time"
        );
    }
    day(users)
}

/// The life of each user as `history` tells it, against what the days themselves show.
fn lives_are_told(sandbox: &Sandboxed, days: &[(String, Day)]) {
    let events = sandbox.json(&["history", "--output", "json"]);
    let mut told: BTreeMap<String, Vec<(String, String, Value)>> = BTreeMap::new();
    for event in events.as_array().unwrap() {
        let text = |name: &str| event[name].as_str().unwrap().to_owned();
        let document = match &event["document"] {
            Value::Null => Value::Null,
            document => day(vec![document.clone()]).into_values().next().unwrap(),
        };
        told.entry(text("user_id"))
            .or_default()
            .push((text("at"), text("event"), document));
    }
    let ids: BTreeSet<&String> = days.iter().flat_map(|(_, day)| day.keys()).collect();
    assert_eq!(told.keys().collect::<BTreeSet<_>>(), ids);
    for id in ids {
        let mut wanted = Vec::new();
        let mut before: Option<&Value> = None;
        let mut ever = false;
        for (at, day) in days {
            let now = day.get(id);
            let event = match (before, now) {
                (None, Some(_)) if ever => Some("returned"),
                (None, Some(_)) => Some("joined"),
                (Some(_), None) => Some("left"),
                (Some(before), Some(now)) if before != now => Some("changed"),
                _ => None,
            };
            if let Some(event) = event {
                let document = now.cloned().unwrap_or(Value::Null);
                wanted.push((at.clone(), event.to_owned(), document));
            }
            ever |= now.is_some();
            before = now;
        }
        assert_eq!(told[id], wanted, "the life of {id}");
    }
}
