//! Refusals, by status and code of contract 7.1. A handler returns one; the body is written in one
//! place, where the correlation id is known.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use headcount_core::{
    check::UnknownRule,
    field::UnknownField,
    search::{CriteriaError, SearchError, SortError},
    segment::UnknownAttribute,
    wire::ErrorBody,
};
use headcount_store::{StoreError, facts::FactsError};
use hyper::{
    HeaderMap, StatusCode,
    header::{CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE},
};

/// Why a request is not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// Whole seconds after which it is worth asking again.
    retry_after: Option<u64>,
    /// Where to begin again.
    location: Option<&'static str>,
}

/// What stands before the cause in a 400 without a code of its own.
const MALFORMED: &str =
    "The request could not be understood by the server due to malformed syntax.";

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after: None,
            location: None,
        }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// What a person reads.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// 400 with its cause.
    pub(crate) fn bad_request(cause: impl std::fmt::Display) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "bad.request",
            format!("{MALFORMED} ({cause})"),
        )
    }

    pub(crate) fn invalid_value(value: &str, what: &str, allowed: &str) -> Self {
        let message = format!(
            "Value [{value}] is not valid for field type [{what}]. Allowable values are: {allowed}"
        );
        Self::new(StatusCode::BAD_REQUEST, "invalid.value", message)
    }

    pub(crate) fn invalid_parameter(value: &str, name: &str, allowed: &str) -> Self {
        let message = format!(
            "Value [{value}] is not valid for parameter [{name}]. Allowable values are: {allowed}"
        );
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid.query.param.value",
            message,
        )
    }

    /// A field that users do not have, with the nearest names.
    pub(crate) fn unknown_field(error: &UnknownField) -> Self {
        let message = format!("{error}.");
        Self::new(StatusCode::BAD_REQUEST, "invalid.property", message)
    }

    /// An attribute that facts cannot be segmented by, with the nearest names.
    pub(crate) fn unknown_attribute(error: &UnknownAttribute) -> Self {
        let nearest = match error.nearest.as_slice() {
            [] => "department, division, manager, level1, tree, title, location, team, state, mediaType, user, day, week, month".to_owned(),
            near => near.join(", "),
        };
        let message = format!("{error}, nearest: {nearest}.");
        Self::new(StatusCode::BAD_REQUEST, "invalid.property", message)
    }

    /// A rule that there is not, with the nearest names.
    pub(crate) fn unknown_rule(error: &UnknownRule) -> Self {
        let message = format!("{error}.");
        Self::new(
            StatusCode::BAD_REQUEST,
            "invalid.query.param.value",
            message,
        )
    }

    pub(crate) fn constraint(cause: impl std::fmt::Display) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "constraint.validation",
            format!("{cause}."),
        )
    }

    pub(crate) fn invalid_date(cause: impl std::fmt::Display) -> Self {
        let message = format!(
            "Dates must be specified as ISO-8601 strings. For example: yyyy-MM-ddTHH:mm:ss.SSSZ ({cause})"
        );
        Self::new(StatusCode::BAD_REQUEST, "invalid.date", message)
    }

    pub(crate) fn invalid_id() -> Self {
        let message = "A non-UUID value was specified for an ID field.";
        Self::new(StatusCode::BAD_REQUEST, "invalid.id", message)
    }

    pub(crate) fn unauthenticated(code: &'static str) -> Self {
        let message = match code {
            "authentication.required" => {
                "No authentication bearer token specified in authorization header."
            }
            "credentials.expired" => "The supplied credentials are expired and cannot be used.",
            _ => "Invalid login credentials.",
        };
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    /// Whether the credentials were not recognised.
    pub(crate) fn is_bad_credentials(&self) -> bool {
        self.code == "bad.credentials"
    }

    pub(crate) fn missing_permission(permission: &str) -> Self {
        let message = format!(
            "Unable to perform the requested action. You are missing the following permission(s): {permission}"
        );
        Self::new(StatusCode::FORBIDDEN, "missing.permissions", message)
    }

    pub(crate) fn not_authorized() -> Self {
        let message = "You are not authorized to perform the requested action.";
        Self::new(StatusCode::FORBIDDEN, "not.authorized", message)
    }

    /// A form that was not shown to whoever sends it.
    pub(crate) fn forged() -> Self {
        let message = "The form is too old, or was sent from another site. Load the view again.";
        Self::new(StatusCode::FORBIDDEN, "not.authorized", message)
    }

    pub(crate) fn not_found() -> Self {
        let message = "The requested resource was not found.";
        Self::new(StatusCode::NOT_FOUND, "not.found", message)
    }

    /// What was asked for is not kept here, and how to get it.
    pub(crate) fn nothing_of(cause: impl std::fmt::Display) -> Self {
        let message = format!("The requested resource was not found. ({cause})");
        Self::new(StatusCode::NOT_FOUND, "not.found", message)
    }

    /// A part of OData that is not here.
    pub(crate) fn not_implemented(cause: impl std::fmt::Display) -> Self {
        Self::new(
            StatusCode::NOT_IMPLEMENTED,
            "not.implemented",
            format!("{cause}."),
        )
    }

    /// What a link to a next page speaks of is kept no more.
    pub(crate) fn gone(cause: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::GONE, "gone", format!("{cause}."))
    }

    /// A token of the change feed that is of no use any more; the code is that of Microsoft Graph.
    pub(crate) fn token_gone(why: &str) -> Self {
        let message =
            format!("The token cannot be used any more: {why}. Start again without a token.");
        Self {
            location: Some("/headcount/v1/users/delta"),
            ..Self::new(StatusCode::GONE, "syncStateNotFound", message)
        }
    }

    pub(crate) fn method_not_allowed() -> Self {
        let message = "The method is not allowed for this resource.";
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method.not.allowed",
            message,
        )
    }

    /// The request itself took too long to arrive.
    pub(crate) fn slow_request() -> Self {
        let message = "The request timed out.";
        Self::new(StatusCode::REQUEST_TIMEOUT, "request.timeout", message)
    }

    pub(crate) fn too_large(most: usize) -> Self {
        let message = format!("The request is over the size limit. Maximum bytes: {most}");
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "request.entity.too.large",
            message,
        )
    }

    pub(crate) fn unsupported_media_type() -> Self {
        let message = "Unsupported Media Type - Unsupported or incorrect media type, such as an incorrect Content-Type value in the header.";
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported.media.type",
            message,
        )
    }

    pub(crate) fn too_many(seconds: u64) -> Self {
        let message =
            format!("Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds");
        Self {
            retry_after: Some(seconds),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too.many.requests.retry.after",
                message,
            )
        }
    }

    pub(crate) fn internal() -> Self {
        let message = "The server encountered an unexpected condition which prevented it from fulfilling the request.";
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal.server.error",
            message,
        )
    }

    /// Nothing to answer from yet, or no room to answer in.
    pub(crate) fn unavailable(retry_after: u64) -> Self {
        let message = "Service Unavailable - The server is currently unavailable (because it is overloaded or down for maintenance).";
        Self {
            retry_after: Some(retry_after),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "service.unavailable",
                message,
            )
        }
    }

    /// The answer took too long to find.
    pub(crate) fn slow_answer() -> Self {
        let message = "The request timed out.";
        Self::new(StatusCode::GATEWAY_TIMEOUT, "request.timeout", message)
    }

    /// The headers that go with it, whatever the body.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        if let Some(seconds) = self.retry_after {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(location) = self.location {
            headers.insert(LOCATION, HeaderValue::from_static(location));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
    }

    /// Writes the body; `context` equals the correlation id of the answer.
    pub(crate) fn write(&self, context: &str, answer: &mut Response) {
        let body = ErrorBody {
            message: self.message.clone(),
            code: self.code.to_owned(),
            status: self.status.as_u16(),
            context_id: context.to_owned(),
            ..ErrorBody::default()
        };
        self.put(&body, answer);
    }

    /// The same in the shape of OData 4.0.
    pub(crate) fn write_odata(&self, context: &str, answer: &mut Response) {
        let body = serde_json::json!({"error": {
            "code": self.code,
            "message": self.message,
            "innererror": {"contextId": context},
        }});
        self.put(&body, answer);
        if self.status == StatusCode::UNAUTHORIZED {
            // Excel asks a person for a name and a password where this is offered.
            let basic = HeaderValue::from_static("Basic realm=\"headcount\", charset=\"UTF-8\"");
            answer.headers_mut().append(WWW_AUTHENTICATE, basic);
        }
    }

    fn put(&self, body: &impl serde::Serialize, answer: &mut Response) {
        *answer.body_mut() = Body::from(serde_json::to_vec(body).unwrap_or_default());
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.tell(headers);
    }
}

/// The answer still without a body; [`crate::observe`] writes it.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = self.status;
        answer.extensions_mut().insert(self);
        answer
    }
}

/// Each cause gets the code that fits, and says what is wrong with which value.
impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> Self {
        let invalid = |error: &dyn std::fmt::Display| {
            let message = format!("{error}.");
            Self::new(StatusCode::BAD_REQUEST, "invalid.value", message)
        };
        match &error {
            SearchError::Criteria(cause) => match cause {
                CriteriaError::UnknownType(_) | CriteriaError::UnknownOperator(_) => invalid(cause),
                CriteriaError::UnknownField(field) => Self::unknown_field(field),
                CriteriaError::BadDate { .. } | CriteriaError::BadDateFormat { .. } => {
                    Self::invalid_date(cause)
                }
                _ => Self::constraint(cause),
            },
            SearchError::Sort(cause @ SortError::Order(_)) => invalid(cause),
            SearchError::Sort(SortError::Field(field)) => Self::unknown_field(field),
            SearchError::Page(cause) => Self::constraint(cause),
        }
    }
}

/// The store's own words stay inside.
impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NoSnapshot { .. } | StoreError::NoStore { .. } => Self::unavailable(30),
            StoreError::BeforeFirst { .. } => {
                Self::constraint("asOf is before the first snapshot: nothing is known of that time")
            }
            StoreError::Busy(_) | StoreError::Unreachable(_) => Self::unavailable(5),
            error => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the store could not be read for an answer"
                );
                Self::internal()
            }
        }
    }
}

/// So do those of facts.
impl From<FactsError> for ApiError {
    fn from(error: FactsError) -> Self {
        let error = match error {
            FactsError::Store(error) => return error.into(),
            FactsError::Replaced { .. } => return Self::unavailable(1),
            error => error,
        };
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "facts could not be read for an answer"
        );
        Self::internal()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_repeats_its_status_and_context() {
        let mut answer = ApiError::too_many(42).into_response();
        let error = answer.extensions_mut().remove::<ApiError>().unwrap();
        error.write("abc", &mut answer);
        assert_eq!(answer.status(), 429);
        assert_eq!(answer.headers()[RETRY_AFTER], "42");
    }
}
