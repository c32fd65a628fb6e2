//! Clients and tokens: what every store does with them, and a naive model of it.

use headcount_store::{
    AccessList, Credential, CredentialKind, Grant, Heads, RateLimit, Store, StoreError,
};
use proptest::{collection::vec, option, prelude::*};

use crate::{
    database::Database,
    org::{Home, ORG, Place, sync, users},
};

/// A token for two divisions.
pub(crate) fn token(org: &str, id: &str) -> Credential {
    Credential {
        id: id.to_owned(),
        kind: CredentialKind::Token,
        org: org.to_owned(),
        name: Some("Power BI".to_owned()),
        digest: [7; 32],
        grant: Grant {
            permissions: vec!["directory:user:view".to_owned()],
            divisions: Some(vec!["d".to_owned(), "e \"quoted\"".to_owned()]),
            rate_limit: RateLimit::PerMinute(60),
        },
        created_ms: 1000,
        expires_ms: Some(5000),
        revoked_ms: None,
    }
}

/// A client for everything.
pub(crate) fn client(org: &str, id: &str) -> Credential {
    Credential {
        kind: CredentialKind::Client,
        name: None,
        digest: std::array::from_fn(|index| index as u8),
        grant: Grant {
            permissions: Vec::new(),
            divisions: None,
            rate_limit: RateLimit::Default,
        },
        expires_ms: None,
        created_ms: 500,
        ..token(org, id)
    }
}

fn credentials(store: &dyn Store) -> Vec<Credential> {
    store.access().unwrap().credentials
}

pub(crate) fn credentials_are_kept_as_they_were_given(store: &dyn Store) {
    assert_eq!(credentials(store), []);
    let mut unlimited = token("second", "c");
    unlimited.grant.rate_limit = RateLimit::Off;
    unlimited.grant.divisions = Some(Vec::new());
    unlimited.revoked_ms = Some(1);
    // Neither org has a snapshot.
    let (first, last) = (client(ORG, "b"), token(ORG, "a"));
    for credential in [&unlimited, &last, &first] {
        store.add_credential(credential).unwrap();
    }
    assert_eq!(credentials(store), [first, last, unlimited]);
    assert_eq!(store.snapshots("second").unwrap(), []);
}

pub(crate) fn an_id_is_taken_in_all_orgs(store: &dyn Store) {
    store.add_credential(&token(ORG, "a")).unwrap();
    let before = store.access().unwrap();
    for org in [ORG, "second"] {
        let again = store.add_credential(&client(org, "a"));
        assert!(matches!(again, Err(StoreError::IdTaken)), "{again:?}");
    }
    assert_eq!(store.access().unwrap(), before);
    assert_eq!(store.orgs().unwrap(), [ORG], "nothing of it stays");
}

pub(crate) fn revoking_is_for_good(store: &dyn Store) {
    store.add_credential(&token(ORG, "a")).unwrap();
    store.add_credential(&token("second", "b")).unwrap();
    let revision = || store.access().unwrap().revision;
    let added = revision();
    for (org, id) in [(ORG, "b"), (ORG, "x"), ("second", "a"), ("nowhere", "a")] {
        assert_eq!(store.revoke_credential(org, id, 2000).unwrap(), None);
    }
    assert_eq!(revision(), added);
    let revoked = Credential {
        revoked_ms: Some(2000),
        ..token(ORG, "a")
    };
    for now in [2000, 3000] {
        let told = store.revoke_credential(ORG, "a", now).unwrap();
        assert_eq!(told.as_ref(), Some(&revoked), "the first time is kept");
        assert_eq!(revision(), added + 1);
    }
    assert_eq!(credentials(store), [revoked, token("second", "b")]);
}

pub(crate) fn heads_tell_every_change(store: &dyn Store) {
    let first = store.heads().unwrap();
    assert_eq!(first.snapshots, []);
    assert_eq!(first.access, store.access().unwrap().revision);
    sync(store, &users(3), 10);
    // The org of a client alone has no snapshot to tell of.
    store.add_credential(&client("alone", "a")).unwrap();
    let second = store.heads().unwrap();
    let newest = |org| store.snapshots(org).unwrap().pop().unwrap().id;
    assert_eq!(
        second,
        Heads {
            access: first.access + 1,
            erased: 0,
            snapshots: vec![(ORG.to_owned(), newest(ORG))],
        }
    );
    // Clocks went back, snapshots did not.
    sync(store, &users(3), 5);
    let third = store.heads().unwrap();
    assert_eq!(third.access, second.access);
    assert_eq!(third.snapshots, [(ORG.to_owned(), newest(ORG))]);
    assert!(third.snapshots[0].1 > second.snapshots[0].1);
}

pub(crate) fn secrets_stay_out_of_debug_texts(store: &dyn Store) {
    store.add_credential(&token(ORG, "tell-tale")).unwrap();
    let access = store.access().unwrap();
    let text = format!("{access:?} {:?}", access.credentials);
    let key = format!("{:?}", access.signing_key);
    for secret in [
        "tell-tale",
        "Power BI",
        "7, 7",
        key.trim_matches(['[', ']']),
    ] {
        assert!(!text.contains(secret), "{text}");
    }
}

/// Something that happens to the credentials of a store.
#[derive(Clone, Debug)]
enum Op {
    Add(Credential),
    Revoke {
        org: &'static str,
        id: String,
        now_ms: i64,
    },
    /// Another process takes over.
    Reopen,
}

fn org() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "Ü \" '"])
}

fn id() -> impl Strategy<Value = String> {
    "[xyz]{1,2}"
}

fn added() -> impl Strategy<Value = Credential> {
    let limit = prop_oneof![
        Just(RateLimit::Default),
        Just(RateLimit::Off),
        (1..=u32::MAX).prop_map(RateLimit::PerMinute),
    ];
    let kind = prop_oneof![Just(CredentialKind::Client), Just(CredentialKind::Token)];
    let grant = (vec(".{0,9}", 0..3), option::of(vec(".{0,9}", 0..3)), limit).prop_map(
        |(permissions, divisions, rate_limit)| Grant {
            permissions,
            divisions,
            rate_limit,
        },
    );
    let times = (any::<i64>(), any::<Option<i64>>(), any::<Option<i64>>());
    (
        org(),
        id(),
        kind,
        // No command can give a name with U+0000 in it, and PostgreSQL has none.
        option::of("[^\0\n]{0,9}"),
        any::<[u8; 32]>(),
        grant,
        times,
    )
        .prop_map(
            |(org, id, kind, name, digest, grant, (created_ms, expires_ms, revoked_ms))| {
                Credential {
                    id,
                    kind,
                    org: org.to_owned(),
                    name,
                    digest,
                    grant,
                    created_ms,
                    expires_ms,
                    revoked_ms,
                }
            },
        )
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        3 => added().prop_map(Op::Add),
        3 => (org(), id(), any::<i64>())
            .prop_map(|(org, id, now_ms)| Op::Revoke { org, id, now_ms }),
        1 => Just(Op::Reopen),
    ]
}

/// What the store should hold afterwards, and whether that is something new.
fn apply(all: &mut Vec<Credential>, op: &Op) -> bool {
    match op {
        Op::Add(credential) if all.iter().all(|one| one.id != credential.id) => {
            all.push(credential.clone());
            true
        }
        Op::Revoke { org, id, now_ms } => all
            .iter_mut()
            .find(|one| one.org == *org && one.id == *id && one.revoked_ms.is_none())
            .map(|one| one.revoked_ms = Some(*now_ms))
            .is_some(),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn credentials_equal_the_model(ops in vec(op(), 1..24)) {
        equal_the_model(&Place::new(), ops)?;
    }

    #[test]
    fn credentials_in_postgres_equal_the_model(ops in vec(op(), 1..24)) {
        equal_the_model(&Database::new(), ops)?;
    }
}

fn equal_the_model(home: &dyn Home, ops: Vec<Op>) -> Result<(), TestCaseError> {
    let mut store = home.open();
    let watching = home.open();
    let mut all: Vec<Credential> = Vec::new();
    let mut before: AccessList = store.access().unwrap();
    for op in ops {
        let changed = apply(&mut all, &op);
        match &op {
            Op::Add(credential) => {
                prop_assert_eq!(store.add_credential(credential).is_ok(), changed)
            }
            Op::Revoke { org, id, now_ms } => prop_assert_eq!(
                store.revoke_credential(org, id, *now_ms).unwrap(),
                all.iter()
                    .find(|one| one.org == *org && one.id == *id)
                    .cloned()
            ),
            Op::Reopen => store = home.open(),
        }
        all.sort_by_key(|one| (one.org.clone(), one.created_ms, one.id.clone()));
        let now = watching.access().unwrap();
        prop_assert_eq!(&now.credentials, &all);
        prop_assert_eq!(now.revision > before.revision, changed);
        prop_assert_eq!(watching.heads().unwrap().access, now.revision);
        prop_assert_eq!(now.signing_key, before.signing_key);
        before = now;
    }
    Ok(())
}
