//! Reads an answer of an aggregate query into facts, in every shape that upstream may send
//! (contract `facts.md`, *Shape, both queries*).

mod number;
mod shape;

use std::collections::HashMap;

use serde::de::IgnoredAny;

use super::{Fact, FactKind, MEASURES, Stat, interval::Interval};
pub use super::{interval::IntervalError, sum::SumError};
pub use number::NumberError;
use shape::{Body, Bucket, Metric};

/// An answer, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it counts.
    pub kind: FactKind,
    /// One fact for each interval, user and media type, in that order; those that upstream told
    /// several times (other dimensions, qualifiers) are added up. Rows without any measure of the
    /// kind are left out.
    pub facts: Vec<Fact>,
}

/// Why an answer can't be read. Never holds any of its text; `at` is the place in the JSON, such
/// as `results[3].data[0].metrics[1].stats.sum`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Bytes that are not UTF-8.
    #[error("the answer is not UTF-8 text")]
    NotText,
    /// The text ends too early.
    #[error("the answer is cut off at line {line}, column {column}")]
    CutOff {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// Not JSON, or JSON of another shape.
    #[error("line {line}, column {column}: not the JSON of an aggregate answer")]
    Shape {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// An error that upstream answered.
    #[error("an error of upstream (status {status}) instead of an answer")]
    ErrorBody {
        /// Its status.
        status: u16,
    },
    /// No metric tells what is counted, and nobody said it.
    #[error("no metric tells whether the answer is about handle time or evaluations")]
    UnknownKind,
    /// Metrics of both kinds.
    #[error("the answer holds metrics of handle time and of evaluations")]
    BothKinds,
    /// Metrics of the other kind only.
    #[error("the answer holds metrics of {}, not of {}", .found.name(), .asked.name())]
    OtherKind {
        /// What it should count.
        asked: FactKind,
        /// What it counts.
        found: FactKind,
    },
    /// No interval, neither there nor given.
    #[error("{at} has no interval")]
    NoInterval {
        /// Where.
        at: String,
    },
    /// An interval that can't be used.
    #[error("{at}.interval can't be used")]
    Interval {
        /// Where.
        at: String,
        /// Why.
        #[source]
        source: IntervalError,
    },
    /// A number that can't be used.
    #[error("{at} can't be used")]
    Number {
        /// Where.
        at: String,
        /// Why.
        #[source]
        source: NumberError,
    },
    /// Numbers that no longer fit when added.
    #[error("{at} can't be added")]
    Sum {
        /// The last one added.
        at: String,
        /// Why.
        #[source]
        source: SumError,
    },
}

impl Answer {
    /// Reads an answer. `kind` is told by the metrics where it is not given; `interval` stands in
    /// for those that the answer leaves out.
    ///
    /// # Errors
    /// [`AnswerError`]; nothing is read in part.
    pub fn parse(
        body: &[u8],
        kind: Option<FactKind>,
        interval: Option<Interval>,
    ) -> Result<Self, AnswerError> {
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        let text = str::from_utf8(body).map_err(|_| AnswerError::NotText)?;
        let body: Body<'_> = serde_json::from_str(text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            if error.is_eof() {
                AnswerError::CutOff { line, column }
            } else {
                AnswerError::Shape { line, column }
            }
        })?;
        match (&body.results, body.status) {
            (None, Some(status)) => return Err(AnswerError::ErrorBody { status }),
            // An answer may leave its rows out; JSON about something else is not an empty answer.
            (None, None) if !is_bare(text) => {
                return Err(AnswerError::Shape { line: 1, column: 1 });
            }
            _ => {}
        }
        let kind = kind_of(&body, kind)?;
        let mut parts = Vec::new();
        let mut intervals = HashMap::new();
        for (row, result) in body.results.into_iter().flatten().enumerate() {
            let group = result.group.unwrap_or_default();
            for (place, bucket) in result.data.into_iter().flatten().enumerate() {
                let place = Place { row, bucket: place };
                let Some(mut part) = Part::read(kind, place, &bucket)? else {
                    continue;
                };
                let within = interval_of(place, bucket.interval, interval, &mut intervals)?;
                part.fact.start_ms = within.start_ms;
                part.fact.end_ms = within.end_ms;
                part.fact.user_id.clone_from(&group.user_id);
                part.fact.media_type.clone_from(&group.media_type);
                parts.push(part);
            }
        }
        Ok(Self {
            kind,
            facts: added(kind, parts)?,
        })
    }
}

/// Whether an object has no other member than its rows.
fn is_bare(text: &str) -> bool {
    let members: Result<HashMap<String, IgnoredAny>, _> = serde_json::from_str(text);
    members.is_ok_and(|members| members.keys().all(|name| name == "results"))
}

/// What the metrics say that is counted, where they agree with what was `asked`.
fn kind_of(body: &Body<'_>, asked: Option<FactKind>) -> Result<FactKind, AnswerError> {
    let results = body.results.iter().flatten();
    let buckets = results.flat_map(|result| result.data.iter().flatten());
    let metrics = buckets.flat_map(|bucket| bucket.metrics.iter().flatten());
    let mut found = [false; FactKind::ALL.len()];
    for metric in metrics {
        for (kind, found) in FactKind::ALL.into_iter().zip(&mut found) {
            *found |= !*found
                && kind
                    .measures()
                    .iter()
                    .any(|known| known.metric == metric.name());
        }
    }
    let told = match found {
        [true, true] => return Err(AnswerError::BothKinds),
        [true, false] => Some(FactKind::HandleTime),
        [false, true] => Some(FactKind::Evaluation),
        [false, false] => None,
    };
    match (asked, told) {
        (Some(asked), Some(found)) if asked != found => {
            Err(AnswerError::OtherKind { asked, found })
        }
        (Some(kind), _) | (None, Some(kind)) => Ok(kind),
        (None, None) => Err(AnswerError::UnknownKind),
    }
}

/// Where a bucket stands in the answer.
#[derive(Clone, Copy)]
struct Place {
    row: usize,
    bucket: usize,
}

impl Place {
    fn at(self) -> String {
        format!("results[{}].data[{}]", self.row, self.bucket)
    }
}

fn interval_of(
    place: Place,
    text: Option<String>,
    given: Option<Interval>,
    known: &mut HashMap<String, Interval>,
) -> Result<Interval, AnswerError> {
    let Some(text) = text else {
        return given.ok_or_else(|| AnswerError::NoInterval { at: place.at() });
    };
    if let Some(interval) = known.get(&text) {
        return Ok(*interval);
    }
    let interval = text.parse().map_err(|source| AnswerError::Interval {
        at: place.at(),
        source,
    })?;
    known.insert(text, interval);
    Ok(interval)
}

/// What one bucket tells.
struct Part {
    fact: Fact,
    place: Place,
}

impl Part {
    /// `None` where the bucket has no measure of the kind.
    fn read(
        kind: FactKind,
        place: Place,
        bucket: &Bucket<'_>,
    ) -> Result<Option<Self>, AnswerError> {
        let mut fact = Fact::default();
        for (at, metric) in bucket.metrics.iter().flatten().enumerate() {
            let at = || format!("{}.metrics[{at}]", place.at());
            let told = measures_of(kind, metric, &at)?;
            fact.add(kind, &told)
                .map_err(|source| AnswerError::Sum { at: at(), source })?;
        }
        let told = fact.measures != [None; MEASURES];
        Ok(told.then_some(Self { fact, place }))
    }
}

/// The measures that one metric tells.
fn measures_of(
    kind: FactKind,
    metric: &Metric<'_>,
    at: &dyn Fn() -> String,
) -> Result<Fact, AnswerError> {
    let mut fact = Fact::default();
    let Some(stats) = &metric.stats else {
        return Ok(fact);
    };
    for (measure, value) in kind.measures().iter().zip(&mut fact.measures) {
        if measure.metric != metric.name() {
            continue;
        }
        let (raw, stat) = match measure.stat {
            Stat::Count => (stats.count, "count"),
            Stat::SumMs | Stat::SumMicro => (stats.sum, "sum"),
        };
        let Some(raw) = raw else { continue };
        let read = match measure.stat {
            Stat::Count => number::whole(raw.get()),
            Stat::SumMs => number::decimal(raw.get(), 0),
            Stat::SumMicro => number::decimal(raw.get(), 6),
        };
        *value = Some(read.map_err(|source| AnswerError::Number {
            at: format!("{}.stats.{stat}", at()),
            source,
        })?);
    }
    Ok(fact)
}

/// Adds up the parts that are about the same interval, user and media type.
fn added(kind: FactKind, mut parts: Vec<Part>) -> Result<Vec<Fact>, AnswerError> {
    // Stable, so that an error names the same place every time.
    parts.sort_by(|one, two| one.fact.key().cmp(&two.fact.key()));
    let mut sums: Vec<Fact> = Vec::with_capacity(parts.len());
    for Part { fact, place } in parts {
        match sums.last_mut() {
            Some(last) if last.key() == fact.key() => {
                last.add(kind, &fact).map_err(|source| AnswerError::Sum {
                    at: place.at(),
                    source,
                })?;
            }
            _ => sums.push(fact),
        }
    }
    Ok(sums)
}
