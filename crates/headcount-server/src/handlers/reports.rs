//! `GET /headcount/v1/reports/aht` and `/evaluations`: kept facts by segment.

pub(crate) mod asked;
pub(crate) mod run;
mod shelf;
pub(crate) mod table;

use std::sync::Arc;

use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use headcount_core::{
    fact::FactKind,
    segment::{Answer, Document, Table},
};
use headcount_store::{KeptDays, KeptQuestion, Snapshot};

use self::{
    asked::{Asked, manager},
    run::{Ran, few_enough, find, run},
};
pub(crate) use self::{
    run::Wanted,
    shelf::{Key, Shelf},
};
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
            let Ran {
                table,
                snapshot,
                erased,
            } = run(&app, &org, &days, &goes_on)?;
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
