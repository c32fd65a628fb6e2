//! What is wrong with a question.

use crate::error::ApiError;

/// Why a question is not answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// It cannot be read.
    #[error("{what} (character {at})")]
    Syntax {
        /// Place in the option, bytes.
        at: usize,
        /// What is wrong there.
        what: String,
    },
    /// It can be read and makes no sense.
    #[error("{0}")]
    Meaning(String),
    /// A part of OData that is not here.
    #[error("{0}")]
    Missing(String),
}

impl Fault {
    pub(crate) fn syntax(at: usize, what: impl Into<String>) -> Self {
        Self::Syntax {
            at,
            what: what.into(),
        }
    }

    pub(crate) fn meaning(what: impl Into<String>) -> Self {
        Self::Meaning(what.into())
    }

    pub(crate) fn missing(what: impl Into<String>) -> Self {
        Self::Missing(what.into())
    }

    /// The refusal, which names the option.
    pub(crate) fn of(self, option: &str) -> ApiError {
        match self {
            Self::Missing(what) => ApiError::not_implemented(format!("{option}: {what}")),
            other => ApiError::constraint(format!("{option}: {other}")),
        }
    }
}
