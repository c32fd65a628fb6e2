//! Sums that a database tells against facts that are read: the same table, over random orgs, facts,
//! periods, questions and calendars. The database is a loop over facts and spans.

use std::collections::BTreeMap;

use headcount_core::{
    fact::{Fact, MEASURES},
    segment::{Group, Plan, Pushed, Question, Sums, Table, Totals},
};
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::segment::{Version, asked, fact, org, people, question, read};

/// What a database tells of a group, owned.
#[derive(Default)]
struct Row {
    users: Vec<u32>,
    before_first: u64,
    straddling: u64,
    sums: Sums,
}

/// The table of a plan, out of a database that is a loop.
fn pushed(plan: &Plan<'_>, question: &Question, facts: &[Fact], wanted: &[usize]) -> Table {
    let mut pushed = Pushed::new(plan, wanted);
    let unrostered = pushed.unrostered();
    let pairs = pushed.pairs();
    let mut straight = Sums::default();
    let mut rows: BTreeMap<(i32, usize, Option<String>), Row> = BTreeMap::new();
    for fact in facts {
        if !question.period_ms.contains(&fact.start_ms) {
            continue;
        }
        add(&mut straight, fact, wanted, &[]);
        let spans = pushed.spans();
        let is_user =
            |user: u32, id: &str| pushed.id(user) == id || pushed.find_folded(id) == Some(user);
        let mut all = 0..spans.users.len();
        let span = all.find(|&at| {
            let here = spans.from_ms[at] <= fact.start_ms && fact.start_ms < spans.to_ms[at];
            let id = fact.user_id.as_deref();
            here && id.is_some_and(|id| is_user(spans.users[at], id))
        });
        let segment = span.map_or(unrostered, |at| spans.segments[at]);
        let cut = pushed.cuts().partition_point(|cut| *cut <= fact.start_ms);
        let media = fact.media_type.clone().filter(|_| pushed.by_media());
        let row = rows.entry((segment, cut, media)).or_default();
        if let Some(at) = span {
            row.users.push(spans.users[at]);
            row.before_first += u64::from(spans.before_first[at]);
            row.straddling += u64::from(spans.changes_ms[at] < fact.end_ms);
        }
        add(&mut row.sums, fact, wanted, &pairs);
    }
    pushed.take_straight(&straight).unwrap();
    for ((segment, cut, media), row) in rows {
        let group = Group {
            segment,
            cut,
            media: media.as_deref(),
            users: &row.users,
            before_first: row.before_first,
            straddling: row.straddling,
            sums: row.sums,
        };
        pushed.take(&group).unwrap();
    }
    pushed.table().unwrap()
}

fn add(sums: &mut Sums, fact: &Fact, wanted: &[usize], pairs: &[(usize, usize)]) {
    sums.facts += 1;
    for &place in wanted {
        if let Some(value) = fact.measures[place] {
            *sums.sums[place].get_or_insert(0) += value;
        }
    }
    for &(count, sum) in pairs {
        if fact.measures[sum].is_none() {
            sums.unpaired[count] += fact.measures[count].unwrap_or(0);
        }
    }
}

/// All that totals tell.
fn told(totals: &Totals) -> String {
    let sums: Vec<Option<i64>> = (0..MEASURES).map(|place| totals.sum(place)).collect();
    let averages: Vec<Option<f64>> = (1..MEASURES)
        .map(|place| totals.average(place, place - 1))
        .collect();
    format!("{} {} {sums:?} {averages:?}", totals.facts, totals.agents)
}

/// All that a table tells.
fn all_told(table: &Table) -> Vec<String> {
    let mut lines = vec![
        format!("{:?} {} {:?}", table.kind, table.overlapping, table.cycles),
        told(&table.total),
        told(&table.facts.all),
        told(&table.facts.not_matching),
        told(&table.facts.unrostered),
        format!("{} {}", table.facts.before_first, table.facts.straddling),
    ];
    let rows = table.rows.iter();
    lines.extend(rows.map(|row| format!("{:?} {}", row.values, told(&row.totals))));
    lines
}

/// Where clocks change within the days that are tried; in Newfoundland, just after midnight.
const WHERE: [(&str, &str); 4] = [
    ("UTC", "1970-01-01T00:00Z"),
    ("Europe/Berlin", "2026-10-20T00:00Z"),
    ("America/St_Johns", "1999-10-26T00:00Z"),
    ("America/Sao_Paulo", "2018-10-30T00:00Z"),
];

const MINUTE: i64 = 60_000;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sums_that_are_told_are_those_that_are_read(
        org in org(),
        facts in prop::collection::vec((fact(), 0..360_i64, prop::bool::weighted(0.1)), 0..60),
        asked in asked(),
        wanted in prop::sample::select(vec![vec![0, 1, 2, 3, 4, 5, 6, 7], vec![0, 1], vec![1]]),
        block in 1_usize..20,
        (zone, base) in prop::sample::select(&WHERE[..]),
    ) {
        let mut asked = asked.in_sight_of(&org);
        let base: jiff::Timestamp = base.parse().unwrap();
        let base = base.as_millisecond();
        let mut org: Vec<Version> = org;
        for version in &mut org {
            version.from += base;
            version.to = version.to.map(|to| to + base);
        }
        let facts: Vec<Fact> = facts.into_iter().map(|(fact, minutes, shouts)| {
            let shift = base + minutes * MINUTE;
            Fact {
                start_ms: fact.start_ms + shift,
                end_ms: fact.end_ms + shift,
                user_id: fact.user_id.map(|id| if shouts { id.to_uppercase() } else { id }),
                ..fact
            }
        }).collect();
        asked.period = (asked.period.0 + base, asked.period.1 + base);
        let mut question = question(&asked);
        question.calendar.zone = TimeZone::get(zone).unwrap();
        let people = people(&org, &question);
        let plan = Plan::new(&people, &question).unwrap();
        let (here, there) = (read(&plan, &facts, &wanted, block), pushed(&plan, &question, &facts, &wanted));
        prop_assert_eq!(all_told(&here), all_told(&there));
        prop_assert!(there.facts.holds(&there.total));
    }
}
