//! The people: a table to search, filter, sort and page through.

use axum::response::Response;

use super::visit::Visit;
use crate::error::ApiError;

pub(crate) async fn get_people(_visit: Visit) -> Result<Response, ApiError> {
    Err(ApiError::not_found())
}
