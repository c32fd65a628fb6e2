//! Sums over facts, and what is read from them.

use crate::fact::{FactKind, MEASURES, Measure, Stat};

/// Sums of facts. A measure that no fact has is absent, which is not 0.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// How many facts.
    pub facts: u64,
    /// Users among them.
    pub agents: u64,
    pub(super) sums: [i64; MEASURES],
    /// A bit for each measure that a fact has; those whose sum is not 0 may lack theirs.
    pub(super) seen: u16,
    /// Of counts that came without their sum, by place of the count: no part of an average.
    pub(super) unpaired: [i64; MEASURES],
}

impl Totals {
    /// The sum of a measure, by its place among those of its kind; `None` where no fact has it.
    /// Durations in ms, scores in millionths.
    #[must_use]
    pub fn sum(&self, measure: usize) -> Option<i64> {
        let sum = self.sums[measure];
        (sum != 0 || self.seen & 1 << measure != 0).then_some(sum)
    }

    /// Whether these are as many facts, with the same sums.
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.facts == other.facts
            && (0..MEASURES).all(|measure| self.sum(measure) == other.sum(measure))
    }

    /// The average over those that were counted, in the unit of the sum: the sum at `sum` divided
    /// by the count at `count`. `None` where either is absent, or nothing was counted.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "an average is a fraction")]
    pub fn average(&self, sum: usize, count: usize) -> Option<f64> {
        let counted = self.sum(count)? - self.unpaired[count];
        let sum = self.sum(sum)?;
        (counted > 0).then(|| sum as f64 / counted as f64)
    }

    /// Adds facts to these; `None` where a sum would pass the range of 64 bits. The agents are left
    /// as they are: the same users may be in both.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Option<Self> {
        self.facts = self.facts.checked_add(other.facts)?;
        self.seen |= other.seen;
        for (sum, more) in self.sums.iter_mut().zip(other.sums) {
            *sum = sum.checked_add(more)?;
        }
        for (sum, more) in self.unpaired.iter_mut().zip(other.unpaired) {
            *sum = sum.checked_add(more)?;
        }
        Some(self)
    }

    /// These without the facts of `part`. What sums do not tell is that of `rest`: which zeros are
    /// numbers, and which counts have no sum.
    pub(super) fn less(&self, part: &Self, rest: &Self) -> Self {
        let mut left = self.clone();
        left.facts -= part.facts;
        for (sum, less) in left.sums.iter_mut().zip(part.sums) {
            *sum -= less;
        }
        left.unpaired = rest.unpaired;
        if part.facts > 0 {
            left.seen = rest.seen;
        }
        left
    }
}

/// For each measure of a kind the place of the sum that belongs to it, where it is a count with
/// one.
pub(super) fn sums_of_counts(kind: FactKind) -> [Option<usize>; MEASURES] {
    let measures = kind.measures();
    let sum_of = |count: &Measure| {
        let is_sum = |other: &Measure| other.metric == count.metric && other.stat != Stat::Count;
        (count.stat == Stat::Count).then(|| measures.iter().position(is_sum))?
    };
    let mut places = [None; MEASURES];
    for (place, count) in places.iter_mut().zip(measures) {
        *place = sum_of(count);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{SCORE_COUNT, SCORE_SUM};

    #[test]
    fn what_is_absent_is_no_zero() {
        let mut totals = Totals::default();
        assert_eq!(totals.sum(SCORE_SUM), None);
        totals.seen = 1 << SCORE_COUNT;
        totals.sums[SCORE_COUNT] = 4;
        totals.unpaired[SCORE_COUNT] = 4;
        assert_eq!(totals.average(SCORE_SUM, SCORE_COUNT), None);
        totals.seen |= 1 << SCORE_SUM;
        assert_eq!(totals.average(SCORE_SUM, SCORE_COUNT), None);
        totals.unpaired[SCORE_COUNT] = 2;
        totals.sums[SCORE_SUM] = 7;
        assert_eq!(totals.average(SCORE_SUM, SCORE_COUNT), Some(3.5));
    }

    #[test]
    fn counts_know_their_sums() {
        assert_eq!(
            sums_of_counts(FactKind::HandleTime)[..9],
            [
                Some(1),
                None,
                Some(3),
                None,
                Some(5),
                None,
                Some(7),
                None,
                None
            ]
        );
        assert_eq!(
            sums_of_counts(FactKind::Evaluation)[..5],
            [None, Some(2), None, Some(4), None]
        );
    }
}
