//! Forgetting users: their personal values are erased wherever they stand.

use std::collections::BTreeSet;

use headcount_core::personal::{erased, erased_from};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{connect, org_key, signed, unsigned};
use crate::{
    Forgotten, StoreError,
    page::{UNREADABLE, digest},
};

/// Tables of versions, and whether they keep a digest of the document.
const TABLES: [(&str, bool); 3] = [
    ("version_open", true),
    ("version_closed", false),
    ("staged", true),
];

/// See [`crate::Store::forget`].
pub(super) fn forget(
    connection: &mut Connection,
    org_name: &str,
    user_id: &str,
    now_ms: i64,
) -> Result<Forgotten, StoreError> {
    let unknown = || StoreError::NoSuchUser {
        id: user_id.to_owned(),
        org: org_name.to_owned(),
    };
    let transaction = connect::write(connection)?;
    let org = org_key(&transaction, org_name)?.ok_or_else(unknown)?;
    let mut versions = 0;
    for (table, digested) in TABLES {
        let found = erase(&transaction, table, digested, org, user_id)?;
        if table != "staged" {
            versions += found;
        }
        erase_from_others(&transaction, table, digested, org, user_id)?;
    }
    let before = transaction
        .prepare_cached("SELECT id, at, versions FROM forgotten WHERE org = ?1 AND id = ?2")?
        .query_and_then((org, user_id), forgotten)?
        .next()
        .transpose()?;
    // One who only joined in the run at work has no version yet.
    if versions == 0 && before.is_none() && !is_staged(&transaction, org, user_id)? {
        return Err(unknown());
    }
    let forgotten = Forgotten {
        user_id: user_id.to_owned(),
        forgotten_ms: before.map_or(now_ms, |before| before.forgotten_ms),
        versions,
    };
    insert(&transaction, org, &forgotten)?;
    bump(&transaction)?;
    transaction.commit()?;
    Ok(forgotten)
}

/// See [`crate::Store::remember`].
pub(super) fn remember(
    connection: &mut Connection,
    org_name: &str,
    user_id: &str,
) -> Result<bool, StoreError> {
    let transaction = connect::write(connection)?;
    let Some(org) = org_key(&transaction, org_name)? else {
        return Ok(false);
    };
    let removed = transaction
        .prepare_cached("DELETE FROM forgotten WHERE org = ?1 AND id = ?2")?
        .execute((org, user_id))?;
    if removed > 0 {
        bump(&transaction)?;
    }
    transaction.commit()?;
    Ok(removed > 0)
}

/// See [`crate::Store::forgotten`].
pub(super) fn list(connection: &Connection, org_name: &str) -> Result<Vec<Forgotten>, StoreError> {
    let Some(org) = org_key(connection, org_name)? else {
        return Ok(Vec::new());
    };
    if !connect::has_forgotten(connection)? {
        return Ok(Vec::new());
    }
    connection
        .prepare_cached("SELECT id, at, versions FROM forgotten WHERE org = ?1 ORDER BY id")?
        .query_and_then([org], forgotten)?
        .collect()
}

/// The ids of those who are forgotten.
pub(super) fn ids(connection: &Connection, org: i64) -> Result<BTreeSet<String>, StoreError> {
    let mut ids = connection.prepare_cached("SELECT id FROM forgotten WHERE org = ?1")?;
    let ids = ids.query_map([org], |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// Keeps one who is forgotten.
pub(super) fn insert(
    connection: &Connection,
    org: i64,
    forgotten: &Forgotten,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO forgotten (org, id, at, versions) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((
            org,
            &forgotten.user_id,
            forgotten.forgotten_ms,
            signed(forgotten.versions),
        ))?;
    Ok(())
}

/// Erases the user's own rows of a table, and gives how many there are.
fn erase(
    connection: &Connection,
    table: &str,
    digested: bool,
    org: i64,
    user_id: &str,
) -> Result<u64, StoreError> {
    let docs = connection
        .prepare_cached(&format!(
            "SELECT doc FROM {table} WHERE org = ?1 AND id = ?2"
        ))?
        .query_map((org, user_id), |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    for doc in &docs {
        let document: String = connection
            .prepare_cached("SELECT json FROM document WHERE doc = ?1")?
            .query_row([doc], |row| row.get(0))?;
        let document = erased(&document).map_err(|_| UNREADABLE)?;
        replace(connection, table, digested, (org, user_id), *doc, &document)?;
    }
    connection
        .prepare_cached(&format!(
            "UPDATE {table} SET name = NULL, email = NULL, username = NULL, preferred_name = NULL
             WHERE org = ?1 AND id = ?2"
        ))?
        .execute((org, user_id))?;
    Ok(docs.len() as u64)
}

/// Erases what the documents of others in a table tell of the user.
fn erase_from_others(
    connection: &Connection,
    table: &str,
    digested: bool,
    org: i64,
    user_id: &str,
) -> Result<(), StoreError> {
    // An id may be written with escapes in a document, but not in the column.
    let mut others = connection.prepare_cached(&format!(
        "SELECT v.id, v.doc, d.json FROM {table} v JOIN document d ON d.doc = v.doc
         WHERE v.org = ?1 AND v.id <> ?2 AND (v.manager_id = ?2 OR instr(d.json, ?2) > 0)"
    ))?;
    // Gathered first: rows must not change under the question. A manager has hundreds of people.
    let mut less = Vec::new();
    let mut rows = others.query((org, user_id))?;
    while let Some(row) = rows.next()? {
        let document = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        if let Some(document) = erased_from(document, user_id).map_err(|_| UNREADABLE)? {
            less.push((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, document));
        }
    }
    for (id, doc, document) in less {
        replace(connection, table, digested, (org, &id), doc, &document)?;
    }
    Ok(())
}

/// Puts a document in the place of an old one.
fn replace(
    connection: &Connection,
    table: &str,
    digested: bool,
    (org, id): (i64, &str),
    doc: i64,
    document: &str,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE document SET json = ?2 WHERE doc = ?1")?
        .execute((doc, document))?;
    if digested {
        // What the next sync brings is erased in the same way, and is then found unchanged.
        let digest = digest(document);
        connection
            .prepare_cached(&format!(
                "UPDATE {table} SET digest = ?3 WHERE org = ?1 AND id = ?2"
            ))?
            .execute((org, id, &digest[..]))?;
    }
    Ok(())
}

fn is_staged(connection: &Connection, org: i64, user_id: &str) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT 1 FROM staged WHERE org = ?1 AND id = ?2")?
        .query_row((org, user_id), |_| Ok(()))
        .optional()?
        .is_some())
}

/// Tells every server that polls the heads to look again.
fn bump(connection: &Connection) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE access SET erased = erased + 1")?
        .execute([])?;
    Ok(())
}

fn forgotten(row: &Row<'_>) -> Result<Forgotten, StoreError> {
    Ok(Forgotten {
        user_id: row.get(0)?,
        forgotten_ms: row.get(1)?,
        versions: unsigned(row.get(2)?)?,
    })
}
