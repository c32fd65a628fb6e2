//! A week of daily jobs, the weeks in which clocks change, and clocks that are set.

use headcount_server::job::JobOutcome::{self, *};

use super::world::{MINUTE, Script, World, ms};
use crate::schedule::due::tests::schedule;

const HOUR: i64 = 60 * MINUTE;

fn scripts<const N: usize>(runs: [(JobOutcome, i64); N]) -> impl Iterator<Item = Script> {
    runs.into_iter()
        .map(|(outcome, minutes)| Script::new(outcome, minutes))
}

/// Monday to Sunday in Riyadh: a usual day, a day down, the catch-up, a day of failures that end
/// well, one that fails until the next due time, a held one, a day asleep.
#[test]
fn a_week_of_daily_jobs() {
    let daily = schedule("0 3 * * *", "Asia/Riyadh", 0);
    let mut world = World::new(
        daily,
        "2026-06-01T00:00:00+03:00",
        Some("2026-05-31T03:05:00+03:00"),
    );
    world.start(1);
    let until = |world: &mut World, time: &str| {
        world.until(ms(time), 10_000);
        world.told("Asia/Riyadh")
    };
    assert_eq!(
        until(&mut world, "2026-06-01T23:00:00+03:00"),
        ["Mon 03:00-03:04 published"]
    );
    assert_eq!(
        world.job.status().next_ms,
        Some(ms("2026-06-02T03:00:00+03:00"))
    );

    // Down over the due time of Tuesday and that of Wednesday: caught up at once, and once.
    world.stop();
    assert!(until(&mut world, "2026-06-03T09:30:00+03:00").is_empty());
    world.start(2);
    assert_eq!(
        until(&mut world, "2026-06-03T23:00:00+03:00"),
        ["Wed 09:30-09:34 published"]
    );

    // Genesys is away: pauses of 1 and 2 minutes; another process is at work: one of 10 seconds.
    world.script(scripts([
        (Unavailable, 1),
        (TryAgain, 1),
        (Locked, 0),
        (Published, 4),
    ]));
    assert_eq!(
        until(&mut world, "2026-06-04T03:03:30+03:00"),
        ["Thu 03:00-03:01 unavailable", "Thu 03:02-03:03 try_again"]
    );
    assert_eq!(world.job.status().failures, 2);
    assert_eq!(
        world.job.status().next_ms,
        Some(ms("2026-06-04T03:05:00+03:00"))
    );
    assert_eq!(
        until(&mut world, "2026-06-04T23:00:00+03:00"),
        ["Thu 03:05-03:05 locked", "Thu 03:05-03:09 published"]
    );
    assert_eq!(world.job.status().failures, 0);

    // Failing all of Friday: pauses grow to an hour, and the next due time comes all the same.
    world.script(scripts([(NotAuthorised, 0); 29]));
    let failed = until(&mut world, "2026-06-06T02:59:00+03:00");
    let times: Vec<&str> = failed.iter().map(|run| &run[4..9]).collect();
    assert_eq!(
        times[..9],
        [
            "03:00", "03:01", "03:03", "03:07", "03:15", "03:31", "04:03", "05:03", "06:03"
        ]
    );
    assert_eq!(times.last(), Some(&"02:03"));
    assert_eq!(times.len(), 29, "{times:?}");

    // The breaker holds the snapshot of Saturday; nothing before the due time of Sunday.
    world.script(scripts([(Held, 4)]));
    assert_eq!(
        until(&mut world, "2026-06-07T02:59:00+03:00"),
        ["Sat 03:00-03:04 held"]
    );
    assert_eq!(world.job.status().failures, 30);

    // The machine sleeps from before the due time to the evening.
    world.machine.borrow_mut().now = ms("2026-06-07T19:00:00+03:00");
    assert_eq!(
        until(&mut world, "2026-06-08T02:00:00+03:00"),
        ["Sun 19:00-19:04 published"]
    );
    assert_eq!(
        until(&mut world, "2026-06-08T23:00:00+03:00"),
        ["Mon 03:00-03:04 published"]
    );
    let status = world.job.status();
    assert_eq!((status.failures, status.running_since_ms), (0, None));
    assert_eq!(status.next_ms, Some(ms("2026-06-09T03:00:00+03:00")));
}

#[test]
fn an_org_without_a_snapshot_is_fetched_at_once() {
    let daily = schedule("0 3 * * *", "UTC", 300);
    let mut world = World::new(daily, "2026-06-01T12:00:00Z", None);
    world.script(scripts([(Unavailable, 0)]));
    world.start(1);
    world.until(ms("2026-06-02T02:00:00Z"), 1000);
    let told = world.told("UTC");
    assert_eq!(told.len(), 2);
    assert_eq!(told[0], "Mon 12:00-12:00 unavailable");
}

/// Both nights on which clocks change, in zones on both sides of the equator.
#[test]
fn weeks_in_which_clocks_change_have_seven_runs() {
    let cases = [
        (
            "Europe/Berlin",
            "30 2 * * *",
            "2026-03-26T12:00:00Z",
            "Sun 03:00-03:04 published",
        ),
        (
            "Europe/Berlin",
            "30 2 * * *",
            "2026-10-22T12:00:00Z",
            "Sun 02:30-02:34 published",
        ),
        (
            "America/New_York",
            "0 2 * * *",
            "2026-03-05T12:00:00Z",
            "Sun 03:00-03:04 published",
        ),
        (
            "America/New_York",
            "0 1 * * *",
            "2026-10-29T12:00:00Z",
            "Sun 01:00-01:04 published",
        ),
        (
            "Australia/Lord_Howe",
            "15 2 * * *",
            "2026-10-01T00:00:00Z",
            "Sun 02:30-02:34 published",
        ),
        (
            "Australia/Lord_Howe",
            "45 1 * * *",
            "2026-04-02T00:00:00Z",
            "Sun 01:45-01:49 published",
        ),
        (
            "Asia/Riyadh",
            "0 3 * * *",
            "2026-03-26T12:00:00Z",
            "Sun 03:00-03:04 published",
        ),
    ];
    for (zone, cron, begin, sunday) in cases {
        let mut world = World::new(schedule(cron, zone, 0), begin, Some(begin));
        world.start(1);
        world.until(ms(begin) + 7 * 24 * HOUR, 20_000);
        let told = world.told(zone);
        assert_eq!(told.len(), 7, "{zone} {cron}: {told:?}");
        let on_sunday: Vec<_> = told.iter().filter(|run| run.starts_with("Sun")).collect();
        assert_eq!(on_sunday, [sunday], "{zone} {cron}");
    }
    let mut world = World::new(
        schedule("0 * * * *", "Europe/Berlin", 0),
        "2026-10-24T12:30:00Z",
        Some("2026-10-24T12:30:00Z"),
    );
    world.start(1);
    world.until(ms("2026-10-25T12:30:00Z"), 20_000);
    assert_eq!(world.told("UTC").len(), 24, "one in every real hour");
}

/// Somebody publishes by hand, or accepts what was held: nothing is left to do.
#[test]
fn a_snapshot_of_somebody_else_settles_what_was_due() {
    let daily = schedule("0 3 * * *", "UTC", 0);
    let mut world = World::new(daily, "2026-06-01T02:00:00Z", Some("2026-05-31T03:05:00Z"));
    world.script(scripts([(Locked, 0), (Unavailable, 0)]));
    world.start(1);
    world.until(ms("2026-06-01T03:00:05Z"), 5_000);
    world.machine.borrow_mut().published = Some(ms("2026-06-01T03:00:03Z"));
    world.until(ms("2026-06-02T02:59:00Z"), 10_000);
    assert_eq!(world.told("UTC"), ["Mon 03:00-03:00 locked"]);
    // And the pauses begin anew.
    world.until(ms("2026-06-02T12:00:00Z"), 10_000);
    assert_eq!(
        world.told("UTC"),
        ["Tue 03:00-03:00 unavailable", "Tue 03:01-03:05 published"]
    );
}

/// A world in which the run of this Monday has published at 03:04.
fn ran_on_monday() -> World {
    let daily = schedule("0 3 * * *", "UTC", 0);
    let mut world = World::new(daily, "2026-06-01T02:00:00Z", Some("2026-05-31T03:05:00Z"));
    world.start(1);
    world.until(ms("2026-06-01T03:10:00Z"), 10_000);
    assert_eq!(world.told("UTC"), ["Mon 03:00-03:04 published"]);
    world
}

#[test]
fn a_clock_put_back_runs_nothing_twice_and_stalls_nothing() {
    let mut world = ran_on_monday();
    world.machine.borrow_mut().now = ms("2026-06-01T02:30:00Z");
    world.until(ms("2026-06-02T12:00:00Z"), 10_000);
    assert_eq!(world.told("UTC"), ["Tue 03:00-03:04 published"]);

    // The same with a process that is started anew after the clock was put back.
    let mut world = ran_on_monday();
    world.machine.borrow_mut().now = ms("2026-06-01T02:30:00Z");
    world.start(2);
    world.until(ms("2026-06-02T12:00:00Z"), 10_000);
    assert_eq!(world.told("UTC"), ["Tue 03:00-03:04 published"]);

    // Put back in the middle of the run.
    let daily = schedule("0 3 * * *", "UTC", 0);
    let mut world = World::new(daily, "2026-06-01T02:00:00Z", Some("2026-05-31T03:05:00Z"));
    let back = Script {
        jump: -20 * MINUTE,
        ..Script::new(Published, 4)
    };
    world.script([back]);
    world.start(1);
    world.until(ms("2026-06-01T12:00:00Z"), 10_000);
    assert_eq!(world.told("UTC"), ["Mon 03:00-02:44 published"]);
}

#[test]
fn a_clock_that_was_years_ahead_is_forgotten() {
    for anew in [false, true] {
        let mut world = ran_on_monday();
        world.machine.borrow_mut().now = ms("2031-01-01T00:00:00Z");
        world.until(ms("2031-01-01T00:10:00Z"), 10_000);
        assert_eq!(
            world.told("UTC").len(),
            1,
            "all the missed days are one run"
        );
        world.machine.borrow_mut().now = ms("2026-06-01T04:00:00Z");
        if anew {
            world.start(2);
        }
        world.until(ms("2026-06-03T12:00:00Z"), 10_000);
        assert_eq!(
            world.told("UTC"),
            ["Tue 03:00-03:04 published", "Wed 03:00-03:04 published"]
        );
    }
}

#[test]
fn a_retry_does_not_wait_longer_because_the_clock_was_put_back() {
    let daily = schedule("0 3 * * *", "UTC", 0);
    let mut world = World::new(daily, "2026-06-01T02:00:00Z", Some("2026-05-31T03:05:00Z"));
    world.script(scripts([(Unavailable, 0), (Unavailable, 0)]));
    world.start(1);
    world.until(ms("2026-06-01T03:01:30Z"), 10_000);
    world.machine.borrow_mut().now = ms("2026-05-31T22:00:00Z");
    world.until(ms("2026-05-31T22:10:00Z"), 10_000);
    assert_eq!(
        world.told("UTC"),
        [
            "Mon 03:00-03:00 unavailable",
            "Mon 03:01-03:01 unavailable",
            "Sun 22:02-22:06 published"
        ]
    );
}
