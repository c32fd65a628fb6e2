//! Counting what a run changes, before anything is changed.

use std::collections::BTreeMap;

use postgres::{Transaction, binary_copy::BinaryCopyInWriter, types::Type};

use super::runs::each_missing;
use crate::{
    Breaker, DivisionLoss, Run, StateCounts, StoreError, Summary, Tripped,
    held::{LOST, Losses},
    rows::unsigned,
};

/// What `run` changes. Leaves the ids of the users that it did not meet in the temporary table
/// `gone`, for the one who publishes.
pub(super) fn summarise(
    transaction: &mut Transaction<'_>,
    run: &Run,
    breaker: &Breaker,
) -> Result<Summary, StoreError> {
    find_gone(transaction, run)?;
    let before = states_before(transaction, run.org)?;
    let mut summary = Summary {
        users: run.seen(),
        states: before,
        previous_users: run.previous_users,
        ..Summary::default()
    };
    count_staged(transaction, run.org, &mut summary)?;
    count_gone(transaction, run.org, &mut summary)?;
    summary.returned = returned(transaction, run.org)?;
    summary.joined -= summary.returned;
    summary.unchanged =
        summary.users - summary.joined - summary.returned - summary.changed - summary.touched;
    summary.breaker = losses(transaction, run.org)?;
    summary.breaker.active_before = before.active;
    summary.breaker.held = breaker.trips(summary.breaker.affected(), before.active);
    Ok(summary)
}

/// Fills `gone`, which goes with the transaction.
fn find_gone(transaction: &mut Transaction<'_>, run: &Run) -> Result<(), StoreError> {
    transaction.batch_execute(
        "CREATE TEMP TABLE gone (id text COLLATE \"C\" PRIMARY KEY) ON COMMIT DROP",
    )?;
    if run.missing() == 0 {
        return Ok(());
    }
    let mut missing = Vec::new();
    each_missing(transaction, run, |id| {
        missing.push(id.to_owned());
        true
    })?;
    let copy = transaction.copy_in("COPY pg_temp.gone (id) FROM STDIN BINARY")?;
    let mut rows = BinaryCopyInWriter::new(copy, &[Type::TEXT]);
    for id in &missing {
        rows.write(&[id])?;
    }
    rows.finish()?;
    Ok(())
}

fn states_before(transaction: &mut Transaction<'_>, org: i64) -> Result<StateCounts, StoreError> {
    let counts = transaction.query_opt(
        "SELECT active, inactive, deleted, users - active - inactive - deleted
         FROM snapshot WHERE org = $1 ORDER BY published DESC LIMIT 1",
        &[&org],
    )?;
    let Some(row) = counts else {
        return Ok(StateCounts::default());
    };
    Ok(StateCounts {
        active: unsigned(row.try_get(0)?)?,
        inactive: unsigned(row.try_get(1)?)?,
        deleted: unsigned(row.try_get(2)?)?,
        other: unsigned(row.try_get(3)?)?,
    })
}

fn count_staged(
    transaction: &mut Transaction<'_>,
    org: i64,
    summary: &mut Summary,
) -> Result<(), StoreError> {
    for row in transaction.query(
        "SELECT s.kind, s.state, o.state, count(*)
         FROM staged s LEFT JOIN version_open o ON o.org = s.org AND o.id = s.id
         WHERE s.org = $1 GROUP BY 1, 2, 3",
        &[&org],
    )? {
        let count: u64 = unsigned(row.try_get(3)?)?;
        *summary.states.of(row.try_get(1)?) += count;
        if let Some(before) = row.try_get(2)? {
            *summary.states.of(before) -= count;
        }
        *match row.try_get(0)? {
            0_i64 => &mut summary.joined,
            1 => &mut summary.changed,
            _ => &mut summary.touched,
        } += count;
    }
    Ok(())
}

fn count_gone(
    transaction: &mut Transaction<'_>,
    org: i64,
    summary: &mut Summary,
) -> Result<(), StoreError> {
    for row in transaction.query(
        "SELECT o.state, count(*)
         FROM pg_temp.gone g JOIN version_open o ON o.org = $1 AND o.id = g.id GROUP BY 1",
        &[&org],
    )? {
        let count: u64 = unsigned(row.try_get(1)?)?;
        *summary.states.of(row.try_get(0)?) -= count;
        summary.left += count;
    }
    Ok(())
}

/// New users who were here before.
fn returned(transaction: &mut Transaction<'_>, org: i64) -> Result<u64, StoreError> {
    let row = transaction.query_one(
        "SELECT CASE WHEN EXISTS (SELECT FROM version_closed WHERE org = $1) THEN (
             SELECT count(*) FROM staged s WHERE s.org = $1 AND s.kind = 0 AND EXISTS (
                 SELECT FROM version_closed c WHERE c.org = s.org AND c.id = s.id))
         ELSE 0 END",
        &[&org],
    )?;
    unsigned(row.try_get(0)?)
}

/// What the breaker counts: active users of the last snapshot who are gone, no longer active, or
/// in another division.
fn losses(transaction: &mut Transaction<'_>, org: i64) -> Result<Tripped, StoreError> {
    let rows = transaction.query(
        "SELECT division_id, max(division_name COLLATE \"C\"), why, count(*) FROM (
             SELECT o.division_id, o.division_name, 'left' AS why
             FROM pg_temp.gone g JOIN version_open o ON o.org = $1 AND o.id = g.id
             WHERE o.state = 'active'
             UNION ALL
             SELECT o.division_id, o.division_name,
                    CASE s.state WHEN 'deleted' THEN 'deleted'
                                 WHEN 'active' THEN 'moved' ELSE 'deactivated' END
             FROM staged s JOIN version_open o ON o.org = s.org AND o.id = s.id
             WHERE s.org = $1 AND s.kind = 1 AND o.state = 'active'
                   AND (s.state <> 'active' OR s.division_id IS DISTINCT FROM o.division_id)
         ) lost GROUP BY division_id, why",
        &[&org],
    )?;
    let mut tripped = Tripped::default();
    let mut divisions: BTreeMap<Option<String>, DivisionLoss> = BTreeMap::new();
    for row in rows {
        let id: Option<String> = row.try_get(0)?;
        let count: u64 = unsigned(row.try_get(3)?)?;
        let division = divisions.entry(id.clone()).or_default();
        division.id = id;
        division.name = row.try_get(1)?;
        let (all, here) = match row.try_get(2)? {
            "left" => (&mut tripped.left, &mut division.left),
            "deleted" => (&mut tripped.deleted, &mut division.deleted),
            "deactivated" => (&mut tripped.deactivated, &mut division.deactivated),
            _ => (&mut tripped.moved, &mut division.moved),
        };
        *all += count;
        *here += count;
    }
    tripped.divisions = divisions.into_values().collect();
    tripped
        .divisions
        .sort_by_key(|division| std::cmp::Reverse(division.total()));
    Ok(tripped)
}

/// Whom the breaker counts, one by one. `gone` is there.
pub(super) fn lost(
    transaction: &mut Transaction<'_>,
    org: i64,
    losses: &mut Losses,
) -> Result<(), StoreError> {
    let [gone, changed] = LOST;
    let lost = format!(
        "SELECT {gone}
         FROM pg_temp.gone g JOIN version_open o ON o.org = $1 AND o.id = g.id
         WHERE o.state = 'active'
         UNION ALL
         SELECT {changed}
         FROM staged s JOIN version_open o ON o.org = s.org AND o.id = s.id
         WHERE s.org = $1 AND s.kind = 1 AND o.state = 'active'
               AND (s.state <> 'active' OR s.division_id IS DISTINCT FROM o.division_id)"
    );
    for row in transaction.query(&lost, &[&org])? {
        let kind: i32 = row.try_get(0)?;
        let texts = [
            row.try_get(2)?,
            row.try_get(3)?,
            row.try_get(4)?,
            row.try_get(5)?,
            row.try_get(6)?,
            row.try_get(7)?,
        ];
        losses.push(kind.into(), row.try_get(1)?, texts);
    }
    Ok(())
}
