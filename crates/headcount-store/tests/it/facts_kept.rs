//! One function for each thing that every store of facts does, whether they are files or rows.

use std::sync::atomic::{AtomicU32, Ordering};

use headcount_core::fact::{Fact, FactKind, MEASURES};
use headcount_store::facts::{Change, Day, FactStore, FactsError, KeptDay, Put, Source};
use jiff::civil::{Date, date};
use proptest::{prelude::*, test_runner::TestRunner};

use crate::facts::{HOUR, KIND, TUESDAY, any_facts, day, fact, naive, together};

macro_rules! suite {
    ($($name:ident),* $(,)?) => {
        mod files {
            use crate::facts::Place;

            $(#[test]
            fn $name() {
                let place = Place::new();
                super::$name(&place.facts);
            })*
        }

        mod rows {
            use headcount_store::facts::FactStore;

            use crate::database::Database;

            $(#[test]
            fn $name() {
                let database = Database::new();
                super::$name(&FactStore::open(&database.url(), "Acme").unwrap());
            })*
        }
    };
}

suite!(
    what_is_written_is_what_is_read,
    many_facts_make_many_blocks,
    a_day_is_replaced_whole_and_only_when_it_differs,
    an_uncommitted_change_leaves_nothing,
    a_day_given_twice_counts_as_given_last,
    a_day_that_was_replaced_is_not_read,
    facts_that_make_no_sense_are_refused,
    no_time_is_counted_twice,
    a_long_interval_covers_its_days,
    days_are_those_of_one_time_zone,
    orgs_are_apart,
    who_is_seen_is_told,
);

fn read(facts: &FactStore, day: &KeptDay, wanted: &[usize]) -> Result<Vec<Fact>, FactsError> {
    together(wanted, |sink| facts.scan(day, wanted, sink))
}

/// All facts of a day that is kept.
fn all(facts: &FactStore, kind: FactKind, date: Date) -> Vec<Fact> {
    let days = facts.list(kind).unwrap();
    let day = days.iter().find(|day| day.day.date == date).unwrap();
    let all: Vec<usize> = (0..kind.measures().len()).collect();
    read(facts, day, &all).unwrap()
}

/// A store that holds nothing, on the same ground.
fn another(facts: &FactStore) -> FactStore {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    facts.of(&format!("Org {}", NEXT.fetch_add(1, Ordering::SeqCst)))
}

fn what_is_written_is_what_is_read(facts: &FactStore) {
    let all: Vec<usize> = (0..MEASURES).collect();
    let wanted = proptest::sample::subsequence(all, 0..=MEASURES).prop_shuffle();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 150,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let cases = (any_facts(300), wanted);
    let ran = runner.run(&cases, |((kind, given), wanted)| {
        let measures = kind.measures().len();
        let wanted: Vec<usize> = wanted
            .into_iter()
            .filter(|place| *place < measures)
            .collect();
        let facts = another(facts);
        let put = facts.replace(kind, day(TUESDAY), given.clone()).unwrap();
        prop_assert_eq!(put, Put::New);
        let told = facts.list(kind).unwrap().remove(0);
        let expected = naive(kind, &given, &wanted);
        prop_assert_eq!(read(&facts, &told, &wanted).unwrap(), &expected[..]);
        prop_assert_eq!(told.facts, expected.len() as u64);
        let all: Vec<usize> = (0..measures).collect();
        let all = naive(kind, &given, &all);
        for place in 0..measures {
            let numbers: Vec<i64> = all.iter().filter_map(|fact| fact.measures[place]).collect();
            let sum = numbers.iter().map(|number| i128::from(*number)).sum();
            prop_assert_eq!(told.totals[place], (!numbers.is_empty()).then_some(sum));
        }
        Ok(())
    });
    ran.unwrap();
}

fn many_facts_make_many_blocks(store: &FactStore) {
    let facts: Vec<Fact> = (0..300_000_i64)
        .map(|index| {
            let mut fact = fact(&format!("{:08}", index / 2), index % 2, index % 57);
            fact.measures[1] = (index % 3 > 0).then_some(index * 7919 % 40_000_000);
            fact.measures[2] = (index > 150_000).then_some(index);
            fact
        })
        .collect();
    store.replace(KIND, day(TUESDAY), facts.clone()).unwrap();
    let told = store.list(KIND).unwrap().remove(0);
    assert!(read(store, &told, &[2, 0, 1]).unwrap() == facts);
    let mut one_by_one = Vec::new();
    store
        .each(&told, &mut |fact| one_by_one.push(fact))
        .unwrap();
    assert!(one_by_one == facts);
}

fn a_day_is_replaced_whole_and_only_when_it_differs(store: &FactStore) {
    let replace = |facts: &[Fact]| {
        let before = store.revision().unwrap();
        let put = store.replace(KIND, day(TUESDAY), facts.to_vec()).unwrap();
        assert_eq!(
            before != store.revision().unwrap(),
            put != Put::Same,
            "{put:?}"
        );
        put
    };
    let (a, b) = (fact("a", 1, 3), fact("b", 1, 4));
    assert_eq!(replace(&[a.clone(), b.clone()]), Put::New);
    assert_eq!(replace(&[b.clone(), a.clone()]), Put::Same);
    // Where facts came from is no difference.
    let imported = Day {
        source: Source::Import,
        ..day(TUESDAY)
    };
    let put = store.replace(KIND, imported, vec![a.clone(), b.clone()]);
    assert_eq!(put.unwrap(), Put::Same);
    assert_eq!(store.list(KIND).unwrap()[0].day.source, Source::Pull);
    assert_eq!(replace(std::slice::from_ref(&a)), Put::Replaced);
    assert_eq!(all(store, KIND, TUESDAY), [a]);
    assert_eq!(replace(&[]), Put::Replaced);
    assert_eq!(store.list(KIND).unwrap()[0].facts, 0);
    assert_eq!(store.dates(KIND).unwrap(), [TUESDAY]);
    assert!(store.list(FactKind::Evaluation).unwrap().is_empty());
}

fn an_uncommitted_change_leaves_nothing(store: &FactStore) {
    let (a, b) = (fact("a", 1, 3), fact("b", 1, 4));
    store.replace(KIND, day(TUESDAY), vec![a.clone()]).unwrap();
    let mut change = store.change().unwrap();
    assert!(matches!(store.change(), Err(FactsError::Locked { .. })));
    assert_eq!(
        change.put(KIND, day(TUESDAY), vec![b]).unwrap(),
        Put::Replaced
    );
    assert_eq!(all(store, KIND, TUESDAY), std::slice::from_ref(&a));
    drop(change);
    assert_eq!(all(store, KIND, TUESDAY), std::slice::from_ref(&a));
    store.change().map(drop).unwrap();
    assert_eq!(all(store, KIND, TUESDAY), [a]);
}

fn a_day_given_twice_counts_as_given_last(store: &FactStore) {
    let (a, b) = (fact("a", 1, 3), fact("b", 1, 4));
    store.replace(KIND, day(TUESDAY), vec![a.clone()]).unwrap();
    let mut change = store.change().unwrap();
    let mut put = |facts: &[Fact]| change.put(KIND, day(TUESDAY), facts.to_vec()).unwrap();
    assert_eq!(put(std::slice::from_ref(&b)), Put::Replaced);
    assert_eq!(put(std::slice::from_ref(&a)), Put::Same);
    // One that is refused changes nothing of what was given.
    change
        .put(KIND, day(TUESDAY), vec![fact("a", 99, 1)])
        .unwrap_err();
    assert_eq!(change.given().len(), 1);
    assert_eq!(change.commit().unwrap(), 0);
    assert_eq!(all(store, KIND, TUESDAY), [a]);
}

fn a_day_that_was_replaced_is_not_read(store: &FactStore) {
    let (a, b) = (fact("a", 1, 3), fact("b", 1, 4));
    store.replace(KIND, day(TUESDAY), vec![a]).unwrap();
    let told = store.list(KIND).unwrap().remove(0);
    store.replace(KIND, day(TUESDAY), vec![b]).unwrap();
    let read = read(store, &told, &[0]);
    match store.has_engine() {
        true => assert!(matches!(read, Err(FactsError::Replaced { date: TUESDAY }))),
        // A file is what it is by then; reports compare its sums.
        false => assert_eq!(read.unwrap().len(), 1),
    }
}

fn orgs_are_apart(store: &FactStore) {
    let (a, b) = (fact("a", 1, 3), fact("b", 1, 4));
    let other = another(store);
    store.replace(KIND, day(TUESDAY), vec![a.clone()]).unwrap();
    assert!(other.dates(KIND).unwrap().is_empty());
    let change = other.change().unwrap();
    store.replace(KIND, day(TUESDAY), vec![a.clone()]).unwrap();
    drop(change);
    other.replace(KIND, day(TUESDAY), vec![b.clone()]).unwrap();
    assert_eq!(all(store, KIND, TUESDAY), [a]);
    assert_eq!(all(&other, KIND, TUESDAY), [b]);
}

fn who_is_seen_is_told(store: &FactStore) {
    assert!(store.seen().unwrap().is_none());
    let mut nobody = fact("", 5, 1);
    nobody.user_id = None;
    let facts = vec![fact("a", 1, 3), fact("a", 7, 1), fact("b", 2, 1), nobody];
    store.replace(KIND, day(TUESDAY), facts).unwrap();
    let seen = store.seen().unwrap().unwrap();
    let start = fact("", 0, 0).start_ms;
    let last = |user: &str| (seen.last_ms_by_user[user] - start) / HOUR;
    assert_eq!(
        (seen.last_ms_by_user.len(), last("a"), last("b")),
        (2, 7, 2)
    );
    assert_eq!((seen.from_ms, seen.through_ms), (start, start + 24 * HOUR));
}

fn facts_that_make_no_sense_are_refused(store: &FactStore) {
    let refused = |kind, bad: Fact| {
        let given = vec![fact("a", 1, 3), bad];
        let error = store.replace(kind, day(TUESDAY), given).unwrap_err();
        assert!(store.list(kind).unwrap().is_empty());
        error.to_string()
    };
    let mut bad = fact("b", 1, -1);
    assert_eq!(
        refused(KIND, bad.clone()),
        "fact 2 of 2026-11-24: a number is negative"
    );
    bad = fact("b", 24, 1);
    assert_eq!(
        refused(KIND, bad.clone()),
        "fact 2 of 2026-11-24: its interval starts on another day of the time zone"
    );
    bad.end_ms = bad.start_ms;
    assert_eq!(
        refused(KIND, bad.clone()),
        "fact 2 of 2026-11-24: its interval ends before it starts"
    );
    assert_eq!(
        refused(KIND, fact("a", 1, i64::MAX)),
        "handle_count of one user and interval of 2026-11-24 adds up to more than fits"
    );
    bad = fact("b", 1, 1);
    bad.measures[2] = Some(1_000_000_000_000_000_000);
    assert_eq!(
        refused(FactKind::Evaluation, bad.clone()),
        "fact 2 of 2026-11-24: a sum of scores is too large"
    );
    bad.measures[7] = Some(1);
    assert_eq!(
        refused(FactKind::Evaluation, bad),
        "fact 2 of 2026-11-24: it has more measures than its kind"
    );
}

fn no_time_is_counted_twice(store: &FactStore) {
    let mut whole = fact("a", 0, 24);
    whole.end_ms += 23 * HOUR;
    let twice = vec![fact("a", 4, 1), whole.clone(), fact("b", 4, 1)];
    let error = store.replace(KIND, day(TUESDAY), twice).unwrap_err();
    assert_eq!(
        error.to_string(),
        "intervals of one user and media type overlap on 2026-11-24"
    );
    whole.media_type = None;
    let apart = vec![fact("a", 4, 1), fact("a", 5, 1), whole];
    store.replace(KIND, day(TUESDAY), apart).unwrap();
    let store = &another(store);
    let monday = date(2026, 11, 23);
    let mut week = fact("a", -24, 5);
    week.end_ms = week.start_ms + 7 * 24 * HOUR;
    store
        .replace(KIND, day(monday), vec![week.clone()])
        .unwrap();
    let overlap = |change: &mut Change, date: Date, facts: Vec<Fact>| match change.put(
        KIND,
        day(date),
        facts,
    ) {
        Err(FactsError::Overlap { other, .. }) => Some(other),
        Ok(_) => None,
        Err(error) => panic!("{error}"),
    };
    let mut change = store.change().unwrap();
    assert_eq!(overlap(&mut change, TUESDAY, vec![]), Some(monday));
    assert_eq!(
        overlap(&mut change, date(2026, 11, 29), vec![]),
        Some(monday)
    );
    assert_eq!(overlap(&mut change, date(2026, 11, 30), vec![]), None);
    assert_eq!(overlap(&mut change, date(2026, 11, 22), vec![]), None);
    // A day that is given with it counts as well, also when it is given anew.
    assert_eq!(overlap(&mut change, monday, vec![fact("a", -24, 1)]), None);
    assert_eq!(overlap(&mut change, TUESDAY, vec![fact("a", 1, 1)]), None);
    assert_eq!(overlap(&mut change, monday, vec![week]), Some(TUESDAY));
    change.commit().unwrap();
    let missing = store.missing(KIND, date(2026, 11, 21), date(2026, 12, 1));
    let expected = [21, 25, 26, 27, 28, 29].map(|day| date(2026, 11, day));
    assert_eq!(
        missing.unwrap(),
        [expected.as_slice(), &[date(2026, 12, 1)]].concat()
    );
}

fn a_long_interval_covers_its_days(store: &FactStore) {
    let mut week = fact("a", 0, 5);
    week.end_ms = week.start_ms + 7 * 24 * HOUR;
    store.replace(KIND, day(TUESDAY), vec![week]).unwrap();
    let missing = store
        .missing(KIND, date(2026, 11, 23), date(2026, 12, 2))
        .unwrap();
    assert_eq!(
        missing,
        [date(2026, 11, 23), date(2026, 12, 1), date(2026, 12, 2)]
    );
}

fn days_are_those_of_one_time_zone(store: &FactStore) {
    let berlin = |date| Day {
        time_zone: "Europe/Berlin".to_owned(),
        ..day(date)
    };
    // Clocks change on this day: it has 25 hours.
    let autumn = date(2026, 10, 25);
    let (start, end) = berlin(autumn).bounds().unwrap();
    assert_eq!(end - start, 25 * HOUR);
    let whole = Fact {
        start_ms: start,
        end_ms: end,
        ..fact("a", 0, 1)
    };
    store.replace(KIND, berlin(autumn), vec![whole]).unwrap();
    let error = store.replace(KIND, day(TUESDAY), vec![]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the facts of 2026-10-25 are kept in Europe/Berlin, those of 2026-11-24 are in UTC"
    );
    let nowhere = Day {
        time_zone: "Nowhere".to_owned(),
        ..day(TUESDAY)
    };
    let error = store.replace(KIND, nowhere, vec![]).unwrap_err();
    assert_eq!(error.to_string(), "the time zone \"Nowhere\" is unknown");
}

#[test]
fn rows_hold_no_user_that_a_database_could_not() {
    let database = crate::database::Database::new();
    let facts = FactStore::open(&database.url(), "Acme").unwrap();
    for (user, what) in [
        ("", "the id of its user is empty"),
        (
            "a\0",
            "its user or media type holds U+0000, which PostgreSQL does not keep",
        ),
    ] {
        let mut odd = fact("b", 0, 1);
        odd.user_id = Some(user.to_owned());
        let mut nobody = odd.clone();
        nobody.user_id = None;
        let refused = facts.replace(KIND, day(TUESDAY), vec![nobody, odd]);
        assert!(
            matches!(refused, Err(FactsError::NotAFact { what: told, .. }) if told == what),
            "{refused:?}"
        );
        assert_eq!(facts.list(KIND).unwrap(), []);
    }
}
