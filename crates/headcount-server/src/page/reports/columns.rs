//! The columns of a report, and the order of its rows.

use std::cmp::Ordering;

use headcount_core::{
    fact::{FactKind, TRANSFERRED_COUNT},
    segment::{Measured, Pair, Totals},
};

use super::{asked::SortBy, report::Report};
use crate::page::locale::Locale;

/// A column of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Count,
    Average,
    Talk,
    Hold,
    Acw,
    Hours,
    Critical,
    Agents,
    Transfers,
    Share,
    CountBefore,
    Before,
    Change,
}

impl Column {
    /// What links call them.
    pub(super) const NAMES: [(Self, &'static str); 13] = [
        (Self::Count, "count"),
        (Self::Average, "average"),
        (Self::Talk, "talk"),
        (Self::Hold, "hold"),
        (Self::Acw, "acw"),
        (Self::Hours, "hours"),
        (Self::Critical, "critical"),
        (Self::Agents, "agents"),
        (Self::Transfers, "transfers"),
        (Self::Share, "share"),
        (Self::CountBefore, "countBefore"),
        (Self::Before, "before"),
        (Self::Change, "change"),
    ];

    /// The columns of a kind, in their order.
    pub(super) fn all(kind: FactKind, is_compared: bool) -> Vec<Self> {
        let mut all = vec![Self::Count, Self::Average];
        if is_compared {
            all.extend([Self::Before, Self::Change, Self::CountBefore]);
        }
        all.extend_from_slice(match kind {
            FactKind::HandleTime => &[Self::Talk, Self::Hold, Self::Acw, Self::Hours],
            FactKind::Evaluation => &[Self::Critical],
        });
        all.push(Self::Agents);
        if kind == FactKind::HandleTime {
            all.push(Self::Transfers);
        }
        all.push(Self::Share);
        all
    }

    pub(super) fn name(self) -> &'static str {
        let known = Self::NAMES.iter().find(|(of, _)| *of == self);
        known.map_or("", |(_, name)| name)
    }

    /// What stands over it, and what it means.
    pub(super) fn title(self, kind: FactKind) -> (&'static str, &'static str) {
        let is_time = kind == FactKind::HandleTime;
        match self {
            Self::Count if is_time => ("Interactions", "Interactions handled"),
            Self::Count => ("Evaluations", "Evaluations of the agents"),
            Self::Average if is_time => {
                ("AHT", "Average handle time: handle time over interactions")
            }
            Self::Average => ("Score", "Average score, in points"),
            Self::Talk => ("Talk", "Average talk of interactions with any"),
            Self::Hold => ("Hold", "Average hold of interactions with any"),
            Self::Acw => ("ACW", "Average after-call work of interactions with any"),
            Self::Hours => ("Hours", "Handle time, in hours"),
            Self::Critical => ("Critical", "Average critical score, in points"),
            Self::Agents => ("Agents", "Users with facts"),
            Self::Transfers => ("Transfers", "Interactions transferred, of those handled"),
            Self::Share => ("Share", "Part of all that is counted in segments"),
            Self::CountBefore if is_time => ("Inter. before", "Interactions in the other period"),
            Self::CountBefore => ("Eval. before", "Evaluations in the other period"),
            Self::Before if is_time => ("AHT before", "Average handle time in the other period"),
            Self::Before => ("Score before", "Average score in the other period"),
            Self::Change => ("Change", "How much more or less than in the other period"),
        }
    }

    /// Its number in a row; nothing where it is not known.
    pub(super) fn value(self, report: &Report, line: &Line<'_>) -> Option<f64> {
        let kind = report.now.table.kind;
        let now = line.now.map(|totals| totals.measured(kind));
        let before = line.before.map(|totals| totals.measured(kind));
        let number = |count: Option<i64>| count.map(|count| count as f64);
        match (self, now) {
            (Self::CountBefore, _) => number(before?.count()),
            (Self::Before, _) => average(&before?),
            (Self::Change, now) => Some(average(&now?)? - average(&before?)?),
            (Self::Count, Some(now)) => number(now.count()),
            (Self::Average, Some(now)) => average(&now),
            (Self::Talk, Some(Measured::HandleTime { talk_s, .. })) => talk_s,
            (Self::Hold, Some(Measured::HandleTime { hold_s, .. })) => hold_s,
            (Self::Acw, Some(Measured::HandleTime { acw_s, .. })) => acw_s,
            (Self::Hours, Some(Measured::HandleTime { sum_ms, .. })) => {
                Some(number(sum_ms)? / MS_PER_HOUR)
            }
            (Self::Critical, Some(Measured::Evaluation { critical_score, .. })) => critical_score,
            (Self::Agents, _) => Some(line.now?.agents as f64),
            (Self::Transfers, Some(now)) => transfers(line.now?, &now),
            (Self::Share, _) => report.now.table.share(line.now?),
            _ => None,
        }
    }

    /// Its number as a reader of a locale reads it.
    pub(super) fn written(self, report: &Report, line: &Line<'_>, locale: &Locale) -> String {
        let Some(value) = self.value(report, line) else {
            return NOTHING.to_owned();
        };
        let kind = report.now.table.kind;
        match self {
            Self::Count | Self::CountBefore | Self::Agents => locale.decimal(value, 0),
            Self::Talk | Self::Hold | Self::Acw => locale.clock(value),
            Self::Average | Self::Before => mean_written(kind, value, locale),
            Self::Hours | Self::Critical => locale.decimal(value, 1),
            Self::Transfers | Self::Share => percent(value, locale),
            Self::Change => {
                let before = Self::Before.value(report, line).unwrap_or_default();
                change_written(kind, value, before, locale)
            }
        }
    }
}

const MS_PER_HOUR: f64 = 3_600_000.0;

/// What stands where a number is not known.
pub(super) const NOTHING: &str = "–";

/// The sums of one row.
#[derive(Clone, Copy)]
pub(super) struct Line<'r> {
    pub(super) now: Option<&'r Totals>,
    pub(super) before: Option<&'r Totals>,
}

/// The number that reports are about: seconds, or points.
pub(super) fn average(measured: &Measured) -> Option<f64> {
    match measured {
        Measured::HandleTime { aht_s, .. } => *aht_s,
        Measured::Evaluation { score, .. } => *score,
    }
}

/// The part of the interactions that were transferred, 0 to 1; nothing where nobody counted.
fn transfers(totals: &Totals, measured: &Measured) -> Option<f64> {
    let transferred = totals.sum(TRANSFERRED_COUNT)?;
    let handled = measured.count().filter(|handled| *handled > 0)?;
    Some(transferred as f64 / handled as f64)
}

/// An average as it is read: minutes and seconds, or points.
pub(super) fn mean_written(kind: FactKind, value: f64, locale: &Locale) -> String {
    match kind {
        FactKind::HandleTime => locale.clock(value),
        FactKind::Evaluation => locale.decimal(value, 1),
    }
}

fn percent(part: f64, locale: &Locale) -> String {
    format!("{} %", locale.decimal(part * 100.0, 1))
}

/// A difference with an arrow and a sign, and the part that it is of what was before.
fn change_written(kind: FactKind, change: f64, before: f64, locale: &Locale) -> String {
    let size = mean_written(kind, change.abs(), locale);
    if size == mean_written(kind, 0.0, locale) {
        return format!("= {size}");
    }
    let (arrow, sign) = match change > 0.0 {
        true => ('▲', '+'),
        false => ('▼', '−'),
    };
    match before > 0.0 {
        true => {
            let part = percent((change / before).abs(), locale);
            format!("{arrow} {sign}{size} ({sign}{part})")
        }
        false => format!("{arrow} {sign}{size}"),
    }
}

/// The first rows of a report in an order, as many as `most`; those without a number come last in
/// any.
pub(super) fn ordered(
    report: &Report,
    sort: Option<SortBy>,
    is_descending: bool,
    most: usize,
) -> Vec<Pair> {
    let all = report.len();
    let end = most.min(all);
    let Some(sort) = sort else {
        return (0..end).map(|at| report.pair(at)).collect();
    };
    let in_order = |order: Ordering| match is_descending {
        true => order.reverse(),
        false => order,
    };
    let places = match sort {
        SortBy::Name => {
            let names = report.names();
            let called = |at: usize| (report.called(report.pair(at)), at);
            let called = first((0..all).map(called).collect(), end, |one, two| {
                let by_name = names.iter().map(|&at| one.0.get(at).cmp(&two.0.get(at)));
                let by_name = by_name.fold(Ordering::Equal, Ordering::then);
                in_order(by_name).then(one.1.cmp(&two.1))
            });
            called.into_iter().map(|(_, at)| at).collect()
        }
        SortBy::Column(column) => {
            let value = |at: usize| column.value(report, &report.line(report.pair(at)));
            let valued: Vec<(Option<f64>, usize)> = (0..all).map(|at| (value(at), at)).collect();
            let valued = first(valued, end, |one, two| {
                let by_value = match (one.0, two.0) {
                    (Some(one), Some(two)) => in_order(one.total_cmp(&two)),
                    (one, two) => two.is_some().cmp(&one.is_some()),
                };
                by_value.then(one.1.cmp(&two.1))
            });
            valued.into_iter().map(|(_, at)| at).collect::<Vec<_>>()
        }
    };
    places.into_iter().map(|at| report.pair(at)).collect()
}

/// The first `end` in an order: of many rows only those of a page are sorted.
fn first<T>(mut all: Vec<T>, end: usize, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    if end == 0 {
        return Vec::new();
    }
    if end < all.len() {
        all.select_nth_unstable_by(end - 1, &compare);
        all.truncate(end);
    }
    all.sort_unstable_by(&compare);
    all
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn changes_have_a_sign_and_an_arrow() {
        let locale = Locale::new(None, Some("en"), TimeZone::UTC, 0);
        let told = |change, before| change_written(FactKind::HandleTime, change, before, &locale);
        assert_eq!(told(12.0, 240.0), "▲ +0:12 (+5.0 %)");
        assert_eq!(told(-75.0, 300.0), "▼ −1:15 (−25.0 %)");
        assert_eq!(told(0.3, 300.0), "= 0:00");
        assert_eq!(told(5.0, 0.0), "▲ +0:05");
        let score = change_written(FactKind::Evaluation, -0.04, 80.0, &locale);
        assert_eq!(score, "= 0.0");
    }

    #[test]
    fn the_first_of_many_are_those_of_all_in_order() {
        let all = vec![5, 3, 9, 1, 7, 2];
        for end in 0..=6 {
            let mut wanted = all.clone();
            wanted.sort_unstable();
            wanted.truncate(end);
            assert_eq!(first(all.clone(), end, Ord::cmp), wanted);
        }
    }

    #[test]
    fn every_column_has_a_name_of_its_own() {
        for kind in FactKind::ALL {
            for column in Column::all(kind, true) {
                let same = Column::NAMES
                    .iter()
                    .filter(|(_, name)| *name == column.name());
                assert_eq!(same.count(), 1, "{column:?}");
                assert!(!column.title(kind).0.is_empty());
            }
        }
    }
}
