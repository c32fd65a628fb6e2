//! What all handlers share, and how a question finds its roster.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use headcount_core::{as_of::AsOf, personal::Veil, roster::View};
use headcount_store::{Store, facts::FactStore};
use hyper::{
    HeaderMap, Method,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue},
};
use roaring::RoaringBitmap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    Clock, Settings,
    access::{Caller, Members},
    body::{Page, length},
    csv::{self, Chosen, Form, Rows, Table},
    error::ApiError,
    freshness::Freshness,
    job::Jobs,
    json::Json,
    metrics::Metrics,
    page::SyncsKept,
    rosters::{Loaded, Rosters},
};

/// What a caller must be allowed to read users (contract 1).
pub const VIEW_USERS: &str = "directory:user:view";
/// What a caller must be allowed to read `/metrics`, which counts users of all divisions.
pub const VIEW_METRICS: &str = "headcount:metrics:view";
/// What a caller must be allowed to publish a snapshot that the breaker holds back.
pub const ACCEPT_SYNC: &str = "headcount:sync:accept";

/// Questions that read document by document, at once.
const SLOW_QUESTIONS: usize = 2;
/// Questions that read facts or the whole history, at once. They have a queue of their own: others
/// are answered meanwhile.
const REPORTS: usize = 2;

/// Shared by all requests.
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) members: Members,
    pub(crate) rosters: Rosters,
    pub(crate) metrics: Metrics,
    pub(crate) jobs: Jobs,
    /// What feeds carry of who somebody is.
    pub(crate) veil: Veil,
    /// What the page tells of syncs.
    pub(crate) syncs: SyncsKept,
    /// Whether the server itself speaks TLS.
    pub(crate) https: bool,
    ids: CorrelationIds,
    /// KiB of answers that may yet be put on their way.
    room: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    reports: Arc<Semaphore>,
}

/// One roster as one caller sees it.
pub(crate) struct Sight {
    loaded: Arc<Loaded>,
    scope: Option<Arc<RoaringBitmap>>,
    freshness: Freshness,
}

impl App {
    pub(crate) fn new(
        settings: Settings,
        https: bool,
        clock: Clock,
        store: Arc<dyn Store>,
        jobs: Jobs,
    ) -> Result<Self, headcount_store::StoreError> {
        Ok(Self {
            veil: Veil::new(settings.feed_personal, &store.access()?.signing_key),
            https,
            ids: CorrelationIds::new(settings.seed),
            room: Arc::new(Semaphore::new(settings.bounds.answers_under_way >> 10)),
            slow: Arc::new(Semaphore::new(SLOW_QUESTIONS)),
            reports: Arc::new(Semaphore::new(REPORTS)),
            members: Members::load(store.clone(), settings.only_org.clone())?,
            rosters: Rosters::new(store),
            syncs: SyncsKept::default(),
            metrics: Metrics::new(),
            settings,
            clock,
            jobs,
        })
    }

    pub(crate) fn now_ms(&self) -> i64 {
        (self.clock)()
    }

    pub(crate) fn correlation_id(&self) -> String {
        self.ids.next()
    }

    /// The org that is open to anybody, while the store knows no client or token.
    pub(crate) fn open_org(&self) -> Option<&str> {
        let org = self.settings.open_org.as_deref()?;
        self.members.is_empty().then_some(org)
    }

    /// The orgs that somebody may ask for now.
    pub(crate) fn orgs(&self) -> Vec<String> {
        match self.open_org() {
            Some(org) => vec![org.to_owned()],
            None => self.members.orgs(self.now_ms()),
        }
    }

    /// The roster that a caller asks for: the present one, or as of a date or time.
    pub(crate) async fn sight(
        self: &Arc<Self>,
        caller: &Caller,
        as_of: Option<&str>,
    ) -> Result<Sight, ApiError> {
        let org = caller.org();
        let loaded = match as_of {
            None => self.current(org).await?,
            Some(text) => {
                let as_of = AsOf::parse(text).map_err(ApiError::invalid_date)?;
                let (app, org) = (self.clone(), org.to_owned());
                self.aside(move || Ok(app.rosters.as_of(&org, as_of.ms)?))
                    .await?
            }
        };
        Ok(self.seen(caller, loaded))
    }

    /// The roster of a snapshot that a caller began to read, also when there is a newer one by now;
    /// `None` where it is kept no more.
    pub(crate) async fn sight_of(
        self: &Arc<Self>,
        caller: &Caller,
        snapshot: i64,
    ) -> Result<Option<Sight>, ApiError> {
        let current = self.current(caller.org()).await?;
        if current.snapshot.id == snapshot {
            return Ok(Some(self.seen(caller, current)));
        }
        let (app, org) = (self.clone(), caller.org().to_owned());
        let found = self
            .aside(move || Ok(app.rosters.of_snapshot(&org, snapshot)?))
            .await?;
        Ok(found.map(|loaded| self.seen(caller, loaded)))
    }

    /// A roster as a caller sees it.
    pub(crate) fn seen(&self, caller: &Caller, loaded: Arc<Loaded>) -> Sight {
        let divisions = caller.divisions();
        let freshness = Freshness::new(
            caller.org(),
            (loaded.snapshot.id, loaded.snapshot.published_ms),
            loaded.erased,
            loaded.past,
            divisions,
            self.now_ms(),
        );
        let scope = divisions.map(|divisions| loaded.scope(divisions));
        Sight {
            loaded,
            scope,
            freshness,
        }
    }

    /// The present roster; where it is just being loaded, after a while.
    async fn current(&self, org: &str) -> Result<Arc<Loaded>, ApiError> {
        let loading = async {
            loop {
                match self.rosters.current(org) {
                    Some(loaded) => return Some(loaded),
                    None if !self.rosters.is_coming(org) => return None,
                    None => tokio::time::sleep(Duration::from_millis(50)).await,
                }
            }
        };
        within(self.settings.bounds.answer_time, loading)
            .await
            .flatten()
            .ok_or_else(|| ApiError::unavailable(5))
    }

    /// Runs what takes long on a thread of its own, a few at once and none without end.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.queued(&self.slow, work).await
    }

    /// The same for reports, which take longer.
    pub(crate) async fn report_aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.queued(&self.reports, work).await
    }

    async fn queued<T: Send + 'static>(
        &self,
        queue: &Arc<Semaphore>,
        work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let queue = queue.clone();
        let task = async move {
            let permit = queue.acquire_owned().await;
            let task = tokio::task::spawn_blocking(move || {
                // Held until the work is done, also when nobody waits for it any more.
                let _permit = permit;
                work()
            });
            task.await.unwrap_or_else(|_| Err(ApiError::internal()))
        };
        within(self.settings.bounds.answer_time, task)
            .await
            .unwrap_or_else(|| Err(ApiError::slow_answer()))
    }

    /// A body of JSON, once there is room for it.
    async fn body(&self, pieces: VecDeque<Bytes>) -> Result<Body, ApiError> {
        let kib = u32::try_from(length(&pieces) >> 10).unwrap_or(u32::MAX);
        let room = self.room(kib).await?;
        Ok(Body::new(Page::new(pieces, room)))
    }

    /// Room for so much of an answer.
    async fn room(&self, kib: u32) -> Result<OwnedSemaphorePermit, ApiError> {
        let room = self.room.clone();
        if let Ok(permit) = room.clone().try_acquire_many_owned(kib) {
            return Ok(permit);
        }
        within(
            self.settings.bounds.answer_time,
            room.acquire_many_owned(kib),
        )
        .await
        .and_then(Result::ok)
        .ok_or_else(|| ApiError::unavailable(5))
    }

    /// 200 with JSON about a roster.
    pub(crate) async fn answer(&self, sight: &Sight, json: Json) -> Result<Response, ApiError> {
        self.answer_with(&sight.freshness, json).await
    }

    /// 200 with JSON, which is as fresh as that.
    pub(crate) async fn answer_with(
        &self,
        freshness: &Freshness,
        json: Json,
    ) -> Result<Response, ApiError> {
        let mut answer = self.json(json).await?;
        freshness.tell(answer.headers_mut());
        Ok(answer)
    }

    /// 200 with JSON that nobody keeps.
    pub(crate) async fn json(&self, json: Json) -> Result<Response, ApiError> {
        let mut answer = Response::new(self.body(json.finish()).await?);
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Ok(answer)
    }

    /// 200 with CSV that is written while it is sent, to be saved under a name.
    pub(crate) async fn table(
        &self,
        name: &'static str,
        freshness: Option<&Freshness>,
        chosen: Chosen,
        rows: Box<dyn Rows>,
    ) -> Result<Response, ApiError> {
        let room = self.room(csv::ROOM_KIB).await?;
        let mut answer = Response::new(Body::new(Table::new(chosen, rows, room)));
        let headers = answer.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("text/csv; charset=utf-8; header=present"),
        );
        if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
            headers.insert(CONTENT_DISPOSITION, value);
        }
        if let Some(freshness) = freshness {
            freshness.tell(headers);
        }
        Ok(answer)
    }

    /// The facts of an org; none where they lie nowhere.
    pub(crate) fn facts(&self, org: &str) -> Option<FactStore> {
        self.settings.facts.as_ref().map(|facts| facts.of(org))
    }

    /// Another number for other facts of an org. Blocks while it is read.
    ///
    /// # Errors
    /// 500 and 503, where they cannot be read.
    pub(crate) fn facts_revision(&self, org: &str) -> Result<u64, ApiError> {
        let revision = self.facts(org).map(|facts| facts.revision());
        Ok(revision.transpose()?.unwrap_or_default())
    }
}

impl Sight {
    /// The same for an answer in this form.
    pub(crate) fn in_form(self, form: Form) -> Self {
        match form {
            Form::Json => self,
            Form::Csv => Self {
                freshness: self.freshness.in_csv(),
                ..self
            },
        }
    }

    /// The users that the caller may see.
    pub(crate) fn view(&self) -> View<'_> {
        self.loaded.roster.view(self.scope.as_deref())
    }

    /// The roster, out of which documents are sent. Rows must come from [`Self::view`].
    pub(crate) fn loaded(&self) -> &Arc<Loaded> {
        &self.loaded
    }

    /// 304, where the caller of a GET has the answer already.
    pub(crate) fn known(&self, method: &Method, headers: &HeaderMap) -> Option<Response> {
        let reads = method == Method::GET || method == Method::HEAD;
        if !reads || !self.freshness.is_known(headers) {
            return None;
        }
        Some(self.freshness.not_modified())
    }

    /// How fresh answers about it are.
    pub(crate) fn freshness(&self) -> &Freshness {
        &self.freshness
    }
}

/// What `task` gives within `time`.
pub(crate) async fn within<T>(time: Duration, task: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(time, task).await.ok()
}

/// Ids of requests in the form of a UUID. They need be unlike each other, not secret.
struct CorrelationIds {
    seed: u64,
    next: AtomicU64,
}

impl CorrelationIds {
    fn new(seed: u64) -> Self {
        Self {
            seed,
            next: AtomicU64::new(0),
        }
    }

    fn next(&self) -> String {
        let count = self.next.fetch_add(1, Ordering::Relaxed);
        let high = mixed(self.seed ^ mixed(count));
        let low = mixed(high ^ count);
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            high >> 32,
            high >> 16 & 0xffff,
            high & 0xfff,
            low >> 48 & 0x3fff | 0x8000,
            low & 0xffff_ffff_ffff
        )
    }
}

/// The finaliser of SplitMix64: every bit of the input moves every bit of the output.
fn mixed(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn correlation_ids_are_uuids_and_differ() {
        let ids = CorrelationIds::new(3);
        let made: HashSet<String> = (0..10_000).map(|_| ids.next()).collect();
        assert_eq!(made.len(), 10_000);
        for id in &made {
            let parts: Vec<usize> = id.split('-').map(str::len).collect();
            assert_eq!(parts, [8, 4, 4, 4, 12]);
            assert!(id[14..].starts_with('4'));
        }
        assert_ne!(CorrelationIds::new(4).next(), CorrelationIds::new(3).next());
    }
}
