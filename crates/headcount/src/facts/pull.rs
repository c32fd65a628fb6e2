//! Fetching facts: whole days, each kept as soon as it is there.

use anyhow::Context;
use futures_util::{StreamExt, stream};
use headcount_core::fact::FactKind;
use headcount_genesys::{Client, DayFacts, Granularity, Settings};
use headcount_store::facts::{Day, FactStore, KeptDay, Put, Source};
use jiff::{civil::Date, tz::TimeZone};

use crate::{
    error::{Exit, Failure},
    progress::Progress,
    report::period::Period,
};

/// Days on their way at once: the next ones are asked for while one is written.
const AHEAD: usize = 4;

/// Which facts to fetch, and where to keep them.
pub(crate) struct Pull {
    pub(crate) facts: FactStore,
    pub(crate) settings: Settings,
    pub(crate) kinds: Vec<FactKind>,
    pub(crate) period: Period,
    pub(crate) granularity: Granularity,
    pub(crate) zone: TimeZone,
    /// Its name in the IANA database.
    pub(crate) timezone: String,
    /// Fetch days that are kept already as well.
    pub(crate) again: bool,
}

/// What became of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pulled {
    pub(crate) kind: FactKind,
    pub(crate) date: Date,
    pub(crate) outcome: Outcome,
    /// Facts of the day.
    pub(crate) facts: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It had no facts before.
    New,
    /// Upstream tells other facts than before.
    Replaced,
    /// Upstream tells what was kept already.
    Same,
    /// It was kept already, and not asked for again.
    Kept,
}

impl Outcome {
    /// The word for it in answers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Replaced => "replaced",
            Self::Same => "unchanged",
            Self::Kept => "kept",
        }
    }
}

impl Pull {
    /// Fetches day after day, and tells `each` what became of it. A day that fails ends it; the
    /// days before stay.
    pub(crate) fn run(
        &self,
        now_ms: i64,
        progress: &Progress,
        mut each: impl FnMut(Pulled) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.check_over(now_ms)?;
        let client = Client::new(self.settings.clone())?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .context("the network can't be started")?;
        for &kind in &self.kinds {
            let kept = self.facts.list(kind)?;
            let upstream = DayFacts::new(&client, kind, self.granularity, self.zone.clone())?;
            let mut wanted = Vec::new();
            for date in self.period.days() {
                match kept.iter().find(|file| file.day.date == date) {
                    Some(file) if !self.again && self.is_as_asked(file) => each(Pulled {
                        kind,
                        date,
                        outcome: Outcome::Kept,
                        facts: file.facts,
                    })?,
                    Some(file) if !self.again => return Err(self.kept_otherwise(file).into()),
                    _ => wanted.push(date),
                }
            }
            let all = wanted.len();
            runtime.block_on(async {
                let days = wanted.into_iter().map(|date| {
                    let upstream = &upstream;
                    async move { (date, upstream.day(date).await) }
                });
                let mut days = stream::iter(days).buffered(AHEAD);
                let mut done = 0;
                progress.message(&format!("fetching {} of {all} days", kind.name()));
                while let Some((date, facts)) = days.next().await {
                    let facts = facts.with_context(|| {
                        format!(
                            "the facts of kind {} for {date} were not fetched",
                            kind.name()
                        )
                    })?;
                    // A database is waited for here, which the network's threads must not do.
                    let kept = tokio::task::block_in_place(|| self.keep(kind, date, facts));
                    each(kept?)?;
                    done += 1;
                    progress.message(&format!("{} of {all} days of {}", done, kind.name()));
                }
                anyhow::Ok(())
            })?;
        }
        progress.finish();
        Ok(())
    }

    fn keep(
        &self,
        kind: FactKind,
        date: Date,
        facts: Vec<headcount_core::fact::Fact>,
    ) -> anyhow::Result<Pulled> {
        let day = Day {
            date,
            time_zone: self.timezone.clone(),
            granularity: Some(self.granularity.period().to_owned()),
            source: Source::Pull,
        };
        let count = facts.len() as u64;
        Ok(Pulled {
            kind,
            date,
            outcome: match self.facts.replace(kind, day, facts)? {
                Put::New => Outcome::New,
                Put::Replaced => Outcome::Replaced,
                Put::Same => Outcome::Same,
            },
            facts: count,
        })
    }

    /// A day that goes on has facts yet to come: kept now, it would look whole.
    fn check_over(&self, now_ms: i64) -> Result<(), Failure> {
        let now = jiff::Timestamp::from_millisecond(now_ms).unwrap_or(jiff::Timestamp::MAX);
        let today = self.zone.to_datetime(now).date();
        if self.period.to < today {
            return Ok(());
        }
        let message = format!(
            "{} is not over yet in {}",
            self.period.to.max(today),
            self.timezone
        );
        let yesterday = today.yesterday().unwrap_or(today);
        Err(Failure::new(Exit::Usage, message).hint(format!(
            "facts are kept as whole days; the last one is --to {yesterday}"
        )))
    }

    fn is_as_asked(&self, file: &KeptDay) -> bool {
        file.day.time_zone == self.timezone
            && (file.day.source == Source::Import
                || file.day.granularity.as_deref() == Some(self.granularity.period()))
    }

    fn kept_otherwise(&self, file: &KeptDay) -> Failure {
        let day = &file.day;
        let how = day
            .granularity
            .as_deref()
            .unwrap_or("intervals of any length");
        Failure::new(
            Exit::Usage,
            format!("{} is kept in {how} of {} already", day.date, day.time_zone),
        )
        .hint("fetch it in another way with --again, or name the same --granularity and --timezone")
    }
}
