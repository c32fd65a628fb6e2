//! A bounded number of connections to one database, used again and again.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use postgres::{Client, IsolationLevel, Transaction};

use super::{error::own, target::Target};
use crate::StoreError;

/// How long an idle connection may take to show that it is alive.
const ALIVE: Duration = Duration::from_secs(5);

/// The connections. Whoever takes one must not be async code: the client blocks.
pub(crate) struct Pool {
    target: Target,
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Client>,
    /// Connections that there are or are being made, idle ones counted.
    open: usize,
}

/// The place of a connection among those that may be. Dropped, it is free for another; so one
/// whose user panicked is not used again.
struct Place<'a> {
    pool: &'a Pool,
    kept: bool,
}

impl Pool {
    pub(super) fn new(target: Target) -> Self {
        Self {
            target,
            state: Mutex::default(),
            freed: Condvar::new(),
        }
    }

    /// The database.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Does `work` with a connection that is alive: an idle one, else a new one, else the next that
    /// is given back.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when none came free in time, why the database is not reached, or what
    /// `work` says.
    pub(crate) fn with<T>(
        &self,
        work: impl FnOnce(&mut Client) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (mut client, place) = self.take()?;
        let result = work(&mut client);
        place.give_back(client);
        result
    }

    /// Reads in one transaction, which sees one moment and changes nothing.
    ///
    /// # Errors
    /// As [`Pool::with`].
    pub(crate) fn reading<T>(
        &self,
        read: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(|client| {
            let mut transaction = client
                .build_transaction()
                .isolation_level(IsolationLevel::RepeatableRead)
                .read_only(true)
                .start()?;
            let result = read(&mut transaction)?;
            transaction.commit()?;
            Ok(result)
        })
    }

    /// Writes in one transaction, and commits it when `write` has done. What is `durable` is on the
    /// disk before this returns, whatever the database's default is; the rest follows within a
    /// second, in order.
    ///
    /// # Errors
    /// As [`Pool::with`]; nothing was written then.
    pub(crate) fn writing<T>(
        &self,
        durable: bool,
        write: impl FnOnce(&mut Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(|client| {
            let mut transaction = begin(client, durable)?;
            let result = write(&mut transaction)?;
            transaction.commit()?;
            Ok(result)
        })
    }

    fn take(&self) -> Result<(Client, Place<'_>), StoreError> {
        loop {
            let Some(mut idle) = self.idle()? else {
                let place = self.place();
                return Ok((self.target.connect()?, place));
            };
            let place = self.place();
            if idle.is_valid(ALIVE).is_ok() {
                return Ok((idle, place));
            }
            // It died while idle, and so may the others have: a database that was started anew
            // has cut them all. Nothing was asked of any of them yet.
            self.let_go();
        }
    }

    /// Throws all idle connections away.
    fn let_go(&self) {
        let mut state = self.state();
        let idle = std::mem::take(&mut state.idle);
        state.open -= idle.len();
        drop(state);
        self.freed.notify_all();
        drop(idle);
    }

    /// An idle connection; nothing when a new one may be made, which is then counted already.
    fn idle(&self) -> Result<Option<Client>, StoreError> {
        let full = |state: &mut State| state.idle.is_empty() && state.open >= self.target.pool;
        let (mut state, _) = self
            .freed
            .wait_timeout_while(self.state(), self.target.pool_timeout, full)
            .unwrap_or_else(PoisonError::into_inner);
        if full(&mut state) {
            let message = format!("all {} connections are in use", self.target.pool);
            return Err(StoreError::Busy(own(&message)));
        }
        let idle = state.idle.pop();
        if idle.is_none() {
            state.open += 1;
        }
        Ok(idle)
    }

    /// Whoever has a connection, or is making one, holds such a place.
    fn place(&self) -> Place<'_> {
        Place {
            pool: self,
            kept: false,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pool {
    /// A store may be let go in async code, where the client panics when it closes.
    fn drop(&mut self) {
        let idle = std::mem::take(&mut self.state().idle);
        close_elsewhere(idle);
    }
}

/// Closes connections on a thread of its own.
pub(crate) fn close_elsewhere(clients: Vec<Client>) {
    if clients.is_empty() {
        return;
    }
    let closing = std::thread::Builder::new().spawn(move || drop(clients));
    if let Ok(closing) = closing {
        // It does nothing that could fail.
        let _ = closing.join();
    }
}

/// A transaction that writes.
pub(super) fn begin(client: &mut Client, durable: bool) -> Result<Transaction<'_>, StoreError> {
    let mut transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .read_only(false)
        .start()?;
    transaction.batch_execute(if durable {
        // Where the database waits for standbys too, that is kept.
        "SELECT set_config('synchronous_commit', 'on', true) \
         WHERE current_setting('synchronous_commit') IN ('off', 'local')"
    } else {
        "SET LOCAL synchronous_commit = off"
    })?;
    Ok(transaction)
}

impl Place<'_> {
    /// Puts a connection back among the idle ones, unless it has ended.
    fn give_back(mut self, client: Client) {
        if !client.is_closed() {
            self.kept = true;
            self.pool.state().idle.push(client);
            self.pool.freed.notify_one();
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.kept {
            self.pool.state().open -= 1;
            self.pool.freed.notify_one();
        }
    }
}
