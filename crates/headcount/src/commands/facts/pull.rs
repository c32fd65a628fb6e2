//! `headcount facts pull`: facts of days, asked of upstream.

use anyhow::Context;
use clap::ValueEnum;
use headcount_core::fact::FactKind;
use headcount_genesys::{Client, DayFacts, Granularity};
use headcount_store::facts::{Day, FactStore, Source};
use jiff::{ToSpan, civil::Date};

use super::{Kind, Zone, days, kinds, zone};
use crate::{
    cli::Global,
    clock,
    config::Config,
    connect,
    error::{Exit, Failure},
    output::{self, Cell, Sheet},
    progress::Progress,
    report::period::{Period, day},
};

/// Fetch the facts of days from the org
///
/// Days that are kept already are not asked for again. With --again they are, and replaced whole;
/// a day that has not changed stays as it is. Each day is kept as soon as it is complete, so what
/// was pulled stays whatever happens to the rest.
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

/// A day that was asked for.
struct Pulled {
    kind: FactKind,
    date: Date,
    outcome: &'static str,
    facts: Option<u64>,
}

/// Runs the command.
pub(super) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let period = Period::new(day(&args.from)?, day(&args.to)?)?;
    let config = Config::load(global)?;
    let facts = FactStore::beside(&config.store_url()?, &config.org)?;
    let zone = zone(&config, args.timezone.as_deref(), &facts)?;
    is_over(period.to, &zone)?;
    let settings = connect::settings(&config, 1, config.file.sync.requests_per_minute)?;
    let mut pull = Pull {
        client: &Client::new(settings)?,
        runtime: tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("the network can't be started")?,
        facts,
        zone,
        granularity: match args.granularity {
            Length::Day => Granularity::Day,
            Length::HalfHour => Granularity::HalfHour,
        },
        progress: Progress::new(global.quiet),
        pulled: Vec::new(),
    };
    let done = kinds(args.kind)
        .into_iter()
        .try_for_each(|kind| pull.kind(kind, period, args.again));
    pull.progress.finish();
    // What is kept is told also when the rest failed.
    print(global, &pull.pulled)?;
    done
}

/// Days on their way.
struct Pull<'a> {
    client: &'a Client,
    runtime: tokio::runtime::Runtime,
    facts: FactStore,
    zone: Zone,
    granularity: Granularity,
    progress: Progress,
    pulled: Vec<Pulled>,
}

impl Pull<'_> {
    fn kind(&mut self, kind: FactKind, period: Period, again: bool) -> anyhow::Result<()> {
        let missing = self.facts.missing(kind, period.from, period.to)?;
        let upstream = DayFacts::new(self.client, kind, self.granularity, self.zone.zone.clone())?;
        let dates = period
            .from
            .series(1.day())
            .take_while(|date| *date <= period.to);
        for date in dates {
            let (outcome, facts) = if again || missing.contains(&date) {
                self.progress
                    .message(&format!("pulling {} of {date}", kind.name()));
                let facts = self
                    .runtime
                    .block_on(upstream.day(date))
                    .with_context(|| format!("{} of {date} was not pulled", kind.name()))?;
                let count = facts.len() as u64;
                let day = Day {
                    date,
                    time_zone: self.zone.name.clone(),
                    granularity: Some(self.granularity.period().to_owned()),
                    source: Source::Pull,
                };
                let put = self.facts.replace(kind, day, facts)?;
                (days::outcome(put), Some(count))
            } else {
                ("kept", None)
            };
            self.pulled.push(Pulled {
                kind,
                date,
                outcome,
                facts,
            });
        }
        Ok(())
    }
}

/// Upstream goes on counting the present day, so it could not be kept for good.
fn is_over(date: Date, zone: &Zone) -> anyhow::Result<()> {
    let now = jiff::Timestamp::from_millisecond(clock::now_ms())?;
    let today = zone.zone.to_datetime(now).date();
    if date < today {
        return Ok(());
    }
    let message = format!("{date} is not over yet in {}", zone.name);
    let hint = match today.yesterday() {
        Ok(yesterday) => format!("pull up to {yesterday}"),
        Err(_) => "pull earlier days".to_owned(),
    };
    Err(Failure::new(Exit::Usage, message).hint(hint).into())
}

fn print(global: &Global, pulled: &[Pulled]) -> anyhow::Result<()> {
    output::stdout(|out| {
        let columns = ["kind", "day", "outcome", "facts"].map(str::to_owned);
        let mut sheet = Sheet::begin(global.output, &columns, out)?;
        for day in pulled {
            sheet.row(&[
                Cell::owned(day.kind.name()),
                Cell::owned(day.date.to_string()),
                Cell::owned(day.outcome),
                day.facts.map_or(Cell::Nothing, Cell::Number),
            ])?;
        }
        sheet.finish()
    })
}
