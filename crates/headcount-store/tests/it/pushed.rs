//! Reports that the database adds up against those that are added up here, over random orgs, facts
//! and questions: a SQLite file with facts beside it, and the same in PostgreSQL with either engine,
//! tell the same table.

use std::sync::atomic::{AtomicU32, Ordering};

use headcount_core::{
    fact::{Fact, FactKind, MEASURES},
    filter,
    search::{Matcher, StateRule},
    segment::{Attribute, Attribution, Period, PlanError, Table, Totals},
};
use headcount_store::{
    Breaker, Engine, KeptDays, KeptQuestion, ReportError, Store,
    facts::{Day, FactStore, FactsError, Source},
};
use jiff::civil::{Date, Weekday, date};
use proptest::{prelude::*, sample::select, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::{
    database::Database,
    org::{Home, Place},
};

const HOUR: i64 = 3_600_000;
const USERS: usize = 7;
/// Clocks go back on the fourth of these days.
const ZONE: &str = "Europe/Berlin";
const FIRST: Date = date(2026, 10, 22);
const DAYS: i8 = 6;

const BY: [&str; 15] = [
    "department",
    "division",
    "division.id",
    "manager",
    "manager.id",
    "title",
    "state",
    "level1",
    "level2",
    "tree",
    "user",
    "mediaType",
    "day",
    "week",
    "month",
];

/// A user in a snapshot.
#[derive(Clone, Debug)]
struct Person {
    there: bool,
    name: &'static str,
    department: Option<&'static str>,
    title: Option<&'static str>,
    division: &'static str,
    manager: Option<usize>,
}

/// A fact: whose, on which day, in which quarter of it, and what was counted.
#[derive(Clone, Debug)]
struct Counted {
    user: Option<&'static str>,
    day: i8,
    quarter: i64,
    minutes: i64,
    hours: i64,
    media: Option<&'static str>,
    measures: Vec<Option<i64>>,
}

#[derive(Clone, Debug)]
struct Asked {
    kind: FactKind,
    by: Vec<&'static str>,
    condition: Option<&'static str>,
    under: bool,
    divisions: bool,
    today: bool,
    days: (i8, i8),
}

prop_compose! {
    fn person()(
        there in prop::bool::weighted(0.85),
        name in select(vec!["Ann", "Bob", "Cid"]),
        department in prop::option::weighted(0.8, select(vec!["Sales", "Support"])),
        title in prop::option::weighted(0.6, select(vec!["Agent", "Lead"])),
        division in select(vec!["d1", "d2"]),
        manager in prop::option::weighted(0.7, 0..USERS + 1),
    ) -> Person {
        Person { there, name, department, title, division, manager }
    }
}

prop_compose! {
    fn counted()(
        user in prop::option::weighted(0.9, select(vec![
            "u0", "u1", "u2", "u3", "u4", "u5", "u6", "U3", "stranger", " ",
        ])),
        day in 0..DAYS,
        quarter in 0..4_i64,
        minutes in 0..30_i64,
        hours in 1..6_i64,
        media in prop::option::weighted(0.8, select(vec!["voice", "message", "(none)"])),
        measures in prop::collection::vec(prop::option::weighted(0.8, 0..1000_i64), 7),
    ) -> Counted {
        Counted { user, day, quarter, minutes, hours, media, measures }
    }
}

prop_compose! {
    fn asked()(
        kind in select(FactKind::ALL.to_vec()),
        by in prop::sample::subsequence(&BY[..], 0..4),
        condition in prop::option::weighted(0.3, select(vec!["department=Sales", "title!=Agent", "manager.name=Ann"])),
        under in prop::bool::weighted(0.2),
        divisions in prop::bool::weighted(0.2),
        today: bool,
        days in (0..3_i8, 3..DAYS),
    ) -> Asked {
        Asked { kind, by, condition, under, divisions, today, days }
    }
}

fn nth(day: i8) -> Day {
    Day {
        date: FIRST
            .checked_add(jiff::Span::new().days(i64::from(day)))
            .unwrap(),
        time_zone: ZONE.to_owned(),
        granularity: Some("PT30M".to_owned()),
        source: Source::Pull,
    }
}

impl Counted {
    fn fact(&self) -> Fact {
        let start_ms =
            nth(self.day).bounds().unwrap().0 + self.quarter * 6 * HOUR + self.minutes * 60_000;
        let mut measures = [None; MEASURES];
        measures[..self.measures.len()].copy_from_slice(&self.measures);
        Fact {
            start_ms,
            end_ms: start_ms + self.hours * HOUR,
            user_id: self.user.map(str::to_owned),
            media_type: self.media.map(str::to_owned),
            measures,
        }
    }
}

/// The facts of a day, those left out that would tell the same time twice.
fn facts_of(day: i8, counted: &[Counted]) -> Vec<Fact> {
    let mut taken = std::collections::BTreeSet::new();
    let of_day = counted.iter().filter(|counted| counted.day == day);
    let once = of_day.filter(|one| taken.insert((one.user, one.media, one.quarter)));
    once.map(Counted::fact).collect()
}

fn document(index: usize, person: &Person, version: i64) -> String {
    let manager = person.manager.map(|manager| match manager {
        USERS => json!({"id": "ghost"}),
        manager => json!({"id": format!("u{manager}")}),
    });
    let mut document = json!({
        "id": format!("u{index}"), "name": person.name, "state": "active", "version": version,
        "division": {"id": person.division, "name": format!("Division {}", person.division)},
    });
    let more = [
        ("department", person.department.map(Value::from)),
        ("title", person.title.map(Value::from)),
        ("manager", manager),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            document[name] = value;
        }
    }
    document.to_string()
}

/// Publishes snapshots, each at its time.
fn publish(store: &dyn Store, org: &str, snapshots: &[(i64, Vec<Person>)]) {
    for (version, (hours, people)) in (1..).zip(snapshots) {
        let now_ms = nth(0).bounds().unwrap().0 + hours * HOUR;
        let mut run = store.begin(org, "plan", now_ms, None).unwrap();
        let people = people.iter().enumerate().filter(|(_, person)| person.there);
        let documents: Vec<String> = people
            .map(|(index, person)| document(index, person, version))
            .collect();
        let page: Vec<&str> = documents.iter().map(String::as_str).collect();
        store.stage(&mut run, &page).unwrap();
        store.publish(run, "proved", now_ms, &Breaker::OFF).unwrap();
    }
}

/// A store and its facts.
struct Side {
    store: std::sync::Arc<dyn Store>,
    facts: FactStore,
    engine: Engine,
}

impl Side {
    /// All that a report tells, or why there is none.
    fn told(&self, org: &str, asked: &Asked) -> Result<Vec<String>, String> {
        let by: Vec<Attribute> = asked
            .by
            .iter()
            .map(|by| Attribute::parse(by).unwrap())
            .collect();
        let matcher = asked.condition.map(|condition| {
            let conditions = [filter::parse(condition).unwrap()];
            Matcher::compile(&conditions, StateRule::AnyState).unwrap()
        });
        let question = KeptQuestion {
            kind: asked.kind,
            by,
            matcher,
            under: asked.under.then(|| "u0".to_owned()),
            attribution: match asked.today {
                true => Attribution::Today,
                false => Attribution::Event,
            },
            divisions: asked.divisions.then(|| vec!["d1".to_owned()]),
            period: Period {
                from: nth(asked.days.0).date,
                to: nth(asked.days.1).date,
            },
            timezone: None,
            week_start: Weekday::Saturday,
            allow_missing: true,
        };
        let days = KeptDays::find(Some(&self.facts.of(org)), &question);
        let days = days.map_err(|error| error.to_string())?;
        match days.report(&*self.store, org, self.engine, 2, &|| true) {
            Ok((table, _)) => Ok(all_told(&table)),
            Err(
                error @ (ReportError::Plan(PlanError::NoManager { .. }) | ReportError::NoEngine),
            ) => Err(error.to_string()),
            Err(error) => panic!("{error:?}"),
        }
    }
}

impl Side {
    /// What a report by week tells of one user: of the user alone, and with a condition on all.
    fn of_user(&self, org: &str, asked: &Asked, user: &str) -> (Vec<String>, Vec<String>) {
        let question = KeptQuestion {
            kind: asked.kind,
            by: vec![Attribute::Week, Attribute::Media],
            matcher: Some(Matcher::of_user(user)),
            under: None,
            attribution: Attribution::Event,
            divisions: asked.divisions.then(|| vec!["d1".to_owned()]),
            period: Period {
                from: nth(asked.days.0).date,
                to: nth(asked.days.1).date,
            },
            timezone: None,
            week_start: Weekday::Saturday,
            allow_missing: true,
        };
        let Ok(days) = KeptDays::find(Some(&self.facts.of(org)), &question) else {
            return Default::default();
        };
        let alone = days.report_of(&*self.store, org, user, asked.kind.told(), 2, &|| true);
        let whole = days.report(&*self.store, org, self.engine, 2, &|| true);
        let told = |table: &Table| {
            let mut lines = vec![told(&table.total)];
            let rows = table.rows.iter();
            lines.extend(rows.map(|row| format!("{:?} {}", row.values, told(&row.totals))));
            lines
        };
        (told(&alone.unwrap()), told(&whole.unwrap().0))
    }
}

fn told(totals: &Totals) -> String {
    let sums: Vec<Option<i64>> = (0..MEASURES).map(|place| totals.sum(place)).collect();
    let averages: Vec<Option<f64>> = (1..MEASURES)
        .map(|place| totals.average(place, place - 1))
        .collect();
    format!("{} {} {sums:?} {averages:?}", totals.facts, totals.agents)
}

fn all_told(table: &Table) -> Vec<String> {
    let facts = &table.facts;
    let mut lines = vec![
        format!("{:?} {} {:?}", table.kind, table.overlapping, table.cycles),
        told(&table.total),
        told(&facts.all),
        told(&facts.not_matching),
        told(&facts.unrostered),
        format!("{} {}", facts.before_first, facts.straddling),
    ];
    let rows = table.rows.iter();
    lines.extend(rows.map(|row| format!("{:?} {}", row.values, told(&row.totals))));
    lines
}

#[test]
fn both_engines_tell_the_same_table() {
    let (place, database) = (Place::new(), Database::new());
    let side = |home: &dyn Home, engine| Side {
        store: home.open(),
        facts: FactStore::open(&home.url(), "org").unwrap(),
        engine,
    };
    let sides = [
        side(&place, Engine::Local),
        side(&database, Engine::Local),
        side(&database, Engine::Store),
    ];
    let people = prop::collection::vec(person(), USERS);
    let cases = (
        prop::collection::btree_map(-30..150_i64, people, 1..6),
        prop::collection::vec(counted(), 0..120),
        prop::collection::vec(prop::bool::weighted(0.85), usize::try_from(DAYS).unwrap()),
        prop::collection::vec(asked(), 12),
    );
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 40,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    });
    let number = std::cell::Cell::new(0);
    let ran = runner.run(&cases, |(snapshots, counted, kept, asked)| {
        number.set(number.get() + 1);
        let org = format!("org{}", number.get());
        let snapshots: Vec<_> = snapshots.into_iter().collect();
        for side in &sides[..2] {
            publish(&*side.store, &org, &snapshots);
            let mut change = side.facts.of(&org).change().unwrap();
            for day in (0..DAYS).filter(|day| kept[usize::try_from(*day).unwrap()]) {
                for kind in FactKind::ALL {
                    change.put(kind, nth(day), facts_of(day, &counted)).unwrap();
                }
            }
            change.commit().unwrap();
        }
        for asked in &asked {
            let [local, rows, pushed] = [0, 1, 2].map(|at| sides[at].told(&org, asked));
            prop_assert_eq!(&local, &rows, "{:?}", asked);
            prop_assert_eq!(&local, &pushed, "{:?}", asked);
            for user in ["u0", "u3"] {
                for side in &sides[..2] {
                    let (alone, whole) = side.of_user(&org, asked, user);
                    prop_assert_eq!(alone, whole, "{} {:?}", user, asked);
                }
            }
        }
        Ok(())
    });
    ran.unwrap();
}

/// A question of all days, by department.
fn plain() -> Asked {
    Asked {
        kind: FactKind::HandleTime,
        by: vec!["department"],
        condition: None,
        under: false,
        divisions: false,
        today: false,
        days: (0, 1),
    }
}

/// A question of the first day, not split.
fn question(kind: FactKind) -> KeptQuestion {
    KeptQuestion {
        kind,
        by: Vec::new(),
        matcher: None,
        under: None,
        attribution: Attribution::Event,
        divisions: None,
        period: Period {
            from: nth(0).date,
            to: nth(0).date,
        },
        timezone: None,
        week_start: Weekday::Monday,
        allow_missing: false,
    }
}

#[test]
fn files_have_no_engine() {
    let place = Place::new();
    let side = Side {
        store: place.open(),
        facts: FactStore::open(&place.url(), "org").unwrap(),
        engine: Engine::Store,
    };
    assert!(!side.facts.has_engine());
    publish(&*side.store, "org", &[(0, Vec::new())]);
    side.facts
        .replace(FactKind::HandleTime, nth(0), Vec::new())
        .unwrap();
    let error = side.told("org", &plain()).unwrap_err();
    assert!(error.contains("only a store in PostgreSQL"), "{error}");
}

#[test]
fn sums_of_days_that_were_replaced_are_no_report() {
    let database = Database::new();
    let store = database.open();
    let facts = FactStore::open(&database.url(), "org").unwrap();
    publish(&*store, "org", &[(0, Vec::new())]);
    let one = Counted {
        user: Some("u0"),
        day: 0,
        quarter: 0,
        minutes: 0,
        hours: 1,
        media: None,
        measures: vec![Some(1), Some(i64::MAX)],
    };
    let kind = FactKind::HandleTime;
    facts.replace(kind, nth(0), vec![one.fact()]).unwrap();
    let find = || KeptDays::find(Some(&facts), &question(kind)).unwrap();
    let report = |days: &KeptDays| days.report(&*store, "org", Engine::Store, 1, &|| true);
    let days = find();
    assert_eq!(report(&days).unwrap().0.total.sum(1), Some(i64::MAX));
    let two = Counted {
        user: Some("u1"),
        ..one.clone()
    };
    facts
        .replace(kind, nth(0), vec![one.fact(), two.fact()])
        .unwrap();
    let error = report(&days).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the facts read are not those that were kept, ask again"
    );
    // The sums of both are too large for a number of 64 bits.
    assert!(matches!(
        report(&find()),
        Err(ReportError::Plan(PlanError::Overflow))
    ));
    // Rows that somebody added by hand are found out.
    facts.replace(kind, nth(0), vec![one.fact()]).unwrap();
    let mut raw = database.raw();
    let more = "INSERT INTO fact_handle_time (start_ms, end_ms, handle_count, org, day, user_id)
                SELECT start_ms, end_ms, 1, org, day, user_id FROM fact_handle_time";
    assert_eq!(raw.execute(more, &[]).unwrap(), 1);
    assert!(matches!(report(&find()), Err(ReportError::Facts(_))));
    let kept = facts.list(kind).unwrap().remove(0);
    let read = facts.each(&kept, &mut |_| ());
    assert!(matches!(read, Err(FactsError::Replaced { .. })));
}

#[test]
fn a_report_that_nobody_waits_for_ends() {
    let database = Database::new();
    let store = database.open();
    let facts = FactStore::open(&database.url(), "org").unwrap();
    publish(&*store, "org", &[(0, Vec::new())]);
    facts
        .replace(FactKind::HandleTime, nth(0), Vec::new())
        .unwrap();
    let days = KeptDays::find(Some(&facts), &question(FactKind::HandleTime)).unwrap();
    // Whoever holds the table keeps the question waiting.
    let mut raw = database.raw();
    let mut holding = raw.transaction().unwrap();
    holding
        .batch_execute("LOCK TABLE fact_handle_time")
        .unwrap();
    let looks = AtomicU32::new(0);
    let goes_on = || looks.fetch_add(1, Ordering::SeqCst) < 2;
    let told = days.report(&*store, "org", Engine::Store, 1, &goes_on);
    let stopped = "the report was ended before it was complete";
    assert_eq!(told.unwrap_err().to_string(), stopped);
    assert!(looks.load(Ordering::SeqCst) >= 3);
    holding.rollback().unwrap();
    days.report(&*store, "org", Engine::Store, 1, &|| true)
        .unwrap();
}
