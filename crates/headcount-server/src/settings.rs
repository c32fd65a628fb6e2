//! How a server behaves, as the binary was told.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use headcount_core::{check, personal::Personal};
use headcount_store::{Engine, facts::FactStore};
use jiff::civil::Weekday;

use crate::Desk;

/// Tells the time, ms since 1970 UTC.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// Settings of a server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Org that is served without login while the store knows no client or token; only ever on a
    /// loopback address.
    pub open_org: Option<String>,
    /// The only org that is answered for; without it every org of which the store knows a client or
    /// token.
    pub only_org: Option<String>,
    /// Requests a minute for a client or token that has no limit of its own; `None`: unlimited.
    pub requests_per_minute: Option<u32>,
    /// Age of a snapshot from which the server is not ready; `None`: any age will do.
    pub ready_age: Option<Duration>,
    /// Bounds that keep one caller from taking the server from the others.
    pub bounds: Bounds,
    /// The facts of the store, of whichever org; without it there are none.
    pub facts: Option<FactStore>,
    /// How reports count days, unless asked otherwise.
    pub reports: Reports,
    /// How the page writes numbers and dates: a language tag such as `de` or `en-GB`; without it as
    /// the browser asks for them. Its times are in the zone of [`Reports::timezone`], else in UTC.
    pub locale: Option<String>,
    /// What the feeds carry of who somebody is.
    pub feed_personal: Personal,
    /// What people changed about the rules that find what is wrong.
    pub check: check::Settings,
    /// Findings that are known already, by org; of an org without them every finding is new.
    pub known: BTreeMap<String, Arc<check::Baseline>>,
    /// Who publishes what a person accepts; without it nobody can accept anything here.
    pub desk: Option<Arc<dyn Desk>>,
    /// How long a token of the change feed is good for: whoever comes back later begins again.
    pub delta_window: Duration,
    /// Seed of the correlation ids.
    pub seed: u64,
}

/// How reports count days, unless asked otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reports {
    /// Name of the time zone that days start in; that of the facts without it.
    pub timezone: Option<String>,
    /// The day that weeks start on.
    pub week_start: Weekday,
    /// Who adds facts up; [`Engine::Store`] takes [`FactStore::has_engine`].
    pub engine: Engine,
}

impl Default for Reports {
    fn default() -> Self {
        Self {
            timezone: None,
            week_start: Weekday::Monday,
            engine: Engine::Local,
        }
    }
}

/// What one request or connection may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Largest body of a request, bytes.
    pub body: usize,
    /// Longest head of a request, bytes.
    pub head: usize,
    /// Time for the head, and for the TLS handshake.
    pub head_time: Duration,
    /// Time for the body.
    pub body_time: Duration,
    /// How long a connection may be silent between requests.
    pub idle_time: Duration,
    /// A caller who takes less than [`Bounds::LEAST_TAKEN`] bytes of an answer in this time is
    /// dropped.
    pub write_time: Duration,
    /// Time for an answer to be found.
    pub answer_time: Duration,
    /// Bytes of answers that may be on their way to callers.
    pub answers_under_way: usize,
    /// Connections at once; further ones wait.
    pub connections: usize,
    /// Time for requests under way when the server stops.
    pub shutdown_time: Duration,
}

impl Bounds {
    /// Bytes of an answer that must be taken within [`Bounds::write_time`].
    pub const LEAST_TAKEN: u64 = 32 << 10;
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            body: 1 << 20,
            head: 32 << 10,
            head_time: Duration::from_secs(15),
            body_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(75),
            write_time: Duration::from_secs(30),
            answer_time: Duration::from_secs(30),
            answers_under_way: 256 << 20,
            connections: 16_384,
            shutdown_time: Duration::from_secs(20),
        }
    }
}

impl Settings {
    /// 90 days.
    pub const DELTA_WINDOW: Duration = Duration::from_secs(90 * 86_400);
}

impl Default for Settings {
    /// 300 requests a minute, as at Genesys Cloud; any age will do.
    fn default() -> Self {
        Self {
            open_org: None,
            only_org: None,
            requests_per_minute: Some(300),
            ready_age: None,
            bounds: Bounds::default(),
            facts: None,
            reports: Reports::default(),
            locale: None,
            feed_personal: Personal::default(),
            check: check::Settings::default(),
            known: BTreeMap::new(),
            desk: None,
            delta_window: Self::DELTA_WINDOW,
            seed: 0,
        }
    }
}
