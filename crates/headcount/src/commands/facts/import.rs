//! `headcount facts import`: facts out of files.

use std::path::{Path, PathBuf};

use anyhow::Context;
use headcount_core::fact::{FactKind, interval::Interval};
use headcount_store::facts::{Change, Day, FactStore, Put, Source};
use jiff::civil::Date;
use tempfile::TempDir;

use super::{Kind, days, note, zone};
use crate::{
    cli::Global,
    config::Config,
    error::{Exit, Failure},
    facts::{Pile, Piles, Ways, read},
    output::{self, Cell, Sheet},
    progress::Progress,
};

/// Import facts out of files: answers of the API, CSV or Parquet
///
/// All files of a command are one import: all of it is kept, or nothing where anything is wrong.
/// Facts go to the day, in the time zone, on which their interval starts. A day that has other
/// facts already is refused, unless --replace gives all of it up.
///
/// Answers are those of POST /api/v2/analytics/conversations/aggregates/query and
/// .../evaluations/aggregates/query, saved as they are.
///
/// CSV and Parquet have these columns, in any order: interval_start, interval_end (ISO-8601; CSV
/// times without an offset are in the time zone), user_id, media_type; and those there are of
/// handle_count, handle_sum_ms, talk_count, talk_sum_ms, held_count, held_sum_ms, acw_count,
/// acw_sum_ms, answered_count, transferred_count, outbound_count; or, for evaluations,
/// evaluation_count, score_count, score_sum, critical_score_count, critical_score_sum,
/// deleted_count, rescored_count. Sums of scores are points with at most six decimals; all other
/// numbers are whole. Nothing in a cell means nothing, not 0.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount facts import aht.json evaluations.json --interval 2026-11-17T00:00Z/2026-11-24T00:00Z
  headcount facts import october.csv --timezone Asia/Riyadh --dry-run
  headcount facts import lake/*.parquet --replace")]
pub(crate) struct Args {
    /// Files to read
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What the facts are [default: as the files tell]
    #[arg(long, value_name = "KIND", value_enum)]
    kind: Option<Kind>,
    /// Time zone that days start in [default: that of the settings, else of the days kept, else UTC]
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// Interval of facts that have none of their own: two times with an offset
    #[arg(long, value_name = "START/END")]
    interval: Option<String>,
    /// Replace days that have other facts
    #[arg(long)]
    replace: bool,
    /// Say what would be kept, and keep nothing
    #[arg(long)]
    dry_run: bool,
}

/// Runs the command.
pub(super) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let config = Config::load(global)?;
    let facts = FactStore::open(&config.store_url()?, &config.org)?;
    let zone = zone(&config, args.timezone.as_deref(), &facts)?;
    let ways = Ways {
        kind: args.kind.map(FactKind::from),
        interval: args.interval.as_deref().map(interval).transpose()?,
        zone: zone.zone.clone(),
    };
    // Held until the end, so that nobody changes what is compared with.
    let mut change = facts.change()?;
    // Beside facts that are files there is room for those that wait; a database has none.
    let elsewhere = match facts.folder() {
        Some(_) => None,
        None => Some(tempfile::tempdir().context("no folder for facts that wait")?),
    };
    let room = facts.folder().or(elsewhere.as_ref().map(TempDir::path));
    let mut piles = Piles::new(zone.zone, room.unwrap_or(Path::new(".")))?;
    let progress = Progress::new(global.quiet);
    for (place, path) in args.files.iter().enumerate() {
        progress.message(&format!("reading {}", path.display()));
        let unknown = read(path, &ways, &mut |kind, fact| piles.add(kind, &fact, place))?;
        if !unknown.is_empty() {
            let (path, columns) = (path.display(), unknown.join(", "));
            note(
                global,
                &format!("{path}: columns that are no facts were left out: {columns}"),
            );
        }
    }
    let found = piles.days();
    for (kind, date) in &found {
        progress.message(&format!("sorting {date}"));
        let pile = piles.take(*kind, *date)?;
        put(&mut change, *kind, *date, &zone.name, pile, &args.files)?;
    }
    progress.finish();
    if found.is_empty() {
        let failure = Failure::new(Exit::Usage, "there are no facts in these files");
        return Err(failure
            .hint("an empty answer tells no day; `headcount facts pull` knows the days")
            .into());
    }
    let other: Vec<String> = change
        .given()
        .iter()
        .filter(|(put, _)| *put == Put::Replaced)
        .map(|(_, day)| format!("{} of {}", day.kind.name(), day.day.date))
        .collect();
    if let [first, rest @ ..] = other.as_slice()
        && !args.replace
    {
        let more = match rest.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let failure = Failure::new(
            Exit::Usage,
            format!("there are other facts already: {first}{more}"),
        );
        return Err(failure
            .hint("nothing was imported; replace these days with --replace")
            .into());
    }
    print(global, &change)?;
    if !args.dry_run {
        change.commit()?;
    }
    Ok(())
}

fn interval(text: &str) -> anyhow::Result<Interval> {
    text.parse().map_err(|error| {
        anyhow::Error::new(error).context(Failure::new(
            Exit::Usage,
            format!("--interval {text:?} can't be used"),
        ))
    })
}

/// Gives a day its facts.
fn put(
    change: &mut Change,
    kind: FactKind,
    date: Date,
    time_zone: &str,
    mut pile: Pile,
    files: &[PathBuf],
) -> anyhow::Result<()> {
    pile.sort_by(|(one, _), (two, _)| one.key().cmp(&two.key()));
    // Within a file, rows of one key are parts of a whole. In two files they are likelier the same
    // fact twice.
    let twice = pile.windows(2).find(|pair| {
        let [(one, first), (two, second)] = pair else {
            return false;
        };
        one.key() == two.key() && first != second
    });
    if let Some([(_, one), (_, two)]) = twice {
        let (one, two) = (files[*one].display(), files[*two].display());
        let message =
            format!("{one} and {two} tell of the same user, interval and media type on {date}");
        let hint = "nothing was imported; a fact may be counted once, so import one of them, or both as one file";
        return Err(Failure::new(Exit::Usage, message).hint(hint).into());
    }
    let mut day = Day {
        date,
        time_zone: time_zone.to_owned(),
        granularity: None,
        source: Source::Import,
    };
    day.granularity = granularity(&day, &pile)?;
    let facts = pile.into_iter().map(|(fact, _)| fact).collect();
    change.put(kind, day, facts)?;
    Ok(())
}

/// The granularity that all intervals of a day have; `None` for any other.
fn granularity(day: &Day, pile: &Pile) -> anyhow::Result<Option<String>> {
    const HALF_HOUR: i64 = 30 * 60 * 1000;
    let whole = day.bounds()?;
    let all =
        |is: &dyn Fn(i64, i64) -> bool| pile.iter().all(|(fact, _)| is(fact.start_ms, fact.end_ms));
    let found = if all(&|start, end| (start, end) == whole) {
        Some("P1D")
    } else if all(&|start, end| end - start == HALF_HOUR) {
        Some("PT30M")
    } else {
        None
    };
    Ok(found.map(str::to_owned))
}

fn print(global: &Global, change: &Change) -> anyhow::Result<()> {
    output::stdout(|out| {
        let mut columns = vec!["kind", "day", "outcome", "facts"];
        columns.extend(days::COLUMNS);
        let columns: Vec<String> = columns.into_iter().map(str::to_owned).collect();
        let mut sheet = Sheet::begin(global.output, &columns, out)?;
        for (put, day) in change.given() {
            let mut row = vec![
                Cell::owned(day.kind.name()),
                Cell::owned(day.day.date.to_string()),
                Cell::owned(days::outcome(*put)),
                Cell::Number(day.facts),
            ];
            row.extend(days::cells(day.kind, &day.totals));
            sheet.row(&row)?;
        }
        sheet.finish()
    })
}
