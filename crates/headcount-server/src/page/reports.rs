//! Reports: handle time and evaluations by any segment.

use axum::response::Response;

use super::visit::Visit;
use crate::error::ApiError;

pub(crate) async fn get_reports(_visit: Visit) -> Result<Response, ApiError> {
    Err(ApiError::not_found())
}
