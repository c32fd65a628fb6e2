//! `GET /headcount/v1/users/delta`: what changed since the caller asked last, as Microsoft Graph
//! tells it.
//!
//! A round begins at what the caller has and ends at one snapshot, on however many pages and
//! whatever is published meanwhile. Where a caller stands is in the token alone: nothing is kept
//! for it, and every server of the store can go on.

mod asked;
mod round;
mod rows;

use std::{borrow::Cow, sync::Arc};

use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use headcount_core::{change::lasting, delta::DeltaKind, personal::Veil};
use hyper::header::{HeaderName, HeaderValue};

pub(crate) use self::round::{DeltaKey, Entry};
use self::{
    asked::{Asked, Consumer},
    round::{Found, Told},
    rows::DeltaRows,
};
use super::{snapshot_ref, table};
use crate::{
    access::Caller,
    app::{App, Sight, VIEW_USERS},
    csv::Form,
    error::ApiError,
    json::Json,
    parameters::{Parameters, link},
};

const PATH: &str = "/headcount/v1/users/delta";

/// Users on a page, unless asked otherwise, and at most.
const PAGE: usize = 1_000;
const MOST: usize = 5_000;

const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The roster, or what changed of it, from where the token says.
pub(crate) async fn get_delta(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    caller.needs(VIEW_USERS)?;
    let parameters = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes());
    let form = Form::asked(&parameters, request.headers())?;
    let columns = table::columns(form, &parameters)?;
    let consumer = Consumer::new(&app, &caller);
    let asked = Asked::read(&app, &consumer, &parameters, request.headers())?;
    let sight = app.sight(&caller, None).await?;
    if form == Form::Csv {
        let chosen = rows::chosen(&columns);
        let work = {
            let app = app.clone();
            move || Found::of(&app, &caller, sight, &asked)
        };
        let found = app.aside(work).await?;
        let link = delta_link(&app, &consumer, &found);
        let rows = Box::new(DeltaRows::new(app.veil.clone(), found, columns));
        let mut answer = app.table("delta.csv", None, chosen, rows).await?;
        table::tell_link(Some(&link), "delta", answer.headers_mut());
        return Ok(answer);
    }
    let preferred = asked.preferred;
    let json = match Found::at_once(&caller, sight, &asked) {
        // What most of those hear who ask again and again.
        Ok(nothing) => write(&app, &consumer, &nothing),
        Err(sight) => {
            let work = {
                let app = app.clone();
                move || {
                    let found = Found::of(&app, &caller, sight, &asked)?;
                    Ok(write(&app, &consumer, &found))
                }
            };
            app.aside(work).await?
        }
    };
    let mut answer = app.json(json).await?;
    if let Some(size) = preferred
        && let Ok(value) = HeaderValue::from_str(&format!("odata.maxpagesize={size}"))
    {
        answer.headers_mut().insert(PREFERENCE_APPLIED, value);
    }
    Ok(answer)
}

/// One page. Members of the answer have the names that consumers know from Microsoft Graph.
fn write(app: &App, consumer: &Consumer, found: &Found) -> Json {
    let page = found.page(found.size);
    let mut json = Json::default();
    json.raw("{");
    json.member("snapshot", snapshot_ref(&found.sight.loaded().snapshot));
    match page.last().filter(|_| page.len() < found.left()) {
        Some(last) => {
            let token = consumer.next(found, found.id(last));
            let token = app.members.write_delta(&token);
            json.member("@odata.nextLink", link(PATH, [("token", Some(token))]));
        }
        None => json.member("@odata.deltaLink", delta_link(app, consumer, found)),
    }
    json.raw("\"value\":[");
    for (at, told) in page.iter().enumerate() {
        if at > 0 {
            json.raw(",");
        }
        match told {
            Told::User(row, kind) => user(&app.veil, &found.sight, *row, *kind, &mut json),
            Told::Left(id) => removed(id, found.limited, &mut json),
        }
    }
    json.raw("]}");
    json
}

/// Where the next round begins.
fn delta_link(app: &App, consumer: &Consumer, found: &Found) -> String {
    let token = app.members.write_delta(&consumer.done(found));
    let size = (found.size != PAGE).then(|| found.size.to_string());
    link(PATH, [("token", Some(token)), ("pageSize", size)])
}

/// A user in sight, with what became of them where that is told.
fn user(veil: &Veil, sight: &Sight, row: u32, kind: Option<DeltaKind>, json: &mut Json) {
    let document = document(veil, sight, row);
    let members = document.strip_prefix('{').unwrap_or("}");
    json.raw("{");
    if let Some(kind) = kind {
        json.raw("\"@headcount.change\":");
        json.value(kind);
        json.raw(if members == "}" { "" } else { "," });
    }
    json.raw(members);
}

/// The lasting document of a user in sight, as it may leave.
fn document(veil: &Veil, sight: &Sight, row: u32) -> String {
    let document = sight.loaded().roster.document(row).unwrap_or("{}");
    let leaves = lasting(document).and_then(|lasting| match veil.document(&lasting)? {
        Cow::Borrowed(_) => Ok(lasting),
        Cow::Owned(leaves) => Ok(leaves),
    });
    // The store takes no document that is none.
    leaves.unwrap_or_else(|_| "{}".to_owned())
}

/// A user who is not in sight any more. Whoever sees a part must not learn whether the user is
/// still in the org.
fn removed(id: &str, limited: bool, json: &mut Json) {
    json.raw("{");
    json.member("id", id);
    json.raw("\"@removed\":{\"reason\":");
    json.value(if limited { "changed" } else { "deleted" });
    json.raw("},\"@headcount.change\":");
    json.value(DeltaKind::Left);
    json.raw("}");
}
