//! Publishing what the breaker held back, without asking upstream again: for the command line, and
//! for the page of a server.

use std::{fmt, sync::Arc};

use headcount_server::{AcceptError, Desk};
use headcount_store::{Access, Breaker, HeldRun, Store, StoreError, Summary};

use crate::{clock, commands::sync::breaker, config::Config, error};

/// Publishes what is held back of an org. With `shown`, only if it still is that run.
pub(crate) fn accept(
    store: &dyn Store,
    org: &str,
    shown: Option<HeldRun>,
) -> Result<Summary, AcceptError> {
    // Held until the end: whatever is held back now stays so meanwhile.
    let _lock = store.lock(org)?;
    if let Some(shown) = shown
        && store.held_run(org)?.is_some_and(|held| held != shown)
    {
        return Err(AcceptError::Another);
    }
    let accepted = store.accept(org, clock::now_ms())?;
    accepted.ok_or(AcceptError::Nothing)
}

/// The desk of a server. A store that is opened to be read is opened to be written when somebody
/// accepts something, and no longer than that.
pub(crate) struct StoreDesk {
    /// What all orgs have in common.
    config: Config,
    /// The store that is served, where it may be written.
    store: Option<Arc<dyn Store>>,
}

impl StoreDesk {
    /// For the orgs of the store of `config`, which is `store` where that may be written.
    pub(crate) fn new(config: Config, store: Option<Arc<dyn Store>>) -> Self {
        Self { config, store }
    }

    /// The settings of an org; it need not be one that the file names.
    fn of(&self, org: &str) -> Config {
        let mut config = self.config.clone();
        org.clone_into(&mut config.org);
        config
    }
}

impl fmt::Debug for StoreDesk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreDesk").finish_non_exhaustive()
    }
}

impl Desk for StoreDesk {
    fn breaker(&self, org: &str) -> Breaker {
        breaker(&self.of(org).breaker())
    }

    fn accept(&self, org: &str, shown: HeldRun) -> Result<Summary, AcceptError> {
        let store = match &self.store {
            Some(store) => Arc::clone(store),
            None => self.config.open_store(Access::Write).map_err(refused)?,
        };
        accept(&*store, org, Some(shown))
    }
}

/// Why the store could not be opened.
fn refused(error: anyhow::Error) -> AcceptError {
    match error.downcast::<StoreError>() {
        Ok(error) => error.into(),
        Err(error) => AcceptError::Settings(error::one_line(&error)),
    }
}

#[cfg(test)]
mod tests {
    use headcount_store::{Outcome, open};

    use super::*;

    fn sync(store: &dyn Store, users: usize, breaker: &Breaker) -> Outcome {
        let mut run = store.begin("acme", "plan", 1, None).unwrap();
        let users = (0..users).map(|number| format!(r#"{{"id":"{number}","state":"active"}}"#));
        let users: Vec<String> = users.collect();
        let page: Vec<&str> = users.iter().map(String::as_str).collect();
        store.stage(&mut run, &page).unwrap();
        store.publish(run, "proved", 1, breaker).unwrap()
    }

    #[test]
    fn nothing_but_what_was_shown_is_published() {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("roster.db").display().to_string();
        let store = open(&url, Access::Write).unwrap();
        let held = || store.held_run("acme").unwrap();
        sync(&*store, 100, &Breaker::OFF);
        assert!(matches!(
            accept(&*store, "acme", None),
            Err(AcceptError::Nothing)
        ));
        sync(&*store, 50, &Breaker::default());
        let first = held().unwrap();
        sync(&*store, 60, &Breaker::default());
        assert!(matches!(
            accept(&*store, "acme", Some(first)),
            Err(AcceptError::Another)
        ));
        let lock = store.lock("acme").unwrap();
        assert!(matches!(
            accept(&*store, "acme", held()),
            Err(AcceptError::Store(StoreError::Locked { .. }))
        ));
        drop(lock);
        let second = held();
        assert_eq!(accept(&*store, "acme", second).unwrap().users, 60);
        assert!(matches!(
            accept(&*store, "acme", second),
            Err(AcceptError::Nothing)
        ));
    }
}
