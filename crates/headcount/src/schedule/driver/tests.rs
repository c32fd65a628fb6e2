//! The driver in a made-up world, turn by turn, and in its thread.

mod days;
mod property;
mod world;

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
    mpsc,
};

use super::*;
use crate::schedule::due::tests::schedule;
use world::MINUTE;

#[test]
fn dropping_the_refresher_ends_its_wait_at_once() {
    let daily = schedule("0 3 * * *", "UTC", 0);
    let driver = Driver::new(
        "org".to_owned(),
        daily,
        1,
        Arc::default(),
        || 0,
        || Some(0),
        |_| unreachable!(),
    );
    let Refresher { _stop, thread } = Refresher::spawn(driver).unwrap();
    drop(_stop);
    // Hangs when the wait goes on; the next due time of this clock never comes.
    thread.join().unwrap();
}

#[test]
fn the_thread_notices_that_the_clock_went_on_and_survives_a_panic() {
    let now = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&now);
    let (ran, runs) = mpsc::channel();
    let job = Arc::new(Job::default());
    let mut count = 0;
    let work = move |_| {
        count += 1;
        ran.send(count).unwrap();
        assert!(count > 1, "the first run panics");
        Ended {
            outcome: JobOutcome::Published,
            requests: 7,
            throttled: 1,
            cause: None,
        }
    };
    let daily = schedule("0 3 * * *", "UTC", 0);
    let clock = move || clock.load(Ordering::SeqCst);
    let driver = Driver::new(
        "org".to_owned(),
        daily,
        1,
        Arc::clone(&job),
        clock,
        || Some(0),
        work,
    );
    assert_eq!(job.status().next_ms, Some(180 * MINUTE));
    let Refresher { _stop, thread } = Refresher::spawn(driver).unwrap();
    // Asleep past the due time.
    now.store(500 * MINUTE, Ordering::SeqCst);
    assert_eq!(runs.recv().unwrap(), 1);
    // Its end is still of this time: the pause is counted from there.
    while job.status().last.is_none() {
        thread::yield_now();
    }
    now.store(502 * MINUTE, Ordering::SeqCst);
    assert_eq!(runs.recv().unwrap(), 2);
    drop(_stop);
    thread.join().unwrap();
    let status = job.status();
    assert_eq!(
        (status.failures, status.requests, status.throttled),
        (0, 7, 1)
    );
    let of = |outcome| {
        JobOutcome::ALL
            .iter()
            .position(|one| *one == outcome)
            .unwrap()
    };
    assert_eq!(status.ended[of(JobOutcome::Failed)], 1);
    assert_eq!(status.ended[of(JobOutcome::Published)], 1);
    assert_eq!(status.next_ms, Some((1440 + 180) * MINUTE));
}
