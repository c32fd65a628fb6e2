//! Syncs: what was published, what is held back and who may let it through, what is at work.

mod accept;
mod certificate;
mod held;
mod job;
mod snapshot;

use std::sync::Arc;

use askama::Template;
use axum::response::{IntoResponse, Response};
use headcount_store::{Held, HeldRun, Snapshot, StoreError};
use hyper::StatusCode;

pub(crate) use self::accept::post_accept;
use self::{certificate::Certificate, held::HeldBack, job::JobNow};
use super::{
    assets::Edition,
    visit::{Frame, Place, Visit, show},
};
use crate::{app::App, error::ApiError, kept::Kept};

/// Snapshots that are listed.
const LISTED: usize = 50;
/// Certificates that are kept once read: those of the list, of a few orgs.
const CERTIFICATES: usize = 200;
/// Held snapshots that are kept once looked at, of as many orgs.
const HELD: usize = 4;

/// Whose certificate: of which org and snapshot.
type CertificateKey = (String, i64);
/// What is held: of which org and run, and how much was erased when it was looked at.
type HeldKey = (String, HeldRun, i64);

/// What the view reads of the store, and need not read again: it never changes.
#[derive(Debug)]
pub(crate) struct SyncsKept {
    certificates: Kept<CertificateKey, Option<Certificate>>,
    held: Kept<HeldKey, Option<Held>>,
}

impl Default for SyncsKept {
    fn default() -> Self {
        Self {
            certificates: Kept::new(CERTIFICATES),
            held: Kept::new(HELD),
        }
    }
}

/// Why something is told above everything else.
enum News {
    /// A snapshot was accepted.
    Accepted,
    /// It was not, and why.
    Refused(&'static str),
}

#[derive(Template)]
#[template(path = "syncs.html")]
struct AllSyncs {
    frame: Frame,
    news: Option<News>,
    job: JobNow,
    held: Option<HeldBack>,
    rows: Vec<Row>,
    /// All snapshots that there are.
    total: usize,
}

/// A snapshot in the list.
struct Row {
    snapshot: Snapshot,
    took_ms: i64,
    certificate: Option<Arc<Option<Certificate>>>,
}

pub(crate) async fn get_syncs(visit: Visit) -> Result<Response, ApiError> {
    if visit.is_part {
        return show(StatusCode::OK, &JobNow::of(&visit));
    }
    let snapshot = visit.asked.number("snapshot")?;
    let news = visit.asked.get("accepted").map(|_| News::Accepted);
    let app = visit.app.clone();
    let work = move || match snapshot {
        Some(id) => snapshot::show(&visit, id),
        None => AllSyncs::of(&visit, news).and_then(|view| visit.show(&view)),
    };
    app.aside(work).await
}

impl AllSyncs {
    /// Blocks while it reads.
    fn of(visit: &Visit, news: Option<News>) -> Result<Self, ApiError> {
        let org = visit.caller.org();
        let is_part = visit.caller.divisions().is_some();
        let mut snapshots = snapshots(&visit.app, org)?;
        let total = snapshots.len();
        let listed = snapshots.drain(total.saturating_sub(LISTED)..).rev();
        let rows = listed.map(|snapshot| {
            // Certificates and totals are of all divisions.
            let certificate = match is_part {
                true => None,
                false => Some(certificate(&visit.app, org, snapshot.id)?),
            };
            let finished_ms = certificate.as_deref().and_then(Option::as_ref);
            let finished_ms = finished_ms.and_then(Certificate::finished_ms);
            let ended_ms = finished_ms.unwrap_or(snapshot.published_ms);
            Ok::<_, ApiError>(Row {
                took_ms: (ended_ms - snapshot.started_ms).max(0),
                snapshot,
                certificate,
            })
        });
        let rows = rows.collect::<Result<Vec<Row>, _>>()?;
        let current = visit.app.rosters.current(org);
        let published_ms = current.map(|loaded| loaded.snapshot.published_ms);
        Ok(Self {
            frame: visit.bare_frame(Place::Sync, "Sync", published_ms),
            news,
            job: JobNow::of(visit),
            held: HeldBack::of(visit)?,
            rows,
            total,
        })
    }
}

impl Row {
    fn certificate(&self) -> Option<&Certificate> {
        self.certificate.as_deref()?.as_ref()
    }
}

/// All snapshots of an org, the oldest first; none before the first.
fn snapshots(app: &App, org: &str) -> Result<Vec<Snapshot>, ApiError> {
    match app.rosters.store().snapshots(org) {
        Err(StoreError::NoSnapshot { .. }) => Ok(Vec::new()),
        snapshots => Ok(snapshots?),
    }
}

/// The certificate of a snapshot, where it can be read.
fn certificate(
    app: &App,
    org: &str,
    snapshot: i64,
) -> Result<Arc<Option<Certificate>>, StoreError> {
    let key = (org.to_owned(), snapshot);
    app.syncs.certificates.get(key, || {
        let text = app.rosters.store().certificate(org, snapshot)?;
        Ok(text.and_then(|text| Certificate::parse(&text)))
    })
}

/// The view again, with why nothing was accepted.
async fn refused(visit: Visit, status: StatusCode, why: &'static str) -> Response {
    let app = visit.app.clone();
    let work = move || {
        let view = AllSyncs::of(&visit, Some(News::Refused(why)))?;
        show(status, &view)
    };
    app.aside(work)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}
