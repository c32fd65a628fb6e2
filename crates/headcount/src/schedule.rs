//! The daily job of a server that keeps itself fresh.
//!
//! [`due`] knows when a job is due in a time zone, [`planner`] when to run next, whatever the clock
//! does, [`driver`] is the thread that waits and runs, and [`refresh`] what it runs.

mod driver;
mod due;
mod planner;
mod refresh;

use std::sync::Arc;

use anyhow::Context;
use headcount_server::job::Job;

use crate::config::Config;
use driver::Driver;
pub(crate) use driver::Refresher;
pub(crate) use due::{Cron, Schedule, Zone};

/// Keeps the configured org fresh as `schedule` says, until what is returned is dropped.
///
/// `clock` tells the time in ms since 1970 UTC. What happens is told through `job`. A run under way
/// when the process ends is dropped; the store keeps its last snapshot.
///
/// # Errors
/// When no thread can be started.
pub(crate) fn start(
    schedule: Schedule,
    config: Arc<Config>,
    job: Arc<Job>,
    clock: fn() -> i64,
) -> anyhow::Result<Refresher> {
    // Any seed does: it only keeps many machines from asking at the same moments.
    let seed = clock().unsigned_abs() ^ u64::from(std::process::id()).rotate_left(40);
    let of_published = Arc::clone(&config);
    let driver = Driver::new(
        schedule,
        seed,
        job,
        clock,
        move || refresh::published(&of_published),
        move |published| refresh::refresh(&config, published),
    );
    Refresher::spawn(driver).context("the refresh can't be started")
}
