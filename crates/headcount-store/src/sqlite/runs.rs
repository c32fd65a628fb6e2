//! The life of a run: begin or resume, finish parts, give up.

use rusqlite::{Connection, OptionalExtension};

use super::{connect, org_key_or_new, unsigned};
use crate::{
    Run, StoreError,
    run::{pack, unpack},
};

/// See [`crate::Store::begin`].
pub(super) fn begin(
    connection: &mut Connection,
    org_name: &str,
    plan: &str,
    now_ms: i64,
    resume_since_ms: Option<i64>,
) -> Result<Run, StoreError> {
    let transaction = connect::write(connection)?;
    let org = org_key_or_new(&transaction, org_name)?;
    let unfinished: Option<i64> = transaction
        .prepare_cached(
            "SELECT run FROM run WHERE org = ?1 AND plan = ?2 AND started BETWEEN ?3 AND ?4
             AND certificate IS NULL",
        )?
        .query_row(
            // A run from the future would never grow old.
            (org, plan, resume_since_ms.unwrap_or(i64::MAX), now_ms),
            |row| row.get(0),
        )
        .optional()?;
    if unfinished.is_none() {
        clear(&transaction, org)?;
        transaction
            .prepare_cached("INSERT INTO run (org, plan, started) VALUES (?1, ?2, ?3)")?
            .execute((org, plan, now_ms))?;
    }
    let mut run = load(&transaction, org, org_name)?;
    run.resumed = unfinished.is_some();
    transaction.commit()?;
    Ok(run)
}

/// The run of `org` as it is on disk: what parts have recorded, and what is staged.
pub(super) fn load(connection: &Connection, org: i64, org_name: &str) -> Result<Run, StoreError> {
    let (id, started_ms) = connection
        .prepare_cached("SELECT run, started FROM run WHERE org = ?1")?
        .query_row([org], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?
        .ok_or(StoreError::RunOver)?;
    let (previous_users, first_new): (i64, i64) = connection
        .prepare_cached("SELECT users, next_slot FROM org WHERE org = ?1")?
        .query_row([org], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let first_new = unsigned(first_new)?;
    let mut run = Run {
        org_name: org_name.to_owned(),
        org,
        id,
        started_ms,
        token: 0,
        resumed: false,
        parts: std::collections::BTreeMap::new(),
        seen: roaring::RoaringBitmap::new(),
        fresh: roaring::RoaringBitmap::new(),
        first_new,
        next_slot: first_new,
        previous_users: unsigned(previous_users)?,
    };
    let mut parts =
        connection.prepare_cached("SELECT part, evidence, seen FROM run_part WHERE run = ?1")?;
    let mut rows = parts.query([id])?;
    while let Some(row) = rows.next()? {
        run.parts.insert(row.get(0)?, row.get(1)?);
        run.seen |= unpack(row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)?;
    }
    // What was staged after the last part was finished counts too: those users were in the org
    // since the run began, which is all that a run promises.
    let mut staged = connection.prepare_cached("SELECT slot FROM staged WHERE org = ?1")?;
    let mut rows = staged.query([org])?;
    while let Some(row) = rows.next()? {
        let slot: u32 = unsigned(row.get(0)?)?;
        run.mark(slot);
        run.next_slot = run.next_slot.max(slot + 1);
    }
    Ok(run)
}

/// See [`crate::Store::finish_part`].
pub(super) fn finish_part(
    connection: &mut Connection,
    run: &mut Run,
    part: &str,
    evidence: &str,
) -> Result<(), StoreError> {
    let transaction = connect::write(connection)?;
    check(&transaction, run)?;
    record_part(&transaction, run, part, evidence)?;
    transaction.commit()?;
    run.fresh.clear();
    run.parts.insert(part.to_owned(), evidence.to_owned());
    Ok(())
}

/// Writes a part with the users seen since the part before. One finished twice keeps the users of
/// both times.
pub(super) fn record_part(
    connection: &Connection,
    run: &Run,
    part: &str,
    evidence: &str,
) -> Result<(), StoreError> {
    let before: Option<Vec<u8>> = connection
        .prepare_cached("SELECT seen FROM run_part WHERE run = ?1 AND part = ?2")?
        .query_row((run.id, part), |row| row.get(0))
        .optional()?;
    let seen = match before {
        Some(bytes) => pack(&(unpack(&bytes)? | &run.fresh)),
        None => pack(&run.fresh),
    };
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO run_part (run, part, evidence, seen) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((run.id, part, evidence, seen))?;
    Ok(())
}

/// See [`crate::Store::contains`].
pub(super) fn contains(connection: &Connection, run: &Run, id: &str) -> Result<bool, StoreError> {
    let slot: Option<i64> = connection
        .prepare_cached(
            "SELECT slot FROM staged WHERE org = ?1 AND id = ?2
             UNION ALL SELECT slot FROM version_open WHERE org = ?1 AND id = ?2",
        )?
        .query_row((run.org, id), |row| row.get(0))
        .optional()?;
    match slot {
        Some(slot) => Ok(run.seen.contains(unsigned(slot)?)),
        None => Ok(false),
    }
}

/// See [`crate::Store::vanished`].
pub(super) fn vanished(
    connection: &Connection,
    run: &Run,
    limit: usize,
) -> Result<(u64, Vec<String>), StoreError> {
    let count = run.missing();
    let mut ids = Vec::new();
    if count > 0 && limit > 0 {
        let mut open = connection
            .prepare_cached("SELECT slot, id FROM version_open WHERE org = ?1 ORDER BY id")?;
        let mut rows = open.query([run.org])?;
        while let Some(row) = rows.next()? {
            if !run.seen.contains(unsigned(row.get(0)?)?) {
                ids.push(row.get(1)?);
                if ids.len() == limit {
                    break;
                }
            }
        }
    }
    Ok((count, ids))
}

/// See [`crate::Store::abandon`].
pub(super) fn abandon(connection: &mut Connection, run: &Run) -> Result<(), StoreError> {
    let transaction = connect::write(connection)?;
    check(&transaction, run)?;
    clear(&transaction, run.org)?;
    Ok(transaction.commit()?)
}

/// Fails when `run` is no longer the run of its org.
pub(super) fn check(connection: &Connection, run: &Run) -> Result<(), StoreError> {
    let current: Option<i64> = connection
        .prepare_cached("SELECT run FROM run WHERE org = ?1 AND certificate IS NULL")?
        .query_row([run.org], |row| row.get(0))
        .optional()?;
    if current == Some(run.id) {
        Ok(())
    } else {
        Err(StoreError::RunOver)
    }
}

/// Drops the run of `org` with all it staged, documents too.
fn clear(connection: &Connection, org: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "DELETE FROM document WHERE doc IN (SELECT doc FROM staged WHERE org = ?1)",
        )?
        .execute([org])?;
    forget_run(connection, org)
}

/// Drops the run of `org` and its staged rows; their documents belong to versions by now.
pub(super) fn forget_run(connection: &Connection, org: i64) -> Result<(), StoreError> {
    let others: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM run WHERE org <> ?1)")?
        .query_row([org], |row| row.get(0))?;
    if others {
        connection
            .prepare_cached("DELETE FROM staged WHERE org = ?1")?
            .execute([org])?;
    } else {
        // Without a condition SQLite drops the pages instead of visiting each row.
        connection
            .prepare_cached("DELETE FROM staged")?
            .execute([])?;
    }
    connection
        .prepare_cached("DELETE FROM run WHERE org = ?1")?
        .execute([org])?;
    Ok(())
}
