//! `headcount sandbox`: a Genesys Cloud org on this machine.

use std::{net::SocketAddr, path::PathBuf, str::FromStr};

use crate::cli::Global;

/// Run a Genesys Cloud org on this machine, with limits, quirks and faults as asked
///
/// Answers `/oauth/token`, `/api/v2/users/search` and the user listings as Genesys Cloud does, for
/// realistic people made up from a seed. The first line on stdout is JSON:
/// `{"url","client_id","client_secret","org_id"}`. Runs until Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount sandbox --listen 127.0.0.1:8090 --users 57000
  headcount sandbox --rate-limit 300 --fault 429=0.02 --churn 5
  headcount sandbox --scenario scenarios/vanished-page.toml")]
pub(crate) struct Args {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Users of all states
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(0..=2_000_000))]
    pub(crate) users: u32,
    /// Seed that the people, faults and changes are made from
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Requests a minute for one token before 429, or `off`; Genesys Cloud has 300
    #[arg(long, value_name = "PER_MIN|off", default_value = "off")]
    pub(crate) rate_limit: Limit,
    /// Milliseconds that every answer waits
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub(crate) latency: u64,
    /// Rows past which paging by number is refused with 400, or `off`
    #[arg(long, value_name = "ROWS|off", default_value = "10000")]
    pub(crate) window: Limit,
    /// Fault with its share of answers from 0 to 1, such as `503=0.05`; may be repeated
    #[arg(long = "fault", value_name = "KIND=RATE")]
    pub(crate) faults: Vec<String>,
    /// Changes of the org per second (joiners, leavers, moves)
    #[arg(long, value_name = "PER_S", default_value_t = 0.0)]
    pub(crate) churn: f64,
    /// Habit of the org, such as `id_prefix=refused`; may be repeated
    #[arg(long = "quirk", value_name = "NAME=VALUE")]
    pub(crate) quirks: Vec<String>,
    /// Scenario file with people, faults and changes; other options override it
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
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

/// Runs the command.
pub(crate) fn run(_global: &Global, _args: &Args) -> anyhow::Result<()> {
    anyhow::bail!("sandbox is not built in yet")
}
