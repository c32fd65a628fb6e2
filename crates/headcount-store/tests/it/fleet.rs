//! Several machines on one database: one syncs at a time, the others say who, and all are told.

use std::time::{Duration, Instant};

use headcount_store::{Access, Breaker, Store, StoreError, open};

use crate::{
    access,
    database::{Cluster, Database},
    org::{Home, ORG, ids, sync, user, users},
};

#[test]
fn one_syncs_and_the_other_says_who() {
    let database = Database::new();
    let (first, second) = (database.open(), database.open());
    let held = first.lock(ORG).unwrap();
    let error = second.lock(ORG).err().unwrap();
    let StoreError::Locked {
        host: Some(host),
        pid,
        since_ms: Some(since),
        ..
    } = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!(*pid, Some(std::process::id()));
    assert!(!host.is_empty() && *since > 1_600_000_000_000);
    assert_eq!(
        error.to_string(),
        format!(
            "another sync of {ORG} is running (process {} on {host})",
            std::process::id()
        )
    );
    // Who was refused may try again when the first has ended.
    drop(held);
    let _held = second.lock(ORG).unwrap();
    assert!(matches!(first.lock(ORG), Err(StoreError::Locked { .. })));
}

/// Ends the session that holds the lock, as a restart or a cut line does.
fn end_the_lock(database: &Database) {
    let ended: bool = database
        .raw()
        .query_one(
            "SELECT bool_and(pg_terminate_backend(pid, 5000)) FROM pg_locks
             WHERE locktype = 'advisory'
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            &[],
        )
        .unwrap()
        .get(0);
    assert!(ended);
}

#[test]
fn a_sync_that_lost_its_lock_publishes_nothing() {
    let database = Database::new();
    let store = database.open();
    sync(&*store, &users(3), 1);
    let lock = store.lock(ORG).unwrap();
    let mut run = store.begin(ORG, "plan", 2, None).unwrap();
    let all = users(5);
    let page: Vec<&str> = all.iter().map(String::as_str).collect();
    store.stage(&mut run, &page).unwrap();
    end_the_lock(&database);
    let error = store.publish(run, "", 2, &Breaker::OFF).unwrap_err();
    assert!(matches!(error, StoreError::LockLost { .. }), "{error:?}");
    assert!(error.hint().is_some());
    assert_eq!(ids(&*store).len(), 3);
    // Another one takes over while the first still believes that it has the lock.
    let second = database.open();
    let _second_lock = second.lock(ORG).unwrap();
    let mut run = second.begin(ORG, "plan", 3, Some(0)).unwrap();
    assert!(run.resumed(), "what was staged is gone on with");
    second.stage(&mut run, &page).unwrap();
    second.publish(run, "", 3, &Breaker::OFF).unwrap();
    assert_eq!(ids(&*store).len(), 5);
    drop(lock);
    assert!(
        matches!(store.lock(ORG), Err(StoreError::Locked { .. })),
        "giving back a lost lock frees nothing of the other"
    );
}

/// A machine that stood still for a while, and never noticed that another one went on.
#[test]
fn a_run_belongs_to_whoever_went_on_with_it() {
    let database = Database::new();
    let (first, second) = (database.open(), database.open());
    let document = |title: &str| user("a", "active", "d", title, 1);
    let mut slow = first.begin(ORG, "plan", 1, None).unwrap();
    first.stage(&mut slow, &[&document("slow")]).unwrap();
    let mut fast = second.begin(ORG, "plan", 2, Some(0)).unwrap();
    assert_eq!(fast.id(), slow.id());
    for error in [
        first.stage(&mut slow, &[&document("late")]).err(),
        first.finish_part(&mut slow, "0", "").err(),
        first.publish(slow, "slow", 2, &Breaker::OFF).err(),
    ] {
        assert!(matches!(error, Some(StoreError::RunOver)), "{error:?}");
    }
    second.stage(&mut fast, &[&document("fast")]).unwrap();
    second.publish(fast, "fast", 3, &Breaker::OFF).unwrap();
    let snapshots = second.snapshots(ORG).unwrap();
    assert_eq!(snapshots.len(), 1);
    assert_eq!(
        second.certificate(ORG, snapshots[0].id).unwrap().as_deref(),
        Some("fast")
    );
}

/// Waits as a server does, and gives what it took.
#[expect(clippy::disallowed_methods, reason = "it measures real time")]
fn told(store: &dyn Store, last: &mut u64) -> Option<Duration> {
    let begin = Instant::now();
    store
        .wait(last, Duration::from_secs(20))
        .then(|| begin.elapsed())
}

#[test]
fn changes_are_told_at_once() {
    let database = Database::new();
    let (writer, watcher) = (database.open(), database.open());
    let mut last = 0;
    // The first connection may be told of something that was before.
    while watcher.wait(&mut last, Duration::from_millis(500)) {}
    assert!(
        !watcher.wait(&mut last, Duration::from_millis(50)),
        "nothing has changed"
    );
    let soon = |took: Option<Duration>| {
        let took = took.expect("nothing was told");
        assert!(took < Duration::from_secs(1), "{took:?}");
    };
    sync(&*writer, &users(3), 1);
    soon(told(&*watcher, &mut last));
    writer.add_credential(&access::token(ORG, "a")).unwrap();
    soon(told(&*watcher, &mut last));
    writer.revoke_credential(ORG, "a", 2).unwrap();
    soon(told(&*watcher, &mut last));
    // What came while nobody waited is told to the next who does, and once to each.
    sync(&*writer, &users(4), 3);
    let mut other = last;
    soon(told(&*watcher, &mut last));
    soon(told(&*watcher, &mut other));
    assert!(!watcher.wait(&mut last, Duration::from_millis(50)));
}

/// A store that is opened to read is told too.
#[test]
fn readers_are_told_again_after_an_outage() {
    let database = Database::new();
    let writer = database.open();
    let watcher = open(&database.url(), Access::Read).unwrap();
    let mut last = 0;
    while watcher.wait(&mut last, Duration::from_millis(500)) {}
    database.end_sessions();
    // The loss itself is a reason to look, and so is the return.
    assert!(told(&*watcher, &mut last).is_some());
    while watcher.wait(&mut last, Duration::from_millis(900)) {}
    sync(&*writer, &users(3), 1);
    let took = told(&*watcher, &mut last).unwrap();
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[test]
fn a_restart_costs_the_run_in_progress_and_nothing_else() {
    let cluster = Cluster::start(None);
    let database = Database::on(&cluster.server);
    let store = database.open();
    sync(&*store, &users(3), 1);
    let all = users(9);
    let page: Vec<&str> = all.iter().map(String::as_str).collect();
    for (number, how) in ["restart", "crash"].into_iter().enumerate() {
        let now = 10 + number as i64;
        let lock = store.lock(ORG).unwrap();
        let mut run = store.begin(ORG, "plan", now, None).unwrap();
        store.stage(&mut run, &page).unwrap();
        store.finish_part(&mut run, "0", "").unwrap();
        cluster.control(how);
        if how == "crash" {
            let away = store.heads().unwrap_err();
            assert!(matches!(away, StoreError::Unreachable(_)), "{away:?}");
            assert!(store.stage(&mut run, &page).is_err());
            cluster.control("start");
        }
        let error = store.publish(run, "", now, &Breaker::OFF).unwrap_err();
        assert!(matches!(error, StoreError::LockLost { .. }), "{error:?}");
        drop(lock);
        assert_eq!(store.snapshots(ORG).unwrap().len(), 1);
        // The next one goes on where that one was; no connection has to be opened by hand.
        let lock = store.lock(ORG).unwrap();
        let mut run = store.begin(ORG, "plan", now, Some(0)).unwrap();
        // A crash may cost the last moments of what was staged, and so the run.
        assert!(run.resumed() || how == "crash");
        store.stage(&mut run, &page).unwrap();
        assert_eq!(store.seen(&run), 9);
        store.abandon(run).unwrap();
        drop(lock);
        assert_eq!(ids(&*store).len(), 3);
    }
}
