//! Clients and tokens, and what a server polls.

use postgres::{Client, Row, Transaction};

use super::{org_key, take_org_by_name, tell};
use crate::{
    AccessList, Credential, Grant, Heads, StoreError,
    access::{json, kind_of, kind_text, limit_number, limit_of, texts},
};

const CREDENTIAL: &str = "SELECT c.id, c.kind, o.name, c.name, c.digest, c.permissions,
    c.divisions, c.rate_limit, c.created, c.expires, c.revoked
    FROM credential c JOIN org o ON o.org = c.org";

/// See [`crate::Store::add_credential`].
pub(super) fn add(
    transaction: &mut Transaction<'_>,
    credential: &Credential,
) -> Result<(), StoreError> {
    let org = take_org_by_name(transaction, &credential.org)?;
    insert(transaction, org, credential)?;
    bump(transaction)
}

/// Adds a credential to an org.
pub(super) fn insert(
    transaction: &mut Transaction<'_>,
    org: i64,
    credential: &Credential,
) -> Result<(), StoreError> {
    let grant = &credential.grant;
    let added = transaction.execute(
        "INSERT INTO credential (id, org, kind, name, digest, permissions, divisions,
             rate_limit, created, expires, revoked)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING",
        &[
            &credential.id,
            &org,
            &kind_text(credential.kind),
            &credential.name,
            &&credential.digest[..],
            &json(&grant.permissions),
            &grant.divisions.as_deref().map(json),
            &limit_number(grant.rate_limit).map(i64::from),
            &credential.created_ms,
            &credential.expires_ms,
            &credential.revoked_ms,
        ],
    )?;
    if added == 0 {
        return Err(StoreError::IdTaken);
    }
    Ok(())
}

/// See [`crate::Store::revoke_credential`].
pub(super) fn revoke(
    transaction: &mut Transaction<'_>,
    org_name: &str,
    id: &str,
    now_ms: i64,
) -> Result<Option<Credential>, StoreError> {
    let Some(org) = org_key(transaction, org_name)? else {
        return Ok(None);
    };
    let revoked = transaction.execute(
        "UPDATE credential SET revoked = $3 WHERE id = $2 AND org = $1 AND revoked IS NULL",
        &[&org, &id, &now_ms],
    )?;
    if revoked > 0 {
        bump(transaction)?;
    }
    let sql = format!("{CREDENTIAL} WHERE c.id = $2 AND c.org = $1");
    let row = transaction.query_opt(&sql, &[&org, &id])?;
    row.map(|row| credential(&row)).transpose()
}

/// See [`crate::Store::access`].
pub(super) fn list(transaction: &mut Transaction<'_>) -> Result<AccessList, StoreError> {
    let row = transaction.query_one("SELECT revision, signing_key FROM access", &[])?;
    let key: &[u8] = row.try_get(1)?;
    let sql = format!("{CREDENTIAL} ORDER BY o.name, c.created, c.id");
    let credentials = transaction.query(&sql, &[])?;
    Ok(AccessList {
        revision: row.try_get(0)?,
        signing_key: key.try_into().map_err(|_| StoreError::Unreadable {
            what: "a signing key",
        })?,
        credentials: credentials
            .iter()
            .map(credential)
            .collect::<Result<_, _>>()?,
    })
}

/// See [`crate::Store::heads`]. One question, one answer, and nothing that grows with the number
/// of snapshots.
pub(super) fn heads(client: &mut Client) -> Result<Heads, StoreError> {
    let rows = client.query_typed(
        "SELECT a.revision, a.erased, o.name, o.newest
         FROM access a LEFT JOIN org o ON o.newest IS NOT NULL ORDER BY o.name",
        &[],
    )?;
    let mut heads = Heads::default();
    for row in rows {
        heads.access = row.try_get(0)?;
        heads.erased = row.try_get(1)?;
        if let Some(name) = row.try_get(2)? {
            heads.snapshots.push((name, row.try_get(3)?));
        }
    }
    Ok(heads)
}

/// Tells every server that it should look at [`heads`] again.
fn bump(transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute("UPDATE access SET revision = revision + 1", &[])?;
    tell(transaction)
}

fn credential(row: &Row) -> Result<Credential, StoreError> {
    let digest: &[u8] = row.try_get(4)?;
    let divisions: Option<&str> = row.try_get(6)?;
    Ok(Credential {
        id: row.try_get(0)?,
        kind: kind_of(row.try_get(1)?)?,
        org: row.try_get(2)?,
        name: row.try_get(3)?,
        digest: digest.try_into().map_err(|_| StoreError::Unreadable {
            what: "a client or token",
        })?,
        grant: Grant {
            permissions: texts(row.try_get(5)?)?,
            divisions: divisions.map(texts).transpose()?,
            rate_limit: limit_of(row.try_get(7)?)?,
        },
        created_ms: row.try_get(8)?,
        expires_ms: row.try_get(9)?,
        revoked_ms: row.try_get(10)?,
    })
}
