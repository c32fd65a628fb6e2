//! Thirty days of random orgs against a naive model (issue 2, Must show 7).

use std::collections::BTreeMap;

use headcount_core::{change::VOLATILE, history::Version};
use headcount_store::Breaker;
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

use crate::{
    database::Database,
    org::{Home, ORG, Place, roster},
};

/// Something that happens to a user on a day.
#[derive(Clone, Copy, Debug)]
enum Op {
    /// Joins or returns.
    Join,
    /// Leaves the org's answers.
    Purge,
    /// Deleted: falls to Home.
    Delete,
    Deactivate,
    Move(u8),
    Rename(u8),
    /// Only volatile parts.
    Touch(u8),
    /// Only the formatting.
    Reformat,
}

#[derive(Clone, Debug, PartialEq)]
struct Person {
    state: &'static str,
    division: u8,
    name: u8,
    presence: u8,
    spaced: bool,
    version: i64,
}

type Day = BTreeMap<u8, Person>;

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::Join),
        1 => Just(Op::Purge),
        1 => Just(Op::Delete),
        1 => Just(Op::Deactivate),
        1 => (0..3_u8).prop_map(Op::Move),
        1 => (0..3_u8).prop_map(Op::Rename),
        1 => any::<u8>().prop_map(Op::Touch),
        1 => Just(Op::Reformat),
    ]
}

fn apply(day: &mut Day, user: u8, op: Op) {
    if let Op::Join = op {
        let person = day.entry(user).or_insert(Person {
            state: "active",
            division: 1,
            name: 0,
            presence: 0,
            spaced: false,
            version: 0,
        });
        person.state = "active";
        person.version += 1;
        return;
    }
    let Some(person) = day.get_mut(&user) else {
        return;
    };
    person.version += 1;
    match op {
        Op::Join => {}
        Op::Purge => drop(day.remove(&user)),
        Op::Delete => (person.state, person.division) = ("deleted", 0),
        Op::Deactivate => person.state = "inactive",
        Op::Move(division) => person.division = division,
        Op::Rename(name) => person.name = name,
        Op::Touch(presence) => person.presence = presence,
        Op::Reformat => person.spaced ^= true,
    }
}

fn id(user: u8) -> String {
    format!("{user:02x}-user")
}

fn document(user: u8, person: &Person) -> String {
    let value = json!({"id": id(user), "name": format!("N{}", person.name), "state": person.state,
        "title": "T", "division": {"id": format!("d{}", person.division)},
        "presence": {"at": person.presence}, "version": person.version});
    if person.spaced {
        format!(" {value:#}\n")
    } else {
        value.to_string()
    }
}

fn lasting(user: u8, person: &Person) -> Value {
    let mut value: Value = serde_json::from_str(&document(user, person)).unwrap();
    value
        .as_object_mut()
        .unwrap()
        .retain(|key, _| !VOLATILE.contains(&key.as_str()));
    value
}

/// What a reader should see as of a day.
fn expected_roster(day: &Day) -> Vec<(String, Value)> {
    day.iter()
        .map(|(&user, person)| (id(user), lasting(user, person)))
        .collect()
}

/// Versions, from the days alone.
fn expected_history(days: &[(i64, Day)]) -> Vec<(String, i64, Option<i64>, Value)> {
    let mut versions: Vec<(String, i64, Option<i64>, Value)> = Vec::new();
    for user in 0..=u8::MAX {
        let mut open: Option<(i64, Value)> = None;
        for (time, day) in days {
            let now = day.get(&user).map(|person| lasting(user, person));
            if open.as_ref().map(|(_, value)| value) == now.as_ref() {
                continue;
            }
            if let Some((from, value)) = open.take() {
                versions.push((id(user), from, Some(*time), value));
            }
            open = now.map(|value| (*time, value));
        }
        versions.extend(open.map(|(from, value)| (id(user), from, None, value)));
    }
    versions
}

fn check_summary(summary: &headcount_store::Summary, days: &[(i64, Day)]) {
    let (past, today) = (&days[..days.len() - 1], &days[days.len() - 1].1);
    let empty = Day::new();
    let yesterday = past.last().map_or(&empty, |(_, day)| day);
    let known = |user: &u8| past.iter().any(|(_, day)| day.contains_key(user));
    let count = |test: &dyn Fn(&u8) -> bool| today.keys().filter(|user| test(user)).count() as u64;
    assert_eq!(summary.users, today.len() as u64);
    assert_eq!(summary.previous_users, yesterday.len() as u64);
    assert_eq!(summary.joined, count(&|user| !known(user)));
    assert_eq!(
        summary.returned,
        count(&|user| known(user) && !yesterday.contains_key(user))
    );
    let same = |user: &u8, how: &dyn Fn(&Person) -> Value| {
        yesterday.get(user).map(|old| how(old) == how(&today[user]))
    };
    let last = |user: &u8| same(user, &|person| lasting(*user, person));
    let bytes = |user: &u8| same(user, &|person| document(*user, person).into());
    assert_eq!(summary.changed, count(&|user| last(user) == Some(false)));
    assert_eq!(summary.unchanged, count(&|user| bytes(user) == Some(true)));
    assert_eq!(
        summary.touched,
        count(&|user| last(user) == Some(true) && bytes(user) == Some(false))
    );
    assert_eq!(
        summary.left,
        yesterday
            .keys()
            .filter(|user| !today.contains_key(user))
            .count() as u64
    );
    assert_eq!(
        summary.states.active,
        count(&|user| today[user].state == "active")
    );
    assert_eq!(
        summary.states.inactive,
        count(&|user| today[user].state == "inactive")
    );
    assert_eq!(
        summary.states.deleted,
        count(&|user| today[user].state == "deleted")
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn thirty_days_equal_the_model(
        script in vec(vec((0..14_u8, op()), 0..8), 30),
        seed in any::<u64>(),
    ) {
        equal_the_model(&Place::new(), script, seed)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn thirty_days_in_postgres_equal_the_model(
        script in vec(vec((0..14_u8, op()), 0..8), 30),
        seed in any::<u64>(),
    ) {
        equal_the_model(&Database::new(), script, seed)?;
    }
}

fn equal_the_model(
    home: &dyn Home,
    script: Vec<Vec<(u8, Op)>>,
    seed: u64,
) -> Result<(), TestCaseError> {
    let mut random = fastrand::Rng::with_seed(seed);
    let store = home.open();
    let mut days: Vec<(i64, Day)> = Vec::new();
    let mut today = Day::new();
    for (number, ops) in script.into_iter().enumerate() {
        for (user, op) in ops {
            apply(&mut today, user, op);
        }
        let now = (number as i64 + 1) * 1000;
        let mut documents: Vec<String> = Vec::new();
        for (&user, person) in &today {
            documents.push(document(user, person));
            if random.u8(..4) == 0 {
                // Met twice, the other time as it was earlier in the walk.
                let stale = Person {
                    name: 9,
                    version: person.version - 1,
                    ..person.clone()
                };
                documents.push(document(user, &stale));
            }
        }
        random.shuffle(&mut documents);
        let mut run = store.begin(ORG, "plan", now, Some(0)).unwrap();
        for page in documents.chunks(4) {
            let page: Vec<&str> = page.iter().map(String::as_str).collect();
            store.stage(&mut run, &page).unwrap();
            if random.u8(..8) == 0 {
                // Killed and resumed: everything unfinished comes again.
                run = store.begin(ORG, "plan", now, Some(0)).unwrap();
                prop_assert!(run.resumed());
                let all: Vec<&str> = documents.iter().map(String::as_str).collect();
                store.stage(&mut run, &all).unwrap();
            }
        }
        let outcome = store.publish(run, "proved", now, &Breaker::OFF).unwrap();
        days.push((now, today.clone()));
        let headcount_store::Outcome::Published(summary) = outcome else {
            panic!("held by a breaker that is off");
        };
        check_summary(&summary, &days);
        // Every earlier answer again, after every publication.
        for (time, day) in &days {
            let late = time + random.i64(0..1000);
            prop_assert_eq!(roster(&*store, Some(late)), expected_roster(day));
        }
        let present: Vec<Value> = roster(&*store, None)
            .into_iter()
            .map(|(_, user)| user)
            .collect();
        let expected: Vec<Value> = today
            .iter()
            .map(|(&user, person)| serde_json::from_str(&document(user, person)).unwrap())
            .collect();
        prop_assert_eq!(present, expected);
        let mut told = Vec::new();
        store
            .history(ORG, None, None, &mut |version: Version| {
                let document = serde_json::from_str(&version.document).unwrap();
                told.push((
                    version.user_id,
                    version.valid_from,
                    version.valid_to,
                    document,
                ));
            })
            .unwrap();
        prop_assert_eq!(told, expected_history(&days));
    }
    Ok(())
}
