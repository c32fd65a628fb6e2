//! What people did, and the two aggregate queries over it (contract `facts.md` and `models.md` 2.5,
//! 2.6).
//!
//! [`work`] makes it up: what a user handled in a half hour depends on the seed, the id and that
//! half hour alone, so sums over parts equal the sum over the whole, and nothing moves when somebody
//! changes department, leaves or is purged. [`query`] reads a question, [`count`] answers it,
//! [`truth`] counts once more in another way, for tests.

mod buckets;
mod count;
mod filter;
mod json;
pub(crate) mod query;
pub(crate) mod truth;
pub(crate) mod work;

use headcount_core::fact::FactKind;

pub(crate) use count::{Agent, count};
pub(crate) use json::to_json;

/// Metrics that the sandbox has, in the order of [`work::Done`].
pub(crate) fn metrics(kind: FactKind) -> &'static [&'static str] {
    match kind {
        FactKind::HandleTime => &[
            "tHandle",
            "tTalkComplete",
            "tHeldComplete",
            "tAcw",
            "tAnswered",
            "nTransferred",
            "nOutbound",
        ],
        FactKind::Evaluation => &[
            "nEvaluations",
            "nEvaluationsDeleted",
            "nEvaluationsRescored",
            "oTotalScore",
            "oTotalCriticalScore",
        ],
    }
}
