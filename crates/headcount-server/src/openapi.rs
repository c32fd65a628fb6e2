//! The description of the API, and a page to read it without any outside host.

use axum::response::{IntoResponse, Response};
use hyper::{
    HeaderMap,
    header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue},
};

const DOCUMENT: &str = include_str!("openapi/openapi.json");
const PAGE: &str = include_str!("openapi/docs.html");
const STYLE: &str = include_str!("openapi/docs.css");
const SCRIPT: &str = include_str!("openapi/docs.js");

pub(crate) async fn get_document() -> Response {
    file(DOCUMENT, "application/json")
}

pub(crate) async fn get_page() -> Response {
    file(PAGE, "text/html; charset=utf-8")
}

pub(crate) async fn get_style() -> Response {
    file(STYLE, "text/css; charset=utf-8")
}

pub(crate) async fn get_script() -> Response {
    file(SCRIPT, "text/javascript; charset=utf-8")
}

fn file(text: &'static str, kind: &'static str) -> Response {
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'self'"),
        ),
    ]);
    (headers, text).into_response()
}
