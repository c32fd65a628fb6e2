//! `GET /api/v2/users/{userId}`.

use std::sync::Arc;

use axum::{
    extract::{Extension, Path, Request, State},
    response::Response,
};
use headcount_core::field::Column;

use super::{check_expansions, is_uuid};
use crate::{
    access::Caller,
    app::{App, VIEW_USERS},
    error::ApiError,
    json::Json,
    parameters::Parameters,
};

/// One user. Out of sight and unknown are the same answer.
pub(crate) async fn get_user(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    caller.needs(VIEW_USERS)?;
    let asked = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes());
    check_expansions(&asked)?;
    // Deleted users are shown only to who asks for them, as upstream does (contract 1).
    let deleted = match asked.get("state") {
        None => false,
        Some(state) if state.eq_ignore_ascii_case("active") => false,
        Some(state) if state.eq_ignore_ascii_case("deleted") => true,
        Some(state) => {
            return Err(ApiError::invalid_parameter(
                state,
                "state",
                "active, deleted",
            ));
        }
    };
    if !is_uuid(&id) {
        return Err(ApiError::invalid_id());
    }
    let sight = app.sight(&caller, asked.get("asOf")).await?;
    let view = sight.view();
    let row = view
        .row_of(&id)
        .filter(|&row| {
            let is_deleted = view
                .roster()
                .value(row, Column::State)
                .is_some_and(|state| state.eq_ignore_ascii_case("deleted"));
            is_deleted == deleted
        })
        .ok_or_else(ApiError::not_found)?;
    if let Some(known) = sight.known(request.method(), request.headers()) {
        return Ok(known);
    }
    let mut json = Json::default();
    json.raw(sight.loaded().roster.document(row).unwrap_or("{}"));
    app.answer(&sight, json).await
}
