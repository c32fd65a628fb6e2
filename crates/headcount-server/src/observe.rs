//! Around every request: its correlation id, the body of an error, a log line and its numbers.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use hyper::{
    Method,
    header::{CACHE_CONTROL, HeaderName, HeaderValue},
};
use tokio::time::Instant;
use tracing::Instrument;

use crate::{app::App, error::ApiError, routes};

const CORRELATION_ID: HeaderName = HeaderName::from_static("inin-correlation-id");

/// Gives the request an id, and the answer what every answer has.
pub(crate) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("other", |path| routes::known(path.as_str()));
    let method = known(request.method());
    let is_odata = routes::is_odata(request.uri().path());
    let context = app.correlation_id();
    let span = tracing::info_span!(
        "request",
        otel.kind = "server",
        otel.name = format_args!("{method} {route}"),
        http.request.method = method,
        http.route = route,
        http.response.status_code = tracing::field::Empty,
        correlation.id = context,
    );
    let mut answer = next.run(request).instrument(span.clone()).await;
    if let Some(error) = answer.extensions_mut().remove::<ApiError>() {
        match is_odata {
            true => error.write_odata(&context, &mut answer),
            false => error.write(&context, &mut answer),
        }
    }
    let status = answer.status().as_u16();
    span.record("http.response.status_code", status);
    let headers = answer.headers_mut();
    if is_odata {
        headers.insert(
            HeaderName::from_static("odata-version"),
            HeaderValue::from_static("4.0"),
        );
    }
    if let Ok(context) = HeaderValue::from_str(&context) {
        headers.insert(CORRELATION_ID, context);
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        HeaderName::from_static("x-content-type-options"),
        HeaderValue::from_static("nosniff"),
    );
    let seconds = began.elapsed().as_secs_f64();
    app.metrics.answered(route, method, status, seconds);
    tracing::info!(
        http.method = method,
        http.route = route,
        http.status = status,
        duration_ms = seconds * 1000.0,
        correlation.id = context,
        "answered"
    );
    answer
}

/// Methods are few, and a label must not be a caller's invention.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
