//! What a report is asked for, and its answer out of the store and the facts beside it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use headcount_core::{
    fact::{Fact, FactKind},
    field::{Column, Projection},
    search::Matcher,
    segment::{Attribute, Attribution, Calendar, FactSink, Question, Table, hand_over},
};
use headcount_store::{
    Engine, KeptDays, KeptError, KeptQuestion, Store,
    facts::{FactFile, FactStore, FactsError, KeptDay},
    report,
};
use jiff::{
    civil::{Date, Weekday},
    tz::TimeZone,
};

use super::{
    Report,
    period::{Period, ZONES, between, day, moments, weekday, zone},
};
use crate::{
    cli::Global,
    commands::report::Options,
    config::Config,
    error::{Exit, Failure},
    facts::{self, Ways},
    selection::Conditions,
};

/// A report that is asked for.
pub(crate) struct Asked {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) org: String,
    pub(crate) facts: FactStore,
    pub(crate) kind: FactKind,
    pub(crate) by: Vec<Attribute>,
    pub(crate) labels: Vec<String>,
    pub(crate) matcher: Option<Matcher>,
    pub(crate) under: Option<String>,
    pub(crate) attribution: Attribution,
    /// Name of the time zone; that of the facts without it.
    pub(crate) timezone: Option<String>,
    pub(crate) week_start: Weekday,
    pub(crate) allow_missing: bool,
    /// Who adds facts up.
    pub(crate) engine: Engine,
    /// Files in place of the facts that are kept.
    pub(crate) files: Vec<PathBuf>,
    /// The days; all those of `files` without it.
    pub(crate) period: Option<Period>,
}

impl Asked {
    /// Reads what the command line asks for.
    pub(crate) fn new(global: &Global, kind: FactKind, options: &Options) -> anyhow::Result<Self> {
        let (by, labels) = super::attributes(&options.by)?;
        let conditions = match options.conditions.as_slice() {
            [] => None,
            conditions => Some(Conditions::parse(conditions)?),
        };
        let from = options.from.as_deref().map(day).transpose()?;
        let to = options.to.as_deref().map(day).transpose()?;
        let period = match (from, to) {
            (Some(from), Some(to)) => Some(between(from, to)?),
            (None, None) => None,
            _ => {
                let message = "one end of the period is missing";
                return Err(Failure::new(Exit::Usage, message)
                    .hint("give both --from and --to")
                    .into());
            }
        };
        let config = Config::load(global)?;
        let week_start = match &options.week_start {
            Some(name) => weekday(name)?,
            None => weekday(&config.file.reports.week_start)?,
        };
        let facts = FactStore::open(&config.store_url()?, &config.org)?;
        let engine = engine(options, &config, &facts)?;
        let store = config.open_store(headcount_store::Access::Read)?;
        let mut asked = Self {
            facts,
            org: config.org,
            store,
            kind,
            by,
            labels,
            matcher: conditions.map(|conditions| conditions.matcher().clone()),
            under: None,
            attribution: options.as_of.into(),
            timezone: options
                .timezone
                .clone()
                .or_else(|| config.file.reports.timezone.clone()),
            week_start,
            allow_missing: options.allow_missing,
            engine,
            files: options.facts.clone(),
            period,
        };
        if let Some(name) = &options.under {
            asked.under = Some(asked.manager(name)?);
        }
        Ok(asked)
    }

    /// The id of a manager given by id or e-mail, of whoever had that e-mail last.
    fn manager(&self, name: &str) -> anyhow::Result<String> {
        if !name.contains('@') {
            return Ok(name.to_owned());
        }
        let want = Projection::none().with(Column::Id).with(Column::Email);
        let mut found: Option<(i64, String)> = None;
        self.store.versions(&self.org, &want, &mut |version| {
            let email = version.user.email.as_deref().unwrap_or_default();
            let later = found
                .as_ref()
                .is_none_or(|(last, _)| *last <= version.valid_from);
            if later && email.to_lowercase() == name.to_lowercase() {
                found = Some((version.valid_from, version.user.id.to_string()));
            }
        })?;
        found.map(|(_, id)| id).ok_or_else(|| {
            Failure::new(
                Exit::Usage,
                "nobody with the e-mail of --under was ever in this org",
            )
            .hint("`headcount users --columns id,name,email` lists the managers")
            .into()
        })
    }

    /// Answers it.
    pub(crate) fn report(&self) -> anyhow::Result<Report> {
        if self.files.is_empty() {
            self.of_kept()
        } else {
            self.of_files()
        }
    }

    /// Over the days that are kept.
    fn of_kept(&self) -> anyhow::Result<Report> {
        let Some(period) = self.period else {
            return Err(Failure::new(Exit::Usage, "no period is given")
                .hint("give --from and --to")
                .into());
        };
        let asked = KeptQuestion {
            kind: self.kind,
            by: self.by.clone(),
            matcher: self.matcher.clone(),
            under: self.under.clone(),
            attribution: self.attribution,
            divisions: None,
            period,
            timezone: self.timezone.clone(),
            week_start: self.week_start,
            allow_missing: self.allow_missing,
        };
        let days = KeptDays::find(Some(&self.facts), &asked).map_err(not_found)?;
        let (store, org) = (&*self.store, &self.org);
        let (table, _) = days.report(store, org, self.engine, threads(), &|| true)?;
        Ok(self.told(table, period, days.timezone, days.missing))
    }

    /// Over files of whoever.
    fn of_files(&self) -> anyhow::Result<Report> {
        let mut zones = Vec::new();
        let mut ends: Option<(i64, i64)> = None;
        let mut reach = |first: i64, last: i64| {
            let (start, end) = ends.unwrap_or((i64::MAX, i64::MIN));
            ends = Some((start.min(first), end.max(last)));
        };
        let mut files = Vec::new();
        for path in &self.files {
            let file = Given::open(path, self)?;
            match &file {
                Given::Kept(_, day) => {
                    zones.push(day.day.time_zone.clone());
                    reach(day.start_ms, day.end_ms);
                }
                Given::Read(facts) => {
                    facts
                        .iter()
                        .for_each(|fact| reach(fact.start_ms, fact.end_ms));
                }
            }
            files.push(file);
        }
        zones.sort();
        zones.dedup();
        let timezone = match (&self.timezone, zones.as_slice()) {
            (Some(zone), _) => zone.clone(),
            (None, [zone]) => zone.clone(),
            _ => "UTC".to_owned(),
        };
        if let Some(day) = files.iter().find_map(|file| match file {
            Given::Kept(_, day) if day.is_cut_otherwise(&timezone) => Some(day),
            _ => None,
        }) {
            return Err(not_found(KeptError::CutOtherwise {
                date: day.day.date,
                cut: day.day.time_zone.clone(),
                wanted: timezone,
            }));
        }
        let calendar = Calendar {
            zone: zone(&timezone)?,
            week_start: self.week_start,
        };
        let Some((first, last)) = ends else {
            let message = "the files hold no facts";
            return Err(Failure::new(Exit::TryAgain, message)
                .hint("name others")
                .into());
        };
        let period = self.period.unwrap_or(Period {
            from: calendar.day_of(first),
            to: calendar.day_of(last - 1),
        });
        let question = Question {
            kind: self.kind,
            by: self.by.clone(),
            matcher: self.matcher.clone(),
            under: self.under.clone(),
            attribution: self.attribution,
            period_ms: moments(period, &calendar)?,
            calendar,
            divisions: None,
        };
        let scan = |file: &Given, wanted: &[usize], sink: &mut dyn FactSink| {
            match file {
                Given::Kept(path, _) => {
                    FactFile::open(path, Some(self.kind))?.scan(wanted, sink)?;
                }
                Given::Read(facts) => hand_over(facts, wanted, sink),
            }
            Ok::<_, FactsError>(())
        };
        let (table, _) = report(&*self.store, &self.org, &question, &files, threads(), scan)?;
        if table.facts.all.facts == 0 {
            let message = format!("the files hold no facts of {period}");
            return Err(Failure::new(Exit::TryAgain, message)
                .hint("change --from and --to")
                .into());
        }
        Ok(self.told(table, period, timezone, Vec::new()))
    }

    fn told(&self, table: Table, period: Period, timezone: String, missing: Vec<Date>) -> Report {
        Report {
            labels: self.labels.clone(),
            table,
            period,
            attribution: self.attribution,
            timezone,
            missing,
        }
    }
}

/// The engine asked for, that of the settings, or this program. Files that are named are always
/// read here.
fn engine(options: &Options, config: &Config, facts: &FactStore) -> anyhow::Result<Engine> {
    if options.facts.is_empty() {
        return Ok(config.engine(options.engine, facts)?);
    }
    match options.engine {
        Some(Engine::Store) => {
            let message = "--engine store adds up the facts that are kept, not those of --facts";
            Err(Failure::new(Exit::Usage, message)
                .hint("leave one of the two out")
                .into())
        }
        _ => Ok(Engine::Local),
    }
}

/// Facts of a file that was named.
enum Given {
    /// A day as it is kept, here or elsewhere.
    Kept(PathBuf, Box<KeptDay>),
    /// Whatever else was read.
    Read(Vec<Fact>),
}

impl Given {
    fn open(path: &Path, asked: &Asked) -> anyhow::Result<Self> {
        if let Ok(file) = FactFile::open(path, Some(asked.kind))
            && let Some(day) = file.day()
        {
            return Ok(Self::Kept(path.to_owned(), Box::new(day.clone())));
        }
        let ways = Ways {
            kind: Some(asked.kind),
            interval: None,
            zone: TimeZone::UTC,
        };
        let mut facts = Vec::new();
        facts::read(path, &ways, &mut |_, fact| {
            facts.push(fact);
            Ok(())
        })?;
        Ok(Self::Read(facts))
    }
}

/// What is told of facts that do not answer.
fn not_found(error: KeptError) -> anyhow::Error {
    let pull = error.pull().unwrap_or_default();
    let (exit, hint) = match &error {
        KeptError::Missing { all, .. } => {
            let anyway = match all {
                true => "",
                false => ", or report the other days with --allow-missing",
            };
            (Exit::TryAgain, format!("`{pull}` fetches them{anyway}"))
        }
        KeptError::Zones(_) => (Exit::Usage, "say which one with --timezone".to_owned()),
        KeptError::UnknownZone(_) => (Exit::Usage, ZONES.to_owned()),
        KeptError::CutInterval { over, .. } => (
            Exit::Usage,
            format!(
                "report --from {} --to {}, or count each where it begins with --allow-missing",
                over.from, over.to
            ),
        ),
        KeptError::CutOtherwise { cut, .. } => (
            Exit::Usage,
            format!(
                "report with --timezone {cut}; only facts of half hours (--granularity PT30M) can be reported in any zone"
            ),
        ),
        KeptError::OutsideCalendar(_) => (Exit::Usage, "change --from and --to".to_owned()),
        _ => return error.into(),
    };
    Failure::new(exit, error.to_string()).hint(hint).into()
}

fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
