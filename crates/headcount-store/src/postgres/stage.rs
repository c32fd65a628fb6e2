//! Staging a page: compare it with the last snapshot and keep what differs. Each step is one
//! statement for the whole page.

use std::collections::HashMap;

use postgres::{Row, Transaction, types::Type};

use super::{forget, rows, runs};
use crate::{
    Run, Staged, StoreError,
    page::{self, Given, Kind, digest},
    rows::unsigned,
};

/// What the last snapshot has of a user.
struct Open {
    slot: u32,
    digest: [u8; 16],
    doc: i64,
    version: Option<i64>,
    valid_from: i64,
}

/// What this run has staged of a user.
struct Prior {
    slot: u32,
    doc: i64,
    version: Option<i64>,
}

/// A row on its way into `staged`.
struct Kept<'p> {
    given: &'p Given<'p>,
    slot: u32,
    digest: [u8; 16],
    valid_from: Option<i64>,
    kind: Kind,
}

/// What a page comes to: counts, users met, the next free slot.
pub(super) struct Page {
    pub(super) staged: Staged,
    pub(super) met: Vec<u32>,
    pub(super) next_slot: u32,
}

/// See [`crate::Store::stage`]. The run itself is left as it is: whoever commits marks it.
pub(super) fn stage(
    transaction: &mut Transaction<'_>,
    run: &Run,
    documents: &[&str],
) -> Result<Page, StoreError> {
    let mut staged = Staged::default();
    let page = page::parse(documents)?;
    runs::check(transaction, run)?;
    // In the transaction: whoever is forgotten before it is erased in it.
    let page = page::without(page, &forget::ids(transaction, run.org)?)?;
    let page = page::one_each(page, &mut staged);
    let ids: Vec<&str> = page.iter().map(|given| &*given.attributes.id).collect();
    let opens = match run.previous_users {
        0 => HashMap::new(),
        _ => find(transaction, OPEN, run.org, &ids, open)?,
    };
    let priors = find(transaction, STAGED, run.org, &ids, prior)?;
    let mut documents = old_documents(transaction, &page, &opens)?;
    let mut result = Page {
        staged,
        met: Vec::with_capacity(page.len()),
        next_slot: run.next_slot,
    };
    let (mut kept, mut replaced) = (Vec::new(), Vec::new());
    for given in &page {
        let (open, prior) = (
            opens.get(&*given.attributes.id),
            priors.get(&*given.attributes.id),
        );
        let known = prior.map(|prior| prior.slot).or(open.map(|open| open.slot));
        let slot = known.unwrap_or_else(|| {
            result.next_slot += 1;
            result.next_slot - 1
        });
        let repeated = known.is_some_and(|slot| run.seen.contains(slot));
        if repeated {
            result.staged.repeated += 1;
            let before = prior
                .map(|prior| prior.version)
                .or(open.map(|open| open.version));
            if before.is_some_and(|before| given.attributes.version < before) {
                continue;
            }
        }
        if let Some(prior) = prior {
            replaced.push((&*given.attributes.id, prior.doc));
        }
        let digest = digest(&given.document);
        let kind = match open {
            None => Kind::New,
            Some(open) if open.digest == digest => Kind::Unchanged,
            Some(open) => {
                let old = documents.remove(&open.doc).ok_or(page::UNREADABLE)?;
                page::compared(&old, &given.document)?
            }
        };
        if kind != Kind::Unchanged {
            kept.push(Kept {
                given,
                slot,
                digest,
                valid_from: open
                    .filter(|_| kind == Kind::Touched)
                    .map(|open| open.valid_from),
                kind,
            });
        }
        if !repeated {
            *kind.counted(&mut result.staged) += 1;
        }
        result.met.push(slot);
    }
    remove(transaction, run.org, &replaced)?;
    insert(transaction, run.org, &kept)?;
    Ok(result)
}

const OPEN: &str = "SELECT id, slot, doc, version, digest, valid_from FROM version_open
    WHERE org = $1 AND id = ANY ($2)";

fn open(row: &Row) -> Result<Open, StoreError> {
    let digest: &[u8] = row.try_get(4)?;
    Ok(Open {
        slot: unsigned(row.try_get(1)?)?,
        doc: row.try_get(2)?,
        version: row.try_get(3)?,
        digest: digest
            .try_into()
            .map_err(|_| StoreError::Unreadable { what: "a digest" })?,
        valid_from: row.try_get(5)?,
    })
}

const STAGED: &str = "SELECT id, slot, doc, version FROM staged
    WHERE org = $1 AND id = ANY ($2)";

fn prior(row: &Row) -> Result<Prior, StoreError> {
    Ok(Prior {
        slot: unsigned(row.try_get(1)?)?,
        doc: row.try_get(2)?,
        version: row.try_get(3)?,
    })
}

/// What is known of the users of a page, by id.
fn find<T>(
    transaction: &mut Transaction<'_>,
    sql: &str,
    org: i64,
    ids: &[&str],
    take: fn(&Row) -> Result<T, StoreError>,
) -> Result<HashMap<String, T>, StoreError> {
    transaction
        .query(sql, &[&org, &ids])?
        .iter()
        .map(|row| Ok((row.try_get(0)?, take(row)?)))
        .collect()
}

/// The documents that hold of users who come with another one, by number.
fn old_documents(
    transaction: &mut Transaction<'_>,
    page: &[Given<'_>],
    opens: &HashMap<String, Open>,
) -> Result<HashMap<i64, String>, StoreError> {
    let differ: Vec<i64> = page
        .iter()
        .filter_map(|given| {
            let open = opens.get(&*given.attributes.id)?;
            (open.digest != digest(&given.document)).then_some(open.doc)
        })
        .collect();
    if differ.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = "SELECT doc, json FROM document WHERE doc = ANY ($1)";
    transaction
        .query(sql, &[&differ])?
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// Takes back what was staged before of users who come again.
fn remove(
    transaction: &mut Transaction<'_>,
    org: i64,
    replaced: &[(&str, i64)],
) -> Result<(), StoreError> {
    if !replaced.is_empty() {
        let (ids, docs): (Vec<&str>, Vec<i64>) = replaced.iter().copied().unzip();
        transaction.execute(
            "WITH gone AS (DELETE FROM document WHERE doc = ANY ($3))
             DELETE FROM staged WHERE org = $1 AND id = ANY ($2)",
            &[&org, &ids, &docs],
        )?;
    }
    Ok(())
}

fn insert(
    transaction: &mut Transaction<'_>,
    org: i64,
    kept: &[Kept<'_>],
) -> Result<(), StoreError> {
    if kept.is_empty() {
        return Ok(());
    }
    let documents: Vec<&str> = kept.iter().map(|kept| &*kept.given.document).collect();
    let docs = rows::documents(transaction, &documents)?;
    let copy = transaction.copy_in(
        "COPY staged (org, id, state, name, email, username, preferred_name, department, title,
             division_id, division_name, manager_id, version, slot, digest, valid_from, doc, kind)
         FROM STDIN BINARY",
    )?;
    let own = [Type::INT8, Type::BYTEA, Type::INT8, Type::INT8, Type::INT8];
    let mut copied = rows::Copying::of_users(copy, &own);
    for (kept, doc) in kept.iter().zip(&docs) {
        copied.user(
            org,
            &kept.given.attributes,
            &[
                &i64::from(kept.slot),
                &&kept.digest[..],
                &kept.valid_from,
                doc,
                &(kept.kind as i64),
            ],
        )?;
    }
    copied.finish()
}
