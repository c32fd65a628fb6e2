//! The store in one SQLite file.
//!
//! Write-ahead log, so that readers see the old snapshot whole while a sync writes. One connection
//! writes; readers get connections of their own.

mod access;
mod connect;
mod copy;
mod forget;
mod in_turn;
mod publish;
mod read;
mod runs;
mod stage;
mod summary;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use headcount_core::{
    field::Projection,
    history::{Version, VersionRef},
    user::Attributes,
};
use rusqlite::{Connection, OptionalExtension};

use self::in_turn::{InTurn, Turn};
use crate::{
    Access, AccessList, Breaker, Credential, Forgotten, Heads, Held, HeldRun, Outcome, Run, Sink,
    Snapshot, Staged, Store, StoreError, Summary, SyncLock,
    lock::FileLock,
    rows::{signed, unsigned},
};

/// Connections of readers that are kept when idle. Each holds pages of the file in memory.
const IDLE_READERS: usize = 8;

/// A store in one file.
pub(crate) struct Sqlite {
    path: PathBuf,
    /// `None` when opened to read.
    writer: Option<InTurn<Connection>>,
    /// Idle connections of readers.
    readers: Mutex<Vec<Connection>>,
}

impl Sqlite {
    /// Opens `path`, and makes it when writing.
    pub(crate) fn open(path: &Path, access: Access) -> Result<Self, StoreError> {
        let (writer, readers) = match access {
            Access::Write => (Some(InTurn::new(connect::writer(path)?)), Vec::new()),
            // A first connection now, so that a wrong file is told when opening.
            Access::Read => (None, vec![connect::reader(path)?]),
        };
        Ok(Self {
            path: path.to_owned(),
            writer,
            readers: Mutex::new(readers),
        })
    }

    /// The writing connection, in turn. A panic elsewhere leaves no transaction open: they roll back
    /// when unwinding.
    fn writer(&self) -> Result<Turn<'_, Connection>, StoreError> {
        let writer = self.writer.as_ref().ok_or_else(|| {
            StoreError::from(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY),
                None,
            ))
        })?;
        Ok(writer.lock())
    }

    /// Runs `read` in one read transaction.
    fn reading<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = lock(&self.readers).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => connect::reader(&self.path)?,
        };
        let transaction = connection.transaction()?;
        let result = read(&transaction);
        drop(transaction);
        let mut idle = lock(&self.readers);
        if idle.len() < IDLE_READERS {
            idle.push(connection);
        }
        result
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Key of an org, `None` when the store has never heard of it.
fn org_key(connection: &Connection, org: &str) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT org FROM org WHERE name = ?1")?
        .query_row([org], |row| row.get(0))
        .optional()?)
}

/// Key of an org, made where needed.
fn org_key_or_new(connection: &Connection, org: &str) -> Result<i64, StoreError> {
    connection
        .prepare_cached("INSERT INTO org (name) VALUES (?1) ON CONFLICT DO NOTHING")?
        .execute([org])?;
    Ok(connection
        .prepare_cached("SELECT org FROM org WHERE name = ?1")?
        .query_row([org], |row| row.get(0))?)
}

impl Store for Sqlite {
    fn lock(&self, org: &str) -> Result<Box<dyn SyncLock>, StoreError> {
        Ok(Box::new(FileLock::take(&self.path, org)?))
    }

    fn begin(
        &self,
        org: &str,
        plan: &str,
        now_ms: i64,
        resume_since_ms: Option<i64>,
    ) -> Result<Run, StoreError> {
        runs::begin(&mut *self.writer()?, org, plan, now_ms, resume_since_ms)
    }

    fn stage(&self, run: &mut Run, documents: &[&str]) -> Result<Staged, StoreError> {
        stage::stage(&mut *self.writer()?, run, documents)
    }

    fn finish_part(&self, run: &mut Run, part: &str, evidence: &str) -> Result<(), StoreError> {
        runs::finish_part(&mut *self.writer()?, run, part, evidence)
    }

    fn contains(&self, run: &Run, id: &str) -> Result<bool, StoreError> {
        runs::contains(&*self.writer()?, run, id)
    }

    fn vanished(&self, run: &Run, limit: usize) -> Result<(u64, Vec<String>), StoreError> {
        runs::vanished(&*self.writer()?, run, limit)
    }

    fn preview(&self, run: &Run, breaker: &Breaker) -> Result<Summary, StoreError> {
        publish::preview(&mut *self.writer()?, run, breaker)
    }

    fn publish(
        &self,
        run: Run,
        certificate: &str,
        now_ms: i64,
        breaker: &Breaker,
    ) -> Result<Outcome, StoreError> {
        connect::durably(&mut *self.writer()?, |connection| {
            publish::publish(connection, &run, certificate, now_ms, breaker)
        })
    }

    fn held_run(&self, org: &str) -> Result<Option<HeldRun>, StoreError> {
        self.reading(|connection| publish::which_is_held(connection, org))
    }

    fn held(&self, org: &str, breaker: &Breaker, most: usize) -> Result<Option<Held>, StoreError> {
        self.reading(|connection| publish::held(connection, org, breaker, most))
    }

    fn is_writable(&self) -> Result<bool, StoreError> {
        connect::is_writable(&self.path)
    }

    fn accept(&self, org: &str, now_ms: i64) -> Result<Option<Summary>, StoreError> {
        connect::durably(&mut *self.writer()?, |connection| {
            publish::accept(connection, org, now_ms)
        })
    }

    fn abandon(&self, run: Run) -> Result<(), StoreError> {
        runs::abandon(&mut *self.writer()?, &run)
    }

    fn snapshots(&self, org: &str) -> Result<Vec<Snapshot>, StoreError> {
        self.reading(|connection| read::snapshots(connection, org))
    }

    fn certificate(&self, org: &str, snapshot: i64) -> Result<Option<String>, StoreError> {
        self.reading(|connection| read::certificate(connection, org, snapshot))
    }

    fn read(
        &self,
        org: &str,
        as_of_ms: Option<i64>,
        want: &Projection,
        each: &mut dyn FnMut(&Attributes<'_>, Option<&str>),
    ) -> Result<Snapshot, StoreError> {
        self.reading(|connection| read::read(connection, org, as_of_ms, want, each))
    }

    fn history(
        &self,
        org: &str,
        user_id: Option<&str>,
        since_ms: Option<i64>,
        each: &mut dyn FnMut(Version),
    ) -> Result<(), StoreError> {
        self.reading(|connection| read::history(connection, org, user_id, since_ms, each))
    }

    fn versions(
        &self,
        org: &str,
        want: &Projection,
        each: &mut dyn FnMut(VersionRef<'_>),
    ) -> Result<Snapshot, StoreError> {
        self.reading(|connection| read::versions(connection, org, want, each))
    }

    fn forget(&self, org: &str, user_id: &str, now_ms: i64) -> Result<Forgotten, StoreError> {
        connect::beyond_recovery(&mut *self.writer()?, |connection| {
            forget::forget(connection, org, user_id, now_ms)
        })
    }

    fn remember(&self, org: &str, user_id: &str) -> Result<bool, StoreError> {
        connect::durably(&mut *self.writer()?, |connection| {
            forget::remember(connection, org, user_id)
        })
    }

    fn forgotten(&self, org: &str) -> Result<Vec<Forgotten>, StoreError> {
        self.reading(|connection| forget::list(connection, org))
    }

    fn capabilities(&self, org: &str) -> Result<Option<String>, StoreError> {
        self.reading(|connection| read::capabilities(connection, org))
    }

    fn set_capabilities(&self, org: &str, json: &str, now_ms: i64) -> Result<(), StoreError> {
        let mut writer = self.writer()?;
        let transaction = connect::write(&mut writer)?;
        let org = org_key_or_new(&transaction, org)?;
        transaction.execute(
            "INSERT OR REPLACE INTO capabilities (org, json, told) VALUES (?1, ?2, ?3)",
            (org, json, now_ms),
        )?;
        Ok(transaction.commit()?)
    }

    fn orgs(&self) -> Result<Vec<String>, StoreError> {
        self.reading(read::orgs)
    }

    // Forced to the disk: a power cut must not bring back who was revoked.
    fn add_credential(&self, credential: &Credential) -> Result<(), StoreError> {
        connect::durably(&mut *self.writer()?, |connection| {
            access::add(connection, credential)
        })
    }

    fn revoke_credential(
        &self,
        org: &str,
        id: &str,
        now_ms: i64,
    ) -> Result<Option<Credential>, StoreError> {
        connect::durably(&mut *self.writer()?, |connection| {
            access::revoke(connection, org, id, now_ms)
        })
    }

    fn access(&self) -> Result<AccessList, StoreError> {
        self.reading(access::list)
    }

    fn heads(&self) -> Result<Heads, StoreError> {
        self.reading(access::heads)
    }

    fn export(&self, sink: &mut Sink<'_>) -> Result<(), StoreError> {
        self.reading(|connection| copy::export(connection, sink))
    }

    fn import(
        &self,
        feed: &mut dyn FnMut(&mut Sink<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        connect::durably(&mut *self.writer()?, |connection| {
            copy::import(connection, feed)
        })
    }

    fn unfinished(&self) -> Result<Vec<String>, StoreError> {
        self.reading(read::unfinished)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SQLite's own bound on the file stands for a full disk: the error is the same.
    #[test]
    fn a_full_disk_costs_the_run_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&directory.path().join("roster.db"), Access::Write).unwrap();
        let user = |index: usize| {
            format!(
                r#"{{"id":"{index:05}","state":"active","x":"{}"}}"#,
                "y".repeat(800)
            )
        };
        let sync = |users: std::ops::Range<usize>, now| -> Result<Outcome, StoreError> {
            let mut run = store.begin("org", "plan", now, None)?;
            for index in users {
                store.stage(&mut run, &[&user(index)])?;
            }
            store.publish(run, "proved", now, &Breaker::OFF)
        };
        let bound = |pages: i64| {
            let writer = store.writer().unwrap();
            writer.pragma_update(None, "max_page_count", pages).unwrap();
        };
        sync(0..50, 1).unwrap();
        let pages: i64 = store
            .writer()
            .unwrap()
            .pragma_query_value(None, "page_count", |row| row.get(0))
            .unwrap();
        // Room runs out in staging at first, in publishing when there is more.
        let mut failures = 0;
        for more in 1..60 {
            bound(pages + more);
            match sync(50..200, 1 + more) {
                Err(StoreError::Full(_)) => failures += 1,
                Ok(_) => break,
                Err(error) => panic!("{error:?}"),
            }
            let snapshot = store
                .read("org", None, &Projection::all(), &mut |_, _| {})
                .unwrap();
            assert_eq!((snapshot.published_ms, snapshot.users), (1, 50));
        }
        assert!(failures > 10, "the bound had no effect");
        bound(1_000_000);
        sync(50..200, 100).unwrap();
        assert_eq!(store.snapshots("org").unwrap().last().unwrap().users, 150);
    }
}
