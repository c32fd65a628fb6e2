//! Keep rosters with their history.
//!
//! A sync stages pages as they arrive and publishes them at once, or not at all; readers see one
//! whole snapshot, the old or the new. [`Store`] is what every backend does, [`open`] picks the
//! backend, and the conformance suite in this crate's tests says what "does" means.

mod access;
mod copy;
mod error;
pub mod facts;
mod forgotten;
mod held;
mod lock;
mod page;
mod postgres;
mod report;
mod rows;
mod run;
mod snapshot;
mod sqlite;

use std::{path::Path, sync::Arc, time::Duration};

use headcount_core::{
    field::Projection,
    history::{Version, VersionRef},
    user::Attributes,
};

pub use access::{AccessList, Credential, CredentialKind, Grant, Heads, RateLimit};
pub use copy::{Copied, Record, Sink, copy};
pub use error::{DatabaseError, PostgresError, StoreError};
pub use forgotten::Forgotten;
pub use held::{DepartmentLoss, Held, HeldRun, LossKind, Lost};
pub use lock::SyncLock;
pub use report::{
    Engine, KeptDays, KeptError, KeptFault, KeptQuestion, ReportError, UnknownEngine, report,
};
pub use run::{Run, Staged};
pub use snapshot::{Breaker, DivisionLoss, Outcome, Snapshot, StateCounts, Summary, Tripped};

/// What the caller means to do with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only read; the store must exist.
    Read,
    /// Read and write; the store is made, or brought to the newest schema, where needed.
    Write,
}

/// Opens the store at `url`: `sqlite:PATH`, a bare path or `postgres://…`. This is the only place
/// that knows which backends there are.
///
/// # Errors
/// [`StoreError::NoStore`] when reading and nothing is there; [`StoreError::NotAStore`],
/// [`StoreError::NewerSchema`] when something else is; [`StoreError::Unsupported`] for a URL of
/// another kind; [`StoreError::Unreachable`] and its neighbours where a database is not reached.
pub fn open(url: &str, access: Access) -> Result<Arc<dyn Store>, StoreError> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return Ok(Arc::new(sqlite::Sqlite::open(Path::new(path), access)?));
    }
    match url.split_once("://") {
        Some(("postgres" | "postgresql", _)) => {
            Ok(Arc::new(self::postgres::Postgres::open(url, access)?))
        }
        Some((scheme, _)) => Err(StoreError::Unsupported {
            scheme: scheme.to_owned(),
        }),
        None => Ok(Arc::new(sqlite::Sqlite::open(Path::new(url), access)?)),
    }
}

/// Rosters of any number of orgs, with their history. Calls block; times are ms since 1970 UTC
/// and always come from the caller.
///
/// One process at a time syncs an org ([`Store::lock`]); any number read meanwhile.
pub trait Store: Send + Sync {
    /// Takes the right to sync `org`, until the value is dropped or the process ends, however it
    /// ends.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another sync has it.
    fn lock(&self, org: &str) -> Result<Box<dyn SyncLock>, StoreError>;

    /// Starts a run, or goes on with the unfinished one when its `plan` is the same text and it
    /// began at `resume_since_ms` or later. Whatever else was staged or held back is dropped.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    fn begin(
        &self,
        org: &str,
        plan: &str,
        now_ms: i64,
        resume_since_ms: Option<i64>,
    ) -> Result<Run, StoreError>;

    /// Stages the users of one page, in any order. A user met before counts as repeated: the
    /// higher `version` stays, the later one when they are equal. Either all of a page is staged
    /// or nothing. Each call is one transaction: several pages at once go faster (1,000 users are
    /// plenty).
    ///
    /// # Errors
    /// [`StoreError::NotAUser`] when a document is not a user.
    fn stage(&self, run: &mut Run, documents: &[&str]) -> Result<Staged, StoreError>;

    /// Records that a part of the plan is complete, so that a resumed run skips it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    fn finish_part(&self, run: &mut Run, part: &str, evidence: &str) -> Result<(), StoreError>;

    /// Distinct users of this run so far.
    fn seen(&self, run: &Run) -> u64 {
        run.seen()
    }

    /// Whether this run has met user `id`.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn contains(&self, run: &Run, id: &str) -> Result<bool, StoreError>;

    /// Users of the last snapshot that this run has not met: how many, and the first `limit` ids.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn vanished(&self, run: &Run, limit: usize) -> Result<(u64, Vec<String>), StoreError>;

    /// What [`Store::publish`] would do now, without doing it.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn preview(&self, run: &Run, breaker: &Breaker) -> Result<Summary, StoreError>;

    /// Makes the run the new snapshot, in one transaction; or holds it back, when the breaker
    /// trips. The snapshot's time is `now_ms`, or just after the last one where clocks went back.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written; nothing was published then.
    fn publish(
        &self,
        run: Run,
        certificate: &str,
        now_ms: i64,
        breaker: &Breaker,
    ) -> Result<Outcome, StoreError>;

    /// Which run of `org` is held back; `None` when none is. Cheap, and for who may only read too.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn held_run(&self, org: &str) -> Result<Option<HeldRun>, StoreError>;

    /// What is held back of `org`, with at most `most` of the users whom the breaker counts; `None`
    /// when nothing is. For who may only read too.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn held(&self, org: &str, breaker: &Breaker, most: usize) -> Result<Option<Held>, StoreError>;

    /// Whether the store can be written from here, also when it was opened to be read. Nothing is
    /// written to find out.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be told.
    fn is_writable(&self) -> Result<bool, StoreError>;

    /// Publishes what is held back of `org`; `None` when nothing is. Whoever accepts a run that was
    /// looked at takes [`Store::lock`] first, and asks [`Store::held_run`] again.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written; nothing was published then.
    fn accept(&self, org: &str, now_ms: i64) -> Result<Option<Summary>, StoreError>;

    /// Drops a run and what it staged.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    fn abandon(&self, run: Run) -> Result<(), StoreError>;

    /// All snapshots of `org`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn snapshots(&self, org: &str) -> Result<Vec<Snapshot>, StoreError>;

    /// The certificate of one snapshot of `org`; `None` when there is no such snapshot.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn certificate(&self, org: &str, snapshot: i64) -> Result<Option<String>, StoreError>;

    /// Hands over every user of one snapshot, ordered by id, and tells which snapshot it was: the
    /// last one, or the last at `as_of_ms`. What a sync writes meanwhile is not seen.
    ///
    /// Attributes that `want` does not ask for may be missing. Answers as of a time come without
    /// the volatile members (and without `version`), which are only known for the present; so the
    /// same question gets the same answer forever.
    ///
    /// # Errors
    /// [`StoreError::NoSnapshot`] before the first sync, [`StoreError::BeforeFirst`] as of an
    /// earlier time.
    fn read(
        &self,
        org: &str,
        as_of_ms: Option<i64>,
        want: &Projection,
        each: &mut dyn FnMut(&Attributes<'_>, Option<&str>),
    ) -> Result<Snapshot, StoreError>;

    /// Hands over the versions of one user or of all, ordered by user and time. With `since_ms`,
    /// only users to whom something happened then or later, each with the whole life, so that a
    /// return is told from a first arrival.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn history(
        &self,
        org: &str,
        user_id: Option<&str>,
        since_ms: Option<i64>,
        each: &mut dyn FnMut(Version),
    ) -> Result<(), StoreError>;

    /// Hands over every version of every user, ordered by user and time, and tells the last
    /// snapshot. What a sync writes meanwhile is not seen.
    ///
    /// # Errors
    /// [`StoreError::NoSnapshot`] before the first sync.
    fn versions(
        &self,
        org: &str,
        want: &Projection,
        each: &mut dyn FnMut(VersionRef<'_>),
    ) -> Result<Snapshot, StoreError>;

    /// Erases what tells who a user is ([`headcount_core::personal`]) from every version, from what is
    /// staged, and from the documents of others; what a later sync brings of the user is erased
    /// before it is kept. The id and what reports split by stay. Done again, it erases what came
    /// meanwhile and keeps the first time.
    ///
    /// # Errors
    /// [`StoreError::NoSuchUser`] when the org never had the user; [`StoreError`] when the store
    /// cannot be written, and nothing is erased then.
    fn forget(&self, org: &str, user_id: &str, now_ms: i64) -> Result<Forgotten, StoreError>;

    /// Lets later syncs keep again what they bring of a user who is forgotten; what is erased stays
    /// erased. Whether there was such a user.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    fn remember(&self, org: &str, user_id: &str) -> Result<bool, StoreError>;

    /// Everybody of `org` who is forgotten, by id.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn forgotten(&self, org: &str) -> Result<Vec<Forgotten>, StoreError>;

    /// What doctor found out about `org`, as JSON; `None` when it was never asked.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn capabilities(&self, org: &str) -> Result<Option<String>, StoreError>;

    /// Keeps what doctor found out about `org`.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    fn set_capabilities(&self, org: &str, json: &str, now_ms: i64) -> Result<(), StoreError>;

    /// Names of the orgs in this store, sorted.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn orgs(&self) -> Result<Vec<String>, StoreError>;

    /// Keeps a client or token. Its org needs no snapshot yet.
    ///
    /// # Errors
    /// [`StoreError::IdTaken`] when another one has its id, in whatever org; [`StoreError`] when
    /// the store cannot be written.
    fn add_credential(&self, credential: &Credential) -> Result<(), StoreError>;

    /// Revokes a client or token of `org` for good, and gives it as it is then; `None` when there
    /// is no such one. One that was revoked before keeps that time.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be written.
    fn revoke_credential(
        &self,
        org: &str,
        id: &str,
        now_ms: i64,
    ) -> Result<Option<Credential>, StoreError>;

    /// Everybody who may ask the server, or once might, and the key that signs tokens. Nobody,
    /// while a store that is only read has a schema without credentials.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn access(&self) -> Result<AccessList, StoreError>;

    /// What changes with every snapshot and every credential, whichever process writes them: cheap
    /// enough to be asked several times a second.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn heads(&self) -> Result<Heads, StoreError>;

    /// Hands over everything that is kept, as of one moment, in the order that [`Record`] tells.
    /// What runs have staged is left out.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read, and what `sink` says.
    fn export(&self, sink: &mut Sink<'_>) -> Result<(), StoreError>;

    /// Takes in what `feed` hands to the sink that it is given, in the order of
    /// [`Store::export`]: all of it in one transaction, or nothing.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`] when anything is there already; [`StoreError`] when the store
    /// cannot be written, and what `feed` says.
    fn import(
        &self,
        feed: &mut dyn FnMut(&mut Sink<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;

    /// The orgs of which something is staged or held back.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    fn unfinished(&self) -> Result<Vec<String>, StoreError>;

    /// Waits until it is time to look at [`Store::heads`] again, at most for `timeout`, and tells
    /// whether it is. `last` is for the store alone: the caller starts it at 0 and gives the same
    /// one each time, so that no change is missed between two waits.
    ///
    /// A store that is told of changes returns at once when there is one, and says no when none
    /// came; any other one waits and says yes.
    fn wait(&self, last: &mut u64, timeout: Duration) -> bool {
        let _ = last;
        std::thread::sleep(timeout);
        true
    }
}
