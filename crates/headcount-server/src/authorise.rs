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
    header::{AUTHORIZATION, COOKIE, HOST, HeaderName, HeaderValue},
};

use crate::{
    access::{self, Caller},
    app::App,
    error::ApiError,
    limiter::Pace,
    odata::API_KEY,
    routes::is_odata,
};

/// The cookie that holds a session of the page.
pub(crate) const SESSION_COOKIE: &str = "headcount_session";

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
        true => {
            let query = uri.query().unwrap_or_default();
            authenticate_feed(&app, request.headers(), query).await
        }
        false => authenticate(&app, request.headers()).await,
    };
    let caller = match caller {
        Ok(caller) => caller,
        Err(error) => return error.into_response(),
    };
    request.extensions_mut().insert(caller.clone());
    at_pace(&app, &caller, request, next).await
}

/// Lets a request through while its caller asks no more than is allowed.
pub(crate) async fn at_pace(app: &App, caller: &Caller, request: Request, next: Next) -> Response {
    let pace = caller.pace(app.now_ms(), app.settings.requests_per_minute);
    let mut answer = match pace {
        Some(pace) if pace.is_over() => ApiError::too_many(pace.reset_s).into_response(),
        _ => next.run(request).await,
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
pub(crate) async fn authenticate(app: &Arc<App>, headers: &HeaderMap) -> Result<Caller, ApiError> {
    known(app, headers, bearer(headers)).await
}

/// The same for the OData feed, whose readers are programs that offer what they offer: besides a
/// bearer token they may send it as an API key, in a header or a parameter, or as the password of
/// Basic, whatever the name.
///
/// # Errors
/// As [`authenticate`].
pub(crate) async fn authenticate_feed(
    app: &Arc<App>,
    headers: &HeaderMap,
    query: &str,
) -> Result<Caller, ApiError> {
    let key = headers
        .get(API_KEY_HEADER)
        .and_then(|key| key.to_str().ok());
    let token = bearer(headers)
        .or_else(|| password(headers))
        .or_else(|| key.map(|key| key.trim().to_owned()))
        .or_else(|| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(name, _)| name.eq_ignore_ascii_case(API_KEY))
                .map(|(_, key)| key.trim().to_owned())
        });
    known(app, headers, token).await
}

async fn known(
    app: &Arc<App>,
    headers: &HeaderMap,
    token: Option<String>,
) -> Result<Caller, ApiError> {
    match recognise(app, headers, token.as_deref()) {
        Err(error) if error.is_bad_credentials() => {
            access::look_again(app).await;
            recognise(app, headers, token.as_deref())
        }
        answer => answer,
    }
}

/// The same by what is in memory.
fn recognise(app: &App, headers: &HeaderMap, token: Option<&str>) -> Result<Caller, ApiError> {
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
    let found = match (token, session(headers)) {
        (Some(token), _) => app.members.bearer(token, app.now_ms()),
        (None, Some(session)) => app.members.session(session, app.now_ms()),
        (None, None) => return Err(ApiError::unauthenticated("authentication.required")),
    };
    found.map(Caller::Member)
}

/// The session of the page, which browsers send along for its links to the API. They send it for
/// requests from our own pages alone, and nothing that it opens writes without a proof.
pub(crate) fn session(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter();
    let pairs = cookies
        .filter_map(|cookies| cookies.to_str().ok())
        .flat_map(|cookies| cookies.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == SESSION_COOKIE).then_some(value))
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
