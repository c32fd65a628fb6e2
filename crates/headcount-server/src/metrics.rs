//! Every number that the server tells about itself, in one place. No label holds anything of a
//! user or a caller.

use std::sync::atomic::{AtomicU64, Ordering};

use headcount_core::fact::FactKind;
use headcount_store::Snapshot;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::job::{JobOutcome, JobStatus};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    method: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OrgLabels {
    org: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabels {
    org: String,
    state: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FactLabels {
    org: String,
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    org: String,
    outcome: &'static str,
}

/// Upper bounds of the latency histogram, seconds.
const BOUNDS: [f64; 14] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0,
];

type Seconds = Gauge<f64, AtomicU64>;

/// The facts that are kept of an org.
pub(crate) struct KeptFacts {
    pub(crate) org: String,
    pub(crate) kind: FactKind,
    /// How many days.
    pub(crate) days: usize,
    /// Start of the last one in UTC, ms since 1970.
    pub(crate) last_ms: Option<i64>,
}

/// The numbers. Those about snapshots and jobs are set when somebody looks.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    connections: Gauge,
    age: Family<OrgLabels, Seconds>,
    users: Family<StateLabels, Gauge>,
    facts_days: Family<FactLabels, Gauge>,
    facts_last: Family<FactLabels, Seconds>,
    syncs: Family<OutcomeLabels, Counter>,
    sync_running: Family<OrgLabels, Gauge>,
    sync_failures: Family<OrgLabels, Gauge>,
    sync_last: Family<OrgLabels, Seconds>,
    sync_next: Family<OrgLabels, Seconds>,
    upstream_requests: Family<OrgLabels, Counter>,
    upstream_throttled: Family<OrgLabels, Counter>,
    breaker: Family<OrgLabels, Gauge>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("headcount");
        let durations: fn() -> Histogram = || Histogram::new(BOUNDS);
        let metrics = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(durations),
            connections: Gauge::default(),
            age: Family::default(),
            users: Family::default(),
            facts_days: Family::default(),
            facts_last: Family::default(),
            syncs: Family::default(),
            sync_running: Family::default(),
            sync_failures: Family::default(),
            sync_last: Family::default(),
            sync_next: Family::default(),
            upstream_requests: Family::default(),
            upstream_throttled: Family::default(),
            breaker: Family::default(),
            registry: Registry::default(),
        };
        registry.register(
            "http_requests",
            "Requests answered, by route, method and status",
            metrics.requests.clone(),
        );
        registry.register_with_unit(
            "http_request_duration",
            "Time from the head of a request to the head of its answer",
            Unit::Seconds,
            metrics.durations.clone(),
        );
        registry.register(
            "http_connections",
            "Connections open now",
            metrics.connections.clone(),
        );
        registry.register_with_unit(
            "snapshot_age",
            "Time since the snapshot that is served was published",
            Unit::Seconds,
            metrics.age.clone(),
        );
        registry.register(
            "users",
            "Users of the snapshot that is served, by state",
            metrics.users.clone(),
        );
        registry.register(
            "facts_days",
            "Days of facts that are kept, by kind",
            metrics.facts_days.clone(),
        );
        registry.register(
            "facts_last_day_timestamp_seconds",
            "The last day of facts that is kept, seconds since 1970; 0 without any",
            metrics.facts_last.clone(),
        );
        registry.register(
            "syncs",
            "Runs of the daily job since the start, by org and outcome",
            metrics.syncs.clone(),
        );
        registry.register(
            "sync_running",
            "1 while the daily job runs",
            metrics.sync_running.clone(),
        );
        registry.register(
            "sync_failures",
            "Runs of the daily job since the last one that published",
            metrics.sync_failures.clone(),
        );
        registry.register(
            "sync_last_end_timestamp_seconds",
            "When the daily job ended last, seconds since 1970; 0 before the first run",
            metrics.sync_last.clone(),
        );
        registry.register(
            "sync_next_timestamp_seconds",
            "When the daily job runs next, seconds since 1970; 0 when unknown",
            metrics.sync_next.clone(),
        );
        registry.register(
            "upstream_requests",
            "Requests to Genesys Cloud by the daily job since the start",
            metrics.upstream_requests.clone(),
        );
        registry.register(
            "upstream_throttled",
            "Answers of Genesys Cloud with status 429 since the start",
            metrics.upstream_throttled.clone(),
        );
        registry.register(
            "breaker_held",
            "1 when the last run of the daily job was held back by the breaker",
            metrics.breaker.clone(),
        );
        Self {
            registry,
            ..metrics
        }
    }

    /// A request was answered.
    pub(crate) fn answered(
        &self,
        route: &'static str,
        method: &'static str,
        status: u16,
        seconds: f64,
    ) {
        let labels = RequestLabels {
            route,
            method,
            status,
        };
        self.requests.get_or_create(&labels).inc();
        self.durations
            .get_or_create(&RouteLabels { route })
            .observe(seconds);
    }

    /// The number of open connections, to count up and down.
    pub(crate) fn connections(&self) -> &Gauge {
        &self.connections
    }

    /// All numbers as OpenMetrics text.
    pub(crate) fn text<'s>(
        &self,
        snapshots: impl Iterator<Item = (&'s str, &'s Snapshot)>,
        facts: &[KeptFacts],
        jobs: &[(&str, JobStatus)],
        now_ms: i64,
    ) -> String {
        self.age.clear();
        self.users.clear();
        for (org, snapshot) in snapshots {
            let labels = OrgLabels {
                org: org.to_owned(),
            };
            let age = seconds(now_ms.saturating_sub(snapshot.published_ms).max(0));
            self.age.get_or_create(&labels).set(age);
            let states = &snapshot.states;
            for (state, users) in [
                ("active", states.active),
                ("inactive", states.inactive),
                ("deleted", states.deleted),
                ("other", states.other),
            ] {
                let labels = StateLabels {
                    org: org.to_owned(),
                    state,
                };
                self.users.get_or_create(&labels).set(whole(users));
            }
        }
        self.facts_days.clear();
        self.facts_last.clear();
        for kept in facts {
            let labels = FactLabels {
                org: kept.org.clone(),
                kind: kept.kind.name(),
            };
            let days = i64::try_from(kept.days).unwrap_or(i64::MAX);
            self.facts_days.get_or_create(&labels).set(days);
            let last = kept.last_ms.map_or(0.0, seconds);
            self.facts_last.get_or_create(&labels).set(last);
        }
        for (org, job) in jobs {
            self.of_job(org, job);
        }
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    fn of_job(&self, org: &str, job: &JobStatus) {
        for (outcome, ended) in JobOutcome::ALL.into_iter().zip(job.ended) {
            let labels = OutcomeLabels {
                org: org.to_owned(),
                outcome: outcome.name(),
            };
            set(&self.syncs.get_or_create(&labels), ended);
        }
        let labels = OrgLabels {
            org: org.to_owned(),
        };
        let gauge = |family: &Family<OrgLabels, Gauge>, value: i64| {
            family.get_or_create(&labels).set(value);
        };
        gauge(
            &self.sync_running,
            i64::from(job.running_since_ms.is_some()),
        );
        gauge(&self.sync_failures, i64::from(job.failures));
        let held = job.last.is_some_and(|run| run.outcome == JobOutcome::Held);
        gauge(&self.breaker, i64::from(held));
        let last = job.last.map_or(0.0, |run| seconds(run.ended_ms));
        self.sync_last.get_or_create(&labels).set(last);
        let next = job.next_ms.map_or(0.0, seconds);
        self.sync_next.get_or_create(&labels).set(next);
        set(&self.upstream_requests.get_or_create(&labels), job.requests);
        set(
            &self.upstream_throttled.get_or_create(&labels),
            job.throttled,
        );
    }
}

/// The job counts by itself; here its counts are only shown.
fn set(counter: &Counter, count: u64) {
    counter.inner().store(count, Ordering::Relaxed);
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "times of today are far below 2^53 ms"
)]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}
