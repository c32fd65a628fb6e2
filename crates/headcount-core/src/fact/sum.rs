//! Adds facts up: counts and sums, each to the unit.

use super::{Fact, FactKind, Measure, Stat};

/// Numbers that no longer fit when added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sum of `{measure}` no longer fits in 64 bits")]
pub struct SumError {
    /// Name of the measure.
    pub measure: &'static str,
}

impl Fact {
    /// What facts are told apart and ordered by: start, end, user, media type.
    #[must_use]
    pub fn key(&self) -> (i64, i64, Option<&str>, Option<&str>) {
        let (user, media) = (self.user_id.as_deref(), self.media_type.as_deref());
        (self.start_ms, self.end_ms, user, media)
    }

    /// Adds the measures of another fact of the same kind. What neither tells stays `None`. Where
    /// one has counted something and does not tell the sum, the sum becomes `None`: that of the
    /// other would not belong to the count of both.
    ///
    /// # Errors
    /// [`SumError`]; the measures are then of no use.
    pub fn add(&mut self, kind: FactKind, other: &Self) -> Result<(), SumError> {
        let measures = kind.measures();
        let (mine, theirs) = (self.measures, other.measures);
        for (at, measure) in measures.iter().enumerate() {
            self.measures[at] = match (mine[at], theirs[at]) {
                (None, None) => None,
                (Some(one), Some(two)) => Some(one.checked_add(two).ok_or(SumError {
                    measure: measure.name,
                })?),
                _ if untold(measures, &mine, at) || untold(measures, &theirs, at) => None,
                (one, two) => one.or(two),
            };
        }
        Ok(())
    }
}

/// Whether measure `at` is a sum that is missing although its count is there; the count of a sum
/// stands before it.
fn untold(measures: &[Measure], values: &[Option<i64>], at: usize) -> bool {
    measures[at].stat != Stat::Count
        && values[at].is_none()
        && values[at - 1].is_some_and(|count| count > 0)
}

/// Facts in the order of interval, user and media type, those that agree in all three added up.
///
/// # Errors
/// [`SumError`].
pub fn added(kind: FactKind, mut facts: Vec<Fact>) -> Result<Vec<Fact>, SumError> {
    facts.sort_by(|one, two| one.key().cmp(&two.key()));
    let mut sums: Vec<Fact> = Vec::with_capacity(facts.len());
    for fact in facts {
        match sums.last_mut() {
            Some(last) if last.key() == fact.key() => last.add(kind, &fact)?,
            _ => sums.push(fact),
        }
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::MEASURES;

    #[test]
    fn the_count_of_a_sum_stands_before_it() {
        for kind in FactKind::ALL {
            for pair in kind.measures().windows(2) {
                if pair[1].stat != Stat::Count {
                    assert_eq!(
                        (pair[0].metric, pair[0].stat),
                        (pair[1].metric, Stat::Count)
                    );
                }
            }
            assert_eq!(kind.measures()[0].stat, Stat::Count);
        }
    }

    #[test]
    fn a_sum_never_belongs_to_half_of_its_count() {
        let fact = |count, sum| {
            let mut measures = [None; MEASURES];
            (measures[1], measures[2]) = (count, sum);
            Fact {
                measures,
                ..Fact::default()
            }
        };
        for (one, two, both) in [
            ((Some(1), Some(7)), (Some(2), Some(5)), (Some(3), Some(12))),
            ((Some(1), Some(7)), (Some(2), None), (Some(3), None)),
            ((Some(1), Some(7)), (Some(0), None), (Some(1), Some(7))),
            ((Some(1), Some(7)), (None, None), (Some(1), Some(7))),
            ((None, None), (None, None), (None, None)),
        ] {
            for (one, two) in [(one, two), (two, one)] {
                let mut sum = fact(one.0, one.1);
                sum.add(FactKind::Evaluation, &fact(two.0, two.1)).unwrap();
                assert_eq!(sum, fact(both.0, both.1), "{one:?} {two:?}");
            }
        }
        let mut most = fact(Some(i64::MAX), None);
        let error = most.add(FactKind::Evaluation, &fact(Some(1), None));
        assert_eq!(error.unwrap_err().measure, "score_count");
    }
}
