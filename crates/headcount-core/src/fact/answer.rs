//! Reads an answer of an aggregate query into facts, in every shape that upstream may send
//! (contract `facts.md`, *Shape, both queries*).

mod number;
mod shape;

use std::collections::HashMap;

pub use super::interval::IntervalError;
use super::{Fact, FactKind, MEASURES, Stat, interval::Interval};
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
    #[error("{at}: the sum of `{measure}` no longer fits in 64 bits")]
    Sum {
        /// The last one added.
        at: String,
        /// Name of the measure.
        measure: &'static str,
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
        if let (None, Some(status)) = (&body.results, body.status) {
            return Err(AnswerError::ErrorBody { status });
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
    /// Sums that upstream left out although it counted something: bit per measure. Added to others
    /// they make the whole sum unknown, since it would not belong to the count.
    unknown: u16,
}

impl Part {
    /// `None` where the bucket has no measure of the kind.
    fn read(
        kind: FactKind,
        place: Place,
        bucket: &Bucket<'_>,
    ) -> Result<Option<Self>, AnswerError> {
        let mut part = Self {
            fact: Fact::default(),
            place,
            unknown: 0,
        };
        for (at, metric) in bucket.metrics.iter().flatten().enumerate() {
            part.take(kind, metric, at)?;
        }
        part.forget_unknown();
        Ok((part.fact.measures != [None; MEASURES]).then_some(part))
    }

    fn take(&mut self, kind: FactKind, metric: &Metric<'_>, at: usize) -> Result<(), AnswerError> {
        let Some(stats) = &metric.stats else {
            return Ok(());
        };
        for (number, measure) in kind.measures().iter().enumerate() {
            if measure.metric != metric.name() {
                continue;
            }
            let (raw, stat) = match measure.stat {
                Stat::Count => (stats.count, "count"),
                Stat::SumMs | Stat::SumMicro => (stats.sum, "sum"),
            };
            let Some(raw) = raw else {
                let counted =
                    |count: &serde_json::value::RawValue| number::whole(count.get()) != Ok(0);
                if stat == "sum" && stats.count.is_some_and(counted) {
                    self.unknown |= 1 << number;
                }
                continue;
            };
            let value = match measure.stat {
                Stat::Count => number::whole(raw.get()),
                Stat::SumMs => number::decimal(raw.get(), 0),
                Stat::SumMicro => number::decimal(raw.get(), 6),
            };
            let at = || format!("{}.metrics[{at}].stats.{stat}", self.place.at());
            let value = value.map_err(|source| AnswerError::Number { at: at(), source })?;
            let sum = self.fact.measures[number].unwrap_or(0).checked_add(value);
            let name = measure.name;
            self.fact.measures[number] = Some(sum.ok_or_else(|| AnswerError::Sum {
                at: at(),
                measure: name,
            })?);
        }
        Ok(())
    }

    fn add(&mut self, kind: FactKind, other: &Self) -> Result<(), AnswerError> {
        for (number, measure) in kind.measures().iter().enumerate() {
            let sum = &mut self.fact.measures[number];
            *sum = match (*sum, other.fact.measures[number]) {
                (one, None) | (None, one) => one,
                (Some(one), Some(two)) => {
                    Some(one.checked_add(two).ok_or_else(|| AnswerError::Sum {
                        at: other.place.at(),
                        measure: measure.name,
                    })?)
                }
            };
        }
        self.unknown |= other.unknown;
        self.forget_unknown();
        Ok(())
    }

    fn forget_unknown(&mut self) {
        for (number, value) in self.fact.measures.iter_mut().enumerate() {
            if self.unknown & 1 << number != 0 {
                *value = None;
            }
        }
    }
}

/// Adds up the parts that are about the same interval, user and media type.
fn added(kind: FactKind, mut parts: Vec<Part>) -> Result<Vec<Fact>, AnswerError> {
    fn key(part: &Part) -> (i64, i64, &Option<String>, &Option<String>) {
        let fact = &part.fact;
        (fact.start_ms, fact.end_ms, &fact.user_id, &fact.media_type)
    }
    // Stable, so that an error names the same place every time.
    parts.sort_by(|one, two| key(one).cmp(&key(two)));
    let mut sums: Vec<Part> = Vec::with_capacity(parts.len());
    for part in parts {
        match sums.last_mut() {
            Some(last) if key(last) == key(&part) => last.add(kind, &part)?,
            _ => sums.push(part),
        }
    }
    Ok(sums.into_iter().map(|part| part.fact).collect())
}
