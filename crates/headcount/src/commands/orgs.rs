//! `headcount orgs`: the orgs of this store and these settings.

use std::collections::BTreeMap;

use headcount_store::{Access, Snapshot, Store, StoreError};
use serde::Serialize;

use crate::{
    cli::{Form, Global},
    clock,
    config::{Config, Endpoint, Timing},
    error,
    output::{self, Array, Cell, Sheet},
};

/// List the orgs, when each is fetched anew, and its last snapshot
///
/// Speaks of those that the settings file names, and of those that only the store knows. Genesys
/// Cloud is not asked; `problem` says what the settings of an org lack for a sync.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount orgs
  headcount orgs --output csv")]
pub(crate) struct Args {}

/// One org.
#[derive(Serialize)]
struct OrgLine {
    org: String,
    /// Region, or the URL that stands in its place.
    region: Option<String>,
    /// Cron expression; none where `serve` does not fetch it unless told to.
    refresh: Option<String>,
    timezone: Option<String>,
    /// When it is due next, without jitter.
    next: Option<String>,
    /// When the last snapshot was published.
    published: Option<String>,
    users: Option<u64>,
    problem: Option<String>,
}

/// Runs the command.
pub(crate) fn run(global: &Global, _args: &Args) -> anyhow::Result<()> {
    let configs = Config::load_all(global)?;
    let mut kept = match configs[0].open_store(Access::Read) {
        Ok(store) => last_snapshots(&*store)?,
        Err(error) if is_missing(&error) => BTreeMap::new(),
        Err(error) => return Err(error),
    };
    let now_ms = clock::now_ms();
    let mut lines: Vec<OrgLine> = configs
        .iter()
        .map(|config| of(config, kept.remove(&config.org).flatten(), now_ms))
        .collect();
    if global.org.is_none() {
        let rest = kept.into_iter();
        lines.extend(rest.map(|(org, last)| OrgLine::new(org, last)));
    }
    print(global.output, &lines)
}

fn last_snapshots(store: &dyn Store) -> Result<BTreeMap<String, Option<Snapshot>>, StoreError> {
    let orgs = store.orgs()?.into_iter();
    orgs.map(|org| {
        let last = store.snapshots(&org)?.pop();
        Ok((org, last))
    })
    .collect()
}

fn is_missing(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(StoreError::NoStore { .. }))
}

fn of(config: &Config, last: Option<Snapshot>, now_ms: i64) -> OrgLine {
    let mut line = OrgLine::new(config.org.clone(), last);
    match config.upstream() {
        Ok(upstream) => {
            line.region = Some(match upstream.endpoint {
                Endpoint::Region(name) => name,
                Endpoint::Urls { api, .. } => api,
            });
        }
        Err(error) => line.problem = Some(error::one_line(&error.into())),
    }
    if let Some(schedule) = config.schedule(&Timing::default()) {
        line.refresh = Some(schedule.cron().to_string());
        line.timezone = Some(schedule.zone().to_owned());
        line.next = schedule.next_after(now_ms).map(clock::display_ms);
    }
    line
}

impl OrgLine {
    fn new(org: String, last: Option<Snapshot>) -> Self {
        Self {
            org,
            region: None,
            refresh: None,
            timezone: None,
            next: None,
            published: last
                .as_ref()
                .map(|last| clock::display_ms(last.published_ms)),
            users: last.map(|last| last.users),
            problem: None,
        }
    }
}

fn print(form: Form, lines: &[OrgLine]) -> anyhow::Result<()> {
    output::stdout(|out| {
        if matches!(form, Form::Json | Form::Ndjson) {
            let mut array = Array::new(form, out);
            for line in lines {
                array.item(&serde_json::to_vec(line)?)?;
            }
            return Ok(array.finish()?);
        }
        let columns = [
            "org",
            "region",
            "refresh",
            "timezone",
            "next",
            "published",
            "users",
            "problem",
        ];
        let mut sheet = Sheet::begin(form, &columns.map(str::to_owned), out)?;
        for line in lines {
            sheet.row(&[
                Cell::of(Some(&line.org)),
                Cell::of(line.region.as_deref()),
                Cell::of(line.refresh.as_deref()),
                Cell::of(line.timezone.as_deref()),
                Cell::of(line.next.as_deref()),
                Cell::of(line.published.as_deref()),
                line.users.map_or(Cell::Nothing, Cell::Number),
                Cell::of(line.problem.as_deref()),
            ])?;
        }
        sheet.finish()
    })
}
