//! What the daily job of each org tells of itself, for health and metrics.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How one run of the job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JobOutcome {
    /// There is a new snapshot.
    Published,
    /// The breaker holds it back; a person has to look.
    Held,
    /// Completeness could not be proved, or limits were hit.
    TryAgain,
    /// Upstream could not be reached.
    Unavailable,
    /// Credentials or permission.
    NotAuthorised,
    /// Another process is syncing the org.
    Locked,
    /// Anything else.
    Failed,
}

impl JobOutcome {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Published,
        Self::Held,
        Self::TryAgain,
        Self::Unavailable,
        Self::NotAuthorised,
        Self::Locked,
        Self::Failed,
    ];

    /// Name in health and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Held => "held",
            Self::TryAgain => "try_again",
            Self::Unavailable => "unavailable",
            Self::NotAuthorised => "not_authorised",
            Self::Locked => "locked",
            Self::Failed => "failed",
        }
    }
}

/// One ended run of the job. Times are ms since 1970 UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobRun {
    /// How it ended.
    pub outcome: JobOutcome,
    /// When it began.
    pub started_ms: i64,
    /// When it ended.
    pub ended_ms: i64,
    /// Requests to upstream, retries included.
    pub requests: u64,
    /// Answers with status 429.
    pub throttled: u64,
}

/// How far the run under way has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobProgress {
    /// What is being done, such as `fetching users`.
    pub step: String,
    /// Answers of upstream that came.
    pub pages: u64,
    /// Users in them; one who was met twice counts twice.
    pub users: u64,
    /// Users that upstream says there are.
    pub expected: Option<u64>,
    /// Parts of the org that were read whole.
    pub parts: u64,
}

/// What is known of the job now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobStatus {
    /// Whether there is a job at all.
    pub scheduled: bool,
    /// When the run under way began; `None` between runs.
    pub running_since_ms: Option<i64>,
    /// How far the run under way has come.
    pub progress: JobProgress,
    /// When the next run is due.
    pub next_ms: Option<i64>,
    /// The last run that ended.
    pub last: Option<JobRun>,
    /// Runs that ended without a snapshot since the last one that published; a held one counts.
    pub failures: u32,
    /// Ended runs by outcome, in the order of [`JobOutcome::ALL`].
    pub ended: [u64; JobOutcome::ALL.len()],
    /// Requests to upstream by all runs.
    pub requests: u64,
    /// Answers with status 429 in all runs.
    pub throttled: u64,
}

/// The job as the server sees it. Shared by the thread that runs it and those that answer.
#[derive(Debug, Default)]
pub struct Job(Mutex<JobStatus>);

impl Job {
    /// A run is due at `at_ms`.
    pub fn next(&self, at_ms: Option<i64>) {
        let mut status = self.lock();
        status.scheduled = true;
        status.next_ms = at_ms;
    }

    /// A run begins.
    pub fn started(&self, now_ms: i64) {
        let mut status = self.lock();
        status.scheduled = true;
        status.running_since_ms = Some(now_ms);
        status.progress = JobProgress::default();
        status.next_ms = None;
    }

    /// The run under way has come further.
    pub fn advanced(&self, change: impl FnOnce(&mut JobProgress)) {
        change(&mut self.lock().progress);
    }

    /// A run ended.
    pub fn ended(&self, run: JobRun) {
        let mut status = self.lock();
        status.running_since_ms = None;
        status.progress = JobProgress::default();
        status.requests += run.requests;
        status.throttled += run.throttled;
        status.failures = if run.outcome == JobOutcome::Published {
            0
        } else {
            status.failures.saturating_add(1)
        };
        for (outcome, count) in JobOutcome::ALL.into_iter().zip(&mut status.ended) {
            *count += u64::from(outcome == run.outcome);
        }
        status.last = Some(run);
    }

    /// What is known now.
    #[must_use]
    pub fn status(&self) -> JobStatus {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, JobStatus> {
        // Every change is whole when the lock is given back, even by a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The jobs of a server: one for each org that it keeps fresh. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Jobs(BTreeMap<String, Arc<Job>>);

impl Jobs {
    /// A job for each of these orgs.
    pub fn of<O: Into<String>>(orgs: impl IntoIterator<Item = O>) -> Self {
        let orgs = orgs.into_iter();
        Self(orgs.map(|org| (org.into(), Arc::default())).collect())
    }

    /// The job of an org; `None` where nothing keeps it fresh.
    #[must_use]
    pub fn get(&self, org: &str) -> Option<&Arc<Job>> {
        self.0.get(org)
    }

    /// What is known of each now, by org.
    #[must_use]
    pub fn statuses(&self) -> Vec<(&str, JobStatus)> {
        let jobs = self.0.iter();
        jobs.map(|(org, job)| (org.as_str(), job.status()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_count_until_a_snapshot_is_published() {
        let job = Job::default();
        let run = |outcome| JobRun {
            outcome,
            started_ms: 1,
            ended_ms: 2,
            requests: 10,
            throttled: 1,
        };
        job.started(1);
        assert_eq!(job.status().running_since_ms, Some(1));
        job.advanced(|progress| progress.users += 7);
        job.advanced(|progress| progress.users += 7);
        assert_eq!(job.status().progress.users, 14);
        job.ended(run(JobOutcome::Unavailable));
        assert_eq!(job.status().progress, JobProgress::default());
        job.ended(run(JobOutcome::Held));
        assert_eq!(job.status().failures, 2);
        job.next(Some(9));
        job.ended(run(JobOutcome::Published));
        let status = job.status();
        assert_eq!((status.failures, status.next_ms), (0, Some(9)));
        assert_eq!((status.requests, status.throttled), (30, 3));
        assert_eq!(status.ended, [1, 1, 0, 1, 0, 0, 0]);
    }
}
