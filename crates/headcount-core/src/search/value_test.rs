//! What one criterion asks of one value.

use regex::Regex;

use super::{
    date::{Span, parse_iso},
    text::{fold, has_phrase, words},
};
use crate::field::Kind;

/// A test of single values; any of its alternatives may hold.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    /// There is a value.
    Present,
    Equals(Vec<Needle>),
    StartsWith(Vec<String>),
    Contains(Vec<String>),
    Regex(Vec<Regex>),
    /// The words of any needle, in their order; the flag allows the last one to be a beginning.
    Phrase(Vec<Needle>, bool),
    Within(Vec<Bounds>),
}

/// A value asked for, in every reading that a kind of field may need.
#[derive(Clone, Debug)]
pub(crate) struct Needle {
    folded: String,
    words: Vec<String>,
    number: Option<f64>,
    span: Option<Span>,
}

impl Needle {
    pub(crate) fn new(value: &str, span: Option<Span>) -> Self {
        let folded = fold(value).into_owned();
        Self {
            words: words(&folded).map(str::to_owned).collect(),
            number: folded.trim().parse().ok(),
            span: span.or_else(|| parse_iso(value)),
            folded,
        }
    }

    fn equals(&self, kind: Kind, value: &str) -> bool {
        match kind {
            Kind::Number => match (self.number, value.trim().parse::<f64>()) {
                (Some(a), Ok(b)) => a == b,
                _ => self.folded == fold(value),
            },
            Kind::Date => match (self.span, parse_iso(value)) {
                (Some(asked), Some(is)) => asked.start <= is.start && is.start <= asked.end,
                _ => self.folded == fold(value),
            },
            Kind::Keyword | Kind::Text | Kind::Bool => self.folded == fold(value),
        }
    }
}

/// An edge of a range, in the reading of the field's kind.
#[derive(Clone, Debug)]
pub(crate) enum Edge {
    Text(String),
    Number(f64),
    Date(Span),
}

/// A range; either side may be open. The flag says whether the edge itself is inside.
#[derive(Clone, Debug)]
pub(crate) struct Bounds {
    pub(crate) low: Option<(Edge, bool)>,
    pub(crate) high: Option<(Edge, bool)>,
}

impl Bounds {
    fn contains(&self, value: &str) -> bool {
        let low = self.low.as_ref().is_none_or(|(edge, inside)| match edge {
            Edge::Text(text) => {
                let value = fold(value);
                *value > **text || (*inside && *value == **text)
            }
            Edge::Number(number) => value
                .trim()
                .parse::<f64>()
                .is_ok_and(|value| value > *number || (*inside && value == *number)),
            Edge::Date(span) => parse_iso(value).is_some_and(|value| {
                if *inside {
                    value.start >= span.start
                } else {
                    value.start > span.end
                }
            }),
        });
        low && self.high.as_ref().is_none_or(|(edge, inside)| match edge {
            Edge::Text(text) => {
                let value = fold(value);
                *value < **text || (*inside && *value == **text)
            }
            Edge::Number(number) => value
                .trim()
                .parse::<f64>()
                .is_ok_and(|value| value < *number || (*inside && value == *number)),
            Edge::Date(span) => parse_iso(value).is_some_and(|value| {
                if *inside {
                    value.start <= span.end
                } else {
                    value.start < span.start
                }
            }),
        })
    }
}

impl Test {
    /// Whether `value`, of a field of this kind, passes. It must not be blank.
    pub(crate) fn passes(&self, kind: Kind, value: &str) -> bool {
        match self {
            Self::Present => true,
            Self::Equals(needles) => needles.iter().any(|needle| needle.equals(kind, value)),
            Self::StartsWith(starts) => {
                let value = fold(value);
                starts.iter().any(|start| value.starts_with(start.as_str()))
            }
            Self::Contains(parts) => {
                let value = fold(value);
                parts.iter().any(|part| value.contains(part.as_str()))
            }
            Self::Regex(patterns) => patterns.iter().any(|pattern| pattern.is_match(value)),
            Self::Phrase(needles, prefix) => needles.iter().any(|needle| {
                if kind == Kind::Text && !needle.words.is_empty() {
                    has_phrase(&fold(value), &needle.words, *prefix)
                } else if *prefix {
                    fold(value).starts_with(needle.folded.as_str())
                } else {
                    needle.equals(kind, value)
                }
            }),
            Self::Within(bounds) => bounds.iter().any(|bounds| bounds.contains(value)),
        }
    }

    /// How well a passing value fits, for `SCORE`: 3 as a whole, 2 from its beginning, 1 somewhere.
    pub(crate) fn score(&self, kind: Kind, value: &str) -> u32 {
        let folded = fold(value);
        let wanted: Vec<&str> = match self {
            Self::Equals(needles) if needles.iter().any(|n| n.equals(kind, value)) => return 3,
            Self::Phrase(needles, _) => needles.iter().map(|n| n.folded.as_str()).collect(),
            Self::StartsWith(texts) | Self::Contains(texts) => {
                texts.iter().map(String::as_str).collect()
            }
            _ => return 1,
        };
        let fit = |wanted: &&str| match folded.strip_prefix(*wanted) {
            Some("") => 3,
            Some(_) => 2,
            None => 1,
        };
        wanted.iter().map(fit).max().unwrap_or(1)
    }
}
