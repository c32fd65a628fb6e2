//! An aggregate query: read, checked, and refused as Genesys refuses it.

use headcount_core::fact::{
    FactKind,
    interval::{Interval, IntervalError},
};
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::{
    buckets::Buckets,
    filter::{self, Filter},
    metrics,
};
use crate::search::Refusal;

/// The members that the sandbox looks at; it takes no notice of others.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WireQuery {
    interval: Option<String>,
    granularity: Option<String>,
    time_zone: Option<String>,
    #[serde(default)]
    group_by: Vec<String>,
    filter: Option<filter::Wire>,
    #[serde(default)]
    metrics: Vec<String>,
}

/// What facts can be grouped by and filtered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Dimension {
    UserId,
    MediaType,
    DivisionId,
    QueueId,
}

/// Longest interval that the sandbox answers for.
const LONGEST_MS: i64 = 366 * 86_400_000;

const DIMENSIONS: [&str; 4] = ["userId", "mediaType", "divisionId", "queueId"];

impl Dimension {
    pub(crate) const ALL: [Self; 4] = [
        Self::UserId,
        Self::MediaType,
        Self::DivisionId,
        Self::QueueId,
    ];

    pub(crate) fn name(self) -> &'static str {
        DIMENSIONS[self as usize]
    }

    pub(crate) fn read(name: &str) -> Result<Self, Refusal> {
        let mut all = Self::ALL.into_iter();
        all.find(|dimension| dimension.name() == name)
            .ok_or_else(|| invalid(name, "dimension", &DIMENSIONS))
    }
}

/// A query, understood.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) kind: FactKind,
    pub(crate) buckets: Buckets,
    /// In the order of [`Dimension`].
    pub(crate) group_by: Vec<Dimension>,
    pub(crate) filter: Option<Filter>,
    /// Which of [`metrics`] are asked for.
    pub(crate) wanted: Vec<usize>,
}

impl Query {
    pub(crate) fn read(kind: FactKind, wire: WireQuery) -> Result<Self, Refusal> {
        let missing =
            |name: &str| Refusal::new("constraint.validation", format!("{name} is required."));
        let interval = wire.interval.ok_or_else(|| missing("interval"))?;
        let interval: Interval = interval.parse().map_err(|error| match error {
            IntervalError::Reversed => Refusal::new(
                "constraint.validation",
                "The end of the interval must be after its start.",
            ),
            _ => Refusal::new(
                "invalid.date",
                "Dates must be specified as ISO-8601 strings. For example: yyyy-MM-ddTHH:mm:ss.SSSZ",
            ),
        })?;
        if interval.end_ms - interval.start_ms > LONGEST_MS {
            return Err(Refusal::new(
                "constraint.validation",
                "The interval must be at most 366 days.",
            ));
        }
        let zone = wire.time_zone.as_deref().unwrap_or("UTC");
        let zone = TimeZone::get(zone).map_err(|_| invalid(zone, "timeZone", &["IANA names"]))?;
        let buckets = match wire.granularity.as_deref() {
            None => Buckets::one(interval),
            Some(period) => Buckets::new(interval, period, &zone)
                .ok_or_else(|| invalid(period, "granularity", &["ISO-8601 periods"]))?,
        };
        if wire.metrics.is_empty() {
            return Err(missing("metrics"));
        }
        let known = metrics(kind);
        let mut wanted = Vec::new();
        for name in &wire.metrics {
            match known.iter().position(|known| known == name) {
                Some(at) if wanted.contains(&at) => {}
                Some(at) => wanted.push(at),
                None => return Err(invalid(name, "metric", known)),
            }
        }
        let mut group_by = Vec::new();
        for name in &wire.group_by {
            group_by.push(Dimension::read(name)?);
        }
        // Conversations come by media type even if nobody asked (the KPI site's sample).
        if kind == FactKind::HandleTime {
            group_by.push(Dimension::MediaType);
        }
        group_by.sort_unstable();
        group_by.dedup();
        Ok(Self {
            kind,
            buckets,
            group_by,
            filter: wire.filter.map(|wire| Filter::read(wire, 0)).transpose()?,
            wanted,
        })
    }

    /// Whether the answer depends on a dimension.
    pub(crate) fn needs(&self, dimension: Dimension) -> bool {
        let asked = |filter: &Filter| filter.names(dimension);
        self.group_by.contains(&dimension) || self.filter.as_ref().is_some_and(asked)
    }
}

/// 400 for a value that is none of the allowed ones.
pub(crate) fn invalid(value: &str, field: &str, allowed: &[&str]) -> Refusal {
    let allowed = allowed.join(", ");
    let message = format!(
        "Value [{value}] is not valid for field type [{field}]. Allowable values are: {allowed}"
    );
    Refusal::new("invalid.value", message)
}
