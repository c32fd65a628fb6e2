//! Departments and divisions: how large each is, and how it is spelled.

use axum::response::Response;

use super::visit::Visit;
use crate::error::ApiError;

pub(crate) async fn get_departments(_visit: Visit) -> Result<Response, ApiError> {
    Err(ApiError::not_found())
}

pub(crate) async fn get_divisions(_visit: Visit) -> Result<Response, ApiError> {
    Err(ApiError::not_found())
}
