//! A person accepts what the breaker holds back. The one thing that the page changes: the server
//! asks the desk, which belongs to whoever runs it.

use axum::{
    extract::Request,
    response::{IntoResponse, Redirect, Response},
};
use headcount_store::StoreError;
use hyper::StatusCode;

use super::{held::identified, refused};
use crate::{
    app::ACCEPT_SYNC,
    desk::AcceptError,
    error::ApiError,
    page::{session, visit::Visit},
    parameters::Parameters,
};

/// Publishes what is held back, if it still is what the form was shown with.
pub(crate) async fn post_accept(mut visit: Visit, request: Request) -> Result<Response, ApiError> {
    visit.caller.needs(ACCEPT_SYNC)?;
    if visit.caller.divisions().is_some() {
        // What would be published is of all divisions.
        return Err(ApiError::not_authorized());
    }
    let (headers, form) = session::read(&visit.app, request).await?;
    session::check(&visit.app, &headers, &form)?;
    // Whatever is shown now is the view of syncs.
    "/sync".clone_into(&mut visit.path);
    visit.asked = Parameters::default();
    let Some(desk) = visit.app.settings.desk.clone() else {
        return Ok(refused(visit, StatusCode::CONFLICT, NO_DESK).await);
    };
    let Some(shown) = form.get("held").and_then(identified) else {
        return Ok(refused(visit, StatusCode::CONFLICT, ANOTHER).await);
    };
    let org = visit.caller.org().to_owned();
    let accept = move || Ok(desk.accept(&org, shown));
    let accepted = visit.app.aside(accept).await?;
    let org = visit.caller.org();
    match accepted {
        Ok(summary) => {
            tracing::info!(
                org,
                by = visit.caller.id(),
                snapshot.id = summary.snapshot,
                "a snapshot that was held back is accepted"
            );
            Ok(Redirect::to("/sync?accepted=1").into_response())
        }
        Err(error) => {
            tracing::warn!(
                org,
                by = visit.caller.id(),
                error = &error as &dyn std::error::Error,
                "a snapshot that is held back is not accepted"
            );
            let (status, why) = why(&error);
            Ok(refused(visit, status, why).await)
        }
    }
}

const NO_DESK: &str =
    "This server has no way to; `headcount sync --accept` does it on the command line.";
const ANOTHER: &str =
    "Another snapshot is held back by now than the one you saw. Look at it before you accept it.";

/// What a person is told. Nothing was published.
fn why(error: &AcceptError) -> (StatusCode, &'static str) {
    match error {
        AcceptError::Nothing => (
            StatusCode::CONFLICT,
            "Nothing is held back any more: somebody has accepted it, or another sync has taken its place.",
        ),
        AcceptError::Another => (StatusCode::CONFLICT, ANOTHER),
        AcceptError::Store(StoreError::Locked { .. }) => (
            StatusCode::CONFLICT,
            "A sync of the org is at work. Wait until it has ended and look again: what it finds takes the place of what is held back.",
        ),
        AcceptError::Store(
            StoreError::ReadOnly(_) | StoreError::CannotOpen { .. } | StoreError::NotAllowed(_),
        ) => (
            StatusCode::CONFLICT,
            "This server can't write the store; `headcount sync --accept` publishes it from where that is possible.",
        ),
        AcceptError::Store(StoreError::Busy(_) | StoreError::Unreachable(_)) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The store is busy or can't be reached. Try again in a moment.",
        ),
        AcceptError::Store(_) | AcceptError::Settings(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "Something went wrong; the log of the server says what.",
        ),
    }
}
