//! Few users to whom everything happens: they move, leave to Home, are purged, return and manage each
//! other in rings. Facts of both kinds: daily, half-hourly and of several days, of known and unknown
//! users and of nobody, with measures missing, from before the first snapshot on.

use std::{error::Error, ops::Range, path::Path};

use headcount_core::fact::{Fact, FactKind, MEASURES, MICRO, Stat};
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

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const ZONE: &str = "Asia/Riyadh";
const FIRST_DAY: Date = Date::constant(2026, 8, 25);
const DAYS: i64 = 45;
const USERS: usize = 60;
const NAMES: [&str; 5] = ["Ann", "Bob", "Cid", "Dina", "Eve"];
const DEPARTMENTS: [&str; 6] = ["Sales", "sales", "Support", "Back Office", "Größe", "  "];
const TITLES: [&str; 3] = ["Agent", "Lead", "Director"];
const MEDIA: [&str; 3] = ["chat", "message", "voice"];
const DIVISIONS: usize = 4;
/// Those who are managers of each other from the start.
const RING: Range<usize> = 3..6;

/// Makes the org of a seed.
pub(crate) fn make(path: &str, seed: u64) -> Result<String, Box<dyn Error>> {
    if Path::new(path).exists() {
        return Err("the store exists already".into());
    }
    let mut random = fastrand::Rng::with_seed(seed);
    let mut ids: Vec<String> = (0..USERS).map(|_| id(&mut random)).collect();
    history(path, &ids, &mut random)?;
    ids.extend((0..3).map(|_| id(&mut random)));
    for kind in FactKind::ALL {
        facts(path, kind, &ids, &mut random)?;
    }
    let last = FIRST_DAY.checked_add(DAYS.days())?.yesterday()?;
    Ok(format!(
        r#"{{"org":"{ORG}","from":"{FIRST_DAY}","to":"{last}","time_zone":"{ZONE}"}}"#
    ))
}

fn history(path: &str, ids: &[String], random: &mut fastrand::Rng) -> Result<(), Box<dyn Error>> {
    let store = open(path, Access::Write)?;
    let mut everybody = Vec::new();
    let mut away = Vec::new();
    for (number, id) in ids.iter().enumerate() {
        let person = newcomer(id, ids, number, random);
        match random.u8(..4) {
            0 if !RING.contains(&number) => away.push(person),
            _ => everybody.push(person),
        }
    }
    // The first snapshot comes days after the first facts.
    let mut now_ms = start_ms(0) + 4 * DAY_MS + random.i64(0..DAY_MS);
    for _ in 0..random.usize(8..20) {
        publish(&*store, &everybody, now_ms)?;
        now_ms += random.i64(HOUR_MS / 4..4 * DAY_MS);
        let mut stayed = Vec::new();
        for mut person in everybody {
            match random.u8(..40) {
                0 | 1 => away.push(person),
                _ => {
                    move_on(&mut person, ids, random);
                    stayed.push(person);
                }
            }
        }
        everybody = stayed;
        let back = std::mem::take(&mut away);
        for mut person in back {
            if random.u8(..6) == 0 {
                move_on(&mut person, ids, random);
                everybody.push(person);
            } else {
                away.push(person);
            }
        }
    }
    Ok(())
}

fn newcomer(id: &str, ids: &[String], number: usize, random: &mut fastrand::Rng) -> Person {
    Person {
        id: id.to_owned(),
        name: (random.u8(..10) > 0).then(|| format!("{} {number}", pick(&NAMES, random))),
        state: "active",
        department: department(random),
        title: (random.u8(..5) > 0).then(|| pick(&TITLES, random)),
        division: (random.u8(..8) > 0).then(|| random.usize(..DIVISIONS)),
        manager: match number {
            0..3 => None,
            _ if RING.contains(&number) => {
                let above = if number + 1 < RING.end {
                    number + 1
                } else {
                    RING.start
                };
                Some(ids[above].clone())
            }
            _ => Some(ids[random.usize(..number.div_ceil(4))].clone()),
        },
    }
}

fn move_on(person: &mut Person, ids: &[String], random: &mut fastrand::Rng) {
    match random.u8(..20) {
        0 | 1 => person.department = department(random),
        2 => person.title = Some(pick(&TITLES, random)),
        3 => person.division = Some(random.usize(..DIVISIONS)),
        // Of anybody, themselves and their own reports among them.
        4 => person.manager = Some(pick_of(ids, random)),
        5 => person.manager = None,
        // Of somebody whom no snapshot ever held.
        6 if random.u8(..3) == 0 => person.manager = Some(id(random)),
        // Two of one name, perhaps one above the other.
        7 => person.name = Some(pick(&NAMES, random).to_owned()),
        8 => {
            (person.state, person.division) = match person.state {
                "active" => ("deleted", Some(0)),
                _ => ("active", Some(random.usize(..DIVISIONS))),
            }
        }
        9 if person.state == "active" => person.state = "inactive",
        _ => {}
    }
}

fn facts(
    path: &str,
    kind: FactKind,
    ids: &[String],
    random: &mut fastrand::Rng,
) -> Result<(), Box<dyn Error>> {
    let store = FactStore::open(path, ORG)?;
    let mut change = store.change()?;
    let mut number = 0;
    while number < DAYS {
        // How many days an interval has, and how many intervals a day.
        let (days, parts) = match random.u8(..8) {
            0 if number + 3 <= DAYS => (3, 1),
            1 | 2 => (1, 48),
            _ => (1, 1),
        };
        let day = Day {
            date: FIRST_DAY.checked_add(number.days())?,
            time_zone: ZONE.to_owned(),
            granularity: match (days, parts) {
                (1, 1) => Some("P1D".to_owned()),
                (1, _) => Some("PT30M".to_owned()),
                _ => None,
            },
            source: if days == 1 {
                Source::Pull
            } else {
                Source::Import
            },
        };
        let often = match (random.u8(..12), days, parts) {
            (0, 1, _) => 0.0,
            (_, _, 1) => 0.6,
            _ => 0.05,
        };
        let length = days * DAY_MS / parts;
        let starts = (0..parts).map(|part| start_ms(number) + part * length);
        let facts = starts.flat_map(|start| interval(kind, start, length, often, ids, random));
        change.put(kind, day, facts.collect())?;
        number += days;
    }
    change.commit()?;
    Ok(())
}

/// Facts of an interval: of so many of the users and media types, and of nobody.
fn interval(
    kind: FactKind,
    start_ms: i64,
    length_ms: i64,
    often: f64,
    ids: &[String],
    random: &mut fastrand::Rng,
) -> Vec<Fact> {
    let mut facts = Vec::new();
    let users = ids.iter().map(Some).chain([None]);
    for user in users {
        for media in MEDIA.iter().map(Some).chain([None]) {
            let here = media.is_some() || random.u8(..10) == 0;
            if here && random.f64() < often {
                facts.push(Fact {
                    start_ms,
                    end_ms: start_ms + length_ms,
                    user_id: user.cloned(),
                    media_type: media.map(|media| (*media).to_owned()),
                    measures: measures(kind, random),
                });
            }
        }
    }
    facts
}

/// One in six is missing, and one in ten is 0.
fn measures(kind: FactKind, random: &mut fastrand::Rng) -> [Option<i64>; MEASURES] {
    let mut measures = [None; MEASURES];
    for (value, measure) in measures.iter_mut().zip(kind.measures()) {
        let most = match measure.stat {
            Stat::Count => 60,
            Stat::SumMs => 20_000_000,
            Stat::SumMicro => 6_000 * MICRO,
        };
        *value = match random.u8(..60) {
            0..10 => None,
            10..16 => Some(0),
            _ => Some(random.i64(1..most)),
        };
    }
    measures
}

fn department(random: &mut fastrand::Rng) -> Option<String> {
    (random.u8(..10) > 0).then(|| pick(&DEPARTMENTS, random).to_owned())
}

fn pick(texts: &[&'static str], random: &mut fastrand::Rng) -> &'static str {
    texts[random.usize(..texts.len())]
}

fn pick_of(ids: &[String], random: &mut fastrand::Rng) -> String {
    ids[random.usize(..ids.len())].clone()
}

/// Start of a day in Riyadh, three hours ahead all year, ms UTC.
fn start_ms(day: i64) -> i64 {
    const FIRST_MS: i64 = 20_690 * DAY_MS - 3 * HOUR_MS;
    FIRST_MS + day * DAY_MS
}
