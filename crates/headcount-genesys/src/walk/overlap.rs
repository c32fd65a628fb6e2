//! *Overlap*: pages by number whose sizes are chosen so that each begins before the last one
//! ended. It needs nothing of upstream but that a page size is used as asked.

use futures_util::{StreamExt, stream};

use super::{
    PartEvidence, Sink, Stop, WalkError,
    ask::{Question, Run, Walker},
    cut::part_name,
};
use crate::Upstream;

/// Places by which a planned page begins before the end of the last one. More would forgive more
/// movement between two requests, but cost more requests of a quiet org.
const OVERLAP: u64 = 1;
/// Steps back, doubling, before a part is left as one that will not hold still.
const STEPS_BACK: u32 = 16;

/// Number and size of the page that reaches furthest while it begins at most `covered - overlap`
/// places into the list.
fn reaching_page(covered: u64, overlap: u64, largest: u32) -> (u64, u32) {
    let begin = covered.saturating_sub(overlap);
    (2..=largest)
        .map(|size| (begin / u64::from(size) + 1, size))
        .max_by_key(|&(page, size)| page * u64::from(size))
        .unwrap_or((1, largest))
}

/// Pages that lead from `covered` places to `total` when nothing moves. Very small pages can meet
/// a place that is a multiple of all their sizes, where no page both overlaps and goes on: then
/// the plan ends early (from 11 users a page on, there is no such place below 10,000).
fn planned_pages(mut covered: u64, total: u64, largest: u32) -> Vec<(u64, u32)> {
    let mut pages = Vec::new();
    while covered < total {
        let (page, size) = reaching_page(covered, OVERLAP, largest);
        if page * u64::from(size) <= covered {
            break;
        }
        covered = page * u64::from(size);
        pages.push((page, size));
    }
    pages
}

/// The chain so far.
struct Chain {
    prefix: String,
    evidence: PartEvidence,
    /// Last id up to which there is no hole.
    covered: Option<String>,
    /// Place of that id, as the latest answer saw it.
    place: u64,
    /// The latest total, to see it move.
    total: u64,
    ended: bool,
}

/// Walks one part onward from `first`, its first page.
pub(super) async fn walk_part<U: Upstream, S: Sink>(
    walker: &Walker<'_, U, S>,
    prefix: &str,
    first: &Run,
) -> Result<PartEvidence, Stop> {
    if !first.honoured && !first.is_end() {
        return Err(Stop::Unsound(
            "the page size is not used as asked for".to_owned(),
        ));
    }
    let mut chain = Chain {
        prefix: prefix.to_owned(),
        evidence: PartEvidence {
            part: part_name(prefix).to_owned(),
            ..PartEvidence::default()
        },
        covered: None,
        place: 0,
        total: first.total,
        ended: false,
    };
    chain.link(walker, first);
    let pages = planned_pages(first.len(), first.total, walker.size());
    let questions = pages
        .into_iter()
        .map(|(page, size)| chain.question(page, size));
    let questions: Vec<_> = questions.collect();
    {
        let mut answers = stream::iter(&questions)
            .map(|question| walker.ask(question))
            .buffered(walker.plan.concurrency.max(1));
        while !chain.ended
            && let Some(answer) = answers.next().await
        {
            let run = answer?;
            if !chain.link(walker, &run) && !chain.ended {
                chain.go_on_until(walker, run.first()).await?;
                chain.link(walker, &run);
            }
        }
    }
    chain.go_on_until(walker, None).await?;
    let evidence = chain.evidence;
    walker
        .sink
        .finish(&evidence)
        .await
        .map_err(WalkError::Sink)
        .map_err(Stop::Fatal)?;
    Ok(evidence)
}

impl Chain {
    fn question(&self, page: u64, size: u32) -> Question {
        Question {
            prefix: self.prefix.clone(),
            after: None,
            page,
            size,
        }
    }

    /// Adds an answer to the chain, if it begins where the chain reaches to; says whether it did.
    fn link<U: Upstream, S: Sink>(&mut self, walker: &Walker<'_, U, S>, run: &Run) -> bool {
        self.evidence.pages += 1;
        walker.moved(self.total, run.total);
        self.total = run.total;
        self.evidence.total = Some(run.total);
        let linked = match (&self.covered, run.first()) {
            (None, _) => run.offset == 0,
            (Some(covered), Some(first)) => first <= covered.as_str(),
            (Some(_), None) => run.total == 0 && run.offset == 0,
        };
        if !linked {
            return false;
        }
        self.ended = run.is_end();
        let new = run.beyond(self.covered.as_deref().unwrap_or("")).count() as u64;
        self.evidence.users += new;
        if let Some(last) = run.last()
            && (new > 0 || self.covered.is_none())
        {
            self.covered = Some(last.to_owned());
            self.place = run.offset + run.len();
        } else if let Some(covered) = &self.covered {
            // Nothing new: the users before have become fewer, and so has the place.
            self.place = run.offset + run.ids.iter().filter(|id| ***id <= **covered).count() as u64;
        }
        true
    }

    /// Links page after page until the chain reaches the id `until`, or the end.
    async fn go_on_until<U: Upstream, S: Sink>(
        &mut self,
        walker: &Walker<'_, U, S>,
        until: Option<&str>,
    ) -> Result<(), Stop> {
        let mut back = OVERLAP;
        let mut steps = 0;
        while !self.ended
            && until.is_none_or(|until| {
                self.covered
                    .as_deref()
                    .is_none_or(|covered| covered < until)
            })
        {
            let (page, size) = reaching_page(self.place, back, walker.size());
            if page * u64::from(size) > walker.plan.window {
                return Err(Stop::Unsound("a part grew past the window".to_owned()));
            }
            let run = walker.ask(&self.question(page, size)).await?;
            self.evidence.again += 1;
            let covered_before = self.covered.clone();
            let linked = self.link(walker, &run);
            if linked && self.covered != covered_before {
                (back, steps) = (OVERLAP, 0);
                continue;
            }
            // Before the reach of the chain nothing is left to see, or it was overtaken.
            back = if linked {
                OVERLAP
            } else {
                back.saturating_mul(2)
            };
            steps += 1;
            if steps > STEPS_BACK {
                return Err(Stop::Unsound(
                    "the org moves faster than it can be walked".to_owned(),
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planned_pages_overlap_and_reach_the_end() {
        for largest in [11, 25, 100, 500] {
            for total in [0, 1, 2, 3, 50, 99, 100, 101, 5_000, 9_899] {
                let mut covered = total.min(u64::from(largest));
                for (page, size) in planned_pages(covered, total, largest) {
                    assert!((page - 1) * u64::from(size) < covered, "hole at {covered}");
                    assert!(page * u64::from(size) > covered, "no step at {covered}");
                    covered = page * u64::from(size);
                    assert!(covered < total + u64::from(largest));
                }
                assert!(covered >= total);
            }
        }
    }

    #[test]
    fn overlap_costs_a_tenth() {
        let pages = planned_pages(100, 9_000, 100).len() + 1;
        assert!(pages <= 102, "{pages} instead of 90");
        let pages = planned_pages(500, 9_000, 500).len() + 1;
        assert!(pages <= 20, "{pages} instead of 18");
    }
}
