//! Writes days of made-up facts and times reading them again:
//! `cargo run --release -p headcount-store --example scan -- FOLDER DAYS USERS [nulls]`.
//!
//! What is there already is not written anew.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "it measures time, for whoever looks"
)]

use std::{env, fs, time::Instant};

use headcount_core::{
    fact::{Fact, FactKind},
    segment::{Block, FactSink},
};
use headcount_store::facts::{Day, FactStore, Source};
use jiff::{ToSpan, civil::date};

const KIND: FactKind = FactKind::HandleTime;
/// The measures that a report of handle time asks for.
const WANTED: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 7];

/// Takes everything and adds a little of it.
#[derive(Default)]
struct Adder {
    users: usize,
    rows: u64,
    sum: i64,
}

impl FactSink for Adder {
    fn users(&mut self, users: &[&str]) {
        self.users += users.len();
    }

    fn media(&mut self, _media: &[&str]) {}

    fn block(&mut self, block: &Block<'_>) {
        self.rows += block.users.len() as u64;
        for measure in block.measures {
            self.sum = self.sum.wrapping_add(measure.values.iter().sum());
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, days, users, rest @ ..] = arguments.as_slice() else {
        return Err("give FOLDER DAYS USERS [nulls]".into());
    };
    let (days, users): (i64, usize) = (days.parse()?, users.parse()?);
    let facts = FactStore::open(&format!("{folder}/headcount.db"), "org")?;
    write(&facts, days, users, !rest.is_empty())?;
    let files = facts.list(KIND)?;
    let bytes: u64 = files
        .iter()
        .filter_map(|day| fs::metadata(day.path.as_ref()?).ok())
        .map(|m| m.len())
        .sum();
    println!("{} files, {:.1} MB", files.len(), bytes as f64 / 1e6);
    for wanted in [&WANTED[..2], &WANTED] {
        for _ in 0..3 {
            let mut adder = Adder::default();
            let began = Instant::now();
            for day in &files {
                facts.scan(day, wanted, &mut adder)?;
            }
            let seconds = began.elapsed().as_secs_f64();
            println!(
                "{} measures, {} rows, {} ids: {seconds:.3} s, {:.2} ns a row (sum {})",
                wanted.len(),
                adder.rows,
                adder.users,
                seconds * 1e9 / adder.rows as f64,
                adder.sum
            );
        }
    }
    Ok(())
}

fn write(
    store: &FactStore,
    days: i64,
    users: usize,
    nulls: bool,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut ids: Vec<String> = (0..users).map(|_| id(&mut random)).collect();
    ids.sort();
    for date in date(2026, 1, 1)
        .series(1.day())
        .take(usize::try_from(days)?)
    {
        let day = Day {
            date,
            time_zone: "UTC".to_owned(),
            granularity: Some("P1D".to_owned()),
            source: Source::Import,
        };
        if !store.missing(KIND, date, date)?.is_empty() {
            let (start_ms, end_ms) = day.bounds()?;
            let mut facts = Vec::with_capacity(users * 2);
            for id in &ids {
                for media in ["message", "voice"] {
                    let mut fact = Fact {
                        start_ms,
                        end_ms,
                        user_id: Some(id.clone()),
                        media_type: Some(media.to_owned()),
                        ..Fact::default()
                    };
                    let count = random.i64(1..60);
                    for measure in 0..KIND.measures().len() {
                        let sum = matches!(measure, 1 | 3 | 5 | 7);
                        let some = if sum {
                            count * random.i64(60_000..600_000)
                        } else {
                            random.i64(0..=count)
                        };
                        fact.measures[measure] =
                            (!nulls || measure < 2 || random.u8(..) > 50).then_some(some);
                    }
                    facts.push(fact);
                }
            }
            store.replace(KIND, day, facts)?;
        }
    }
    Ok(())
}

fn id(random: &mut fastrand::Rng) -> String {
    let (a, b) = (random.u64(..), random.u64(..));
    let hex = format!("{a:016x}{b:016x}");
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}
