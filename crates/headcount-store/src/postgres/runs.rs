//! The life of a run: begin or resume, finish parts, give up.

use postgres::{GenericClient, Transaction};

use super::{read::stream, take_org, take_org_by_name};
use crate::{
    Run, StoreError,
    rows::unsigned,
    run::{pack, unpack},
};

/// See [`crate::Store::begin`].
pub(super) fn begin(
    transaction: &mut Transaction<'_>,
    org_name: &str,
    plan: &str,
    now_ms: i64,
    resume_since_ms: Option<i64>,
) -> Result<Run, StoreError> {
    let org = take_org_by_name(transaction, org_name)?;
    // The token is another one from now on: whoever had the run before can't write to it any more.
    let unfinished = transaction.query_opt(
        "UPDATE run SET token = token + 1
         WHERE org = $1 AND plan = $2 AND started BETWEEN $3 AND $4 AND certificate IS NULL
         RETURNING run",
        // A run from the future would never grow old.
        &[&org, &plan, &resume_since_ms.unwrap_or(i64::MAX), &now_ms],
    )?;
    if unfinished.is_none() {
        clear(transaction, org)?;
        transaction.execute(
            "INSERT INTO run (org, plan, started) VALUES ($1, $2, $3)",
            &[&org, &plan, &now_ms],
        )?;
    }
    let mut run = load(transaction, org, org_name)?;
    run.resumed = unfinished.is_some();
    Ok(run)
}

/// The run of `org` as it is in the database: what parts have recorded, and what is staged.
pub(super) fn load(
    transaction: &mut Transaction<'_>,
    org: i64,
    org_name: &str,
) -> Result<Run, StoreError> {
    let row = transaction
        .query_opt(
            "SELECT r.run, r.started, r.token, o.users, o.next_slot
             FROM run r JOIN org o ON o.org = r.org WHERE r.org = $1",
            &[&org],
        )?
        .ok_or(StoreError::RunOver)?;
    let first_new = unsigned(row.try_get(4)?)?;
    let mut run = Run {
        org_name: org_name.to_owned(),
        org,
        id: row.try_get(0)?,
        started_ms: row.try_get(1)?,
        token: row.try_get(2)?,
        resumed: false,
        parts: std::collections::BTreeMap::new(),
        seen: roaring::RoaringBitmap::new(),
        fresh: roaring::RoaringBitmap::new(),
        first_new,
        next_slot: first_new,
        previous_users: unsigned(row.try_get(3)?)?,
    };
    for row in transaction.query(
        "SELECT part, evidence, seen FROM run_part WHERE run = $1",
        &[&run.id],
    )? {
        run.parts.insert(row.try_get(0)?, row.try_get(1)?);
        run.seen |= unpack(row.try_get(2)?)?;
    }
    // What was staged after the last part was finished counts too: those users were in the org
    // since the run began, which is all that a run promises.
    let staged = "SELECT slot FROM staged WHERE org = $1";
    stream(transaction, staged, &[&org], |row| {
        let slot: u32 = unsigned(row.try_get(0)?)?;
        run.mark(slot);
        run.next_slot = run.next_slot.max(slot + 1);
        Ok(true)
    })?;
    Ok(run)
}

/// See [`crate::Store::finish_part`].
pub(super) fn finish_part(
    transaction: &mut Transaction<'_>,
    run: &Run,
    part: &str,
    evidence: &str,
) -> Result<(), StoreError> {
    check(transaction, run)?;
    record_part(transaction, run, part, evidence)
}

/// Writes a part with the users seen since the part before. One finished twice keeps the users of
/// both times.
pub(super) fn record_part(
    transaction: &mut Transaction<'_>,
    run: &Run,
    part: &str,
    evidence: &str,
) -> Result<(), StoreError> {
    let before = transaction.query_opt(
        "SELECT seen FROM run_part WHERE run = $1 AND part = $2",
        &[&run.id, &part],
    )?;
    let seen = match before {
        Some(row) => pack(&(unpack(row.try_get(0)?)? | &run.fresh)),
        None => pack(&run.fresh),
    };
    transaction.execute(
        "INSERT INTO run_part (run, part, evidence, seen) VALUES ($1, $2, $3, $4)
         ON CONFLICT (run, part) DO UPDATE SET evidence = excluded.evidence, seen = excluded.seen",
        &[&run.id, &part, &evidence, &seen],
    )?;
    Ok(())
}

/// See [`crate::Store::contains`].
pub(super) fn contains(
    transaction: &mut Transaction<'_>,
    run: &Run,
    id: &str,
) -> Result<bool, StoreError> {
    let slot = transaction.query_opt(
        "SELECT slot FROM staged WHERE org = $1 AND id = $2
         UNION SELECT slot FROM version_open WHERE org = $1 AND id = $2",
        &[&run.org, &id],
    )?;
    match slot {
        Some(row) => Ok(run.seen.contains(unsigned(row.try_get(0)?)?)),
        None => Ok(false),
    }
}

/// See [`crate::Store::vanished`].
pub(super) fn vanished(
    transaction: &mut Transaction<'_>,
    run: &Run,
    limit: usize,
) -> Result<(u64, Vec<String>), StoreError> {
    let count = run.missing();
    let mut ids = Vec::new();
    if count > 0 && limit > 0 {
        each_missing(transaction, run, |id| {
            ids.push(id.to_owned());
            ids.len() < limit
        })?;
    }
    Ok((count, ids))
}

/// Hands over users of the last snapshot that a run has not met, by id, while `each` says so.
pub(super) fn each_missing(
    transaction: &mut Transaction<'_>,
    run: &Run,
    mut each: impl FnMut(&str) -> bool,
) -> Result<(), StoreError> {
    let open = "SELECT slot, id FROM version_open WHERE org = $1 ORDER BY id";
    stream(transaction, open, &[&run.org], |row| {
        if run.seen.contains(unsigned(row.try_get(0)?)?) {
            return Ok(true);
        }
        Ok(each(row.try_get(1)?))
    })
}

/// See [`crate::Store::abandon`].
pub(super) fn abandon(transaction: &mut Transaction<'_>, run: &Run) -> Result<(), StoreError> {
    check(transaction, run)?;
    clear(transaction, run.org)
}

/// Takes the org, and fails when `run` is no longer its run, or when somebody else goes on with
/// it: a machine that was away for a while finds another one at work.
pub(super) fn check(transaction: &mut Transaction<'_>, run: &Run) -> Result<(), StoreError> {
    take_org(transaction, run.org)?;
    let current = transaction.query_opt(
        "SELECT FROM run WHERE org = $1 AND run = $2 AND token = $3 AND certificate IS NULL",
        &[&run.org, &run.id, &run.token],
    )?;
    current.map(|_| ()).ok_or(StoreError::RunOver)
}

/// Drops the run of `org` with all it staged, documents too.
fn clear(transaction: &mut Transaction<'_>, org: i64) -> Result<(), StoreError> {
    transaction.execute(
        "DELETE FROM document WHERE doc IN (SELECT doc FROM staged WHERE org = $1)",
        &[&org],
    )?;
    forget_run(transaction, org)
}

/// Drops the run of `org` and its staged rows; their documents belong to versions by now.
pub(super) fn forget_run(client: &mut impl GenericClient, org: i64) -> Result<(), StoreError> {
    client.execute("DELETE FROM staged WHERE org = $1", &[&org])?;
    client.execute("DELETE FROM run WHERE org = $1", &[&org])?;
    Ok(())
}
