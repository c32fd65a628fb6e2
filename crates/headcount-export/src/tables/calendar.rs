//! `dim_date`: the days that facts and versions are of.

use std::io;

use headcount_core::segment::Calendar;
use jiff::{ToSpan, civil::Date};

use super::{in_batches, numbers};
use crate::{
    values::{Texts, Values},
    write::Writer,
};

/// Days from the first to the last, in a calendar.
#[derive(Clone, Debug)]
pub(crate) struct Days {
    pub(crate) first: Date,
    pub(crate) last: Date,
    pub(crate) calendar: Calendar,
}

impl Days {
    /// Writes a row for each.
    pub(super) fn write(&self, writer: &mut Writer) -> io::Result<()> {
        let days = self
            .first
            .series(1.day())
            .take_while(|day| *day <= self.last);
        let days: Vec<Date> = days.collect();
        let months: Texts = days
            .iter()
            .map(|day| Some(day.strftime("%Y-%m").to_string()))
            .collect();
        let places: Vec<u32> = (0..u32::try_from(days.len()).unwrap_or(u32::MAX)).collect();
        let of = |place: u32| days[place as usize];
        let start = |day: Date| self.calendar.start_of(day);
        in_batches(&places, writer, |places| {
            vec![
                numbers(places, |place| Some(days_since_1970(of(place)))),
                numbers(places, |place| Some(i64::from(of(place).year()))),
                numbers(places, |place| Some(i64::from((of(place).month() + 2) / 3))),
                Values::Text(&months, places.to_vec()),
                numbers(places, |place| Some(i64::from(of(place).month()))),
                numbers(places, |place| {
                    let since = self.calendar.week_start;
                    let into = of(place).weekday().since(since);
                    Some(days_since_1970(of(place)) - i64::from(into))
                }),
                numbers(places, |place| {
                    Some(i64::from(of(place).weekday().to_monday_one_offset()))
                }),
                numbers(places, |place| start(of(place)).or(Some(i64::MIN))),
                numbers(places, |place| {
                    let next = of(place).tomorrow().ok().and_then(start);
                    next.or(Some(i64::MAX))
                }),
            ]
        })
    }
}

/// Days from 1970-01-01 to a date.
pub(crate) fn days_since_1970(date: Date) -> i64 {
    let since = jiff::civil::date(1970, 1, 1).until(date);
    since.map_or(0, |since| i64::from(since.get_days()))
}
