//! Being told by the database that something has changed.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use postgres::{Client, fallible_iterator::FallibleIterator};

use super::pool::Pool;
use crate::StoreError;

/// How often the thread looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(250);
/// Pause before the next attempt to be told again.
const AGAIN: Duration = Duration::from_millis(500);

/// Waits for notifications, with a thread and a connection of its own from the first wait on.
#[derive(Default)]
pub(super) struct Listener {
    started: OnceLock<()>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    told: Condvar,
}

#[derive(Default)]
struct State {
    /// Grows with every notification, and whenever one may have been missed.
    changes: u64,
    /// Whether notifications come at all.
    listening: bool,
    over: bool,
}

impl Listener {
    /// See [`crate::Store::wait`].
    pub(super) fn wait(&self, pool: &Arc<Pool>, last: &mut u64, timeout: Duration) -> bool {
        self.started.get_or_init(|| self.start(pool));
        let (state, _) = self
            .shared
            .told
            .wait_timeout_while(self.shared.state(), timeout, |state| state.changes == *last)
            .unwrap_or_else(PoisonError::into_inner);
        let changed = state.changes != *last;
        *last = state.changes;
        // Nobody tells while the database is away, or cannot tell: one has to look.
        changed || !state.listening
    }

    fn start(&self, pool: &Arc<Pool>) {
        let (shared, pool) = (self.shared.clone(), Arc::downgrade(pool));
        let thread = std::thread::Builder::new().name("headcount-notify".to_owned());
        let started = thread.spawn(move || {
            let mut failing = false;
            while !shared.state().over {
                let Some(pool) = pool.upgrade() else {
                    return;
                };
                let client = connect(&pool);
                drop(pool);
                match client {
                    Ok(client) => {
                        failing = false;
                        shared.listen(client);
                    }
                    Err(error) if !failing => {
                        tracing::info!(
                            error = &error as &dyn std::error::Error,
                            "the database does not tell of changes; it is asked instead"
                        );
                        failing = true;
                    }
                    Err(_) => {}
                }
                shared.pause();
            }
        });
        if started.is_err() {
            tracing::warn!("no thread is to be had for notifications; the database is asked");
        }
    }
}

impl Drop for Listener {
    /// The thread sees it within a moment; nobody waits for it.
    fn drop(&mut self) {
        self.shared.state().over = true;
        self.shared.told.notify_all();
    }
}

fn connect(pool: &Pool) -> Result<Client, StoreError> {
    let mut client = pool.target().connect()?;
    client.batch_execute(&format!("LISTEN \"{}\"", pool.target().schema))?;
    Ok(client)
}

impl Shared {
    /// Counts notifications until the connection ends.
    fn listen(&self, mut client: Client) {
        // What came between two connections was told to nobody.
        self.changed(true);
        while !self.state().over {
            let told = client.notifications().timeout_iter(LOOK).next();
            match told {
                Ok(Some(_)) => self.changed(true),
                Ok(None) if !client.is_closed() => {}
                _ => break,
            }
        }
        self.changed(false);
    }

    fn changed(&self, listening: bool) {
        let mut state = self.state();
        state.changes += 1;
        state.listening = listening;
        drop(state);
        self.told.notify_all();
    }

    fn pause(&self) {
        let waited = self
            .told
            .wait_timeout_while(self.state(), AGAIN, |state| !state.over);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
