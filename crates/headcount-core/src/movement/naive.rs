//! Movement against a model that keeps every snapshot whole and compares each with the one before.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use proptest::{collection::vec, option, prelude::*};

use super::*;

/// A user in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Person {
    state: &'static str,
    department: Option<&'static str>,
    division: &'static str,
    manager: Option<&'static str>,
    name: &'static str,
}

/// For each snapshot, whether and how the user is in it.
type Days = Vec<Option<Person>>;

const FIRST_MS: i64 = 1_000;
const SNAPSHOTS: usize = 8;

fn person() -> impl Strategy<Value = Person> {
    let state = prop_oneof![
        6 => Just("active"), 2 => Just("inactive"), 2 => Just("deleted"), 1 => Just("odd")
    ];
    let department = prop_oneof![
        Just(None),
        Just(Some(" ")),
        Just(Some("x")),
        Just(Some("y"))
    ];
    let division = prop_oneof![3 => Just("in"), 1 => Just("out")];
    let manager = prop_oneof![Just(None), Just(Some("m"))];
    let name = prop_oneof![Just("A"), Just("B")];
    (state, department, division, manager, name).prop_map(
        |(state, department, division, manager, name)| Person {
            state,
            department,
            division,
            manager,
            name,
        },
    )
}

/// A user who mostly stays as they are from one snapshot to the next.
fn days() -> impl Strategy<Value = Days> {
    let step = (option::weighted(0.8, person()), prop::bool::weighted(0.5));
    vec(step, SNAPSHOTS).prop_map(|steps| {
        let mut days: Days = Vec::new();
        for (next, stays) in steps {
            let last = days.last().cloned().flatten();
            days.push(if stays && last.is_some() { last } else { next });
        }
        days
    })
}

fn at_ms(snapshot: usize) -> i64 {
    FIRST_MS + snapshot as i64 * 10
}

/// The versions of a user, as a store would have them.
fn versions(days: &Days) -> Vec<(Person, i64, Option<i64>)> {
    let mut versions: Vec<(Person, i64, Option<i64>)> = Vec::new();
    for (snapshot, person) in days.iter().enumerate() {
        let open = versions.last_mut().filter(|(_, _, to)| to.is_none());
        match (open, person) {
            (Some((last, ..)), Some(person)) if last == person => continue,
            (Some((.., to)), _) => *to = Some(at_ms(snapshot)),
            (None, _) => {}
        }
        if let Some(person) = person {
            versions.push((person.clone(), at_ms(snapshot), None));
        }
    }
    versions
}

fn worked_out(org: &BTreeMap<String, Days>, since_ms: i64, sees_all: bool) -> Movement {
    let sees = |user: &Attributes<'_>| sees_all || user.division_id.as_deref() == Some("in");
    let mut movements = Movements::new(FIRST_MS, since_ms, sees);
    for (id, days) in org {
        for (person, valid_from, valid_to) in versions(days) {
            let some = |text: &'static str| Some(Cow::Borrowed(text));
            let user = Attributes {
                id: Cow::Borrowed(id),
                state: Cow::Borrowed(person.state),
                name: some(person.name),
                department: person.department.map(Cow::Borrowed),
                division_id: some(person.division),
                manager_id: person.manager.map(Cow::Borrowed),
                ..Attributes::default()
            };
            movements.push(VersionRef {
                user: &user,
                document: None,
                valid_from,
                valid_to,
            });
        }
    }
    movements.finish()
}

/// A move with its departments by name.
type Told = (i64, MoveKind, String, [Option<String>; 2]);

/// What a reader sees who keeps every snapshot: moves, numbers by state, and who is in sight no more.
#[derive(Debug, PartialEq)]
struct Seen {
    moves: BTreeSet<Told>,
    counts: Vec<(i64, [u64; STATES.len()])>,
    gone: BTreeMap<String, String>,
}

fn looked_at(org: &BTreeMap<String, Days>, since_ms: i64, sees_all: bool) -> Seen {
    let seen = |person: &Option<Person>| {
        person
            .clone()
            .filter(|person| sees_all || person.division == "in")
    };
    let there = |person: &Option<Person>| seen(person).filter(|person| person.state != "deleted");
    let department = |person: &Person| {
        let name = person.department.filter(|name| !name.trim().is_empty());
        name.map(str::to_owned)
    };
    let mut moves = BTreeSet::new();
    let mut gone = BTreeMap::new();
    for (id, days) in org {
        for snapshot in 1..days.len() {
            let at_ms = at_ms(snapshot);
            let was_there = days[..snapshot]
                .iter()
                .any(|person| there(person).is_some());
            let (before, now) = (there(&days[snapshot - 1]), there(&days[snapshot]));
            let (from, to) = (
                before.as_ref().and_then(department),
                now.as_ref().and_then(department),
            );
            let kind = match (&before, &now) {
                (None, None) => continue,
                (Some(before), Some(now)) if before == now => continue,
                (None, Some(_)) if was_there => MoveKind::Returned,
                (None, Some(_)) => MoveKind::Joined,
                (Some(_), None) => MoveKind::Left,
                (Some(before), Some(now)) => {
                    let place =
                        |person: &Person| (person.department, person.division, person.manager);
                    match place(before) == place(now) {
                        true => MoveKind::Changed,
                        false => MoveKind::Moved,
                    }
                }
            };
            if at_ms >= since_ms {
                moves.insert((at_ms, kind, id.clone(), [from, to]));
            }
        }
        let last = days.iter().rposition(|person| seen(person).is_some());
        if let Some(last) = last.filter(|last| last + 1 < days.len())
            && at_ms(last + 1) >= since_ms
            && let Some(person) = seen(&days[last])
        {
            gone.insert(id.clone(), person.name.to_owned());
        }
    }
    let mut counts: Vec<(i64, [u64; STATES.len()])> = Vec::new();
    for snapshot in 0..SNAPSHOTS {
        let mut states = [0; STATES.len()];
        for person in org.values().filter_map(|days| seen(&days[snapshot])) {
            states[state(person.state)] += 1;
        }
        let before = counts.last().map_or([0; STATES.len()], |count| count.1);
        if states != before {
            counts.push((at_ms(snapshot), states));
        }
    }
    Seen {
        moves,
        counts,
        gone,
    }
}

fn told(movement: &Movement) -> Seen {
    let name = |place| movement.department(place).map(str::to_owned);
    let moves = movement.moves.iter().map(|one| {
        let id = one.user_id.to_string();
        (one.at_ms, one.kind, id, one.departments.map(name))
    });
    let counts = movement.counts.iter();
    let gone = movement.gone.iter();
    Seen {
        moves: moves.collect(),
        counts: counts.map(|count| (count.from_ms, count.states)).collect(),
        gone: gone
            .map(|(id, name)| (id.to_string(), name.to_string()))
            .collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn movement_is_what_consecutive_snapshots_differ_in(
        lives in vec(days(), 1..6),
        since in 0..SNAPSHOTS,
        sees_all: bool,
    ) {
        let ids = (0..lives.len()).map(|number| format!("u{number}"));
        let org: BTreeMap<String, Days> = ids.zip(lives).collect();
        let since_ms = at_ms(since);
        let movement = worked_out(&org, since_ms, sees_all);
        prop_assert_eq!(told(&movement), looked_at(&org, since_ms, sees_all));
        // The latest first, and nobody twice at a moment.
        let moments: BTreeSet<_> = movement.moves.iter().map(|one| (one.at_ms, &one.user_id)).collect();
        prop_assert_eq!(moments.len(), movement.moves.len());
        prop_assert!(movement.moves.is_sorted_by_key(|one| std::cmp::Reverse(one.at_ms)));
    }
}
