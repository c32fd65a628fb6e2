//! Reading snapshots, versions and what else is kept.

use std::borrow::Cow;

use headcount_core::{
    field::{Column, Projection},
    history::{Version, VersionRef},
    user::Attributes,
};
use postgres::{Row, Transaction, types::ToSql};

use super::org_key;
use crate::{
    Snapshot, StateCounts, StoreError,
    rows::{COLUMNS, lasting_of, unsigned},
};

/// Rows fetched at once: so many documents are in memory, never the org.
const ROWS: i32 = 500;

const SNAPSHOT: &str = "SELECT snapshot, published, started, users, active, inactive, deleted,
    joined, changed, touched, left_, returned FROM snapshot";

/// Both tables lie in the order of ids, so versions are walked in that order and each document is
/// looked up; other plans would first gather all documents, to sort them.
pub(super) const IN_ORDER: &str =
    "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";

/// Hands over the rows of an answer, some at a time, while `each` says so.
pub(super) fn stream(
    transaction: &mut Transaction<'_>,
    sql: &str,
    parameters: &[&(dyn ToSql + Sync)],
    mut each: impl FnMut(&Row) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let portal = transaction.bind(sql, parameters)?;
    loop {
        let rows = transaction.query_portal(&portal, ROWS)?;
        for row in &rows {
            if !each(row)? {
                return Ok(());
            }
        }
        if rows.len() < ROWS as usize {
            return Ok(());
        }
    }
}

/// See [`crate::Store::read`].
pub(super) fn read(
    transaction: &mut Transaction<'_>,
    org_name: &str,
    as_of_ms: Option<i64>,
    want: &Projection,
    each: &mut dyn FnMut(&Attributes<'_>, Option<&str>),
) -> Result<Snapshot, StoreError> {
    let none = || StoreError::NoSnapshot {
        org: org_name.to_owned(),
    };
    let org = org_key(transaction, org_name)?.ok_or_else(none)?;
    let snapshot = snapshot_at(transaction, org, as_of_ms)?.ok_or_else(none)?;
    transaction.batch_execute(IN_ORDER)?;
    let (columns, json, join) = selected(as_of_ms.is_some(), want);
    let versions = match as_of_ms {
        None => "SELECT * FROM version_open WHERE org = $1 AND $2::bigint IS NULL".to_owned(),
        Some(_) => union("valid_from <= $2", "valid_from <= $2 AND $2 < valid_to"),
    };
    let sql = format!("SELECT {columns}, {json} FROM ({versions}) v {join} ORDER BY v.id");
    stream(transaction, &sql, &[&org, &as_of_ms], |row| {
        let attributes = attributes(row)?;
        match row.try_get(COLUMNS.len())? {
            Some(document) if as_of_ms.is_some() => {
                each(&attributes, Some(&lasting_of(document)?));
            }
            document => each(&attributes, document),
        }
        Ok(true)
    })?;
    Ok(snapshot)
}

/// Versions of an org out of both tables, each under a condition.
pub(super) fn union(open: &str, closed: &str) -> String {
    let columns = COLUMNS.join(", ");
    format!(
        "SELECT {columns}, valid_from, NULL::bigint AS valid_to, doc
         FROM version_open WHERE org = $1 AND {open}
         UNION ALL
         SELECT {columns}, valid_from, valid_to, doc
         FROM version_closed WHERE org = $1 AND {closed}"
    )
}

/// The last snapshot, or the last at a time.
fn snapshot_at(
    transaction: &mut Transaction<'_>,
    org: i64,
    as_of_ms: Option<i64>,
) -> Result<Option<Snapshot>, StoreError> {
    let found = transaction.query_opt(
        &format!("{SNAPSHOT} WHERE org = $1 AND published <= $2 ORDER BY published DESC LIMIT 1"),
        &[&org, &as_of_ms.unwrap_or(i64::MAX)],
    )?;
    if let Some(row) = found {
        return snapshot(&row).map(Some);
    }
    let first: Option<i64> = transaction
        .query_one(
            "SELECT min(published) FROM snapshot WHERE org = $1",
            &[&org],
        )?
        .try_get(0)?;
    match first {
        Some(first) => Err(StoreError::BeforeFirst { first }),
        None => Ok(None),
    }
}

/// See [`crate::Store::versions`].
pub(super) fn versions(
    transaction: &mut Transaction<'_>,
    org_name: &str,
    want: &Projection,
    each: &mut dyn FnMut(VersionRef<'_>),
) -> Result<Snapshot, StoreError> {
    let none = || StoreError::NoSnapshot {
        org: org_name.to_owned(),
    };
    let org = org_key(transaction, org_name)?.ok_or_else(none)?;
    let snapshot = snapshot_at(transaction, org, None)?.ok_or_else(none)?;
    transaction.batch_execute(IN_ORDER)?;
    let (columns, json, join) = selected(true, want);
    let versions = union("true", "true");
    let sql = format!(
        "SELECT {columns}, {json}, v.valid_from, v.valid_to FROM ({versions}) v {join}
         ORDER BY v.id, v.valid_from"
    );
    stream(transaction, &sql, &[&org], |row| {
        let document: Option<&str> = row.try_get(COLUMNS.len())?;
        let document = document.map(lasting_of).transpose()?;
        each(VersionRef {
            user: &attributes(row)?,
            document: document.as_deref(),
            valid_from: row.try_get(COLUMNS.len() + 1)?,
            valid_to: row.try_get(COLUMNS.len() + 2)?,
        });
        Ok(true)
    })?;
    Ok(snapshot)
}

/// What is selected of a version, its document, and the join that this takes: only the columns
/// that are wanted cross the wire, and documents are only fetched where they are wanted. The id is
/// always there, since it gives the order.
fn selected(lasting_only: bool, want: &Projection) -> (String, &'static str, &'static str) {
    let mut columns = String::from("v.id");
    for (column, name) in Column::ALL.into_iter().zip(COLUMNS).skip(1) {
        // The bare lock counter is volatile: only the present one is known.
        let wanted = want.contains(column) && !(lasting_only && column == Column::Version);
        columns.push_str(match (wanted, column) {
            (true, _) => ", v.",
            (false, Column::Version) => ", NULL::bigint AS ",
            (false, _) => ", NULL::text AS ",
        });
        columns.push_str(name);
    }
    if want.document() {
        (columns, "d.json", "JOIN document d ON d.doc = v.doc")
    } else {
        (columns, "NULL::text", "")
    }
}

/// See [`crate::Store::history`].
pub(super) fn history(
    transaction: &mut Transaction<'_>,
    org_name: &str,
    user_id: Option<&str>,
    since_ms: Option<i64>,
    each: &mut dyn FnMut(Version),
) -> Result<(), StoreError> {
    let Some(org) = org_key(transaction, org_name)? else {
        return Ok(());
    };
    if since_ms.is_none() {
        transaction.batch_execute(IN_ORDER)?;
    }
    let of_user = "($2::text IS NULL OR id = $2)";
    let since = "($3::bigint IS NULL OR id IN (
        SELECT id FROM version_open WHERE org = $1 AND valid_from >= $3
        UNION SELECT id FROM version_closed WHERE org = $1 AND valid_to >= $3))";
    let condition = format!("{of_user} AND {since}");
    let versions = union(&condition, &condition);
    let sql = format!(
        "SELECT v.id, v.valid_from, v.valid_to, d.json
         FROM ({versions}) v JOIN document d ON d.doc = v.doc ORDER BY v.id, v.valid_from"
    );
    stream(transaction, &sql, &[&org, &user_id, &since_ms], |row| {
        each(Version {
            user_id: row.try_get(0)?,
            valid_from: row.try_get(1)?,
            valid_to: row.try_get(2)?,
            document: lasting_of(row.try_get(3)?)?,
        });
        Ok(true)
    })
}

/// See [`crate::Store::snapshots`].
pub(super) fn snapshots(
    transaction: &mut Transaction<'_>,
    org_name: &str,
) -> Result<Vec<Snapshot>, StoreError> {
    let sql =
        format!("{SNAPSHOT} WHERE org = (SELECT org FROM org WHERE name = $1) ORDER BY published");
    transaction
        .query(&sql, &[&org_name])?
        .iter()
        .map(snapshot)
        .collect()
}

/// See [`crate::Store::certificate`].
pub(super) fn certificate(
    transaction: &mut Transaction<'_>,
    org_name: &str,
    snapshot: i64,
) -> Result<Option<String>, StoreError> {
    let row = transaction.query_opt(
        "SELECT certificate FROM snapshot WHERE snapshot = $2
         AND org = (SELECT org FROM org WHERE name = $1)",
        &[&org_name, &snapshot],
    )?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// See [`crate::Store::capabilities`].
pub(super) fn capabilities(
    transaction: &mut Transaction<'_>,
    org_name: &str,
) -> Result<Option<String>, StoreError> {
    let row = transaction.query_opt(
        "SELECT json FROM capabilities WHERE org = (SELECT org FROM org WHERE name = $1)",
        &[&org_name],
    )?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// See [`crate::Store::orgs`].
pub(super) fn orgs(transaction: &mut Transaction<'_>) -> Result<Vec<String>, StoreError> {
    let rows = transaction.query("SELECT name FROM org ORDER BY name", &[])?;
    let names = rows.iter().map(|row| row.try_get(0));
    Ok(names.collect::<Result<_, _>>()?)
}

/// See [`crate::Store::unfinished`].
pub(super) fn unfinished(transaction: &mut Transaction<'_>) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT o.name FROM run r JOIN org o ON o.org = r.org ORDER BY o.name";
    let rows = transaction.query(sql, &[])?;
    let names = rows.iter().map(|row| row.try_get(0));
    Ok(names.collect::<Result<_, _>>()?)
}

fn snapshot(row: &Row) -> Result<Snapshot, StoreError> {
    let count = |index: usize| unsigned::<u64>(row.try_get(index)?);
    let (users, active, inactive, deleted) = (count(3)?, count(4)?, count(5)?, count(6)?);
    Ok(Snapshot {
        id: row.try_get(0)?,
        published_ms: row.try_get(1)?,
        started_ms: row.try_get(2)?,
        users,
        states: StateCounts {
            active,
            inactive,
            deleted,
            other: users.saturating_sub(active + inactive + deleted),
        },
        joined: count(7)?,
        changed: count(8)?,
        touched: count(9)?,
        left: count(10)?,
        returned: count(11)?,
    })
}

/// The twelve columns of a row, borrowed from it.
fn attributes(row: &Row) -> Result<Attributes<'_>, StoreError> {
    let some = |index: usize| -> Result<Option<Cow<'_, str>>, StoreError> {
        Ok(row.try_get::<_, Option<&str>>(index)?.map(Cow::Borrowed))
    };
    Ok(Attributes {
        id: some(0)?.unwrap_or_default(),
        state: some(1)?.unwrap_or_default(),
        name: some(2)?,
        email: some(3)?,
        username: some(4)?,
        preferred_name: some(5)?,
        department: some(6)?,
        title: some(7)?,
        division_id: some(8)?,
        division_name: some(9)?,
        manager_id: some(10)?,
        version: row.try_get(11)?,
    })
}
