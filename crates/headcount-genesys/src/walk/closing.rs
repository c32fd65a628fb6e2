//! *Closing*: the whole org is counted before and after, and nobody may be missing from the count
//! but those whose joining the totals themselves have shown.

use super::{
    Certificate, Sink, Stop, WalkError, Way,
    ask::{Question, Walker},
    certificate::summed_up,
    cut, keyset,
};
use crate::Upstream;

/// Walks over the whole org before a count that does not close refuses the way.
const PASSES: u32 = 3;

/// Walks the org by search in one way, and closes the count.
pub(super) async fn walk_search<U: Upstream, S: Sink>(
    walker: &Walker<'_, U, S>,
    way: Way,
) -> Result<Certificate, Stop> {
    let root_page = Question::first_page("", walker.size());
    let mut total_before = None;
    for pass in 1..=PASSES {
        let root = walker.ask(&root_page).await?;
        walker.sink.expect(root.total);
        let before = *total_before.get_or_insert(root.total);
        let parts = if root.is_end() && !walker.may_be_capped(root.total) {
            cut::walk(walker, &root, Way::Atomic).await?
        } else if way == Way::Keyset {
            keyset::walk(walker, &root).await?
        } else {
            cut::walk(walker, &root, way).await?
        };
        let after = if parts.len() == 1 && root.is_end() {
            root.total
        } else {
            walker.ask(&root_page).await?.total
        };
        walker.moved(before, after);
        let users = walker
            .sink
            .seen()
            .await
            .map_err(WalkError::Sink)
            .map_err(Stop::Fatal)?;
        let movement = walker.movement();
        if walker.may_be_capped(after) || users + movement.rises >= after {
            return Ok(Certificate {
                way,
                users,
                total_before: Some(before),
                total_after: Some(after),
                movement,
                passes: pass,
                parts: summed_up(parts),
                passed_over: Vec::new(),
                verified: None,
            });
        }
        tracing::warn!(
            walk.users = users,
            walk.total = after,
            pass,
            "count does not close"
        );
        walker.walk_anew();
    }
    Err(Stop::Unsound(
        "fewer users are shown than are counted".to_owned(),
    ))
}
