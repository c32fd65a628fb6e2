//! `/health/live`, `/health/ready` and `/metrics`: what whoever runs the server asks.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use headcount_core::{fact::FactKind, segment::Calendar};
use hyper::{
    StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use jiff::{civil::Weekday, tz::TimeZone};
use serde::Serialize;

use crate::{
    app::{App, VIEW_METRICS},
    authorise::authenticate,
    error::ApiError,
    job::JobStatus,
    metrics::KeptFacts,
};

/// Whether the process answers at all.
pub(crate) async fn get_live() -> impl IntoResponse {
    (
        [(CACHE_CONTROL, "no-store")],
        Json(serde_json::json!({ "status": "live" })),
    )
}

/// What `/health/ready` says. No count of users, and names of orgs only to whoever may read the
/// metrics: the rest can be read without a token.
#[derive(Debug, Serialize)]
struct Ready {
    /// `ready`; `degraded` (some orgs are, others not); `starting` (none has a snapshot yet) or
    /// `stale` (none has one younger than the limit).
    status: &'static str,
    /// Age of the oldest snapshot that is served, seconds.
    age_s: Option<i64>,
    /// Age from which an org is not ready.
    limit_s: Option<u64>,
    orgs: Counts,
    /// The daily job; null where several orgs have one each.
    job: Option<JobHealth>,
    /// Each org by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    by_org: Option<Vec<OrgHealth>>,
}

/// How many orgs are how.
#[derive(Debug, Default, Serialize)]
struct Counts {
    /// Somebody may ask for them.
    served: usize,
    ready: usize,
    /// No snapshot yet.
    starting: usize,
    /// The snapshot is older than the limit.
    stale: usize,
    /// The last run of their daily job published nothing; served or not.
    failing: usize,
}

/// One org, for whoever runs the server.
#[derive(Debug, Serialize)]
struct OrgHealth {
    org: String,
    /// `ready`, `starting` or `stale`; none where nobody may ask for it.
    status: Option<&'static str>,
    age_s: Option<i64>,
    job: JobHealth,
}

/// The daily job, times in ms since 1970 UTC.
#[derive(Debug, Serialize)]
struct JobHealth {
    scheduled: bool,
    running_since_ms: Option<i64>,
    next_ms: Option<i64>,
    last_outcome: Option<&'static str>,
    last_ended_ms: Option<i64>,
    failures: u32,
}

impl From<JobStatus> for JobHealth {
    fn from(status: JobStatus) -> Self {
        Self {
            scheduled: status.scheduled,
            running_since_ms: status.running_since_ms,
            next_ms: status.next_ms,
            last_outcome: status.last.map(|run| run.outcome.name()),
            last_ended_ms: status.last.map(|run| run.ended_ms),
            failures: status.failures,
        }
    }
}

/// Whether questions are answered, and from how fresh a snapshot. One org that is stale does not
/// take the others out of service: the server is ready as long as any org is.
pub(crate) async fn get_ready(State(app): State<Arc<App>>, request: Request) -> Response {
    let ages = ages(&app);
    let limit_s = app.settings.ready_age.map(|age| age.as_secs());
    let status_of = |age: Option<i64>| match age {
        None => "starting",
        Some(age) if limit_s.is_some_and(|limit| age.unsigned_abs() > limit) => "stale",
        Some(_) => "ready",
    };
    let jobs = app.jobs.statuses();
    let mut orgs = Counts {
        served: ages.len(),
        failing: jobs.iter().filter(|(_, job)| job.failures > 0).count(),
        ..Counts::default()
    };
    for age in ages.values() {
        match status_of(*age) {
            "ready" => orgs.ready += 1,
            "stale" => orgs.stale += 1,
            _ => orgs.starting += 1,
        }
    }
    let status = match orgs {
        Counts {
            ready: 0, stale: 0, ..
        } => "starting",
        Counts { ready: 0, .. } => "stale",
        Counts { ready, served, .. } if ready < served => "degraded",
        _ => "ready",
    };
    let code = match orgs.ready {
        0 => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::OK,
    };
    let may_know = authenticate(&app, request.headers())
        .await
        .and_then(|caller| caller.needs(VIEW_METRICS))
        .is_ok();
    let by_org = may_know.then(|| {
        let mut by_org: BTreeMap<&str, JobStatus> = ages
            .keys()
            .map(|org| (org.as_str(), JobStatus::default()))
            .collect();
        by_org.extend(jobs.iter().map(|(org, job)| (*org, job.clone())));
        let each = by_org.into_iter().map(|(org, job)| OrgHealth {
            org: org.to_owned(),
            status: ages.get(org).map(|age| status_of(*age)),
            age_s: ages.get(org).copied().flatten(),
            job: job.into(),
        });
        each.collect()
    });
    let job = match jobs.as_slice() {
        [] => Some(JobStatus::default().into()),
        [(_, only)] => Some(only.clone().into()),
        _ => None,
    };
    let ready = Ready {
        status,
        age_s: ages.values().flatten().copied().max(),
        limit_s,
        orgs,
        job,
        by_org,
    };
    (code, [(CACHE_CONTROL, "no-store")], Json(ready)).into_response()
}

/// Age of the snapshot of each org that somebody may ask for, in seconds; none before the first.
fn ages(app: &App) -> BTreeMap<String, Option<i64>> {
    let now_ms = app.now_ms();
    let age = |org: &str| {
        let loaded = app.rosters.current(org)?;
        Some(now_ms.saturating_sub(loaded.snapshot.published_ms).max(0) / 1000)
    };
    let orgs = app.orgs().into_iter();
    orgs.map(|org| {
        let age = age(&org);
        (org, age)
    })
    .collect()
}

/// The facts of some orgs. Those that cannot be looked at are left out, which a dashboard shows.
async fn kept_facts(app: &Arc<App>, orgs: Vec<String>) -> Vec<KeptFacts> {
    let app = app.clone();
    let kept = move || {
        let utc = Calendar {
            zone: TimeZone::UTC,
            week_start: Weekday::Monday,
        };
        let mut kept = Vec::new();
        for org in orgs {
            let Some(facts) = app.facts(&org) else {
                continue;
            };
            for kind in FactKind::ALL {
                let Ok(dates) = facts.dates(kind) else {
                    continue;
                };
                kept.push(KeptFacts {
                    org: org.clone(),
                    kind,
                    days: dates.len(),
                    last_ms: dates.last().and_then(|last| utc.start_of(*last)),
                });
            }
        }
        kept
    };
    let kept = tokio::task::spawn_blocking(kept).await;
    kept.unwrap_or_default()
}

/// The numbers, in the OpenMetrics format. They count users of all orgs and divisions, so a caller
/// needs a permission of its own for them.
pub(crate) async fn get_metrics(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, ApiError> {
    let caller = authenticate(&app, request.headers()).await?;
    caller.needs(VIEW_METRICS)?;
    let rosters = app.rosters.all();
    let snapshots = rosters
        .iter()
        .map(|(org, loaded)| (org.as_str(), &loaded.snapshot));
    let facts = kept_facts(&app, rosters.iter().map(|(org, _)| org.clone()).collect()).await;
    let text = app
        .metrics
        .text(snapshots, &facts, &app.jobs.statuses(), app.now_ms());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], text).into_response())
}
