//! Findings: what the rules find wrong, with advice.

use axum::response::Response;

use super::visit::Visit;
use crate::error::ApiError;

pub(crate) async fn get_findings(_visit: Visit) -> Result<Response, ApiError> {
    Err(ApiError::not_found())
}
