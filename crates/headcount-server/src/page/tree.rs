//! The org tree: who reports to whom, branch by branch.

use axum::response::Response;

use super::visit::Visit;
use crate::error::ApiError;

pub(crate) async fn get_tree(_visit: Visit) -> Result<Response, ApiError> {
    Err(ApiError::not_found())
}

pub(crate) async fn get_branch(_visit: Visit) -> Result<Response, ApiError> {
    Err(ApiError::not_found())
}
