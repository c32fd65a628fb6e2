//! Clients and tokens, and what a server polls.

use rusqlite::{Connection, Row, params};

use super::{connect, org_key, org_key_or_new};
use crate::{
    AccessList, Credential, Grant, Heads, StoreError,
    access::{json, kind_of, kind_text, limit_number, limit_of, texts},
};

const CREDENTIAL: &str = "SELECT c.id, c.kind, o.name, c.name, c.digest, c.permissions,
    c.divisions, c.rate_limit, c.created, c.expires, c.revoked
    FROM credential c JOIN org o ON o.org = c.org";

/// See [`crate::Store::add_credential`].
pub(super) fn add(connection: &mut Connection, credential: &Credential) -> Result<(), StoreError> {
    let transaction = connect::write(connection)?;
    let org = org_key_or_new(&transaction, &credential.org)?;
    insert(&transaction, org, credential)?;
    bump(&transaction)?;
    Ok(transaction.commit()?)
}

/// Adds a credential to an org.
pub(super) fn insert(
    connection: &Connection,
    org: i64,
    credential: &Credential,
) -> Result<(), StoreError> {
    let grant = &credential.grant;
    let added = connection
        .prepare_cached(
            "INSERT INTO credential (id, org, kind, name, digest, permissions, divisions,
                 rate_limit, created, expires, revoked)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT (id) DO NOTHING",
        )?
        .execute(params![
            credential.id,
            org,
            kind_text(credential.kind),
            credential.name,
            credential.digest,
            json(&grant.permissions),
            grant.divisions.as_deref().map(json),
            limit_number(grant.rate_limit),
            credential.created_ms,
            credential.expires_ms,
            credential.revoked_ms,
        ])?;
    if added == 0 {
        return Err(StoreError::IdTaken);
    }
    Ok(())
}

/// See [`crate::Store::revoke_credential`].
pub(super) fn revoke(
    connection: &mut Connection,
    org_name: &str,
    id: &str,
    now_ms: i64,
) -> Result<Option<Credential>, StoreError> {
    let transaction = connect::write(connection)?;
    let Some(org) = org_key(&transaction, org_name)? else {
        return Ok(None);
    };
    let revoked = transaction
        .prepare_cached(
            "UPDATE credential SET revoked = ?3 WHERE id = ?2 AND org = ?1 AND revoked IS NULL",
        )?
        .execute((org, id, now_ms))?;
    if revoked > 0 {
        bump(&transaction)?;
    }
    let credential = transaction
        .prepare_cached(&format!("{CREDENTIAL} WHERE c.id = ?2 AND c.org = ?1"))?
        .query_and_then((org, id), credential)?
        .next()
        .transpose()?;
    transaction.commit()?;
    Ok(credential)
}

/// See [`crate::Store::access`].
pub(super) fn list(connection: &Connection) -> Result<AccessList, StoreError> {
    if !connect::has_access(connection)? {
        return Ok(AccessList {
            revision: 0,
            signing_key: [0; 32],
            credentials: Vec::new(),
        });
    }
    let (revision, signing_key) = connection
        .prepare_cached("SELECT revision, signing_key FROM access")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let credentials = connection
        .prepare_cached(&format!("{CREDENTIAL} ORDER BY o.name, c.created, c.id"))?
        .query_and_then([], credential)?
        .collect::<Result<_, _>>()?;
    Ok(AccessList {
        revision,
        signing_key,
        credentials,
    })
}

/// See [`crate::Store::heads`]. One step down an index for each org: nothing grows with the number
/// of snapshots.
pub(super) fn heads(connection: &Connection) -> Result<Heads, StoreError> {
    let access = if connect::has_access(connection)? {
        connection
            .prepare_cached("SELECT revision FROM access")?
            .query_row([], |row| row.get(0))?
    } else {
        0
    };
    let erased = if connect::has_forgotten(connection)? {
        connection
            .prepare_cached("SELECT erased FROM access")?
            .query_row([], |row| row.get(0))?
    } else {
        0
    };
    let mut newest = connection.prepare_cached(
        "SELECT name, (SELECT snapshot FROM snapshot s WHERE s.org = o.org
                       ORDER BY published DESC LIMIT 1) AS newest
         FROM org o WHERE newest NOT NULL ORDER BY name",
    )?;
    let snapshots = newest.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Heads {
        access,
        erased,
        snapshots: snapshots.collect::<Result<_, _>>()?,
    })
}

/// Tells every server that polls [`heads`] to look again.
fn bump(connection: &Connection) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE access SET revision = revision + 1")?
        .execute([])?;
    Ok(())
}

fn credential(row: &Row<'_>) -> Result<Credential, StoreError> {
    let kind: String = row.get(1)?;
    let divisions: Option<String> = row.get(6)?;
    Ok(Credential {
        id: row.get(0)?,
        kind: kind_of(&kind)?,
        org: row.get(2)?,
        name: row.get(3)?,
        digest: row.get(4)?,
        grant: Grant {
            permissions: texts(&row.get::<_, String>(5)?)?,
            divisions: divisions.as_deref().map(texts).transpose()?,
            rate_limit: limit_of(row.get(7)?)?,
        },
        created_ms: row.get(8)?,
        expires_ms: row.get(9)?,
        revoked_ms: row.get(10)?,
    })
}
