//! One sync of an org at a time in the whole fleet, by an advisory lock that the database frees
//! when its holder's connection ends.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use postgres::Client;

use super::{connect::key, pool::close_elsewhere, target::Target};
use crate::{StoreError, SyncLock};

/// How long the connection of a lock may take to show that it is alive.
const ALIVE: Duration = Duration::from_secs(5);

/// The locks that this process holds, by org.
#[derive(Default)]
pub(super) struct Locks(Mutex<HashMap<String, Weak<Held>>>);

/// A connection that holds the lock of an org for as long as it lives.
struct Held {
    key: i64,
    client: Mutex<Option<Client>>,
}

struct SessionLock {
    _held: Arc<Held>,
}

impl SyncLock for SessionLock {}

impl Locks {
    /// See [`crate::Store::lock`].
    pub(super) fn take(&self, target: &Target, org: &str) -> Result<Box<dyn SyncLock>, StoreError> {
        let mut client = target.connect()?;
        let key = key(&target.schema, &format!("sync\0{org}"));
        let row = client.query_one("SELECT pg_try_advisory_lock($1)", &[&key])?;
        if !row.get::<_, bool>(0) {
            return Err(locked(&mut client, org)?);
        }
        // On the disk before anybody goes on: whoever is refused reads it.
        client.execute(
            "INSERT INTO holder (org, host, pid, since)
             VALUES ($1, coalesce($2, inet_client_addr()::text, 'the database''s machine'), $3,
                     (extract(epoch FROM clock_timestamp()) * 1000)::bigint)
             ON CONFLICT (org) DO UPDATE
                 SET host = excluded.host, pid = excluded.pid, since = excluded.since",
            &[&org, &host(), &i64::from(std::process::id())],
        )?;
        let held = Arc::new(Held {
            key,
            client: Mutex::new(Some(client)),
        });
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, held| held.strong_count() > 0);
        locks.insert(org.to_owned(), Arc::downgrade(&held));
        Ok(Box::new(SessionLock { _held: held }))
    }

    /// Fails when this process took the lock of `org` and has lost it. Whoever never took it is
    /// not asked: a store publishes for anybody.
    pub(super) fn check(&self, org: &str) -> Result<(), StoreError> {
        let held = {
            let locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            locks.get(org).and_then(Weak::upgrade)
        };
        let Some(held) = held else {
            return Ok(());
        };
        let mut client = held.client.lock().unwrap_or_else(PoisonError::into_inner);
        match client.as_mut().map(|client| client.is_valid(ALIVE)) {
            Some(Ok(())) => Ok(()),
            _ => Err(StoreError::LockLost {
                org: org.to_owned(),
            }),
        }
    }
}

impl Drop for Held {
    /// Frees the lock before it returns: closing alone is noticed a little later.
    fn drop(&mut self) {
        let client = self
            .client
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(mut client) = client.take() {
            // One that broke has freed it.
            let _ = client.execute("SELECT pg_advisory_unlock($1)", &[&self.key]);
            close_elsewhere(vec![client]);
        }
    }
}

/// Who holds the lock, as they wrote it down. Nobody did yet, where they took it this moment.
fn locked(client: &mut Client, org: &str) -> Result<StoreError, StoreError> {
    let row = client.query_opt(
        "SELECT host, pid, since FROM holder WHERE org = $1",
        &[&org],
    )?;
    let pid = row.as_ref().map(|row| row.get::<_, i64>(1));
    Ok(StoreError::Locked {
        org: org.to_owned(),
        host: row.as_ref().map(|row| row.get(0)),
        pid: pid.and_then(|pid| u32::try_from(pid).ok()),
        since_ms: row.as_ref().map(|row| row.get(2)),
    })
}

/// Name of this machine; nothing where the system does not tell it without its environment, and
/// then the address stands that the database sees.
fn host() -> Option<String> {
    #[cfg(unix)]
    {
        let name = rustix::system::uname();
        Some(name.nodename().to_string_lossy().into_owned())
    }
    #[cfg(not(unix))]
    None
}
