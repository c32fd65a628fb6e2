//! What one criterion asks of one value.

use std::{borrow::Cow, cmp::Ordering};

use regex::Regex;

use super::{
    date::{Span, parse_iso},
    text::{fold, has_phrase, stands_in, words},
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

    /// Whether it is looked for word by word, rather than as a whole.
    fn is_words(&self, kind: Kind) -> bool {
        kind == Kind::Text && !self.words.is_empty()
    }

    /// Where the values equal to it stand, when those of a field are in order.
    fn stretch(&self, kind: Kind) -> Option<Stretch<'_>> {
        match (kind, self.number) {
            (Kind::Keyword | Kind::Text, _) => Some(Stretch::Equal(&self.folded)),
            (Kind::Number, Some(number)) => {
                let edge = Some((Edge::Number(number), true));
                Some(Stretch::Within(Cow::Owned(Bounds {
                    low: edge.clone(),
                    high: edge,
                })))
            }
            _ => None,
        }
    }

    fn equals(&self, kind: Kind, value: &str, folded: &str) -> bool {
        match kind {
            Kind::Number => match (self.number, value.trim().parse::<f64>()) {
                (Some(a), Ok(b)) => a == b,
                _ => self.folded == folded,
            },
            Kind::Date => match (self.span, parse_iso(value)) {
                (Some(asked), Some(is)) => asked.start <= is.start && is.start <= asked.end,
                _ => self.folded == folded,
            },
            Kind::Keyword | Kind::Text | Kind::Bool => self.folded == folded,
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
    fn contains(&self, value: &str, folded: &str) -> bool {
        let low = self.low.as_ref().is_none_or(|(edge, inside)| match edge {
            Edge::Text(text) => folded > &**text || (*inside && folded == &**text),
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
            Edge::Text(text) => folded < &**text || (*inside && folded == &**text),
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

    /// Where a value stands: before, within or behind. Of text and numbers only.
    pub(crate) fn place(&self, folded: &str) -> Ordering {
        let below = |edge: &Edge, inside: bool| match edge {
            Edge::Text(text) => folded < &**text || (!inside && folded == &**text),
            Edge::Number(number) => folded
                .trim()
                .parse::<f64>()
                .is_ok_and(|value| value < *number || (!inside && value == *number)),
            Edge::Date(_) => false,
        };
        match (&self.low, &self.high) {
            (Some((low, inside)), _) if below(low, *inside) => Ordering::Less,
            // Whatever is not below the edge is above it, the edge itself by the other rule.
            (_, Some((high, inside))) if !below(high, !*inside) => Ordering::Greater,
            _ => Ordering::Equal,
        }
    }

    fn of_dates(&self) -> bool {
        let date = |edge: &Option<(Edge, bool)>| matches!(edge, Some((Edge::Date(_), _)));
        date(&self.low) || date(&self.high)
    }
}

/// Values that stand together when they are in order.
#[derive(Debug)]
pub(crate) enum Stretch<'t> {
    Equal(&'t str),
    Start(&'t str),
    Within(Cow<'t, Bounds>),
}

impl Test {
    /// Whether `value`, of a field of this kind, passes. It must not be blank.
    pub(crate) fn passes(&self, kind: Kind, value: &str) -> bool {
        self.passes_folded(kind, value, &fold(value))
    }

    /// The same of a value that was folded before.
    pub(crate) fn passes_folded(&self, kind: Kind, value: &str, folded: &str) -> bool {
        match self {
            Self::Present => true,
            Self::Equals(needles) => needles
                .iter()
                .any(|needle| needle.equals(kind, value, folded)),
            Self::StartsWith(starts) => starts.iter().any(|start| folded.starts_with(&**start)),
            Self::Contains(parts) => parts.iter().any(|part| stands_in(part, folded)),
            Self::Regex(patterns) => patterns.iter().any(|pattern| pattern.is_match(value)),
            Self::Phrase(needles, prefix) => needles.iter().any(|needle| {
                if needle.is_words(kind) {
                    needle.words.iter().all(|word| stands_in(word, folded))
                        && has_phrase(folded, &needle.words, *prefix)
                } else if *prefix {
                    folded.starts_with(&*needle.folded)
                } else {
                    needle.equals(kind, value, folded)
                }
            }),
            Self::Within(bounds) => bounds.iter().any(|bounds| bounds.contains(value, folded)),
        }
    }

    /// The stretches of the values in order that pass, of fields of this kind; `None` if those
    /// that pass do not stand together.
    pub(crate) fn stretches(&self, kind: Kind) -> Option<Vec<Stretch<'_>>> {
        let ordered_as_text = matches!(kind, Kind::Keyword | Kind::Text);
        match self {
            Self::Equals(needles) => needles.iter().map(|needle| needle.stretch(kind)).collect(),
            Self::Phrase(needles, _) if needles.iter().any(|needle| needle.is_words(kind)) => None,
            Self::Phrase(needles, false) => {
                needles.iter().map(|needle| needle.stretch(kind)).collect()
            }
            Self::Phrase(needles, true) if ordered_as_text => {
                let starts = needles.iter().map(|needle| Stretch::Start(&needle.folded));
                Some(starts.collect())
            }
            Self::StartsWith(starts) if ordered_as_text => {
                Some(starts.iter().map(|start| Stretch::Start(start)).collect())
            }
            Self::Within(bounds) if !bounds.iter().any(Bounds::of_dates) => {
                let stretch = |bounds| Stretch::Within(Cow::Borrowed(bounds));
                Some(bounds.iter().map(stretch).collect())
            }
            _ => None,
        }
    }

    /// Texts that stand in every folded value that passes: for each alternative, all of them.
    /// `None` if there are no such texts.
    pub(crate) fn parts(&self, kind: Kind) -> Option<Vec<Vec<&str>>> {
        match self {
            Self::Contains(parts) => Some(parts.iter().map(|part| vec![&**part]).collect()),
            Self::Phrase(needles, _) if needles.iter().all(|needle| needle.is_words(kind)) => {
                let words = needles.iter().map(|needle| needle.words.iter());
                Some(
                    words
                        .map(|words| words.map(|word| &**word).collect())
                        .collect(),
                )
            }
            _ => None,
        }
    }

    /// How well a passing value fits, for `SCORE`: 3 as a whole, 2 from its beginning, 1 somewhere.
    pub(crate) fn score(&self, kind: Kind, value: &str) -> u32 {
        let folded = fold(value);
        let wanted: Vec<&str> = match self {
            Self::Equals(needles) if needles.iter().any(|n| n.equals(kind, value, &folded)) => {
                return 3;
            }
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
