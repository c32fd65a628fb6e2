//! One run of the daily job: a sync as `headcount sync` does it, without a person to tell.

use std::sync::Arc;

use headcount_genesys::Counters;
use headcount_server::job::{Job, JobOutcome};
use headcount_store::{Store, StoreError};

use super::driver::Ended;
use crate::{
    config::Config,
    error::{self, Exit},
    progress::Progress,
    sync::{Ending, Overtaken, Shared, Sync, SyncReport},
};

/// Syncs the org once, and maps what came of it to an outcome. Nothing is asked of upstream when
/// another process has published since `published` was the time of the last snapshot.
pub(super) fn refresh(
    config: &Config,
    shared: &Shared,
    published: Option<i64>,
    job: &Arc<Job>,
) -> Ended {
    let mut cost = Counters::default();
    let progress = Progress::of_job(Arc::clone(job));
    let (outcome, cause) = match sync(config, shared, published, &progress, &mut cost) {
        Ok(report) => of_report(&report),
        Err(error) => (outcome_of(&error), Some(error::one_line(&error))),
    };
    Ended {
        outcome,
        requests: cost.requests,
        throttled: cost.throttled,
        cause,
    }
}

/// When the org's last snapshot was published, ms since 1970 UTC. `None` where none can be read:
/// then a run is due, and it tells what is wrong.
pub(super) fn published(store: &dyn Store, org: &str) -> Option<i64> {
    let last = store.snapshots(org).ok()?.pop()?;
    Some(last.published_ms)
}

fn sync(
    config: &Config,
    shared: &Shared,
    published: Option<i64>,
    progress: &Progress,
    cost: &mut Counters,
) -> anyhow::Result<SyncReport> {
    let sync = Sync {
        only_after: Some(published),
        ..Sync::configured_in(config, shared)?
    };
    sync.run_counted(progress, cost)
}

fn of_report(report: &SyncReport) -> (JobOutcome, Option<String>) {
    match report.outcome {
        Ending::Published => (JobOutcome::Published, None),
        Ending::Held => (JobOutcome::Held, Some(report.why_held())),
        // Nobody asked for a dry run; there is no snapshot.
        Ending::Previewed => (JobOutcome::Failed, None),
    }
}

/// What a failure of a sync is to whoever watches.
pub(crate) fn outcome_of(error: &anyhow::Error) -> JobOutcome {
    let locked = error.chain().any(|cause| {
        let held = matches!(
            cause.downcast_ref::<StoreError>(),
            Some(StoreError::Locked { .. })
        );
        held || cause.is::<Overtaken>()
    });
    if locked {
        return JobOutcome::Locked;
    }
    match error::classify(error).0 {
        Exit::Breaker => JobOutcome::Held,
        Exit::Unavailable => JobOutcome::Unavailable,
        Exit::TryAgain => JobOutcome::TryAgain,
        Exit::NotAuthorised => JobOutcome::NotAuthorised,
        Exit::Failure | Exit::Usage | Exit::Findings | Exit::Config => JobOutcome::Failed,
    }
}

#[cfg(test)]
mod tests;
