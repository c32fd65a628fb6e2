//! The daily jobs of a server that keeps its orgs fresh: one for each, in a thread of its own.
//!
//! [`due`] knows when a job is due in a time zone, [`planner`] when to run next, whatever the clock
//! does, [`driver`] is the thread that waits and runs, and [`refresh`] what it runs.
//!
//! Nothing counts or bounds the runs at once. A run is paced by the limits of its own org and holds
//! a few pages, so there is no common good to share out; and a place that an org holds while it
//! hangs would be missing to the others. What they do share, the store, is written in turn.

mod driver;
mod due;
mod planner;
mod refresh;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use anyhow::Context;
use headcount_server::job::{Job, Jobs};
use headcount_store::Store;

use crate::{
    config::{Config, Timing},
    sync::Shared,
};
use driver::{Driver, Refresher};
pub(crate) use due::{Cron, Schedule, Zone};
pub(crate) use refresh::outcome_of;

/// The orgs that are to be kept fresh, each with its schedule.
///
/// Credentials are looked at when a run begins: an org without them must not keep the others from
/// being served.
pub(crate) fn of_all(orgs: Vec<Config>, asked: &Timing) -> Vec<(Config, Schedule)> {
    orgs.into_iter()
        .filter_map(|config| {
            let schedule = config.schedule(asked)?;
            Some((config, schedule))
        })
        .collect()
}

/// The daily jobs at work, until this is dropped.
#[derive(Debug)]
#[must_use = "the jobs end when this is dropped"]
pub(crate) struct Refreshers {
    _each: Vec<Refresher>,
}

/// Keeps orgs fresh in one store, each as its schedule says.
///
/// # Errors
/// When no thread can be started.
pub(crate) fn start_all(
    orgs: Vec<(Config, Schedule)>,
    store: Arc<dyn Store>,
    jobs: &Jobs,
    clock: fn() -> i64,
) -> anyhow::Result<Refreshers> {
    let mut refreshers = Vec::new();
    if !orgs.is_empty() {
        let shared = Shared::new(store)?;
        for (config, schedule) in orgs {
            let job = jobs.get(&config.org).map(Arc::clone).unwrap_or_default();
            refreshers.push(start(schedule, config, shared.clone(), job, clock)?);
        }
    }
    Ok(Refreshers { _each: refreshers })
}

/// Keeps the configured org fresh as `schedule` says, until what is returned is dropped.
///
/// `clock` tells the time in ms since 1970 UTC. What happens is told through `job`. A run under way
/// when the process ends is dropped; the store keeps its last snapshot.
///
/// # Errors
/// When no thread can be started.
fn start(
    schedule: Schedule,
    config: Config,
    shared: Shared,
    job: Arc<Job>,
    clock: fn() -> i64,
) -> anyhow::Result<Refresher> {
    // Any seed does: it only keeps many machines, and many orgs, from asking at the same moments.
    let mut seed = DefaultHasher::new();
    (&config.org, clock(), std::process::id()).hash(&mut seed);
    let (store, org) = (Arc::clone(&shared.store), config.org.clone());
    let told = Arc::clone(&job);
    let driver = Driver::new(
        config.org.clone(),
        schedule,
        seed.finish(),
        job,
        clock,
        move || refresh::published(&*store, &org),
        move |published| refresh::refresh(&config, &shared, published, &told),
    );
    Refresher::spawn(driver).context("the refresh can't be started")
}
