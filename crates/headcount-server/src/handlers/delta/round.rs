//! A round: from what a caller has to one snapshot.

use std::{cmp::Ordering, sync::Arc};

use headcount_core::{
    delta::{Delta, DeltaKind, Deltas, Stand, in_divisions},
    field::Column,
};
use headcount_store::{Snapshot, Store, StoreError};

use super::asked::{Asked, From};
use crate::{
    access::Caller,
    app::{App, Sight},
    error::ApiError,
    rosters::Loaded,
};

/// Which changes of a roster: since when, for whom.
pub(crate) type DeltaKey = (i64, Option<Vec<String>>);

/// A user to whom something happened. The documents lie in the roster: so all changes of a large
/// org take little room, however many pages they are told on.
#[derive(Debug)]
pub(crate) enum Entry {
    /// In sight, at this row.
    There(u32, DeltaKind),
    /// Not in sight any more.
    Left(Box<str>),
}

/// A user as told on a page.
pub(super) enum Told<'f> {
    /// In sight, at this row; without what became of them where all are told.
    User(u32, Option<DeltaKind>),
    /// Not in sight any more.
    Left(&'f str),
}

/// What is to be told.
pub(super) struct Found {
    /// The roster at the end of the round.
    pub(super) sight: Sight,
    /// What the caller had when the round began.
    pub(super) has: Option<Stand>,
    /// What the caller has when it is over.
    pub(super) to: Stand,
    pub(super) size: usize,
    /// The caller sees a part of the org.
    pub(super) limited: bool,
    rest: Rest,
}

/// What is left of a round.
enum Rest {
    /// Users in sight from a row on, and how many they are.
    All(u32, usize),
    /// Changes from a place on.
    Changes(Arc<Vec<Entry>>, usize),
}

impl Found {
    /// That nothing changed, where that is known without reading anything; else the roster again.
    pub(super) fn at_once(caller: &Caller, sight: Sight, asked: &Asked) -> Result<Self, Sight> {
        let now = stand(sight.loaded());
        match &asked.from {
            From::Latest => {}
            From::Stand(has) if same(has, &now) => {}
            _ => return Err(sight),
        }
        Ok(Self {
            sight,
            has: Some(now),
            to: now,
            size: asked.size,
            limited: caller.divisions().is_some(),
            rest: Rest::Changes(Arc::default(), 0),
        })
    }

    /// Finds what is left of the round that is asked for. Blocks while it reads.
    ///
    /// # Errors
    /// 410 for a snapshot that the store does not know; 503 and 500 where it cannot be read.
    pub(super) fn of(
        app: &App,
        caller: &Caller,
        sight: Sight,
        asked: &Asked,
    ) -> Result<Self, ApiError> {
        let store = app.rosters.store();
        let org = caller.org();
        let now = stand(sight.loaded());
        let (has, to, after) = match &asked.from {
            From::Nothing => (None, now, None),
            From::Latest => (Some(now), now, None),
            From::Stand(has) if same(has, &now) => (Some(*has), now, None),
            From::Stand(has) => {
                no_more_erased(has, &now)?;
                known(store, org, has)?;
                // Another server may have told what this one has yet to load.
                let ahead = has.published_ms > now.published_ms;
                (Some(*has), if ahead { *has } else { now }, None)
            }
            From::Round(has, round) => {
                no_more_erased(&round.to, &now)?;
                (*has, round.to, Some(&*round.after))
            }
        };
        let is_over = has.is_some_and(|has| same(&has, &to));
        let sight = if is_over || same(&to, &now) {
            sight
        } else {
            app.seen(caller, as_of(app, org, &to)?)
        };
        let rest = match has {
            _ if is_over => Rest::Changes(Arc::default(), 0),
            None => all(&sight, after)?,
            Some(has) => {
                let key = (has.published_ms, caller.divisions().map(<[_]>::to_vec));
                let loaded = sight.loaded();
                let changes = loaded.deltas.get(key, || {
                    changes(store, org, has.published_ms, loaded, caller)
                })?;
                let first = after.map_or(0, |after| {
                    changes.partition_point(|entry| entry.id(loaded) <= after)
                });
                Rest::Changes(changes, first)
            }
        };
        Ok(Self {
            sight,
            has,
            to,
            size: asked.size,
            limited: caller.divisions().is_some(),
            rest,
        })
    }

    /// How many users are to be told.
    pub(super) fn left(&self) -> usize {
        match &self.rest {
            Rest::All(_, left) => *left,
            Rest::Changes(changes, first) => changes.len() - first,
        }
    }

    /// The first of them, at most `size`, by id.
    pub(super) fn page(&self, size: usize) -> Vec<Told<'_>> {
        match &self.rest {
            Rest::All(first, _) => {
                let view = self.sight.view();
                let rows = (*first..view.roster().len()).filter(|row| view.sees(*row));
                rows.take(size).map(|row| Told::User(row, None)).collect()
            }
            Rest::Changes(changes, first) => {
                let entries = changes[*first..].iter();
                entries.take(size).map(Entry::told).collect()
            }
        }
    }

    /// Goes on behind the first of them, who lies at `row` where all are told.
    pub(super) fn advance(&mut self, row: Option<u32>) {
        match &mut self.rest {
            Rest::All(first, left) => {
                *first = row.map_or(u32::MAX, |row| row + 1);
                *left = left.saturating_sub(1);
            }
            Rest::Changes(_, first) => *first += 1,
        }
    }

    /// The id of somebody on a page.
    pub(super) fn id<'f>(&'f self, told: &Told<'f>) -> &'f str {
        match told {
            Told::User(row, _) => id(self.sight.loaded(), *row),
            Told::Left(id) => id,
        }
    }
}

impl Entry {
    pub(super) fn told(&self) -> Told<'_> {
        match self {
            Self::There(row, kind) => Told::User(*row, Some(*kind)),
            Self::Left(id) => Told::Left(id),
        }
    }

    fn id<'e>(&'e self, loaded: &'e Loaded) -> &'e str {
        match self {
            Self::There(row, _) => id(loaded, *row),
            Self::Left(id) => id,
        }
    }
}

fn id(loaded: &Loaded, row: u32) -> &str {
    loaded.roster.value(row, Column::Id).unwrap_or_default()
}

/// The state that a roster is.
fn stand(loaded: &Loaded) -> Stand {
    Stand {
        snapshot: loaded.snapshot.id,
        published_ms: loaded.snapshot.published_ms,
        erased: loaded.erased,
    }
}

/// Who was told of a user who is forgotten since begins again with an empty copy: what is erased is
/// erased from the documents of others too, and no version tells of it.
///
/// # Errors
/// 410; 503 where another server knows already, and this one in a moment.
fn no_more_erased(told: &Stand, now: &Stand) -> Result<(), ApiError> {
    match told.erased.cmp(&now.erased) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(ApiError::unavailable(1)),
        Ordering::Less => Err(ApiError::token_gone("somebody was forgotten since")),
    }
}

/// Whether nothing lies between two states.
fn same(one: &Stand, other: &Stand) -> bool {
    one == other
}

/// Whether two states are of one snapshot.
fn of_one_snapshot(stand: &Stand, snapshot: &Snapshot) -> bool {
    (stand.snapshot, stand.published_ms) == (snapshot.id, snapshot.published_ms)
}

fn unknown() -> ApiError {
    ApiError::token_gone("the store does not know its snapshot")
}

/// # Errors
/// 410 for a snapshot that the store does not have: it was restored from a backup, perhaps.
fn known(store: &dyn Store, org: &str, stand: &Stand) -> Result<(), ApiError> {
    let snapshots = store.snapshots(org)?;
    let is_known = snapshots
        .iter()
        .any(|snapshot| of_one_snapshot(stand, snapshot));
    is_known.then_some(()).ok_or_else(unknown)
}

/// The roster of an earlier snapshot, for a round that began before the last one.
fn as_of(app: &App, org: &str, stand: &Stand) -> Result<Arc<Loaded>, ApiError> {
    let loaded = match app.rosters.as_of(org, stand.published_ms) {
        Err(StoreError::BeforeFirst { .. } | StoreError::NoSnapshot { .. }) => {
            return Err(unknown());
        }
        loaded => loaded?,
    };
    no_more_erased(stand, &self::stand(&loaded))?;
    if of_one_snapshot(stand, &loaded.snapshot) {
        Ok(loaded)
    } else {
        Err(unknown())
    }
}

/// Everybody in sight after `after`. Rows are in the order of ids.
fn all(sight: &Sight, after: Option<&str>) -> Result<Rest, ApiError> {
    let view = sight.view();
    let first = match after {
        None => 0,
        Some(after) => view.row_of(after).ok_or_else(unknown)? + 1,
    };
    let left = (first..view.roster().len()).filter(|row| view.sees(*row));
    Ok(Rest::All(first, left.count()))
}

/// Everybody in sight of `caller` to whom something happened since `base_ms`, by id.
fn changes(
    store: &dyn Store,
    org: &str,
    base_ms: i64,
    loaded: &Loaded,
    caller: &Caller,
) -> Result<Vec<Entry>, ApiError> {
    let head_ms = loaded.snapshot.published_ms;
    let mut deltas = Deltas::new(base_ms, head_ms, in_divisions(caller.divisions()));
    let mut entries = Vec::new();
    let mut failed = None;
    let mut add = |delta: Option<Delta>| match delta.map(|delta| entry(loaded, delta)).transpose() {
        Ok(entry) => entries.extend(entry),
        Err(error) => failed = Some(error),
    };
    store.history(org, None, Some(base_ms.saturating_add(1)), &mut |version| {
        add(deltas.push(version));
    })?;
    add(deltas.finish());
    match failed {
        Some(error) => Err(error),
        None => Ok(entries),
    }
}

fn entry(loaded: &Loaded, delta: Delta) -> Result<Entry, ApiError> {
    if delta.kind == DeltaKind::Left {
        return Ok(Entry::Left(delta.user_id.into()));
    }
    let row = loaded.roster.row_of(&delta.user_id);
    let row = row.filter(|row| id(loaded, *row) == delta.user_id);
    row.map(|row| Entry::There(row, delta.kind)).ok_or_else(|| {
        tracing::error!(
            snapshot.id = loaded.snapshot.id,
            "the history holds a user whom its snapshot does not"
        );
        ApiError::internal()
    })
}
