//! One person: attributes, managers, reports, what happened, findings, numbers.

use axum::response::Response;

use super::visit::Visit;
use crate::error::ApiError;

pub(crate) async fn get_person(_visit: Visit) -> Result<Response, ApiError> {
    Err(ApiError::not_found())
}
