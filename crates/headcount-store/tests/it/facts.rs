//! Facts to test with, and what files of facts do besides what every store of facts does.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use headcount_core::{
    fact::{Fact, FactKind, MEASURES, Stat},
    segment::{Block, FactSink, NO_VALUE},
};
use headcount_store::facts::{Day, FactFile, FactStore, FactsError, Put, Source};
use jiff::civil::{Date, date};
use proptest::{collection::vec, option, prelude::*};
use tempfile::TempDir;

pub(crate) const KIND: FactKind = FactKind::HandleTime;
pub(crate) const HOUR: i64 = 3_600_000;

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

pub(crate) fn start_of(date: Date) -> i64 {
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
    together(wanted, |sink| file.scan(wanted, sink))
}

/// The facts that a scan hands over.
pub(crate) fn together(
    wanted: &[usize],
    scan: impl FnOnce(&mut dyn FactSink) -> Result<u64, FactsError>,
) -> Result<Vec<Fact>, FactsError> {
    let mut together = Together {
        wanted: wanted.to_vec(),
        ..Together::default()
    };
    let rows = scan(&mut together)?;
    assert_eq!(rows, together.facts.len() as u64);
    Ok(together.facts)
}

/// Facts as they are kept, the simple way: each key once, in order, with the measures asked for.
pub(crate) fn naive(kind: FactKind, facts: &[Fact], wanted: &[usize]) -> Vec<Fact> {
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
    const USERS: &[&str] = &[" ", "a", "b", "ü", "f3ab0d2e-0000-4000-8000-000000000001"];
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

pub(crate) fn any_facts(count: usize) -> impl Strategy<Value = (FactKind, Vec<Fact>)> {
    proptest::sample::select(FactKind::ALL.to_vec())
        .prop_flat_map(move |kind| (Just(kind), facts(kind, count)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn groups_of_any_size_hold_the_facts(
        (kind, facts) in any_facts(300),
        rows_per_group in 1..20_usize,
    ) {
        let wanted: Vec<usize> = (0..kind.measures().len()).rev().collect();
        let place = Place::new();
        let mut change = place.facts.change().unwrap();
        change.put_in_groups(kind, day(TUESDAY), facts.clone(), rows_per_group).unwrap();
        change.commit().unwrap();
        let told = place.facts.list(kind).unwrap().remove(0);
        let expected = naive(kind, &facts, &wanted);
        let mut file = FactFile::open(told.path.as_deref().unwrap(), Some(kind)).unwrap();
        prop_assert_eq!(read(&mut file, &wanted).unwrap(), &expected[..]);
        // Reading leaves a file as it was.
        prop_assert_eq!(read(&mut file, &wanted).unwrap(), &expected[..]);
    }
}

#[test]
fn equal_facts_are_equal_files() {
    let place = Place::new();
    let replace = |facts: &[Fact]| {
        place
            .facts
            .replace(KIND, day(TUESDAY), facts.to_vec())
            .unwrap()
    };
    let (a, b) = (fact("a", 1, 3), fact("b", 1, 4));
    replace(&[a.clone(), b.clone()]);
    let path = place.path("2026-11-24.parquet");
    let before = fs::read(&path).unwrap();
    assert_eq!(replace(&[b.clone(), a.clone()]), Put::Same);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(replace(std::slice::from_ref(&a)), Put::Replaced);
    assert_ne!(fs::read(&path).unwrap(), before);
    // Whatever was there before.
    replace(&[b, a]);
    assert_eq!(fs::read(&path).unwrap(), before);
}

#[test]
fn unfinished_files_go() {
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
