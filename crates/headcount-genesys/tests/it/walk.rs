//! The guarantee as a property: over random orgs and any change between any two requests, each
//! sound way keeps every user who stayed; and the same test catches the ways that do not.

use std::collections::BTreeSet;

use headcount_genesys::{
    Plan, Source, WalkError,
    walk::{Way, walk},
};
use proptest::prelude::*;

use crate::fake::{Change, Cursor, Fake, Habits, Kept};

const PAGE: u64 = 7;

fn plan(source: Source, window: u64) -> Plan {
    Plan {
        source,
        page_size: PAGE as u32,
        concurrency: 3,
        window,
        pause: std::time::Duration::ZERO,
        ..Plan::default()
    }
}

/// Habits that leave just one way open.
fn only(way: Way) -> (Source, Habits) {
    let closed = Habits {
        comparison: false,
        cursor: Cursor::Refused,
        ..Habits::default()
    };
    match way {
        Way::Keyset => (
            Source::Search,
            Habits {
                comparison: true,
                prefix: false,
                window: 14,
                ..closed
            },
        ),
        Way::Overlap => (
            Source::Search,
            Habits {
                window: 40,
                ..closed
            },
        ),
        Way::Atomic => (
            Source::Search,
            Habits {
                sizes_honoured: false,
                window: 70,
                ..closed
            },
        ),
        Way::Cursor => (
            Source::Query,
            Habits {
                cursor: Cursor::ById,
                ..closed
            },
        ),
    }
}

fn run(fake: &Fake, plan: &Plan) -> (Result<Way, WalkError>, BTreeSet<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let kept = Kept::default();
    let certificate = runtime.block_on(walk(fake, &kept, plan));
    (
        certificate.map(|certificate| certificate.way),
        kept.0.into_inner().unwrap(),
    )
}

#[derive(Clone, Debug)]
struct Story {
    people: Vec<u16>,
    script: Vec<Change>,
    pace: Vec<usize>,
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        3 => any::<u16>().prop_map(Change::Join),
        3 => any::<usize>().prop_map(Change::Purge),
        1 => any::<usize>().prop_map(Change::Leave),
        1 => any::<usize>().prop_map(Change::Return),
        1 => (any::<usize>(), any::<u8>()).prop_map(|(n, name)| Change::Rename(n, name)),
    ]
}

fn story() -> impl Strategy<Value = Story> {
    let pace = prop_oneof![
        2 => prop::collection::vec(prop_oneof![3 => Just(0usize), 2 => Just(1), 1 => 0usize..4], 0..60),
        1 => Just([0, 1].repeat(40)),
        1 => Just(Vec::new()),
    ];
    let people = prop::collection::btree_set(any::<u16>(), 0..120);
    (people, prop::collection::vec(change(), 0..60), pace).prop_map(|(people, script, pace)| {
        Story {
            people: people.into_iter().collect(),
            script,
            pace,
        }
    })
}

fn tell(story: &Story, way: Way) -> Result<(Fake, bool), String> {
    let (source, habits) = only(way);
    let fake = Fake::new(
        &story.people,
        story.script.clone(),
        story.pace.clone(),
        habits,
    );
    let (certificate, kept) = run(&fake, &plan(source, habits.window));
    match certificate {
        Ok(_) => fake.guarantee(&kept).map(|()| (fake, true)),
        Err(WalkError::NotProven(_)) => Ok((fake, false)),
        Err(error) => Err(error.to_string()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn keyset_misses_nobody(story in story()) {
        prop_assert_eq!(tell(&story, Way::Keyset).map(drop), Ok(()));
    }

    #[test]
    fn overlap_misses_nobody(story in story()) {
        prop_assert_eq!(tell(&story, Way::Overlap).map(drop), Ok(()));
    }

    #[test]
    fn atomic_misses_nobody(story in story()) {
        prop_assert_eq!(tell(&story, Way::Atomic).map(drop), Ok(()));
    }

    #[test]
    fn cursor_by_id_misses_nobody(story in story()) {
        prop_assert_eq!(tell(&story, Way::Cursor).map(drop), Ok(()));
    }

    #[test]
    fn cursor_by_offset_misses_nobody(story in story()) {
        let habits = Habits { cursor: Cursor::ByOffset, ..only(Way::Cursor).1 };
        let fake = Fake::new(&story.people, story.script, story.pace, habits);
        let (certificate, kept) = run(&fake, &plan(Source::Query, habits.window));
        if certificate.is_ok() {
            prop_assert_eq!(fake.guarantee(&kept), Ok(()));
        }
    }
}

/// A walk that never ends well would keep the guarantee too, so it must be seen to end well.
#[test]
fn each_way_ends_well_on_most_stories() {
    for way in [Way::Keyset, Way::Overlap, Way::Atomic, Way::Cursor] {
        let (mut proven, mut told) = (0, 0);
        for story in stories(400) {
            told += 1;
            proven += u32::from(tell(&story, way).unwrap().1);
        }
        assert!(proven * 100 >= told * 85, "{way}: {proven} of {told}");
    }
}

fn stories(count: usize) -> Vec<Story> {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    (0..count)
        .map(|_| story().new_tree(&mut runner).unwrap().current())
        .collect()
}

type Naive = fn(&Fake) -> Option<BTreeSet<String>>;

/// The usual script: pages by number until the page count is reached.
fn pages_by_number(fake: &Fake) -> Option<BTreeSet<String>> {
    pages_where(fake, |_, _| true)
}

fn pages_where(fake: &Fake, only: fn(&str, u8) -> bool) -> Option<BTreeSet<String>> {
    let mut kept = BTreeSet::new();
    for page in 1.. {
        let (total, ids) = fake.page(only, page, PAGE);
        kept.extend(ids);
        if page * PAGE >= total {
            break;
        }
    }
    Some(kept)
}

/// Pages by number that trust a total that held still, ids that ascend and a count that fits.
fn still_pages(fake: &Fake) -> Option<BTreeSet<String>> {
    let mut kept: Vec<String> = Vec::new();
    let mut totals = BTreeSet::new();
    for page in 1.. {
        let (total, ids) = fake.page(|_, _| true, page, PAGE);
        totals.insert(total);
        kept.extend(ids);
        if page * PAGE >= total {
            break;
        }
    }
    let ascends = kept.windows(2).all(|pair| pair[0] < pair[1]);
    let still = totals.len() == 1 && totals.contains(&(kept.len() as u64));
    (ascends && still).then(|| kept.into_iter().collect())
}

/// Cut by state, each part in one answer, so that only the cut can be at fault.
fn cut_by_state(fake: &Fake) -> Option<BTreeSet<String>> {
    let mut kept = BTreeSet::new();
    let parts: [fn(&str, u8) -> bool; 3] = [
        |state, _| state == "deleted",
        |state, _| state == "inactive",
        |state, _| state == "active",
    ];
    for part in parts {
        kept.extend(fake.page(part, 1, 10_000).1);
    }
    Some(kept)
}

/// Cut by the first letter of the name, each part in one answer.
fn cut_by_name(fake: &Fake) -> Option<BTreeSet<String>> {
    let mut kept = BTreeSet::new();
    let parts: [fn(&str, u8) -> bool; 3] = [
        |_, name| name < 9,
        |_, name| (9..18).contains(&name),
        |_, name| name >= 18,
    ];
    for part in parts {
        kept.extend(fake.page(part, 1, 10_000).1);
    }
    Some(kept)
}

#[test]
fn the_same_stories_catch_the_unsound_ways() {
    let naive: [(&str, Naive); 4] = [
        ("pages by number", pages_by_number),
        ("still pages", still_pages),
        ("cut by state", cut_by_state),
        ("cut by name", cut_by_name),
    ];
    let stories = stories(4_000);
    for (name, way) in naive {
        let caught = stories.iter().any(|story| {
            let habits = Habits::default();
            let fake = Fake::new(
                &story.people,
                story.script.clone(),
                story.pace.clone(),
                habits,
            );
            way(&fake).is_some_and(|kept| fake.guarantee(&kept).is_err())
        });
        assert!(caught, "{name} was not caught: the stories have no teeth");
    }
}

/// 9,000 users and a change at every second request: the walk ends, at no more than four times
/// the requests of a quiet org.
#[test]
fn steady_change_is_walked_in_bounded_requests() {
    let people: Vec<u16> = (0..9_000).collect();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let script: Vec<Change> = (0..5_000)
        .map(|_| proptest::strategy::ValueTree::current(&change().new_tree(&mut runner).unwrap()))
        .collect();
    for way in [Way::Keyset, Way::Overlap, Way::Cursor] {
        let (source, habits) = only(way);
        let habits = Habits {
            window: 10_000,
            ..habits
        };
        let plan = Plan {
            page_size: 100,
            concurrency: 8,
            ..plan(source, 10_000)
        };
        let mut requests = Vec::new();
        for pace in [Vec::new(), [0, 1].repeat(2_000)] {
            let fake = Fake::new(&people, script.clone(), pace, habits);
            let (certificate, kept) = run(&fake, &plan);
            assert_eq!(certificate.unwrap(), way);
            assert_eq!(fake.guarantee(&kept), Ok(()));
            requests.push(fake.requests());
        }
        assert!(requests[0] <= 120, "{way}: quiet {requests:?}");
        assert!(requests[1] <= 4 * requests[0], "{way}: {requests:?}");
    }
}
