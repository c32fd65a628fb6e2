//! *Keyset*: each answer asks for the ids after the last one but one, so that the last one must
//! come again. That witness shows that the comparison is obeyed, and links the two answers.

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    PartEvidence, Sink, Stop,
    ask::{Question, Run, Walker},
};
use crate::Upstream;

/// From this many users on the id space is walked in 16 lanes at once, and in 256 further on.
const LANES_16: u64 = 2_000;
const LANES_256: u64 = 200_000;

/// A stretch of the id space.
struct Lane {
    name: String,
    /// First id that is before the lane; `None` starts at the lowest.
    after: Option<String>,
    /// Last id that may belong to the lane; `None` ends at the highest.
    until: Option<String>,
}

/// Walks the org onward from `root`, its first page.
pub(super) async fn walk<U: Upstream, S: Sink>(
    walker: &Walker<'_, U, S>,
    root: &Run,
) -> Result<Vec<PartEvidence>, Stop> {
    // The comparison is tried on known ids before anything rests on it.
    let mut trial = Link::start(root.clone());
    trial.advance(walker).await?;
    let lanes = lanes(root);
    let parts = stream::iter(lanes)
        .map(|lane| walk_lane(walker, root, lane))
        .buffered(walker.plan.concurrency.max(1))
        .try_collect()
        .await?;
    Ok(parts)
}

/// Cuts the id space evenly, in the case that the ids of `root` are written in.
fn lanes(root: &Run) -> Vec<Lane> {
    let digits = match root.total {
        0..LANES_16 => 0,
        LANES_16..LANES_256 => 1,
        _ => 2,
    };
    let upper = root
        .ids
        .iter()
        .any(|id| id.bytes().any(|b| b.is_ascii_uppercase()));
    let case = |text: String| {
        if upper {
            text.to_ascii_uppercase()
        } else {
            text
        }
    };
    let count = 1u32 << (4 * digits);
    // The last id that starts with the given digits.
    let last = |prefix: u32| {
        let start = if digits == 0 {
            String::new()
        } else {
            format!("{prefix:0digits$x}")
        };
        let pattern = "ffffffff-ffff-ffff-ffff-ffffffffffff";
        case(format!("{start}{}", &pattern[digits..]))
    };
    (0..count)
        .map(|lane| Lane {
            name: format!("lane {}/{count}", lane + 1),
            after: (lane > 0).then(|| last(lane - 1)),
            until: (lane + 1 < count).then(|| last(lane)),
        })
        .collect()
}

async fn walk_lane<U: Upstream, S: Sink>(
    walker: &Walker<'_, U, S>,
    root: &Run,
    lane: Lane,
) -> Result<PartEvidence, Stop> {
    if let Some(evidence) = walker.finished(&lane.name) {
        return Ok(evidence);
    }
    let mut evidence = PartEvidence {
        part: lane.name,
        ..PartEvidence::default()
    };
    let first = match &lane.after {
        None => root.clone(),
        Some(after) => walker.ask(&after_question(walker, after)).await?,
    };
    let within = |id: &str| lane.until.as_deref().is_none_or(|until| id <= until);
    evidence.pages = 1;
    evidence.users = first.ids.iter().filter(|id| within(id)).count() as u64;
    let mut link = Link::start(first);
    while !link.run.is_end() && link.run.last().is_some_and(within) {
        let covered = link.run.last().unwrap_or_default().to_owned();
        let pages = link.advance(walker).await?;
        evidence.pages += pages;
        evidence.again += pages - 1;
        evidence.users += link.run.beyond(&covered).filter(|id| within(id)).count() as u64;
    }
    walker
        .sink
        .finish(&evidence)
        .await
        .map_err(super::WalkError::Sink)
        .map_err(Stop::Fatal)?;
    Ok(evidence)
}

fn after_question<U: Upstream, S: Sink>(walker: &Walker<'_, U, S>, after: &str) -> Question {
    Question {
        prefix: String::new(),
        after: Some(after.to_owned()),
        page: 1,
        size: walker.size(),
    }
}

/// The latest link of a chain.
struct Link {
    run: Run,
}

impl Link {
    fn start(run: Run) -> Self {
        Self { run }
    }

    /// Asks for the next link and returns how many answers that took. The bound moves back when
    /// the witness is gone: that many users may really have been purged between two answers.
    async fn advance<U: Upstream, S: Sink>(
        &mut self,
        walker: &Walker<'_, U, S>,
    ) -> Result<u64, Stop> {
        let ids = &self.run.ids;
        let Some(covered) = self.run.last() else {
            return Ok(0);
        };
        if ids.len() < 2 {
            // Nothing to go back to: the only user of the whole org.
            return Ok(0);
        }
        let mut tried = 0;
        for bound in [ids.len() - 2, ids.len() / 2, 0] {
            if tried > 0 && bound + 2 >= ids.len() {
                continue;
            }
            let next = walker.ask(&after_question(walker, &ids[bound])).await?;
            tried += 1;
            if next.first().is_some_and(|first| first <= covered) {
                let expected = self
                    .run
                    .total
                    .saturating_sub(self.run.offset + bound as u64 + 1);
                walker.moved(expected, next.total);
                self.run = next;
                return Ok(tried);
            }
        }
        Err(Stop::Unsound(
            "GREATER_THAN on id does not find users that it should".to_owned(),
        ))
    }
}
