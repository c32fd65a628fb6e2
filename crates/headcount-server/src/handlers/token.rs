//! `POST /oauth/token`: a token for a client's id and secret (contract 3).

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::{
    HeaderMap, StatusCode,
    header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
};
use serde_json::json;

use crate::{access, app::App, body, error::ApiError, parameters::Parameters};

/// Client credentials, as Basic or in the form. Other fields, `OrgName` among them, are ignored:
/// the client decides the org.
pub(crate) async fn post_token(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    if !is_form(&head.headers) {
        return Err(ApiError::unsupported_media_type());
    }
    let bytes = body::read(&head.headers, body, &app.settings.bounds).await?;
    let form = Parameters::parse(&bytes);
    match form.get("grant_type") {
        Some("client_credentials") => {}
        Some(_) => {
            return Ok(refused(
                400,
                "unsupported_grant_type",
                "use grant_type=client_credentials",
            ));
        }
        None => return Ok(refused(400, "invalid_request", "grant_type is missing")),
    }
    let given = basic(&head.headers).or_else(|| {
        Some((
            form.get("client_id")?.to_owned(),
            form.get("client_secret")?.to_owned(),
        ))
    });
    let Some((id, secret)) = given else {
        return Ok(refused(
            400,
            "invalid_request",
            "client credentials are missing",
        ));
    };
    if !app.members.has_client(&id) {
        access::look_again(&app).await;
    }
    if let Some((token, life_s)) = app.members.log_in(&id, &secret, app.now_ms()) {
        let body = json!({"access_token": token, "token_type": "bearer", "expires_in": life_s});
        return Ok(answer(StatusCode::OK, &body));
    }
    Ok(if app.members.has_client(&id) {
        refused(401, "invalid_client", "authentication failed")
    } else {
        refused(400, "invalid_client", "client not found or invalid client")
    })
}

fn refused(status: u16, error: &str, description: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    answer(status, &json!({"error": error, "description": description}))
}

fn answer(status: StatusCode, body: &serde_json::Value) -> Response {
    let mut answer = (status, Body::from(body.to_string())).into_response();
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A form, or nothing said of it.
fn is_form(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_none_or(|kind| {
        kind.to_str().is_ok_and(|kind| {
            kind.split(';').next().is_some_and(|kind| {
                kind.trim()
                    .eq_ignore_ascii_case("application/x-www-form-urlencoded")
            })
        })
    })
}

fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}
