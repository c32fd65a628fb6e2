//! The rosters in memory: of each org the last snapshot, and for questions about the past a few
//! that are loaded when asked for.
//!
//! A thread watches the store. A new snapshot is loaded and made ready aside, then put in the
//! place of the old one; whoever is being answered keeps the one they began with.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use headcount_core::{
    field::{Column, Projection},
    history::VersionRef,
    managers::Managers,
    movement::{self, Movement, Movements},
    roster::{Roster, RosterBuilder, RosterError},
    user::Attributes,
};
use headcount_store::{Snapshot, Store, StoreError};
use roaring::RoaringBitmap;

use crate::{
    findings::{Findings, FindingsKey},
    handlers::{
        delta::{DeltaKey, Entry},
        reports,
    },
    kept::Kept,
    odata::Shelf,
    page::{Forest, Groups, GroupsKey, Numbers, NumbersKey},
};

/// Past rosters kept; each is as large as the present one.
const PAST: usize = 2;
/// Trees of managers kept of a roster, each of what some callers see of it.
const TREES: usize = 4;
/// Lists of departments or divisions kept of a roster, likewise.
const GROUPS: usize = 8;
/// Sets of findings kept of a roster, likewise.
const FINDINGS: usize = 4;
/// Movements kept of a roster, likewise.
const MOVEMENTS: usize = 4;
/// People whose numbers are kept of a roster.
const NUMBERS: usize = 200;
/// How far back movement is known, ms (400 days).
pub(crate) const MOVEMENT_MS: i64 = 400 * 86_400_000;
/// Sets of changes kept of a roster, each since some snapshot and for some callers.
const DELTAS: usize = 8;

/// Looks for which an org is left alone whose snapshot could not be loaded (5 seconds).
const RESTS: u32 = 25;

/// One snapshot, ready to be asked.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) snapshot: Snapshot,
    pub(crate) roster: Roster,
    /// What [`headcount_store::Heads`] told before it was read: with another number it may hold what
    /// is erased by now.
    pub(crate) erased: i64,
    /// As of a time, and so without what is only known for the present.
    pub(crate) past: bool,
    /// Rows that callers see who are limited to some divisions, by these.
    scopes: Mutex<HashMap<Vec<String>, Arc<RoaringBitmap>>>,
    managers: Kept<Option<Vec<String>>, Managers>,
    /// What views show of these, likewise.
    pub(crate) forests: Kept<Option<Vec<String>>, Forest>,
    /// Departments and divisions as views show them, likewise.
    pub(crate) groups: Kept<GroupsKey, Groups>,
    pub(crate) findings: Kept<FindingsKey, Findings>,
    pub(crate) shelf: Shelf,
    /// Who came, moved and went until it was published, for callers of some divisions.
    movement: Kept<Option<Vec<String>>, Movement>,
    /// Sums of the facts of one person each.
    pub(crate) numbers: Kept<NumbersKey, Numbers>,
    /// Who changed until it was published.
    pub(crate) deltas: Kept<DeltaKey, Vec<Entry>>,
    /// Reports over the versions until it was published.
    pub(crate) reports: reports::Shelf,
}

impl Loaded {
    /// The rows of some divisions.
    pub(crate) fn scope(&self, divisions: &[String]) -> Arc<RoaringBitmap> {
        let mut scopes = lock(&self.scopes);
        if let Some(scope) = scopes.get(divisions) {
            return scope.clone();
        }
        let ids: Vec<&str> = divisions.iter().map(String::as_str).collect();
        // A roster is loaded with every column; without this one nobody may be seen.
        let rows = self
            .roster
            .rows_with(Column::DivisionId, &ids)
            .unwrap_or_default();
        let rows = Arc::new(rows);
        scopes.insert(divisions.to_vec(), rows.clone());
        rows
    }

    /// The tree of managers, as somebody sees it who is limited to `divisions`. Blocks while it is
    /// made.
    ///
    /// # Errors
    /// [`RosterError`] never: a roster is loaded with every column.
    pub(crate) fn managers(
        &self,
        divisions: Option<&[String]>,
    ) -> Result<Arc<Managers>, RosterError> {
        self.managers.get(divisions.map(<[_]>::to_vec), || {
            let scope = divisions.map(|divisions| self.scope(divisions));
            Managers::within(self.roster.view(scope.as_deref()))
        })
    }
}

impl Rosters {
    /// Who came, moved and went in the time before a roster was published, as somebody sees it who
    /// is limited to `divisions`. Blocks while it is worked out; it is kept with the roster.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub(crate) fn movement(
        &self,
        org: &str,
        loaded: &Loaded,
        divisions: Option<&[String]>,
    ) -> Result<Arc<Movement>, StoreError> {
        loaded.movement.get(divisions.map(<[_]>::to_vec), || {
            let head_ms = loaded.snapshot.published_ms;
            let snapshots = self.store.snapshots(org)?;
            let first_ms = snapshots
                .first()
                .map_or(head_ms, |first| first.published_ms);
            let sees = |user: &Attributes<'_>| {
                divisions.is_none_or(|divisions| {
                    let of = user.division_id.as_deref();
                    of.is_some_and(|of| divisions.iter().any(|division| division == of))
                })
            };
            let mut movements = Movements::new(first_ms, head_ms - MOVEMENT_MS, sees);
            self.store
                .versions(org, &movement::projection(), &mut |version| {
                    // What a later snapshot tells is not known yet.
                    if version.valid_from <= head_ms {
                        let valid_to = version.valid_to.filter(|ended_ms| *ended_ms <= head_ms);
                        movements.push(VersionRef {
                            valid_to,
                            ..version
                        });
                    }
                })?;
            Ok(movements.finish())
        })
    }
}

/// What a look at the store found.
#[derive(Default)]
struct Looked {
    /// The store could not be read.
    failed: bool,
    /// Orgs that were asked for and have no snapshot.
    without: Vec<String>,
}

/// All rosters in memory.
pub(crate) struct Rosters {
    store: Arc<dyn Store>,
    current: RwLock<BTreeMap<String, Arc<Loaded>>>,
    /// Orgs whose last snapshot could not be loaded, and for how many looks they are left alone.
    resting: Mutex<HashMap<String, u32>>,
    /// What the last look at the store found.
    looked: Mutex<Looked>,
    past: Mutex<VecDeque<(String, Arc<Loaded>)>>,
    /// Held while a roster of the past is loaded: one at a time is heavy enough.
    loading_past: Mutex<()>,
}

impl Rosters {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            current: RwLock::default(),
            resting: Mutex::default(),
            looked: Mutex::default(),
            past: Mutex::default(),
            loading_past: Mutex::default(),
        }
    }

    /// Where they come from.
    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// The present roster of an org, once there is one.
    pub(crate) fn current(&self, org: &str) -> Option<Arc<Loaded>> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.get(org).cloned()
    }

    /// Whether the roster of an org may be there soon: the last look at the store did not find that
    /// it has no snapshot. Asks nobody, so that it never waits.
    pub(crate) fn is_coming(&self, org: &str) -> bool {
        let looked = lock(&self.looked);
        !looked.failed && !looked.without.iter().any(|name| name == org)
    }

    /// Every present roster, by org.
    pub(crate) fn all(&self) -> Vec<(String, Arc<Loaded>)> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current
            .iter()
            .map(|(org, loaded)| (org.clone(), loaded.clone()))
            .collect()
    }

    /// Loads what was published since the last look, of the orgs that somebody may ask for, and
    /// lets go of the others. Blocks while it loads. An org whose snapshot cannot be loaded keeps
    /// the one before and is left alone for a few looks; it holds up no other.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read, or no roster at all can be had out of it; what
    /// is in memory stays.
    pub(crate) fn refresh(&self, wanted: &[String]) -> Result<(), StoreError> {
        let heads = self.store.heads();
        let has = |org: &String| match &heads {
            Ok(heads) => heads.snapshots.iter().any(|(name, _)| name == org),
            Err(_) => false,
        };
        *lock(&self.looked) = Looked {
            failed: heads.is_err(),
            without: wanted.iter().filter(|org| !has(org)).cloned().collect(),
        };
        let heads = heads?;
        let erased = heads.erased;
        let mut news: Vec<(u64, String)> = Vec::new();
        for (org, newest) in heads.snapshots {
            let known = self.current(&org);
            if wanted.contains(&org)
                && known
                    .as_ref()
                    .is_none_or(|known| (known.snapshot.id, known.erased) != (newest, erased))
                && !self.rests(&org)
            {
                news.push((known.map_or(0, |known| known.snapshot.users), org));
            }
        }
        // Many small orgs need not wait for a large one.
        news.sort();
        let mut failed = None;
        for (_, org) in news {
            if let Err(error) = self.renew(&org, erased) {
                tracing::warn!(
                    org,
                    error = &error as &dyn std::error::Error,
                    "a snapshot cannot be loaded; the one before is served on"
                );
                lock(&self.resting).insert(org, RESTS);
                failed = Some(error);
            }
        }
        let past = {
            let mut past = lock(&self.past);
            let (stale, fresh) = std::mem::take(&mut *past)
                .into_iter()
                .partition::<VecDeque<_>, _>(|(_, loaded)| loaded.erased != erased);
            *past = fresh;
            stale
        };
        drop(past);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        current.retain(|org, _| wanted.contains(org));
        match failed {
            Some(error) if current.is_empty() => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether an org is to be left alone at this look.
    fn rests(&self, org: &str) -> bool {
        let mut resting = lock(&self.resting);
        let Some(looks) = resting.get_mut(org) else {
            return false;
        };
        *looks -= 1;
        if *looks == 0 {
            resting.remove(org);
        }
        true
    }

    /// Loads the last snapshot of an org and puts it in the place of the one before.
    fn renew(&self, org: &str, erased: i64) -> Result<(), StoreError> {
        // A fault that only the users of one org bring out must not end the loading of all.
        let loaded = catch_unwind(AssertUnwindSafe(|| load(&*self.store, org, None, erased)));
        let loaded = loaded.unwrap_or(Err(StoreError::Unreadable { what: "a roster" }))?;
        tracing::info!(
            org,
            snapshot.id = loaded.snapshot.id,
            snapshot.users = loaded.snapshot.users,
            "a snapshot is served from now on"
        );
        let before = {
            let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
            current.insert(org.to_owned(), Arc::new(loaded))
        };
        // Giving back a large roster takes a moment: here, where nobody waits for the lock.
        drop(before);
        Ok(())
    }

    /// The roster of an org as of a time. Blocks while it loads.
    ///
    /// # Errors
    /// [`StoreError::BeforeFirst`] for a time before the first snapshot, [`StoreError::NoSnapshot`]
    /// before there is any.
    pub(crate) fn as_of(&self, org: &str, as_of_ms: i64) -> Result<Arc<Loaded>, StoreError> {
        let erased = self.store.heads()?.erased;
        let snapshots = self.store.snapshots(org)?;
        let id = snapshots
            .iter()
            .rev()
            .find(|snapshot| snapshot.published_ms <= as_of_ms)
            .map(|snapshot| snapshot.id);
        if let Some(found) = id.and_then(|id| self.kept(org, id, erased)) {
            return Ok(found);
        }
        let _one_at_a_time = lock(&self.loading_past);
        // Who waited may find what the one before loaded.
        if let Some(found) = id.and_then(|id| self.kept(org, id, erased)) {
            return Ok(found);
        }
        let loaded = Arc::new(load(&*self.store, org, Some(as_of_ms), erased)?);
        let mut past = lock(&self.past);
        past.truncate(PAST - 1);
        past.push_front((org.to_owned(), loaded.clone()));
        Ok(loaded)
    }

    /// The roster of one snapshot of an org; `None` where it is kept no more. Blocks while it loads.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub(crate) fn of_snapshot(
        &self,
        org: &str,
        id: i64,
    ) -> Result<Option<Arc<Loaded>>, StoreError> {
        let snapshots = self.store.snapshots(org)?;
        let Some(snapshot) = snapshots.iter().find(|snapshot| snapshot.id == id) else {
            return Ok(None);
        };
        let loaded = self.as_of(org, snapshot.published_ms)?;
        Ok(Some(loaded).filter(|loaded| loaded.snapshot.id == id))
    }

    fn kept(&self, org: &str, id: i64, erased: i64) -> Option<Arc<Loaded>> {
        let mut past = lock(&self.past);
        let at = past.iter().position(|(name, loaded)| {
            name == org && (loaded.snapshot.id, loaded.erased) == (id, erased)
        })?;
        let found = past.remove(at)?;
        let loaded = found.1.clone();
        past.push_front(found);
        Some(loaded)
    }

    /// Lets go of the rosters of the past.
    pub(crate) fn forget_past(&self) {
        let past = std::mem::take(&mut *lock(&self.past));
        drop(past);
    }
}

fn load(
    store: &dyn Store,
    org: &str,
    as_of_ms: Option<i64>,
    erased: i64,
) -> Result<Loaded, StoreError> {
    let mut builder = RosterBuilder::new(Projection::all());
    let snapshot = store.read(org, as_of_ms, &Projection::all(), &mut |user, document| {
        builder.push(user, document);
    })?;
    let roster = builder.finish();
    roster.warm();
    Ok(Loaded {
        snapshot,
        reports: reports::Shelf::new(roster.len()),
        roster,
        erased,
        past: as_of_ms.is_some(),
        scopes: Mutex::default(),
        managers: Kept::new(TREES),
        forests: Kept::new(TREES),
        groups: Kept::new(GROUPS),
        findings: Kept::new(FINDINGS),
        shelf: Shelf::default(),
        movement: Kept::new(MOVEMENTS),
        numbers: Kept::new(NUMBERS),
        deltas: Kept::new(DELTAS),
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What it guards is whole at any time, also when somebody panicked with it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
