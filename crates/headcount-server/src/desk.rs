//! Where a person decides what no program may: whether a snapshot is published that the breaker holds
//! back. The server asks; whoever runs it does, since the server itself writes nothing.

use std::fmt;

use headcount_store::{Breaker, HeldRun, StoreError, Summary};

/// Decides on what is held back. Calls block.
pub trait Desk: fmt::Debug + Send + Sync {
    /// The bounds past which a snapshot of `org` is held back.
    fn breaker(&self, org: &str) -> Breaker;

    /// Publishes what is held back of `org`, provided that it is still the run that was `shown`.
    ///
    /// # Errors
    /// [`AcceptError`]; nothing was published then.
    fn accept(&self, org: &str, shown: HeldRun) -> Result<Summary, AcceptError>;
}

/// Why what is held back is not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcceptError {
    /// Nothing is, or no longer.
    #[error("nothing is held back")]
    Nothing,
    /// It is the snapshot of another run by now.
    #[error("another snapshot is held back by now")]
    Another,
    /// The store does not let it.
    #[error("the store can't be written")]
    Store(#[from] StoreError),
    /// The settings do not lead to the store.
    #[error("{0}")]
    Settings(String),
}
