//! The picture of a report: lines where it tells times apart, else bars.

use std::collections::HashMap;

use headcount_core::{
    fact::FactKind,
    segment::{Attribute, Pair, Totals},
};
use jiff::civil::Date;

use super::{
    columns::{Column, average, mean_written},
    report::{Report, days_written, renamed as renamed_as},
    table::{Shown, shown},
};
use crate::{
    app::Sight,
    page::{
        chart::{
            self, Series, Tick,
            bars::{BEFORE, Bar, bars, shortened},
            standalone::INSIDE,
        },
        locale::Locale,
    },
};

/// Bars that are drawn; the table has all.
pub(super) const BARS: usize = 20;
/// Lines that are drawn.
const LINES: usize = 8;
/// Places across at most: more could not be told apart.
const PLACES: usize = 190;
/// Letters of a line's name.
const LETTERS: usize = 40;

/// A picture, and what stands beside it.
pub(super) struct Picture {
    pub(super) svg: String,
    /// How high it is in a file of its own.
    pub(super) height: f64,
    pub(super) legend: Vec<(usize, String)>,
    pub(super) note: Option<String>,
}

/// Draws a report, of which `pairs` are the first rows; nothing where it has none. Bars lead to people only in a page, of which
/// `sight` is the roster.
pub(super) fn picture(
    report: &Report,
    pairs: &[Pair],
    title: &str,
    locale: &Locale,
    sight: Option<&Sight>,
) -> Option<Picture> {
    if report.len() == 0 {
        return None;
    }
    let of_time = report.by.iter().position(|attribute| attribute.is_time());
    Some(match of_time {
        Some(at) => lines(report, at, title, locale),
        None => drawn_bars(
            report,
            &pairs[..pairs.len().min(BARS)],
            title,
            locale,
            sight,
        ),
    })
}

fn drawn_bars(
    report: &Report,
    pairs: &[Pair],
    title: &str,
    locale: &Locale,
    sight: Option<&Sight>,
) -> Picture {
    let kind = report.now.table.kind;
    let of = match kind {
        FactKind::HandleTime => "interactions",
        FactKind::Evaluation => "evaluations",
    };
    let of_rows: Vec<Bar> = pairs
        .iter()
        .map(|&pair| {
            let line = report.line(pair);
            let labels = shown(report, &report.called(pair), sight, locale);
            let name: Vec<&str> = labels.iter().map(|label| label.text.as_str()).collect();
            let count = Column::Count.written(report, &line, locale);
            Bar {
                name: name.join(" · "),
                value: Column::Average.value(report, &line),
                before: Column::Before.value(report, &line),
                more: format!(" · {count} {of}"),
                // Of several attributes, nobody could tell which one it leads to.
                href: match <[Shown; 1]>::try_from(labels) {
                    Ok([only]) => only.href,
                    Err(_) => None,
                },
            }
        })
        .collect();
    let mean = Column::Average.value(report, &report.total());
    let mean = mean.map(|mean| (mean, format!("all {}", mean_written(kind, mean, locale))));
    let drawn = bars(title, &of_rows, mean, |value| {
        mean_written(kind, value, locale)
    });
    let all = report.len();
    Picture {
        svg: drawn.svg,
        height: drawn.height,
        legend: match &report.other {
            Some(other) => vec![
                (0, days_written(report.period, locale)),
                (BEFORE, days_written(other.period, locale)),
            ],
            None => Vec::new(),
        },
        note: (all > BARS).then(|| {
            format!(
                "The first {BARS} of {} segments; the table has all.",
                locale.number(all as u64)
            )
        }),
    }
}

/// A line: its labels, and its sums by place.
struct Summed<'r> {
    labels: Labels<'r>,
    places: Vec<Option<Totals>>,
}

/// The labels of a row beside a time, one for each attribute; none where it is a time.
type Labels<'r> = [&'r str; LABELS];

/// Labels that a row can have beside a time: three attributes, of which a user has two.
const LABELS: usize = 6;

fn lines(report: &Report, of_time: usize, title: &str, locale: &Locale) -> Picture {
    let kind = report.now.table.kind;
    let attribute = report.by[of_time];
    let times = report.calendar.names(attribute, report.period);
    // Of a long period, several days are one place.
    let together = times.len().div_ceil(PLACES).max(1);
    let place: HashMap<&str, usize> = times
        .iter()
        .enumerate()
        .map(|(at, time)| (time.as_str(), at / together))
        .collect();
    let places = times.len().div_ceil(together);
    let rows = report.now.table.rows.iter();
    let rows = rows.map(|row| (&row.values[..], &row.totals));
    let (mut all, segments) = summed(report, rows, of_time, &place, places);
    let mut names: Vec<String> = all.iter().map(|line| name(report, &line.labels)).collect();
    let is_alone = names.len() == 1 && names[0].is_empty();
    // What was before is one more line; beside several nobody would find their way.
    let renamed: Vec<Vec<String>>;
    if is_alone && let Some(other) = &report.other {
        let before = &other.before.table.rows;
        let rows = before.iter();
        let called = rows.map(|row| renamed_as(&report.by, &other.times, &row.values).into_owned());
        renamed = called.collect();
        let rows = renamed.iter().zip(before);
        let rows = rows.map(|(values, row)| (&values[..], &row.totals));
        let (before, _) = summed(report, rows, of_time, &place, places);
        all.extend(before);
        names = [report.period, other.period]
            .map(|of| days_written(of, locale))
            .into();
    }
    let colour = |at: usize| if is_alone && at == 1 { BEFORE } else { at };
    let named = names.iter().enumerate();
    let legend: Vec<(usize, String)> = named
        .filter(|(_, name)| !name.is_empty())
        .map(|(at, name)| (colour(at), name.clone()))
        .collect();
    let value = |totals: &Option<Totals>| average(&totals.as_ref()?.measured(kind));
    let values = all
        .iter()
        .flat_map(|line| line.places.iter().filter_map(value));
    let most = values.fold(0.0, f64::max);
    // An axis of minutes is round where seconds would not be.
    let unit = match kind {
        FactKind::HandleTime if most >= 120.0 => 60.0,
        _ => 1.0,
    };
    let series: Vec<Series<'_>> = all
        .iter()
        .zip(&names)
        .enumerate()
        .map(|(at, (line, name))| Series {
            name,
            colour: colour(at),
            values: line
                .places
                .iter()
                .map(|totals| Some(value(totals)? / unit))
                .collect(),
        })
        .collect();
    let last = places.saturating_sub(1).max(1);
    let ticks: Vec<Tick> = (0..places)
        .map(|at| Tick {
            at: at as f64 / last as f64,
            label: tick(attribute, &times[at * together], locale),
        })
        .collect();
    let svg = chart::lines(title, &ticks, &series, |value| {
        mean_written(kind, value * unit, locale)
    });
    Picture {
        svg,
        // As wide and high as lines are drawn.
        height: INSIDE * 220.0 / 720.0,
        legend,
        note: notes(segments, together),
    }
}

fn notes(segments: usize, together: usize) -> Option<String> {
    let some = (segments > LINES)
        .then(|| format!("The {LINES} largest of {segments} segments; the table has all."));
    let wide = (together > 1)
        .then(|| format!("Each point is the average of {together} beside each other."));
    let notes: Vec<String> = some.into_iter().chain(wide).collect();
    (!notes.is_empty()).then(|| notes.join(" "))
}

/// The largest segments beside time, each with its sums by place, and how many segments there are.
fn summed<'r>(
    report: &Report,
    rows: impl Iterator<Item = (&'r [String], &'r Totals)> + Clone,
    of_time: usize,
    place: &HashMap<&str, usize>,
    places: usize,
) -> (Vec<Summed<'r>>, usize) {
    let kind = report.now.table.kind;
    let labels = |values: &'r [String]| {
        let mut labels = [""; LABELS];
        let known = labels.iter_mut().zip(&report.by).zip(values);
        for ((label, _), value) in known.filter(|((_, by), _)| !by.is_time()) {
            *label = value;
        }
        labels
    };
    let mut counts: HashMap<Labels<'_>, i64> = HashMap::new();
    for (values, totals) in rows.clone() {
        let count = totals.measured(kind).count().unwrap_or_default();
        *counts.entry(labels(values)).or_default() += count;
    }
    let segments = counts.len();
    let mut largest: Vec<(Labels<'_>, i64)> = counts.into_iter().collect();
    largest.sort_unstable_by(|one, two| two.1.cmp(&one.1).then(one.0.cmp(&two.0)));
    largest.truncate(LINES);
    let mut lines: Vec<Summed<'_>> = largest
        .into_iter()
        .map(|(labels, _)| Summed {
            labels,
            places: vec![None; places],
        })
        .collect();
    for (values, totals) in rows {
        let labels = labels(values);
        let line = lines.iter_mut().find(|line| line.labels == labels);
        let at = values
            .get(of_time)
            .and_then(|time| place.get(time.as_str()));
        if let (Some(line), Some(&at)) = (line, at) {
            let sum = line.places[at].take().unwrap_or_default();
            // The sums of all rows were added up before, and fit.
            line.places[at] = sum.plus(totals);
        }
    }
    (lines, segments)
}

/// What a line is called; nothing where it is of everybody.
fn name(report: &Report, labels: &Labels<'_>) -> String {
    let shown = report.by.iter().zip(labels);
    let shown = shown.filter(|(by, _)| !by.is_time() && **by != Attribute::UserId);
    let labels: Vec<&str> = shown.map(|(_, label)| *label).collect();
    shortened(&labels.join(" · "), LETTERS).into_owned()
}

/// What stands under the axis.
fn tick(attribute: Attribute, time: &str, locale: &Locale) -> String {
    match (attribute, time.parse::<Date>()) {
        (Attribute::Day | Attribute::Week, Ok(day)) => locale.short_date(day),
        _ => time.to_owned(),
    }
}
