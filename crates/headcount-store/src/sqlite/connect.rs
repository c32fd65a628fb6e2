//! Opening the file: is it ours, which schema has it, and the settings of a connection.

use std::{fs::OpenOptions, io, path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::StoreError;

/// Says that a SQLite file is a headcount store ("head").
const APPLICATION_ID: i64 = 0x6865_6164;

/// Every step of the schema, in order. Step `n` takes a store from version `n` to `n + 1`; steps
/// are added, never edited.
const MIGRATIONS: [&str; 3] = [
    include_str!("../../migrations/0001_roster.sql"),
    include_str!("../../migrations/0002_access.sql"),
    include_str!("../../migrations/0003_forgotten.sql"),
];

/// First schema that knows of clients and tokens.
const WITH_ACCESS: u32 = 2;
/// First schema that knows who is forgotten.
const WITH_FORGOTTEN: u32 = 3;

/// Newest schema version of this program.
const KNOWN: u32 = MIGRATIONS.len() as u32;

/// How long to wait for another process that writes.
const BUSY: Duration = Duration::from_secs(10);

/// Pages of the write-ahead log after which they are moved into the file (8 MiB): what is in the
/// log is still in memory then.
const CHECKPOINT_PAGES: i64 = 1024;

/// A connection that writes; makes the file, or brings it to the newest schema, where needed.
pub(super) fn writer(path: &Path) -> Result<Connection, StoreError> {
    create(path).map_err(|source| StoreError::CannotOpen {
        path: path.to_owned(),
        source,
    })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = open(path, flags)?;
    // Before anything is written: other pages of a foreign file must stay as they are.
    schema_version(&connection, path)?;
    // Three documents of 2 KiB to a page, and a few dozen roster rows.
    connection.pragma_update(None, "page_size", 8192)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// A connection that cannot write. It takes every schema that the program knows, since whoever may
/// only read can't bring it to the newest: steps so far only added tables, and whoever asks for
/// the new ones looks first ([`has_access`]).
pub(super) fn reader(path: &Path) -> Result<Connection, StoreError> {
    if !path.exists() {
        return Err(StoreError::NoStore {
            place: path.display().to_string(),
        });
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags)?;
    match schema_version(&connection, path)? {
        // Its maker was stopped before the first table stood.
        0 => Err(StoreError::NoStore {
            place: path.display().to_string(),
        }),
        _ => Ok(connection),
    }
}

/// Whether the file may be written: SQLite opens one that may not to be read, without a word.
pub(super) fn is_writable(path: &Path) -> Result<bool, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(!open(path, flags)?.is_readonly(c"main")?)
}

/// Whether the store knows of clients and tokens by now. Another process may bring it to that
/// schema at any time, so this is asked in every transaction.
pub(super) fn has_access(connection: &Connection) -> Result<bool, StoreError> {
    has_schema(connection, WITH_ACCESS)
}

/// The same of those who are forgotten.
pub(super) fn has_forgotten(connection: &Connection) -> Result<bool, StoreError> {
    has_schema(connection, WITH_FORGOTTEN)
}

fn has_schema(connection: &Connection, needed: u32) -> Result<bool, StoreError> {
    let version: u32 = connection
        .prepare_cached("SELECT user_version FROM pragma_user_version")?
        .query_row([], |row| row.get(0))?;
    Ok(version >= needed)
}

/// A transaction that will write. It takes the write lock at once: one that starts by reading
/// fails, instead of waiting, when another writer comes first.
pub(super) fn write(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

/// Forces what `write` commits to the disk before it returns, and all that was written before.
/// Staging does without: a power cut may cost staged pages, never their order, and never anything
/// published.
pub(super) fn durably<T>(
    connection: &mut Connection,
    write: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    let result = write(connection);
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    result
}

/// Leaves nothing in the file of what `write` deletes or replaces: pages that are free hold what
/// stood in them, so the file is written anew, and the write-ahead log emptied.
pub(super) fn beyond_recovery<T>(
    connection: &mut Connection,
    write: impl FnOnce(&mut Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let result = durably(connection, write)?;
    connection.execute_batch("VACUUM")?;
    // Readers end soon, and are waited for.
    let busy: i64 =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy != 0 {
        tracing::warn!("the write-ahead log keeps old pages until the store is read no more");
    }
    Ok(result)
}

/// Moves the write-ahead log into the file and empties it. Readers may prevent that; nobody waits
/// for them, the next publication tries again, and nothing depends on it.
pub(super) fn shrink_log(connection: &Connection) {
    let shrink = || -> rusqlite::Result<i64> {
        connection.busy_timeout(Duration::ZERO)?;
        let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0));
        connection.busy_timeout(BUSY)?;
        busy
    };
    if !matches!(shrink(), Ok(0)) {
        tracing::debug!("the write-ahead log stays for now: the store is being read");
    }
}

fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    // SQLite takes a file shorter than its smallest page for an empty one, and would fill it.
    let length = std::fs::metadata(path).map_or(0, |file| file.len());
    if (1..512).contains(&length) {
        return Err(StoreError::NotAStore {
            place: path.display().to_string(),
        });
    }
    let connection = Connection::open_with_flags(path, flags).map_err(|error| match error {
        error if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) => {
            StoreError::CannotOpen {
                path: path.to_owned(),
                source: io::Error::other(error),
            }
        }
        error => error.into(),
    })?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    // The first look into the file.
    connection
        .pragma_update(None, "cache_size", -16_384)
        .map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => StoreError::NotAStore {
                place: path.display().to_string(),
            },
            _ => error.into(),
        })?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// Makes the file, for its owner alone from the first moment. SQLite gives its side files the
/// same permissions.
fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// The schema of the file, 0 for an empty one.
fn schema_version(connection: &Connection, path: &Path) -> Result<u32, StoreError> {
    let foreign = || StoreError::NotAStore {
        place: path.display().to_string(),
    };
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let application = pragma("application_id")?;
    let version = pragma("user_version")?;
    if application == APPLICATION_ID {
        let found = u32::try_from(version).map_err(|_| foreign())?;
        if found > KNOWN {
            return Err(StoreError::NewerSchema {
                found,
                known: KNOWN,
            });
        }
        return Ok(found);
    }
    let things: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application == 0 && version == 0 && things == 0 {
        Ok(0)
    } else {
        Err(foreign())
    }
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    if schema_version(connection, path)? == KNOWN {
        return Ok(());
    }
    let transaction = write(connection)?;
    // Again, now that nobody else can write: another process may have been faster.
    let found = schema_version(&transaction, path)?;
    for step in &MIGRATIONS[found as usize..] {
        transaction.execute_batch(step)?;
    }
    if found < WITH_ACCESS {
        transaction.execute(
            "INSERT INTO access (only_one, revision, signing_key) VALUES (1, 1, ?1)",
            [crate::access::signing_key()?],
        )?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.pragma_update(None, "user_version", KNOWN)?;
    Ok(transaction.commit()?)
}
