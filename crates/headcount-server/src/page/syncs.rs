//! Syncs: what was published, what is held back, what is at work.

use axum::response::Response;

use super::visit::Visit;
use crate::error::ApiError;

pub(crate) async fn get_syncs(_visit: Visit) -> Result<Response, ApiError> {
    Err(ApiError::not_found())
}

pub(crate) async fn post_accept() -> Result<Response, ApiError> {
    Err(ApiError::not_found())
}
