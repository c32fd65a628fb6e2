//! The filter of an aggregate query: predicates, in clauses, in one filter (contract `models.md`
//! 2.5).

use serde::Deserialize;

use super::query::{Dimension, invalid};
use crate::search::Refusal;

/// As on the wire: a filter, or one of its clauses.
#[derive(Debug, Deserialize)]
pub(crate) struct Wire {
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    clauses: Vec<Wire>,
    #[serde(default)]
    predicates: Vec<WirePredicate>,
}

#[derive(Debug, Deserialize)]
struct WirePredicate {
    #[serde(rename = "type")]
    kind: Option<String>,
    dimension: Option<String>,
    operator: Option<String>,
    value: Option<String>,
}

/// A filter, understood.
#[derive(Debug)]
pub(crate) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Is(Dimension, String),
    Exists(Dimension, bool),
}

/// The dimensions of what is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) user: &'a str,
    pub(crate) media: &'a str,
    pub(crate) division: Option<&'a str>,
    pub(crate) queue: &'a str,
}

impl Subject<'_> {
    pub(crate) fn get(&self, dimension: Dimension) -> Option<&str> {
        match dimension {
            Dimension::UserId => Some(self.user),
            Dimension::MediaType => Some(self.media),
            Dimension::DivisionId => self.division,
            Dimension::QueueId => Some(self.queue),
        }
    }
}

impl Filter {
    /// Two levels of clauses at most, each with something in it.
    pub(crate) fn read(wire: Wire, level: u8) -> Result<Self, Refusal> {
        let kind = wire.kind.as_deref().unwrap_or_default();
        if wire.clauses.is_empty() && wire.predicates.is_empty() {
            return Err(Refusal::new(
                "constraint.validation",
                "A filter must have clauses or predicates.",
            ));
        }
        if level > 1 && !wire.clauses.is_empty() {
            return Err(Refusal::new(
                "constraint.validation",
                "A clause must not have clauses.",
            ));
        }
        let mut parts = Vec::new();
        for clause in wire.clauses {
            parts.push(Self::read(clause, level + 1)?);
        }
        for predicate in wire.predicates {
            parts.push(predicate.read()?);
        }
        match kind {
            "and" => Ok(Self::All(parts)),
            "or" => Ok(Self::Any(parts)),
            _ => Err(invalid(kind, "type", &["and", "or"])),
        }
    }

    pub(crate) fn holds(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(subject)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(subject)),
            Self::Is(dimension, value) => subject
                .get(*dimension)
                .is_some_and(|held| held.eq_ignore_ascii_case(value)),
            Self::Exists(dimension, wanted) => subject.get(*dimension).is_some() == *wanted,
        }
    }

    /// Whether it asks for a dimension.
    pub(crate) fn names(&self, wanted: Dimension) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.names(wanted)),
            Self::Is(dimension, _) | Self::Exists(dimension, _) => *dimension == wanted,
        }
    }
}

impl WirePredicate {
    fn read(self) -> Result<Filter, Refusal> {
        if let Some(kind) = self.kind.filter(|kind| kind != "dimension") {
            return Err(invalid(&kind, "type", &["dimension"]));
        }
        let dimension = Dimension::read(self.dimension.as_deref().unwrap_or_default())?;
        match (self.operator.as_deref().unwrap_or("matches"), self.value) {
            ("matches", Some(value)) => Ok(Filter::Is(dimension, value)),
            ("matches", None) => Err(Refusal::new(
                "constraint.validation",
                "A predicate that matches must have a value.",
            )),
            ("exists", _) => Ok(Filter::Exists(dimension, true)),
            ("notExists", _) => Ok(Filter::Exists(dimension, false)),
            (other, _) => Err(invalid(
                other,
                "operator",
                &["matches", "exists", "notExists"],
            )),
        }
    }
}
