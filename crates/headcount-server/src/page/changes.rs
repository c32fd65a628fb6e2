//! Changes: who came, moved and went, day by day.

use axum::response::Response;

use super::visit::Visit;
use crate::error::ApiError;

pub(crate) async fn get_changes(_visit: Visit) -> Result<Response, ApiError> {
    Err(ApiError::not_found())
}
