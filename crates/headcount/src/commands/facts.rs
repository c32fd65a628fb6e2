//! `headcount facts`: handle time and evaluations, kept as Parquet beside the store.

mod days;
mod import;
mod list;
mod pull;

use std::io::Write;

use clap::{Subcommand, ValueEnum};
use headcount_core::fact::FactKind;
use headcount_store::facts::FactStore;
use jiff::tz::TimeZone;

use crate::{cli::Global, config::Config, report::period};

/// Fetch, import and list the facts that reports are made of
///
/// Facts are counts and sums for a user, an interval and a media type, never averages. They are
/// kept beside the store, a Parquet file for each kind and day, which any tool may read.
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

/// What facts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Handle time of conversations
    HandleTime,
    /// Quality evaluations
    Evaluation,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    match &args.command {
        Command::Pull(args) => pull::run(global, args),
        Command::Import(args) => import::run(global, args),
        Command::List(args) => list::run(global, args),
    }
}

impl From<Kind> for FactKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::HandleTime => Self::HandleTime,
            Kind::Evaluation => Self::Evaluation,
        }
    }
}

/// The kinds that are asked for: one, or all.
fn kinds(asked: Option<Kind>) -> Vec<FactKind> {
    asked.map_or_else(|| FactKind::ALL.to_vec(), |kind| vec![kind.into()])
}

/// The time zone that days start in.
struct Zone {
    zone: TimeZone,
    /// Its name in the IANA database.
    name: String,
}

/// The time zone asked for, that of the settings, that of the days kept, or UTC.
fn zone(config: &Config, asked: Option<&str>, facts: &FactStore) -> anyhow::Result<Zone> {
    let name = match asked.or(config.file.reports.timezone.as_deref()) {
        Some(name) => name.to_owned(),
        None => kept(facts)?.unwrap_or_else(|| "UTC".to_owned()),
    };
    let zone = period::zone(&name)?;
    // As the database spells it: files and Genesys Cloud are told this name.
    let name = zone.iana_name().unwrap_or(&name).to_owned();
    Ok(Zone { zone, name })
}

/// Time zone of the days that are kept.
fn kept(facts: &FactStore) -> anyhow::Result<Option<String>> {
    for kind in FactKind::ALL {
        if let Some(last) = facts.list(kind)?.pop() {
            return Ok(Some(last.day.time_zone));
        }
    }
    Ok(None)
}

/// Says something on stderr that is no failure.
fn note(global: &Global, text: &str) {
    if !global.quiet {
        // Nothing is left to tell it to when stderr is closed.
        let _ = writeln!(std::io::stderr(), "note: {text}");
    }
}
