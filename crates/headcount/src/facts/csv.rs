//! Facts as CSV: a header names the columns, in any order. Only the measures that are there need a
//! column; an empty cell is "nothing, or not applicable".

use std::path::Path;

use headcount_core::fact::{Fact, FactKind, MICRO, Measure, Stat};
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use super::read::{Take, Ways};
use crate::tabular::{Known, Mapping, Row, Rows, TabularError};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Start,
    End,
    User,
    Media,
    /// A measure, by its name.
    Measure(&'static str),
}

const KNOWN: [Known<Column>; 22] = [
    (Column::Start, &["intervalstart", "start", "from"]),
    (Column::End, &["intervalend", "end", "to"]),
    (Column::User, &["userid", "agentid"]),
    (Column::Media, &["mediatype", "media"]),
    (Column::Measure("handle_count"), &["handlecount"]),
    (Column::Measure("handle_sum_ms"), &["handlesumms"]),
    (Column::Measure("talk_count"), &["talkcount"]),
    (Column::Measure("talk_sum_ms"), &["talksumms"]),
    (Column::Measure("held_count"), &["heldcount"]),
    (Column::Measure("held_sum_ms"), &["heldsumms"]),
    (Column::Measure("acw_count"), &["acwcount"]),
    (Column::Measure("acw_sum_ms"), &["acwsumms"]),
    (Column::Measure("answered_count"), &["answeredcount"]),
    (Column::Measure("transferred_count"), &["transferredcount"]),
    (Column::Measure("outbound_count"), &["outboundcount"]),
    (Column::Measure("evaluation_count"), &["evaluationcount"]),
    (Column::Measure("score_count"), &["scorecount"]),
    (Column::Measure("score_sum"), &["scoresum"]),
    (
        Column::Measure("critical_score_count"),
        &["criticalscorecount"],
    ),
    (Column::Measure("critical_score_sum"), &["criticalscoresum"]),
    (Column::Measure("deleted_count"), &["deletedcount"]),
    (Column::Measure("rescored_count"), &["rescoredcount"]),
];

/// Reads a file row by row.
pub(super) fn read(path: &Path, ways: &Ways, take: &mut Take<'_>) -> anyhow::Result<Vec<String>> {
    let mut rows = Rows::open(path).map_err(TabularError::into_failure)?;
    let mapping = Mapping::of(&rows, &KNOWN).map_err(TabularError::into_failure)?;
    let columns = Columns::find(rows.name(), &mapping, ways).map_err(TabularError::into_failure)?;
    let mut times = Times {
        zone: &ways.zone,
        last: [(String::new(), 0), (String::new(), 0)],
    };
    while let Some(row) = rows.next().map_err(TabularError::into_failure)? {
        let fact = columns.fact(&row, ways, &mut times);
        if let Some(fact) = fact.map_err(TabularError::into_failure)? {
            take(columns.kind, fact)?;
        }
    }
    Ok(mapping.unknown)
}

/// Where everything stands.
struct Columns {
    kind: FactKind,
    start: Option<usize>,
    end: Option<usize>,
    user: usize,
    media: Option<usize>,
    /// By place among the measures of the kind.
    measures: Vec<(usize, &'static Measure, usize)>,
}

impl Columns {
    fn find(name: &str, mapping: &Mapping<Column>, ways: &Ways) -> Result<Self, TabularError> {
        let wrong = |message: String| TabularError::Wrong {
            name: name.to_owned(),
            line: 1,
            column: None,
            message,
        };
        let missing = |name| wrong(format!("the header has no column {name}; add it"));
        let measures = |kind: FactKind| -> Vec<_> {
            let measures = kind.measures().iter().enumerate();
            let found = measures.filter_map(|(place, measure)| {
                let column = mapping.column(Column::Measure(measure.name))?;
                Some((place, measure, column))
            });
            found.collect()
        };
        let mut kinds = FactKind::ALL.into_iter().filter(|kind| {
            ways.kind.is_none_or(|wanted| wanted == *kind) && !measures(*kind).is_empty()
        });
        let kind = match (kinds.next(), kinds.next()) {
            (Some(kind), None) => kind,
            (None, _) => {
                return Err(wrong(
                    "the header has no column with a measure, such as handle_count".to_owned(),
                ));
            }
            (Some(_), Some(_)) => {
                return Err(wrong(
                    "the header has measures of both kinds of facts; say with --kind which to read"
                        .to_owned(),
                ));
            }
        };
        let (start, end) = (mapping.column(Column::Start), mapping.column(Column::End));
        if start.is_none() && (end.is_some() || ways.interval.is_none()) {
            return Err(missing("interval_start"));
        }
        if end.is_none() && start.is_some() {
            return Err(missing("interval_end"));
        }
        Ok(Self {
            kind,
            start,
            end,
            user: mapping
                .column(Column::User)
                .ok_or_else(|| missing("user_id"))?,
            media: mapping.column(Column::Media),
            measures: measures(kind),
        })
    }

    /// The fact of a row; `None` where the row has no number.
    fn fact(
        &self,
        row: &Row<'_>,
        ways: &Ways,
        times: &mut Times<'_>,
    ) -> Result<Option<Fact>, TabularError> {
        let text = |column: usize| Some(row.cell(column)).filter(|text| !text.is_empty());
        let mut fact = Fact {
            user_id: text(self.user).map(str::to_owned),
            media_type: self.media.and_then(text).map(str::to_owned),
            ..Fact::default()
        };
        match (self.start, self.end, ways.interval) {
            (Some(start), Some(end), _) => {
                fact.start_ms = times.read(0, row, start)?;
                fact.end_ms = times.read(1, row, end)?;
                if fact.end_ms <= fact.start_ms {
                    return Err(row.wrong(end, "the interval ends before it starts"));
                }
            }
            (.., Some(interval)) => {
                (fact.start_ms, fact.end_ms) = (interval.start_ms, interval.end_ms)
            }
            (.., None) => return Ok(None),
        }
        let mut some = false;
        for (place, measure, column) in &self.measures {
            if let Some(text) = text(*column) {
                let number = number(text, measure.stat);
                fact.measures[*place] = Some(number.map_err(|what| row.wrong(*column, what))?);
                some = true;
            }
        }
        Ok(some.then_some(fact))
    }
}

/// Reads times. Those of a row are mostly those of the row before.
struct Times<'a> {
    zone: &'a TimeZone,
    last: [(String, i64); 2],
}

impl Times<'_> {
    fn read(&mut self, which: usize, row: &Row<'_>, column: usize) -> Result<i64, TabularError> {
        let text = row.cell(column);
        let (last, moment) = &mut self.last[which];
        if last.as_str() != text || text.is_empty() {
            let read = time(text, self.zone).ok_or_else(|| {
                row.wrong(
                    column,
                    "not an ISO-8601 time, as 2026-11-24T00:00:00Z; without an offset it is meant in --timezone",
                )
            })?;
            text.clone_into(last);
            *moment = read;
        }
        Ok(*moment)
    }
}

/// ms UTC of a time with an offset, or without one in a time zone; a date is its start.
fn time(text: &str, zone: &TimeZone) -> Option<i64> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let local = match text.parse::<DateTime>() {
        Ok(local) => local,
        Err(_) => text.parse::<Date>().ok()?.at(0, 0, 0, 0),
    };
    Some(zone.to_timestamp(local).ok()?.as_millisecond())
}

/// A number as facts have it: whole, or a sum of scores in millionths.
fn number(text: &str, stat: Stat) -> Result<i64, &'static str> {
    const TOO_LARGE: &str = "the number is too large";
    if text.starts_with('-') {
        return Err("a number of a fact is never negative");
    }
    let is_whole = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if stat != Stat::SumMicro {
        if !is_whole(text) {
            return Err("not a whole number, as 1113 without blanks, points or commas");
        }
        return text.parse().map_err(|_| TOO_LARGE);
    }
    let (points, decimals) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    if !is_whole(points) || !is_whole(decimals) || decimals.len() > 6 {
        return Err("not a sum of scores with at most six decimals, as 87.5");
    }
    let millionths: i64 = format!("{decimals:0<6}").parse().map_err(|_| TOO_LARGE)?;
    let points: i64 = points.parse().map_err(|_| TOO_LARGE)?;
    points
        .checked_mul(MICRO)
        .and_then(|points| points.checked_add(millionths))
        .ok_or(TOO_LARGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_has_its_column() {
        for measure in FactKind::ALL.iter().flat_map(|kind| kind.measures()) {
            let known = KNOWN
                .iter()
                .find(|(of, _)| *of == Column::Measure(measure.name));
            let plain = measure.name.replace('_', "");
            assert_eq!(known.map(|(_, names)| *names), Some(&[plain.as_str()][..]));
        }
    }

    #[test]
    fn numbers_are_exact_or_refused() {
        let count = |text| number(text, Stat::Count);
        assert_eq!(count("9223372036854775807"), Ok(i64::MAX));
        assert_eq!(count("007"), Ok(7));
        for text in [
            "9223372036854775808",
            "-1",
            "1.5",
            "1,000",
            "1e3",
            "+1",
            "x",
            "1 000",
        ] {
            assert!(count(text).is_err(), "{text}");
        }
        let score = |text| number(text, Stat::SumMicro);
        assert_eq!(score("87.5"), Ok(87_500_000));
        assert_eq!(score("87,000001"), Ok(87_000_001));
        assert_eq!(score("0"), Ok(0));
        for text in [
            "1.0000001",
            ".5",
            "5.",
            "-1",
            "1.2.3",
            "9999999999999",
            "1e9",
        ] {
            assert!(score(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_without_an_offset_are_local() {
        let zone = TimeZone::get("Asia/Riyadh").unwrap();
        let utc = time("2026-11-23T21:00:00Z", &zone);
        assert!(utc.is_some());
        for text in [
            "2026-11-24",
            "2026-11-24T00:00",
            "2026-11-24 00:00:00",
            "2026-11-24T00:00:00+03:00",
            "2026-11-23T21:00:00.000Z",
        ] {
            assert_eq!(time(text, &zone), utc, "{text}");
        }
        for text in ["", "24.11.2026", "1764018000000"] {
            assert_eq!(time(text, &zone), None, "{text}");
        }
    }
}
