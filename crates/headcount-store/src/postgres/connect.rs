//! Opening the database: is it ours, which schema has it, and bringing it to the newest.

use postgres::{Client, GenericClient};
use xxhash_rust::xxh3::xxh3_64;

use super::{error::own, target::Target};
use crate::{Access, StoreError, access::signing_key};

/// Every step of the schema, in order. Step `n` takes a store from version `n` to `n + 1`; steps
/// are added, never edited.
const MIGRATIONS: [&str; 3] = [
    include_str!("../../migrations/postgres/0001_roster.sql"),
    include_str!("../../migrations/postgres/0002_access.sql"),
    include_str!("../../migrations/postgres/0003_facts.sql"),
];

/// First schema that knows of clients and tokens.
const WITH_ACCESS: usize = 2;

/// Looks at the store, and makes it or brings it to the newest schema when writing.
pub(super) fn prepare(
    client: &mut Client,
    target: &Target,
    access: Access,
) -> Result<(), StoreError> {
    let encoding: String = client.query_one("SHOW server_encoding", &[])?.get(0);
    if encoding != "UTF8" {
        return Err(StoreError::Unsuitable {
            what: format!("the database keeps texts as {encoding}, not as UTF8"),
        });
    }
    match (version(client, target)?, access) {
        (found, _) if found == MIGRATIONS.len() => Ok(()),
        (0, Access::Read) => Err(StoreError::NoStore {
            place: target.place.clone(),
        }),
        // Every question is written for the newest schema.
        (found, Access::Read) => Err(StoreError::OlderSchema {
            found: number(found),
            known: number(MIGRATIONS.len()),
        }),
        (_, Access::Write) => migrate(client, target),
    }
}

fn migrate(client: &mut Client, target: &Target) -> Result<(), StoreError> {
    let mut transaction = client.transaction()?;
    // Two programs that find an old schema at once: one brings it up, the other looks again.
    let key = key(&target.schema, "migrate");
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&key])?;
    let found = version(&mut transaction, target)?;
    if found == MIGRATIONS.len() {
        return Ok(());
    }
    if !has_schema(&mut transaction, target)? {
        transaction.batch_execute(&format!("CREATE SCHEMA \"{}\"", target.schema))?;
    }
    if found == 0 {
        transaction.batch_execute("CREATE TABLE headcount_schema (version bigint NOT NULL)")?;
        transaction.execute("INSERT INTO headcount_schema VALUES (0)", &[])?;
    }
    for step in &MIGRATIONS[found..] {
        transaction.batch_execute(step)?;
    }
    if found < WITH_ACCESS {
        let key = signing_key()?;
        transaction.execute(
            "INSERT INTO access (only_one, revision, signing_key) VALUES (1, 1, $1)",
            &[&&key[..]],
        )?;
    }
    let known = i64::from(number(MIGRATIONS.len()));
    transaction.execute("UPDATE headcount_schema SET version = $1", &[&known])?;
    Ok(transaction.commit()?)
}

/// The schema of the store; 0 where there is none yet.
fn version(client: &mut impl GenericClient, target: &Target) -> Result<usize, StoreError> {
    let ours = client.query_one(
        "SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = $1 AND c.relname = 'headcount_schema'),
                EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = $1)",
        &[&target.schema],
    )?;
    match (ours.get(0), ours.get(1)) {
        (true, _) => {}
        (false, false) => return Ok(0),
        // The schema belongs to somebody else.
        (false, true) => {
            return Err(StoreError::NotAStore {
                place: format!("schema {} of {}", target.schema, target.place),
            });
        }
    }
    let found: i64 = client
        // By its full name: a path skips what one may not look into.
        .query_one(
            &format!("SELECT version FROM \"{}\".headcount_schema", target.schema),
            &[],
        )?
        .get(0);
    let found = usize::try_from(found).map_err(|_| StoreError::Unreadable {
        what: "the number of its schema",
    })?;
    if found > MIGRATIONS.len() {
        return Err(StoreError::NewerSchema {
            found: number(found),
            known: number(MIGRATIONS.len()),
        });
    }
    Ok(found)
}

fn has_schema(client: &mut impl GenericClient, target: &Target) -> Result<bool, StoreError> {
    let row = client.query_one(
        "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)",
        &[&target.schema],
    )?;
    Ok(row.get(0))
}

/// Key of an advisory lock. They are shared by all programs of a database, so the name of ours is
/// in it.
pub(super) fn key(schema: &str, what: &str) -> i64 {
    i64::from_ne_bytes(xxh3_64(format!("headcount\0{schema}\0{what}").as_bytes()).to_ne_bytes())
}

fn number(version: usize) -> u32 {
    u32::try_from(version).unwrap_or(u32::MAX)
}

/// What a store that was opened to read says to whoever writes.
pub(super) fn opened_to_read() -> StoreError {
    StoreError::ReadOnly(own("it was opened to read"))
}
