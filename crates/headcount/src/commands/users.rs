//! `headcount users`: the people, as kept.

use crate::cli::Global;

/// List users: every state, without a limit, unless asked otherwise
///
/// A condition of `--where` is `field=value`, `field!=value`, `field^=prefix`, `field~part` or
/// `field in (a, b)`; several conditions must all hold.
///
/// With `--output json` and no `--columns` each user is the document as Genesys Cloud sent it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount users --where state=active --where 'department=Service Desk'
  headcount users --where 'division in (Home, Sales)' --columns name,email,manager
  headcount users --as-of 2026-01-31 --output csv > january.csv
  headcount users --output json | jq '.[].email'")]
pub(crate) struct Args {
    /// Condition that must hold; may be repeated
    #[arg(long = "where", value_name = "EXPR")]
    pub(crate) conditions: Vec<String>,
    /// Columns to print [default: name,email,state,department,title,division,manager]
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
    /// Roster of a date (its end, in UTC) or of a time, instead of the latest
    #[arg(long, value_name = "T")]
    pub(crate) as_of: Option<String>,
    /// At most so many users
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}

/// Runs the command.
pub(crate) fn run(_global: &Global, _args: &Args) -> anyhow::Result<()> {
    anyhow::bail!("users is not built in yet")
}
