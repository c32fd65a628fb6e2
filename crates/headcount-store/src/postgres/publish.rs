//! Publishing a run: one transaction, everything or nothing.

use postgres::{Client, Transaction};

use super::{
    pool, runs,
    summary::{lost, summarise},
    take_org, tell,
};
use crate::{
    Breaker, Held, HeldRun, Outcome, Run, StoreError, Summary, held::Losses, rows::signed,
};

/// See [`crate::Store::publish`]. Not committed yet.
pub(super) fn publish(
    transaction: &mut Transaction<'_>,
    run: &Run,
    certificate: &str,
    now_ms: i64,
    breaker: &Breaker,
) -> Result<Outcome, StoreError> {
    runs::check(transaction, run)?;
    let summary = summarise(transaction, run, breaker)?;
    if summary.breaker.held {
        hold(transaction, run, certificate)?;
        return Ok(Outcome::Held(summary));
    }
    let summary = apply(transaction, run, certificate, now_ms, summary)?;
    Ok(Outcome::Published(summary))
}

/// See [`crate::Store::preview`]. The transaction is to be rolled back.
pub(super) fn preview(
    transaction: &mut Transaction<'_>,
    run: &Run,
    breaker: &Breaker,
) -> Result<Summary, StoreError> {
    runs::check(transaction, run)?;
    summarise(transaction, run, breaker)
}

/// See [`crate::Store::held_run`].
pub(super) fn which_is_held(
    transaction: &mut Transaction<'_>,
    org_name: &str,
) -> Result<Option<HeldRun>, StoreError> {
    let found = transaction.query_opt(
        "SELECT r.run, r.started FROM run r JOIN org o ON o.org = r.org
         WHERE o.name = $1 AND r.certificate IS NOT NULL",
        &[&org_name],
    )?;
    found
        .map(|row| {
            Ok(HeldRun {
                run: row.try_get(0)?,
                started_ms: row.try_get(1)?,
            })
        })
        .transpose()
}

/// See [`crate::Store::held`]. The transaction sees one moment and is to be rolled back; nothing is
/// taken, so that whoever looks keeps nobody waiting.
pub(super) fn held(
    transaction: &mut Transaction<'_>,
    org_name: &str,
    breaker: &Breaker,
    most: usize,
) -> Result<Option<Held>, StoreError> {
    let Some(held) = which_is_held(transaction, org_name)? else {
        return Ok(None);
    };
    let Some(org) = super::org_key(transaction, org_name)? else {
        return Ok(None);
    };
    let run = runs::load(transaction, org, org_name)?;
    let mut summary = summarise(transaction, &run, breaker)?;
    summary.breaker.held = true;
    let mut losses = Losses::default();
    lost(transaction, run.org, &mut losses)?;
    let (departments, lost) = losses.finish(most);
    Ok(Some(Held {
        run: held,
        summary,
        departments,
        lost,
    }))
}

/// See [`crate::Store::accept`]. Not committed yet.
pub(super) fn accept(
    transaction: &mut Transaction<'_>,
    org_name: &str,
    now_ms: i64,
) -> Result<Option<Summary>, StoreError> {
    let Some((run, certificate)) = held_run(transaction, org_name)? else {
        return Ok(None);
    };
    let summary = summarise(transaction, &run, &Breaker::OFF)?;
    apply(transaction, &run, &certificate, now_ms, summary).map(Some)
}

/// The run of an org that is held back, with its certificate. The org is taken.
fn held_run(
    transaction: &mut Transaction<'_>,
    org_name: &str,
) -> Result<Option<(Run, String)>, StoreError> {
    let Some(org) = super::org_key(transaction, org_name)? else {
        return Ok(None);
    };
    take_org(transaction, org)?;
    let held = transaction.query_opt(
        "SELECT certificate FROM run WHERE org = $1 AND certificate IS NOT NULL",
        &[&org],
    )?;
    held.map(|row| Ok((runs::load(transaction, org, org_name)?, row.try_get(0)?)))
        .transpose()
}

/// Keeps the run as it is, to be accepted or dropped later, by another process too.
fn hold(transaction: &mut Transaction<'_>, run: &Run, certificate: &str) -> Result<(), StoreError> {
    // Users seen since the last finished part are only in memory.
    runs::record_part(transaction, run, "(held)", "")?;
    transaction.execute(
        "UPDATE run SET certificate = $2 WHERE run = $1",
        &[&run.id, &certificate],
    )?;
    Ok(())
}

/// Turns the staged rows, and `gone`, into the roster of now.
fn apply(
    transaction: &mut Transaction<'_>,
    run: &Run,
    certificate: &str,
    now_ms: i64,
    mut summary: Summary,
) -> Result<Summary, StoreError> {
    let last: Option<i64> = transaction
        .query_one(
            "SELECT max(published) FROM snapshot WHERE org = $1",
            &[&run.org],
        )?
        .try_get(0)?;
    // Time goes forward in a store, whatever the clocks of its machines do.
    let time = last.map_or(now_ms, |last| now_ms.max(last.saturating_add(1)));

    if run.previous_users > 0 {
        close(transaction, run.org, time)?;
    }
    open(transaction, run, time)?;
    let snapshot = insert_snapshot(transaction, run, certificate, time, &summary)?;
    transaction.execute(
        "UPDATE org SET users = $2, next_slot = $3, newest = $4 WHERE org = $1",
        &[
            &run.org,
            &signed(summary.users),
            &i64::from(run.next_slot),
            &snapshot,
        ],
    )?;
    summary.snapshot = Some(snapshot);
    summary.published_ms = Some(time);
    runs::forget_run(transaction, run.org)?;
    tell(transaction)?;
    Ok(summary)
}

/// Makes the staged rows versions that hold.
fn open(transaction: &mut Transaction<'_>, run: &Run, time: i64) -> Result<(), StoreError> {
    let replace = if run.previous_users == 0 {
        ""
    } else {
        "ON CONFLICT (org, id) DO UPDATE SET
             state = excluded.state, name = excluded.name, email = excluded.email,
             username = excluded.username, preferred_name = excluded.preferred_name,
             department = excluded.department, title = excluded.title,
             division_id = excluded.division_id, division_name = excluded.division_name,
             manager_id = excluded.manager_id, version = excluded.version, slot = excluded.slot,
             digest = excluded.digest, valid_from = excluded.valid_from, doc = excluded.doc"
    };
    transaction.execute(
        &format!(
            "INSERT INTO version_open
                 (org, id, state, name, email, username, preferred_name, department, title,
                  division_id, division_name, manager_id, version, slot, digest, valid_from, doc)
             SELECT org, id, state, name, email, username, preferred_name, department, title,
                  division_id, division_name, manager_id, version, slot, digest,
                  coalesce(valid_from, $2), doc
             FROM staged WHERE org = $1 ORDER BY id {replace}"
        ),
        &[&run.org, &time],
    )?;
    Ok(())
}

/// Closes the versions that end: of users who are gone, and of those who changed. The documents
/// that touched users had are dropped: no version shows them any more.
fn close(transaction: &mut Transaction<'_>, org: i64, time: i64) -> Result<(), StoreError> {
    transaction.execute(
        "DELETE FROM document WHERE doc IN (
             SELECT o.doc FROM staged s JOIN version_open o ON o.org = s.org AND o.id = s.id
             WHERE s.org = $1 AND s.kind = 2)",
        &[&org],
    )?;
    for ending in [
        "pg_temp.gone e JOIN version_open o ON o.org = $1 AND o.id = e.id",
        "staged e JOIN version_open o ON o.org = $1 AND o.id = e.id
         WHERE e.org = $1 AND e.kind = 1",
    ] {
        transaction.execute(
            &format!(
                "INSERT INTO version_closed
                     (org, id, state, name, email, username, preferred_name, department, title,
                      division_id, division_name, manager_id, version, valid_from, valid_to, doc)
                 SELECT o.org, o.id, o.state, o.name, o.email, o.username, o.preferred_name,
                      o.department, o.title, o.division_id, o.division_name, o.manager_id,
                      o.version, o.valid_from, $2, o.doc
                 FROM {ending}"
            ),
            &[&org, &time],
        )?;
    }
    transaction.execute(
        "DELETE FROM version_open o USING pg_temp.gone g WHERE o.org = $1 AND o.id = g.id",
        &[&org],
    )?;
    Ok(())
}

fn insert_snapshot(
    transaction: &mut Transaction<'_>,
    run: &Run,
    certificate: &str,
    time: i64,
    summary: &Summary,
) -> Result<i64, StoreError> {
    let row = transaction.query_one(
        "INSERT INTO snapshot (org, published, started, users, active, inactive, deleted,
             joined, changed, touched, left_, returned, certificate)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) RETURNING snapshot",
        &[
            &run.org,
            &time,
            &run.started_ms,
            &signed(summary.users),
            &signed(summary.states.active),
            &signed(summary.states.inactive),
            &signed(summary.states.deleted),
            &signed(summary.joined),
            &signed(summary.changed),
            &signed(summary.touched),
            &signed(summary.left),
            &signed(summary.returned),
            &certificate,
        ],
    )?;
    Ok(row.try_get(0)?)
}

/// Commits what was published, in a transaction of `client` that `work` fills. When the connection
/// breaks at the commit, nobody knows yet whether it was done: `published` looks.
pub(super) fn committing<T>(
    client: &mut Client,
    work: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    published: impl FnOnce(&T) -> Result<bool, StoreError>,
) -> Result<T, StoreError> {
    let mut transaction = pool::begin(client, true)?;
    let result = work(&mut transaction)?;
    match transaction.commit().map_err(StoreError::from) {
        Ok(()) => Ok(result),
        Err(error @ StoreError::Unreachable(_)) => match published(&result) {
            Ok(true) => Ok(result),
            _ => Err(error),
        },
        Err(error) => Err(error),
    }
}
