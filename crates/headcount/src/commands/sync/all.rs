//! `sync --all`: every org of the settings file at once, each at its own pace.

use std::{
    io::Write,
    sync::atomic::{AtomicUsize, Ordering},
};

use headcount_genesys::Counters;
use headcount_store::Access;
use serde::Serialize;

use super::Args;
use crate::{
    cli::{Form, Global},
    clock,
    config::Config,
    error::{self, Exit, Failure},
    output::{self, Array, Cell, Sheet},
    progress::Progress,
    schedule,
    sync::{Ending, Shared, Sync, SyncReport},
};

/// What became of one org.
#[derive(Serialize)]
struct OrgEnded {
    org: String,
    /// `published`, `held`, `previewed`, or why there is nothing new.
    outcome: &'static str,
    /// The exit code of `headcount sync --org` in its place.
    exit: u8,
    error: Option<String>,
    hint: Option<String>,
    took_ms: i64,
    /// Requests to upstream, retries included.
    requests: u64,
    /// What changed, and the evidence that nobody is missing.
    sync: Option<SyncReport>,
    #[serde(skip)]
    code: Option<Exit>,
}

/// Runs the command.
pub(super) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    if global.org.is_some() {
        let message = "--all speaks of every org, --org of one";
        return Err(Failure::new(Exit::Usage, message)
            .hint("leave one of them out")
            .into());
    }
    let configs = Config::load_all(global)?;
    let shared = Shared::new(configs[0].open_store(Access::Write)?)?;
    let progress = Progress::new(global.quiet);
    progress.message(&format!("fetching {} orgs", configs.len()));
    let done = AtomicUsize::new(0);
    let ended: Vec<OrgEnded> = std::thread::scope(|scope| {
        // Not one after the other: each waits for its own limits most of the time, and one that
        // hangs must not keep the next from its turn.
        let runs = configs.iter().map(|config| {
            scope.spawn(|| {
                let ended = one(config, &shared, args);
                let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                progress.message(&format!("{done} of {} orgs done", configs.len()));
                ended
            })
        });
        let runs: Vec<_> = runs.collect();
        runs.into_iter()
            .zip(&configs)
            .map(|(run, config)| run.join().unwrap_or_else(|_| OrgEnded::panicked(config)))
            .collect()
    });
    progress.finish();
    print(global.output, &ended)?;
    verdict(&ended)
}

fn one(config: &Config, shared: &Shared, args: &Args) -> OrgEnded {
    let started_ms = clock::now_ms();
    let mut cost = Counters::default();
    let ended = Sync::configured_in(config, shared).and_then(|mut sync| {
        args.change(&mut sync);
        sync.run_counted(&Progress::new(true), &mut cost)
    });
    let mut told = OrgEnded {
        took_ms: clock::now_ms() - started_ms,
        requests: cost.requests,
        ..OrgEnded::new(config)
    };
    match ended {
        Ok(report) => {
            told.outcome = report.outcome.name();
            if report.outcome == Ending::Held {
                let accept = format!("headcount sync --accept --org {}", config.org);
                told.failed(
                    Exit::Breaker,
                    report.why_held(),
                    Some(format!(
                        "look at what changed, then publish it with `{accept}`"
                    )),
                );
            }
            told.sync = Some(report);
        }
        Err(error) => {
            told.outcome = schedule::outcome_of(&error).name();
            let (exit, hint) = error::classify(&error);
            told.failed(exit, error::one_line(&error), hint);
        }
    }
    told
}

impl OrgEnded {
    fn new(config: &Config) -> Self {
        Self {
            org: config.org.clone(),
            outcome: "failed",
            exit: 0,
            error: None,
            hint: None,
            took_ms: 0,
            requests: 0,
            sync: None,
            code: None,
        }
    }

    fn panicked(config: &Config) -> Self {
        let mut ended = Self::new(config);
        ended.failed(Exit::Failure, "the sync ended badly".to_owned(), None);
        ended
    }

    fn failed(&mut self, exit: Exit, error: String, hint: Option<String>) {
        self.exit = exit as u8;
        self.code = Some(exit);
        self.error = Some(error);
        self.hint = hint;
    }
}

fn print(form: Form, ended: &[OrgEnded]) -> anyhow::Result<()> {
    output::stdout(|out| {
        if matches!(form, Form::Json | Form::Ndjson) {
            let mut array = Array::new(form, out);
            for org in ended {
                array.item(&serde_json::to_vec(org)?)?;
            }
            return Ok(array.finish()?);
        }
        sheet(form, ended, out)
    })
}

fn sheet(form: Form, ended: &[OrgEnded], out: &mut dyn Write) -> anyhow::Result<()> {
    let columns = [
        "org", "outcome", "users", "joined", "returned", "changed", "left", "requests", "seconds",
        "error",
    ];
    let mut sheet = Sheet::begin(form, &columns.map(str::to_owned), out)?;
    for org in ended {
        let summary = org.sync.as_ref().map(|report| &report.summary);
        let count = |count: Option<u64>| count.map_or(Cell::Nothing, Cell::Number);
        let seconds = org.took_ms as f64 / 1000.0;
        sheet.row(&[
            Cell::of(Some(&org.org)),
            Cell::of(Some(org.outcome)),
            count(summary.map(|summary| summary.users)),
            count(summary.map(|summary| summary.joined)),
            count(summary.map(|summary| summary.returned)),
            count(summary.map(|summary| summary.changed)),
            count(summary.map(|summary| summary.left)),
            Cell::Number(org.requests),
            Cell::Decimal(seconds, 1),
            Cell::of(org.error.as_deref()),
        ])?;
    }
    sheet.finish()
}

/// The worst exit code of all.
fn verdict(ended: &[OrgEnded]) -> anyhow::Result<()> {
    let failed: Vec<&OrgEnded> = ended.iter().filter(|org| org.code.is_some()).collect();
    let worst = failed
        .iter()
        .max_by_key(|org| org.code.map_or(0, Exit::severity));
    let Some((worst, exit)) = worst.and_then(|org| Some((org, org.code?))) else {
        return Ok(());
    };
    let message = format!(
        "{} of {} orgs have no new snapshot, `{}` worst of all",
        failed.len(),
        ended.len(),
        worst.org
    );
    let failure = Failure::new(exit, message);
    Err(match &worst.hint {
        Some(hint) => failure.hint(hint).into(),
        None => failure.into(),
    })
}
