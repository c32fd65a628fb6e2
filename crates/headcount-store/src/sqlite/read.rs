//! Reading snapshots, versions and what else is kept.

use std::borrow::Cow;

use headcount_core::{
    field::{Column, Projection},
    history::{Version, VersionRef},
    user::Attributes,
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::org_key;
use crate::{
    Snapshot, StateCounts, StoreError,
    rows::{COLUMNS, lasting_of, unsigned},
};

const SNAPSHOT: &str = "SELECT snapshot, published, started, users, active, inactive, deleted,
    joined, changed, touched, left_, returned FROM snapshot";

/// See [`crate::Store::read`].
pub(super) fn read(
    connection: &Connection,
    org_name: &str,
    as_of_ms: Option<i64>,
    want: &Projection,
    each: &mut dyn FnMut(&Attributes<'_>, Option<&str>),
) -> Result<Snapshot, StoreError> {
    let none = || StoreError::NoSnapshot {
        org: org_name.to_owned(),
    };
    let org = org_key(connection, org_name)?.ok_or_else(none)?;
    let snapshot = snapshot_at(connection, org, as_of_ms)?.ok_or_else(none)?;
    let mut statement = connection.prepare_cached(&roster_sql(as_of_ms.is_some(), want))?;
    // Both forms name both parameters.
    let mut rows = statement.query((org, as_of_ms))?;
    while let Some(row) = rows.next()? {
        let attributes = attributes(row)?;
        match text(row, COLUMNS.len())? {
            Some(document) if as_of_ms.is_some() => {
                each(&attributes, Some(&lasting_of(document)?));
            }
            document => each(&attributes, document),
        }
    }
    Ok(snapshot)
}

/// The last snapshot, or the last at a time.
fn snapshot_at(
    connection: &Connection,
    org: i64,
    as_of_ms: Option<i64>,
) -> Result<Option<Snapshot>, StoreError> {
    let found = connection
        .prepare_cached(&format!(
            "{SNAPSHOT} WHERE org = ?1 AND published <= ?2 ORDER BY published DESC LIMIT 1"
        ))?
        .query_and_then((org, as_of_ms.unwrap_or(i64::MAX)), snapshot)?
        .next()
        .transpose()?;
    if found.is_some() {
        return Ok(found);
    }
    let first: Option<i64> = connection
        .prepare_cached("SELECT min(published) FROM snapshot WHERE org = ?1")?
        .query_row([org], |row| row.get(0))?;
    match first {
        Some(first) => Err(StoreError::BeforeFirst { first }),
        None => Ok(None),
    }
}

/// See [`crate::Store::versions`].
pub(super) fn versions(
    connection: &Connection,
    org_name: &str,
    want: &Projection,
    each: &mut dyn FnMut(VersionRef<'_>),
) -> Result<Snapshot, StoreError> {
    let none = || StoreError::NoSnapshot {
        org: org_name.to_owned(),
    };
    let org = org_key(connection, org_name)?.ok_or_else(none)?;
    let snapshot = snapshot_at(connection, org, None)?.ok_or_else(none)?;
    let (columns, json, join) = selected(true, want);
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {columns}, {json}, v.valid_from, NULL FROM version_open v {join} WHERE v.org = ?1
         UNION ALL
         SELECT {columns}, {json}, v.valid_from, v.valid_to FROM version_closed v {join}
         WHERE v.org = ?1
         ORDER BY 1, {from}",
        from = COLUMNS.len() + 2,
    ))?;
    let mut rows = statement.query([org])?;
    while let Some(row) = rows.next()? {
        let document = text(row, COLUMNS.len())?.map(lasting_of).transpose()?;
        each(VersionRef {
            user: &attributes(row)?,
            document: document.as_deref(),
            valid_from: row.get(COLUMNS.len() + 1)?,
            valid_to: row.get(COLUMNS.len() + 2)?,
        });
    }
    Ok(snapshot)
}

/// What is selected of a version, its document, and the join that this takes: only the columns
/// that are wanted are decoded, and documents are only fetched where they are wanted. The id is
/// always there, since it gives the order.
fn selected(lasting_only: bool, want: &Projection) -> (String, &'static str, &'static str) {
    let mut columns = String::from("v.id");
    for (column, name) in Column::ALL.into_iter().zip(COLUMNS).skip(1) {
        // The bare lock counter is volatile: only the present one is known.
        let wanted = want.contains(column) && !(lasting_only && column == Column::Version);
        columns.push_str(if wanted { ", v." } else { ", NULL AS " });
        columns.push_str(name);
    }
    let (json, join) = if want.document() {
        ("d.json", "JOIN document d ON d.doc = v.doc")
    } else {
        ("NULL", "")
    };
    (columns, json, join)
}

/// The question for a roster. Both tables lie in the order of ids: nothing is sorted or held.
fn roster_sql(as_of: bool, want: &Projection) -> String {
    let (columns, json, join) = selected(as_of, want);
    if as_of {
        format!(
            "SELECT {columns}, {json} FROM version_open v {join}
             WHERE v.org = ?1 AND v.valid_from <= ?2
             UNION ALL
             SELECT {columns}, {json} FROM version_closed v {join}
             WHERE v.org = ?1 AND v.valid_from <= ?2 AND ?2 < v.valid_to
             ORDER BY 1"
        )
    } else {
        format!(
            "SELECT {columns}, {json} FROM version_open v {join}
             WHERE v.org = ?1 AND ?2 IS NULL ORDER BY v.id"
        )
    }
}

/// See [`crate::Store::history`].
pub(super) fn history(
    connection: &Connection,
    org_name: &str,
    user_id: Option<&str>,
    since_ms: Option<i64>,
    each: &mut dyn FnMut(Version),
) -> Result<(), StoreError> {
    let Some(org) = org_key(connection, org_name)? else {
        return Ok(());
    };
    let user = if user_id.is_some() {
        "AND v.id = ?2"
    } else {
        "AND ?2 IS NULL"
    };
    let since = if since_ms.is_some() {
        "AND v.id IN (SELECT id FROM version_open WHERE org = ?1 AND valid_from >= ?3
                      UNION SELECT id FROM version_closed WHERE org = ?1 AND valid_to >= ?3)"
    } else {
        "AND ?3 IS NULL"
    };
    let mut statement = connection.prepare_cached(&format!(
        "SELECT v.id, v.valid_from, NULL, d.json
         FROM version_open v JOIN document d ON d.doc = v.doc WHERE v.org = ?1 {user} {since}
         UNION ALL
         SELECT v.id, v.valid_from, v.valid_to, d.json
         FROM version_closed v JOIN document d ON d.doc = v.doc WHERE v.org = ?1 {user} {since}
         ORDER BY 1, 2"
    ))?;
    let mut rows = statement.query((org, user_id, since_ms))?;
    while let Some(row) = rows.next()? {
        each(Version {
            user_id: row.get(0)?,
            valid_from: row.get(1)?,
            valid_to: row.get(2)?,
            document: lasting_of(text(row, 3)?.unwrap_or_default())?,
        });
    }
    Ok(())
}

/// See [`crate::Store::snapshots`].
pub(super) fn snapshots(
    connection: &Connection,
    org_name: &str,
) -> Result<Vec<Snapshot>, StoreError> {
    let Some(org) = org_key(connection, org_name)? else {
        return Ok(Vec::new());
    };
    connection
        .prepare_cached(&format!("{SNAPSHOT} WHERE org = ?1 ORDER BY published"))?
        .query_and_then([org], snapshot)?
        .collect()
}

/// See [`crate::Store::certificate`].
pub(super) fn certificate(
    connection: &Connection,
    org_name: &str,
    snapshot: i64,
) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT certificate FROM snapshot WHERE snapshot = ?2
             AND org = (SELECT org FROM org WHERE name = ?1)",
        )?
        .query_row((org_name, snapshot), |row| row.get(0))
        .optional()?)
}

/// See [`crate::Store::capabilities`].
pub(super) fn capabilities(
    connection: &Connection,
    org_name: &str,
) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT json FROM capabilities WHERE org = (SELECT org FROM org WHERE name = ?1)",
        )?
        .query_row([org_name], |row| row.get(0))
        .optional()?)
}

/// See [`crate::Store::orgs`].
pub(super) fn orgs(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT name FROM org ORDER BY name")?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// See [`crate::Store::unfinished`].
pub(super) fn unfinished(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT o.name FROM run r JOIN org o ON o.org = r.org ORDER BY o.name")?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

fn snapshot(row: &Row<'_>) -> Result<Snapshot, StoreError> {
    let count = |index: usize| unsigned::<u64>(row.get(index)?);
    let (users, active, inactive, deleted) = (count(3)?, count(4)?, count(5)?, count(6)?);
    Ok(Snapshot {
        id: row.get(0)?,
        published_ms: row.get(1)?,
        started_ms: row.get(2)?,
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
fn attributes<'a>(row: &'a Row<'_>) -> Result<Attributes<'a>, StoreError> {
    let some = |index: usize| Ok::<_, StoreError>(text(row, index)?.map(Cow::Borrowed));
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
        version: row.get(11)?,
    })
}

fn text<'a>(row: &'a Row<'_>, index: usize) -> Result<Option<&'a str>, StoreError> {
    Ok(row
        .get_ref(index)?
        .as_str_or_null()
        .map_err(rusqlite::Error::from)?)
}
