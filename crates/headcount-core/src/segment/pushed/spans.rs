//! The time of users, cut where the segment of their facts may change.

use std::ops::Range;

use super::{Pushed, Spot};
use crate::segment::Attribution;

/// Stretches of the time of users, column by column: all facts of a user that start within one go
/// to one segment. The stretches of a user cover the period without a gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans {
    /// Number of the user.
    pub users: Vec<u32>,
    /// Start, ms UTC.
    pub from_ms: Vec<i64>,
    /// End, not included, ms UTC.
    pub to_ms: Vec<i64>,
    /// When the user changes next, ms UTC: a fact that ends later straddles that change. The end
    /// of time where the user never changes again.
    pub changes_ms: Vec<i64>,
    /// Whether it lies before the first version of the user.
    pub before_first: Vec<bool>,
    /// The segment: a number, [`super::LEFT_OUT`] or [`super::OUT_OF_SIGHT`].
    pub segments: Vec<i32>,
}

/// A stretch whose end is not known yet.
#[derive(Clone, Copy)]
struct Open {
    from_ms: i64,
    changes_ms: i64,
    before_first: bool,
    spot: Result<Spot, u32>,
}

impl Pushed<'_> {
    /// Cuts the period at every change of each user, and where the managers above are others.
    pub(super) fn cut_lives(&mut self) {
        let plan = self.segmenter.plan;
        let period = plan.question.period_ms.clone();
        if period.is_empty() {
            return;
        }
        let led = match (&plan.managing, plan.question.attribution) {
            (Some(managing), Attribution::Event) => managing.moments_in(&period),
            _ => &[],
        };
        // Time goes on outside and users inside: the tree of a moment is found once for everybody.
        let starts: Vec<i64> = std::iter::once(period.start)
            .chain(led.iter().copied())
            .collect();
        let mut open: Vec<Option<Open>> = vec![None; plan.people.users() as usize];
        for (at, &start) in starts.iter().enumerate() {
            let end = starts.get(at + 1).copied().unwrap_or(period.end);
            for user in 0..plan.people.users() {
                self.cut_life(user, start..end, &mut open[user as usize]);
            }
        }
        for (user, open) in (0..).zip(open) {
            if let Some(open) = open {
                self.close(user, open, period.end);
            }
        }
    }

    /// Cuts a stretch in which nobody's manager changes.
    fn cut_life(&mut self, user: u32, stretch: Range<i64>, open: &mut Option<Open>) {
        let people = self.segmenter.plan.people;
        let rows = people.rows(user);
        let first_seen = people.first_seen(user);
        let mut from_ms = stretch.start;
        while from_ms < stretch.end {
            // A user comes into being without a change, and changes with every later version.
            let mut later = rows.start + 1..rows.end;
            let change = later.find_map(|row| {
                let moment = people.valid_from(row);
                (moment > from_ms).then_some(moment)
            });
            let changes_ms = change.unwrap_or(i64::MAX);
            let before_first = from_ms < first_seen;
            let next = if before_first {
                first_seen.min(changes_ms)
            } else {
                changes_ms
            };
            let new = Open {
                from_ms,
                changes_ms,
                before_first,
                spot: self.segmenter.spot_or_cell(user, from_ms),
            };
            let goes_on = |open: &Open| {
                (open.changes_ms, open.before_first, open.spot)
                    == (changes_ms, before_first, new.spot)
            };
            if !open.as_ref().is_some_and(goes_on)
                && let Some(over) = open.replace(new)
            {
                self.close(user, over, from_ms);
            }
            from_ms = next.min(stretch.end);
        }
    }

    fn close(&mut self, user: u32, open: Open, to_ms: i64) {
        let segment = self.segment(open.spot);
        let spans = &mut self.spans;
        spans.users.push(user);
        spans.from_ms.push(open.from_ms);
        spans.to_ms.push(to_ms);
        spans.changes_ms.push(open.changes_ms);
        spans.before_first.push(open.before_first);
        spans.segments.push(segment);
    }
}
