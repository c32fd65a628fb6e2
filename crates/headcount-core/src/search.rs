//! Searching users: the criteria of `POST /api/v2/users/search`, compiled once and asked of many.
//!
//! The rules of matching, and how sure each of them is, stand in `docs/api.md`.

pub mod criteria;
pub mod date;
pub mod document;
pub mod matcher;
pub mod page;
pub mod q64;
mod query_string;
pub mod sort;
pub mod text;
pub(crate) mod value_test;

pub use self::{
    criteria::{CriteriaError, CriterionType},
    document::{DocumentView, FieldValues},
    matcher::{Matcher, StateRule},
    page::{Page, PageError, PageLimits},
    sort::{Sort, SortError},
};
use crate::{field::Projection, wire::UserSearchRequest};

/// A search request, checked and ready to be asked.
#[derive(Clone, Debug)]
pub struct Query {
    /// Who matches.
    pub matcher: Matcher,
    /// In which order.
    pub sort: Sort,
    /// Which page of them.
    pub page: Page,
}

/// Why a search request is refused.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SearchError {
    /// A criterion makes no sense.
    #[error(transparent)]
    Criteria(#[from] CriteriaError),
    /// A sort key makes no sense.
    #[error(transparent)]
    Sort(#[from] SortError),
    /// The page asked for cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
}

impl Query {
    /// Checks and compiles `request`.
    ///
    /// # Errors
    /// [`SearchError`] says which part is wrong, and how.
    pub fn compile(
        request: &UserSearchRequest,
        state: StateRule,
        limits: &PageLimits,
    ) -> Result<Self, SearchError> {
        Ok(Self {
            matcher: Matcher::compile(&request.query, state)?,
            sort: Sort::compile(request)?,
            page: Page::check(request.page_number, request.page_size, limits)?,
        })
    }

    /// What has to be read of every user to answer.
    #[must_use]
    pub fn projection(&self) -> Projection {
        self.matcher.projection().union(self.sort.projection())
    }
}
