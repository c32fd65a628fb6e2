//! What a report is asked for, and its answer out of the store and the facts beside it.

use std::{
    ops::Range,
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
    ReportError, Store,
    facts::{DayFile, FactFile, FactStore, FactsError},
    report,
};
use jiff::{
    civil::{Date, Weekday},
    tz::TimeZone,
};

use super::{
    Report, days,
    period::{Period, day},
};
use crate::{
    cli::Global,
    commands::report::Options,
    config::Config,
    error::{Exit, Failure, nearest},
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
            (Some(from), Some(to)) => Some(Period::new(from, to)?),
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
        let store = config.open_store(headcount_store::Access::Read)?;
        let mut asked = Self {
            facts: FactStore::beside(&config.store_url()?, &config.org)?,
            org: config.org,
            store,
            kind,
            by,
            labels,
            matcher: conditions.map(|conditions| conditions.matcher().clone()),
            under: None,
            attribution: options.as_of.into(),
            timezone: options.timezone.clone().or(config.file.reports.timezone),
            week_start,
            allow_missing: options.allow_missing,
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
        let kept = self.facts.list(self.kind)?;
        let timezone = self.timezone_of(&kept, period)?;
        let calendar = self.calendar(&timezone)?;
        let moments = period.moments(&calendar)?;
        let missing = self.facts.missing(self.kind, period.from, period.to)?;
        let mut of_period = Vec::new();
        for file in kept {
            let (start, end) = file.day.bounds()?;
            if start < moments.end && moments.start < end {
                of_period.push(file);
            }
        }
        if of_period.is_empty() || (!missing.is_empty() && !self.allow_missing) {
            return Err(self
                .nothing_of(period, &timezone, &missing, of_period.is_empty())
                .into());
        }
        if let Some(other) = of_period
            .iter()
            .find(|file| is_cut_otherwise(file, &timezone))
        {
            let (date, zone) = (other.day.date, &other.day.time_zone);
            let message =
                format!("the facts of {date} were cut into days of {zone}, not of {timezone}");
            return Err(Failure::new(Exit::Usage, message)
                .hint(format!("report with --timezone {zone}, or pull them again with --timezone {timezone} or --granularity PT30M"))
                .into());
        }
        let scan =
            |day: &DayFile, wanted: &[usize], sink: &mut dyn FactSink| self.scan(day, wanted, sink);
        let table = self.segment(&of_period, calendar, moments.clone(), scan)?;
        check_against_files(&table, &of_period, &moments)?;
        Ok(self.told(table, period, timezone, missing))
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
                Given::Kept(day) => {
                    zones.push(day.day.time_zone.clone());
                    reach(day.start_ms, day.end_ms);
                }
                Given::Read(facts) => {
                    facts
                        .iter()
                        .for_each(|fact| reach(fact.start_ms, fact.start_ms + 1));
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
        let calendar = self.calendar(&timezone)?;
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
        let moments = period.moments(&calendar)?;
        let scan = |file: &Given, wanted: &[usize], sink: &mut dyn FactSink| match file {
            Given::Kept(day) => self.scan(day, wanted, sink),
            Given::Read(facts) => {
                hand_over(facts, wanted, sink);
                Ok(())
            }
        };
        let table = self.segment(&files, calendar, moments, scan)?;
        if table.facts.all.facts == 0 {
            let message = format!("the files hold no facts of {period}");
            return Err(Failure::new(Exit::TryAgain, message)
                .hint("change --from and --to")
                .into());
        }
        Ok(self.told(table, period, timezone, Vec::new()))
    }

    fn scan(
        &self,
        day: &DayFile,
        wanted: &[usize],
        sink: &mut dyn FactSink,
    ) -> Result<(), FactsError> {
        FactFile::open(&day.path, Some(self.kind))?.scan(wanted, sink)?;
        Ok(())
    }

    fn segment<F: Sync>(
        &self,
        files: &[F],
        calendar: Calendar,
        period_ms: Range<i64>,
        scan: impl Fn(&F, &[usize], &mut dyn FactSink) -> Result<(), FactsError> + Sync,
    ) -> Result<Table, ReportError<FactsError>> {
        let question = Question {
            kind: self.kind,
            by: self.by.clone(),
            matcher: self.matcher.clone(),
            under: self.under.clone(),
            attribution: self.attribution,
            period_ms,
            calendar,
            divisions: None,
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        report(&*self.store, &self.org, &question, files, threads, scan).map(|(table, _)| table)
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

    /// The time zone asked for, or that of the facts in the period where they agree.
    fn timezone_of(&self, kept: &[DayFile], period: Period) -> Result<String, Failure> {
        if let Some(zone) = &self.timezone {
            return Ok(zone.clone());
        }
        let inside = |file: &&DayFile| period.from <= file.day.date && file.day.date <= period.to;
        let mut zones: Vec<&str> = kept
            .iter()
            .filter(inside)
            .map(|file| file.day.time_zone.as_str())
            .collect();
        zones.sort_unstable();
        zones.dedup();
        match zones.as_slice() {
            [] => Ok("UTC".to_owned()),
            [zone] => Ok((*zone).to_owned()),
            many => {
                let message = format!(
                    "the facts of {period} are of several time zones: {}",
                    many.join(", ")
                );
                Err(Failure::new(Exit::Usage, message).hint("say which one with --timezone"))
            }
        }
    }

    fn calendar(&self, timezone: &str) -> Result<Calendar, Failure> {
        let zone = TimeZone::get(timezone).map_err(|_| {
            Failure::new(
                Exit::Usage,
                format!("the time zone `{timezone}` is unknown"),
            )
            .hint("use a name such as Asia/Riyadh or UTC")
        })?;
        Ok(Calendar {
            zone,
            week_start: self.week_start,
        })
    }

    fn nothing_of(&self, period: Period, timezone: &str, missing: &[Date], all: bool) -> Failure {
        let what = self.kind.name();
        let (message, from, to) = match (missing.first(), missing.last()) {
            (Some(from), Some(to)) if !all => (
                format!("there are no facts of kind {what} for {}", days(missing)),
                *from,
                *to,
            ),
            _ => (
                format!("there are no facts of kind {what} for {period}"),
                period.from,
                period.to,
            ),
        };
        let anyway = if all {
            ""
        } else {
            ", or report the other days with --allow-missing"
        };
        let zone = match timezone {
            "UTC" => String::new(),
            zone => format!(" --timezone {zone}"),
        };
        Failure::new(Exit::TryAgain, message).hint(format!(
            "`headcount facts pull --from {from} --to {to}{zone}` fetches them{anyway}"
        ))
    }
}

/// Facts of a file that was named.
enum Given {
    /// A day as it is kept, here or elsewhere.
    Kept(DayFile),
    /// Whatever else was read.
    Read(Vec<Fact>),
}

impl Given {
    fn open(path: &Path, asked: &Asked) -> anyhow::Result<Self> {
        if let Ok(file) = FactFile::open(path, Some(asked.kind))
            && let Some(day) = file.day()
        {
            return Ok(Self::Kept(day.clone()));
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

/// Whether facts of whole days are of days of another time zone.
fn is_cut_otherwise(file: &DayFile, timezone: &str) -> bool {
    let of_days = file
        .day
        .granularity
        .as_deref()
        .is_none_or(|length| length.contains('D'));
    of_days && file.day.time_zone != timezone
}

/// The sums that were written with the files are those that were read from them.
fn check_against_files(
    table: &Table,
    files: &[DayFile],
    period: &Range<i64>,
) -> anyhow::Result<()> {
    for file in files {
        let (start, end) = file.day.bounds()?;
        if start < period.start || period.end < end {
            return Ok(());
        }
    }
    let facts: u64 = files.iter().map(|file| file.facts).sum();
    let mut agree = facts == table.facts.all.facts;
    for &measure in table.kind.told() {
        let written = files.iter().filter_map(|file| file.totals[measure]);
        let written = written.reduce(|sum, more| sum + more);
        agree &= written == table.facts.all.sum(measure).map(i128::from);
    }
    if agree {
        return Ok(());
    }
    anyhow::bail!(
        "the facts read are not those that were kept; a file may have been replaced meanwhile, so ask again"
    )
}

/// A weekday by its name in English.
pub(crate) fn weekday(name: &str) -> Result<Weekday, Failure> {
    const NAMES: [&str; 7] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let place = NAMES
        .iter()
        .position(|known| known.eq_ignore_ascii_case(name.trim()));
    let day =
        place.and_then(|place| Weekday::from_monday_zero_offset(i8::try_from(place).ok()?).ok());
    day.ok_or_else(|| {
        Failure::new(Exit::Usage, format!("`{name}` is no day of the week"))
            .hint(nearest::hint(name, &NAMES, "days"))
    })
}
