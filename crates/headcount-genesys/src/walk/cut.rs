//! *Cuts* by `id` prefix: into parts below the window, or on until each part is one answer.
//!
//! A cut is trusted only when the parts add up to their parent, every id has the prefix asked
//! for, and users known to be in a part are found there.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    PartEvidence, Sink, Stop, WalkError, Way,
    ask::{Question, Run, Walker},
    overlap,
};
use crate::Upstream;

/// Longest prefix: the first group of a UUID. Past it a part can't be cut in sixteen.
const LONGEST_PREFIX: usize = 8;
/// A cut whose parts do not add up, since the org moved, is counted again this often.
const COUNTS: u32 = 6;

/// A part and its first page.
struct Part {
    prefix: String,
    first: Run,
}

/// Name of a part in evidence.
pub(super) fn part_name(prefix: &str) -> &str {
    if prefix.is_empty() { "all" } else { prefix }
}

/// Walks the org in parts, onward from `root`, its first page.
pub(super) async fn walk<U: Upstream, S: Sink>(
    walker: &Walker<'_, U, S>,
    root: &Run,
    way: Way,
) -> Result<Vec<PartEvidence>, Stop> {
    let mut waiting = vec![Part {
        prefix: String::new(),
        first: root.clone(),
    }];
    let (mut ready, mut evidence) = (Vec::new(), Vec::new());
    while let Some(part) = waiting.pop() {
        if let Some(finished) = walker.finished(part_name(&part.prefix)) {
            evidence.push(finished);
        } else if is_walkable(walker, &part, way) {
            ready.push(part);
        } else {
            waiting.extend(cut(walker, &part, root).await?);
        }
    }
    // Parts run side by side; the walker bounds the requests on their way.
    let walked: Vec<PartEvidence> = stream::iter(ready)
        .map(|part| async move { walk_part(walker, &part, way).await })
        .buffer_unordered(walker.plan.concurrency.max(1))
        .try_collect()
        .await?;
    evidence.extend(walked);
    evidence.sort_by(|a, b| a.part.cmp(&b.part));
    Ok(evidence)
}

fn is_walkable<U: Upstream, S: Sink>(walker: &Walker<'_, U, S>, part: &Part, way: Way) -> bool {
    part.first.is_end() || (way == Way::Overlap && part.first.total <= walker.part_limit())
}

async fn walk_part<U: Upstream, S: Sink>(
    walker: &Walker<'_, U, S>,
    part: &Part,
    way: Way,
) -> Result<PartEvidence, Stop> {
    if way == Way::Overlap {
        return overlap::walk_part(walker, &part.prefix, &part.first).await;
    }
    let evidence = PartEvidence {
        part: part_name(&part.prefix).to_owned(),
        total: Some(part.first.total),
        users: part.first.len(),
        pages: 1,
        again: 0,
    };
    walker
        .sink
        .finish(&evidence)
        .await
        .map_err(WalkError::Sink)
        .map_err(Stop::Fatal)?;
    Ok(evidence)
}

/// Cuts a part in sixteen and checks that nobody fell between them.
async fn cut<U: Upstream, S: Sink>(
    walker: &Walker<'_, U, S>,
    parent: &Part,
    root: &Run,
) -> Result<Vec<Part>, Stop> {
    if parent.prefix.len() >= LONGEST_PREFIX {
        return Err(Stop::Unsound(
            "ids too much alike to be cut by prefix".to_owned(),
        ));
    }
    let upper = root
        .ids
        .iter()
        .any(|id| id.bytes().any(|b| b.is_ascii_uppercase()));
    let digits = if upper {
        "0123456789ABCDEF"
    } else {
        "0123456789abcdef"
    };
    let mut before = parent.first.total;
    for _ in 0..COUNTS {
        let parts: Vec<Part> = stream::iter(digits.chars())
            .map(|digit| async move {
                let prefix = format!("{}{digit}", parent.prefix);
                let first = walker
                    .ask(&Question::first_page(&prefix, walker.size()))
                    .await?;
                Ok::<_, Stop>(Part { prefix, first })
            })
            .buffered(walker.plan.concurrency.max(1))
            .try_collect()
            .await?;
        known_users_are_found(parent, &parts)?;
        let sum: u64 = parts.iter().map(|part| part.first.total).sum();
        if walker.may_be_capped(before) {
            // Nothing to add up to, so an empty part would be a part that nobody vouches for.
            if sum >= walker.plan.window && parts.iter().all(|part| part.first.total > 0) {
                return Ok(parts);
            }
            return Err(Stop::Unsound(
                "parts by id prefix can't be checked against a total that is capped".to_owned(),
            ));
        }
        let after = walker
            .ask(&Question::first_page(&parent.prefix, walker.size()))
            .await?
            .total;
        walker.moved(before, after);
        if (before.min(after)..=before.max(after)).contains(&sum) {
            return Ok(parts);
        }
        before = after;
    }
    Err(Stop::Unsound(
        "parts by id prefix do not add up to the whole".to_owned(),
    ))
}

/// The lowest ids of the parent are known; the part that they belong to must show one of them.
fn known_users_are_found(parent: &Part, parts: &[Part]) -> Result<(), Stop> {
    for part in parts {
        let mut known = parent
            .first
            .ids
            .iter()
            .filter(|id| {
                id.get(..part.prefix.len())
                    .is_some_and(|head| head.eq_ignore_ascii_case(&part.prefix))
            })
            .peekable();
        let is_known = known.peek().is_some();
        if is_known && !known.any(|id| part.first.ids.contains(id)) {
            return Err(Stop::Unsound(
                "STARTS_WITH on id does not find users that it should".to_owned(),
            ));
        }
    }
    Ok(())
}
