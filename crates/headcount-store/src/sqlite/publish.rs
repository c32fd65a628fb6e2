//! Publishing a run: one transaction, everything or nothing.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::{
    connect, org_key, runs, signed,
    summary::{lost, summarise},
};
use crate::{Breaker, Held, HeldRun, Outcome, Run, StoreError, Summary, held::Losses};

/// See [`crate::Store::publish`].
pub(super) fn publish(
    connection: &mut Connection,
    run: &Run,
    certificate: &str,
    now_ms: i64,
    breaker: &Breaker,
) -> Result<Outcome, StoreError> {
    let transaction = connect::write(connection)?;
    runs::check(&transaction, run)?;
    let summary = summarise(&transaction, run, breaker)?;
    if summary.breaker.held {
        hold(&transaction, run, certificate)?;
        transaction.commit()?;
        return Ok(Outcome::Held(summary));
    }
    let summary = apply(&transaction, run, certificate, now_ms, summary)?;
    transaction.commit()?;
    connect::shrink_log(connection);
    Ok(Outcome::Published(summary))
}

/// See [`crate::Store::preview`]. The transaction is rolled back.
pub(super) fn preview(
    connection: &mut Connection,
    run: &Run,
    breaker: &Breaker,
) -> Result<Summary, StoreError> {
    let transaction = connection.transaction()?;
    runs::check(&transaction, run)?;
    summarise(&transaction, run, breaker)
}

/// See [`crate::Store::held_run`].
pub(super) fn which_is_held(
    connection: &Connection,
    org_name: &str,
) -> Result<Option<HeldRun>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT run, started FROM run
             WHERE org = (SELECT org FROM org WHERE name = ?1) AND certificate NOT NULL",
        )?
        .query_row([org_name], |row| {
            Ok(HeldRun {
                run: row.get(0)?,
                started_ms: row.get(1)?,
            })
        })
        .optional()?;
    Ok(found)
}

/// See [`crate::Store::held`]. In a transaction that is rolled back: nothing is left of `gone`.
pub(super) fn held(
    connection: &Connection,
    org_name: &str,
    breaker: &Breaker,
    most: usize,
) -> Result<Option<Held>, StoreError> {
    let Some((run, _)) = held_run(connection, org_name)? else {
        return Ok(None);
    };
    let mut summary = summarise(connection, &run, breaker)?;
    summary.breaker.held = true;
    let mut losses = Losses::default();
    lost(connection, run.org, &mut losses)?;
    let (departments, lost) = losses.finish(most);
    Ok(Some(Held {
        run: HeldRun {
            run: run.id,
            started_ms: run.started_ms,
        },
        summary,
        departments,
        lost,
    }))
}

/// See [`crate::Store::accept`].
pub(super) fn accept(
    connection: &mut Connection,
    org_name: &str,
    now_ms: i64,
) -> Result<Option<Summary>, StoreError> {
    let transaction = connect::write(connection)?;
    let Some((run, certificate)) = held_run(&transaction, org_name)? else {
        return Ok(None);
    };
    let summary = summarise(&transaction, &run, &Breaker::OFF)?;
    let summary = apply(&transaction, &run, &certificate, now_ms, summary)?;
    transaction.commit()?;
    connect::shrink_log(connection);
    Ok(Some(summary))
}

/// The run of an org that is held back, with its certificate.
fn held_run(connection: &Connection, org_name: &str) -> Result<Option<(Run, String)>, StoreError> {
    let Some(org) = org_key(connection, org_name)? else {
        return Ok(None);
    };
    let certificate: Option<String> = connection
        .prepare_cached("SELECT certificate FROM run WHERE org = ?1 AND certificate NOT NULL")?
        .query_row([org], |row| row.get(0))
        .optional()?;
    certificate
        .map(|certificate| Ok((runs::load(connection, org, org_name)?, certificate)))
        .transpose()
}

/// Keeps the run as it is, to be accepted or dropped later, by another process too.
fn hold(connection: &Connection, run: &Run, certificate: &str) -> Result<(), StoreError> {
    // Users seen since the last finished part are only in memory.
    runs::record_part(connection, run, "(held)", "")?;
    connection
        .prepare_cached("UPDATE run SET certificate = ?2 WHERE run = ?1")?
        .execute((run.id, certificate))?;
    Ok(())
}

/// Turns the staged rows, and `gone`, into the roster of now.
fn apply(
    transaction: &Transaction<'_>,
    run: &Run,
    certificate: &str,
    now_ms: i64,
    mut summary: Summary,
) -> Result<Summary, StoreError> {
    let last: Option<i64> = transaction
        .prepare_cached("SELECT max(published) FROM snapshot WHERE org = ?1")?
        .query_row([run.org], |row| row.get(0))?;
    // Time goes forward in a store, whatever the clocks of its machines do.
    let time = last.map_or(now_ms, |last| now_ms.max(last.saturating_add(1)));

    if run.previous_users > 0 {
        close(transaction, run.org, time)?;
    }
    open(transaction, run, time)?;
    transaction
        .prepare_cached("UPDATE org SET users = ?2, next_slot = ?3 WHERE org = ?1")?
        .execute((run.org, signed(summary.users), run.next_slot))?;
    summary.snapshot = Some(insert_snapshot(
        transaction,
        run,
        certificate,
        time,
        &summary,
    )?);
    summary.published_ms = Some(time);
    runs::forget_run(transaction, run.org)?;
    Ok(summary)
}

/// Makes the staged rows versions that hold.
fn open(transaction: &Transaction<'_>, run: &Run, time: i64) -> Result<(), StoreError> {
    const OPEN: &str = "INSERT OR REPLACE INTO version_open
             (org, id, state, name, email, username, preferred_name, department, title,
              division_id, division_name, manager_id, version, slot, digest, valid_from, doc)
         SELECT org, id, state, name, email, username, preferred_name, department, title,
              division_id, division_name, manager_id, version, slot, digest,
              ifnull(valid_from, ?2), doc
         FROM staged WHERE org = ?1";
    if run.previous_users == 0 {
        transaction
            .prepare_cached(&format!("{OPEN} ORDER BY id"))?
            .execute((run.org, time))?;
        return Ok(());
    }
    // User by user: a single statement would first copy every page that it changes to a side
    // file, to take itself back if need be; here the transaction does that.
    let mut open = transaction.prepare_cached(&format!("{OPEN} AND id = ?3"))?;
    let mut staged =
        transaction.prepare_cached("SELECT id FROM staged WHERE org = ?1 ORDER BY id")?;
    let mut rows = staged.query([run.org])?;
    while let Some(row) = rows.next()? {
        open.execute((
            run.org,
            time,
            row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?,
        ))?;
    }
    Ok(())
}

/// Closes the versions that end: of users who are gone, and of those who changed. The documents
/// that touched users had are dropped: no version shows them any more.
fn close(transaction: &Transaction<'_>, org: i64, time: i64) -> Result<(), StoreError> {
    transaction
        .prepare_cached(
            "DELETE FROM document WHERE doc IN (
                 SELECT o.doc FROM staged s
                 CROSS JOIN version_open o ON o.org = s.org AND o.id = s.id
                 WHERE s.org = ?1 AND s.kind = 2)",
        )?
        .execute([org])?;
    for ending in [
        "temp.gone e CROSS JOIN version_open o ON o.org = ?1 AND o.id = e.id",
        "staged e CROSS JOIN version_open o ON o.org = ?1 AND o.id = e.id
         WHERE e.org = ?1 AND e.kind = 1",
    ] {
        transaction
            .prepare_cached(&format!(
                "INSERT INTO version_closed
                     (org, id, state, name, email, username, preferred_name, department, title,
                      division_id, division_name, manager_id, version, valid_from, valid_to, doc)
                 SELECT o.org, o.id, o.state, o.name, o.email, o.username, o.preferred_name,
                      o.department, o.title, o.division_id, o.division_name, o.manager_id,
                      o.version, o.valid_from, ?2, o.doc
                 FROM {ending}"
            ))?
            .execute((org, time))?;
    }
    transaction
        .prepare_cached(
            "DELETE FROM version_open WHERE org = ?1 AND id IN (SELECT id FROM temp.gone)",
        )?
        .execute([org])?;
    Ok(())
}

fn insert_snapshot(
    transaction: &Transaction<'_>,
    run: &Run,
    certificate: &str,
    time: i64,
    summary: &Summary,
) -> Result<i64, StoreError> {
    transaction
        .prepare_cached(
            "INSERT INTO snapshot (org, published, started, users, active, inactive, deleted,
                 joined, changed, touched, left_, returned, certificate)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        )?
        .execute(params![
            run.org,
            time,
            run.started_ms,
            signed(summary.users),
            signed(summary.states.active),
            signed(summary.states.inactive),
            signed(summary.states.deleted),
            signed(summary.joined),
            signed(summary.changed),
            signed(summary.touched),
            signed(summary.left),
            signed(summary.returned),
            certificate,
        ])?;
    Ok(transaction.last_insert_rowid())
}
