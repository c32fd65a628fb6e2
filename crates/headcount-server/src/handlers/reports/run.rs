//! Running a report: finding its days, adding its facts up, and what is told where that fails.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use headcount_core::segment::{PlanError, Table};
use headcount_store::{KeptDays, KeptError, KeptFault, KeptQuestion, ReportError, Snapshot};

use crate::{app::App, error::ApiError};

/// Threads that add facts up for one answer: others want to be answered meanwhile.
pub(crate) const THREADS: usize = 2;

/// Segments in an answer at most.
const MOST_ROWS: usize = 200_000;

/// A report, and what it is over.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) table: Table,
    /// The last one of the store; the roster in memory may be of the one before.
    pub(crate) snapshot: Snapshot,
    /// What [`headcount_store::Heads`] told before it was read.
    pub(crate) erased: i64,
}

/// Whether anybody still waits for an answer: once this is dropped, the work for it ends.
pub(crate) struct Wanted(Arc<AtomicBool>);

impl Wanted {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicBool::new(true)))
    }

    pub(crate) fn goes_on(&self) -> Arc<AtomicBool> {
        self.0.clone()
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// The days that answer a question.
///
/// # Errors
/// Those of [`refused`].
pub(crate) fn find(app: &App, org: &str, question: &KeptQuestion) -> Result<KeptDays, ApiError> {
    let facts = app.facts(org);
    KeptDays::find(facts.as_ref(), question).map_err(refused)
}

/// What is told of facts that do not answer.
pub(crate) fn refused(error: KeptError) -> ApiError {
    match error {
        KeptError::Facts(error) => error.into(),
        KeptError::Missing { all, .. } => {
            let pull = error.pull().unwrap_or_default();
            let anyway = if all {
                ""
            } else {
                ", or ask with allowMissing=true for the other days"
            };
            ApiError::nothing_of(format!("{error}: `{pull}` fetches them{anyway}"))
        }
        KeptError::Zones(_) => {
            ApiError::constraint(format!("{error}; say which one with timezone"))
        }
        KeptError::CutInterval { over, .. } => ApiError::constraint(format!(
            "{error}; ask from {} to {}, or with allowMissing=true",
            over.from, over.to
        )),
        KeptError::CutOtherwise { ref cut, .. } => {
            ApiError::constraint(format!("{error}; ask with timezone={cut}"))
        }
        error => ApiError::constraint(error),
    }
}

/// Adds up the facts of some days, as long as `goes_on`.
///
/// # Errors
/// 404 where nobody is the manager that is asked for; 504 once nobody waits any more.
pub(crate) fn run(
    app: &App,
    org: &str,
    days: &KeptDays,
    goes_on: &AtomicBool,
) -> Result<Ran, ApiError> {
    let engine = app.settings.reports.engine;
    let goes_on = || goes_on.load(Ordering::Relaxed);
    let store = app.rosters.store();
    let erased = store.heads()?.erased;
    let (table, snapshot) = days
        .report(store, org, engine, THREADS, &goes_on)
        .map_err(not_reported)?;
    Ok(Ran {
        table,
        snapshot,
        erased,
    })
}

/// Refuses what is too much for one answer.
///
/// # Errors
/// 400
pub(crate) fn few_enough(table: &Table) -> Result<(), ApiError> {
    if table.rows.len() > MOST_ROWS {
        return Err(ApiError::constraint(format!(
            "the report has {} segments, and at most {MOST_ROWS} are sent; ask for fewer attributes or days, or use `headcount report`",
            table.rows.len()
        )));
    }
    Ok(())
}

/// Why facts were not added up.
pub(crate) fn not_reported(error: ReportError<KeptFault>) -> ApiError {
    match error {
        ReportError::Store(error) => error.into(),
        ReportError::Facts(KeptFault::Facts(error)) => error.into(),
        // Nobody reads this answer.
        ReportError::Facts(KeptFault::Stopped) => ApiError::slow_answer(),
        ReportError::Facts(KeptFault::Replaced) => ApiError::unavailable(1),
        ReportError::Plan(PlanError::NoManager { .. }) => ApiError::not_found(),
        ReportError::Plan(error @ PlanError::Overflow) => {
            ApiError::constraint(format!("{error}; ask for a shorter period"))
        }
        error => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a report cannot be made"
            );
            ApiError::internal()
        }
    }
}
