//! The store in a PostgreSQL database, for any number of machines at once.
//!
//! A pool of connections for short transactions; one connection more for the lock of a sync, and
//! one for notifications. The client blocks and has a runtime inside, so nothing here may be called
//! in async code.

mod access;
mod connect;
mod copy;
mod error;
mod forget;
mod listen;
mod lock;
mod pool;
mod publish;
mod read;
mod rows;
mod runs;
mod stage;
mod summary;
mod target;
mod tls;

use std::{
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use headcount_core::{
    field::Projection,
    history::{Version, VersionRef},
    user::Attributes,
};
use postgres::{CancelToken, Client, GenericClient, IsolationLevel, Transaction};

pub(crate) use self::pool::{Pool, close_elsewhere};
use self::{connect::opened_to_read, listen::Listener, lock::Locks, target::Target};
use crate::{
    Access, AccessList, Breaker, Credential, Forgotten, Heads, Held, HeldRun, Outcome, Run, Sink,
    Snapshot, Staged, Store, StoreError, Summary, SyncLock,
};

/// How often to look whether an answer is still waited for.
const LOOK: Duration = Duration::from_millis(200);

/// A store in a database.
pub(crate) struct Postgres {
    pool: Arc<Pool>,
    access: Access,
    locks: Locks,
    listener: Listener,
}

impl Postgres {
    /// Opens the database at `url`, and makes the store in it when writing.
    pub(crate) fn open(url: &str, access: Access) -> Result<Self, StoreError> {
        let pool = Pool::new(Target::parse(url)?);
        pool.with(|client| connect::prepare(client, pool.target(), access))?;
        Ok(Self {
            pool: Arc::new(pool),
            access,
            locks: Locks::default(),
            listener: Listener::default(),
        })
    }

    /// The connections, for those who may write.
    fn writer(&self) -> Result<&Pool, StoreError> {
        match self.access {
            Access::Write => Ok(&self.pool),
            Access::Read => Err(opened_to_read()),
        }
    }

    /// Writes something of a run. What is staged need not be on the disk at once: a crash of the
    /// database may cost the last moments of it, never their order, and never anything published.
    fn of_run<T>(
        &self,
        run: &Run,
        write: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let pool = self.writer()?;
        self.locks.check(run.org())?;
        pool.writing(false, write)
    }

    /// Does `look` in a transaction that is taken back.
    fn looking<T>(
        &self,
        look: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.writer()?.with(|client| {
            let mut transaction = pool::begin(client, false)?;
            let result = look(&mut transaction)?;
            transaction.rollback()?;
            Ok(result)
        })
    }

    /// Whether a snapshot is there after all, when the connection broke at the commit.
    fn has_snapshot(&self, snapshot: Option<i64>) -> Result<bool, StoreError> {
        self.pool.with(|client| {
            let row = client.query_one(
                "SELECT EXISTS (SELECT FROM snapshot WHERE snapshot = $1)",
                &[&snapshot],
            )?;
            Ok(row.try_get(0)?)
        })
    }
}

/// Connections to the database at `url` for what else lies in the store. None is made yet.
pub(crate) fn connections(url: &str) -> Result<Pool, StoreError> {
    Ok(Pool::new(Target::parse(url)?))
}

/// A connection of its own, to write to a store that is made where there is none yet.
pub(crate) fn connect_to_write(pool: &Pool) -> Result<Client, StoreError> {
    let mut client = pool.target().connect()?;
    match connect::prepare(&mut client, pool.target(), Access::Write) {
        Ok(()) => Ok(client),
        Err(error) => {
            close_elsewhere(vec![client]);
            Err(error)
        }
    }
}

/// Does `work`, and lets the database give up what it was asked for once `goes_on` says no.
pub(crate) fn as_long_as<T>(
    pool: &Pool,
    asked: &CancelToken,
    goes_on: &(dyn Fn() -> bool + Sync),
    work: impl FnOnce() -> T,
) -> T {
    let (over, waiting) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            while waiting.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                if !goes_on() {
                    pool.target().cancel(asked);
                }
            }
        });
        let result = work();
        drop(over);
        result
    })
}

/// Key of an advisory lock of the store.
pub(crate) fn lock_key(pool: &Pool, what: &str) -> i64 {
    connect::key(&pool.target().schema, what)
}

/// Key of an org, `None` when the store has never heard of it.
fn org_key(client: &mut impl GenericClient, org: &str) -> Result<Option<i64>, StoreError> {
    let row = client.query_opt("SELECT org FROM org WHERE name = $1", &[&org])?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Lets nobody else write to an org until the transaction ends. Readers are not kept waiting.
fn take_org(transaction: &mut Transaction<'_>, org: i64) -> Result<(), StoreError> {
    transaction.execute("SELECT FROM org WHERE org = $1 FOR NO KEY UPDATE", &[&org])?;
    Ok(())
}

/// The same by name; gives the key. The org is made where needed.
fn take_org_by_name(transaction: &mut Transaction<'_>, org: &str) -> Result<i64, StoreError> {
    transaction.execute(
        "INSERT INTO org (name) VALUES ($1) ON CONFLICT DO NOTHING",
        &[&org],
    )?;
    let row = transaction.query_one(
        "SELECT org FROM org WHERE name = $1 FOR NO KEY UPDATE",
        &[&org],
    )?;
    Ok(row.try_get(0)?)
}

/// Tells all who listen, once the transaction is committed, that something has changed.
fn tell(transaction: &mut Transaction<'_>) -> Result<(), StoreError> {
    transaction.execute("SELECT pg_notify(current_schema(), '')", &[])?;
    Ok(())
}

impl Store for Postgres {
    fn lock(&self, org: &str) -> Result<Box<dyn SyncLock>, StoreError> {
        self.locks.take(self.writer()?.target(), org)
    }

    fn begin(
        &self,
        org: &str,
        plan: &str,
        now_ms: i64,
        resume_since_ms: Option<i64>,
    ) -> Result<Run, StoreError> {
        let pool = self.writer()?;
        self.locks.check(org)?;
        pool.writing(false, |transaction| {
            runs::begin(transaction, org, plan, now_ms, resume_since_ms)
        })
    }

    fn stage(&self, run: &mut Run, documents: &[&str]) -> Result<Staged, StoreError> {
        let page = self.of_run(run, |transaction| stage::stage(transaction, run, documents))?;
        run.next_slot = page.next_slot;
        for slot in page.met {
            run.mark(slot);
        }
        Ok(page.staged)
    }

    fn finish_part(&self, run: &mut Run, part: &str, evidence: &str) -> Result<(), StoreError> {
        self.of_run(run, |transaction| {
            runs::finish_part(transaction, run, part, evidence)
        })?;
        run.fresh.clear();
        run.parts.insert(part.to_owned(), evidence.to_owned());
        Ok(())
    }

    fn contains(&self, run: &Run, id: &str) -> Result<bool, StoreError> {
        self.pool
            .reading(|transaction| runs::contains(transaction, run, id))
    }

    fn vanished(&self, run: &Run, limit: usize) -> Result<(u64, Vec<String>), StoreError> {
        self.pool
            .reading(|transaction| runs::vanished(transaction, run, limit))
    }

    fn preview(&self, run: &Run, breaker: &Breaker) -> Result<Summary, StoreError> {
        self.looking(|transaction| publish::preview(transaction, run, breaker))
    }

    fn publish(
        &self,
        run: Run,
        certificate: &str,
        now_ms: i64,
        breaker: &Breaker,
    ) -> Result<Outcome, StoreError> {
        let pool = self.writer()?;
        self.locks.check(run.org())?;
        pool.with(|client| {
            publish::committing(
                client,
                |transaction| publish::publish(transaction, &run, certificate, now_ms, breaker),
                |outcome| match outcome {
                    Outcome::Published(summary) => self.has_snapshot(summary.snapshot),
                    Outcome::Held(_) => Ok(false),
                },
            )
        })
    }

    fn held_run(&self, org: &str) -> Result<Option<HeldRun>, StoreError> {
        self.pool
            .reading(|transaction| publish::which_is_held(transaction, org))
    }

    fn held(&self, org: &str, breaker: &Breaker, most: usize) -> Result<Option<Held>, StoreError> {
        self.pool.with(|client| {
            // Not read only, since it fills a table of its own; it sees one moment all the same.
            let mut transaction = client
                .build_transaction()
                .isolation_level(IsolationLevel::RepeatableRead)
                .read_only(false)
                .start()?;
            let held = publish::held(&mut transaction, org, breaker, most)?;
            transaction.rollback()?;
            Ok(held)
        })
    }

    fn is_writable(&self) -> Result<bool, StoreError> {
        self.pool.reading(|transaction| {
            let row = transaction.query_one(
                "SELECT NOT pg_is_in_recovery()
                     AND has_table_privilege('snapshot', 'INSERT')
                     AND has_table_privilege('version_open', 'DELETE')",
                &[],
            )?;
            Ok(row.try_get(0)?)
        })
    }

    fn accept(&self, org: &str, now_ms: i64) -> Result<Option<Summary>, StoreError> {
        self.writer()?.with(|client| {
            publish::committing(
                client,
                |transaction| publish::accept(transaction, org, now_ms),
                |summary| self.has_snapshot(summary.as_ref().and_then(|summary| summary.snapshot)),
            )
        })
    }

    fn abandon(&self, run: Run) -> Result<(), StoreError> {
        self.writer()?
            .writing(false, |transaction| runs::abandon(transaction, &run))
    }

    fn snapshots(&self, org: &str) -> Result<Vec<Snapshot>, StoreError> {
        self.pool
            .reading(|transaction| read::snapshots(transaction, org))
    }

    fn certificate(&self, org: &str, snapshot: i64) -> Result<Option<String>, StoreError> {
        self.pool
            .reading(|transaction| read::certificate(transaction, org, snapshot))
    }

    fn read(
        &self,
        org: &str,
        as_of_ms: Option<i64>,
        want: &Projection,
        each: &mut dyn FnMut(&Attributes<'_>, Option<&str>),
    ) -> Result<Snapshot, StoreError> {
        self.pool
            .reading(|transaction| read::read(transaction, org, as_of_ms, want, each))
    }

    fn history(
        &self,
        org: &str,
        user_id: Option<&str>,
        since_ms: Option<i64>,
        each: &mut dyn FnMut(Version),
    ) -> Result<(), StoreError> {
        self.pool
            .reading(|transaction| read::history(transaction, org, user_id, since_ms, each))
    }

    fn versions(
        &self,
        org: &str,
        want: &Projection,
        each: &mut dyn FnMut(VersionRef<'_>),
    ) -> Result<Snapshot, StoreError> {
        self.pool
            .reading(|transaction| read::versions(transaction, org, want, each))
    }

    fn forget(&self, org: &str, user_id: &str, now_ms: i64) -> Result<Forgotten, StoreError> {
        let pool = self.writer()?;
        let forgotten = pool.writing(true, |transaction| {
            forget::forget(transaction, org, user_id, now_ms)
        })?;
        pool.with(|client| {
            forget::vacuum(client);
            Ok(forgotten)
        })
    }

    fn remember(&self, org: &str, user_id: &str) -> Result<bool, StoreError> {
        self.writer()?.writing(true, |transaction| {
            forget::remember(transaction, org, user_id)
        })
    }

    fn forgotten(&self, org: &str) -> Result<Vec<Forgotten>, StoreError> {
        self.pool
            .reading(|transaction| forget::list(transaction, org))
    }

    fn capabilities(&self, org: &str) -> Result<Option<String>, StoreError> {
        self.pool
            .reading(|transaction| read::capabilities(transaction, org))
    }

    fn set_capabilities(&self, org: &str, json: &str, now_ms: i64) -> Result<(), StoreError> {
        self.writer()?.writing(false, |transaction| {
            let org = take_org_by_name(transaction, org)?;
            transaction.execute(
                "INSERT INTO capabilities (org, json, told) VALUES ($1, $2, $3)
                 ON CONFLICT (org) DO UPDATE SET json = excluded.json, told = excluded.told",
                &[&org, &json, &now_ms],
            )?;
            Ok(())
        })
    }

    fn orgs(&self) -> Result<Vec<String>, StoreError> {
        self.pool.reading(read::orgs)
    }

    // On the disk: a power cut must not bring back who was revoked.
    fn add_credential(&self, credential: &Credential) -> Result<(), StoreError> {
        self.writer()?
            .writing(true, |transaction| access::add(transaction, credential))
    }

    fn revoke_credential(
        &self,
        org: &str,
        id: &str,
        now_ms: i64,
    ) -> Result<Option<Credential>, StoreError> {
        self.writer()?.writing(true, |transaction| {
            access::revoke(transaction, org, id, now_ms)
        })
    }

    fn access(&self) -> Result<AccessList, StoreError> {
        self.pool.reading(access::list)
    }

    fn heads(&self) -> Result<Heads, StoreError> {
        self.pool.with(access::heads)
    }

    fn export(&self, sink: &mut Sink<'_>) -> Result<(), StoreError> {
        self.pool
            .reading(|transaction| copy::export(transaction, sink))
    }

    fn import(
        &self,
        feed: &mut dyn FnMut(&mut Sink<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.writer()?
            .writing(true, |transaction| copy::import(transaction, feed))
    }

    fn unfinished(&self) -> Result<Vec<String>, StoreError> {
        self.pool.reading(read::unfinished)
    }

    fn wait(&self, last: &mut u64, timeout: Duration) -> bool {
        self.listener.wait(&self.pool, last, timeout)
    }
}
