//! What can go wrong between us and Genesys Cloud, by meaning.

use std::time::Duration;

use crate::facts;

/// A request that got no usable answer, after all retries that made sense.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The settings can't be used: a URL, a proxy, a certificate file.
    #[error("{what} can't be used")]
    Settings {
        /// Which setting.
        what: String,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The login refused the client id or secret.
    #[error("login refused the client credentials with status {status}")]
    Credentials {
        /// HTTP status of the login.
        status: u16,
    },
    /// The API refused the token, and a fresh one too.
    #[error("the access token was refused twice")]
    TokenRefused,
    /// The API refused a ready-made token, which can't be renewed.
    #[error("the access token was refused")]
    TokenEnded,
    /// The client may not do this.
    #[error("permission is missing for {path}: {code}")]
    Forbidden {
        /// Path of the request.
        path: String,
        /// Machine code of the error body.
        code: String,
    },
    /// The request itself was refused; asking again would not help.
    #[error("{path} refused the request with status {status}: {code}")]
    Refused {
        /// Path of the request.
        path: String,
        /// HTTP status.
        status: u16,
        /// Machine code of the error body.
        code: String,
    },
    /// Still over a limit when the time for retries was used up.
    #[error("rate limit of {path} still exceeded after {attempts} attempts in {elapsed:.1?}")]
    Limited {
        /// Path of the request.
        path: String,
        /// Requests sent.
        attempts: u32,
        /// Time spent.
        elapsed: Duration,
    },
    /// No answer, or only server errors, when the time for retries was used up.
    #[error("{path} gave no answer in {attempts} attempts and {elapsed:.1?}: {last}")]
    Unavailable {
        /// Path of the request.
        path: String,
        /// Requests sent.
        attempts: u32,
        /// Time spent.
        elapsed: Duration,
        /// What the last attempt met, such as `status 503` or `connection refused`.
        last: String,
    },
    /// Answers that are not what the API sends: a proxy's page, a cut body, another shape.
    #[error("{path} answered {attempts} times with something else than was asked for: {last}")]
    Unreadable {
        /// Path of the request.
        path: String,
        /// Requests sent.
        attempts: u32,
        /// What was wrong with the last answer; never its text.
        last: String,
    },
    /// An answer larger than is read, although as little as possible was asked for.
    #[error("the answer of {path} is larger than {} MiB", .limit >> 20)]
    TooLarge {
        /// Path of the request.
        path: String,
        /// Largest answer that is read, bytes.
        limit: usize,
    },
}

impl UpstreamError {
    /// What a person can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Settings { .. } => return None,
            Self::Credentials { .. } => {
                "check GENESYSCLOUD_OAUTHCLIENT_ID and GENESYSCLOUD_OAUTHCLIENT_SECRET, and that the client is of this region and has the grant type client credentials"
            }
            Self::TokenRefused => {
                "the OAuth client may have been disabled; check it in Genesys Cloud under Integrations, OAuth"
            }
            Self::TokenEnded => {
                "get a new access token, or give client credentials, which renew it by themselves"
            }
            Self::Forbidden { path, .. } if path == facts::CONVERSATIONS => {
                "give a role with the permission analytics:conversationAggregate:view (all divisions) to the OAuth client"
            }
            Self::Forbidden { path, .. } if path == facts::EVALUATIONS => {
                "give a role with the permission analytics:evaluationAggregate:view (all divisions) to the OAuth client"
            }
            Self::Forbidden { .. } => {
                "give a role with the permission directory:user:view (all divisions) to the OAuth client"
            }
            Self::Refused { .. } => "run `headcount doctor` to see what this org allows",
            Self::Limited { .. } => {
                "something else uses up the limit of this OAuth client; try again later or give headcount a client of its own"
            }
            Self::Unavailable { .. } => {
                "check the region, the network and the proxy; nothing was changed, try again later"
            }
            Self::Unreadable { .. } => {
                "a proxy or gateway may stand in between; check the region and HEADCOUNT_API_URL"
            }
            Self::TooLarge { .. } => "ask for less at once, such as a smaller --page-size",
        })
    }

    /// True when the same request can never succeed for this caller, but another kind might.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Forbidden { .. })
    }
}
