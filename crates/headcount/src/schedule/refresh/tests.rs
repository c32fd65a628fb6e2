//! Runs against a sandbox in this process: what came of each is told as it was.

use std::{path::Path, sync::Arc, time::Duration};

use headcount_sandbox::{Change, ChangeKind, Sandbox};
use headcount_server::job::Job;
use headcount_store::Access;

use super::*;
use crate::{
    cli::{Form, Global},
    clock,
    schedule::{Cron, Schedule, Zone, start},
    sync::Shared,
};

/// A sandbox, and settings that lead to it.
struct Org {
    runtime: tokio::runtime::Runtime,
    sandbox: Sandbox,
    folder: tempfile::TempDir,
}

impl Org {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let config = headcount_sandbox::Config {
            users: 300,
            rate_limit: None,
            ..headcount_sandbox::Config::default()
        };
        let listen = "127.0.0.1:0".parse().unwrap();
        let sandbox = runtime
            .block_on(headcount_sandbox::start(config, listen))
            .unwrap();
        Self {
            runtime,
            sandbox,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn config(&self, secret: &str) -> Config {
        let path = self.folder.path().join("config.toml");
        let text = format!(
            "[network]\nretry_for_s = 1\n[org.acme]\napi_url = {:?}\nclient_id = {:?}\nclient_secret = {secret:?}\n",
            self.sandbox.url(),
            self.sandbox.client_id(),
        );
        std::fs::write(&path, text).unwrap();
        config(&path, &self.folder.path().join("headcount.db"))
    }

    fn right(&self) -> Config {
        self.config(self.sandbox.client_secret())
    }
}

fn config(settings: &Path, store: &Path) -> Config {
    Config::load(&Global {
        store: Some(format!("sqlite:{}", store.display())),
        config: Some(settings.to_owned()),
        org: None,
        output: Form::Table,
        quiet: false,
        verbose: 0,
    })
    .unwrap()
}

/// The store of an org, and the network to it.
fn shared(config: &Config) -> Shared {
    Shared::new(config.open_store(Access::Write).unwrap()).unwrap()
}

#[test]
fn each_ending_has_its_outcome() {
    let org = Org::start();
    let right = org.right();
    let shared = shared(&right);
    let published = || published(&*shared.store, "acme");
    assert_eq!(published(), None);

    let before = clock::now_ms();
    let job = Arc::new(Job::default());
    let ended = refresh(&right, &shared, None, &job);
    assert_eq!(
        (ended.outcome, &ended.cause),
        (JobOutcome::Published, &None)
    );
    let progress = job.status().progress;
    assert_eq!(progress.expected, Some(300));
    assert!(progress.users >= 300 && progress.pages >= 3, "{progress:?}");
    assert!(progress.parts >= 1 && progress.step == "publishing");
    assert!(ended.requests >= 3, "{ended:?}");
    assert!(published().is_some_and(|at| (before..=clock::now_ms()).contains(&at)));

    let ended = refresh(&org.config("wrong"), &shared, published(), &Arc::default());
    assert_eq!(ended.outcome, JobOutcome::NotAuthorised);
    assert!(!ended.cause.unwrap().contains("wrong"));

    let last = published();
    let store = headcount_store::open(&right.store_url().unwrap(), Access::Write).unwrap();
    let lock = store.lock("acme").unwrap();
    assert_eq!(
        refresh(&right, &shared, last, &Arc::default()).outcome,
        JobOutcome::Locked
    );
    drop(lock);

    // Another process has published since it was decided to run: upstream is not asked again.
    for seen in [None, Some(before - 1)] {
        let ended = refresh(&right, &shared, seen, &Arc::default());
        assert_eq!((ended.outcome, ended.requests), (JobOutcome::Locked, 0));
        assert!(ended.cause.unwrap().contains("published meanwhile"));
    }
    assert_eq!(published(), last);

    // Too many are gone: held, and the last snapshot stays.
    org.sandbox.change(vec![Change::of(ChangeKind::Purge, 200)]);
    let ended = refresh(&right, &shared, last, &Arc::default());
    assert_eq!(ended.outcome, JobOutcome::Held);
    assert!(
        ended
            .cause
            .unwrap()
            .contains("active users are gone or moved")
    );
    assert_eq!(published(), last);

    // What was asked before it failed is counted all the same.
    let Org {
        runtime,
        sandbox,
        folder: _folder,
    } = org;
    runtime.block_on(sandbox.shutdown());
    let ended = refresh(&right, &shared, last, &Arc::default());
    assert_eq!(ended.outcome, JobOutcome::Unavailable, "{ended:?}");
    assert!(ended.cause.is_some());
}

#[test]
fn a_job_that_finds_no_snapshot_fetches_one_and_waits_for_the_next_due_time() {
    let org = Org::start();
    let job = Arc::new(Job::default());
    let cron: Cron = "0 3 * * *".parse().unwrap();
    let schedule = Schedule::new(cron, Zone::UTC, Schedule::DEFAULT_JITTER_S);
    let config = org.right();
    let shared = shared(&config);
    let refresher = start(
        schedule,
        config,
        shared.clone(),
        Arc::clone(&job),
        clock::now_ms,
    )
    .unwrap();
    let run = loop {
        let status = job.status();
        if let (Some(run), Some(_)) = (status.last, status.next_ms) {
            break run;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!(run.outcome, JobOutcome::Published);
    assert!(
        run.requests >= 3 && run.started_ms <= run.ended_ms,
        "{run:?}"
    );
    let published = published(&*shared.store, "acme");
    assert!(published.is_some_and(|at| (run.started_ms..=run.ended_ms).contains(&at)));
    assert!(job.status().next_ms.unwrap() > run.ended_ms);
    drop(refresher);
}
