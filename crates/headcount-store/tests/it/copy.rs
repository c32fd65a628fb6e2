//! Copies between stores: everything arrives, either way, or nothing.

use headcount_core::{field::Projection, history::Version};
use headcount_store::{
    Breaker, Outcome, Record, Store, StoreError, copy,
    facts::{self, FactStore, FactsError, KeptDay},
};

use crate::{
    access,
    database::Database,
    facts::{KIND, TUESDAY, day, fact},
    org::{Home, ORG, Place, ids, roster, sync, sync_guarded, user, users},
};

/// A store in which something of each kind is.
fn fill(store: &dyn Store) {
    let mut all = users(1500);
    sync(store, &all, 1000);
    all.truncate(1400);
    for (index, document) in all.iter_mut().enumerate().take(300) {
        *document = user(&format!("u{index:05}"), "inactive", "e", "Lead", 2);
    }
    sync(store, &all, 2000);
    // Only volatile parts, and a formatting of its own.
    all[500] = " {\"id\":\"u00500\",\"state\":\"active\",\"title\":\"\\u0000\",\"version\":9}\n"
        .to_owned();
    all.push(user("u01450", "active", "d", "Agent", 3));
    sync(store, &all, 3000);
    store
        .set_capabilities(ORG, r#"{"window":9}"#, 2500)
        .unwrap();
    for credential in [
        access::client(ORG, "client"),
        access::token(ORG, "token"),
        access::token("no users", "other"),
    ] {
        store.add_credential(&credential).unwrap();
    }
    store.revoke_credential(ORG, "client", 4000).unwrap();
    store.forget(ORG, "u00007", 4500).unwrap();
    let mut run = store.begin("second", "plan", 1, None).unwrap();
    store
        .stage(&mut run, &[&user("a", "active", "d", "x", 1)])
        .unwrap();
    store.publish(run, "also proved", 1, &Breaker::OFF).unwrap();
}

/// All that can be seen of a store, but for its runs.
fn seen(store: &dyn Store) -> impl PartialEq + std::fmt::Debug {
    let orgs = store.orgs().unwrap();
    let of_org = |org: &String| {
        let mut documents = Vec::new();
        let mut versions: Vec<Version> = Vec::new();
        let read = store.read(org, None, &Projection::all(), &mut |user, document| {
            documents.push((user.clone().into_owned().name, document.unwrap().to_owned()));
        });
        store
            .history(org, None, None, &mut |version| versions.push(version))
            .unwrap();
        let certificates: Vec<_> = store
            .snapshots(org)
            .unwrap()
            .into_iter()
            .map(|snapshot| (store.certificate(org, snapshot.id).unwrap(), snapshot))
            .collect();
        (
            read.ok(),
            documents,
            versions,
            certificates,
            store.forgotten(org).unwrap(),
            store.capabilities(org).unwrap(),
        )
    };
    let all: Vec<_> = orgs.iter().map(of_org).collect();
    (orgs, all, store.access().unwrap(), store.heads().unwrap())
}

#[test]
fn everything_goes_there_and_back() {
    let (file, database, back) = (Place::new(), Database::new(), Place::new());
    let (first, second, third) = (file.open(), database.open(), back.open());
    fill(&*first);
    let there = copy(&*first, &*second).unwrap();
    assert_eq!((there.orgs, there.snapshots, there.credentials), (3, 4, 3));
    let back = copy(&*second, &*third).unwrap();
    assert_eq!(there, back, "figures and digest are the same");
    let before = seen(&*first);
    assert_eq!(before, seen(&*third));
    // Columns cannot hold U+0000 there; all the rest is the same.
    assert_eq!(roster(&*second, Some(2000)), roster(&*first, Some(2000)));
    assert_eq!(second.access().unwrap(), first.access().unwrap());
    assert_eq!(second.heads().unwrap(), first.heads().unwrap());
    // All three go on alike.
    for store in [&first, &second, &third] {
        let summary = sync(&**store, &users(1500), 5000);
        assert_eq!(
            (summary.previous_users, summary.returned, summary.changed),
            (1401, 99, 301)
        );
        assert_eq!(ids(&**store).len(), 1500);
    }
    assert_eq!(second.heads().unwrap(), first.heads().unwrap());
    assert_eq!(seen(&*third), seen(&*first));
}

#[test]
fn facts_go_there_and_back() {
    let (file, database, back) = (Place::new(), Database::new(), Place::new());
    database.open();
    let of = |url: &str| FactStore::open(url, "").unwrap();
    let (first, second, third) = (of(&file.url()), of(&database.url()), of(&back.url()));
    let (tuesday, wednesday) = (day(TUESDAY), day(TUESDAY.tomorrow().unwrap()));
    let facts = vec![fact("a", 1, 7), fact("b", 2, 9), fact("a", 3, 1)];
    for org in ["Acme", "A/.. Ü"] {
        let first = first.of(org);
        first.replace(KIND, tuesday.clone(), facts.clone()).unwrap();
        first.replace(KIND, wednesday.clone(), vec![]).unwrap();
    }
    let copied = facts::copy(&first, &second).unwrap();
    assert_eq!((copied.days, copied.facts), (4, 6));
    assert_eq!(facts::copy(&second, &third).unwrap(), copied);
    assert_eq!(third.orgs().unwrap(), ["A/.. Ü", "Acme"]);
    for org in ["Acme", "A/.. Ü"] {
        let days = |store: &FactStore| -> Vec<KeptDay> {
            let mut days = store.of(org).list(KIND).unwrap();
            days.iter_mut().for_each(|day| day.path = None);
            days
        };
        assert_eq!(days(&third), days(&first));
    }
    let again = facts::copy(&first, &second).unwrap_err();
    assert!(
        matches!(again, FactsError::Store(StoreError::NotEmpty)),
        "{again:?}"
    );
}

#[test]
fn what_is_there_is_not_mixed_with_what_comes() {
    let (file, database) = (Place::new(), Database::new());
    let (file, database) = (file.open(), database.open());
    sync(&*file, &users(3), 1);
    sync(&*database, &users(4), 1);
    for (from, to) in [(&file, &database), (&database, &file)] {
        let error = copy(&**from, &**to).unwrap_err();
        assert!(matches!(error, StoreError::NotEmpty), "{error:?}");
        assert!(error.hint().is_some());
    }
    assert_eq!((ids(&*file).len(), ids(&*database).len()), (3, 4));
    let (with_token, empty) = (Place::new(), Database::new());
    let with_token = with_token.open();
    with_token.add_credential(&access::token(ORG, "a")).unwrap();
    let error = copy(&*empty.open(), &*with_token).unwrap_err();
    assert!(matches!(error, StoreError::NotEmpty), "{error:?}");
}

#[test]
fn a_copy_that_breaks_off_leaves_nothing() {
    let (source, file, database) = (Place::new(), Place::new(), Database::new());
    let source = source.open();
    fill(&*source);
    for target in [file.open(), database.open()] {
        let key = target.access().unwrap().signing_key;
        let mut left = 1200;
        let error = target
            .import(&mut |sink| {
                source.export(&mut |record| {
                    left -= 1;
                    match left {
                        0 => Err(StoreError::NoRandomness),
                        _ => sink(record),
                    }
                })
            })
            .unwrap_err();
        assert!(matches!(error, StoreError::NoRandomness), "{error:?}");
        assert_eq!(target.orgs().unwrap(), [""; 0]);
        assert_eq!(target.access().unwrap().signing_key, key);
        copy(&*source, &*target).unwrap();
    }
}

#[test]
fn runs_stay_behind_and_are_told() {
    let (file, database) = (Place::new(), Database::new());
    let (file, database) = (file.open(), database.open());
    sync(&*file, &users(100), 1);
    assert!(matches!(
        sync_guarded(&*file, &users(10), 2, &Breaker::default()),
        Outcome::Held(_)
    ));
    assert_eq!(file.unfinished().unwrap(), [ORG]);
    copy(&*file, &*database).unwrap();
    assert_eq!(database.unfinished().unwrap(), [""; 0]);
    assert_eq!(database.accept(ORG, 3).unwrap(), None);
    assert_eq!(ids(&*database).len(), 100);
}

/// The digest sees every member of every record.
#[test]
fn a_copy_that_differs_is_told() {
    let source = Place::new();
    let source = source.open();
    sync(&*source, &users(2), 1);
    // A store that loses one version on its way in.
    let target = Place::new();
    let target = target.open();
    target
        .import(&mut |sink| {
            source.export(&mut |record| match record {
                Record::Version { document, .. } if document.contains("u00001") => Ok(()),
                record => sink(record),
            })
        })
        .unwrap();
    let whole = Place::new();
    let figures = copy(&*source, &*whole.open()).unwrap();
    let other = Place::new();
    let less = copy(&*target, &*other.open()).unwrap();
    assert_ne!(figures.digest, less.digest);
    assert_eq!((figures.versions, less.versions), (2, 1));
}
