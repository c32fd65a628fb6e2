//! The moments of a block.

use crate::segment::{Block, Moments};

/// From the first start to the last, and to the last end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) end: i64,
    /// Whether all facts have the same start and end.
    pub(super) one: bool,
}

impl Span {
    pub(super) fn of(block: &Block<'_>) -> Option<Self> {
        let (first, last) = bounds(block.start_ms, block.users.len())?;
        let (least, end) = bounds(block.end_ms, block.users.len())?;
        Some(Self {
            first,
            last,
            end,
            one: first == last && least == end,
        })
    }

    pub(super) fn covers(self, other: Self) -> bool {
        self == other
            || (!self.one
                && self.first <= other.first
                && other.last <= self.last
                && other.end <= self.end)
    }

    pub(super) fn with(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
            end: self.end.max(other.end),
            one: self == other && self.one,
        }
    }
}

fn bounds(moments: Moments<'_>, facts: usize) -> Option<(i64, i64)> {
    match moments {
        Moments::All(moment) => (facts > 0).then_some((moment, moment)),
        Moments::Each(moments) => {
            let first = *moments.first()?;
            let bounds = moments
                .iter()
                .fold((first, first), |(least, most), &moment| {
                    (least.min(moment), most.max(moment))
                });
            Some(bounds)
        }
    }
}
