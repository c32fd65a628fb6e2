//! `headcount facts pull`: facts fetched from the org.

use clap::ValueEnum;
use headcount_genesys::Granularity;
use headcount_store::facts::FactStore;

use super::{Kind, kinds};
use crate::{
    cli::{Form, Global},
    clock,
    config::Config,
    connect,
    facts::pull::{Outcome, Pull, Pulled},
    output::{self, Cell, Sheet, numbers::grouped},
    progress::Progress,
    report::period::{Period, day},
};

/// Fetch facts from Genesys Cloud, a day at a time
///
/// Asks the two aggregate queries by user and media type, at the pace that the org allows. A day is
/// kept whole or not at all, as soon as it is there; days that are kept already are left as they
/// are, so an interrupted pull is simply started again.
///
/// The OAuth client needs `analytics:conversationAggregate:view` and
/// `analytics:evaluationAggregate:view`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount facts pull --from 2026-10-01 --to 2026-10-31
  headcount facts pull --from 2026-10-01 --to 2026-10-31 --timezone Asia/Riyadh --granularity PT30M
  headcount facts pull --from 2026-10-01 --to 2026-10-31 --kind evaluation --again")]
pub(crate) struct Args {
    /// First day
    #[arg(long, value_name = "DAY")]
    pub(crate) from: String,
    /// Last day; it must be over
    #[arg(long, value_name = "DAY")]
    pub(crate) to: String,
    /// Only these facts
    #[arg(long, value_name = "KIND", value_enum)]
    pub(crate) kind: Option<Kind>,
    /// Length of an interval
    #[arg(
        long,
        value_name = "PERIOD",
        value_enum,
        default_value_t,
        ignore_case = true
    )]
    pub(crate) granularity: Length,
    /// Time zone that days start in [default: that of the settings, or UTC]
    #[arg(long, value_name = "ZONE")]
    pub(crate) timezone: Option<String>,
    /// Fetch days that are kept already as well, such as for evaluations that came late
    #[arg(long)]
    pub(crate) again: bool,
}

/// Length of an interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Length {
    /// One day
    #[default]
    #[value(name = "P1D")]
    Day,
    /// Half an hour, which can be reported in any time zone
    #[value(name = "PT30M")]
    HalfHour,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let period = Period::new(day(&args.from)?, day(&args.to)?)?;
    let config = Config::load(global)?;
    let sync = &config.file.sync;
    // Facts are kept beside the store: its folder is made where it is missing.
    config.open_store(headcount_store::Access::Write)?;
    let timezone = args
        .timezone
        .as_ref()
        .or(config.file.reports.timezone.as_ref());
    let pull = Pull {
        facts: FactStore::beside(&config.store_url()?, &config.org)?,
        settings: connect::settings(
            &config,
            usize::from(sync.concurrency),
            sync.requests_per_minute,
        )?,
        kinds: kinds(args.kind),
        period,
        granularity: match args.granularity {
            Length::Day => Granularity::Day,
            Length::HalfHour => Granularity::HalfHour,
        },
        timezone: timezone.map_or_else(|| "UTC".to_owned(), Clone::clone),
        again: args.again,
    };
    let mut days = Vec::new();
    let pulled = pull.run(clock::now_ms(), &Progress::new(global.quiet), |day| {
        days.push(day);
        Ok(())
    });
    output::stdout(|out| print(global.output, &days, out))?;
    pulled
}

/// Prints what became of each day, or in a table a line for each outcome.
pub(crate) fn print(
    form: Form,
    days: &[Pulled],
    out: &mut dyn std::io::Write,
) -> anyhow::Result<()> {
    if form == Form::Table {
        for (outcome, what) in [
            (Outcome::New, "new"),
            (Outcome::Replaced, "replaced"),
            (Outcome::Same, "unchanged"),
            (Outcome::Kept, "kept already"),
        ] {
            let those = days.iter().filter(|day| day.outcome == outcome);
            let facts: u64 = those.clone().map(|day| day.facts).sum();
            let count = those.count();
            if count > 0 {
                let unit = if count == 1 { "day" } else { "days" };
                writeln!(out, "{count} {unit} {what}: {} facts", grouped(facts))?;
            }
        }
        return Ok(());
    }
    let columns = ["kind", "date", "outcome", "facts"].map(str::to_owned);
    let mut sheet = Sheet::begin(form, &columns, out)?;
    for day in days {
        sheet.row(&[
            Cell::of(Some(day.kind)),
            Cell::of(Some(&day.date)),
            Cell::of(Some(day.outcome.name())),
            Cell::Number(day.facts),
        ])?;
    }
    sheet.finish()
}
