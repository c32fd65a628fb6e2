//! A local day: its half hours, and the intervals that its facts have.

use headcount_core::fact::interval::Interval;
use jiff::{SignedDuration, civil::Date, tz::TimeZone};

use super::Granularity;

const HALF_HOUR: SignedDuration = SignedDuration::from_mins(30);

/// A day of a time zone.
pub(super) struct Day {
    /// Edges of the half hours, ms UTC: start of the day, ..., end of the day.
    edges: Vec<i64>,
    granularity: Granularity,
}

impl Day {
    /// # Errors
    /// When the day is beyond the calendar.
    pub(super) fn new(
        date: Date,
        zone: &TimeZone,
        granularity: Granularity,
    ) -> Result<Self, jiff::Error> {
        // The first moment of the date and of the next, whatever the clocks do at midnight.
        let start = date
            .to_zoned_datetime(zone.clone())?
            .start_of_day()?
            .timestamp();
        let next = date.tomorrow()?;
        let end = next
            .to_zoned_datetime(zone.clone())?
            .start_of_day()?
            .timestamp();
        let mut edges = Vec::new();
        let mut edge = start;
        while edge < end {
            edges.push(edge.as_millisecond());
            edge = edge.checked_add(HALF_HOUR)?;
        }
        edges.push(end.as_millisecond());
        Ok(Self { edges, granularity })
    }

    /// Number of half hours: 48 but where the clocks change.
    pub(super) fn half_hours(&self) -> usize {
        self.edges.len() - 1
    }

    /// From the start of half hour `from` to the start of half hour `to`.
    pub(super) fn part(&self, from: usize, to: usize) -> Interval {
        Interval {
            start_ms: self.edges[from],
            end_ms: self.edges[to],
        }
    }

    /// The interval of the day that `told` lies in: the whole day, or one half hour. `None` where it
    /// lies outside or in several.
    pub(super) fn interval_of(&self, told: Interval) -> Option<Interval> {
        let whole = match self.granularity {
            Granularity::Day => self.part(0, self.half_hours()),
            Granularity::HalfHour => {
                let at = self.edges.partition_point(|edge| *edge <= told.start_ms);
                if at == 0 || at == self.edges.len() {
                    return None;
                }
                self.part(at - 1, at)
            }
        };
        whole.holds(told).then_some(whole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(date: &str, zone: &str, granularity: Granularity) -> Day {
        let zone = TimeZone::get(zone).unwrap();
        Day::new(date.parse().unwrap(), &zone, granularity).unwrap()
    }

    #[test]
    fn days_are_as_long_as_the_clocks_make_them() {
        for (date, zone, half_hours, interval) in [
            (
                "2026-11-24",
                "UTC",
                48,
                "2026-11-24T00:00:00.000Z/2026-11-25T00:00:00.000Z",
            ),
            (
                "2026-11-24",
                "Asia/Riyadh",
                48,
                "2026-11-23T21:00:00.000Z/2026-11-24T21:00:00.000Z",
            ),
            (
                "2026-11-24",
                "Asia/Kathmandu",
                48,
                "2026-11-23T18:15:00.000Z/2026-11-24T18:15:00.000Z",
            ),
            (
                "2026-03-29",
                "Europe/Berlin",
                46,
                "2026-03-28T23:00:00.000Z/2026-03-29T22:00:00.000Z",
            ),
            (
                "2026-10-25",
                "Europe/Berlin",
                50,
                "2026-10-24T22:00:00.000Z/2026-10-25T23:00:00.000Z",
            ),
            // Clocks that go forward at midnight: the day starts at 01:00.
            (
                "2018-11-04",
                "America/Sao_Paulo",
                46,
                "2018-11-04T03:00:00.000Z/2018-11-05T02:00:00.000Z",
            ),
            (
                "2026-10-04",
                "Australia/Lord_Howe",
                47,
                "2026-10-03T13:30:00.000Z/2026-10-04T13:00:00.000Z",
            ),
        ] {
            let day = day(date, zone, Granularity::Day);
            assert_eq!(day.half_hours(), half_hours, "{date} {zone}");
            assert_eq!(day.part(0, half_hours).to_string(), interval);
        }
    }

    #[test]
    fn an_interval_belongs_to_the_one_it_lies_in() {
        let find = |granularity, told: &str| {
            day("2026-11-24", "UTC", granularity)
                .interval_of(told.parse().unwrap())
                .map(|interval| interval.to_string())
        };
        let whole = "2026-11-24T00:00:00.000Z/2026-11-25T00:00:00.000Z";
        let half = "2026-11-24T10:30:00.000Z/2026-11-24T11:00:00.000Z";
        let quarter = "2026-11-24T10:45Z/2026-11-24T11:00Z";
        assert_eq!(find(Granularity::Day, whole).as_deref(), Some(whole));
        assert_eq!(find(Granularity::Day, quarter).as_deref(), Some(whole));
        assert_eq!(find(Granularity::HalfHour, half).as_deref(), Some(half));
        assert_eq!(find(Granularity::HalfHour, quarter).as_deref(), Some(half));
        assert_eq!(find(Granularity::HalfHour, whole), None);
        for outside in [
            "2026-11-23T23:30Z/2026-11-24T00:00Z",
            "2026-11-25T00:00Z/2026-11-25T00:30Z",
            "2026-11-24T23:30Z/2026-11-25T00:30Z",
        ] {
            assert_eq!(find(Granularity::Day, outside), None, "{outside}");
            assert_eq!(find(Granularity::HalfHour, outside), None, "{outside}");
        }
    }
}
