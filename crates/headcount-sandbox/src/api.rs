//! The API: who may ask, what goes wrong, and which endpoint answers.

mod aggregates;
mod listing;
mod token;
mod users;

use headcount_core::fact::FactKind;
use hyper::{
    Method,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::{
    answer::Answer,
    fault::{Endpoint, FaultKind},
    quirks::{Cursor, Permission, Quirks},
    server::{Asked, Fate},
    world::{Bearer, Pace, World},
};

/// What an endpoint needs to know.
struct Call<'a> {
    world: &'a World,
    asked: &'a Asked,
    quirks: Quirks,
    context: String,
    fault: Option<FaultKind>,
}

/// Answers a request of the API or the login.
pub(crate) fn answer(world: &World, asked: &Asked) -> Fate {
    let endpoint = endpoint(asked);
    let name = endpoint.map_or("other", |endpoint| {
        Endpoint::ALL
            .iter()
            .find(|(_, known)| *known == endpoint)
            .map_or("other", |(name, _)| name)
    });
    let fate = decide(world, asked, endpoint);
    match &fate {
        Fate::Answer(answer) => {
            world.count(name, Some(answer.status.as_u16()), answer.body.len() as u64)
        }
        Fate::Reset | Fate::Stall => world.count(name, None, 0),
    }
    fate
}

fn endpoint(asked: &Asked) -> Option<Endpoint> {
    let path = asked.path.trim_end_matches('/');
    Some(match path {
        "/oauth/token" => Endpoint::Token,
        "/api/v2/users/search" => Endpoint::Search,
        "/api/v2/users/query" => Endpoint::Query,
        "/api/v2/users" => Endpoint::Users,
        "/api/v2/analytics/conversations/aggregates/query" => Endpoint::Conversations,
        "/api/v2/analytics/evaluations/aggregates/query" => Endpoint::Evaluations,
        _ => {
            let id = path.strip_prefix("/api/v2/users/")?;
            return (!id.contains('/')).then_some(Endpoint::User);
        }
    })
}

fn decide(world: &World, asked: &Asked, endpoint: Option<Endpoint>) -> Fate {
    let mut call = Call {
        world,
        asked,
        quirks: world.quirks(),
        context: world.correlation_id(),
        fault: None,
    };
    let finish =
        |call: &Call<'_>, answer: Answer, pace| Fate::Answer(answer.finish(&call.context, pace));
    let Some(endpoint) = endpoint else {
        let answer = Answer::error(
            404,
            "not.found",
            "The requested resource was not found.",
            &call.context,
        );
        return finish(&call, answer, None);
    };
    if endpoint == Endpoint::Token {
        call.fault = world.strike(endpoint);
        return match call.fault.and_then(|fault| broken(&call, fault, None)) {
            Some(fate) => fate,
            None => disguised(&call, finish(&call, token::answer(&call), None)),
        };
    }
    let pace = match authorise(&call) {
        Ok(pace) => pace,
        Err(answer) => return finish(&call, *answer, None),
    };
    if pace.is_over() {
        let answer = Answer::too_many(pace.reset, &call.context);
        return finish(&call, answer, Some(pace));
    }
    call.fault = world.strike(endpoint);
    if !permitted(&call, endpoint) {
        let answer = Answer::no_permission(permission(endpoint), &call.context);
        return finish(&call, answer, Some(pace));
    }
    if let Some(fate) = call
        .fault
        .and_then(|fault| broken(&call, fault, Some(pace)))
    {
        return fate;
    }
    let answer = match (endpoint, &asked.method) {
        (Endpoint::Search, &Method::POST | &Method::GET) => users::search(&call),
        (Endpoint::Query, &Method::GET) => listing::query(&call),
        (Endpoint::Users, &Method::GET) => listing::list(&call),
        (Endpoint::User, &Method::GET) => listing::one(&call),
        (Endpoint::Conversations, &Method::POST) => aggregates::query(&call, FactKind::HandleTime),
        (Endpoint::Evaluations, &Method::POST) => aggregates::query(&call, FactKind::Evaluation),
        _ => Answer::error(
            405,
            "method.not.allowed",
            "The method is not allowed for this resource.",
            &call.context,
        ),
    };
    if matches!(
        endpoint,
        Endpoint::Search | Endpoint::Query | Endpoint::Users
    ) {
        world.searched();
    }
    disguised(&call, finish(&call, answer, Some(pace)))
}

fn authorise(call: &Call<'_>) -> Result<Pace, Box<Answer>> {
    let error =
        |code, message: &str| Err(Box::new(Answer::error(401, code, message, &call.context)));
    let Some(bearer) = bearer(call.asked) else {
        return error(
            "authentication.required",
            "No authentication bearer token specified in authorization header.",
        );
    };
    match call.world.bearer(bearer, Instant::now()) {
        Bearer::Good(pace) => Ok(pace),
        Bearer::Unknown => error("bad.credentials", "Invalid login credentials."),
        Bearer::Expired => error(
            "credentials.expired",
            "The supplied credentials are expired and cannot be used.",
        ),
    }
}

fn bearer(asked: &Asked) -> Option<&str> {
    let value = asked.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether the client may ask this.
fn permitted(call: &Call<'_>, endpoint: Endpoint) -> bool {
    let quirks = &call.quirks;
    if call.world.is_revoked() {
        return false;
    }
    match endpoint {
        Endpoint::Search => quirks.search_permission == Permission::Granted,
        Endpoint::Query => {
            quirks.query_permission == Permission::Granted && quirks.cursor != Cursor::Refused
        }
        Endpoint::Conversations => quirks.conversation_permission == Permission::Granted,
        Endpoint::Evaluations => quirks.evaluation_permission == Permission::Granted,
        _ => true,
    }
}

/// The permission that an endpoint needs (contract 1).
fn permission(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Conversations => "analytics:conversationAggregate:view",
        Endpoint::Evaluations => "analytics:evaluationAggregate:view",
        _ => "directory:user:view",
    }
}

/// The body of a `POST`, read as JSON.
fn json_body<T: DeserializeOwned>(call: &Call<'_>) -> Result<T, Box<Answer>> {
    let kind = call
        .asked
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if !kind.to_ascii_lowercase().contains("json") {
        let message = "Unsupported Media Type - Unsupported or incorrect media type, such as an incorrect Content-Type value in the header.";
        return Err(Box::new(Answer::error(
            415,
            "unsupported.media.type",
            message,
            &call.context,
        )));
    }
    serde_json::from_slice(&call.asked.body).map_err(|_| malformed(call))
}

fn malformed(call: &Call<'_>) -> Box<Answer> {
    let message = "The request could not be understood by the server due to malformed syntax.";
    Box::new(Answer::error(400, "bad.request", message, &call.context))
}

/// What a fault sends in place of an answer; `None` for those that only spoil it.
fn broken(call: &Call<'_>, fault: FaultKind, pace: Option<Pace>) -> Option<Fate> {
    use FaultKind as K;
    let context = &call.context;
    let wait = call.quirks.retry_after.unwrap_or(1);
    let answer = match fault {
        K::Reset => return Some(Fate::Reset),
        K::Stall => return Some(Fate::Stall),
        K::TooMany => Answer::too_many(wait, context),
        K::TooManyUnnamed => {
            let mut answer = Answer::too_many(wait, context);
            answer.headers.remove(RETRY_AFTER);
            answer
        }
        K::RequestTimeout => Answer::error(
            408,
            "client.failed.request",
            "The client did not produce a request with valid end of stream signaling.",
            context,
        ),
        K::Internal => Answer::error(
            500,
            "internal.server.error",
            "The server encountered an unexpected condition which prevented it from fulfilling the request.",
            context,
        ),
        K::BadGateway => Answer::new(
            502,
            "text/html",
            "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>",
        ),
        K::Unavailable => {
            let answer = Answer::error(
                503,
                "service.unavailable",
                "Service Unavailable - The server is currently unavailable (because it is overloaded or down for maintenance).",
                context,
            );
            match call.quirks.retry_after {
                Some(seconds) => answer.with(RETRY_AFTER, seconds),
                None => answer,
            }
        }
        K::GatewayTimeout => {
            Answer::error(504, "request.timeout", "The request timed out.", context)
        }
        K::Html => Answer::new(
            200,
            "text/html; charset=utf-8",
            "<!doctype html><html><head><title>Sign in to the network</title></head><body>Please sign in.</body></html>",
        ),
        K::NotThisShape => Answer::json(200, r#"{"status":"ok","data":{"items":[]}}"#),
        K::TokenExpired => {
            if let Some(token) = bearer(call.asked) {
                call.world.expire(token, Instant::now());
            }
            Answer::error(
                401,
                "credentials.expired",
                "The supplied credentials are expired and cannot be used.",
                context,
            )
        }
        _ => return None,
    };
    Some(Fate::Answer(answer.finish(context, pace)))
}

/// Faults that change how a good answer travels.
fn disguised(call: &Call<'_>, fate: Fate) -> Fate {
    let Fate::Answer(mut answer) = fate else {
        return fate;
    };
    match call.fault {
        Some(FaultKind::Truncated) => answer.truncated = true,
        Some(FaultKind::ContentType) => {
            answer.headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_static("text/plain; charset=utf-8"),
            );
        }
        _ => {}
    }
    Fate::Answer(answer)
}

/// The parameters of a URL or a form, percent signs resolved.
pub(crate) fn parameters(text: &str) -> Vec<(String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (unescape(name), unescape(value))
        })
        .collect()
}

/// Resolves `%XX` and `+`.
pub(crate) fn unescape(text: &str) -> String {
    let hex = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = (
            bytes.get(at + 1).copied().and_then(hex),
            bytes.get(at + 2).copied().and_then(hex),
        );
        match (bytes[at], pair) {
            (b'%', (Some(high), Some(low))) => {
                out.push(high << 4 | low);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (other, _) => out.push(other),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
