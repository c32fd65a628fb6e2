//! `headcount facts list`: the days that are kept.

use headcount_core::fact::FactKind;
use headcount_store::facts::{FactStore, KeptDay};
use jiff::civil::Date;

use super::{Kind, days, kinds};
use crate::{
    cli::{Form, Global},
    config::Config,
    output::{self, Cell, Sheet},
};

/// List the days that are kept, and those that are missing between them
///
/// Only the ends of the files are read. Sums of handle time are in milliseconds, AHT in seconds,
/// sums of scores in points.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount facts list
  headcount facts list --kind evaluation --output csv > days.csv")]
pub(crate) struct Args {
    /// Only facts of this kind
    #[arg(long, value_name = "KIND", value_enum)]
    kind: Option<Kind>,
}

/// Runs the command.
pub(super) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let config = Config::load(global)?;
    let facts = FactStore::open(&config.store_url()?, &config.org)?;
    let mut listed = Vec::new();
    for kind in kinds(args.kind) {
        let days = facts.list(kind)?;
        let ends = days.first().zip(days.last());
        let missing = match ends {
            Some((first, last)) => facts.missing(kind, first.day.date, last.day.date)?,
            None => Vec::new(),
        };
        listed.push((kind, days, missing));
    }
    output::stdout(|out| {
        let mut columns = vec!["kind", "day", "time_zone", "granularity", "source", "facts"];
        columns.extend(days::COLUMNS);
        let columns: Vec<String> = columns.into_iter().map(str::to_owned).collect();
        let mut sheet = Sheet::begin(global.output, &columns, out)?;
        for (kind, days, missing) in &listed {
            rows(&mut sheet, global.output, *kind, days, missing)?;
        }
        sheet.finish()
    })
}

/// Days and gaps in their order.
fn rows(
    sheet: &mut Sheet<'_>,
    form: Form,
    kind: FactKind,
    days: &[KeptDay],
    missing: &[Date],
) -> anyhow::Result<()> {
    let mut missing = missing.iter().copied().peekable();
    for day in days {
        let mut gap: Option<(Date, Date)> = None;
        while let Some(date) = missing.next_if(|date| *date < day.day.date) {
            // A person sees a stretch of days as one line.
            match &mut gap {
                Some((_, last)) if form == Form::Table && last.tomorrow().ok() == Some(date) => {
                    *last = date
                }
                _ => {
                    gap_row(sheet, kind, gap.replace((date, date)))?;
                }
            }
        }
        gap_row(sheet, kind, gap)?;
        let told = &day.day;
        let mut row = vec![
            Cell::owned(kind.name()),
            Cell::owned(told.date.to_string()),
            Cell::of(Some(&told.time_zone)),
            Cell::of(told.granularity.as_deref()),
            Cell::owned(told.source.name()),
            Cell::Number(day.facts),
        ];
        row.extend(days::cells(kind, &day.totals));
        sheet.row(&row)?;
    }
    Ok(())
}

fn gap_row(sheet: &mut Sheet<'_>, kind: FactKind, gap: Option<(Date, Date)>) -> anyhow::Result<()> {
    let Some((first, last)) = gap else {
        return Ok(());
    };
    let days = match first == last {
        true => first.to_string(),
        false => format!("{first}..{last}"),
    };
    let mut row = vec![
        Cell::owned(kind.name()),
        Cell::owned(days),
        Cell::Nothing,
        Cell::Nothing,
        Cell::owned("missing"),
        Cell::Nothing,
    ];
    row.extend(std::iter::repeat_n(Cell::Nothing, days::COLUMNS.len()));
    sheet.row(&row)
}
