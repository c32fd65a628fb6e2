//! Segments against a naive model that follows the attribution rules of contract `facts.md` word
//! for word, over random orgs, facts, periods and questions.

use std::collections::{BTreeMap, BTreeSet};

use headcount_core::{
    aggregate::NONE,
    fact::{Fact, FactKind, MEASURES},
    filter,
    history::VersionRef,
    search::{Matcher, StateRule},
    segment::{
        Attribute, Attribution, Calendar, People, PeopleBuilder, Plan, Question, Segmenter, Table,
        UNROSTERED, hand_over,
    },
    user::Attributes,
};
use jiff::{civil::Weekday, tz::TimeZone};
use proptest::prelude::*;

/// A quarter of a day.
const STEP: i64 = 6 * 3_600_000;

#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) from: i64,
    pub(crate) to: Option<i64>,
    name: Option<String>,
    department: Option<String>,
    division: Option<(String, Option<String>)>,
    manager: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Asked {
    by: Vec<&'static str>,
    condition: Option<&'static str>,
    under: Option<String>,
    today: bool,
    divisions: Option<Vec<String>>,
    pub(crate) period: (i64, i64),
}

const BY: [&str; 14] = [
    "department",
    "division",
    "division.id",
    "manager",
    "manager.id",
    "manager.name",
    "level1",
    "level2",
    "tree",
    "user",
    "mediaType",
    "day",
    "week",
    "month",
];
const MEDIA: [&str; 2] = ["message", "voice"];

impl Asked {
    /// The same; without the manager where nobody in sight is that manager, which is an error.
    pub(crate) fn in_sight_of(self, versions: &[Version]) -> Self {
        let model = Model {
            versions,
            asked: &self,
        };
        let in_sight = |user: &String| model.of(user).iter().any(|one| model.in_sight(one));
        let under = self.under.clone().filter(in_sight);
        Self { under, ..self }
    }
}

// ---- the model

struct Model<'a> {
    versions: &'a [Version],
    asked: &'a Asked,
}

impl Model<'_> {
    fn of(&self, user: &str) -> Vec<&Version> {
        self.versions
            .iter()
            .filter(|version| version.id == user)
            .collect()
    }

    fn at(&self, user: &str, ms: i64) -> Option<&Version> {
        let all = self.of(user);
        let begun = all.iter().rev().find(|version| version.from <= ms);
        begun.or(all.first()).copied()
    }

    fn first_snapshot(&self) -> i64 {
        self.versions
            .iter()
            .map(|version| version.from)
            .min()
            .unwrap_or(i64::MAX)
    }

    fn known_until(&self) -> i64 {
        let until = if self.asked.today {
            i64::MAX
        } else {
            self.asked.period.1 - 1
        };
        until.max(self.first_snapshot())
    }

    fn known(&self, user: &str, ms: i64) -> bool {
        self.of(user)
            .first()
            .is_some_and(|version| version.from <= ms)
    }

    /// Whether a user is in the org that the reader sees.
    fn here(&self, user: &str, ms: i64) -> bool {
        let version = self.at(user, ms);
        self.known(user, ms) && version.is_some_and(|version| self.in_sight(version))
    }

    fn in_sight(&self, version: &Version) -> bool {
        let Some(divisions) = &self.asked.divisions else {
            return true;
        };
        version
            .division
            .as_ref()
            .is_some_and(|(id, _)| divisions.contains(id))
    }

    /// The version that lends others a name.
    fn lends(&self, user: &str) -> Option<&Version> {
        let until = self.known_until();
        let version = self.known(user, until).then(|| self.at(user, until))??;
        self.in_sight(version).then_some(version)
    }

    fn name(&self, user: &str) -> Option<String> {
        self.lends(user)?.name.clone()
    }

    fn users(&self) -> BTreeSet<&str> {
        self.versions
            .iter()
            .map(|version| version.id.as_str())
            .collect()
    }

    fn division(&self, version: &Version) -> String {
        let Some((id, _)) = &version.division else {
            return NONE.into();
        };
        let here = |version: &&Version| {
            version
                .division
                .as_ref()
                .is_some_and(|(other, _)| other == id)
        };
        let users = self.users();
        let mut naming: Vec<&Version> = users
            .iter()
            .filter_map(|user| self.lends(user))
            .filter(here)
            .collect();
        if naming.is_empty() {
            let until = self.known_until();
            naming = self
                .versions
                .iter()
                .filter(|version| version.from <= until)
                .filter(here)
                .collect();
        }
        let mut counts: BTreeMap<&str, i32> = BTreeMap::new();
        for version in naming {
            if let Some((_, Some(name))) = &version.division {
                *counts.entry(name).or_default() += 1;
            }
        }
        let most = counts.values().max().copied().unwrap_or(0);
        let name = counts.into_iter().find(|(_, count)| *count == most);
        name.map_or(id.clone(), |(name, _)| name.to_owned())
    }

    fn managers(&self, ms: i64) -> BTreeMap<&str, &str> {
        let ms = ms.max(self.first_snapshot());
        let mut managers = BTreeMap::new();
        for user in self.users() {
            let manager = self
                .at(user, ms)
                .and_then(|version| version.manager.as_deref());
            if let Some(manager) = manager.filter(|manager| self.here(manager, ms))
                && self.here(user, ms)
            {
                managers.insert(user, manager);
            }
        }
        // A ring is cut at its least id.
        for user in self.users() {
            let mut ring = vec![user];
            while let Some(&above) = managers.get(ring[ring.len() - 1]) {
                if above == user {
                    if ring.iter().min() == Some(&user) {
                        managers.remove(user);
                    }
                    break;
                }
                if ring.contains(&above) {
                    break;
                }
                ring.push(above);
            }
        }
        managers
    }

    /// Managers from the top down, the user among them where others report to the user.
    fn path(&self, user: &str, ms: i64) -> Vec<String> {
        // Whoever reports in a ring that was cut is a head all the same.
        let ms_clamped = ms.max(self.first_snapshot());
        let head = self.users().into_iter().any(|other| {
            self.here(other, ms_clamped)
                && self.here(user, ms_clamped)
                && self
                    .at(other, ms_clamped)
                    .and_then(|version| version.manager.as_deref())
                    == Some(user)
        });
        let managers = self.managers(ms);
        let mut up: Vec<String> = if head { vec![user.to_owned()] } else { vec![] };
        let mut at = user;
        while let Some(&above) = managers.get(at) {
            up.push(above.to_owned());
            at = above;
        }
        up.reverse();
        up
    }

    fn called(&self, user: &str) -> String {
        self.name(user).unwrap_or_else(|| user.to_owned())
    }

    fn labels(&self, by: &str, fact: &Fact, version: Option<&Version>) -> Vec<String> {
        let day = jiff::Timestamp::from_millisecond(fact.start_ms).unwrap();
        let day = TimeZone::UTC.to_datetime(day).date();
        let one = |text: Option<String>| vec![text.unwrap_or_else(|| NONE.into())];
        match by {
            "mediaType" => return one(fact.media_type.clone()),
            "day" => return one(Some(day.to_string())),
            "month" => return one(Some(day.to_string()[..7].to_owned())),
            "week" => {
                let mut start = day;
                while start.weekday() != Weekday::Sunday {
                    start = start.yesterday().unwrap();
                }
                return one(Some(start.to_string()));
            }
            _ => {}
        }
        let Some(version) = version else {
            return vec![UNROSTERED.into()];
        };
        let ms = if self.asked.today {
            i64::MAX
        } else {
            fact.start_ms
        };
        match by {
            "department" => one(version.department.clone()),
            "division" => one(Some(self.division(version))),
            "division.id" => one(version.division.as_ref().map(|(id, _)| id.clone())),
            "manager" => one(version.manager.as_ref().map(|manager| self.called(manager))),
            "manager.id" => one(version.manager.clone()),
            "manager.name" => one(version
                .manager
                .as_ref()
                .and_then(|manager| self.name(manager))),
            "user" => one(Some(version.id.clone())),
            "level1" => one(self
                .path(&version.id, ms)
                .first()
                .map(|user| self.called(user))),
            "level2" => one(self
                .path(&version.id, ms)
                .get(1)
                .map(|user| self.called(user))),
            "tree" => {
                let path: BTreeSet<String> = self
                    .path(&version.id, ms)
                    .iter()
                    .map(|user| self.called(user))
                    .collect();
                if path.is_empty() {
                    one(None)
                } else {
                    path.into_iter().collect()
                }
            }
            other => panic!("{other}"),
        }
    }
}

#[derive(Default, Debug, PartialEq)]
struct Sums {
    facts: u64,
    agents: BTreeSet<String>,
    sums: [Option<i64>; MEASURES],
    unpaired: i64,
}

impl Sums {
    fn add(&mut self, fact: &Fact, user: Option<&str>) {
        self.facts += 1;
        self.agents.extend(user.map(str::to_owned));
        for (sum, value) in self.sums.iter_mut().zip(fact.measures) {
            if let Some(value) = value {
                *sum = Some(sum.unwrap_or(0) + value);
            }
        }
        if fact.measures[1].is_none() {
            self.unpaired += fact.measures[0].unwrap_or(0);
        }
    }

    fn average(&self) -> Option<f64> {
        let counted = self.sums[0]? - self.unpaired;
        (counted > 0).then_some(self.sums[1]? as f64 / counted as f64)
    }
}

#[derive(Default, Debug)]
struct Expected {
    rows: BTreeMap<Vec<String>, Sums>,
    total: Sums,
    not_matching: Sums,
    unrostered: Sums,
    all: Sums,
    before_first: u64,
    straddling: u64,
}

fn model(versions: &[Version], facts: &[Fact], asked: &Asked) -> Expected {
    let model = Model { versions, asked };
    let mut expected = Expected::default();
    for fact in facts {
        if fact.start_ms < asked.period.0 || fact.start_ms >= asked.period.1 {
            continue;
        }
        let ms = if asked.today { i64::MAX } else { fact.start_ms };
        let version = fact.user_id.as_deref().and_then(|user| model.at(user, ms));
        match version {
            None if asked.divisions.is_some() => continue,
            Some(version) if !model.in_sight(version) => continue,
            _ => {}
        }
        let user = version.map(|version| version.id.as_str());
        expected.all.add(fact, user);
        if let Some(user) = user {
            let of = model.of(user);
            expected.before_first += u64::from(fact.start_ms < of[0].from);
            let inside =
                |version: &&&Version| fact.start_ms < version.from && version.from < fact.end_ms;
            expected.straddling += u64::from(of[1..].iter().any(|version| inside(&version)));
        }
        let matches = match (asked.condition, version) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some("department=Sales"), Some(version)) => {
                version.department.as_deref() == Some("Sales")
            }
            (Some("manager.name=Ann"), Some(version)) => {
                let manager = version.manager.as_ref();
                manager.and_then(|manager| model.name(manager)).as_deref() == Some("Ann")
            }
            (Some(other), _) => panic!("{other}"),
        };
        let below = asked.under.as_ref().is_none_or(|manager| {
            version.is_some_and(|version| model.path(&version.id, ms).contains(manager))
        });
        if !matches || !below {
            expected.not_matching.add(fact, user);
            continue;
        }
        expected.total.add(fact, user);
        if version.is_none() {
            expected.unrostered.add(fact, user);
        }
        let mut rows = vec![vec![]];
        for by in &asked.by {
            let labels = model.labels(by, fact, version);
            rows = rows
                .iter()
                .flat_map(|row: &Vec<String>| {
                    labels.iter().map(|label| {
                        let mut row = row.clone();
                        row.push(label.clone());
                        row
                    })
                })
                .collect();
        }
        for row in rows {
            expected.rows.entry(row).or_default().add(fact, user);
        }
    }
    expected
}

// ---- what is tested

pub(crate) fn question(asked: &Asked) -> Question {
    Question {
        kind: FactKind::HandleTime,
        by: asked
            .by
            .iter()
            .map(|name| Attribute::parse(name).unwrap())
            .collect(),
        matcher: asked.condition.map(|condition| {
            Matcher::compile(&[filter::parse(condition).unwrap()], StateRule::AnyState).unwrap()
        }),
        under: asked.under.clone(),
        attribution: if asked.today {
            Attribution::Today
        } else {
            Attribution::Event
        },
        period_ms: asked.period.0..asked.period.1,
        calendar: Calendar {
            zone: TimeZone::UTC,
            week_start: Weekday::Sunday,
        },
        divisions: asked.divisions.clone(),
    }
}

pub(crate) fn people(versions: &[Version], question: &Question) -> People {
    let mut builder = PeopleBuilder::new(question.projection());
    for version in versions {
        let user = Attributes {
            id: version.id.as_str().into(),
            state: "active".into(),
            name: version.name.as_deref().map(Into::into),
            department: version.department.as_deref().map(Into::into),
            division_id: version.division.as_ref().map(|(id, _)| id.as_str().into()),
            division_name: version
                .division
                .as_ref()
                .and_then(|(_, name)| name.as_deref().map(Into::into)),
            manager_id: version.manager.as_deref().map(Into::into),
            ..Attributes::default()
        };
        builder.push(VersionRef {
            user: &user,
            document: None,
            valid_from: version.from,
            valid_to: version.to,
        });
    }
    builder.finish(question.known_until_ms())
}

/// In files by day and on two threads, as they are read.
fn table(
    versions: &[Version],
    facts: &[Fact],
    asked: &Asked,
    wanted: &[usize],
    block: usize,
) -> Table {
    let question = question(asked);
    let people = people(versions, &question);
    read(
        &Plan::new(&people, &question).unwrap(),
        facts,
        wanted,
        block,
    )
}

/// The same of a plan.
pub(crate) fn read(plan: &Plan<'_>, facts: &[Fact], wanted: &[usize], block: usize) -> Table {
    let mut days: BTreeMap<i64, Vec<Fact>> = BTreeMap::new();
    for fact in facts {
        days.entry(fact.start_ms.div_euclid(4 * STEP))
            .or_default()
            .push(fact.clone());
    }
    let mut both = [Segmenter::new(plan, wanted), Segmenter::new(plan, wanted)];
    for (at, (_, mut facts)) in days.into_iter().enumerate() {
        facts.sort_by(|a, b| (&a.user_id, a.start_ms).cmp(&(&b.user_id, b.start_ms)));
        // A file hands its facts over in pieces.
        for facts in facts.chunks(block) {
            hand_over(facts, wanted, &mut both[at % 2]);
        }
    }
    let [mut one, other] = both;
    one.merge(other).unwrap();
    one.table().unwrap()
}

fn compare(table: &Table, expected: &Expected, wanted: &[usize]) -> Result<(), TestCaseError> {
    let same =
        |totals: &headcount_core::segment::Totals, sums: &Sums| -> Result<(), TestCaseError> {
            prop_assert_eq!(totals.facts, sums.facts);
            for &measure in wanted {
                prop_assert_eq!(
                    totals.sum(measure),
                    sums.sums[measure],
                    "measure {}",
                    measure
                );
            }
            if wanted.contains(&0) && wanted.contains(&1) {
                prop_assert_eq!(totals.average(1, 0), sums.average());
            }
            Ok(())
        };
    let rows: BTreeMap<_, _> = table
        .rows
        .iter()
        .map(|row| (row.values.clone(), &row.totals))
        .collect();
    prop_assert_eq!(rows.len(), table.rows.len(), "a segment twice");
    prop_assert_eq!(
        rows.keys().collect::<Vec<_>>(),
        expected.rows.keys().collect::<Vec<_>>()
    );
    for (values, sums) in &expected.rows {
        same(rows[values], sums)?;
        prop_assert_eq!(rows[values].agents, sums.agents.len() as u64);
    }
    same(&table.total, &expected.total)?;
    prop_assert_eq!(table.total.agents, expected.total.agents.len() as u64);
    same(&table.facts.all, &expected.all)?;
    same(&table.facts.not_matching, &expected.not_matching)?;
    same(&table.facts.unrostered, &expected.unrostered)?;
    prop_assert_eq!(table.facts.before_first, expected.before_first);
    prop_assert_eq!(table.facts.straddling, expected.straddling);
    prop_assert!(table.facts.holds(&table.total), "does not reconcile");
    Ok(())
}

// ---- random orgs, facts and questions

fn some_of(texts: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    prop::option::weighted(0.8, prop::sample::select(texts).prop_map(str::to_owned))
}

const USERS: usize = 7;

fn user() -> impl Strategy<Value = String> {
    (0..USERS).prop_map(|number| format!("u{number}"))
}

prop_compose! {
    fn life()(
        moments in prop::collection::btree_set(0_i64..60, 1..5),
        gaps in prop::collection::vec(prop::bool::weighted(0.3), 5),
        parts in prop::collection::vec((
            some_of(&["Ann", "Bob", "Cid"]),
            some_of(&["Sales", "Support", "  "]),
            prop::option::weighted(0.8, (prop::sample::select(&["d1", "d2"][..]), some_of(&["Home", "North"]))),
            prop::option::weighted(0.7, prop_oneof![8 => user(), 1 => Just("ghost".to_owned())]),
        ), 5),
    ) -> Vec<Version> {
        let moments: Vec<i64> = moments.into_iter().map(|moment| moment * STEP / 2).collect();
        moments.iter().enumerate().map(|(at, &from)| {
            let (name, department, division, manager) = parts[at].clone();
            let next = moments.get(at + 1).copied();
            Version {
                id: String::new(),
                from,
                to: match next { Some(next) if gaps[at] => Some((from + next) / 2), next => next },
                name,
                department: department.filter(|text| !text.trim().is_empty()),
                division: division.map(|(id, name)| (id.to_owned(), name)),
                manager,
            }
        }).collect()
    }
}

prop_compose! {
    pub(crate) fn org()(lives in prop::collection::vec(life(), 1..=USERS)) -> Vec<Version> {
        lives.into_iter().enumerate().flat_map(|(number, life)| {
            life.into_iter().map(move |version| Version { id: format!("u{number}"), ..version })
        }).collect()
    }
}

prop_compose! {
    pub(crate) fn fact()(
        start in 0_i64..40,
        length in 1_i64..5,
        user in prop::option::weighted(0.9, prop_oneof![9 => user(), 1 => Just("stranger".to_owned())]),
        media in some_of(&MEDIA),
        measures in prop::collection::vec(prop::option::weighted(0.8, 0_i64..1000), MEASURES),
    ) -> Fact {
        Fact {
            start_ms: start * STEP,
            end_ms: (start + length) * STEP,
            user_id: user,
            media_type: media,
            measures: measures.try_into().unwrap(),
        }
    }
}

prop_compose! {
    pub(crate) fn asked()(
        by in prop::sample::subsequence(&BY[..], 0..4),
        condition in prop::option::weighted(0.3, prop::sample::select(&["department=Sales", "manager.name=Ann"][..])),
        under in prop::option::weighted(0.2, Just("u0".to_owned())),
        today: bool,
        divisions in prop::option::weighted(0.2, Just(vec!["d1".to_owned()])),
        period in (0_i64..20, 20_i64..45),
    ) -> Asked {
        Asked { by, condition, under, today, divisions, period: (period.0 * STEP, period.1 * STEP) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn segments_are_those_of_the_model(
        org in org(),
        facts in prop::collection::vec(fact(), 0..60),
        asked in asked(),
        wanted in prop::sample::select(vec![vec![0, 1, 2, 3, 4, 5, 6, 7], vec![0, 1], vec![0, 1, 2, 3, 4], vec![1]]),
        block in 1_usize..20,
    ) {
        let asked = asked.in_sight_of(&org);
        let table = table(&org, &facts, &asked, &wanted, block);
        compare(&table, &model(&org, &facts, &asked), &wanted)?;
    }

    /// What happens after a period changes no report of it.
    #[test]
    fn the_past_never_changes(
        org in org(),
        facts in prop::collection::vec(fact(), 0..40),
        asked in asked(),
    ) {
        let asked = Asked { today: false, ..asked };
        let until = asked.period.1;
        prop_assume!(org.iter().any(|version| version.from < until));
        let before: Vec<Version> = org.iter().filter(|version| version.from < until).map(|version| Version {
            to: version.to.filter(|to| *to < until),
            ..version.clone()
        }).collect();
        // An interval that reaches past the period may straddle a change to come. Facts of somebody who is not known yet are (unrostered) until there is a first version.
        let known: BTreeSet<&str> = before.iter().map(|version| version.id.as_str()).collect();
        let facts: Vec<Fact> = facts.into_iter()
            .filter(|fact| fact.end_ms <= until && fact.user_id.as_deref().is_none_or(|user| known.contains(user)))
            .collect();
        let asked = asked.in_sight_of(&before);
        let told = |versions: &[Version]| {
            let table = table(versions, &facts, &asked, &[0, 1], 10);
            let names: Vec<String> = asked.by.iter().map(|name| (*name).to_owned()).collect();
            serde_json::to_string(&headcount_core::segment::Answer::new(&names, &table)).unwrap()
        };
        prop_assert_eq!(told(&before), told(&org));
    }
}
