//! What the walk needs of an org: two questions. [`crate::Client`] asks them over HTTP.

use std::future::Future;

use headcount_core::wire::UserSearchRequest;

use crate::{CursorPage, Page, UpstreamError};

/// An org that can be asked for its users.
pub trait Upstream: Sync {
    /// `POST /api/v2/users/search`.
    fn search(
        &self,
        request: &UserSearchRequest,
    ) -> impl Future<Output = Result<Page, UpstreamError>> + Send;

    /// `GET /api/v2/users/query` for all states, in ascending order, onward from `cursor`.
    fn query(
        &self,
        page_size: u32,
        cursor: Option<&str>,
    ) -> impl Future<Output = Result<CursorPage, UpstreamError>> + Send;
}
