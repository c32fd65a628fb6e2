//! One snapshot and its certificate: the evidence that nobody is missing.

use askama::Template;
use axum::response::Response;
use headcount_store::Snapshot;
use serde_json::Value;

use super::{certificate::Certificate, snapshots};
use crate::{
    error::ApiError,
    page::{
        assets::Edition,
        visit::{Frame, Place, Visit},
    },
};

#[derive(Template)]
#[template(path = "sync_snapshot.html")]
struct OneSnapshot {
    frame: Frame,
    snapshot: Snapshot,
    certificate: Option<Certificate>,
    /// The certificate as it is kept.
    raw: String,
}

/// The view of a snapshot. Blocks while it reads.
pub(super) fn show(visit: &Visit, id: i64) -> Result<Response, ApiError> {
    let org = visit.caller.org();
    // Totals of all divisions are nothing for somebody who sees some: for them there is no such
    // view, whatever the number.
    if visit.caller.divisions().is_some() {
        return Err(ApiError::not_found());
    }
    let known = snapshots(&visit.app, org)?;
    let snapshot = known.into_iter().find(|snapshot| snapshot.id == id);
    let snapshot = snapshot.ok_or_else(ApiError::not_found)?;
    let text = visit.app.rosters.store().certificate(org, id)?;
    let text = text.unwrap_or_default();
    let title = format!("Snapshot {id}");
    let view = OneSnapshot {
        frame: visit.bare_frame(Place::Sync, title, Some(snapshot.published_ms)),
        certificate: Certificate::parse(&text),
        raw: pretty(text),
        snapshot,
    };
    visit.show(&view)
}

/// JSON with a member on each line; anything else as it is.
fn pretty(text: String) -> String {
    let value = serde_json::from_str::<Value>(&text);
    let pretty = value.and_then(|value| serde_json::to_string_pretty(&value));
    pretty.unwrap_or(text)
}
