//! `headcount sync`: fetch every user of the org, prove it, publish it.

mod all;

use clap::ValueEnum;

use headcount_server::AcceptError;
use headcount_store::Access;

use crate::{
    cli::Global,
    config::{self, Config},
    error::{Exit, Failure},
    progress::Progress,
    sync::{Ending, Sync, accept, print},
};

/// Fetch every user of the org and keep what changed
///
/// Reads users of every state, proves that none was missed while the org went on changing, and
/// publishes the result in one step. Where that can't be proved nothing is published: the last
/// snapshot stays and the exit code is 75.
///
/// When more than 5 % of the active users (and more than 10) are gone or in another division, the
/// snapshot is held back with exit code 4; look at what changed, then run `sync --accept`.
///
/// With `--all` the exit code is the worst of all orgs: one that a person has to look at before one
/// that is worth another try.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount sync
  headcount sync --verify --output json          with a second, independent listing as witness
  headcount sync --all                           every org of the settings file, each at its own pace
  headcount sync --dry-run                       say what would change, keep nothing
  headcount sync --accept                        publish the snapshot that the breaker held")]
pub(crate) struct Args {
    /// Sync every org of the settings file at once
    #[arg(long, conflicts_with = "accept")]
    pub(crate) all: bool,
    /// Interface that the users are read from [default: auto]
    #[arg(long, value_enum, value_name = "SOURCE")]
    pub(crate) source: Option<Source>,
    /// Also read the cursor listing, and count who only one of the two showed
    #[arg(long)]
    pub(crate) verify: bool,
    /// Users per request, 2 to 500 [default: 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=500))]
    pub(crate) page_size: Option<u32>,
    /// Requests on their way at once, 1 to 64 [default: 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) concurrency: Option<u16>,
    /// Requests a minute until the org tells its own limit [default: 300]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) requests_per_minute: Option<u32>,
    /// Publish the snapshot that the breaker held back, without fetching again
    #[arg(long, conflicts_with_all = ["dry_run", "resume", "source", "verify", "page_size", "concurrency", "requests_per_minute"])]
    pub(crate) accept: bool,
    /// Fetch and compare, but publish nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Go on with a sync that was killed within the last hour; the snapshot then speaks of the
    /// time since that one began, so who joined after it may be missing
    #[arg(long)]
    pub(crate) resume: bool,
}

/// Where users are read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Source {
    /// The search, and where it can prove nothing the cursor listing
    #[default]
    Auto,
    /// Only `POST /api/v2/users/search`
    Search,
    /// Only `GET /api/v2/users/query` (needs the permission for all divisions)
    Query,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    if args.all {
        return all::run(global, args);
    }
    let config = Config::load(global)?;
    if args.accept {
        return publish_held(global, &config);
    }
    let mut sync = Sync::configured(&config)?;
    args.change(&mut sync);
    let report = sync.run(&Progress::new(global.quiet))?;
    print::report(global.output, &report)?;
    if report.outcome == Ending::Held {
        return Err(Failure::new(Exit::Breaker, report.why_held())
            .hint("look at what changed, then publish it with `headcount sync --accept`")
            .into());
    }
    Ok(())
}

impl Args {
    /// Options come before the settings.
    fn change(&self, sync: &mut Sync<'_>) {
        if let Some(source) = self.source {
            sync.plan.source = source.into();
        }
        if let Some(page_size) = self.page_size {
            sync.plan.page_size = page_size;
        }
        if let Some(concurrency) = self.concurrency {
            sync.plan.concurrency = usize::from(concurrency);
            sync.settings.concurrency = sync.plan.concurrency;
        }
        if let Some(rate) = self.requests_per_minute {
            sync.settings.requests_per_minute = Some(rate);
        }
        sync.plan.verify |= self.verify;
        sync.dry_run = self.dry_run;
        sync.resume = self.resume;
    }
}

/// Publishes what the breaker held back, without asking upstream again.
fn publish_held(global: &Global, config: &Config) -> anyhow::Result<()> {
    let store = config.open_store(Access::Write)?;
    match accept::accept(&*store, &config.org, None) {
        Ok(summary) => print::accepted(global.output, &summary),
        Err(AcceptError::Store(error)) => Err(error.into()),
        Err(error) => Err(Failure::new(Exit::Failure, error.to_string())
            .hint("run `headcount sync` first; it says when it holds a snapshot back")
            .into()),
    }
}

/// The breaker as the settings have it.
pub(crate) fn breaker(settings: &config::Breaker) -> headcount_store::Breaker {
    headcount_store::Breaker {
        share: settings.percent / 100.0,
        more_than: settings.users,
    }
}

impl From<Source> for headcount_genesys::Source {
    fn from(source: Source) -> Self {
        match source {
            Source::Auto => Self::Auto,
            Source::Search => Self::Search,
            Source::Query => Self::Query,
        }
    }
}
