//! `POST /oauth/token`: client credentials, as Basic or in the form (contract 3).

use base64::{Engine, prelude::BASE64_STANDARD};
use hyper::{Method, header::AUTHORIZATION};
use tokio::time::Instant;

use super::{Call, parameters, unescape};
use crate::answer::Answer;

pub(super) fn answer(call: &Call<'_>) -> Answer {
    let asked = call.asked;
    if asked.method != Method::POST {
        return Answer::error(
            405,
            "method.not.allowed",
            "The method is not allowed for this resource.",
            &call.context,
        );
    }
    // Counted before anything is looked at, as a gateway does.
    if call.world.login_is_limited(call.quirks.login_limited) {
        return refused(
            400,
            "invalid_request",
            "invalid_request (rate limit exceeded; too many token requests for this client)",
        );
    }
    let form = parameters(&String::from_utf8_lossy(&asked.body));
    let field = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    };
    match field("grant_type") {
        Some("client_credentials") => {}
        Some(_) => {
            return refused(
                400,
                "unsupported_grant_type",
                "grant type is not supported for this client",
            );
        }
        None => return refused(400, "invalid_request", "grant_type is missing"),
    }
    let given = basic(call).or_else(|| {
        Some((
            field("client_id")?.to_owned(),
            field("client_secret")?.to_owned(),
        ))
    });
    let Some((id, secret)) = given else {
        return refused(400, "invalid_request", "client credentials are missing");
    };
    if id != call.world.client_id {
        return refused(400, "invalid_client", "client not found or invalid client");
    }
    if secret != call.world.client_secret {
        return refused(401, "invalid_client", "authentication failed");
    }
    let (token, lifetime) = call.world.new_token(Instant::now());
    Answer::json(
        200,
        format!(r#"{{"access_token":"{token}","token_type":"bearer","expires_in":{lifetime}}}"#),
    )
}

fn basic(call: &Call<'_>) -> Option<(String, String)> {
    let value = call.asked.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((unescape(id), unescape(secret)))
}

fn refused(status: u16, error: &str, description: &str) -> Answer {
    Answer::json(
        status,
        format!(r#"{{"error":"{error}","description":"{description}"}}"#),
    )
}
