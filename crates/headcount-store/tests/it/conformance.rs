//! One function for each thing that every store does. A new backend adds a module like those below
//! that runs them all.

use headcount_core::field::{Column, Projection};
use headcount_store::{Access, Breaker, LossKind, Outcome, Staged, Store, StoreError, open};

use crate::{
    access::{
        an_id_is_taken_in_all_orgs, credentials_are_kept_as_they_were_given,
        heads_tell_every_change, revoking_is_for_good, secrets_stay_out_of_debug_texts,
    },
    forget::{
        forgetting_is_told_and_the_unknown_refused, later_syncs_bring_nothing_back,
        what_is_staged_or_held_is_erased, who_is_forgotten_is_nowhere_and_counts_on,
    },
    org::{Home, ORG, ids, roster, sync, sync_guarded, user, users},
    versions::{history_since_a_time, versions_are_read_at_once},
};

macro_rules! suite {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            use crate::org::{Home, Place};

            #[test]
            fn what_is_held_is_told_to_who_may_only_read() {
                super::what_is_held_is_told_to_who_may_only_read(&Place::new());
            }

            $(#[test]
            fn $name() {
                let place = Place::new();
                super::$name(&*place.open());
            })*
        }

        mod postgres {
            use crate::{database::Database, org::Home};

            #[test]
            fn what_is_held_is_told_to_who_may_only_read() {
                super::what_is_held_is_told_to_who_may_only_read(&Database::new());
            }

            $(#[test]
            fn $name() {
                let database = Database::new();
                super::$name(&*database.open());
            })*
        }
    };
}

suite!(
    documents_come_back_byte_for_byte,
    nothing_is_there_before_the_first_snapshot,
    a_page_is_staged_whole_or_not,
    repeated_users_keep_the_higher_version,
    an_unfinished_run_is_resumed,
    another_plan_or_age_starts_anew,
    a_new_run_ends_the_one_before,
    abandoned_runs_leave_nothing,
    the_missing_are_told,
    a_preview_counts_and_changes_nothing,
    a_large_loss_is_held_and_accepted,
    a_small_loss_passes,
    moves_and_deactivations_count_once,
    a_held_run_is_dropped_by_the_next,
    time_never_goes_back,
    readers_see_the_old_snapshot_whole,
    orgs_are_apart,
    columns_are_read_alone,
    capabilities_are_kept,
    a_lock_is_held_once,
    history_since_a_time,
    versions_are_read_at_once,
    credentials_are_kept_as_they_were_given,
    an_id_is_taken_in_all_orgs,
    revoking_is_for_good,
    heads_tell_every_change,
    secrets_stay_out_of_debug_texts,
    who_is_forgotten_is_nowhere_and_counts_on,
    later_syncs_bring_nothing_back,
    what_is_staged_or_held_is_erased,
    forgetting_is_told_and_the_unknown_refused,
);

fn refs(documents: &[String]) -> Vec<&str> {
    documents.iter().map(String::as_str).collect()
}

fn documents_come_back_byte_for_byte(store: &dyn Store) {
    let odd = "{ \"id\" : \"ü\", \"x\":1.50,\"x2\":[ ], \"name\":\"\\u00e9\", \"version\": 3 }\n";
    sync(store, &[odd.to_owned()], 5);
    let mut got = Vec::new();
    store
        .read(ORG, None, &Projection::all(), &mut |user, document| {
            got.push((
                user.name.as_deref().map(str::to_owned),
                document.unwrap().to_owned(),
            ));
        })
        .unwrap();
    assert_eq!(got, [(Some("é".to_owned()), odd.to_owned())]);
    let mut lasting = String::new();
    store
        .read(ORG, Some(5), &Projection::all(), &mut |_, document| {
            document.unwrap().clone_into(&mut lasting);
        })
        .unwrap();
    assert_eq!(
        lasting,
        "{\"id\":\"ü\",\"x\":1.50,\"x2\":[ ],\"name\":\"\\u00e9\"}"
    );
}

fn nothing_is_there_before_the_first_snapshot(store: &dyn Store) {
    let read = |as_of| store.read(ORG, as_of, &Projection::all(), &mut |_, _| {});
    assert!(matches!(read(None), Err(StoreError::NoSnapshot { .. })));
    let mut run = store.begin(ORG, "plan", 100, None).unwrap();
    store.stage(&mut run, &refs(&users(3))).unwrap();
    assert!(matches!(read(None), Err(StoreError::NoSnapshot { .. })));
    store
        .publish(run, "proved", 100, &Breaker::default())
        .unwrap();
    assert_eq!(read(None).unwrap().users, 3);
    assert!(matches!(
        read(Some(99)),
        Err(StoreError::BeforeFirst { first: 100 })
    ));
    let snapshot = store.snapshots(ORG).unwrap().remove(0);
    assert_eq!(
        store.certificate(ORG, snapshot.id).unwrap().as_deref(),
        Some("proved")
    );
    assert_eq!(store.certificate("other", snapshot.id).unwrap(), None);
}

fn a_page_is_staged_whole_or_not(store: &dyn Store) {
    let mut run = store.begin(ORG, "plan", 1, None).unwrap();
    let good = user("a", "active", "d", "x", 1);
    let error = store
        .stage(&mut run, &[&good, r#"{"name":"Jane Doe"}"#])
        .unwrap_err();
    assert!(matches!(error, StoreError::NotAUser { position: 2, .. }));
    assert!(
        !format!("{error:?} {error}").contains("Jane"),
        "nothing personal in an error"
    );
    assert_eq!(store.seen(&run), 0);
    assert!(!store.contains(&run, "a").unwrap());
}

fn repeated_users_keep_the_higher_version(store: &dyn Store) {
    let of = |title: &str, version| user("a", "active", "d", title, version);
    let published = |store: &dyn Store| roster(store, None)[0].1["title"].clone();
    // Against nothing, within a page and across pages.
    let mut run = store.begin(ORG, "plan", 1, None).unwrap();
    let staged = store
        .stage(&mut run, &refs(&[of("new", 5), of("old", 4), of("tie", 5)]))
        .unwrap();
    assert_eq!(
        staged,
        Staged {
            new: 1,
            repeated: 2,
            ..Staged::default()
        }
    );
    let staged = store.stage(&mut run, &[&of("older", 3)]).unwrap();
    assert_eq!(
        staged,
        Staged {
            repeated: 1,
            ..Staged::default()
        }
    );
    assert_eq!(store.seen(&run), 1);
    store.publish(run, "", 1, &Breaker::default()).unwrap();
    assert_eq!(published(store), "tie");
    // Against an open version: unchanged, then changed, then changed back.
    for (second, third, expected) in [
        (of("changed", 6), of("tie", 5), "changed"),
        (of("tie", 5), of("late", 6), "late"),
    ] {
        let mut run = store.begin(ORG, "plan", 2, None).unwrap();
        store.stage(&mut run, &[&second]).unwrap();
        store.stage(&mut run, &[&third]).unwrap();
        assert_eq!(store.seen(&run), 1);
        store.publish(run, "", 2, &Breaker::default()).unwrap();
        assert_eq!(published(store), expected);
    }
    let mut run = store.begin(ORG, "plan", 3, None).unwrap();
    store.stage(&mut run, &[&of("away", 6)]).unwrap();
    store.stage(&mut run, &[&of("late", 6)]).unwrap();
    let Outcome::Published(summary) = store.publish(run, "", 3, &Breaker::default()).unwrap()
    else {
        panic!("one user never trips the breaker");
    };
    assert_eq!(
        (summary.unchanged, summary.changed, summary.users),
        (1, 0, 1)
    );
}

fn an_unfinished_run_is_resumed(store: &dyn Store) {
    let mut all = users(60);
    sync(store, &all, 1);
    all[0] = user("u00000", "active", "d", "Lead", 2);
    all.push(user("v", "active", "d", "x", 1));
    let mut run = store.begin(ORG, "plan", 10, Some(0)).unwrap();
    store.stage(&mut run, &refs(&all[..30])).unwrap();
    store.finish_part(&mut run, "0", "first").unwrap();
    store.stage(&mut run, &refs(&all[30..40])).unwrap();
    let (id, started) = (run.id(), run.started_ms());
    drop(run);
    let mut run = store.begin(ORG, "plan", 20, Some(10)).unwrap();
    assert_eq!(
        (run.id(), run.started_ms(), run.resumed()),
        (id, started, true)
    );
    assert_eq!(
        run.finished_parts().get("0").map(String::as_str),
        Some("first")
    );
    assert_eq!(
        store.seen(&run),
        30,
        "unchanged users of an unfinished part are met again"
    );
    store.stage(&mut run, &refs(&all[30..])).unwrap();
    store.finish_part(&mut run, "1", "second").unwrap();
    assert_eq!(store.vanished(&run, 9).unwrap(), (0, vec![]));
    let Outcome::Published(summary) = store.publish(run, "", 20, &Breaker::default()).unwrap()
    else {
        panic!("nobody is missing");
    };
    assert_eq!(
        (summary.joined, summary.changed, summary.unchanged),
        (1, 1, 59)
    );
    assert_eq!(ids(store).len(), 61);
}

fn another_plan_or_age_starts_anew(store: &dyn Store) {
    for (plan, since) in [("other", Some(0)), ("plan", Some(11)), ("plan", None)] {
        let mut run = store.begin(ORG, "plan", 10, None).unwrap();
        store.stage(&mut run, &refs(&users(3))).unwrap();
        store.finish_part(&mut run, "0", "").unwrap();
        let run = store.begin(ORG, plan, 20, since).unwrap();
        assert_eq!(
            (run.started_ms(), run.resumed(), store.seen(&run)),
            (20, false, 0)
        );
        assert!(run.finished_parts().is_empty());
        assert!(!store.contains(&run, "u00001").unwrap());
    }
}

fn a_new_run_ends_the_one_before(store: &dyn Store) {
    let mut old = store.begin(ORG, "plan", 1, None).unwrap();
    store.stage(&mut old, &refs(&users(3))).unwrap();
    let _new = store.begin(ORG, "plan", 2, None).unwrap();
    assert!(matches!(
        store.stage(&mut old, &refs(&users(3))),
        Err(StoreError::RunOver)
    ));
    assert!(matches!(
        store.publish(old, "", 2, &Breaker::OFF),
        Err(StoreError::RunOver)
    ));
    assert!(store.snapshots(ORG).unwrap().is_empty());
}

fn abandoned_runs_leave_nothing(store: &dyn Store) {
    sync(store, &users(3), 1);
    let mut run = store.begin(ORG, "plan", 2, None).unwrap();
    store.stage(&mut run, &refs(&users(9))).unwrap();
    store.abandon(run).unwrap();
    let run = store.begin(ORG, "plan", 3, Some(0)).unwrap();
    assert!(!run.resumed());
    assert_eq!(
        store.vanished(&run, 2).unwrap(),
        (3, vec!["u00000".into(), "u00001".into()])
    );
    assert_eq!(ids(store).len(), 3);
}

fn the_missing_are_told(store: &dyn Store) {
    let all = users(10);
    sync(store, &all, 1);
    let mut run = store.begin(ORG, "plan", 2, None).unwrap();
    let some: Vec<&str> = all.iter().step_by(2).map(String::as_str).collect();
    store.stage(&mut run, &some).unwrap();
    assert!(store.contains(&run, "u00002").unwrap());
    assert!(!store.contains(&run, "u00003").unwrap());
    assert!(!store.contains(&run, "nobody").unwrap());
    let (count, first) = store.vanished(&run, 2).unwrap();
    assert_eq!(
        (count, first),
        (5, vec!["u00001".to_owned(), "u00003".to_owned()])
    );
}

fn a_preview_counts_and_changes_nothing(store: &dyn Store) {
    sync(store, &users(100), 1);
    let mut run = store.begin(ORG, "plan", 2, None).unwrap();
    store.stage(&mut run, &refs(&users(50))).unwrap();
    let preview = store.preview(&run, &Breaker::default()).unwrap();
    assert!(preview.breaker.held);
    assert_eq!(
        (preview.left, preview.users, preview.unchanged),
        (50, 50, 50)
    );
    assert_eq!(store.snapshots(ORG).unwrap().len(), 1);
    store.stage(&mut run, &refs(&users(100))).unwrap();
    assert_eq!(store.preview(&run, &Breaker::default()).unwrap().left, 0);
}

fn a_large_loss_is_held_and_accepted(store: &dyn Store) {
    sync(store, &users(100), 1);
    let before = roster(store, None);
    let Outcome::Held(held) = sync_guarded(store, &users(70), 2, &Breaker::default()) else {
        panic!("30 % were lost");
    };
    assert_eq!((held.breaker.left, held.breaker.active_before), (30, 100));
    assert_eq!(
        held.breaker.divisions[0].name.as_deref(),
        Some("Division d")
    );
    assert_eq!(held.breaker.divisions[0].total(), 30);
    assert_eq!(roster(store, None), before, "held means not published");
    let run = store.held_run(ORG).unwrap().expect("a run is held");
    let told = store.held(ORG, &Breaker::default(), 2).unwrap().unwrap();
    assert_eq!((told.summary, told.run), (held, run));
    let lost: Vec<_> = told
        .lost
        .iter()
        .map(|lost| (lost.kind, &*lost.user_id))
        .collect();
    assert_eq!(
        lost,
        [(LossKind::Left, "u00070"), (LossKind::Left, "u00071")]
    );
    assert_eq!(told.lost[0].name.as_deref(), Some("Nu00070"));
    assert_eq!(told.departments[0].name.as_deref(), Some("Support"));
    assert_eq!(told.departments[0].total(), 30);
    assert!(store.is_writable().unwrap());
    let accepted = store.accept(ORG, 3).unwrap().unwrap();
    assert_eq!(
        (accepted.users, accepted.left, accepted.published_ms),
        (70, 30, Some(3))
    );
    assert_eq!(ids(store).len(), 70);
    assert_eq!(roster(store, Some(2)).len(), 100);
    assert_eq!(store.accept(ORG, 4).unwrap(), None);
    assert_eq!(store.held_run(ORG).unwrap(), None);
    assert_eq!(store.held(ORG, &Breaker::default(), 2).unwrap(), None);
    let snapshot = store.snapshots(ORG).unwrap().pop().unwrap();
    assert_eq!(
        (snapshot.users, snapshot.left, snapshot.states.active),
        (70, 30, 70)
    );
    assert_eq!(
        store.certificate(ORG, snapshot.id).unwrap().as_deref(),
        Some("proved")
    );
}

fn a_small_loss_passes(store: &dyn Store) {
    sync(store, &users(1000), 1);
    let outcome = sync_guarded(store, &users(980), 2, &Breaker::default());
    assert!(matches!(outcome, Outcome::Published(summary) if summary.left == 20));
}

fn moves_and_deactivations_count_once(store: &dyn Store) {
    let mut all = users(200);
    all[199] = user("u00199", "inactive", "d", "Agent", 1);
    sync(store, &all, 1);
    let change = |index: usize, state: &str, division: &str| {
        user(&format!("u{index:05}"), state, division, "Agent", 2)
    };
    all[0] = change(0, "deleted", "home");
    all[1] = change(1, "inactive", "d");
    for (index, document) in all.iter_mut().enumerate().take(10).skip(2) {
        *document = change(index, "active", "e");
    }
    all[199] = change(199, "deleted", "home"); // was not active
    all.remove(150);
    let breaker = Breaker {
        share: 0.05,
        more_than: 10,
    };
    let Outcome::Held(held) = sync_guarded(store, &all, 2, &breaker) else {
        panic!("11 of 199 is more than 5 % and more than 10");
    };
    let lost = &held.breaker;
    assert_eq!(
        (lost.left, lost.deleted, lost.deactivated, lost.moved),
        (1, 1, 1, 8)
    );
    assert_eq!((lost.active_before, lost.affected()), (199, 11));
    assert_eq!(
        (
            held.states.active,
            held.states.inactive,
            held.states.deleted
        ),
        (196, 1, 2)
    );
    let told = store.held(ORG, &breaker, 50).unwrap().unwrap();
    let of = |kind| {
        let lost = told.lost.iter().filter(move |lost| lost.kind == kind);
        lost.map(|lost| (&*lost.user_id, lost.to_division.as_deref()))
    };
    assert_eq!(of(LossKind::Left).collect::<Vec<_>>(), [("u00150", None)]);
    assert_eq!(
        of(LossKind::Deleted).collect::<Vec<_>>(),
        [("u00000", None)]
    );
    assert_eq!(of(LossKind::Deactivated).count(), 1);
    let moved: Vec<_> = of(LossKind::Moved).collect();
    assert_eq!(moved.len(), 8);
    assert_eq!(moved[0], ("u00002", Some("Division e")));
    assert_eq!(told.departments[0].counts, [1, 1, 1, 8]);
}

fn what_is_held_is_told_to_who_may_only_read(home: &dyn Home) {
    let store = home.open();
    sync(&*store, &users(100), 1);
    let reader = open(&home.url(), Access::Read).unwrap();
    assert_eq!(reader.held_run(ORG).unwrap(), None);
    let mut run = store.begin(ORG, "plan", 2, None).unwrap();
    store.stage(&mut run, &refs(&users(60))).unwrap();
    // A run at work is none that is held.
    assert_eq!(reader.held_run(ORG).unwrap(), None);
    store
        .publish(run, "proved", 2, &Breaker::default())
        .unwrap();
    let first = reader.held_run(ORG).unwrap().expect("a run is held");
    for _ in 0..2 {
        let told = reader.held(ORG, &Breaker::default(), 0).unwrap().unwrap();
        assert_eq!((told.run, told.summary.left), (first, 40));
        assert!(told.lost.is_empty());
    }
    assert!(reader.is_writable().unwrap());
    assert!(
        reader.accept(ORG, 3).is_err(),
        "accepted by who may only read"
    );
    // Another run is never taken for it.
    sync_guarded(&*store, &users(60), 2, &Breaker::default());
    let second = reader.held_run(ORG).unwrap().expect("a run is held");
    assert_ne!(second, first);
}

fn a_held_run_is_dropped_by_the_next(store: &dyn Store) {
    sync(store, &users(100), 1);
    assert!(matches!(
        sync_guarded(store, &users(10), 2, &Breaker::default()),
        Outcome::Held(_)
    ));
    let summary = sync(store, &users(100), 3);
    assert_eq!((summary.unchanged, summary.left), (100, 0));
    assert_eq!(store.accept(ORG, 4).unwrap(), None);
}

fn time_never_goes_back(store: &dyn Store) {
    sync(store, &users(3), 1000);
    let summary = sync(store, &users(2), 500);
    assert_eq!(summary.published_ms, Some(1001));
    assert_eq!(roster(store, Some(1000)).len(), 3);
    assert_eq!(roster(store, Some(1001)).len(), 2);
}

fn readers_see_the_old_snapshot_whole(store: &dyn Store) {
    sync(store, &users(50), 1);
    let mut seen = 0;
    let snapshot = store
        .read(ORG, None, &Projection::all(), &mut |user, _| {
            if seen == 10 {
                sync(store, &[crate::org::user("z", "active", "d", "New", 1)], 2);
            }
            assert_eq!(user.title.as_deref(), Some("Agent"));
            seen += 1;
        })
        .unwrap();
    assert_eq!((seen, snapshot.users), (50, 50));
    assert_eq!(ids(store), ["z"]);
}

fn orgs_are_apart(store: &dyn Store) {
    sync(store, &users(3), 1);
    let mut run = store.begin("second", "plan", 1, None).unwrap();
    store
        .stage(&mut run, &[&user("u00000", "active", "d", "Other", 1)])
        .unwrap();
    sync(store, &users(4), 2);
    store.publish(run, "", 3, &Breaker::default()).unwrap();
    assert_eq!(ids(store).len(), 4);
    assert_eq!(store.snapshots("second").unwrap()[0].users, 1);
    assert_eq!(store.orgs().unwrap(), [ORG, "second"]);
}

fn columns_are_read_alone(store: &dyn Store) {
    sync(store, &users(2), 1);
    let want = Projection::none().with(Column::Department);
    for as_of in [None, Some(1)] {
        let mut departments = 0;
        store
            .read(ORG, as_of, &want, &mut |user, document| {
                assert_eq!((user.title.as_ref(), document), (None, None));
                departments += usize::from(user.department.as_deref() == Some("Support"));
            })
            .unwrap();
        assert_eq!(departments, 2);
    }
}

fn capabilities_are_kept(store: &dyn Store) {
    assert_eq!(store.capabilities(ORG).unwrap(), None);
    for json in ["{}", r#"{"window":10000}"#] {
        store.set_capabilities(ORG, json, 1).unwrap();
        assert_eq!(store.capabilities(ORG).unwrap().as_deref(), Some(json));
    }
}

fn a_lock_is_held_once(store: &dyn Store) {
    let lock = store.lock(ORG).unwrap();
    let Err(StoreError::Locked { pid, since_ms, .. }) = store.lock(ORG) else {
        panic!("locked twice");
    };
    assert_eq!(pid, Some(std::process::id()));
    assert!(since_ms.is_some_and(|ms| ms > 0));
    let _other = store.lock("other").unwrap();
    drop(lock);
    store.lock(ORG).unwrap();
}
