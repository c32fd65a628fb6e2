//! Everything out of the file, and everything into an empty one.

use headcount_core::user::Attributes;
use rusqlite::{Connection, Transaction, params};

use super::{access, connect, forget, org_key_or_new, read, signed};
use crate::{
    StoreError,
    copy::{Record, Sink},
    page::{UNREADABLE, digest},
};

/// See [`crate::Store::export`].
pub(super) fn export(connection: &Connection, sink: &mut Sink<'_>) -> Result<(), StoreError> {
    let access = access::list(connection)?;
    // A store of a schema without credentials has no key: the target keeps its own.
    if access.revision > 0 {
        sink(Record::Access {
            signing_key: &access.signing_key,
            revision: access.revision,
            erased: access::heads(connection)?.erased,
        })?;
    }
    for name in read::orgs(connection)? {
        sink(Record::Org { name: &name })?;
        for credential in access.credentials.iter().filter(|one| one.org == name) {
            sink(Record::Credential(credential))?;
        }
        of_org(connection, &name, sink)?;
    }
    Ok(())
}

fn of_org(connection: &Connection, name: &str, sink: &mut Sink<'_>) -> Result<(), StoreError> {
    let org = super::org_key(connection, name)?.ok_or(StoreError::Unreadable { what: "an org" })?;
    for forgotten in forget::list(connection, name)? {
        sink(Record::Forgotten(&forgotten))?;
    }
    let mut told =
        connection.prepare_cached("SELECT json, told FROM capabilities WHERE org = ?1")?;
    let mut rows = told.query([org])?;
    while let Some(row) = rows.next()? {
        sink(Record::Capabilities {
            json: row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?,
            told_ms: row.get(1)?,
        })?;
    }
    for snapshot in read::snapshots(connection, name)? {
        let certificate = read::certificate(connection, name, snapshot.id)?.unwrap_or_default();
        sink(Record::Snapshot {
            snapshot: &snapshot,
            certificate: &certificate,
        })?;
    }
    let mut versions = connection.prepare_cached(
        "SELECT v.id, v.valid_from, NULL, d.json
         FROM version_open v JOIN document d ON d.doc = v.doc WHERE v.org = ?1
         UNION ALL
         SELECT v.id, v.valid_from, v.valid_to, d.json
         FROM version_closed v JOIN document d ON d.doc = v.doc WHERE v.org = ?1
         ORDER BY 1, 2",
    )?;
    let mut rows = versions.query([org])?;
    while let Some(row) = rows.next()? {
        sink(Record::Version {
            document: row.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?,
            valid_from: row.get(1)?,
            valid_to: row.get(2)?,
        })?;
    }
    Ok(())
}

/// See [`crate::Store::import`].
pub(super) fn import(
    connection: &mut Connection,
    feed: &mut dyn FnMut(&mut Sink<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let transaction = connect::write(connection)?;
    let filled: bool = transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM org) OR EXISTS (SELECT 1 FROM credential)",
        [],
        |row| row.get(0),
    )?;
    if filled {
        return Err(StoreError::NotEmpty);
    }
    let mut import = Import {
        transaction: &transaction,
        org: 0,
        open: 0,
    };
    feed(&mut |record| import.take(record))?;
    import.end_org()?;
    transaction.commit()?;
    connect::shrink_log(connection);
    Ok(())
}

const OPEN: &str = "INSERT INTO version_open (org, id, state, name, email, username,
        preferred_name, department, title, division_id, division_name, manager_id, version,
        valid_from, slot, digest, doc)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,
        last_insert_rowid())";

// The digest, which it has not, is named, since every parameter that is given must be.
const CLOSED: &str = "INSERT INTO version_closed (org, id, state, name, email, username,
        preferred_name, department, title, division_id, division_name, manager_id, version,
        valid_from, valid_to, doc)
    SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, last_insert_rowid()
    WHERE ?16 IS NULL";

struct Import<'t> {
    transaction: &'t Transaction<'t>,
    /// The org that records belong to, and how many of its versions hold.
    org: i64,
    open: u64,
}

impl Import<'_> {
    fn take(&mut self, record: Record<'_>) -> Result<(), StoreError> {
        match record {
            Record::Access {
                signing_key,
                revision,
                erased,
            } => {
                self.transaction
                    .prepare_cached(
                        "UPDATE access SET signing_key = ?1, revision = ?2, erased = ?3",
                    )?
                    .execute((signing_key, revision, erased))?;
            }
            Record::Org { name } => {
                self.end_org()?;
                self.org = org_key_or_new(self.transaction, name)?;
            }
            Record::Credential(credential) => {
                access::insert(self.transaction, self.org, credential)?;
            }
            Record::Forgotten(forgotten) => {
                forget::insert(self.transaction, self.org, forgotten)?;
            }
            Record::Capabilities { json, told_ms } => {
                self.transaction
                    .prepare_cached(
                        "INSERT INTO capabilities (org, json, told) VALUES (?1, ?2, ?3)",
                    )?
                    .execute((self.org, json, told_ms))?;
            }
            Record::Snapshot {
                snapshot,
                certificate,
            } => self.snapshot(snapshot, certificate)?,
            Record::Version {
                document,
                valid_from,
                valid_to,
            } => self.version(document, valid_from, valid_to)?,
        }
        Ok(())
    }

    /// Writes down how many users the org has, which are numbered without a gap.
    fn end_org(&mut self) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached("UPDATE org SET users = ?2, next_slot = ?2 WHERE org = ?1")?
            .execute((self.org, signed(self.open)))?;
        self.open = 0;
        Ok(())
    }

    fn snapshot(&self, snapshot: &crate::Snapshot, certificate: &str) -> Result<(), StoreError> {
        self.transaction
            .prepare_cached(
                "INSERT INTO snapshot (snapshot, org, published, started, users, active, inactive,
                     deleted, joined, changed, touched, left_, returned, certificate)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )?
            .execute(params![
                snapshot.id,
                self.org,
                snapshot.published_ms,
                snapshot.started_ms,
                signed(snapshot.users),
                signed(snapshot.states.active),
                signed(snapshot.states.inactive),
                signed(snapshot.states.deleted),
                signed(snapshot.joined),
                signed(snapshot.changed),
                signed(snapshot.touched),
                signed(snapshot.left),
                signed(snapshot.returned),
                certificate,
            ])?;
        Ok(())
    }

    fn version(
        &mut self,
        document: &str,
        valid_from: i64,
        valid_to: Option<i64>,
    ) -> Result<(), StoreError> {
        let user = Attributes::parse(document).map_err(|_| UNREADABLE)?;
        self.transaction
            .prepare_cached("INSERT INTO document (json) VALUES (?1)")?
            .execute([document])?;
        // A version that holds has a slot and a digest, one that does not has an end.
        let (sql, slot_or_end, digest) = match valid_to {
            Some(end) => (CLOSED, end, None),
            None => {
                self.open += 1;
                (OPEN, signed(self.open - 1), Some(digest(document)))
            }
        };
        self.transaction.prepare_cached(sql)?.execute(params![
            self.org,
            &*user.id,
            &*user.state,
            user.name.as_deref(),
            user.email.as_deref(),
            user.username.as_deref(),
            user.preferred_name.as_deref(),
            user.department.as_deref(),
            user.title.as_deref(),
            user.division_id.as_deref(),
            user.division_name.as_deref(),
            user.manager_id.as_deref(),
            user.version,
            valid_from,
            slot_or_end,
            digest,
        ])?;
        Ok(())
    }
}
