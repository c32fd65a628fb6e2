//! `/health/live`, `/health/ready` and `/metrics`: what whoever runs the server asks.

use std::sync::Arc;

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

/// What `/health/ready` says. No count of users: it can be read without a token.
#[derive(Debug, Serialize)]
struct Ready {
    /// `ready`, `starting` (no snapshot of some org yet) or `stale` (older than the limit).
    status: &'static str,
    /// Age of the oldest snapshot that is served, seconds.
    age_s: Option<i64>,
    /// Age from which the server is not ready.
    limit_s: Option<u64>,
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

/// Whether questions are answered, and from how fresh a snapshot.
pub(crate) async fn get_ready(State(app): State<Arc<App>>) -> Response {
    let now_ms = app.now_ms();
    let orgs = app.orgs();
    let ages: Vec<Option<i64>> = orgs
        .iter()
        .map(|org| {
            let loaded = app.rosters.current(org)?;
            Some(now_ms.saturating_sub(loaded.snapshot.published_ms).max(0) / 1000)
        })
        .collect();
    let age_s = ages.iter().flatten().copied().max();
    let limit_s = app.settings.ready_age.map(|age| age.as_secs());
    let is_stale =
        |age: i64| limit_s.is_some_and(|limit| u64::try_from(age).is_ok_and(|age| age > limit));
    let status = if ages.is_empty() || ages.contains(&None) {
        "starting"
    } else if age_s.is_some_and(is_stale) {
        "stale"
    } else {
        "ready"
    };
    let code = if status == "ready" {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let ready = Ready {
        status,
        age_s,
        limit_s,
        job: app.job.status().into(),
    };
    (code, [(CACHE_CONTROL, "no-store")], Json(ready)).into_response()
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

/// The numbers, in the OpenMetrics format. They count users of all divisions, so a caller needs
/// a permission of its own for them.
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
        .text(snapshots, &facts, &app.job.status(), app.now_ms());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], text).into_response())
}
