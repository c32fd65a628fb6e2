//! Who sends a request, and whether they asked too much already.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::{
    HeaderMap,
    header::{AUTHORIZATION, HOST, HeaderName, HeaderValue},
};

use crate::{
    access::Caller, app::App, error::ApiError, limiter::Pace, odata::API_KEY, routes::is_odata,
};

/// The header that may carry a token to the OData feed.
const API_KEY_HEADER: &str = "x-api-key";

/// Lets a request of the API through with its [`Caller`], and tells the caller's pace.
pub(crate) async fn authorise(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Response {
    let uri = request.uri();
    let caller = match is_odata(uri.path()) {
        true => authenticate_feed(&app, request.headers(), uri.query().unwrap_or_default()),
        false => authenticate(&app, request.headers()),
    };
    let caller = match caller {
        Ok(caller) => caller,
        Err(error) => return error.into_response(),
    };
    let pace = caller.pace(app.now_ms(), app.settings.requests_per_minute);
    let mut answer = match pace {
        Some(pace) if pace.is_over() => ApiError::too_many(pace.reset_s).into_response(),
        _ => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
    };
    if let Some(pace) = pace {
        tell(pace, answer.headers_mut());
    }
    answer
}

/// Whose request this is.
///
/// # Errors
/// 401, by what is wrong; 403 where an open server is called by another name than this machine's.
pub(crate) fn authenticate(app: &App, headers: &HeaderMap) -> Result<Caller, ApiError> {
    known(app, headers, || bearer(headers))
}

/// The same for the OData feed, whose readers are programs that offer what they offer: besides a
/// bearer token they may send it as an API key, in a header or a parameter, or as the password of
/// Basic, whatever the name.
///
/// # Errors
/// As [`authenticate`].
pub(crate) fn authenticate_feed(
    app: &App,
    headers: &HeaderMap,
    query: &str,
) -> Result<Caller, ApiError> {
    known(app, headers, || {
        let key = headers
            .get(API_KEY_HEADER)
            .and_then(|key| key.to_str().ok());
        bearer(headers)
            .or_else(|| password(headers))
            .or_else(|| key.map(|key| key.trim().to_owned()))
            .or_else(|| {
                form_urlencoded::parse(query.as_bytes())
                    .find(|(name, _)| name.eq_ignore_ascii_case(API_KEY))
                    .map(|(_, key)| key.trim().to_owned())
            })
    })
}

fn known(
    app: &App,
    headers: &HeaderMap,
    token: impl FnOnce() -> Option<String>,
) -> Result<Caller, ApiError> {
    if let Some(org) = app.open_org() {
        // A page on the internet may point its own name at this machine; the browser then sends
        // that name. Without a login, only the machine's own names will do.
        if !is_loopback(headers) {
            return Err(ApiError::not_authorized());
        }
        return Ok(Caller::Anybody {
            org: org.to_owned(),
        });
    }
    let token = token().ok_or_else(|| ApiError::unauthenticated("authentication.required"))?;
    app.members.bearer(&token, app.now_ms()).map(Caller::Member)
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    credentials(headers, "bearer").map(str::to_owned)
}

/// The password of Basic.
fn password(headers: &HeaderMap) -> Option<String> {
    let pair = BASE64_STANDARD
        .decode(credentials(headers, "basic")?)
        .ok()?;
    let (_, password) = str::from_utf8(&pair).ok()?.split_once(':')?;
    Some(password.to_owned())
}

fn credentials<'h>(headers: &'h HeaderMap, scheme: &str) -> Option<&'h str> {
    let (name, rest) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    name.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

fn is_loopback(headers: &HeaderMap) -> bool {
    // HTTP/2 has an authority instead; without either nobody's browser is asking.
    let Some(host) = headers.get(HOST) else {
        return true;
    };
    let host = host.to_str().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn tell(pace: Pace, headers: &mut HeaderMap) {
    for (name, number) in [
        ("inin-ratelimit-count", u64::from(pace.count)),
        ("inin-ratelimit-allowed", u64::from(pace.allowed)),
        ("inin-ratelimit-reset", pace.reset_s),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_are_loopback() {
        let host = |value: &'static str| {
            is_loopback(&HeaderMap::from_iter([(
                HOST,
                HeaderValue::from_static(value),
            )]))
        };
        for good in [
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1:8080",
            "127.9.9.9",
            "[::1]:1",
        ] {
            assert!(host(good), "{good}");
        }
        for bad in [
            "evil.example",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "[::2]",
            "",
        ] {
            assert!(!host(bad), "{bad}");
        }
    }
}
