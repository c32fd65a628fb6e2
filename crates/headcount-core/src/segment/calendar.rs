//! Days, weeks and months of a business: its time zone, and the day that its week starts on.

use jiff::{
    Timestamp,
    civil::{Date, Weekday},
    tz::TimeZone,
};

use super::{Attribute, Period};

/// The calendar that a report is in.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    /// The time zone that days start in.
    pub zone: TimeZone,
    /// The day that weeks start on.
    pub week_start: Weekday,
}

/// How finely facts are told apart by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grain {
    /// Not at all.
    Whole,
    Day,
    Week,
    Month,
}

/// The day that stands for all time, where time is not asked for.
pub(super) const ANY_DAY: i32 = i32::MIN;

impl Calendar {
    /// The first moment of a day in this calendar, ms UTC; `None` past the ends of time.
    #[must_use]
    pub fn start_of(&self, date: Date) -> Option<i64> {
        let midnight = date.to_datetime(jiff::civil::Time::midnight());
        let start = self.zone.to_ambiguous_zoned_datetime(midnight);
        Some(start.compatible().ok()?.timestamp().as_millisecond())
    }

    /// The day that a moment is on.
    #[must_use]
    pub fn day_of(&self, ms: i64) -> Date {
        let time = Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        });
        self.zone.to_datetime(time).date()
    }

    /// The first day of the stretch that a day is in, as days since 1970.
    pub(super) fn bucket(&self, grain: Grain, ms: i64) -> i32 {
        let day = self.day_of(ms);
        number(match grain {
            Grain::Whole => return ANY_DAY,
            Grain::Day => day,
            Grain::Week => self.week_of(day),
            Grain::Month => day.first_of_month(),
        })
    }

    /// What a reader calls the stretch of an attribute that a day is in.
    pub(super) fn name(&self, attribute: Attribute, day: i32) -> String {
        let day = date(day);
        match attribute {
            Attribute::Month => day.strftime("%Y-%m").to_string(),
            Attribute::Week => self.week_of(day).to_string(),
            _ => day.to_string(),
        }
    }

    /// What the days, weeks or months that a period touches are called, in order.
    #[must_use]
    pub fn names(&self, attribute: Attribute, period: Period) -> Vec<String> {
        let days = period.days().map(number);
        let mut names: Vec<String> = days.map(|day| self.name(attribute, day)).collect();
        names.dedup();
        names
    }

    fn week_of(&self, day: Date) -> Date {
        let past = day.weekday().since(self.week_start);
        let back = jiff::Span::new().days(i64::from(past));
        day.checked_sub(back).unwrap_or(day)
    }
}

impl Grain {
    /// The finest grain that all of `by` can be read from.
    pub(super) fn of(by: &[Attribute]) -> Self {
        let asks = |attribute| by.contains(&attribute);
        match (
            asks(Attribute::Day),
            asks(Attribute::Week),
            asks(Attribute::Month),
        ) {
            (false, false, false) => Self::Whole,
            (false, true, false) => Self::Week,
            (false, false, true) => Self::Month,
            // A week may lie in two months.
            _ => Self::Day,
        }
    }
}

const EPOCH: Date = Date::constant(1970, 1, 1);

fn number(day: Date) -> i32 {
    EPOCH.until(day).map_or(0, |span| span.get_days())
}

fn date(number: i32) -> Date {
    EPOCH
        .checked_add(jiff::Span::new().days(number))
        .unwrap_or(EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_start_in_the_zone_and_weeks_on_the_day() {
        let riyadh = Calendar {
            zone: TimeZone::get("Asia/Riyadh").unwrap(),
            week_start: Weekday::Sunday,
        };
        let ms = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let late = ms("2026-10-31T21:30:00Z");
        let name = |attribute, grain| riyadh.name(attribute, riyadh.bucket(grain, late));
        assert_eq!(name(Attribute::Day, Grain::Day), "2026-11-01");
        assert_eq!(name(Attribute::Month, Grain::Month), "2026-11");
        assert_eq!(name(Attribute::Week, Grain::Week), "2026-11-01");
        let saturday = ms("2026-10-31T20:59:59Z");
        assert_eq!(
            riyadh.name(Attribute::Week, riyadh.bucket(Grain::Week, saturday)),
            "2026-10-25"
        );
        assert_eq!(
            riyadh.start_of(Date::constant(2026, 11, 1)),
            Some(ms("2026-10-31T21:00:00Z"))
        );
    }

    #[test]
    fn a_period_names_its_stretches_in_order() {
        let calendar = Calendar {
            zone: TimeZone::UTC,
            week_start: Weekday::Monday,
        };
        let period = Period {
            from: Date::constant(2026, 10, 31),
            to: Date::constant(2026, 11, 2),
        };
        let names = |attribute| calendar.names(attribute, period).join(" ");
        assert_eq!(names(Attribute::Day), "2026-10-31 2026-11-01 2026-11-02");
        assert_eq!(names(Attribute::Week), "2026-10-26 2026-11-02");
        assert_eq!(names(Attribute::Month), "2026-10 2026-11");
    }

    #[test]
    fn a_week_in_two_months_is_told_by_its_days() {
        assert_eq!(Grain::of(&[Attribute::Week, Attribute::Month]), Grain::Day);
        assert_eq!(Grain::of(&[Attribute::Month]), Grain::Month);
        assert_eq!(Grain::of(&[Attribute::Media]), Grain::Whole);
    }
}
