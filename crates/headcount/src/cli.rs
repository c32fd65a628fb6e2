//! The command line: the commands, and the options that all of them share.

#[cfg(test)]
mod reference;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::{
    commands,
    error::{Exit, Failure},
};

/// Every user of a Genesys Cloud org, complete and with history
///
/// headcount fetches every user of an org (active, inactive and deleted), proves that none is
/// missing, keeps every earlier version of each of them, and answers from its own store.
///
/// No account is needed to try it: `headcount demo --once`.
#[derive(Debug, Parser)]
#[command(
    name = "headcount",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
#[command(after_long_help = "\
Examples:
  headcount demo --once                          try it on an org made up on this machine
  headcount doctor                               ask your org what it allows
  headcount sync                                 fetch every user
  headcount count --by department                ask
  headcount users --where state=active --output csv > users.csv

Exit codes:
   0  done                        69  upstream unavailable
   1  failure                     75  try again: limits, incomplete, no snapshot yet
   2  usage                       77  not authorised
   3  findings                    78  configuration
   4  held back by the breaker")]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global<Output>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command. As given, `O` is [`Output`]; most commands know only a [`Form`].
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global<O = Form>
where
    O: ValueEnum + Default + Send + Sync + 'static,
{
    /// Where users are kept: `sqlite:PATH` or `postgres://…` [default: a SQLite file in your data
    /// directory]
    #[arg(
        long,
        value_name = "URL",
        env = "HEADCOUNT_STORE",
        hide_env_values = true,
        global = true
    )]
    pub(crate) store: Option<String>,
    /// Settings file [default: headcount/config.toml in your configuration directory]
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Org to speak of; needed only when the settings file names several
    #[arg(long, value_name = "NAME", global = true)]
    pub(crate) org: Option<String>,
    /// Form of the answer on stdout; of `check` also `sarif` and `junit`
    #[arg(long, value_name = "FORM", value_enum, default_value_t, global = true)]
    pub(crate) output: O,
    /// No progress on stderr
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// Log to stderr what is done; twice for more (`HEADCOUNT_LOG` filters in detail)
    #[arg(long, short, action = clap::ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
}

/// Form of an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Columns for a person
    #[default]
    Table,
    /// One JSON document
    Json,
    /// One JSON document per line
    Ndjson,
    /// Comma-separated values with a header line, safe to open in a spreadsheet
    Csv,
}

/// Form of an answer as it can be asked for: those of all commands, and two of `check`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Columns for a person
    #[default]
    Table,
    /// One JSON document
    Json,
    /// One JSON document per line
    Ndjson,
    /// Comma-separated values with a header line, safe to open in a spreadsheet
    Csv,
    /// SARIF 2.1.0, of `check` alone
    #[value(hide = true)]
    Sarif,
    /// JUnit XML, of `check` alone
    #[value(hide = true)]
    Junit,
}

impl Output {
    /// The form that every command knows.
    pub(crate) fn form(self) -> Result<Form, Failure> {
        match self {
            Self::Table => Ok(Form::Table),
            Self::Json => Ok(Form::Json),
            Self::Ndjson => Ok(Form::Ndjson),
            Self::Csv => Ok(Form::Csv),
            Self::Sarif | Self::Junit => {
                let message = "sarif and junit are forms of the findings of `headcount check`";
                Err(Failure::new(Exit::Usage, message)
                    .hint("everything else is told as table, json, ndjson or csv"))
            }
        }
    }
}

impl Global<Output> {
    /// The same with a form that every command knows.
    pub(crate) fn with(&self, output: Form) -> Global {
        Global {
            store: self.store.clone(),
            config: self.config.clone(),
            org: self.org.clone(),
            output,
            quiet: self.quiet,
            verbose: self.verbose,
        }
    }
}

impl Command {
    /// How the command logs, where it does so without being asked.
    pub(crate) fn log(&self) -> Option<commands::serve::Log> {
        match self {
            Self::Serve(args) => Some(args.log),
            _ => None,
        }
    }
}

/// The commands, each with its file under `commands/`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Demo(commands::demo::Args),
    Sandbox(commands::sandbox::Args),
    Doctor(commands::doctor::Args),
    Sync(commands::sync::Args),
    Users(commands::users::Args),
    Count(commands::count::Args),
    Facts(commands::facts::Args),
    History(commands::history::Args),
    Changes(commands::changes::Args),
    Snapshots(commands::snapshots::Args),
    Orgs(commands::orgs::Args),
    Store(commands::store::Args),
    Check(commands::check::Args),
    Report(commands::report::Args),
    Export(commands::export::Args),
    Serve(commands::serve::Args),
    Client(commands::client::Args),
    Token(commands::token::Args),
    Forget(commands::forget::Args),
    Completions(commands::completions::Args),
    Man(commands::man::Args),
}
