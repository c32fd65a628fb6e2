//! Many users over many days, for benchmarks.

use std::{
    error::Error,
    path::Path,
    time::{Duration, Instant},
};

use headcount_core::fact::{Fact, FactKind, MEASURES};
use headcount_store::{
    Access,
    facts::{Day, FactStore, Source},
    open,
};
use jiff::{ToSpan, civil::Date};

use super::{
    ORG,
    person::{Person, id},
    publish,
};

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;
/// Reports of a manager.
const SPAN: usize = 12;
const DEPARTMENTS: usize = 40;
const DIVISIONS: usize = 10;
const MEDIA: [&str; 2] = ["message", "voice"];
const TITLES: [&str; 4] = ["Agent", "Senior Agent", "Team Lead", "Specialist"];
const FIRST_DAY: Date = Date::constant(2026, 1, 1);

/// What is to be made.
pub(crate) struct Large<'a> {
    pub(crate) store: &'a str,
    pub(crate) users: usize,
    pub(crate) days: usize,
    /// How many snapshots; the first is before all facts.
    pub(crate) snapshots: usize,
    /// How many versions everybody has.
    pub(crate) versions: usize,
}

/// Makes it.
pub(crate) fn make(large: &Large<'_>) -> Result<String, Box<dyn Error>> {
    if Path::new(large.store).exists() {
        return Err("the store exists already".into());
    }
    if large.snapshots < large.versions {
        return Err("there cannot be more versions than snapshots".into());
    }
    let mut random = fastrand::Rng::with_seed(4);
    let ids = history(large, &mut random)?;
    let (facts, took) = facts(large, &ids, &mut random)?;
    let last = FIRST_DAY
        .checked_add(i64::try_from(large.days)?.days())?
        .yesterday()?;
    Ok(format!(
        r#"{{"org":"{ORG}","users":{},"versions":{},"facts":{facts},"from":"{FIRST_DAY}","to":"{last}","facts_s":{}}}"#,
        large.users,
        large.users * large.versions,
        took.as_secs_f64()
    ))
}

/// Publishes the snapshots and gives all ids, sorted.
fn history(large: &Large<'_>, random: &mut fastrand::Rng) -> Result<Vec<String>, Box<dyn Error>> {
    let store = open(large.store, Access::Write)?;
    let mut ids: Vec<String> = (0..large.users).map(|_| id(random)).collect();
    // Who is above whom must not follow the order of ids.
    let tree = ids.clone();
    ids.sort_unstable();
    let mut everybody: Vec<Person> = tree
        .iter()
        .enumerate()
        .map(|(place, id)| Person {
            id: id.clone(),
            name: Some(format!("Person Number {place}")),
            state: "active",
            department: Some(department(random)),
            title: Some(TITLES[random.usize(..TITLES.len())]),
            division: Some(random.usize(..DIVISIONS)),
            manager: (place > 0).then(|| tree[(place - 1) / SPAN].clone()),
        })
        .collect();
    let first_ms = midnight(0);
    publish(&*store, &everybody, first_ms)?;
    // Everybody changes once in each stretch of snapshots, whole numbers of them.
    let changes = large.versions.saturating_sub(1);
    let stretch = (large.snapshots - 1).checked_div(changes).unwrap_or(0);
    for number in 0..stretch * changes {
        let day = 1 + number * (large.days - 1) / (stretch * changes);
        for (place, person) in everybody.iter_mut().enumerate() {
            if spread(place) % stretch == number % stretch {
                move_on(person, place, &tree, random);
            }
        }
        // Early in the morning: facts of that day straddle the change.
        publish(&*store, &everybody, midnight(day) + 2 * HOUR_MS)?;
    }
    Ok(ids)
}

/// Another department always, another manager and division often.
fn move_on(person: &mut Person, place: usize, tree: &[String], random: &mut fastrand::Rng) {
    let before = person.department.take();
    while person.department.is_none() || person.department == before {
        person.department = Some(department(random));
    }
    if random.u8(..) < 128 && place > 0 {
        // Somebody of the manager's level, so that the tree stays one.
        let manager = (place - 1) / SPAN;
        let (mut start, mut end) = (0, 1);
        while end <= manager {
            (start, end) = (end, end * SPAN + 1);
        }
        person.manager = Some(tree[random.usize(start..end.min(tree.len()))].clone());
    }
    if random.u8(..) < 64 {
        person.division = Some(random.usize(..DIVISIONS));
    }
}

/// Keeps the facts; gives how many, and how long that took without making them up.
fn facts(
    large: &Large<'_>,
    ids: &[String],
    random: &mut fastrand::Rng,
) -> Result<(u64, Duration), Box<dyn Error>> {
    let store = FactStore::open(large.store, ORG)?;
    let (mut made, mut took) = (0, Duration::ZERO);
    for number in 0..large.days {
        let date = FIRST_DAY.checked_add(i64::try_from(number)?.days())?;
        let day = Day {
            date,
            time_zone: "UTC".to_owned(),
            granularity: Some("P1D".to_owned()),
            source: Source::Pull,
        };
        let start_ms = midnight(number);
        let mut facts = Vec::with_capacity(ids.len() * MEDIA.len());
        for id in ids {
            for media in MEDIA {
                facts.push(Fact {
                    start_ms,
                    end_ms: start_ms + DAY_MS,
                    user_id: Some(id.clone()),
                    media_type: Some(media.to_owned()),
                    measures: measures(random),
                });
            }
        }
        made += facts.len() as u64;
        let began = Instant::now();
        store.replace(FactKind::HandleTime, day, facts)?;
        took += began.elapsed();
    }
    Ok((made, took))
}

/// Handled, talked, held, after-call work, answered, transferred, outbound. Every fourth agent held
/// nobody that day, of which upstream says nothing.
fn measures(random: &mut fastrand::Rng) -> [Option<i64>; MEASURES] {
    let handled = random.i64(1..40);
    let talk = handled * random.i64(60_000..400_000);
    let held = (random.u8(..4) > 0).then(|| random.i64(1..=handled));
    let held_ms = held.map(|held| held * random.i64(5_000..60_000));
    let acw = handled * random.i64(5_000..90_000);
    let sum = talk + held_ms.unwrap_or(0) + acw;
    [
        Some(handled),
        Some(sum),
        Some(handled),
        Some(talk),
        held,
        held_ms,
        Some(handled),
        Some(acw),
        Some(random.i64(0..=handled)),
        (random.u8(..4) == 0).then(|| random.i64(1..=handled)),
        (random.u8(..8) == 0).then(|| random.i64(1..=handled)),
    ]
}

fn department(random: &mut fastrand::Rng) -> String {
    format!("Department {}", random.usize(..DEPARTMENTS))
}

/// A number that scatters neighbours.
fn spread(place: usize) -> usize {
    place.wrapping_mul(0x9e37_79b1) >> 7
}

/// Start of a day, ms UTC.
fn midnight(day: usize) -> i64 {
    const FIRST_MS: i64 = 20_454 * DAY_MS;
    FIRST_MS + i64::try_from(day).unwrap_or(i64::MAX / DAY_MS) * DAY_MS
}
