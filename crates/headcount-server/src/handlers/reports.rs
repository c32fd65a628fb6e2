//! `GET /headcount/v1/reports/aht` and `/evaluations`: kept facts by segment.

mod asked;
mod table;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use headcount_core::{
    fact::FactKind,
    segment::{Answer, Document, PlanError, Table},
};
use headcount_store::{KeptDays, KeptError, KeptFault, KeptQuestion, ReportError, Snapshot};

use self::asked::{Asked, manager};
use super::snapshot_ref;
use crate::{
    access::Caller,
    app::{App, VIEW_USERS},
    csv::{Chosen, Form, Made},
    error::ApiError,
    freshness::Freshness,
    json::Json,
    parameters::Parameters,
};

/// Threads that add facts up for one answer: others want to be answered meanwhile.
pub(crate) const THREADS: usize = 2;

/// Segments in an answer at most.
const MOST_ROWS: usize = 200_000;

/// Handle time by segment.
pub(crate) async fn get_aht(
    state: State<Arc<App>>,
    caller: Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    answer(state, caller, request, FactKind::HandleTime).await
}

/// Evaluations by segment.
pub(crate) async fn get_evaluations(
    state: State<Arc<App>>,
    caller: Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    answer(state, caller, request, FactKind::Evaluation).await
}

/// What came of a question.
enum Outcome {
    /// The caller has the answer already.
    Known(Freshness),
    /// The answer.
    Report(Freshness, Json),
    /// The answer as a table.
    Table(Freshness, Chosen, Made),
}

async fn answer(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
    kind: FactKind,
) -> Result<Response, ApiError> {
    caller.needs(VIEW_USERS)?;
    let parameters = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes());
    let divisions = caller.divisions().map(<[_]>::to_vec);
    let asked = Asked::read(kind, &parameters, divisions, &app.settings.reports)?;
    let form = Form::asked(&parameters, request.headers())?;
    let chosen = Chosen::asked(table::columns(&asked.labels, kind), &parameters);
    let chosen = (form == Form::Csv).then_some(chosen).transpose()?;
    let sight = app.sight(&caller, None).await?.in_form(form);
    let (freshness, now_ms) = (sight.freshness().clone(), app.now_ms());
    let headers = request.headers().clone();
    let org = caller.org().to_owned();
    let wanted = Wanted::new();
    let goes_on = wanted.goes_on();
    let work = {
        let app = app.clone();
        move || {
            let Asked {
                mut question,
                labels,
            } = asked;
            if let Some(name) = question.under.take() {
                question.under = Some(manager(sight.view(), &name)?);
            }
            let days = find(&app, &org, &question)?;
            let state = days.state();
            let freshness = freshness.with_state(state);
            if freshness.is_known(&headers) {
                return Ok(Outcome::Known(freshness));
            }
            let engine = app.settings.reports.engine;
            let goes_on = || goes_on.load(Ordering::Relaxed);
            let store = app.rosters.store();
            let erased = store.heads()?.erased;
            let (table, snapshot) = days
                .report(store, &org, engine, THREADS, &goes_on)
                .map_err(not_reported)?;
            // The store may be ahead of what is in memory.
            let told = (snapshot.id, snapshot.published_ms);
            let divisions = question.divisions.as_deref();
            let freshness = Freshness::new(&org, told, erased, false, divisions, now_ms);
            few_enough(&table)?;
            if let Some(chosen) = chosen {
                let freshness = freshness.in_csv().with_state(state);
                let rows = Made::new(table::rows(&table));
                return Ok(Outcome::Table(freshness, chosen, rows));
            }
            let json = write(&labels, &table, &days, &question, &snapshot);
            Ok(Outcome::Report(freshness.with_state(state), json))
        }
    };
    let outcome = app.report_aside(work).await?;
    drop(wanted);
    match outcome {
        Outcome::Known(freshness) => Ok(freshness.not_modified()),
        Outcome::Report(freshness, json) => app.answer_with(&freshness, json).await,
        Outcome::Table(freshness, chosen, rows) => {
            let name = match kind {
                FactKind::HandleTime => "aht.csv",
                FactKind::Evaluation => "evaluations.csv",
            };
            app.table(name, Some(&freshness), chosen, Box::new(rows))
                .await
        }
    }
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

fn find(app: &App, org: &str, question: &KeptQuestion) -> Result<KeptDays, ApiError> {
    let facts = app.facts(org);
    KeptDays::find(facts.as_ref(), question).map_err(refused)
}

/// Why facts do not answer a question.
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

fn write(
    labels: &[String],
    table: &Table,
    days: &KeptDays,
    question: &KeptQuestion,
    snapshot: &Snapshot,
) -> Json {
    let document = Document::new(
        Answer::new(labels, table),
        days.period,
        question.attribution,
        &days.timezone,
        &days.missing,
    )
    .until(snapshot_ref(snapshot));
    let mut json = Json::default();
    json.value(&document);
    json
}

fn few_enough(table: &Table) -> Result<(), ApiError> {
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
