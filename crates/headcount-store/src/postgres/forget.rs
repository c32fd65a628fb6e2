//! Forgetting users: their personal values are erased wherever they stand.

use std::collections::BTreeSet;

use headcount_core::personal::{erased, erased_from};
use postgres::{Client, GenericClient, Row, Transaction};

use super::{org_key, take_org, tell};
use crate::{
    Forgotten, StoreError,
    page::{UNREADABLE, digest},
    rows::{signed, unsigned},
};

/// Tables of versions, and whether they keep a digest of the document.
const TABLES: [(&str, bool); 3] = [
    ("version_open", true),
    ("version_closed", false),
    ("staged", true),
];

/// See [`crate::Store::forget`].
pub(super) fn forget(
    transaction: &mut Transaction<'_>,
    org_name: &str,
    user_id: &str,
    now_ms: i64,
) -> Result<Forgotten, StoreError> {
    let unknown = || StoreError::NoSuchUser {
        id: user_id.to_owned(),
        org: org_name.to_owned(),
    };
    let org = org_key(transaction, org_name)?.ok_or_else(unknown)?;
    // Whoever stages waits, and then erases what comes.
    take_org(transaction, org)?;
    let (mut versions, mut staged) = (0, 0);
    for (table, digested) in TABLES {
        let found = erase(transaction, table, digested, org, user_id)?;
        *(if table == "staged" {
            &mut staged
        } else {
            &mut versions
        }) += found;
    }
    let before = transaction
        .query_opt(
            "SELECT id, at, versions FROM forgotten WHERE org = $1 AND id = $2",
            &[&org, &user_id],
        )?
        .map(|row| forgotten(&row))
        .transpose()?;
    // One who only joined in the run at work has no version yet.
    if versions + staged == 0 && before.is_none() {
        return Err(unknown());
    }
    let forgotten = Forgotten {
        user_id: user_id.to_owned(),
        forgotten_ms: before.map_or(now_ms, |before| before.forgotten_ms),
        versions,
    };
    transaction.execute(
        "INSERT INTO forgotten (org, id, at, versions) VALUES ($1, $2, $3, $4)
         ON CONFLICT (org, id) DO UPDATE SET versions = excluded.versions",
        &[&org, &user_id, &forgotten.forgotten_ms, &signed(versions)],
    )?;
    bump(transaction)?;
    Ok(forgotten)
}

/// Gives the room of rows that were replaced back, to be overwritten. Whoever does not own the
/// tables can't, and nothing depends on it.
pub(super) fn vacuum(client: &mut Client) {
    for table in ["document", "version_open", "version_closed", "staged"] {
        if client.batch_execute(&format!("VACUUM {table}")).is_err() {
            tracing::warn!(
                "what was erased stays in free room of the database until its next vacuum"
            );
            return;
        }
    }
}

/// See [`crate::Store::remember`].
pub(super) fn remember(
    transaction: &mut Transaction<'_>,
    org_name: &str,
    user_id: &str,
) -> Result<bool, StoreError> {
    let Some(org) = org_key(transaction, org_name)? else {
        return Ok(false);
    };
    let removed = transaction.execute(
        "DELETE FROM forgotten WHERE org = $1 AND id = $2",
        &[&org, &user_id],
    )?;
    if removed > 0 {
        bump(transaction)?;
    }
    Ok(removed > 0)
}

/// See [`crate::Store::forgotten`].
pub(super) fn list(
    client: &mut impl GenericClient,
    org_name: &str,
) -> Result<Vec<Forgotten>, StoreError> {
    client
        .query(
            "SELECT f.id, f.at, f.versions FROM forgotten f JOIN org o ON o.org = f.org
             WHERE o.name = $1 ORDER BY f.id",
            &[&org_name],
        )?
        .iter()
        .map(forgotten)
        .collect()
}

/// The ids of those who are forgotten.
pub(super) fn ids(
    transaction: &mut Transaction<'_>,
    org: i64,
) -> Result<BTreeSet<String>, StoreError> {
    transaction
        .query("SELECT id FROM forgotten WHERE org = $1", &[&org])?
        .iter()
        .map(|row| Ok(row.try_get(0)?))
        .collect()
}

/// Keeps one that was forgotten in another store.
pub(super) fn insert(
    transaction: &mut Transaction<'_>,
    org: i64,
    forgotten: &Forgotten,
) -> Result<(), StoreError> {
    transaction.execute(
        "INSERT INTO forgotten (org, id, at, versions) VALUES ($1, $2, $3, $4)",
        &[
            &org,
            &forgotten.user_id,
            &forgotten.forgotten_ms,
            &signed(forgotten.versions),
        ],
    )?;
    Ok(())
}

/// Erases the user's own rows of a table and what others tell of the user; gives how many rows of
/// its own there are.
fn erase(
    transaction: &mut Transaction<'_>,
    table: &str,
    digested: bool,
    org: i64,
    user_id: &str,
) -> Result<u64, StoreError> {
    // An id may be written with escapes in a document, but not in the column.
    let rows = transaction.query(
        &format!(
            "SELECT v.id, v.doc, d.json FROM {table} v JOIN document d ON d.doc = v.doc
             WHERE v.org = $1 AND (v.id = $2 OR v.manager_id = $2 OR strpos(d.json, $2) > 0)"
        ),
        &[&org, &user_id],
    )?;
    let mut own = 0;
    for row in rows {
        let (id, doc, document): (&str, i64, &str) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
        let less = if id == user_id {
            own += 1;
            Some(erased(document).map_err(|_| UNREADABLE)?)
        } else {
            erased_from(document, user_id).map_err(|_| UNREADABLE)?
        };
        let Some(less) = less else {
            continue;
        };
        transaction.execute(
            "UPDATE document SET json = $2 WHERE doc = $1",
            &[&doc, &less],
        )?;
        if digested {
            // What the next sync brings is erased in the same way, and is then found unchanged.
            transaction.execute(
                &format!("UPDATE {table} SET digest = $3 WHERE org = $1 AND id = $2"),
                &[&org, &id, &&digest(&less)[..]],
            )?;
        }
    }
    transaction.execute(
        &format!(
            "UPDATE {table} SET name = NULL, email = NULL, username = NULL, preferred_name = NULL
             WHERE org = $1 AND id = $2"
        ),
        &[&org, &user_id],
    )?;
    Ok(own)
}

/// Tells every server that it should look at the heads again.
fn bump(transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute("UPDATE access SET erased = erased + 1", &[])?;
    tell(transaction)
}

fn forgotten(row: &Row) -> Result<Forgotten, StoreError> {
    Ok(Forgotten {
        user_id: row.try_get(0)?,
        forgotten_ms: row.try_get(1)?,
        versions: unsigned(row.try_get(2)?)?,
    })
}
