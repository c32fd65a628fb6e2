//! Reports: facts over the versions in a store, added up here or by the database that keeps them.

mod kept;

use std::{
    str::FromStr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use headcount_core::{
    history::VersionRef,
    segment::{
        FactSink, People, PeopleBuilder, Plan, PlanError, Pushed, Question, Segmenter, Table,
    },
    user::Attributes,
};

pub use self::kept::{KeptDays, KeptError, KeptFault, KeptQuestion};
use crate::{Snapshot, Store, StoreError};

/// Who adds facts up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// This program: facts are read.
    #[default]
    Local,
    /// The database that keeps the facts: only sums leave it.
    Store,
}

/// Nobody knows an engine of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an engine is local or store")]
pub struct UnknownEngine;

impl Engine {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Local, Self::Store];

    /// `local` or `store`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Store => "store",
        }
    }
}

impl FromStr for Engine {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<Self, UnknownEngine> {
        let mut all = Self::ALL.into_iter();
        all.find(|engine| engine.name() == name)
            .ok_or(UnknownEngine)
    }
}

/// Why there is no report; `E` is what reading facts can meet.
#[derive(Debug, thiserror::Error)]
pub enum ReportError<E: std::error::Error + 'static> {
    /// The versions cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The facts cannot be read.
    #[error(transparent)]
    Facts(E),
    /// The question cannot be answered.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// Segments and facts differ: a fault of ours, and no report that anybody should trust.
    #[error("the segments do not add up to the facts")]
    NotReconciled,
    /// The facts lie in files, which add nothing up by themselves.
    #[error("the facts of this store are files: only a store in PostgreSQL adds facts up itself")]
    NoEngine,
}

/// Answers `question` over the versions that `store` keeps of `org`, and the facts of `files`,
/// which `scan` hands over on as many threads as `threads` says. The snapshot is the last one.
///
/// # Errors
/// [`ReportError`]; there is no partial report.
pub fn report<F: Sync, E: std::error::Error + Send + 'static>(
    store: &dyn Store,
    org: &str,
    question: &Question,
    files: &[F],
    threads: usize,
    scan: impl Fn(&F, &[usize], &mut dyn FactSink) -> Result<(), E> + Sync,
) -> Result<(Table, Snapshot), ReportError<E>> {
    let wanted = question.kind.told();
    reading(store, org, question, wanted, files, threads, scan)
}

/// The same with the measures at the places `wanted`.
fn reading<F: Sync, E: std::error::Error + Send + 'static>(
    store: &dyn Store,
    org: &str,
    question: &Question,
    wanted: &[usize],
    files: &[F],
    threads: usize,
    scan: impl Fn(&F, &[usize], &mut dyn FactSink) -> Result<(), E> + Sync,
) -> Result<(Table, Snapshot), ReportError<E>> {
    let (people, snapshot) = people(store, org, question)?;
    let plan = Plan::new(&people, question)?;
    Ok((read(&plan, wanted, files, threads, scan)?, snapshot))
}

/// Reads the facts of a plan, with the measures at the places `wanted`.
fn read<F: Sync, E: std::error::Error + Send + 'static>(
    plan: &Plan<'_>,
    wanted: &[usize],
    files: &[F],
    threads: usize,
    scan: impl Fn(&F, &[usize], &mut dyn FactSink) -> Result<(), E> + Sync,
) -> Result<Table, ReportError<E>> {
    let next = AtomicUsize::new(0);
    let failed: Mutex<Option<E>> = Mutex::new(None);
    let fail = || failed.lock().unwrap_or_else(PoisonError::into_inner);
    // Each thread takes the next file, so that a long one holds up no other.
    let work = || {
        let mut segmenter = Segmenter::new(plan, wanted);
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = scan(file, wanted, &mut segmenter) {
                fail().get_or_insert(error);
            }
            if fail().is_some() {
                break;
            }
        }
        segmenter
    };
    let threads = threads.min(files.len()).max(1);
    let mut all = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = vec![work()];
        for other in others {
            match other.join() {
                Ok(segmenter) => all.push(segmenter),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
    .into_iter();
    if let Some(error) = fail().take() {
        return Err(ReportError::Facts(error));
    }
    let mut sums = all.next().unwrap_or_else(|| Segmenter::new(plan, wanted));
    for other in all {
        sums.merge(other)?;
    }
    reconciled(sums.table()?)
}

/// Answers `question` over the versions that `store` keeps of `org`, and the sums that `sum` lets a
/// database tell. The snapshot is the last one.
fn pushed<E: std::error::Error + 'static>(
    store: &dyn Store,
    org: &str,
    question: &Question,
    wanted: &[usize],
    sum: impl FnOnce(&mut Pushed<'_>) -> Result<(), ReportError<E>>,
) -> Result<(Table, Snapshot), ReportError<E>> {
    let (people, snapshot) = people(store, org, question)?;
    let plan = Plan::new(&people, question)?;
    let mut pushed = Pushed::new(&plan, wanted);
    sum(&mut pushed)?;
    Ok((reconciled(pushed.table()?)?, snapshot))
}

/// One user, as far as a question asks.
fn one_of_people(
    store: &dyn Store,
    org: &str,
    user_id: &str,
    question: &Question,
) -> Result<People, StoreError> {
    let mut people = PeopleBuilder::new(question.projection());
    store.history(org, Some(user_id), None, &mut |version| {
        // It was a user when it was stored.
        if let Ok(user) = Attributes::parse(&version.document) {
            people.push(VersionRef {
                user: &user,
                document: Some(&version.document),
                valid_from: version.valid_from,
                valid_to: version.valid_to,
            });
        }
    })?;
    Ok(people.finish(question.known_until_ms()))
}

/// Everybody, as far as a question asks.
fn people(
    store: &dyn Store,
    org: &str,
    question: &Question,
) -> Result<(People, Snapshot), StoreError> {
    let projection = question.projection();
    let mut people = PeopleBuilder::new(projection);
    let snapshot = store.versions(org, &projection, &mut |version| people.push(version))?;
    Ok((people.finish(question.known_until_ms()), snapshot))
}

fn reconciled<E: std::error::Error + 'static>(table: Table) -> Result<Table, ReportError<E>> {
    match table.facts.holds(&table.total) {
        true => Ok(table),
        false => Err(ReportError::NotReconciled),
    }
}
