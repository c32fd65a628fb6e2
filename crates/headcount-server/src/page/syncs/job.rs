//! The daily job, as it is now; while a run is at work its part of the view is fetched anew.

use askama::Template;

use crate::{
    job::{JobOutcome, JobStatus},
    page::{locale::Locale, visit::Visit},
};

#[derive(Template)]
#[template(path = "sync_job.html")]
pub(super) struct JobNow {
    locale: Locale,
    job: JobStatus,
    /// Whether this server has a job for the org.
    is_scheduled: bool,
    /// Whether numbers of the whole org may be told.
    tells_all: bool,
    /// Fetched anew because a run was at work; what it found is not in the rest of the view yet.
    is_part: bool,
}

impl JobNow {
    pub(super) fn of(visit: &Visit) -> Self {
        let job = visit.app.jobs.get(visit.caller.org());
        Self {
            locale: visit.locale.clone(),
            job: job.map(|job| job.status()).unwrap_or_default(),
            is_scheduled: job.is_some(),
            tells_all: visit.caller.divisions().is_none(),
            is_part: visit.is_part,
        }
    }

    /// Users that came, and how many there should be, where both are known. One who was met twice
    /// counts twice, and a bar is never more than full.
    fn done(&self) -> Option<(u64, u64)> {
        let progress = &self.job.progress;
        let expected = progress.expected.filter(|expected| *expected > 0)?;
        Some((progress.users.min(expected), expected))
    }

    /// What is being done, before the run tells.
    fn step(&self) -> &str {
        match self.job.progress.step.as_str() {
            "" => "starting",
            step => step,
        }
    }
}

/// How a run ended, in words.
fn words(outcome: &JobOutcome) -> &'static str {
    match outcome {
        JobOutcome::Published => "published a snapshot",
        JobOutcome::Held => "held back by the breaker",
        JobOutcome::TryAgain => "could not prove that nobody is missing, or was over a limit",
        JobOutcome::Unavailable => "could not reach Genesys Cloud",
        JobOutcome::NotAuthorised => "was refused by Genesys Cloud",
        JobOutcome::Locked => "another process was syncing, or had published already",
        JobOutcome::Failed => "failed",
    }
}

/// What to do about it.
fn advice(outcome: &JobOutcome) -> Option<&'static str> {
    Some(match outcome {
        JobOutcome::Published | JobOutcome::Locked => return None,
        JobOutcome::Held => "Somebody has to look at what would change, and accept it or not.",
        JobOutcome::TryAgain => {
            "It is tried again by itself. `headcount doctor` shows what this org allows."
        }
        JobOutcome::Unavailable => {
            "It is tried again by itself. Where that goes on, look at network, proxy and region."
        }
        JobOutcome::NotAuthorised => {
            "Look at the id, the secret and the roles of the OAuth client. `headcount doctor` names what is missing."
        }
        JobOutcome::Failed => "The log of the server says why.",
    })
}

/// The look of its tag.
fn class(outcome: &JobOutcome) -> &'static str {
    match outcome {
        JobOutcome::Published => "good",
        JobOutcome::Locked => "note",
        JobOutcome::TryAgain | JobOutcome::Unavailable => "warning",
        JobOutcome::Held | JobOutcome::NotAuthorised | JobOutcome::Failed => "bad",
    }
}
