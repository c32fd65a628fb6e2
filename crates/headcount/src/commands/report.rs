//! `headcount report`: facts by segment.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use headcount_core::{fact::FactKind, segment::Attribution};
use headcount_store::{Engine, UnknownEngine};

use crate::{
    cli::Global,
    error::{Exit, Failure},
    output,
    report::{Asked, chart, period, print},
};

/// Split handle time or evaluations by what the agents were: department, division, manager ...
///
/// Facts are those that `headcount facts` keeps. Each belongs to the version of its user that was
/// valid when it began, so that a report of the past never changes; the last lines show that the
/// segments add up to the facts.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount report aht --by department --from 2026-10-01 --to 2026-10-31
  headcount report aht --by manager --compare previous --from 2026-10-01 --to 2026-10-31
  headcount report evaluations --by division,month --from 2026-07-01 --to 2026-09-30 --chart scores.svg")]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) report: Which,
}

/// The reports.
#[derive(Debug, Subcommand)]
pub(crate) enum Which {
    /// Average handle time: handled interactions, AHT, talk, hold and after-call work
    ///
    /// AHT is the sum of handle time over the number of handled interactions. Averages of talk, hold
    /// and after-call work are over those that had any, so they do not add up to AHT.
    #[command(after_help = "\
Examples:
  headcount report aht --by department --from 2026-10-01 --to 2026-10-31
  headcount report aht --by manager,week --where division=EMEA --from 2026-10-01 --to 2026-10-31
  headcount report aht --by tree --as-of today --from 2026-10-01 --to 2026-10-31 --output csv")]
    Aht(Options),
    /// Quality evaluations: how many, and the average score
    ///
    /// The average is the sum of scores over their number. Where upstream tells no sum there is no
    /// score, which is not a score of 0.
    #[command(after_help = "\
Examples:
  headcount report evaluations --by division --from 2026-10-01 --to 2026-10-31
  headcount report evaluations --by department --compare previous --from 2026-10-01 --to 2026-10-31")]
    Evaluations(Options),
}

/// Options of every report.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Attributes to split by: department, division, manager, level1 (the manager at the top) and
    /// on, tree (everybody below each manager), title, location, team, state, mediaType, user, day,
    /// week, month, or any field of a user; without it one row
    #[arg(long, value_name = "FIELD[,FIELD]", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// First day
    #[arg(long, value_name = "DAY", required_unless_present = "facts")]
    pub(crate) from: Option<String>,
    /// Last day
    #[arg(long, value_name = "DAY", required_unless_present = "facts")]
    pub(crate) to: Option<String>,
    /// Condition that must hold for the version a fact belongs to, as in `users`; may be repeated
    #[arg(long = "where", value_name = "EXPR")]
    pub(crate) conditions: Vec<String>,
    /// Only the whole tree under a manager, given by id or e-mail
    #[arg(long, value_name = "MANAGER")]
    pub(crate) under: Option<String>,
    /// Version that a fact belongs to: the one valid when it began, or the latest
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    pub(crate) as_of: AsOf,
    /// Period to compare with: `previous`, or FROM..TO
    #[arg(long, value_name = "PERIOD")]
    pub(crate) compare: Option<String>,
    /// Draw the segments as bars
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) chart: Option<PathBuf>,
    /// Facts of these files instead of those kept: Parquet, CSV or answers of the API; may be repeated
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) facts: Vec<PathBuf>,
    /// Report although days of the period have no facts
    #[arg(long)]
    pub(crate) allow_missing: bool,
    /// Who adds the facts up: this program, or the database of a store in PostgreSQL, which then
    /// sends sums alone [default: that of the settings, or local]
    #[arg(long, value_name = "ENGINE", value_parser = engine)]
    pub(crate) engine: Option<Engine>,
    /// Time zone that days start in [default: that of the settings, or of the facts]
    #[arg(long, value_name = "ZONE")]
    pub(crate) timezone: Option<String>,
    /// Day that weeks start on [default: that of the settings]
    #[arg(long, value_name = "WEEKDAY")]
    pub(crate) week_start: Option<String>,
}

/// The engines by name, so that the help lists them.
fn engine(name: &str) -> Result<Engine, UnknownEngine> {
    name.parse()
}

/// Version that a fact belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AsOf {
    /// The one valid when the fact began
    #[default]
    Event,
    /// The latest
    Today,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let (kind, options) = match &args.report {
        Which::Aht(options) => (FactKind::HandleTime, options),
        Which::Evaluations(options) => (FactKind::Evaluation, options),
    };
    if let Some(chart) = &options.chart
        && chart
            .extension()
            .is_none_or(|extension| !extension.eq_ignore_ascii_case("svg"))
    {
        let message = format!("--chart {}: only SVG is drawn", chart.display());
        return Err(Failure::new(Exit::Usage, message)
            .hint("name a file that ends in .svg")
            .into());
    }
    let mut asked = Asked::new(global, kind, options)?;
    let report = asked.report()?;
    let other = match &options.compare {
        Some(text) => {
            asked.period = Some(period::other(report.period, text)?);
            Some(asked.report()?)
        }
        None => None,
    };
    if let Some(path) = &options.chart {
        let subtitle = format!("{}, attributed {}", report.period, report.attributed());
        let heading = chart::Heading {
            title: &report.title(),
            subtitle: &subtitle,
        };
        let svg = chart::draw(&heading, &report.table);
        std::fs::write(path, svg).map_err(|error| {
            anyhow::Error::new(error).context(format!("{} can't be written", path.display()))
        })?;
    }
    output::stdout(|out| print::print(global.output, &report, other.as_ref(), out))
}

impl From<AsOf> for Attribution {
    fn from(as_of: AsOf) -> Self {
        match as_of {
            AsOf::Event => Self::Event,
            AsOf::Today => Self::Today,
        }
    }
}
