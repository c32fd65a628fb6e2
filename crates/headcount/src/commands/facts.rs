//! `headcount facts`: handle time and evaluations, kept by day.

mod import;
mod list;
mod pull;

use clap::{Subcommand, ValueEnum};
use headcount_core::fact::FactKind;

use crate::cli::Global;

/// Fetch, import and list facts: handle time and evaluations, kept by day
///
/// Facts are counts and sums for a user, a media type and a day (or half an hour), never averages.
/// They are kept as Parquet beside the store, a file for each day, and `headcount report` splits
/// them by what the agents were.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount facts pull --from 2026-10-01 --to 2026-10-31 --timezone Asia/Riyadh
  headcount facts import october.csv --timezone Asia/Riyadh
  headcount facts list")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do with facts.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Pull(pull::Args),
    Import(import::Args),
    List(list::Args),
}

/// Which facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// Handle time of conversations
    #[value(name = "handle_time", alias = "handle-time", alias = "aht")]
    HandleTime,
    /// Quality evaluations
    #[value(name = "evaluation", alias = "evaluations")]
    Evaluation,
}

impl From<Kind> for FactKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::HandleTime => Self::HandleTime,
            Kind::Evaluation => Self::Evaluation,
        }
    }
}

/// The kind that was asked for, or both.
fn kinds(kind: Option<Kind>) -> Vec<FactKind> {
    kind.map_or_else(|| FactKind::ALL.to_vec(), |kind| vec![kind.into()])
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    match &args.command {
        Command::Pull(args) => pull::run(global, args),
        Command::Import(args) => import::run(global, args),
        Command::List(args) => list::run(global, args),
    }
}
