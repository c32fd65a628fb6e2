//! What a sandbox is started with.

use std::time::Duration;

use crate::{FaultRate, Quirks, Scenario};

/// Settings of a sandbox. The default is an org of 5,000 users with the limits of Genesys Cloud.
#[derive(Clone, Debug)]
pub struct Config {
    /// Users of all states; a scenario with people of its own overrides it.
    pub users: usize,
    /// Seed of people, faults and changes.
    pub seed: u64,
    /// Rows past which paging by number is answered with 400; none if `None`.
    pub window: Option<u64>,
    /// Requests per token and window (60 s) before 429; unlimited if `None`.
    pub rate_limit: Option<u32>,
    /// Time that every answer waits.
    pub latency: Duration,
    /// Random changes of the org per second.
    pub churn_per_second: f64,
    /// One random change after every so many search requests, repeatable by the seed.
    pub churn_every_requests: Option<u64>,
    /// Faults by rate.
    pub faults: Vec<FaultRate>,
    /// Habits of the org.
    pub quirks: Quirks,
    /// Scripted people, faults and changes; applied on top of the rest. The settings of its file
    /// are taken over by [`Scenario::config`].
    pub scenario: Option<Scenario>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            users: 5000,
            seed: 1,
            window: Some(10_000),
            rate_limit: Some(300),
            latency: Duration::ZERO,
            churn_per_second: 0.0,
            churn_every_requests: None,
            faults: Vec::new(),
            quirks: Quirks::default(),
            scenario: None,
        }
    }
}
