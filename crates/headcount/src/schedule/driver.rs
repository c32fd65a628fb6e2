//! The thread that waits for the next run and runs it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use headcount_server::job::{Job, JobOutcome, JobRun};

use super::{
    due::Schedule,
    planner::{Planner, Reason},
};

/// The clock is looked at this often while waiting: a machine that slept, or a clock that was set,
/// is noticed at once, which one long wait would not.
const STEP: Duration = Duration::from_secs(1);

/// What a run has to tell.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Ended {
    /// How it ended.
    pub(super) outcome: JobOutcome,
    /// Requests to upstream, retries included.
    pub(super) requests: u64,
    /// Answers with status 429.
    pub(super) throttled: u64,
    /// Why there is no new snapshot, in one line without anything of a user.
    pub(super) cause: Option<String>,
}

/// Owns the planner of one org and does what it says.
///
/// `clock` tells the time in ms since 1970 UTC, `published` when the org's last snapshot was
/// published, and `work` runs the job to its end unless it finds a snapshot newer than the one it
/// is told of.
#[derive(Debug)]
pub(super) struct Driver<C, P, W> {
    org: String,
    planner: Planner,
    clock: C,
    published: P,
    work: W,
    job: Arc<Job>,
}

impl<C, P, W> Driver<C, P, W>
where
    C: Fn() -> i64,
    P: FnMut() -> Option<i64>,
    W: FnMut(Option<i64>) -> Ended,
{
    /// Plans the first run; none begins yet.
    pub(super) fn new(
        org: String,
        schedule: Schedule,
        seed: u64,
        job: Arc<Job>,
        clock: C,
        mut published: P,
        work: W,
    ) -> Self {
        let planner = Planner::new(schedule, seed, clock(), published());
        job.next(planner.next_ms());
        Self {
            org,
            planner,
            clock,
            published,
            work,
            job,
        }
    }

    /// Runs the job when it is time, and tells how long to wait before the next turn.
    pub(super) fn turn(&mut self) -> Duration {
        let now = (self.clock)();
        if self.planner.due(now).is_some() {
            // Somebody else may have published since: a person, or another process.
            let published = (self.published)();
            if let Some(published) = published {
                self.planner.published(now, published);
            }
            if let Some(reason) = self.planner.due(now) {
                self.run(now, reason, published);
            }
        }
        let next = self.planner.next_ms();
        self.job.next(next);
        let wait = next.map_or(i64::MAX, |next| next.saturating_sub((self.clock)()));
        Duration::from_millis(u64::try_from(wait).unwrap_or(0)).min(STEP)
    }

    fn run(&mut self, started_ms: i64, reason: Reason, published: Option<i64>) {
        let before = self.job.status().last.map(|run| run.outcome);
        self.planner.started(started_ms);
        self.job.started(started_ms);
        // What the client says on the way is said of this org.
        let of_org = tracing::info_span!("refresh", org = self.org).entered();
        tracing::debug!(reason = reason.name(), "refresh begins");
        // A fault in one run must not end all later ones.
        let work = AssertUnwindSafe(|| (self.work)(published));
        let ended = catch_unwind(work).unwrap_or_else(|_| Ended {
            outcome: JobOutcome::Failed,
            requests: 0,
            throttled: 0,
            cause: Some("the refresh ended badly".to_owned()),
        });
        let ended_ms = (self.clock)();
        self.planner.ended(ended_ms, ended.outcome);
        self.job.ended(JobRun {
            outcome: ended.outcome,
            started_ms,
            ended_ms,
            requests: ended.requests,
            throttled: ended.throttled,
        });
        drop(of_org);
        // Said once: a run of somebody else may take half an hour.
        let waiting = reason == Reason::Retry
            && ended.outcome == JobOutcome::Locked
            && before == Some(JobOutcome::Locked);
        if !waiting {
            self.tell(reason, ended_ms - started_ms, &ended);
        }
    }

    fn tell(&self, reason: Reason, took_ms: i64, ended: &Ended) {
        let (outcome, reason) = (ended.outcome.name(), reason.name());
        let next = self.planner.next_ms().map(crate::clock::display_ms);
        let next = next.as_deref();
        let org = self.org.as_str();
        let (requests, throttled) = (ended.requests, ended.throttled);
        match &ended.cause {
            None => tracing::info!(
                org,
                outcome,
                reason,
                took_ms,
                requests,
                throttled,
                next,
                "refresh ended"
            ),
            Some(cause) => tracing::warn!(
                org, outcome, reason, took_ms, requests, throttled, next, %cause, "refresh ended"
            ),
        }
    }
}

/// The daily job at work. It waits and runs in a thread of its own until this is dropped.
#[derive(Debug)]
#[must_use = "the job ends when this is dropped"]
pub(super) struct Refresher {
    /// Never used to send: that it is gone ends the wait.
    _stop: mpsc::Sender<()>,
    #[cfg(test)]
    thread: thread::JoinHandle<()>,
}

impl Refresher {
    /// Begins to wait for the first run.
    pub(super) fn spawn<C, P, W>(mut driver: Driver<C, P, W>) -> std::io::Result<Self>
    where
        Driver<C, P, W>: Send + 'static,
        C: Fn() -> i64,
        P: FnMut() -> Option<i64>,
        W: FnMut(Option<i64>) -> Ended,
    {
        let (stop, stopped) = mpsc::channel::<()>();
        // Not waited for at the end: a run under way may take minutes, and the store bears it when
        // the process just goes.
        let _thread = thread::Builder::new()
            .name("refresh".to_owned())
            .spawn(move || {
                while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(driver.turn()) {}
            })?;
        Ok(Self {
            _stop: stop,
            #[cfg(test)]
            thread: _thread,
        })
    }
}

#[cfg(test)]
mod tests;
