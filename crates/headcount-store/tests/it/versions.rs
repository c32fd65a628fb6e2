//! What every store tells of earlier versions.

use headcount_core::field::{Column, Projection};
use headcount_store::{Breaker, Store, StoreError};

use crate::org::{ORG, sync, user};

pub(crate) fn history_since_a_time(store: &dyn Store) {
    let of = |id: &str, title: &str| user(id, "active", "d", title, 1);
    sync(store, &[of("a", "1"), of("b", "1"), of("c", "1")], 10);
    sync(store, &[of("a", "1"), of("b", "2")], 20);
    sync(store, &[of("a", "1"), of("b", "2"), of("c", "1")], 30);
    let told = |user: Option<&str>, since| {
        let mut rows = Vec::new();
        store
            .history(ORG, user, since, &mut |version| {
                rows.push((version.user_id, version.valid_from, version.valid_to));
            })
            .unwrap();
        rows
    };
    let row = |id: &str, from, to| (id.to_owned(), from, to);
    let (b, c) = (
        [row("b", 10, Some(20)), row("b", 20, None)],
        [row("c", 10, Some(20)), row("c", 30, None)],
    );
    assert_eq!(told(None, Some(20)), [b.clone(), c.clone()].concat());
    assert_eq!(told(None, Some(21)), c);
    assert_eq!(told(Some("b"), None), b);
    assert_eq!(told(Some("a"), Some(11)), []);
    assert_eq!(told(None, None).len(), 5);
}

pub(crate) fn versions_are_read_at_once(store: &dyn Store) {
    let want = Projection::none().with(Column::Title);
    let nobody = store.versions(ORG, &want, &mut |_| panic!("nobody is there"));
    assert!(matches!(nobody, Err(StoreError::NoSnapshot { .. })));
    let of = |id: &str, title: &str, version| user(id, "active", "d", title, version);
    sync(
        store,
        &[of("b", "1", 1), of("a", "1", 1), of("c", "1", 1)],
        10,
    );
    sync(store, &[of("b", "2", 2), of("a", "1", 9)], 20);
    sync(
        store,
        &[of("b", "2", 2), of("a", "1", 9), of("c", "1", 1)],
        30,
    );
    // Another org, and what is staged alone, are not seen.
    let mut run = store.begin("other", "plan", 1, None).unwrap();
    store.stage(&mut run, &[&of("z", "1", 1)]).unwrap();
    store.publish(run, "", 1, &Breaker::OFF).unwrap();
    let mut run = store.begin(ORG, "plan", 40, None).unwrap();
    store.stage(&mut run, &[&of("y", "1", 1)]).unwrap();
    for (want, documents) in [(want, false), (Projection::all(), true)] {
        let mut told = Vec::new();
        let snapshot = store
            .versions(ORG, &want, &mut |version| {
                let user = version.user;
                assert_eq!(user.version, None);
                assert_eq!(user.department.is_some(), documents);
                assert_eq!(version.document.is_some(), documents);
                if let Some(document) = version.document {
                    assert!(!document.contains("\"version\""), "{document}");
                }
                let title = user.title.as_deref().unwrap().to_owned();
                told.push((
                    user.id.to_string(),
                    title,
                    version.valid_from,
                    version.valid_to,
                ));
            })
            .unwrap();
        let row = |id: &str, title: &str, from, to| (id.to_owned(), title.to_owned(), from, to);
        assert_eq!(
            told,
            [
                row("a", "1", 10, None),
                row("b", "1", 10, Some(20)),
                row("b", "2", 20, None),
                row("c", "1", 10, Some(20)),
                row("c", "1", 30, None),
            ]
        );
        assert_eq!((snapshot.published_ms, snapshot.users), (30, 3));
        assert_eq!(Some(snapshot), store.snapshots(ORG).unwrap().pop());
    }
}
