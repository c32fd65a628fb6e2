//! A sync: walk the org, stage what comes, publish it at once or not at all.
//!
//! Genesys and the store never meet; [`keeper`] hands pages from the one to the other.

pub(crate) mod accept;
mod keeper;
pub(crate) mod print;

use std::{collections::BTreeMap, sync::Arc};

use anyhow::Context;
use headcount_genesys::{
    Capabilities, Client, Counters, Plan, Settings, Source, WalkError, walk,
    walk::{Certificate, PartEvidence},
};
use headcount_store::{Access, Breaker, Outcome, Run, Store, StoreError, Summary};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;

use crate::{clock, config::Config, connect, progress::Progress};

/// With `--resume`, a run that was killed is gone on with when it began at most this long ago: its
/// users are then not older than that.
const RESUME_WITHIN_MS: i64 = 3_600_000;

/// What to sync, and how.
pub(crate) struct Sync<'a> {
    /// Where to keep it.
    pub(crate) store: Arc<dyn Store>,
    /// Key of the org in the store.
    pub(crate) org: &'a str,
    /// How to reach upstream.
    pub(crate) settings: Settings,
    /// How to walk; capabilities are filled in from the store.
    pub(crate) plan: Plan,
    /// When to hold the result back.
    pub(crate) breaker: Breaker,
    /// Publish nothing.
    pub(crate) dry_run: bool,
    /// Go on with a run that was killed. The parts it had finished are not read again, so the
    /// snapshot then speaks of the time since that run began.
    pub(crate) resume: bool,
    /// Do nothing unless the last snapshot is still the one published at this time, ms since 1970
    /// UTC; `Some(None)` when there was none.
    pub(crate) only_after: Option<Option<i64>>,
    /// Where requests are sent and awaited; a runtime of its own without it.
    pub(crate) network: Option<Arc<Runtime>>,
    /// How far the snapshot's time is said to lie behind the clock, ms; 0 but for a past that is made
    /// up.
    pub(crate) behind_ms: i64,
}

/// What the syncs of many orgs share. One connection that writes, so that they wait for each other
/// in turn, and not for SQLite; and a few threads for the network, however many orgs there are.
#[derive(Clone)]
pub(crate) struct Shared {
    /// Where all orgs are kept.
    pub(crate) store: Arc<dyn Store>,
    /// Where requests are sent and awaited.
    pub(crate) network: Arc<Runtime>,
}

impl Shared {
    /// Syncs into `store`.
    pub(crate) fn new(store: Arc<dyn Store>) -> anyhow::Result<Self> {
        Ok(Self {
            store,
            network: Arc::new(network()?),
        })
    }
}

/// What was to be done, another process has done.
#[derive(Debug, thiserror::Error)]
#[error("another sync has published meanwhile")]
pub(crate) struct Overtaken;

/// What became of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Ending {
    /// There is a new snapshot.
    Published,
    /// The breaker holds it back.
    Held,
    /// It was only looked at.
    Previewed,
}

impl Ending {
    /// Name in answers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Held => "held",
            Self::Previewed => "previewed",
        }
    }
}

/// All that a sync has to tell.
#[derive(Debug, Serialize)]
pub(crate) struct SyncReport {
    /// What became of it.
    pub(crate) outcome: Ending,
    /// What changed.
    #[serde(flatten)]
    pub(crate) summary: Summary,
    /// The evidence that nobody is missing.
    pub(crate) certificate: SyncCertificate,
}

/// The certificate as it is kept with the snapshot: the walk's evidence, and its cost.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SyncCertificate {
    /// When the run began, RFC 3339 UTC.
    pub(crate) started: String,
    /// When the last answer was kept, RFC 3339 UTC.
    pub(crate) finished: String,
    /// The run went on from one that was killed.
    pub(crate) resumed: bool,
    /// Requests to the API, retries included.
    pub(crate) requests: u64,
    /// Of these, repeated ones.
    pub(crate) retries: u64,
    /// Answers with status 429.
    pub(crate) throttled: u64,
    /// Access tokens fetched.
    pub(crate) logins: u64,
    /// Bytes of answers.
    pub(crate) bytes: u64,
    /// The walk's own evidence.
    #[serde(flatten)]
    pub(crate) walk: Certificate,
}

impl SyncReport {
    /// Why the breaker holds the snapshot back, in one line.
    pub(crate) fn why_held(&self) -> String {
        let breaker = &self.summary.breaker;
        format!(
            "{} of {} active users are gone or moved: the snapshot is held back",
            breaker.affected(),
            breaker.active_before
        )
    }
}

impl<'a> Sync<'a> {
    /// A sync of the configured org, as the settings have it.
    pub(crate) fn configured(config: &'a Config) -> anyhow::Result<Self> {
        // Wrong settings are told before a store is made.
        let settings = settings(config)?;
        Ok(Self::of(
            config,
            settings,
            config.open_store(Access::Write)?,
        ))
    }

    /// The same as one of many.
    pub(crate) fn configured_in(config: &'a Config, shared: &Shared) -> anyhow::Result<Self> {
        Ok(Self {
            network: Some(Arc::clone(&shared.network)),
            ..Self::of(config, settings(config)?, Arc::clone(&shared.store))
        })
    }

    fn of(config: &'a Config, settings: Settings, store: Arc<dyn Store>) -> Self {
        let sync = config.sync();
        Self {
            settings,
            store,
            org: &config.org,
            plan: Plan {
                source: sync.source.into(),
                page_size: sync.page_size,
                concurrency: usize::from(sync.concurrency),
                verify: sync.verify,
                ..Plan::default()
            },
            breaker: crate::commands::sync::breaker(&config.breaker()),
            dry_run: false,
            resume: false,
            network: None,
            only_after: None,
            behind_ms: 0,
        }
    }

    /// Runs the sync to its end.
    pub(crate) fn run(self, progress: &Progress) -> anyhow::Result<SyncReport> {
        self.run_counted(progress, &mut Counters::default())
    }

    /// The same, and tells what it cost even when it fails.
    pub(crate) fn run_counted(
        self,
        progress: &Progress,
        cost: &mut Counters,
    ) -> anyhow::Result<SyncReport> {
        // Held until the end: one sync at a time for an org.
        let _lock = self.store.lock(self.org)?;
        // Between a look at the snapshots and the lock, whoever held it may have published.
        if let Some(last) = self.only_after
            && last != self.last_published()?
        {
            return Err(Overtaken.into());
        }
        let mut plan = self.plan.clone();
        plan.capabilities = capabilities(&*self.store, self.org)?;
        if let Some(window) = plan.capabilities.window {
            plan.window = window;
        }
        let started = self.now_ms();
        let resume_since = self.resume.then_some(started - RESUME_WITHIN_MS);
        let run = self.store.begin(
            self.org,
            &plan_text(&plan, &self.settings),
            started,
            resume_since,
        )?;
        let client = Client::new(self.settings.clone())?;
        progress.message("fetching users");
        let fetched = self.fetch(&client, &plan, run, progress);
        *cost = client.counters();
        let (run, certificate) = fetched?;
        progress.message("publishing");
        let certificate = with_cost(certificate, &run, *cost, self.now_ms());
        let text = serde_json::to_string(&certificate).context("the certificate")?;
        let (outcome, summary) = if self.dry_run {
            let summary = self.store.preview(&run, &self.breaker)?;
            self.store.abandon(run)?;
            (Ending::Previewed, summary)
        } else {
            match self
                .store
                .publish(run, &text, self.now_ms(), &self.breaker)?
            {
                Outcome::Published(summary) => (Ending::Published, summary),
                Outcome::Held(summary) => (Ending::Held, summary),
            }
        };
        progress.finish();
        Ok(SyncReport {
            outcome,
            summary,
            certificate,
        })
    }

    fn now_ms(&self) -> i64 {
        clock::now_ms() - self.behind_ms
    }

    /// When the last snapshot was published, ms since 1970 UTC.
    fn last_published(&self) -> Result<Option<i64>, StoreError> {
        let last = match self.store.snapshots(self.org) {
            Ok(mut snapshots) => snapshots.pop(),
            Err(StoreError::NoSnapshot { .. }) => None,
            Err(error) => return Err(error),
        };
        Ok(last.map(|snapshot| snapshot.published_ms))
    }

    /// Walks the org with a keeper at its side; gives the run back, ready to publish.
    fn fetch(
        &self,
        client: &Client,
        plan: &Plan,
        run: Run,
        progress: &Progress,
    ) -> anyhow::Result<(Run, Certificate)> {
        let finished = finished_parts(&run);
        let runtime = match &self.network {
            Some(shared) => Arc::clone(shared),
            None => Arc::new(network()?),
        };
        let (walked, run) = std::thread::scope(|scope| {
            let (sink, keeper) =
                keeper::start(scope, Arc::clone(&self.store), run, finished, progress);
            let walked = runtime.block_on(async {
                client.login().await?;
                walk::walk(client, &sink, plan).await
            });
            drop(sink);
            (walked, keeper.join())
        });
        let kept =
            run.map_err(|_| anyhow::anyhow!("the thread that keeps users has ended badly"))?;
        match (walked, kept) {
            (Ok(certificate), Ok(run)) => Ok((run, certificate)),
            // The keeper's failure is the cause of the walk's.
            (_, Err(error)) => Err(error.into()),
            (Err(error @ WalkError::NotProven(_)), Ok(run)) => {
                // What contradicts itself is not worth going on with.
                self.store.abandon(run)?;
                Err(error.into())
            }
            // Transient: what is staged stays for the next sync to go on with.
            (Err(WalkError::Upstream(error)), Ok(_)) => Err(error.into()),
            (Err(error), Ok(_)) => Err(error.into()),
        }
    }
}

/// Threads that send requests and wait for answers. What is done with the answers is done on the
/// thread that asked.
fn network() -> anyhow::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("network")
        .enable_all()
        .build()
        .context("the network can't be started")
}

fn settings(config: &Config) -> anyhow::Result<Settings> {
    let sync = config.sync();
    connect::settings(
        config,
        usize::from(sync.concurrency),
        sync.requests_per_minute,
    )
}

/// What `doctor` found out about the org; nothing when it was never asked.
pub(crate) fn capabilities(store: &dyn Store, org: &str) -> anyhow::Result<Capabilities> {
    match store.capabilities(org)? {
        Some(json) => serde_json::from_str(&json).context("the org's capabilities in the store"),
        None => Ok(Capabilities::default()),
    }
}

/// A run is gone on with only by a sync that walks the same org in the same way.
fn plan_text(plan: &Plan, settings: &Settings) -> String {
    let source = match plan.source {
        Source::Auto => "auto",
        Source::Search => "search",
        Source::Query => "query",
    };
    format!("{} {source} window {}", settings.api_url, plan.window)
}

fn finished_parts(run: &Run) -> BTreeMap<String, PartEvidence> {
    run.finished_parts()
        .iter()
        .filter_map(|(part, evidence)| Some((part.clone(), serde_json::from_str(evidence).ok()?)))
        .collect()
}

fn with_cost(walk: Certificate, run: &Run, cost: Counters, finished_ms: i64) -> SyncCertificate {
    SyncCertificate {
        started: clock::display_ms(run.started_ms()),
        finished: clock::display_ms(finished_ms),
        resumed: run.resumed(),
        requests: cost.requests,
        retries: cost.retries,
        throttled: cost.throttled,
        logins: cost.logins,
        bytes: cost.bytes,
        walk,
    }
}
