//! Fetches facts: both aggregate queries, one local day at a time (contract `facts.md`, *Shape* and
//! *Definitions*). A day comes whole or as an error, never in part.

mod day;

use std::sync::atomic::{AtomicUsize, Ordering};

use headcount_core::fact::{Fact, FactKind, answer::Answer, interval::Interval, sum};
use jiff::{civil::Date, tz::TimeZone};
use reqwest::Method;
use serde::Serialize;

use crate::{Client, UpstreamError};
use day::Day;

/// Path of the query for handle time.
pub(crate) const CONVERSATIONS: &str = "/api/v2/analytics/conversations/aggregates/query";
/// Path of the query for evaluations.
pub(crate) const EVALUATIONS: &str = "/api/v2/analytics/evaluations/aggregates/query";

/// How long the interval of a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Granularity {
    /// One local day: 23 or 25 hours where the clocks change.
    Day,
    /// Half an hour.
    HalfHour,
}

impl Granularity {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Day, Self::HalfHour];

    /// ISO-8601 period: `P1D` or `PT30M`.
    #[must_use]
    pub fn period(self) -> &'static str {
        match self {
            Self::Day => "P1D",
            Self::HalfHour => "PT30M",
        }
    }
}

/// Fetches the facts of one kind, day after day. Shared by reference: days may be fetched at the
/// same time, the client paces their requests.
pub struct DayFacts<'a> {
    client: &'a Client,
    kind: FactKind,
    granularity: Granularity,
    zone: TimeZone,
    zone_name: String,
    /// Half hours that one request may span; less once answers were too large.
    span: AtomicUsize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Query<'a> {
    interval: String,
    granularity: &'a str,
    time_zone: &'a str,
    group_by: [&'a str; 2],
    metrics: Vec<&'a str>,
}

impl<'a> DayFacts<'a> {
    /// Facts of a kind, in days of a time zone. Nothing is sent yet.
    ///
    /// # Errors
    /// [`UpstreamError::Settings`] for a time zone without an IANA name, which upstream could not
    /// be told.
    pub fn new(
        client: &'a Client,
        kind: FactKind,
        granularity: Granularity,
        zone: TimeZone,
    ) -> Result<Self, UpstreamError> {
        let name = zone.iana_name().map(str::to_owned);
        let zone_name = name.ok_or_else(|| UpstreamError::Settings {
            what: "the time zone".to_owned(),
            source: "it has no IANA name, such as Asia/Riyadh".into(),
        })?;
        Ok(Self {
            client,
            kind,
            granularity,
            zone,
            zone_name,
            span: AtomicUsize::new(usize::MAX),
        })
    }

    /// All facts of a local day, in the order of interval, user and media type. Each has the
    /// interval of the whole day or of one half hour of it, whatever upstream cut the answer into.
    ///
    /// # Errors
    /// [`UpstreamError`]; a day of which a part is missing is an error. Where the permission is
    /// missing, the hint names it.
    pub async fn day(&self, date: Date) -> Result<Vec<Fact>, UpstreamError> {
        let day = Day::new(date, &self.zone, self.granularity).map_err(|source| {
            UpstreamError::Settings {
                what: format!("the date {date}"),
                source: source.into(),
            }
        })?;
        let mut facts = Vec::new();
        let mut asked = 0;
        while asked < day.half_hours() {
            let span = self
                .span
                .load(Ordering::Relaxed)
                .min(day.half_hours() - asked);
            match self.part(&day, day.part(asked, asked + span)).await {
                Ok(part) => {
                    facts.extend(part);
                    asked += span;
                }
                Err(error) if span > 1 && is_too_large(&error) => {
                    tracing::info!(half_hours = span, "answer too large, asking for half of it");
                    self.span.fetch_min(span.div_ceil(2), Ordering::Relaxed);
                }
                Err(error) => return Err(error),
            }
        }
        sum::added(self.kind, facts).map_err(|error| UpstreamError::Unreadable {
            path: self.path().to_owned(),
            attempts: 1,
            last: error.to_string(),
        })
    }

    /// The facts of a part of a day, each in its interval of the day.
    async fn part(&self, day: &Day, part: Interval) -> Result<Vec<Fact>, UpstreamError> {
        let mut metrics: Vec<&str> = Vec::new();
        for measure in self.kind.measures() {
            if !metrics.contains(&measure.metric) {
                metrics.push(measure.metric);
            }
        }
        let query = Query {
            interval: part.to_string(),
            granularity: self.granularity.period(),
            time_zone: &self.zone_name,
            group_by: ["userId", "mediaType"],
            metrics,
        };
        let body = serde_json::to_string(&query).unwrap_or_default();
        self.client
            .ask(Method::POST, self.path(), Some(body), |body| {
                self.read(day, part, &body)
            })
            .await
    }

    fn read(&self, day: &Day, part: Interval, body: &[u8]) -> Result<Vec<Fact>, String> {
        let answer = Answer::parse(body, Some(self.kind), Some(part)).map_err(|error| {
            match std::error::Error::source(&error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            }
        })?;
        let mut facts = answer.facts;
        for fact in &mut facts {
            let told = Interval {
                start_ms: fact.start_ms,
                end_ms: fact.end_ms,
            };
            let whole = day
                .interval_of(told)
                .ok_or_else(|| format!("the interval {told}, which is none of those asked for"))?;
            (fact.start_ms, fact.end_ms) = (whole.start_ms, whole.end_ms);
        }
        Ok(facts)
    }

    fn path(&self) -> &'static str {
        match self.kind {
            FactKind::HandleTime => CONVERSATIONS,
            FactKind::Evaluation => EVALUATIONS,
        }
    }
}

/// Whether half of it might be answered (contract 7: the code stands under 400 there).
fn is_too_large(error: &UpstreamError) -> bool {
    match error {
        UpstreamError::TooLarge { .. } => true,
        UpstreamError::Refused { status, code, .. } => {
            *status == 413 || code == "response.entity.too.large"
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Credentials, Secret, Settings};

    #[test]
    fn an_answer_about_other_times_is_none() {
        let token = Credentials::Token(Secret::new("t"));
        let client = Client::new(Settings::for_url("http://127.0.0.1:9", token)).unwrap();
        let read = |granularity, interval: &str| {
            let zone = TimeZone::UTC;
            let day = Day::new("2026-11-24".parse().unwrap(), &zone, granularity).unwrap();
            let facts = DayFacts::new(&client, FactKind::HandleTime, granularity, zone).unwrap();
            let body = format!(
                r#"{{"results":[{{"data":[{{"interval":"{interval}","metrics":[{{"metric":"tHandle","stats":{{"count":1}}}}]}}]}}]}}"#
            );
            facts
                .read(&day, day.part(0, 48), body.as_bytes())
                .map(|facts| facts.len())
        };
        let today = "2026-11-24T00:00:00.000Z/2026-11-25T00:00:00.000Z";
        assert_eq!(read(Granularity::Day, today), Ok(1));
        let message =
            |interval: &str| format!("the interval {interval}, which is none of those asked for");
        // The granularity was not heeded.
        assert_eq!(read(Granularity::HalfHour, today), Err(message(today)));
        let yesterday = "2026-11-23T00:00:00.000Z/2026-11-24T00:00:00.000Z";
        assert_eq!(read(Granularity::Day, yesterday), Err(message(yesterday)));
    }
}
