//! Facts that are kept: what is written is what is read, days are whole, and damage is told.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use headcount_core::{
    fact::{Fact, FactKind, MEASURES, Stat},
    segment::{Block, FactSink, NO_VALUE},
};
use headcount_store::facts::{Change, Day, FactFile, FactStore, FactsError, Put, Source};
use jiff::civil::{Date, date};
use proptest::{collection::vec, option, prelude::*};
use tempfile::TempDir;

pub(crate) const KIND: FactKind = FactKind::HandleTime;
const HOUR: i64 = 3_600_000;

/// Facts beside a store in a directory that goes away with it.
pub(crate) struct Place {
    directory: TempDir,
    pub(crate) facts: FactStore,
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("headcount.db").display());
        let facts = FactStore::open(&url, "Acme").unwrap();
        Self { directory, facts }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let folder = self.directory.path().join("headcount.facts/%41cme");
        folder.join(KIND.name()).join(name)
    }
}

pub(crate) fn day(date: Date) -> Day {
    Day {
        date,
        time_zone: "UTC".to_owned(),
        granularity: Some("P1D".to_owned()),
        source: Source::Pull,
    }
}

pub(crate) const TUESDAY: Date = date(2026, 11, 24);

/// A fact of an hour of that Tuesday.
pub(crate) fn fact(user: &str, hour: i64, count: i64) -> Fact {
    let start_ms = start_of(TUESDAY) + hour * HOUR;
    let mut fact = Fact {
        start_ms,
        end_ms: start_ms + HOUR,
        user_id: Some(user.to_owned()),
        media_type: Some("voice".to_owned()),
        ..Fact::default()
    };
    fact.measures[0] = Some(count);
    fact
}

fn start_of(date: Date) -> i64 {
    day(date).bounds().unwrap().0
}

/// Puts facts together again, out of blocks.
#[derive(Default)]
struct Together {
    users: Vec<String>,
    media: Vec<String>,
    wanted: Vec<usize>,
    facts: Vec<Fact>,
}

impl FactSink for Together {
    fn users(&mut self, users: &[&str]) {
        assert!(users.is_sorted());
        self.users = users.iter().map(|user| (*user).to_owned()).collect();
    }

    fn media(&mut self, media: &[&str]) {
        self.media = media.iter().map(|media| (*media).to_owned()).collect();
    }

    fn block(&mut self, block: &Block<'_>) {
        let name = |texts: &[String], code: u32| match code {
            NO_VALUE => None,
            code => Some(texts[code as usize].clone()),
        };
        for place in 0..block.users.len() {
            let mut fact = Fact {
                start_ms: block.start_ms.at(place),
                end_ms: block.end_ms.at(place),
                user_id: name(&self.users, block.users[place]),
                media_type: name(&self.media, block.media[place]),
                ..Fact::default()
            };
            assert_eq!(self.wanted.len(), block.measures.len());
            for (to, measure) in self.wanted.iter().zip(block.measures) {
                fact.measures[*to] = measure.at(place);
                assert!(fact.measures[*to].is_some() || measure.values[place] == 0);
            }
            self.facts.push(fact);
        }
    }
}

pub(crate) fn read(file: &mut FactFile, wanted: &[usize]) -> Result<Vec<Fact>, FactsError> {
    let mut together = Together {
        wanted: wanted.to_vec(),
        ..Together::default()
    };
    let rows = file.scan(wanted, &mut together)?;
    assert_eq!(rows, together.facts.len() as u64);
    Ok(together.facts)
}

/// Facts as they are kept, the simple way: each key once, in order, with the measures asked for.
fn naive(kind: FactKind, facts: &[Fact], wanted: &[usize]) -> Vec<Fact> {
    let mut keys: BTreeMap<_, Vec<&Fact>> = BTreeMap::new();
    for fact in facts {
        let user = fact.user_id.clone();
        let key = (user, fact.start_ms, fact.media_type.clone(), fact.end_ms);
        keys.entry(key).or_default().push(fact);
    }
    let facts = keys.into_values().map(|facts| {
        let mut sum = Fact {
            measures: [None; MEASURES],
            ..facts[0].clone()
        };
        for &place in wanted {
            let is_sum = kind.measures()[place].stat != Stat::Count;
            let told = |fact: &&Fact| {
                !is_sum
                    || fact.measures[place].is_some()
                    || fact.measures[place - 1].is_none_or(|count| count == 0)
            };
            let numbers: Vec<i64> = facts.iter().filter_map(|f| f.measures[place]).collect();
            let some = !numbers.is_empty() && facts.iter().all(told);
            sum.measures[place] = some.then(|| numbers.iter().sum());
        }
        sum
    });
    facts.collect()
}

fn text(texts: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    option::weighted(0.9, proptest::sample::select(texts).prop_map(str::to_owned))
}

fn number() -> impl Strategy<Value = Option<i64>> {
    prop_oneof![
        2 => Just(None),
        4 => (0..100_i64).prop_map(Some),
        1 => (0..1_i64 << 50).prop_map(Some),
    ]
}

/// Any facts of a kind on that Tuesday.
fn facts(kind: FactKind, count: usize) -> impl Strategy<Value = Vec<Fact>> {
    const USERS: &[&str] = &["", "a", "b", "ü", "f3ab0d2e-0000-4000-8000-000000000001"];
    let measures = kind.measures().len();
    // Whether a measure of a file is always there, sometimes, or never.
    let always = vec(proptest::sample::select(vec![0, 1, 2]), measures);
    let fact = (
        text(USERS),
        text(&["voice", "message", "é"]),
        0..24_i64,
        vec(number(), measures),
    );
    (vec(fact, 0..count), always, any::<bool>(), 0..3_i64).prop_map(
        |(facts, always, daily, days)| {
            let facts = facts
                .into_iter()
                .map(|(user_id, media_type, hour, numbers)| {
                    // Only the last hour may go on beyond the day: intervals overlap nowhere.
                    let (hour, hours) = match (daily, hour) {
                        (true, _) => (0, 24),
                        (false, 23) => (23, days * 24 + 1),
                        (false, hour) => (hour, 1),
                    };
                    let start_ms = start_of(TUESDAY) + hour * HOUR;
                    let mut fact = Fact {
                        start_ms,
                        end_ms: start_ms + hours * HOUR,
                        user_id,
                        media_type,
                        ..Fact::default()
                    };
                    for (place, number) in numbers.into_iter().enumerate() {
                        fact.measures[place] = match always[place] {
                            0 => None,
                            1 => Some(number.unwrap_or(0)),
                            _ => number,
                        };
                    }
                    fact
                });
            facts.collect()
        },
    )
}

fn any_facts(count: usize) -> impl Strategy<Value = (FactKind, Vec<Fact>)> {
    proptest::sample::select(FactKind::ALL.to_vec())
        .prop_flat_map(move |kind| (Just(kind), facts(kind, count)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_is_what_is_read(
        (kind, facts) in any_facts(300),
        rows_per_group in prop_oneof![1..20_usize, Just(1 << 20)],
        wanted in proptest::sample::subsequence((0..MEASURES).collect::<Vec<_>>(), 0..=MEASURES)
            .prop_shuffle(),
    ) {
        let wanted: Vec<usize> =
            wanted.into_iter().filter(|place| *place < kind.measures().len()).collect();
        let place = Place::new();
        let mut change = place.facts.change().unwrap();
        let put = change.put_in_groups(kind, day(TUESDAY), facts.clone(), rows_per_group).unwrap();
        prop_assert_eq!(put, Put::New);
        change.commit().unwrap();
        let told = place.facts.list(kind).unwrap().remove(0);
        let expected = naive(kind, &facts, &wanted);
        let mut file = FactFile::open(&told.path, Some(kind)).unwrap();
        prop_assert_eq!(read(&mut file, &wanted).unwrap(), &expected[..]);
        // Reading leaves a file as it was.
        prop_assert_eq!(read(&mut file, &wanted).unwrap(), &expected[..]);
        prop_assert_eq!(told.facts, expected.len() as u64);
        let all: Vec<usize> = (0..kind.measures().len()).collect();
        let all = naive(kind, &facts, &all);
        for place in 0..kind.measures().len() {
            let numbers: Vec<i64> = all.iter().filter_map(|fact| fact.measures[place]).collect();
            let sum = numbers.iter().map(|number| i128::from(*number)).sum();
            prop_assert_eq!(told.totals[place], (!numbers.is_empty()).then_some(sum));
        }
    }
}

#[test]
fn many_facts_make_many_pages_and_blocks() {
    let facts: Vec<Fact> = (0..300_000_i64)
        .map(|index| {
            let mut fact = fact(&format!("{:08}", index / 2), index % 2, index % 57);
            fact.measures[1] = (index % 3 > 0).then_some(index * 7919 % 40_000_000);
            fact.measures[2] = (index > 150_000).then_some(index);
            fact
        })
        .collect();
    let place = Place::new();
    place
        .facts
        .replace(KIND, day(TUESDAY), facts.clone())
        .unwrap();
    let path = place.path("2026-11-24.parquet");
    let mut file = FactFile::open(&path, None).unwrap();
    assert_eq!(file.kind(), KIND);
    assert!(read(&mut file, &[2, 0, 1]).unwrap() == facts);
}

#[test]
fn a_day_is_replaced_whole_and_only_when_it_differs() {
    let place = Place::new();
    let replace = |facts: &[Fact]| {
        place
            .facts
            .replace(KIND, day(TUESDAY), facts.to_vec())
            .unwrap()
    };
    let (a, b) = (fact("a", 1, 3), fact("b", 1, 4));
    assert_eq!(replace(&[a.clone(), b.clone()]), Put::New);
    let path = place.path("2026-11-24.parquet");
    let before = fs::read(&path).unwrap();
    assert_eq!(replace(&[b.clone(), a.clone()]), Put::Same);
    // Where facts came from is no difference.
    let imported = Day {
        source: Source::Import,
        ..day(TUESDAY)
    };
    let put = place
        .facts
        .replace(KIND, imported, vec![a.clone(), b.clone()]);
    assert_eq!(put.unwrap(), Put::Same);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(replace(&[a]), Put::Replaced);
    assert_ne!(fs::read(&path).unwrap(), before);
    assert_eq!(replace(&[]), Put::Replaced);
    assert_eq!(place.facts.list(KIND).unwrap()[0].facts, 0);
    // Equal facts, equal bytes, whatever was there before.
    let other = Place::new();
    other
        .facts
        .replace(KIND, day(TUESDAY), vec![fact("a", 1, 3), b.clone()])
        .unwrap();
    assert_eq!(fs::read(other.path("2026-11-24.parquet")).unwrap(), before);
    assert!(place.facts.list(FactKind::Evaluation).unwrap().is_empty());
}

#[test]
fn an_uncommitted_change_leaves_nothing() {
    let place = Place::new();
    place
        .facts
        .replace(KIND, day(TUESDAY), vec![fact("a", 1, 3)])
        .unwrap();
    let files = || fs::read_dir(place.path("")).unwrap().count();
    let mut change = place.facts.change().unwrap();
    assert!(matches!(
        place.facts.change(),
        Err(FactsError::Locked { pid: Some(_) })
    ));
    assert_eq!(
        change.put(KIND, day(TUESDAY), vec![]).unwrap(),
        Put::Replaced
    );
    assert_eq!(files(), 2);
    assert_eq!(place.facts.list(KIND).unwrap()[0].facts, 1);
    drop(change);
    assert_eq!(files(), 1);
    // What a killed process left goes when facts are changed next.
    fs::write(place.path(".2026-11-23.parquet.tmp"), "half").unwrap();
    assert_eq!(place.facts.list(KIND).unwrap().len(), 1);
    place.facts.change().map(drop).unwrap();
    assert_eq!(files(), 1);
}

#[test]
fn facts_that_make_no_sense_are_refused() {
    let place = Place::new();
    let refused = |kind, bad: Fact| {
        let given = vec![fact("a", 1, 3), bad];
        let error = place.facts.replace(kind, day(TUESDAY), given).unwrap_err();
        assert!(place.facts.list(kind).unwrap().is_empty());
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

#[test]
fn no_time_is_counted_twice() {
    let place = Place::new();
    let mut whole = fact("a", 0, 24);
    whole.end_ms += 23 * HOUR;
    let twice = vec![fact("a", 4, 1), whole.clone(), fact("b", 4, 1)];
    let error = place.facts.replace(KIND, day(TUESDAY), twice).unwrap_err();
    assert_eq!(
        error.to_string(),
        "intervals of one user and media type overlap on 2026-11-24"
    );
    whole.media_type = None;
    let apart = vec![fact("a", 4, 1), fact("a", 5, 1), whole];
    place.facts.replace(KIND, day(TUESDAY), apart).unwrap();
    let place = Place::new();
    let monday = date(2026, 11, 23);
    let mut week = fact("a", -24, 5);
    week.end_ms = week.start_ms + 7 * 24 * HOUR;
    place
        .facts
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
    let mut change = place.facts.change().unwrap();
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
    let missing = place
        .facts
        .missing(KIND, date(2026, 11, 21), date(2026, 12, 1));
    let expected = [21, 25, 26, 27, 28, 29].map(|day| date(2026, 11, day));
    assert_eq!(
        missing.unwrap(),
        [expected.as_slice(), &[date(2026, 12, 1)]].concat()
    );
}

#[test]
fn a_long_interval_covers_its_days() {
    let place = Place::new();
    let mut week = fact("a", 0, 5);
    week.end_ms = week.start_ms + 7 * 24 * HOUR;
    place.facts.replace(KIND, day(TUESDAY), vec![week]).unwrap();
    let missing = place
        .facts
        .missing(KIND, date(2026, 11, 23), date(2026, 12, 2))
        .unwrap();
    assert_eq!(
        missing,
        [date(2026, 11, 23), date(2026, 12, 1), date(2026, 12, 2)]
    );
}

#[test]
fn days_are_those_of_one_time_zone() {
    let place = Place::new();
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
    place
        .facts
        .replace(KIND, berlin(autumn), vec![whole])
        .unwrap();
    let error = place.facts.replace(KIND, day(TUESDAY), vec![]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the facts of 2026-10-25 are kept in Europe/Berlin, those of 2026-11-24 are in UTC"
    );
    let nowhere = Day {
        time_zone: "Nowhere".to_owned(),
        ..day(TUESDAY)
    };
    let error = place.facts.replace(KIND, nowhere, vec![]).unwrap_err();
    assert_eq!(error.to_string(), "the time zone \"Nowhere\" is unknown");
}
