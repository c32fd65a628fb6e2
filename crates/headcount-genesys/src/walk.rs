//! The walk: every user of an org, with proof that none is missing.
//!
//! **The guarantee.** Every user who was in the org during the whole walk is kept at least once
//! (the store keeps each id once); one who joined or left meanwhile may be kept or not.
//!
//! Pages by number do not give it: a joiner or a purged user moves everybody behind them by one
//! place between two requests. What does give it rests on three facts. One answer cannot shift:
//! it shows the org at one moment. The `id` of a user never changes. And two answers, each a run
//! of ids without a hole, leave no hole between them when the later one starts at or before the
//! last id of the earlier one: whoever stayed stands in one of them. So each sound way is a
//! *chain* of answers sorted by `id`, and differs only in how it finds the next link:
//!
//! * [`keyset`]: `GREATER_THAN` the last id but one; the last id must come again, as a witness.
//! * [`overlap`]: page numbers, with page sizes chosen so that each page begins before the last
//!   one ended. Needs no right but to choose the page size. About 1.1 times the fewest requests.
//! * [`cut`]: into parts by `id` prefix, below the window that paging by number has; cut on until
//!   a part fits into one answer, it needs no link at all (*atomic*).
//! * [`cursor`]: the cursor listing, as far as its cursor goes by id.
//!
//! An upstream that ignores a criterion, silently matches nothing, or shows less than it counts
//! is caught by the checks on each answer ([`ask`]), on each cut, and at the end ([`closing`]);
//! then the next way is tried, and when none is left the walk is refused.

mod ask;
pub mod certificate;
mod closing;
mod cursor;
pub(crate) use cursor::names_id;
mod cut;
mod keyset;
mod overlap;

use std::{future::Future, time::Duration};

pub use certificate::{Certificate, Movement, PartEvidence, PassedOver, Verified, Way};

use crate::{Answer, Capabilities, Page, Upstream, UpstreamError};
use ask::Walker;

/// Where the users come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// The search, and where nothing sound can be had of it, the cursor listing.
    #[default]
    Auto,
    /// Only `POST /users/search`.
    Search,
    /// Only `GET /users/query`.
    Query,
}

/// How to walk.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where the users come from.
    pub source: Source,
    /// Users per page, at least 2; smaller ones are taken as 2.
    pub page_size: u32,
    /// Requests on their way at once.
    pub concurrency: usize,
    /// Also read the cursor listing, as an independent witness.
    pub verify: bool,
    /// What is known of the org; orders the ways.
    pub capabilities: Capabilities,
    /// Rows past which paging by number is refused.
    pub window: u64,
    /// Pause before an answer that contradicts itself is asked for again.
    pub pause: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            source: Source::Auto,
            page_size: 100,
            concurrency: 8,
            verify: false,
            capabilities: Capabilities::default(),
            window: 10_000,
            pause: Duration::from_millis(250),
        }
    }
}

/// Error of whoever keeps the users.
pub type SinkError = Box<dyn std::error::Error + Send + Sync>;

/// Who keeps the users that the walk finds.
pub trait Sink: Sync {
    /// Keeps the users of a page; the same user may come again.
    fn keep(&self, page: Page) -> impl Future<Output = Result<(), SinkError>> + Send;

    /// Number of different users kept so far, in this run and the killed one it goes on from.
    fn seen(&self) -> impl Future<Output = Result<u64, SinkError>> + Send;

    /// Evidence of a part that the run finished before it was killed and went on.
    fn finished(&self, part: &str) -> Option<PartEvidence>;

    /// Notes that a part is finished.
    fn finish(&self, part: &PartEvidence) -> impl Future<Output = Result<(), SinkError>> + Send;

    /// Learns how many users upstream says there are, for progress.
    fn expect(&self, total: u64);
}

/// Why there is no complete list.
#[derive(Debug, thiserror::Error)]
pub enum WalkError {
    /// Upstream failed.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The users could not be kept.
    #[error("the users could not be kept")]
    Sink(#[source] SinkError),
    /// Upstream answered, but no way proved completeness.
    #[error("completeness could not be proved: {}", reasons(.0))]
    NotProven(Vec<PassedOver>),
}

fn reasons(passed_over: &[PassedOver]) -> String {
    let reasons: Vec<_> = passed_over
        .iter()
        .map(|one| format!("{}: {}", one.way, one.why))
        .collect();
    reasons.join("; ")
}

/// Why a way was left.
enum Stop {
    /// Nothing can go on.
    Fatal(WalkError),
    /// This way can't be trusted or is not allowed; another may do.
    Unsound(String),
}

impl From<UpstreamError> for Stop {
    fn from(error: UpstreamError) -> Self {
        Self::Fatal(error.into())
    }
}

/// Walks the whole org and gives every user to `sink`.
///
/// # Errors
/// [`WalkError`] when completeness could not be proved, whatever the reason; what the sink got
/// until then must not be published.
pub async fn walk<U: Upstream, S: Sink>(
    upstream: &U,
    sink: &S,
    plan: &Plan,
) -> Result<Certificate, WalkError> {
    let walker = Walker::new(upstream, sink, plan);
    let mut passed_over = Vec::new();
    for way in ways(plan) {
        let walked = match way {
            Way::Cursor => cursor::walk(&walker).await,
            _ => closing::walk_search(&walker, way).await,
        };
        match walked {
            Ok(mut certificate) => {
                if plan.verify && way != Way::Cursor {
                    certificate.verified = Some(verify(&walker, certificate.users).await?);
                    certificate.users = sink.seen().await.map_err(WalkError::Sink)?;
                }
                certificate.passed_over = passed_over;
                return Ok(certificate);
            }
            Err(Stop::Fatal(error)) => return Err(error),
            Err(Stop::Unsound(why)) => {
                tracing::info!(walk.way = %way, why, "way passed over");
                passed_over.push(PassedOver { way, why });
            }
        }
    }
    Err(WalkError::NotProven(passed_over))
}

/// The ways to try, cheapest first; what the org is known not to allow comes last.
fn ways(plan: &Plan) -> Vec<Way> {
    let known = &plan.capabilities;
    let mut ways = match plan.source {
        Source::Auto => vec![Way::Keyset, Way::Overlap, Way::Atomic, Way::Cursor],
        Source::Search => vec![Way::Keyset, Way::Overlap, Way::Atomic],
        Source::Query => vec![Way::Cursor],
    };
    ways.sort_by_key(|way| {
        let allowed = match way {
            Way::Keyset => known.id_comparison,
            Way::Overlap => known.page_size_honoured,
            Way::Atomic => known.id_prefix,
            Way::Cursor => known.cursor,
        };
        allowed == Answer::No
    });
    ways
}

/// Reads the cursor listing too; whoever only that one knows is kept as well.
async fn verify<U: Upstream, S: Sink>(
    walker: &Walker<'_, U, S>,
    searched: u64,
) -> Result<Verified, WalkError> {
    match cursor::read(walker).await {
        Ok(listing) => {
            let together = walker.sink.seen().await.map_err(WalkError::Sink)?;
            let only_in_listing = together.saturating_sub(searched);
            Ok(Verified {
                listed: listing.users,
                only_in_listing,
                only_in_search: together.saturating_sub(listing.users),
            })
        }
        Err(Stop::Fatal(error)) => Err(error),
        Err(Stop::Unsound(why)) => Err(WalkError::NotProven(vec![PassedOver {
            way: Way::Cursor,
            why,
        }])),
    }
}
