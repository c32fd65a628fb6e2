//! Answers: bodies, headers and errors as Genesys sends them, and what can happen to them on the
//! way.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use headcount_core::wire::ErrorBody;
use hyper::{
    HeaderMap, StatusCode,
    body::{Body, Frame, SizeHint},
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER},
};

use crate::{search::Refusal, world::Pace};

/// An answer before it goes to the socket.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Only the first half of the body arrives.
    pub(crate) truncated: bool,
}

impl Answer {
    pub(crate) fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self {
            status,
            headers,
            body: body.into(),
            truncated: false,
        }
    }

    pub(crate) fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, "application/json", body)
    }

    /// Serialises a value; the sandbox's own values always can be.
    pub(crate) fn of<T: serde::Serialize>(value: &T) -> Self {
        Self::json(200, serde_json::to_vec(value).unwrap_or_default())
    }

    pub(crate) fn with(mut self, name: HeaderName, value: impl ToString) -> Self {
        if let Ok(value) = HeaderValue::from_str(&value.to_string()) {
            self.headers.insert(name, value);
        }
        self
    }

    /// An error of the API; `context` equals the correlation id (contract 7.1).
    pub(crate) fn error(
        status: u16,
        code: &str,
        message: impl Into<String>,
        context: &str,
    ) -> Self {
        let body = ErrorBody {
            message: message.into(),
            code: code.to_owned(),
            status,
            context_id: context.to_owned(),
            ..ErrorBody::default()
        };
        Self::json(status, serde_json::to_vec(&body).unwrap_or_default())
    }

    pub(crate) fn refused(refusal: &Refusal, context: &str) -> Self {
        Self::error(400, refusal.code, refusal.message.clone(), context)
    }

    /// 429 as documented; `seconds` also goes into `Retry-After`.
    pub(crate) fn too_many(seconds: u64, context: &str) -> Self {
        let message =
            format!("Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds");
        Self::error(429, "too.many.requests.retry.after", message, context)
            .with(RETRY_AFTER, seconds)
    }

    /// 403 for want of a permission.
    pub(crate) fn no_permission(permission: &str, context: &str) -> Self {
        let message = format!(
            "Unable to perform the requested action. You are missing the following permission(s): {permission}"
        );
        Self::error(403, "missing.permissions", message, context)
    }

    /// The headers of every answer of the API.
    pub(crate) fn finish(self, context: &str, pace: Option<Pace>) -> Self {
        let mut answer = self
            .with(HeaderName::from_static("inin-correlation-id"), context)
            .with(CACHE_CONTROL, "no-cache, no-store, must-revalidate");
        if let Some(pace) = pace {
            for (name, number) in [
                ("inin-ratelimit-count", pace.count),
                ("inin-ratelimit-allowed", pace.allowed),
                ("inin-ratelimit-reset", pace.reset),
            ] {
                answer
                    .headers
                    .insert(HeaderName::from_static(name), HeaderValue::from(number));
            }
        }
        answer
    }

    pub(crate) fn into_response(self) -> hyper::Response<Whole> {
        let length = self.body.len() as u64;
        let sent = if self.truncated {
            self.body.slice(..self.body.len() / 2)
        } else {
            self.body
        };
        let mut response = hyper::Response::new(Whole {
            length,
            rest: Some(sent),
            breaks: self.truncated.then(|| Box::pin(tokio::time::sleep(FLUSH))),
        });
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// Time for the first half of a truncated body to reach the other side.
const FLUSH: Duration = Duration::from_millis(20);

/// A body whose length is told beforehand, and which may break off.
#[derive(Debug)]
pub(crate) struct Whole {
    length: u64,
    rest: Option<Bytes>,
    breaks: Option<Pin<Box<tokio::time::Sleep>>>,
}

/// The connection breaks off on purpose.
#[derive(Debug, thiserror::Error)]
#[error("the connection breaks off on purpose")]
pub(crate) struct Broken;

impl From<Infallible> for Broken {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl Body for Whole {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Some(bytes) = self.rest.take()
            && !bytes.is_empty()
        {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match &mut self.breaks {
            None => Poll::Ready(None),
            Some(sleep) => sleep.as_mut().poll(context).map(|()| Some(Err(Broken))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.breaks.is_none() && self.rest.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
