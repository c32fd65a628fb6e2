//! `headcount sandbox`: a Genesys Cloud org on this machine.

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use anyhow::Context;
use headcount_sandbox::{
    Config, FaultKind, FaultRate, QuirkError, Quirks, Scenario, ScenarioError,
};
use serde::Serialize;

use crate::{
    cli::Global,
    error::{Exit, Failure},
    output,
};

/// Run a Genesys Cloud org on this machine, with limits, quirks and faults as asked
///
/// Answers `/oauth/token`, `/api/v2/users/search` and the user listings as Genesys Cloud does, for
/// realistic people made up from a seed. The first line on stdout is JSON:
/// `{"url","client_id","client_secret","org_id"}`. Runs until Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = everything())]
pub(crate) struct Args {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Users of all states [default: 5000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=2_000_000))]
    pub(crate) users: Option<u32>,
    /// Seed that the people, faults and changes are made from [default: 1]
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<u64>,
    /// Requests a minute for one token before 429, or `off`; Genesys Cloud has 300 [default: off]
    #[arg(long, value_name = "PER_MIN|off")]
    pub(crate) rate_limit: Option<Limit>,
    /// Milliseconds that every answer waits [default: 0]
    #[arg(long, value_name = "MS")]
    pub(crate) latency: Option<u64>,
    /// Rows past which paging by number is refused with 400, or `off` [default: 10000]
    #[arg(long, value_name = "ROWS|off")]
    pub(crate) window: Option<Limit>,
    /// Fault with its share of answers from 0 to 1, such as `503=0.05`; may be repeated
    #[arg(long = "fault", value_name = "KIND=RATE")]
    pub(crate) faults: Vec<FaultRate>,
    /// Changes of the org per second (joiners, leavers, moves) [default: 0]
    #[arg(long, value_name = "PER_S", value_parser = per_second)]
    pub(crate) churn: Option<f64>,
    /// Habit of the org, such as `id-prefix=refused`; may be repeated
    #[arg(long = "quirk", value_name = "NAME=VALUE", value_parser = quirk)]
    pub(crate) quirks: Vec<String>,
    /// Scenario file with people, faults and changes; other options come before it
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  headcount sandbox --listen 127.0.0.1:8090 --users 57000
  headcount sandbox --rate-limit 300 --fault 429=0.02 --churn 5
  headcount sandbox --quirk id-prefix=refused --quirk total-cap=10000
  headcount sandbox --scenario my-org.toml --users 20000";

/// The examples, and every name that `--fault` and `--quirk` take.
fn everything() -> String {
    let faults: Vec<_> = FaultKind::ALL.iter().map(|kind| kind.name()).collect();
    format!(
        "{EXAMPLES}\n\nFaults:\n  {}\n\nQuirks (a wrong value is answered with those there are):\n  {}",
        in_lines(&faults),
        in_lines(Quirks::NAMES)
    )
}

fn in_lines(names: &[&str]) -> String {
    let lines: Vec<_> = names.chunks(6).map(|names| names.join(", ")).collect();
    lines.join(",\n  ")
}

/// A number, or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit(pub(crate) Option<u32>);

impl FromStr for Limit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.eq_ignore_ascii_case("off") {
            return Ok(Self(None));
        }
        match text.parse() {
            Ok(number) if number > 0 => Ok(Self(Some(number))),
            _ => Err("expected a whole number above 0, or `off`".to_owned()),
        }
    }
}

fn per_second(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.0..=100_000.0).contains(&rate) => Ok(rate),
        _ => Err("expected a number from 0 to 100000".to_owned()),
    }
}

/// A quirk that can be set, as it was given.
fn quirk(text: &str) -> Result<String, QuirkError> {
    Quirks::default().set_pair(text)?;
    Ok(text.to_owned())
}

/// The first line on stdout.
#[derive(Serialize)]
struct Started<'a> {
    url: String,
    client_id: &'a str,
    client_secret: &'a str,
    org_id: &'a str,
}

/// Runs the command.
pub(crate) fn run(_global: &Global, args: &Args) -> anyhow::Result<()> {
    let config = config(args)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the network can't be started")?;
    runtime.block_on(async {
        let mut stop = std::pin::pin!(stopped());
        let sandbox = tokio::select! {
            sandbox = headcount_sandbox::start(config, args.listen) => sandbox?,
            () = &mut stop => return Ok(()),
        };
        let started = Started {
            url: sandbox.url(),
            client_id: sandbox.client_id(),
            client_secret: sandbox.client_secret(),
            org_id: sandbox.org_id(),
        };
        output::stdout(|out| {
            serde_json::to_writer(&mut *out, &started)?;
            Ok(writeln!(out)?)
        })?;
        stop.await;
        Ok(())
    })
}

/// The scenario's settings, and before them what the options say.
fn config(args: &Args) -> anyhow::Result<Config> {
    let mut config = match &args.scenario {
        Some(path) => Scenario::load(path).map_err(scenario_failure)?.config(),
        // Trying things out should not have to wait; who wants the limit asks for it.
        None => Config {
            rate_limit: None,
            ..Config::default()
        },
    };
    if let Some(users) = args.users {
        config.users = usize::try_from(users)?;
    }
    if let Some(seed) = args.seed {
        config.seed = seed;
    }
    if let Some(Limit(limit)) = args.rate_limit {
        config.rate_limit = limit;
    }
    if let Some(latency) = args.latency {
        config.latency = Duration::from_millis(latency);
    }
    if let Some(Limit(window)) = args.window {
        config.window = window.map(u64::from);
    }
    if let Some(churn) = args.churn {
        config.churn_per_second = churn;
    }
    config.faults.extend(args.faults.iter().cloned());
    for quirk in &args.quirks {
        config.quirks.set_pair(quirk)?;
    }
    Ok(config)
}

fn scenario_failure(error: ScenarioError) -> anyhow::Error {
    anyhow::Error::new(error).context(Failure::new(Exit::Config, "the scenario can't be used"))
}

/// Waits for Ctrl-C or, from an operating system that has it, SIGTERM.
pub(crate) async fn stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without a handler the system's own way to end a process stays in force.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
