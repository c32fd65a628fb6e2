//! When to run next, as a matter of times alone: no clock, no threads.

use headcount_server::job::JobOutcome;

use super::due::Schedule;

/// Pauses before a failed run is tried again grow from this.
const FIRST_PAUSE_MS: i64 = 60_000;
/// They grow to this.
const LONGEST_PAUSE_MS: i64 = 3_600_000;
/// Pause while another process runs the job. Short, so that a node takes over soon when the one at
/// work dies; an attempt asks the store alone.
const LOCKED_PAUSE_MS: i64 = 10_000;
/// A run that begins this much later than planned makes up for a time that was slept through.
const LATE_MS: i64 = 60_000;

/// Decides when the job runs. Whoever owns it asks [`due`](Self::due) often, and tells when a run
/// started and ended. Times are ms since 1970 UTC as the clock of the machine shows them, which may
/// jump either way.
///
/// A due time is *settled* by a snapshot published since, or by one that the breaker held back. All
/// that are not settled lead to one run together.
#[derive(Debug)]
pub(crate) struct Planner {
    schedule: Schedule,
    seed: u64,
    /// Due times up to this one are settled.
    settled_ms: i64,
    /// Failures since the last run that was none.
    failures: u32,
    retry: Option<Retry>,
    plan: Option<Plan>,
    /// When the run under way started.
    running: Option<i64>,
    /// The last time that the clock showed.
    seen_ms: i64,
}

/// Why a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// It is time.
    Due,
    /// It was time while nobody was there to run it, or there is no snapshot at all.
    CatchUp,
    /// The last run failed.
    Retry,
}

impl Reason {
    /// Name in logs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::CatchUp => "catch_up",
            Self::Retry => "retry",
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Retry {
    at_ms: i64,
    pause_ms: i64,
}

#[derive(Clone, Copy, Debug)]
struct Plan {
    at_ms: i64,
    reason: Reason,
}

impl Planner {
    /// Begins at `now_ms` with an org whose last snapshot was published at `published_ms`.
    pub(crate) fn new(
        schedule: Schedule,
        seed: u64,
        now_ms: i64,
        published_ms: Option<i64>,
    ) -> Self {
        let mut planner = Self {
            schedule,
            seed,
            settled_ms: published_ms.unwrap_or(now_ms),
            failures: 0,
            retry: None,
            plan: None,
            running: None,
            seen_ms: now_ms,
        };
        let due = planner.next_due(now_ms);
        if published_ms.is_none() || due.is_some_and(|due| due <= now_ms) {
            planner.plan = Some(Plan {
                at_ms: now_ms,
                reason: Reason::CatchUp,
            });
        } else {
            planner.make_plan(now_ms);
        }
        planner
    }

    /// When the next run begins, unless the clock or a snapshot of somebody else changes that;
    /// `None` while one is under way.
    pub(crate) fn next_ms(&self) -> Option<i64> {
        let plan = self.plan.filter(|_| self.running.is_none())?;
        Some(plan.at_ms)
    }

    /// Whether a run is to begin now, and why.
    pub(crate) fn due(&mut self, now_ms: i64) -> Option<Reason> {
        if self.running.is_some() {
            return None;
        }
        if now_ms < self.seen_ms {
            // The clock was put back, perhaps by years: what was planned is worth nothing.
            if let Some(retry) = &mut self.retry {
                retry.at_ms = retry.at_ms.min(now_ms.saturating_add(retry.pause_ms));
            }
            self.make_plan(now_ms);
        }
        self.seen_ms = now_ms;
        let plan = self.plan.filter(|plan| plan.at_ms <= now_ms)?;
        Some(match plan.reason {
            Reason::Due if now_ms - plan.at_ms > LATE_MS => Reason::CatchUp,
            reason => reason,
        })
    }

    /// A run begins.
    pub(crate) fn started(&mut self, now_ms: i64) {
        self.running = Some(now_ms);
        self.retry = None;
        self.seen_ms = now_ms;
    }

    /// The run under way ended.
    pub(crate) fn ended(&mut self, now_ms: i64, outcome: JobOutcome) {
        let started = self.running.take().unwrap_or(now_ms);
        match outcome {
            // Held: a person has to look, so another run before the next due time is of no use.
            JobOutcome::Published | JobOutcome::Held => {
                self.failures = 0;
                self.retry = None;
                // The clock may have been put back meanwhile; what was due at the start stays so.
                self.settled_ms = now_ms.max(started);
            }
            JobOutcome::TryAgain
            | JobOutcome::Unavailable
            | JobOutcome::NotAuthorised
            | JobOutcome::Failed => {
                self.failures = self.failures.saturating_add(1);
                self.try_again(now_ms, pause_ms(self.failures));
            }
            // Whoever runs it does what is due; only the end of that run is waited for.
            JobOutcome::Locked => self.try_again(now_ms, LOCKED_PAUSE_MS),
        }
        self.seen_ms = now_ms;
        self.make_plan(now_ms);
    }

    fn try_again(&mut self, now_ms: i64, pause_ms: i64) {
        let pause_ms = self.schedule.shorten(pause_ms, now_ms, self.seed);
        self.retry = Some(Retry {
            at_ms: now_ms.saturating_add(pause_ms),
            pause_ms,
        });
    }

    /// The last snapshot of the org, whoever published it, is of `published_ms`. It settles what
    /// was due before it, and a failure before it no longer matters.
    pub(crate) fn published(&mut self, now_ms: i64, published_ms: i64) {
        // A snapshot from the future was published under a wrong clock: it settles nothing.
        if published_ms <= self.settled_ms || published_ms > now_ms {
            return;
        }
        self.settled_ms = published_ms;
        self.failures = 0;
        self.retry = None;
        self.make_plan(now_ms);
    }

    /// After a failure the retry, but never later than the next due time; else that one.
    fn make_plan(&mut self, now_ms: i64) {
        let due = match self.retry {
            // What is due already is what the retry is for.
            Some(_) => self.schedule.next_after(now_ms),
            None => self.next_due(now_ms),
        };
        let due = due.map(|due| Plan {
            at_ms: self.schedule.put_off(due, self.seed),
            reason: Reason::Due,
        });
        let retry = self.retry.map(|retry| Plan {
            at_ms: retry.at_ms,
            reason: Reason::Retry,
        });
        self.plan = due.into_iter().chain(retry).min_by_key(|plan| plan.at_ms);
    }

    /// The first due time that is not settled, which may have passed.
    fn next_due(&mut self, now_ms: i64) -> Option<i64> {
        if self.settled_ms <= now_ms {
            return self.schedule.next_after(self.settled_ms);
        }
        // The clock was put back. When it comes to a due time for the second time, that one is
        // settled. But when it was put back by several due times it was plainly wrong before, and
        // waiting until it gets there again could take years.
        let first = self.schedule.next_after(now_ms)?;
        if first > self.settled_ms {
            return Some(first);
        }
        let second = self.schedule.next_after(first)?;
        if second > self.settled_ms {
            return Some(second);
        }
        self.settled_ms = now_ms;
        Some(first)
    }
}

/// 1, 2, 4 … 60 minutes.
fn pause_ms(failures: u32) -> i64 {
    let doublings = failures.saturating_sub(1).min(6);
    (FIRST_PAUSE_MS << doublings).min(LONGEST_PAUSE_MS)
}
