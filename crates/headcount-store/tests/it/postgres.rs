//! The database: whose it is, which schema it has, and what it says when it does not work.

use std::{fs, sync::Arc, thread, time::Duration};

use headcount_core::field::Projection;
use headcount_store::{Access, Store, StoreError, open};
use rcgen::{CertificateParams, Issuer, KeyPair};

use crate::{
    database::{Cluster, Database},
    org::{Home, ORG, ids, sync, user, users},
};

fn error(url: &str, access: Access) -> StoreError {
    match open(url, access) {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    }
}

fn open_with(database: &Database, parameters: &str) -> Arc<dyn Store> {
    open(&database.with(parameters), Access::Write).unwrap()
}

/// Everything that an error tells, with its causes.
fn told(error: &StoreError) -> String {
    let mut text = format!("{error:?} {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(" {error}"));
        cause = error.source();
    }
    text
}

#[test]
fn reading_needs_a_store() {
    let database = Database::new();
    let missing = error(&database.url(), Access::Read);
    assert!(matches!(missing, StoreError::NoStore { .. }), "{missing:?}");
    assert!(missing.hint().is_some());
    let schemas: i64 = database
        .raw()
        .query_one(
            "SELECT count(*) FROM pg_namespace WHERE nspname = 'headcount'",
            &[],
        )
        .unwrap()
        .get(0);
    assert_eq!(schemas, 0, "reading makes nothing");
    sync(&*database.open(), &users(3), 1);
    let reader = open(&database.url(), Access::Read).unwrap();
    assert_eq!(ids(&*reader).len(), 3);
    for error in [
        reader.begin(ORG, "", 1, None).err(),
        reader.lock(ORG).err(),
        reader.set_capabilities(ORG, "{}", 1).err(),
    ] {
        assert!(matches!(error, Some(StoreError::ReadOnly(_))), "{error:?}");
    }
}

#[test]
fn what_others_have_is_left_alone() {
    let database = Database::new();
    database
        .raw()
        .batch_execute(
            "CREATE TABLE public.version (mine int);
             CREATE SCHEMA theirs; CREATE TABLE theirs.org (x int)",
        )
        .unwrap();
    // Tables of others beside ours are nothing to us; a schema of theirs is.
    let foreign = error(&database.with("schema=theirs"), Access::Write);
    assert!(
        matches!(foreign, StoreError::NotAStore { .. }),
        "{foreign:?}"
    );
    sync(&*database.open(), &users(3), 1);
    // Two stores in one database.
    let second = open_with(&database, "schema=second");
    assert_eq!(second.orgs().unwrap(), [""; 0]);
    let _lock = database.open().lock(ORG).unwrap();
    second.lock(ORG).unwrap();
    sync(&*second, &users(2), 1);
    assert_eq!((ids(&*database.open()).len(), ids(&*second).len()), (3, 2));
}

#[test]
fn other_schemas_are_refused() {
    let database = Database::new();
    database.open();
    let set = |version: i64| {
        let sql = "UPDATE headcount_schema SET version = $1";
        database.raw().execute(sql, &[&version]).unwrap();
    };
    set(99);
    for access in [Access::Write, Access::Read] {
        let error = error(&database.url(), access);
        assert!(
            matches!(error, StoreError::NewerSchema { found: 99, .. }),
            "{error:?}"
        );
    }
    set(1);
    let older = error(&database.url(), Access::Read);
    assert!(
        matches!(older, StoreError::OlderSchema { found: 1, .. }),
        "{older:?}"
    );
}

#[test]
fn many_may_make_the_store_at_once() {
    let database = Database::new();
    thread::scope(|scope| {
        let opened: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| database.open().access().unwrap().signing_key))
            .collect();
        let keys: Vec<_> = opened
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect();
        assert!(keys.iter().all(|key| *key == keys[0]), "one key for all");
    });
}

#[test]
fn views_show_versions_to_people() {
    let database = Database::new();
    let store = database.open();
    sync(&*store, &users(50), 1);
    for plan in ["a", "b"] {
        let mut run = store.begin(ORG, plan, 2, None).unwrap();
        for user in users(80) {
            store.stage(&mut run, &[&user]).unwrap();
        }
    }
    sync(&*store, &users(40), 3);
    let row = database
        .raw()
        .query_one(
            "SELECT (SELECT count(*) FROM version), (SELECT count(*) FROM user_current),
                 (SELECT count(*) FROM document WHERE doc NOT IN
                  (SELECT doc FROM version_open UNION SELECT doc FROM version_closed))",
            &[],
        )
        .unwrap();
    let counts: [i64; 3] = [row.get(0), row.get(1), row.get(2)];
    assert_eq!(counts, [50, 40, 0], "dropped runs leave no document");
}

/// PostgreSQL has no U+0000 in a text. The document keeps it, as the escape that it is; what is
/// asked for by name comes without.
#[test]
fn zero_characters_stay_in_the_document() {
    let database = Database::new();
    let store = database.open();
    let document = r#"{"id":"a","name":"N\u0000n","title":"\u0000"}"#;
    for (now, document) in [
        (1, document.to_owned()),
        (2, document.replace("Nn", "Mm")),
        (3, document.to_owned()),
    ] {
        sync(&*store, std::slice::from_ref(&document), now);
        let mut got = Vec::new();
        store
            .read(ORG, None, &Projection::all(), &mut |user, document| {
                let name = user.name.as_deref().map(str::to_owned);
                got.push((name, document.unwrap().to_owned()));
            })
            .unwrap();
        assert_eq!(got, [(Some("Nn".to_owned()), document)]);
    }
    assert_eq!(store.snapshots(ORG).unwrap().len(), 3);
}

#[test]
fn a_login_that_is_refused_is_told_without_its_password() {
    let database = Database::new();
    database.raw().batch_execute("CREATE ROLE guest LOGIN").ok();
    let url = database.url().replace("tests@", "guest:hush-hush@");
    // The role may log in, but neither make a schema nor read one.
    let refused = error(&url, Access::Write);
    assert!(matches!(refused, StoreError::NotAllowed(_)), "{refused:?}");
    database.open();
    let unread = error(&url, Access::Read);
    assert!(matches!(unread, StoreError::NotAllowed(_)), "{unread:?}");
    let nobody = database.url().replace("tests@", "nobody:hush-hush@");
    let unknown = error(&nobody, Access::Write);
    assert!(matches!(unknown, StoreError::NotAllowed(_)), "{unknown:?}");
    let nowhere = error("postgres://me:hush-hush@127.0.0.1:1/people", Access::Write);
    assert!(matches!(nowhere, StoreError::Unreachable(_)), "{nowhere:?}");
    let missing = error(&format!("{}_missing", database.url()), Access::Write);
    assert!(matches!(missing, StoreError::Unreachable(_)), "{missing:?}");
    for error in [refused, unread, unknown, nowhere, missing] {
        assert!(error.hint().is_some(), "{error}");
        assert!(!told(&error).contains("hush"), "{}", told(&error));
    }
}

/// The rights that docs/operations.md lists, and no others.
#[test]
fn the_rights_that_are_documented_are_enough() {
    let database = Database::new();
    let mut raw = database.raw();
    let name = database.url().rsplit('/').next().unwrap().to_owned();
    let (writer, reader) = (format!("{name}_writer"), format!("{name}_reader"));
    raw.batch_execute(&format!(
        "CREATE ROLE {writer} LOGIN; CREATE ROLE {reader} LOGIN;
         CREATE SCHEMA headcount; ALTER SCHEMA headcount OWNER TO {writer}"
    ))
    .unwrap();
    let of = |role: &str| database.url().replace("tests@", &format!("{role}@"));
    let store = open(&of(&writer), Access::Write).unwrap();
    let lock = store.lock(ORG).unwrap();
    sync(&*store, &users(30), 1);
    sync(&*store, &users(20), 2);
    drop(lock);
    raw.batch_execute(&format!(
        "GRANT USAGE ON SCHEMA headcount TO {reader};
         GRANT SELECT ON ALL TABLES IN SCHEMA headcount TO {reader}"
    ))
    .unwrap();
    let serving = open(&of(&reader), Access::Read).unwrap();
    assert_eq!(ids(&*serving).len(), 20);
    assert_eq!(serving.heads().unwrap(), store.heads().unwrap());
    assert_eq!(serving.access().unwrap(), store.access().unwrap());
    let mut last = 0;
    while serving.wait(&mut last, Duration::from_millis(500)) {}
    sync(&*store, &users(25), 3);
    assert!(serving.wait(&mut last, Duration::from_secs(10)), "not told");
    drop((store, serving));
    raw.batch_execute(&format!(
        "DROP OWNED BY {writer}, {reader}; DROP ROLE {writer}; DROP ROLE {reader}"
    ))
    .unwrap();
}

/// A complaint about data quotes it: nothing of that is told.
#[test]
fn values_stay_out_of_errors() {
    let database = Database::new();
    let store = database.open();
    sync(&*store, &[user("a", "active", "d", "Agent", 1)], 1);
    let mut raw = database.raw();
    for sql in [
        "INSERT INTO org (name) VALUES ('Jane Doe'), ('Jane Doe')",
        "SELECT 'Jane Doe'::bigint",
        "UPDATE version_open SET state = NULL, name = 'Jane Doe'",
    ] {
        let error = StoreError::from(raw.batch_execute(sql).unwrap_err());
        let text = told(&error);
        assert!(text.contains("SQLSTATE"), "{text}");
        assert!(!text.contains("Jane"), "{text}");
    }
}

#[test]
fn a_statement_that_takes_too_long_is_given_up() {
    let database = Database::new();
    sync(&*database.open(), &users(3), 1);
    let store = open_with(&database, "statement_timeout=1");
    let mut raw = database.raw();
    let mut other = raw.transaction().unwrap();
    other.execute("SELECT FROM org FOR UPDATE", &[]).unwrap();
    let error = store.set_capabilities(ORG, "{}", 1).unwrap_err();
    assert!(matches!(error, StoreError::Busy(_)), "{error:?}");
    assert_eq!(ids(&*store).len(), 3, "readers wait for nobody");
    other.rollback().unwrap();
    store.set_capabilities(ORG, "{}", 1).unwrap();
}

#[test]
fn the_pool_is_bounded() {
    let database = Database::new();
    let store = open_with(&database, "pool=2&pool_timeout=1");
    sync(&*store, &users(1), 1);
    let nested =
        |inner: &mut dyn FnMut()| store.read(ORG, None, &Projection::all(), &mut |_, _| inner());
    let mut refused = 0;
    nested(&mut || {
        nested(&mut || match store.snapshots(ORG) {
            Err(error @ StoreError::Busy(_)) => {
                assert!(told(&error).contains("all 2 connections"), "{error:?}");
                refused += 1;
            }
            other => panic!("{other:?}"),
        })
        .unwrap();
    })
    .unwrap();
    assert_eq!(refused, 1);
    // All came back; a hundred more are served by the same two.
    for _ in 0..100 {
        assert_eq!(store.snapshots(ORG).unwrap().len(), 1);
    }
    let sessions: i64 = database
        .raw()
        .query_one(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'headcount'",
            &[],
        )
        .unwrap()
        .get(0);
    assert_eq!(sessions, 2);
}

#[test]
fn connections_that_died_while_idle_are_replaced() {
    let database = Database::new();
    let store = database.open();
    sync(&*store, &users(3), 1);
    for _ in 0..3 {
        database.end_sessions();
        assert_eq!(ids(&*store).len(), 3);
    }
}

#[test]
fn a_database_of_another_encoding_is_refused() {
    let database = Database::new();
    let latin = format!("{}_latin", database.url().rsplit('/').next().unwrap());
    database
        .raw()
        .batch_execute(&format!(
            "CREATE DATABASE {latin} ENCODING 'LATIN1' TEMPLATE template0"
        ))
        .unwrap();
    let error = error(&format!("{}_latin", database.url()), Access::Write);
    database
        .raw()
        .batch_execute(&format!("DROP DATABASE {latin} WITH (FORCE)"))
        .unwrap();
    assert_eq!(
        error.to_string(),
        "the database keeps texts as LATIN1, not as UTF8"
    );
}

#[test]
fn tls_is_asked_for_as_far_as_the_url_says() {
    let directory = tempfile::tempdir().unwrap();
    let authority = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        let path = directory.path().join(name);
        fs::write(&path, certificate.pem()).unwrap();
        (Issuer::new(params, key), path)
    };
    let (issuer, root) = authority("root.pem");
    let (_, other) = authority("other.pem");
    let key = KeyPair::generate().unwrap();
    let named = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = named.signed_by(&key, &issuer).unwrap();
    let (pem, private) = (
        directory.path().join("server.pem"),
        directory.path().join("server.key"),
    );
    fs::write(&pem, certificate.pem()).unwrap();
    fs::write(&private, key.serialize_pem()).unwrap();
    let cluster = Cluster::start(Some((&pem, &private)));
    let database = Database::on(&cluster.server);
    let reach = |host: &str, parameters: &str| {
        let url = database.with(parameters).replace("127.0.0.1", host);
        open(&url, Access::Write).map(|store| store.orgs().unwrap().len())
    };
    let (root, other) = (root.display(), other.display());
    for (host, parameters) in [
        ("127.0.0.1", "sslmode=disable".to_owned()),
        ("127.0.0.1", "sslmode=prefer".to_owned()),
        ("127.0.0.1", "sslmode=require".to_owned()),
        ("127.0.0.1", format!("sslmode=require&sslrootcert={root}")),
        ("127.0.0.1", format!("sslmode=verify-ca&sslrootcert={root}")),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={root}"),
        ),
    ] {
        reach(host, &parameters).unwrap_or_else(|error| panic!("{parameters}: {error:?}"));
    }
    for (host, parameters) in [
        // The wrong authority, those of the machine, and the wrong name.
        ("127.0.0.1", format!("sslmode=require&sslrootcert={other}")),
        (
            "127.0.0.1",
            format!("sslmode=verify-ca&sslrootcert={other}"),
        ),
        (
            "localhost",
            format!("sslmode=verify-full&sslrootcert={other}"),
        ),
        ("localhost", "sslmode=verify-full".to_owned()),
        (
            "127.0.0.1",
            format!("sslmode=verify-full&sslrootcert={root}"),
        ),
    ] {
        let error = reach(host, &parameters).unwrap_err();
        assert!(
            matches!(error, StoreError::Untrusted(_)),
            "{parameters}: {error:?}"
        );
    }
    let encrypted: bool = {
        let store = open_with(&database, "sslmode=require");
        store.orgs().unwrap();
        let mut raw = database.raw();
        raw.query_one(
            "SELECT bool_and(s.ssl) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
             WHERE a.datname = current_database() AND a.application_name = 'headcount'",
            &[],
        )
        .unwrap()
        .get(0)
    };
    assert!(encrypted);
    // One that speaks no TLS.
    let plain = Database::new();
    let error = error(&plain.with("sslmode=require"), Access::Write);
    assert!(matches!(error, StoreError::Untrusted(_)), "{error:?}");
}
