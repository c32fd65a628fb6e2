//! `headcount facts list`: the days that are kept.

use headcount_core::fact::{FactKind, HANDLE_COUNT, HANDLE_SUM, MICRO, SCORE_COUNT, SCORE_SUM};
use headcount_store::facts::{DayFile, FactStore};

use super::{Kind, kinds};
use crate::{
    cli::{Form, Global},
    config::Config,
    error::{Exit, Failure},
    output::{self, Cell, Sheet},
    report::days,
};

/// List the days of which facts are kept, and the gaps between them
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount facts list
  headcount facts list --kind handle_time --output csv")]
pub(crate) struct Args {
    /// Only these facts
    #[arg(long, value_name = "KIND", value_enum)]
    pub(crate) kind: Option<Kind>,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let config = Config::load(global)?;
    let store = FactStore::beside(&config.store_url()?, &config.org)?;
    let mut all = Vec::new();
    for kind in kinds(args.kind) {
        all.push((kind, store.list(kind)?));
    }
    if all.iter().all(|(_, days)| days.is_empty()) {
        return Err(Failure::new(Exit::TryAgain, "no facts are kept yet")
            .hint("`headcount facts pull` fetches them, `headcount facts import` takes files")
            .into());
    }
    output::stdout(|out| {
        let columns = [
            "kind",
            "date",
            "timezone",
            "granularity",
            "source",
            "facts",
            "count",
            "sum",
            "average",
        ];
        let mut sheet = Sheet::begin(global.output, &columns.map(str::to_owned), out)?;
        for day in all.iter().flat_map(|(_, days)| days) {
            sheet.row(&row(day))?;
        }
        sheet.finish()?;
        if global.output == Form::Table {
            writeln!(
                out,
                "\nsums of handle time are in ms, averages in seconds; those of evaluations in points"
            )?;
            for (kind, kept) in &all {
                gaps(*kind, kept, &store, out)?;
            }
        }
        Ok(())
    })
}

fn row(file: &DayFile) -> [Cell<'_>; 9] {
    let day = &file.day;
    let [count, sum, average] = sums(file);
    [
        Cell::of(Some(file.kind.name())),
        Cell::owned(day.date.to_string()),
        Cell::of(Some(&day.time_zone)),
        Cell::of(day.granularity.as_deref()),
        Cell::of(Some(day.source.name())),
        Cell::Number(file.facts),
        count,
        sum,
        average,
    ]
}

/// Count, sum and average of a day: of handle time in ms and seconds, of evaluations in points.
pub(super) fn sums(file: &DayFile) -> [Cell<'static>; 3] {
    let (sum, average) = match file.kind {
        FactKind::HandleTime => (
            whole(file.totals[HANDLE_SUM]),
            mean(file.totals[HANDLE_SUM], file.totals[HANDLE_COUNT], 1000),
        ),
        FactKind::Evaluation => (
            decimal(file.totals[SCORE_SUM], MICRO.into()),
            mean(
                file.totals[SCORE_SUM],
                file.totals[SCORE_COUNT],
                MICRO.into(),
            ),
        ),
    };
    // The count of either kind stands first.
    [whole(file.totals[0]), sum, average]
}

fn whole(number: Option<i128>) -> Cell<'static> {
    number.map_or(Cell::Nothing, |number| {
        Cell::Number(u64::try_from(number).unwrap_or(u64::MAX))
    })
}

#[expect(clippy::cast_precision_loss, reason = "told with a few decimals")]
fn decimal(number: Option<i128>, unit: i128) -> Cell<'static> {
    Cell::decimal(number.map(|number| number as f64 / unit as f64), 2)
}

#[expect(clippy::cast_precision_loss, reason = "told with one decimal")]
fn mean(sum: Option<i128>, count: Option<i128>, unit: i128) -> Cell<'static> {
    let mean = sum.zip(count.filter(|count| *count > 0));
    Cell::decimal(
        mean.map(|(sum, count)| sum as f64 / count as f64 / unit as f64),
        1,
    )
}

fn gaps(
    kind: FactKind,
    kept: &[DayFile],
    store: &FactStore,
    out: &mut dyn std::io::Write,
) -> anyhow::Result<()> {
    let (Some(first), Some(last)) = (kept.first(), kept.last()) else {
        return Ok(writeln!(out, "no facts of kind {} are kept", kind.name())?);
    };
    let missing = store.missing(kind, first.day.date, last.day.date)?;
    if !missing.is_empty() {
        writeln!(
            out,
            "days without facts of kind {}: {}",
            kind.name(),
            days(&missing)
        )?;
    }
    Ok(())
}
