//! Counting what a run changes, before anything is changed.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};

use super::unsigned;
use crate::{
    Breaker, DivisionLoss, Run, StateCounts, StoreError, Summary, Tripped,
    held::{LOST, Losses},
};

/// What `run` changes. Leaves the ids of the users that it did not meet in the temporary table
/// `gone`, for the one who publishes.
pub(super) fn summarise(
    connection: &Connection,
    run: &Run,
    breaker: &Breaker,
) -> Result<Summary, StoreError> {
    find_gone(connection, run)?;
    let before = states_before(connection, run.org)?;
    let mut summary = Summary {
        users: run.seen(),
        states: before,
        previous_users: run.previous_users,
        ..Summary::default()
    };
    count_staged(connection, run.org, &mut summary)?;
    count_gone(connection, run.org, &mut summary)?;
    summary.returned = returned(connection, run.org)?;
    summary.joined -= summary.returned;
    summary.unchanged =
        summary.users - summary.joined - summary.returned - summary.changed - summary.touched;
    summary.breaker = losses(connection, run.org)?;
    summary.breaker.active_before = before.active;
    summary.breaker.held = breaker.trips(summary.breaker.affected(), before.active);
    Ok(summary)
}

/// Fills `gone`. The table lives beside the store, so this writes nothing into it.
fn find_gone(connection: &Connection, run: &Run) -> Result<(), StoreError> {
    connection.execute_batch(
        "CREATE TEMP TABLE IF NOT EXISTS gone (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
         DELETE FROM temp.gone;",
    )?;
    if run.missing() == 0 {
        return Ok(());
    }
    let mut open = connection
        .prepare_cached("SELECT slot, id FROM version_open WHERE org = ?1 ORDER BY id")?;
    let mut gone = connection.prepare_cached("INSERT INTO temp.gone (id) VALUES (?1)")?;
    let mut rows = open.query([run.org])?;
    while let Some(row) = rows.next()? {
        if !run.seen.contains(unsigned(row.get(0)?)?) {
            gone.execute([row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?])?;
        }
    }
    Ok(())
}

fn states_before(connection: &Connection, org: i64) -> Result<StateCounts, StoreError> {
    let counts: Option<[i64; 4]> = connection
        .prepare_cached(
            "SELECT active, inactive, deleted, users - active - inactive - deleted
             FROM snapshot WHERE org = ?1 ORDER BY published DESC LIMIT 1",
        )?
        .query_row([org], |row| {
            Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
        })
        .optional()?;
    let [active, inactive, deleted, other] = counts.unwrap_or_default();
    Ok(StateCounts {
        active: unsigned(active)?,
        inactive: unsigned(inactive)?,
        deleted: unsigned(deleted)?,
        other: unsigned(other)?,
    })
}

fn count_staged(
    connection: &Connection,
    org: i64,
    summary: &mut Summary,
) -> Result<(), StoreError> {
    let mut staged = connection.prepare_cached(
        "SELECT s.kind, s.state, o.state, count(*)
         FROM staged s LEFT JOIN version_open o ON o.org = s.org AND o.id = s.id
         WHERE s.org = ?1 GROUP BY 1, 2, 3",
    )?;
    let mut rows = staged.query([org])?;
    while let Some(row) = rows.next()? {
        let (kind, state, before): (i64, String, Option<String>) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let count: u64 = unsigned(row.get(3)?)?;
        *summary.states.of(&state) += count;
        if let Some(before) = before {
            *summary.states.of(&before) -= count;
        }
        *match kind {
            0 => &mut summary.joined,
            1 => &mut summary.changed,
            _ => &mut summary.touched,
        } += count;
    }
    Ok(())
}

fn count_gone(connection: &Connection, org: i64, summary: &mut Summary) -> Result<(), StoreError> {
    let mut gone = connection.prepare_cached(
        "SELECT o.state, count(*)
         FROM temp.gone g CROSS JOIN version_open o ON o.org = ?1 AND o.id = g.id GROUP BY 1",
    )?;
    let mut rows = gone.query([org])?;
    while let Some(row) = rows.next()? {
        let count: u64 = unsigned(row.get(1)?)?;
        *summary.states.of(&row.get::<_, String>(0)?) -= count;
        summary.left += count;
    }
    Ok(())
}

/// New users who were here before.
fn returned(connection: &Connection, org: i64) -> Result<u64, StoreError> {
    let count = connection
        .prepare_cached(
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM version_closed WHERE org = ?1) THEN (
                 SELECT count(*) FROM staged s WHERE s.org = ?1 AND s.kind = 0 AND EXISTS (
                     SELECT 1 FROM version_closed c WHERE c.org = s.org AND c.id = s.id))
             ELSE 0 END",
        )?
        .query_row([org], |row| row.get(0))?;
    unsigned(count)
}

/// What the breaker counts: active users of the last snapshot who are gone, no longer active, or
/// in another division.
fn losses(connection: &Connection, org: i64) -> Result<Tripped, StoreError> {
    let mut losses = connection.prepare_cached(
        "SELECT division_id, max(division_name), why, count(*) FROM (
             SELECT o.division_id, o.division_name, 'left' AS why
             FROM temp.gone g CROSS JOIN version_open o ON o.org = ?1 AND o.id = g.id
             WHERE o.state = 'active'
             UNION ALL
             SELECT o.division_id, o.division_name,
                    CASE s.state WHEN 'deleted' THEN 'deleted'
                                 WHEN 'active' THEN 'moved' ELSE 'deactivated' END
             FROM staged s CROSS JOIN version_open o ON o.org = s.org AND o.id = s.id
             WHERE s.org = ?1 AND s.kind = 1 AND o.state = 'active'
                   AND (s.state <> 'active' OR s.division_id IS NOT o.division_id))
         GROUP BY division_id, why",
    )?;
    let mut tripped = Tripped::default();
    let mut divisions: BTreeMap<Option<String>, DivisionLoss> = BTreeMap::new();
    let mut rows = losses.query([org])?;
    while let Some(row) = rows.next()? {
        let id: Option<String> = row.get(0)?;
        let count: u64 = unsigned(row.get(3)?)?;
        let division = divisions.entry(id.clone()).or_default();
        division.id = id;
        division.name = row.get(1)?;
        let (all, here) = match row.get::<_, String>(2)?.as_str() {
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
    connection: &Connection,
    org: i64,
    losses: &mut Losses,
) -> Result<(), StoreError> {
    let [gone, changed] = LOST;
    let mut lost = connection.prepare_cached(&format!(
        "SELECT {gone}
         FROM temp.gone g CROSS JOIN version_open o ON o.org = ?1 AND o.id = g.id
         WHERE o.state = 'active'
         UNION ALL
         SELECT {changed}
         FROM staged s CROSS JOIN version_open o ON o.org = s.org AND o.id = s.id
         WHERE s.org = ?1 AND s.kind = 1 AND o.state = 'active'
               AND (s.state <> 'active' OR s.division_id IS NOT o.division_id)"
    ))?;
    let mut rows = lost.query([org])?;
    while let Some(row) = rows.next()? {
        let texts = [
            row.get(2)?,
            row.get(3)?,
            row.get(4)?,
            row.get(5)?,
            row.get(6)?,
            row.get(7)?,
        ];
        losses.push(row.get(0)?, row.get(1)?, texts);
    }
    Ok(())
}
