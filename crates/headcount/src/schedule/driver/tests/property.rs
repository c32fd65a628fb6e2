//! Any schedule, any outcomes, any times down or asleep: what must hold of the runs.

use headcount_server::job::JobOutcome;
use proptest::prelude::*;

use super::world::{MINUTE, Ran, Script, World};
use crate::schedule::due::{Schedule, tests::schedule};

const HOUR: i64 = 60 * MINUTE;
/// How often the made-up clock is looked at, at the least.
const STEP: i64 = 20_000;

/// What happens to the machine.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// Time goes on.
    Pass(i64),
    /// The machine sleeps, or its clock is set ahead: the process sees nothing of the time between.
    Ahead(i64),
    /// The clock is put back.
    Back(i64),
    /// The process ends, and is started again after a while.
    Down(i64),
    /// Somebody else publishes a snapshot.
    Publish,
}

fn crons() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "0 3 * * *",
        "30 2 * * *",
        "45 1 * * *",
        "0 */6 * * *",
        "0 * * * *",
        "20,40 * * * *",
        "0 3 * * SUN",
    ])
}

fn zones() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Riyadh",
    ])
}

fn script() -> impl Strategy<Value = Script> {
    let outcome = prop_oneof![
        4 => Just(JobOutcome::Published),
        1 => prop::sample::select(JobOutcome::ALL.to_vec()),
    ];
    (outcome, 1..100i64).prop_map(|(outcome, minutes)| Script::new(outcome, minutes))
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        6 => (0..60 * HOUR).prop_map(Event::Pass),
        1 => (0..50 * HOUR).prop_map(Event::Ahead),
        1 => (0..50 * HOUR).prop_map(Event::Down),
        1 => Just(Event::Publish),
    ]
}

fn is_failure(outcome: JobOutcome) -> bool {
    !matches!(outcome, JobOutcome::Published | JobOutcome::Held)
}

/// Does what the events say; gives back when the process was started, and when somebody else
/// published.
fn live(world: &mut World, events: &[Event]) -> (Vec<i64>, Vec<i64>) {
    let now = |world: &World| world.machine.borrow().now;
    let (mut starts, mut published) = (vec![now(world)], Vec::new());
    world.start(1);
    for (seed, event) in (2..).zip(events) {
        let at = now(world);
        match *event {
            Event::Pass(time) => world.until(at + time, STEP),
            Event::Ahead(time) => {
                world.machine.borrow_mut().now += time;
                world.turn();
            }
            Event::Back(time) => {
                world.machine.borrow_mut().now -= time;
                world.turn();
            }
            Event::Down(time) => {
                world.stop();
                world.until(at + time, STEP);
                starts.push(now(world));
                world.start(seed);
                world.turn();
            }
            Event::Publish => {
                world.machine.borrow_mut().published = Some(at);
                published.push(at);
            }
        }
    }
    assert!(world.is_up());
    (starts, published)
}

/// What was due between two times: after the first, up to the second.
fn due_between(schedule: &Schedule, after: i64, until: i64) -> Vec<i64> {
    let mut due = Vec::new();
    let mut at = after;
    while let Some(next) = schedule.next_after(at).filter(|next| *next <= until) {
        due.push(next);
        at = next;
    }
    due
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Each due time leads to one run that is no failure, or to retries until the next: no run is
    /// without a reason, and no reason is without a run for longer than a pause or the jitter.
    #[test]
    fn each_due_time_leads_to_what_it_should(
        cron in crons(),
        zone in zones(),
        jitter_s in prop::sample::select(vec![0, 30, 300]),
        // Around both changes of clocks in the northern and southern half.
        begin in prop::sample::select(vec![1_774_500_000_000, 1_792_700_000_000, 1_775_000_000_000, 1_790_700_000_000i64]),
        scripts in prop::collection::vec(script(), 0..40),
        events in prop::collection::vec(event(), 1..14),
    ) {
        let schedule = schedule(cron, zone, jitter_s);
        let mut world = World::at(schedule.clone(), begin, Some(begin));
        world.script(scripts);
        let (starts, published) = live(&mut world, &events);
        let end = world.machine.borrow().now;
        let ran = world.machine.borrow().ran.clone();
        let jitter = i64::from(jitter_s) * 1000;

        // When what was due before was last settled. A process that is started anew knows only of
        // what was published.
        let settled_before = |time: i64| {
            let of_runs = ran.iter().filter(|run| match run.outcome {
                JobOutcome::Published => true,
                JobOutcome::Held => !starts.iter().any(|at| (run.ended..=time).contains(at)),
                _ => false,
            });
            let of_runs = of_runs.map(|run| run.ended);
            let all = of_runs.chain(published.iter().copied()).chain([begin]);
            all.filter(|at| *at <= time).max().unwrap()
        };
        let mut failures = 0u32;
        let mut before: Option<Ran> = None;
        for run in &ran {
            // No two at once.
            if let Some(before) = before {
                prop_assert!(run.started >= before.ended, "{before:?} and {run:?} overlap");
            }
            // Something is due that nothing has settled.
            let last = settled_before(run.started);
            let due = due_between(&schedule, last, run.started);
            prop_assert!(!due.is_empty(), "{run:?} has no reason, settled at {last}");
            // A failure is followed by a pause, unless something new became due, the process was
            // started anew, or somebody else published meanwhile.
            if let Some(failed) = before.filter(|before| is_failure(before.outcome)) {
                let locked = failed.outcome == JobOutcome::Locked;
                failures += u32::from(!locked);
                let pause = match locked {
                    true => 10_000,
                    false => (MINUTE << (failures - 1).min(6)).min(HOUR),
                };
                let excused = !due_between(&schedule, failed.ended, run.started).is_empty()
                    || starts.iter().any(|at| (failed.ended..=run.started).contains(at))
                    || last >= failed.ended;
                if !excused {
                    prop_assert!(run.started - failed.ended >= pause - pause / 4, "{failed:?} then {run:?}");
                    prop_assert!(run.started - failed.ended >= pause - jitter);
                }
                if last >= failed.ended || starts.iter().any(|at| (failed.ended..=run.started).contains(at)) {
                    failures = 0;
                }
            } else {
                failures = 0;
            }
            before = Some(*run);
        }

        // Nothing waits: whenever the process was up and idle, what was due is settled, or its
        // jitter or a pause of an hour at most is still going on.
        let last = settled_before(end);
        if let Some(due) = due_between(&schedule, last, end).last() {
            let waits_since = ran.last().map_or(*due, |run| run.ended.max(*due));
            prop_assert!(
                end - due <= jitter + STEP || end - waits_since <= HOUR + STEP,
                "due at {due}, settled at {last}, now {end}: {ran:?}"
            );
        }
        // And the job tells so.
        let status = world.job.status();
        prop_assert_eq!(status.running_since_ms, None);
        prop_assert!(status.next_ms.is_some_and(|next| next > end || ran.last().is_some_and(|run| run.ended == end)));
    }

    /// A clock that is put back by less than the time between two due times leads to no second
    /// success for any of them, and to no gap of more than two of them.
    #[test]
    fn a_clock_that_jumps_runs_nothing_twice(
        zone in zones(),
        jitter_s in prop::sample::select(vec![0, 300]),
        jumps in prop::collection::vec((0..40 * HOUR, -11 * HOUR..11 * HOUR), 1..12),
    ) {
        let schedule = schedule("0 */12 * * *", zone, jitter_s);
        let begin = 1_774_500_000_000;
        let mut world = World::at(schedule.clone(), begin, Some(begin));
        let events: Vec<Event> = jumps
            .iter()
            .flat_map(|&(time, jump)| {
                let jump = if jump < 0 { Event::Back(-jump) } else { Event::Ahead(jump) };
                [Event::Pass(time), jump]
            })
            .collect();
        live(&mut world, &events);
        let ran = world.machine.borrow().ran.clone();
        let mut of: Vec<i64> = ran
            .iter()
            .map(|run| *due_between(&schedule, run.started - 14 * HOUR, run.started).last().unwrap())
            .collect();
        of.dedup();
        prop_assert_eq!(of.len(), ran.len(), "twice for one due time: {:?}", ran);
        // Left alone, it is back at one run for each due time.
        let now = world.machine.borrow().now;
        world.machine.borrow_mut().ran.clear();
        world.until(now + 72 * HOUR, STEP);
        let runs = world.machine.borrow().ran.len();
        let due = due_between(&schedule, now, now + 72 * HOUR).len();
        prop_assert!(due.abs_diff(runs) <= 1, "{runs} runs, {due} times");
    }
}
