//! `headcount count`: users by one or more attributes.

use crate::cli::Global;

/// Count users by attributes; the rows add up to the total
///
/// Counts users of every state unless `--where` says otherwise. Users without the attribute are
/// counted under `(none)`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount count --by department
  headcount count --by division,state
  headcount count --by manager --where state=active --as-of 2026-01-31 --output csv")]
pub(crate) struct Args {
    /// Attributes to count by
    #[arg(
        long,
        value_name = "FIELD[,FIELD]",
        value_delimiter = ',',
        required = true
    )]
    pub(crate) by: Vec<String>,
    /// Condition that must hold, as in `users`; may be repeated
    #[arg(long = "where", value_name = "EXPR")]
    pub(crate) conditions: Vec<String>,
    /// Roster of a date (its end, in UTC) or of a time, instead of the latest
    #[arg(long, value_name = "T")]
    pub(crate) as_of: Option<String>,
}

/// Runs the command.
pub(crate) fn run(_global: &Global, _args: &Args) -> anyhow::Result<()> {
    anyhow::bail!("count is not built in yet")
}
