//! `headcount facts pull`: facts of days, asked of upstream.

use clap::ValueEnum;
use headcount_genesys::Granularity;
use headcount_store::{Access, facts::FactStore};

use super::{Kind, kinds, zone};
use crate::{
    cli::Global,
    clock,
    config::Config,
    connect,
    facts::pull::{Pull, Pulled},
    output::{self, Cell, Sheet},
    progress::Progress,
    report::period::{between, day},
};

/// Fetch the facts of days from the org
///
/// Days that are kept already are not asked for again. With --again they are, and replaced whole;
/// a day that has not changed stays as it is. Each day is kept as soon as it is complete, so what
/// was pulled stays whatever happens to the rest.
///
/// The OAuth client needs `analytics:conversationAggregate:view` and
/// `analytics:evaluationAggregate:view`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount facts pull --from 2026-11-01 --to 2026-11-24
  headcount facts pull --from 2026-11-24 --to 2026-11-24 --granularity PT30M --timezone Asia/Riyadh
  headcount facts pull --from 2026-11-18 --to 2026-11-24 --again     evaluations come late")]
pub(crate) struct Args {
    /// First day
    #[arg(long, value_name = "DAY")]
    from: String,
    /// Last day, which must be over
    #[arg(long, value_name = "DAY")]
    to: String,
    /// Length of the intervals
    #[arg(
        long,
        value_name = "PERIOD",
        value_enum,
        default_value_t,
        ignore_case = true
    )]
    granularity: Length,
    /// Time zone that days start in [default: that of the settings, else of the days kept, else UTC]
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// Only facts of this kind
    #[arg(long, value_name = "KIND", value_enum)]
    kind: Option<Kind>,
    /// Also days that are kept already
    #[arg(long)]
    again: bool,
}

/// Length of intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Length {
    /// A day
    #[default]
    #[value(name = "P1D")]
    Day,
    /// Half an hour: 48 times the facts, for reports by shift or in other time zones
    #[value(name = "PT30M")]
    HalfHour,
}

/// Runs the command.
pub(super) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let period = between(day(&args.from)?, day(&args.to)?)?;
    let config = Config::load(global)?;
    // Facts lie beside the store: the folder of the default one is made where it is missing.
    config.open_store(Access::Write)?;
    let facts = FactStore::open(&config.store_url()?, &config.org)?;
    let zone = zone(&config, args.timezone.as_deref(), &facts)?;
    let sync = config.sync();
    let concurrency = usize::from(sync.concurrency);
    let pull = Pull {
        facts,
        settings: connect::settings(&config, concurrency, sync.requests_per_minute)?,
        kinds: kinds(args.kind),
        period,
        granularity: match args.granularity {
            Length::Day => Granularity::Day,
            Length::HalfHour => Granularity::HalfHour,
        },
        zone: zone.zone,
        timezone: zone.name,
        again: args.again,
    };
    let mut pulled = Vec::new();
    let done = pull.run(clock::now_ms(), &Progress::new(global.quiet), |day| {
        pulled.push(day);
        Ok(())
    });
    // What is kept is told also when the rest failed.
    print(global, &pulled)?;
    done
}

fn print(global: &Global, pulled: &[Pulled]) -> anyhow::Result<()> {
    output::stdout(|out| {
        let columns = ["kind", "day", "outcome", "facts"].map(str::to_owned);
        let mut sheet = Sheet::begin(global.output, &columns, out)?;
        for day in pulled {
            sheet.row(&[
                Cell::of(Some(day.kind.name())),
                Cell::owned(day.date.to_string()),
                Cell::of(Some(day.outcome.name())),
                Cell::Number(day.facts),
            ])?;
        }
        sheet.finish()
    })
}
