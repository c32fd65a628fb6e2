//! Processes that die: the store shows the old or the new snapshot whole, and the lock is free.
//!
//! The child is this test binary again, told by its environment to run one ignored test.

#![expect(
    clippy::disallowed_methods,
    reason = "the child process is told by its environment what to do"
)]

use std::{
    collections::BTreeMap,
    env, fs,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use headcount_store::{Access, Breaker, Credential, Store, StoreError, open};

use crate::{
    database::Database,
    org::{Home, ORG, Place, roster, user},
};

const STORE: &str = "HEADCOUNT_TEST_STORE";
/// File that a child makes when it holds the lock.
const READY: &str = "HEADCOUNT_TEST_READY";
const USERS: usize = 400;

fn child(test: &str, home: &dyn Home, ready: &Path) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .env(STORE, home.url())
        .env(READY, ready)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The title of a user in generation `number`; `None` when not in the org then.
fn title(index: usize, number: usize) -> Option<String> {
    let here = !(index + number).is_multiple_of(7);
    here.then(|| format!("T{}", number / (index % 3 + 1)))
}

fn generation(number: usize) -> Vec<String> {
    (0..USERS)
        .filter_map(|index| {
            let title = title(index, number)?;
            Some(user(
                &format!("u{index:05}"),
                "active",
                "d",
                &title,
                number as i64,
            ))
        })
        .collect()
}

/// Syncs one generation after the other, without end.
#[test]
#[ignore = "the child of killed_at_random_moments"]
fn sync_forever() {
    let Ok(url) = env::var(STORE) else {
        return;
    };
    let store = open(&url, Access::Write).unwrap();
    loop {
        let number = store.snapshots(ORG).unwrap().len() + 1;
        let documents = generation(number);
        let now = number as i64 * 1000;
        let mut run = store.begin(ORG, &number.to_string(), now, Some(0)).unwrap();
        for (part, documents) in documents.chunks(50).enumerate() {
            let part = part.to_string();
            if run.finished_parts().contains_key(&part) {
                continue;
            }
            let page: Vec<&str> = documents.iter().map(String::as_str).collect();
            store.stage(&mut run, &page).unwrap();
            store.finish_part(&mut run, &part, "").unwrap();
        }
        match store.add_credential(&token(number)) {
            // Added before the kill, which came before the publication.
            Ok(()) | Err(StoreError::IdTaken) => {}
            Err(error) => panic!("{error:?}"),
        }
        store.publish(run, "proved", now, &Breaker::OFF).unwrap();
    }
}

fn token(number: usize) -> Credential {
    crate::access::token(ORG, &format!("t{number:05}"))
}

#[test]
fn killed_at_random_moments() {
    kill_at_random_moments(&Place::new());
}

#[test]
fn killed_at_random_moments_in_postgres() {
    kill_at_random_moments(&Database::new());
}

fn kill_at_random_moments(home: &dyn Home) {
    home.open();
    let mut random = fastrand::Rng::with_seed(11);
    let mut before = 0;
    // More kills on a slow machine, where few children live long enough to publish.
    for kills in 0..400 {
        if kills >= 100 && before >= 10 {
            break;
        }
        let mut child = child("kill::sync_forever", home, Path::new(""));
        thread::sleep(Duration::from_millis(random.u64(15..90)));
        child.kill().unwrap();
        child.wait().unwrap();
        home.settle();
        before = check(home, before);
    }
    assert!(
        before >= 10,
        "only {before} generations were published: the kills came too early"
    );
}

/// The store shows one generation whole, its history all of them; gives how many there are.
fn check(home: &dyn Home, before: usize) -> usize {
    let store = home.open();
    let number = store.snapshots(ORG).unwrap().len();
    assert!(number >= before, "a published snapshot was lost");
    check_access(&*store, number);
    if number == 0 {
        return 0;
    }
    let titles: Vec<String> = roster(&*store, None)
        .into_iter()
        .map(|(_, user)| user["title"].as_str().unwrap().to_owned())
        .collect();
    let expected: Vec<String> = (0..USERS)
        .filter_map(|index| title(index, number))
        .collect();
    assert_eq!(titles, expected);
    let mut versions: BTreeMap<String, usize> = BTreeMap::new();
    store
        .history(ORG, None, None, &mut |version| {
            *versions.entry(version.user_id).or_default() += 1;
        })
        .unwrap();
    for index in 0..USERS {
        let mut expected = 0;
        let mut last = None;
        for number in 1..=number {
            let now = title(index, number);
            expected += usize::from(now.is_some() && now != last);
            last = now;
        }
        let told = versions.get(&format!("u{index:05}")).copied().unwrap_or(0);
        assert_eq!(told, expected, "user {index} in generation {number}");
    }
    number
}

/// The tokens of all generations are there, perhaps one more, each told by one step of the
/// revision.
fn check_access(store: &dyn Store, number: usize) {
    let access = store.access().unwrap();
    let tokens = access.credentials.len();
    assert!((number..=number + 1).contains(&tokens), "{tokens}");
    let expected: Vec<_> = (1..=tokens).map(token).collect();
    assert_eq!(access.credentials, expected);
    assert_eq!(access.revision, 1 + tokens as i64);
}

/// Takes the lock, says so by a file, and waits.
#[test]
#[ignore = "the child of a_dead_holder_frees_the_lock"]
fn hold_the_lock() {
    let (Ok(url), Some(ready)) = (env::var(STORE), env::var_os(READY)) else {
        return;
    };
    let store = open(&url, Access::Write).unwrap();
    let _lock = store.lock(ORG).unwrap();
    fs::write(ready, "").unwrap();
    thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_dead_holder_frees_the_lock() {
    frees_the_lock(&Place::new());
}

#[test]
fn a_dead_holder_frees_the_lock_in_postgres() {
    frees_the_lock(&Database::new());
}

fn frees_the_lock(home: &dyn Home) {
    let directory = tempfile::tempdir().unwrap();
    let ready = directory.path().join("ready");
    let store = home.open();
    let mut child = child("kill::hold_the_lock", home, &ready);
    for _ in 0..2000 {
        if ready.exists() {
            break;
        }
        thread::sleep(Duration::from_millis(5));
    }
    let Err(StoreError::Locked { pid, .. }) = store.lock(ORG) else {
        panic!("not locked by the child");
    };
    assert_eq!(pid, Some(child.id()));
    child.kill().unwrap();
    child.wait().unwrap();
    drop(store);
    home.settle();
    home.open().lock(ORG).unwrap();
}
