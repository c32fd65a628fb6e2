//! A report as machines read it: its answer, and what it is of.

use jiff::civil::Date;
use serde::Serialize;

use super::{Answer, Attribution, Period};

/// A report as machines read it: the same on the command line and over HTTP.
#[derive(Serialize)]
pub struct Document<'a> {
    #[serde(flatten)]
    answer: Answer<'a>,
    period: Stretch,
    attribution: &'static str,
    timezone: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing_days: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<SnapshotRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<Box<Self>>,
}

/// First and last day.
#[derive(Serialize)]
struct Stretch {
    from: String,
    to: String,
}

/// The snapshot that the versions end with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SnapshotRef {
    /// Its number.
    pub id: i64,
    /// When it was published: RFC 3339 in UTC, to the millisecond.
    pub published: String,
}

impl<'a> Document<'a> {
    /// The document of an answer. `timezone` is the name of the zone that days start in,
    /// `missing` are the days of the period of which there are no facts.
    #[must_use]
    pub fn new(
        answer: Answer<'a>,
        period: Period,
        attribution: Attribution,
        timezone: &'a str,
        missing: &[Date],
    ) -> Self {
        Self {
            answer,
            period: Stretch {
                from: period.from.to_string(),
                to: period.to.to_string(),
            },
            attribution: attribution.name(),
            timezone,
            missing_days: missing.iter().map(ToString::to_string).collect(),
            snapshot: None,
            compared: None,
        }
    }

    /// The same, over the versions until a snapshot.
    #[must_use]
    pub fn until(self, snapshot: SnapshotRef) -> Self {
        Self {
            snapshot: Some(snapshot),
            ..self
        }
    }

    /// The same beside another one.
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        Self {
            compared: Some(Box::new(other)),
            ..self
        }
    }

    /// The answer.
    #[must_use]
    pub fn answer(&self) -> &Answer<'a> {
        &self.answer
    }
}
