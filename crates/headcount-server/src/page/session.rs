//! Signing in and out. A token is sent once, in a form; from then on the browser holds a session that
//! no script can read and no other site makes it send.

use std::sync::Arc;

use askama::Template;
use axum::{
    extract::{Request, State},
    response::{IntoResponse, Redirect, Response},
};
use hyper::{
    HeaderMap, StatusCode,
    header::{HOST, HeaderName, HeaderValue, ORIGIN, SET_COOKIE},
};

use super::{assets::Edition, headers, visit::show};
use crate::{
    access::look_again,
    app::App,
    authorise::{SESSION_COOKIE, session},
    body,
    error::ApiError,
    parameters::Parameters,
};

/// The form, and why it is shown again.
#[derive(Template)]
#[template(path = "sign_in.html")]
struct Form<'a> {
    to: &'a str,
    refused: Option<&'static str>,
}

/// The form. Where nobody has to sign in, the page itself.
pub(crate) async fn get_form(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, ApiError> {
    let asked = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes());
    let to = inside(asked.get("to"));
    if app.open_org().is_some() {
        return Ok(Redirect::to(to).into_response());
    }
    show(StatusCode::OK, &Form { to, refused: None })
}

/// Takes a token and sets the session.
pub(crate) async fn post_form(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (headers, form) = read(&app, request).await?;
    from_here(&headers)?;
    let to = inside(form.get("to"));
    let token = form.get("token").unwrap_or_default().trim();
    let mut signed = app.members.sign_in(token, app.now_ms());
    if signed.as_ref().is_err_and(ApiError::is_bad_credentials) {
        // It may have been made a moment ago.
        look_again(&app).await;
        signed = app.members.sign_in(token, app.now_ms());
    }
    match signed {
        Ok((session, life_s)) => {
            let mut answer = Redirect::to(to).into_response();
            let cookie = cookie(&session, life_s, is_secure(&app, &headers));
            answer.headers_mut().insert(SET_COOKIE, cookie?);
            headers::guard(answer.headers_mut());
            Ok(answer)
        }
        Err(error) => {
            let refused = Some(match error.is_bad_credentials() {
                true => {
                    "That token is not known here. It begins with hc_ and was shown when it was made."
                }
                false => "That token has expired; ask for a new one.",
            });
            show(StatusCode::UNAUTHORIZED, &Form { to, refused })
        }
    }
}

/// Ends the session.
pub(crate) async fn post_sign_out(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, ApiError> {
    let (headers, form) = read(&app, request).await?;
    check(&app, &headers, &form)?;
    let mut answer = Redirect::to("/sign-in").into_response();
    let cookie = cookie("", 0, is_secure(&app, &headers));
    answer.headers_mut().insert(SET_COOKIE, cookie?);
    Ok(answer)
}

/// A form that was posted, with the headers it came with.
///
/// # Errors
/// 413 and 408, where it is too large or too slow.
pub(crate) async fn read(app: &App, request: Request) -> Result<(HeaderMap, Parameters), ApiError> {
    let (head, body) = request.into_parts();
    let bytes = body::read(&head.headers, body, &app.settings.bounds).await?;
    Ok((head.headers, Parameters::parse(&bytes)))
}

/// Whether a form was shown by us to whoever sends it.
///
/// # Errors
/// 403 where it comes from elsewhere, or from a page that was shown before the session began.
pub(crate) fn check(app: &App, headers: &HeaderMap, form: &Parameters) -> Result<(), ApiError> {
    from_here(headers)?;
    let session = session(headers).unwrap_or_default();
    match app
        .members
        .is_proof(session, form.get("proof").unwrap_or_default())
    {
        true => Ok(()),
        false => Err(ApiError::forged()),
    }
}

/// Refuses a form that a browser says another site made it send.
fn from_here(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let site = HeaderName::from_static("sec-fetch-site");
    if text(&site).is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return Err(ApiError::forged());
    }
    let host_of = |origin: &str| origin.split_once("://").map(|(_, host)| host.to_owned());
    match (text(&ORIGIN), text(&HOST)) {
        (Some(origin), Some(host)) if host_of(origin).as_deref() != Some(host) => {
            Err(ApiError::forged())
        }
        _ => Ok(()),
    }
}

/// A path of ours, where a person is sent after signing in; never another site.
fn inside(to: Option<&str>) -> &str {
    // `//host` and `/\host` are other sites to a browser, and it leaves out control characters.
    to.filter(|to| to.starts_with('/') && !to[1..].starts_with(['/', '\\']))
        .filter(|to| to.bytes().all(|byte| byte.is_ascii_graphic()))
        .unwrap_or("/")
}

/// Whether the browser came over TLS, to us or to the proxy in front.
fn is_secure(app: &App, headers: &HeaderMap) -> bool {
    let forwarded = headers.get(HeaderName::from_static("x-forwarded-proto"));
    app.https || forwarded.is_some_and(|scheme| scheme == "https")
}

fn cookie(session: &str, life_s: i64, is_secure: bool) -> Result<HeaderValue, ApiError> {
    let secure = if is_secure { "; Secure" } else { "" };
    let text = format!(
        "{SESSION_COOKIE}={session}; Path=/; Max-Age={life_s}; HttpOnly; SameSite=Lax{secure}"
    );
    HeaderValue::from_str(&text).map_err(|_| ApiError::internal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        for good in ["/", "/people?q=a&page=2", "/people/x"] {
            assert_eq!(inside(Some(good)), good);
        }
        for bad in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/\t/evil.example",
            "x",
            "",
        ] {
            assert_eq!(inside(Some(bad)), "/", "{bad}");
        }
        assert_eq!(inside(None), "/");
    }

    #[test]
    fn a_form_of_another_site_is_refused() {
        let from = |name: &'static str, value: &'static str| {
            let headers = [
                (HOST, "a.example:1"),
                (HeaderName::from_static(name), value),
            ];
            let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
            from_here(&HeaderMap::from_iter(headers)).is_ok()
        };
        assert!(from("origin", "http://a.example:1") && from("sec-fetch-site", "same-origin"));
        assert!(!from("origin", "http://b.example:1") && !from("origin", "null"));
        assert!(!from("sec-fetch-site", "cross-site") && !from("sec-fetch-site", "same-site"));
    }
}
