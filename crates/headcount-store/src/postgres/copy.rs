//! Everything out of the database, and everything into an empty one.

use headcount_core::user::Attributes;
use postgres::{Transaction, types::Type};

use super::{access, forget, org_key, read, rows, take_org_by_name, tell};
use crate::{
    StoreError,
    copy::{Record, Sink},
    page::{UNREADABLE, digest},
    rows::signed,
};

/// Versions that are put into the tables at once.
const VERSIONS: usize = 1000;

/// See [`crate::Store::export`].
pub(super) fn export(
    transaction: &mut Transaction<'_>,
    sink: &mut Sink<'_>,
) -> Result<(), StoreError> {
    let access = access::list(transaction)?;
    sink(Record::Access {
        signing_key: &access.signing_key,
        revision: access.revision,
        erased: transaction
            .query_one("SELECT erased FROM access", &[])?
            .try_get(0)?,
    })?;
    for name in read::orgs(transaction)? {
        sink(Record::Org { name: &name })?;
        for credential in access.credentials.iter().filter(|one| one.org == name) {
            sink(Record::Credential(credential))?;
        }
        of_org(transaction, &name, sink)?;
    }
    Ok(())
}

fn of_org(
    transaction: &mut Transaction<'_>,
    name: &str,
    sink: &mut Sink<'_>,
) -> Result<(), StoreError> {
    let org = org_key(transaction, name)?.ok_or(StoreError::Unreadable { what: "an org" })?;
    for forgotten in forget::list(transaction, name)? {
        sink(Record::Forgotten(&forgotten))?;
    }
    let told = "SELECT json, told FROM capabilities WHERE org = $1";
    if let Some(row) = transaction.query_opt(told, &[&org])? {
        sink(Record::Capabilities {
            json: row.try_get(0)?,
            told_ms: row.try_get(1)?,
        })?;
    }
    for snapshot in read::snapshots(transaction, name)? {
        let certificate = read::certificate(transaction, name, snapshot.id)?.unwrap_or_default();
        sink(Record::Snapshot {
            snapshot: &snapshot,
            certificate: &certificate,
        })?;
    }
    transaction.batch_execute(read::IN_ORDER)?;
    let versions = read::union("true", "true");
    let sql = format!(
        "SELECT v.valid_from, v.valid_to, d.json FROM ({versions}) v
         JOIN document d ON d.doc = v.doc ORDER BY v.id, v.valid_from"
    );
    read::stream(transaction, &sql, &[&org], |row| {
        sink(Record::Version {
            document: row.try_get(2)?,
            valid_from: row.try_get(0)?,
            valid_to: row.try_get(1)?,
        })?;
        Ok(true)
    })
}

/// See [`crate::Store::import`]. Not committed yet.
pub(super) fn import(
    transaction: &mut Transaction<'_>,
    feed: &mut dyn FnMut(&mut Sink<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    // Nobody else begins to fill the store meanwhile; readers are not kept waiting.
    transaction.batch_execute("LOCK TABLE org, credential IN SHARE ROW EXCLUSIVE MODE")?;
    let filled: bool = transaction
        .query_one(
            "SELECT EXISTS (SELECT FROM org) OR EXISTS (SELECT FROM credential)",
            &[],
        )?
        .try_get(0)?;
    if filled {
        return Err(StoreError::NotEmpty);
    }
    let mut import = Import {
        transaction,
        org: 0,
        open: 0,
        versions: Vec::new(),
    };
    feed(&mut |record| import.take(record))?;
    import.end_org()?;
    // Snapshots kept their numbers: the next one gets a higher one.
    transaction.execute(
        "SELECT setval(pg_get_serial_sequence('snapshot', 'snapshot'),
             (SELECT coalesce(max(snapshot), 0) + 1 FROM snapshot), false)",
        &[],
    )?;
    tell(transaction)
}

struct Import<'t, 'c> {
    transaction: &'t mut Transaction<'c>,
    /// The org that records belong to, and how many of its versions hold.
    org: i64,
    open: u64,
    /// Versions that wait to be put in together.
    versions: Vec<Kept>,
}

struct Kept {
    document: String,
    valid_from: i64,
    valid_to: Option<i64>,
}

impl Import<'_, '_> {
    fn take(&mut self, record: Record<'_>) -> Result<(), StoreError> {
        match record {
            Record::Access {
                signing_key,
                revision,
                erased,
            } => {
                self.transaction.execute(
                    "UPDATE access SET signing_key = $1, revision = $2, erased = $3",
                    &[&&signing_key[..], &revision, &erased],
                )?;
            }
            Record::Org { name } => {
                self.end_org()?;
                self.org = take_org_by_name(self.transaction, name)?;
            }
            Record::Credential(credential) => {
                access::insert(self.transaction, self.org, credential)?;
            }
            Record::Forgotten(forgotten) => {
                forget::insert(self.transaction, self.org, forgotten)?;
            }
            Record::Capabilities { json, told_ms } => {
                self.transaction.execute(
                    "INSERT INTO capabilities (org, json, told) VALUES ($1, $2, $3)",
                    &[&self.org, &json, &told_ms],
                )?;
            }
            Record::Snapshot {
                snapshot,
                certificate,
            } => self.snapshot(snapshot, certificate)?,
            Record::Version {
                document,
                valid_from,
                valid_to,
            } => {
                self.versions.push(Kept {
                    document: document.to_owned(),
                    valid_from,
                    valid_to,
                });
                if self.versions.len() == VERSIONS {
                    self.put_in()?;
                }
            }
        }
        Ok(())
    }

    /// Writes down how many users the org has, which are numbered without a gap.
    fn end_org(&mut self) -> Result<(), StoreError> {
        self.put_in()?;
        self.transaction.execute(
            "UPDATE org SET users = $2, next_slot = $2 WHERE org = $1",
            &[&self.org, &signed(self.open)],
        )?;
        self.open = 0;
        Ok(())
    }

    fn snapshot(
        &mut self,
        snapshot: &crate::Snapshot,
        certificate: &str,
    ) -> Result<(), StoreError> {
        self.transaction.execute(
            "INSERT INTO snapshot (snapshot, org, published, started, users, active, inactive,
                 deleted, joined, changed, touched, left_, returned, certificate)
             OVERRIDING SYSTEM VALUE
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
            &[
                &snapshot.id,
                &self.org,
                &snapshot.published_ms,
                &snapshot.started_ms,
                &signed(snapshot.users),
                &signed(snapshot.states.active),
                &signed(snapshot.states.inactive),
                &signed(snapshot.states.deleted),
                &signed(snapshot.joined),
                &signed(snapshot.changed),
                &signed(snapshot.touched),
                &signed(snapshot.left),
                &signed(snapshot.returned),
                &certificate,
            ],
        )?;
        // They come by time.
        self.transaction.execute(
            "UPDATE org SET newest = $2 WHERE org = $1",
            &[&self.org, &snapshot.id],
        )?;
        Ok(())
    }

    /// Puts in the versions that wait.
    fn put_in(&mut self) -> Result<(), StoreError> {
        let versions = std::mem::take(&mut self.versions);
        let documents: Vec<&str> = versions.iter().map(|kept| &*kept.document).collect();
        if documents.is_empty() {
            return Ok(());
        }
        let docs = rows::documents(self.transaction, &documents)?;
        let columns = crate::rows::COLUMNS.join(", ");
        let copy = self.transaction.copy_in(&format!(
            "COPY version_closed (org, {columns}, valid_from, valid_to, doc) FROM STDIN BINARY"
        ))?;
        let mut closed = rows::Copying::of_users(copy, &[Type::INT8, Type::INT8, Type::INT8]);
        for (kept, doc) in versions.iter().zip(&docs) {
            if let Some(end) = kept.valid_to {
                let user = Attributes::parse(&kept.document).map_err(|_| UNREADABLE)?;
                closed.user(self.org, &user, &[&kept.valid_from, &end, doc])?;
            }
        }
        closed.finish()?;
        let copy = self.transaction.copy_in(&format!(
            "COPY version_open (org, {columns}, slot, digest, valid_from, doc) FROM STDIN BINARY"
        ))?;
        let own = [Type::INT8, Type::BYTEA, Type::INT8, Type::INT8];
        let mut open = rows::Copying::of_users(copy, &own);
        for (kept, doc) in versions.iter().zip(&docs) {
            if kept.valid_to.is_none() {
                let user = Attributes::parse(&kept.document).map_err(|_| UNREADABLE)?;
                let (slot, digest) = (signed(self.open), digest(&kept.document));
                let own: [&(dyn postgres::types::ToSql + Sync); 4] =
                    [&slot, &&digest[..], &kept.valid_from, doc];
                open.user(self.org, &user, &own)?;
                self.open += 1;
            }
        }
        open.finish()
    }
}
