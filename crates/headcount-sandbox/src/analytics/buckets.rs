//! The intervals that an answer is cut into.

use headcount_core::fact::interval::Interval;
use jiff::{Span, Timestamp, tz::TimeZone};

/// Intervals that an answer may have at most.
const MOST: usize = 20_000;

/// Edges of the intervals of an answer, ms UTC, in ascending order.
#[derive(Debug)]
pub(crate) struct Buckets(Vec<i64>);

impl Buckets {
    /// The whole as one.
    pub(crate) fn one(whole: Interval) -> Self {
        Self(vec![whole.start_ms, whole.end_ms])
    }

    /// Steps of `period` from the start of the first local day on, cut off where `whole` starts and
    /// ends. `None` where they can't be made: a period of nothing, too many, beyond the calendar.
    pub(crate) fn new(whole: Interval, period: &str, zone: &TimeZone) -> Option<Self> {
        let period: Span = period.parse().ok()?;
        if period.is_negative() || period.is_zero() {
            return None;
        }
        let start = Timestamp::from_millisecond(whole.start_ms).ok()?;
        let first = start.to_zoned_datetime(zone.clone()).start_of_day().ok()?;
        let mut edges = vec![whole.start_ms];
        for step in 1_i64.. {
            // Counted from the first edge, so that months do not drift.
            let next = first.checked_add(period.checked_mul(step).ok()?).ok()?;
            let next = next.timestamp().as_millisecond();
            if next >= whole.end_ms {
                break;
            }
            if next > whole.start_ms {
                edges.push(next);
            }
            if edges.len() > MOST || step > 2 * i64::try_from(MOST).ok()? {
                return None;
            }
        }
        edges.push(whole.end_ms);
        Some(Self(edges))
    }

    /// Number of the interval that holds a moment.
    pub(crate) fn of(&self, ms: i64) -> Option<usize> {
        let after = self.0.partition_point(|edge| *edge <= ms);
        (after > 0 && after < self.0.len()).then(|| after - 1)
    }

    /// Interval number `at`.
    pub(crate) fn get(&self, at: usize) -> Interval {
        Interval {
            start_ms: self.0[at],
            end_ms: self.0[at + 1],
        }
    }

    /// From the first to the last edge.
    pub(crate) fn whole(&self) -> Interval {
        Interval {
            start_ms: self.0[0],
            end_ms: self.0[self.0.len() - 1],
        }
    }

    /// Number of intervals.
    pub(crate) fn len(&self) -> usize {
        self.0.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(interval: &str, period: &str, zone: &str) -> Option<Vec<String>> {
        let zone = TimeZone::get(zone).unwrap();
        let buckets = Buckets::new(interval.parse().unwrap(), period, &zone)?;
        let starts = (0..buckets.len()).map(|at| buckets.get(at).to_string()[..16].to_owned());
        Some(starts.collect())
    }

    #[test]
    fn intervals_follow_the_clocks_of_the_zone() {
        let cut = |interval, period, zone| cut(interval, period, zone).unwrap();
        assert_eq!(
            cut(
                "2026-10-24T10:00Z/2026-10-26T00:00Z",
                "P1D",
                "Europe/Berlin"
            ),
            ["2026-10-24T10:00", "2026-10-24T22:00", "2026-10-25T23:00"]
        );
        assert_eq!(
            cut("2026-10-24T10:10Z/2026-10-24T11:00Z", "PT30M", "UTC"),
            ["2026-10-24T10:10", "2026-10-24T10:30"]
        );
        assert_eq!(
            cut("2026-01-31T00:00Z/2026-04-01T00:00Z", "P1M", "UTC"),
            ["2026-01-31T00:00", "2026-02-28T00:00", "2026-03-31T00:00"]
        );
        assert_eq!(
            cut(
                "2026-10-24T00:00Z/2026-10-25T00:00Z",
                "PT15M",
                "Asia/Riyadh"
            )
            .len(),
            96
        );
    }

    #[test]
    fn refuses_steps_that_lead_nowhere() {
        let day = "2026-10-24T00:00Z/2026-10-25T00:00Z";
        for period in ["", "P", "PT0S", "-P1D", "day", "PT1S"] {
            assert_eq!(cut(day, period, "UTC"), None, "{period}");
        }
    }

    #[test]
    fn a_moment_belongs_to_the_interval_that_starts_with_it() {
        let buckets = Buckets(vec![10, 20, 30]);
        let of = [9, 10, 19, 20, 29, 30].map(|ms| buckets.of(ms));
        assert_eq!(of, [None, Some(0), Some(0), Some(1), Some(1), None]);
    }
}
