//! How long segmenting takes without any file: facts of made-up days, straight from memory.
//!
//!     cargo run --release -p headcount-core --example segments -- [DAYS] [USERS] [BY]

#![expect(clippy::disallowed_methods, reason = "it measures real time")]
#![expect(clippy::print_stdout, reason = "an example is run by a person")]

use std::time::Instant;

use headcount_core::{
    fact::FactKind,
    history::VersionRef,
    segment::{
        Attribute, Attribution, Block, BlockMeasure, Calendar, FactSink, Moments, PeopleBuilder,
        Plan, Question, Segmenter,
    },
    user::Attributes,
};
use jiff::{civil::Weekday, tz::TimeZone};

const DAY: i64 = 86_400_000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default| {
        arguments
            .next()
            .map_or(default, |text| text.parse().unwrap_or(default))
    };
    let (days, users) = (number(50), number(100_000));
    let by = std::env::args()
        .nth(3)
        .unwrap_or_else(|| "department".to_owned());
    let question = Question {
        kind: FactKind::HandleTime,
        by: by
            .split(',')
            .map(|name| Attribute::parse(name).unwrap())
            .collect(),
        matcher: None,
        under: None,
        attribution: Attribution::Event,
        period_ms: 0..days * DAY,
        calendar: Calendar {
            zone: TimeZone::UTC,
            week_start: Weekday::Monday,
        },
        divisions: None,
    };
    let ids: Vec<String> = {
        let mut random = fastrand::Rng::with_seed(7);
        let mut ids: Vec<String> = (0..users)
            .map(|_| {
                let id = format!("{:032x}", random.u128(..));
                format!(
                    "{}-{}-{}-{}-{}",
                    &id[..8],
                    &id[8..12],
                    &id[12..16],
                    &id[16..20],
                    &id[20..]
                )
            })
            .collect();
        ids.sort();
        ids
    };
    let begin = Instant::now();
    let mut random = fastrand::Rng::with_seed(8);
    let mut people = PeopleBuilder::new(question.projection());
    for (user, id) in ids.iter().enumerate() {
        for version in 0..3 {
            let from = version * days * DAY / 3 + i64::from(version > 0) * random.i64(0..20) * DAY;
            let department = format!("Department {}", random.u32(0..40));
            let manager = (user > 0).then(|| ids[user / 12].as_str());
            people.push(VersionRef {
                user: &Attributes {
                    id: id.as_str().into(),
                    name: Some(format!("User {user}").into()),
                    department: Some(department.into()),
                    manager_id: manager.map(Into::into),
                    ..Attributes::default()
                },
                document: None,
                valid_from: from,
                valid_to: None,
            });
        }
    }
    let people = people.finish(question.known_until_ms());
    let plan = Plan::new(&people, &question).unwrap();
    println!("people and plan: {:?}", begin.elapsed());
    let wanted: Vec<usize> = question.kind.told().to_vec();
    // One text behind the other, as in a file.
    let text: String = ids.concat();
    let dictionary: Vec<&str> = (0..ids.len())
        .map(|id| &text[36 * id..36 * id + 36])
        .collect();
    let rows: Vec<u32> = (0..u32::try_from(2 * users).unwrap())
        .map(|row| row / 2)
        .collect();
    let media: Vec<u32> = (0..u32::try_from(2 * users).unwrap())
        .map(|row| row % 2)
        .collect();
    let values: Vec<Vec<i64>> = wanted
        .iter()
        .map(|_| rows.iter().map(|_| random.i64(1..100_000)).collect())
        .collect();
    let begin = Instant::now();
    let mut segmenter = Segmenter::new(&plan, &wanted);
    for day in 0..days {
        segmenter.users(&dictionary);
        segmenter.media(&["message", "voice"]);
        for start in (0..rows.len()).step_by(1 << 16) {
            let end = (start + (1 << 16)).min(rows.len());
            let measures: Vec<BlockMeasure<'_>> = values
                .iter()
                .map(|values| BlockMeasure {
                    values: &values[start..end],
                    present: None,
                })
                .collect();
            segmenter.block(&Block {
                start_ms: Moments::All(day * DAY),
                end_ms: Moments::All((day + 1) * DAY),
                users: &rows[start..end],
                media: &media[start..end],
                measures: &measures,
            });
        }
    }
    let took = begin.elapsed();
    let facts = rows.len() as f64 * days as f64;
    let table = segmenter.table().unwrap();
    println!(
        "{} rows; {facts} facts in {took:?}: {:.2} ns each on one thread",
        table.rows.len(),
        took.as_secs_f64() * 1e9 / facts
    );
    assert!(table.facts.holds(&table.total));
}
