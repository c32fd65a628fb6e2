//! The SQLite file: whose it is, which schema it has, who may read it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use headcount_core::field::Projection;
use headcount_store::{Access, CredentialKind, StoreError, open};
use rusqlite::Connection;

use crate::{
    access,
    org::{Home, ORG, Place, ids, roster, sync, users},
};

fn error(place: &Place, access: Access) -> StoreError {
    match open(&place.url(), access) {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    }
}

#[test]
fn reading_needs_a_store() {
    let place = Place::new();
    let missing = error(&place, Access::Read);
    assert!(matches!(missing, StoreError::NoStore { .. }));
    assert!(missing.hint().is_some());
    assert!(!place.path().exists(), "reading makes no file");
    fs::write(place.path(), "").unwrap();
    assert!(matches!(
        error(&place, Access::Read),
        StoreError::NoStore { .. }
    ));
    sync(&*place.open(), &users(3), 1);
    let reader = open(&place.url(), Access::Read).unwrap();
    assert_eq!(ids(&*reader).len(), 3);
    assert!(matches!(
        reader.begin(ORG, "", 1, None),
        Err(StoreError::ReadOnly(_))
    ));
}

#[test]
fn other_kinds_of_url_are_refused() {
    let Err(error) = open("mysql://localhost/x", Access::Write) else {
        panic!("opened");
    };
    assert_eq!(
        error.to_string(),
        "stores of kind \"mysql\" are not in this version"
    );
    assert!(error.hint().is_some());
}

#[test]
fn a_bare_path_is_a_store_too() {
    let place = Place::new();
    let store = open(&place.path().to_string_lossy(), Access::Write).unwrap();
    assert_eq!(store.orgs().unwrap(), [""; 0]);
}

#[test]
fn files_of_others_are_left_alone() {
    for (name, content) in [
        ("garbage", b"hello world, this is text\n".repeat(99)),
        ("short", b"x".to_vec()),
    ] {
        let place = Place::new();
        fs::write(place.path(), &content).unwrap();
        for access in [Access::Write, Access::Read] {
            let error = error(&place, access);
            assert!(
                matches!(error, StoreError::NotAStore { .. }),
                "{name}: {error:?}"
            );
        }
        assert_eq!(fs::read(place.path()).unwrap(), content);
    }
    let place = Place::new();
    let foreign = Connection::open(place.path()).unwrap();
    foreign
        .execute_batch("CREATE TABLE mine (x); INSERT INTO mine VALUES (1)")
        .unwrap();
    drop(foreign);
    let before = fs::read(place.path()).unwrap();
    assert!(matches!(
        error(&place, Access::Write),
        StoreError::NotAStore { .. }
    ));
    assert_eq!(fs::read(place.path()).unwrap(), before);
}

#[test]
fn a_newer_schema_is_refused() {
    let place = Place::new();
    sync(&*place.open(), &users(3), 1);
    let raw = Connection::open(place.path()).unwrap();
    raw.pragma_update(None, "user_version", 99).unwrap();
    drop(raw);
    for access in [Access::Write, Access::Read] {
        let error = error(&place, access);
        assert!(
            matches!(error, StoreError::NewerSchema { found: 99, .. }),
            "{error:?}"
        );
    }
}

#[test]
fn a_damaged_store_is_told() {
    let place = Place::new();
    sync(&*place.open(), &users(2000), 1);
    let mut bytes = fs::read(place.path()).unwrap();
    for byte in bytes.iter_mut().skip(16_384) {
        *byte = 0x5a;
    }
    fs::write(place.path(), bytes).unwrap();
    let store = open(&place.url(), Access::Read).unwrap();
    let read = store.read(ORG, None, &Projection::all(), &mut |_, _| {});
    assert!(matches!(read, Err(StoreError::Corrupt(_))), "{read:?}");
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let store = place.open();
    let _lock = store.lock(ORG).unwrap();
    let mut run = store.begin(ORG, "plan", 1, None).unwrap();
    store.stage(&mut run, &[&users(1)[0]]).unwrap();
    let mut files = 0;
    for entry in fs::read_dir(place.directory.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.file_name());
        files += 1;
    }
    assert_eq!(files, 4, "the store, its log, the log's index and the lock");
}

#[test]
fn dropped_runs_leave_no_document() {
    let place = Place::new();
    let store = place.open();
    sync(&*store, &users(50), 1);
    for plan in ["a", "b"] {
        let mut run = store.begin(ORG, plan, 2, None).unwrap();
        for user in users(80) {
            store.stage(&mut run, &[&user]).unwrap();
        }
    }
    sync(&*store, &users(40), 3);
    drop(store);
    let raw = Connection::open(place.path()).unwrap();
    let orphans: i64 = raw
        .query_row(
            "SELECT count(*) FROM document WHERE doc NOT IN
             (SELECT doc FROM version_open UNION SELECT doc FROM version_closed)",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(orphans, 0);
    let shown: (i64, i64) = raw
        .query_row(
            "SELECT (SELECT count(*) FROM version), (SELECT count(*) FROM user_current)",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(shown, (50, 40));
}

/// A store as version 1 of the schema left it; every later program must read and continue it.
#[test]
fn schema_1_is_opened_and_continued() {
    let place = Place::new();
    fs::copy(fixture(1), place.path()).unwrap();
    let store = place.open();
    assert_eq!(roster(&*store, Some(1000)).len(), 5);
    assert_eq!(roster(&*store, Some(2000)).len(), 4);
    let mut versions = 0;
    store
        .history(ORG, None, None, &mut |_| versions += 1)
        .unwrap();
    assert_eq!(versions, 6);
    let summary = sync(&*store, &users(5), 3000);
    assert_eq!(
        (summary.previous_users, summary.returned, summary.changed),
        (4, 1, 1)
    );
    assert_eq!(store.capabilities(ORG).unwrap().as_deref(), Some("{}"));
    let access = store.access().unwrap();
    assert_eq!((access.revision, access.credentials.len()), (1, 0));
}

/// A store as version 2 of the schema left it.
#[test]
fn schema_2_is_opened_and_continued() {
    let place = Place::new();
    fs::copy(fixture(2), place.path()).unwrap();
    let before = open(&place.url(), Access::Read).unwrap().access().unwrap();
    assert_eq!(before.revision, 4);
    let [client, token] = &*before.credentials else {
        panic!("{before:?}");
    };
    assert_eq!(
        (client.kind, client.revoked_ms),
        (CredentialKind::Client, Some(2000))
    );
    assert_eq!(*token, access::token(ORG, "fixture"));
    let store = place.open();
    assert_eq!(store.access().unwrap(), before, "the key is kept too");
    assert_eq!(roster(&*store, Some(1000)).len(), 5);
    sync(&*store, &users(5), 3000);
    store.add_credential(&access::token(ORG, "later")).unwrap();
    assert_eq!(store.access().unwrap().credentials.len(), 3);
}

/// A store as version 3 of the schema left it.
#[test]
fn schema_3_is_opened_and_continued() {
    let place = Place::new();
    fs::copy(fixture(3), place.path()).unwrap();
    let reader = open(&place.url(), Access::Read).unwrap();
    let store = place.open();
    for store in [&reader, &store] {
        let forgotten = store.forgotten(ORG).unwrap();
        assert_eq!(
            (&*forgotten[0].user_id, forgotten[0].versions),
            ("u00001", 1)
        );
        assert_eq!(store.heads().unwrap().erased, 1);
        assert_eq!(roster(&**store, None)[1].1.get("name"), None);
    }
    let summary = sync(&*store, &users(5), 3000);
    assert_eq!((summary.returned, summary.changed), (1, 1));
    assert_eq!(roster(&*store, None)[1].1.get("name"), None);
}

/// Whoever may only read can't migrate: a new version of the program reads the old schema, and
/// takes notice when somebody else brought it to the new one.
#[test]
fn schema_1_is_read_before_anybody_migrates_it() {
    let place = Place::new();
    fs::copy(fixture(1), place.path()).unwrap();
    let reader = open(&place.url(), Access::Read).unwrap();
    assert_eq!(ids(&*reader).len(), 4);
    assert_eq!(roster(&*reader, Some(1000)).len(), 5);
    assert_eq!(reader.orgs().unwrap(), [ORG]);
    assert_eq!(reader.snapshots(ORG).unwrap().len(), 2);
    let nobody = reader.access().unwrap();
    assert_eq!((nobody.revision, nobody.credentials.len()), (0, 0));
    let heads = reader.heads().unwrap();
    assert_eq!(
        (heads.access, &*heads.snapshots),
        (0, &[(ORG.to_owned(), 2)][..])
    );
    assert_eq!(
        fs::read(place.path()).unwrap(),
        fs::read(fixture(1)).unwrap()
    );

    let token = access::token(ORG, "first");
    place.open().add_credential(&token).unwrap();
    assert_eq!(reader.heads().unwrap().access, 2);
    assert_eq!(reader.forgotten(ORG).unwrap(), []);
    assert_eq!(reader.access().unwrap().credentials, [token]);
    assert_eq!(ids(&*reader).len(), 4);
}

#[test]
fn each_store_has_a_key_of_its_own_and_keeps_it() {
    let key = |place: &Place| place.open().access().unwrap().signing_key;
    let (first, second) = (Place::new(), Place::new());
    assert_ne!(key(&first), key(&second));
    assert_eq!(key(&first), key(&first));
    assert_ne!(key(&first), [0; 32]);
}

fn fixture(schema: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/schema-{schema}.db"))
}

/// Makes the fixture of the newest schema. Run by hand, once for each:
/// `cargo test -p headcount-store --test it -- --ignored make_fixture`.
#[test]
#[ignore = "writes a fixture"]
fn make_fixture() {
    let place = Place::new();
    let store = place.open();
    let mut all = users(5);
    sync(&*store, &all, 1000);
    all.truncate(4);
    all[0] = crate::org::user("u00000", "inactive", "d", "Agent", 2);
    sync(&*store, &all, 2000);
    store.set_capabilities(ORG, "{}", 2000).unwrap();
    store
        .add_credential(&access::client(ORG, "fixture-client"))
        .unwrap();
    store
        .add_credential(&access::token(ORG, "fixture"))
        .unwrap();
    store
        .revoke_credential(ORG, "fixture-client", 2000)
        .unwrap();
    store.forget(ORG, "u00001", 2000).unwrap();
    drop(store);
    fs::copy(place.path(), fixture(3)).unwrap();
}
