//! Staging a page: compare it with the last snapshot and keep what differs.

use rusqlite::{Connection, Row, params};

use super::{connect, forget, runs, unsigned};
use crate::{
    Run, Staged, StoreError,
    page::{self, Given, Kind, digest},
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

/// See [`crate::Store::stage`]. Each call is a short transaction of its own, so that nobody waits
/// for the network behind our write lock.
pub(super) fn stage(
    connection: &mut Connection,
    run: &mut Run,
    documents: &[&str],
) -> Result<Staged, StoreError> {
    let mut staged = Staged::default();
    let page = page::parse(documents)?;
    if page.is_empty() {
        return Ok(staged);
    }
    let transaction = connect::write(connection)?;
    runs::check(&transaction, run)?;
    // In the transaction: whoever is forgotten before it is erased in it.
    let page = page::without(page, &forget::ids(&transaction, run.org)?)?;
    let page = page::one_each(page, &mut staged);
    let met = stage_page(&transaction, run, &page, &mut staged)?;
    transaction.commit()?;
    run.next_slot = met.next_slot;
    for slot in met.slots {
        run.mark(slot);
    }
    Ok(staged)
}

/// The users of a page that is staged.
struct Met {
    slots: Vec<u32>,
    next_slot: u32,
}

fn stage_page(
    transaction: &Connection,
    run: &Run,
    page: &[Given<'_>],
    staged: &mut Staged,
) -> Result<Met, StoreError> {
    let opens = match run.previous_users {
        0 => page.iter().map(|_| None).collect(),
        _ => find(transaction, &OPEN, run.org, page)?,
    };
    let priors = find(transaction, &STAGED, run.org, page)?;
    let mut met = Vec::with_capacity(page.len());
    let mut next_slot = run.next_slot;
    for ((given, open), prior) in page.iter().zip(opens).zip(priors) {
        let known = prior
            .as_ref()
            .map(|prior| prior.slot)
            .or(open.as_ref().map(|open| open.slot));
        let slot = known.unwrap_or_else(|| {
            next_slot += 1;
            next_slot - 1
        });
        let repeated = known.is_some_and(|slot| run.seen.contains(slot));
        if repeated {
            staged.repeated += 1;
            let kept = prior
                .as_ref()
                .map(|prior| prior.version)
                .or(open.as_ref().map(|open| open.version));
            if kept.is_some_and(|kept| given.attributes.version < kept) {
                continue;
            }
        }
        if let Some(prior) = prior {
            remove(transaction, run.org, &given.attributes.id, prior.doc)?;
        }
        let digest = digest(&given.document);
        let kind = kind_of(transaction, open.as_ref(), &digest, &given.document)?;
        if kind != Kind::Unchanged {
            let valid_from = match (&open, kind) {
                (Some(open), Kind::Touched) => Some(open.valid_from),
                _ => None,
            };
            insert(transaction, run.org, given, slot, &digest, valid_from, kind)?;
        }
        if !repeated {
            *kind.counted(staged) += 1;
        }
        met.push(slot);
    }
    Ok(Met {
        slots: met,
        next_slot,
    })
}

fn kind_of(
    connection: &Connection,
    open: Option<&Open>,
    digest: &[u8; 16],
    document: &str,
) -> Result<Kind, StoreError> {
    let Some(open) = open else {
        return Ok(Kind::New);
    };
    if open.digest == *digest {
        return Ok(Kind::Unchanged);
    }
    let mut old = connection.prepare_cached("SELECT json FROM document WHERE doc = ?1")?;
    let mut rows = old.query([open.doc])?;
    let row = rows.next()?.ok_or(page::UNREADABLE)?;
    let old = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
    page::compared(old, document)
}

fn remove(connection: &Connection, org: i64, id: &str, doc: i64) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM staged WHERE org = ?1 AND id = ?2")?
        .execute((org, id))?;
    connection
        .prepare_cached("DELETE FROM document WHERE doc = ?1")?
        .execute([doc])?;
    Ok(())
}

fn insert(
    connection: &Connection,
    org: i64,
    given: &Given<'_>,
    slot: u32,
    digest: &[u8; 16],
    valid_from: Option<i64>,
    kind: Kind,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT INTO document (json) VALUES (?1)")?
        .execute([&*given.document])?;
    let user = &given.attributes;
    connection
        .prepare_cached(
            "INSERT INTO staged (org, id, state, name, email, username, preferred_name,
                 department, title, division_id, division_name, manager_id, version,
                 slot, digest, valid_from, doc, kind)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13,
                 ?14, ?15, ?16, last_insert_rowid(), ?17)",
        )?
        .execute(params![
            org,
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
            slot,
            &digest[..],
            valid_from,
            kind as i64,
        ])?;
    Ok(())
}

/// Where to find users, by range and one by one.
struct Lookup<T> {
    range: &'static str,
    point: &'static str,
    take: fn(&Row<'_>) -> Result<T, StoreError>,
}

const OPEN: Lookup<Open> = Lookup {
    range: "SELECT id, slot, digest, doc, version, valid_from FROM version_open
            WHERE org = ?1 AND id BETWEEN ?2 AND ?3 ORDER BY id",
    point: "SELECT id, slot, digest, doc, version, valid_from FROM version_open
            WHERE org = ?1 AND id = ?2",
    take: |row| {
        Ok(Open {
            slot: unsigned(row.get(1)?)?,
            digest: row.get(2)?,
            doc: row.get(3)?,
            version: row.get(4)?,
            valid_from: row.get(5)?,
        })
    },
};

const STAGED: Lookup<Prior> = Lookup {
    range: "SELECT id, slot, doc, version FROM staged
            WHERE org = ?1 AND id BETWEEN ?2 AND ?3 ORDER BY id",
    point: "SELECT id, slot, doc, version FROM staged WHERE org = ?1 AND id = ?2",
    take: |row| {
        Ok(Prior {
            slot: unsigned(row.get(1)?)?,
            doc: row.get(2)?,
            version: row.get(3)?,
        })
    },
};

/// What is known of each user of a page, which is ordered by id. The users of a page are usually
/// neighbours, so one scan from the first to the last meets them all; where it meets too many
/// others, the rest is looked up one by one.
fn find<T>(
    connection: &Connection,
    lookup: &Lookup<T>,
    org: i64,
    page: &[Given<'_>],
) -> Result<Vec<Option<T>>, StoreError> {
    let id = |index: usize| &*page[index].attributes.id;
    let mut found: Vec<Option<T>> = page.iter().map(|_| None).collect();
    let mut range = connection.prepare_cached(lookup.range)?;
    let mut rows = range.query((org, id(0), id(page.len() - 1)))?;
    let mut strangers = 0;
    let mut next = 0;
    while let Some(row) = rows.next()? {
        let there = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        while next < page.len() && id(next) < there {
            next += 1;
        }
        if next < page.len() && id(next) == there {
            found[next] = Some((lookup.take)(row)?);
            next += 1;
            continue;
        }
        strangers += 1;
        if strangers > 2 * page.len() {
            break;
        }
    }
    if strangers <= 2 * page.len() {
        return Ok(found);
    }
    let mut point = connection.prepare_cached(lookup.point)?;
    for (index, found) in found.iter_mut().enumerate().skip(next) {
        if let Some(row) = point.query((org, id(index)))?.next()? {
            *found = Some((lookup.take)(row)?);
        }
    }
    Ok(found)
}
