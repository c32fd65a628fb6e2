//! `headcount demo`: the whole way on an org made up on this machine.

use std::net::SocketAddr;

use crate::cli::Global;

/// Try everything on an org made up on this machine; no account needed
///
/// Starts a sandbox, fetches its users into a store of its own, and prints users by state and by
/// department and the certificate of completeness.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount demo --once
  headcount demo --users 57000 --once")]
pub(crate) struct Args {
    /// Users in the org
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=2_000_000))]
    pub(crate) users: u32,
    /// Address of the sandbox
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Exit after the sync
    #[arg(long)]
    pub(crate) once: bool,
}

/// Runs the command.
pub(crate) fn run(_global: &Global, _args: &Args) -> anyhow::Result<()> {
    anyhow::bail!("demo is not built in yet")
}
