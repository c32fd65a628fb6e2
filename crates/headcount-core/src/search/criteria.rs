//! From the criteria of a request to a tree of tests.
//!
//! A list of criteria matches when every one marked `AND` (or unmarked) matches, none marked `NOT`
//! does, and, if some are marked `OR`, at least one of these does. An unmarked first criterion
//! whose companions are all `OR` is one of the alternatives too. A `group` is such a list.

use regex::RegexBuilder;

use super::{
    date::{DateFormat, DateFormatError, Span, parse_iso},
    matcher::{Leaf, Node},
    query_string,
    text::fold,
    value_test::{Bounds, Edge, Needle, Test},
};
use crate::{
    field::{Field, Kind, UnknownField},
    wire::UserSearchCriteria,
};

/// Groups nested deeper than this are refused.
pub const MAX_DEPTH: usize = 8;

/// A compiled `REGEX` may take this many bytes; it bounds what one request can cost.
const REGEX_BYTES: usize = 1 << 20;

/// Why criteria cannot be compiled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CriteriaError {
    /// `type` is absent.
    #[error("a criterion has no type, use one of {names}", names = CriterionType::names())]
    MissingType,
    /// `type` is none of the fourteen.
    #[error("unknown criterion type {0:?}, use one of {names}", names = CriterionType::names())]
    UnknownType(String),
    /// `operator` is none of the three.
    #[error("unknown operator {0:?}, use AND, OR or NOT")]
    UnknownOperator(String),
    /// `fields` is empty where one is needed.
    #[error("{0} needs at least one field")]
    NoFields(CriterionType),
    /// `fields` names something that users do not have.
    #[error(transparent)]
    UnknownField(#[from] UnknownField),
    /// Neither `value` nor `values` is there.
    #[error("{0} needs a value or values")]
    NoValue(CriterionType),
    /// A `REGEX` that is none, or too big.
    #[error("{pattern:?} is not a usable regular expression: {problem}")]
    BadRegex {
        /// The pattern as given.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// `RANGE` without any bound.
    #[error("RANGE needs a startValue, an endValue or both")]
    NoBounds,
    /// `RANGE` that ends before it starts.
    #[error("the range from {start:?} to {end:?} on {field} ends before it starts")]
    ReversedRange {
        /// Field of the range.
        field: Field,
        /// `startValue`
        start: String,
        /// `endValue`
        end: String,
    },
    /// A number field compared with something else.
    #[error("{value:?} is not a number, as {field} is")]
    BadNumber {
        /// Field compared.
        field: Field,
        /// Value given.
        value: String,
    },
    /// A date field compared with something else.
    #[error("{value:?} is not a date for {field}{}", match format {
        Some(format) => format!(" in the format {format:?}"),
        None => ", write it like 2026-01-31 or 2026-01-31T08:00:00Z or give a dateFormat".to_owned(),
    })]
    BadDate {
        /// Field compared.
        field: Field,
        /// Value given.
        value: String,
        /// `dateFormat`, if given.
        format: Option<String>,
    },
    /// `dateFormat` cannot be used.
    #[error("dateFormat {pattern:?} cannot be used: {problem}")]
    BadDateFormat {
        /// The pattern as given.
        pattern: String,
        /// What is wrong with it.
        problem: DateFormatError,
    },
    /// `dateFormat` where no field is a date.
    #[error("dateFormat is given but {0} is not a date")]
    NotADate(Field),
    /// Groups, or parentheses of a query string, are nested too deep.
    #[error("criteria are nested deeper than {MAX_DEPTH}")]
    TooDeep,
}

macro_rules! criterion_types {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),* $(,)?) => {
        /// The kinds of match (contract `models.md` 2.1).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum CriterionType { $($(#[$doc])* $variant),* }

        impl CriterionType {
            /// All fourteen.
            pub const ALL: [Self; 14] = [$(Self::$variant),*];

            /// Name on the wire.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }
    };
}

criterion_types! {
    /// The whole value.
    Exact = "EXACT",
    /// The value begins so.
    StartsWith = "STARTS_WITH",
    /// The value has this somewhere.
    Contains = "CONTAINS",
    /// The whole value fits a regular expression.
    Regex = "REGEX",
    /// The words, one after the other.
    Term = "TERM",
    /// The same with several values.
    Terms = "TERMS",
    /// Every field has a value.
    RequiredFields = "REQUIRED_FIELDS",
    /// Everybody.
    MatchAll = "MATCH_ALL",
    /// A search box: words, phrases, `field:value`, `OR`, `-`.
    QueryString = "QUERY_STRING",
    /// From `startValue` to `endValue`, both inside.
    Range = "RANGE",
    /// Below `value`.
    LessThan = "LESS_THAN",
    /// Up to `value`.
    LessThanEqualTo = "LESS_THAN_EQUAL_TO",
    /// Above `value`.
    GreaterThan = "GREATER_THAN",
    /// From `value` on.
    GreaterThanEqualTo = "GREATER_THAN_EQUAL_TO",
}

impl CriterionType {
    /// The type of this name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|type_| type_.name().eq_ignore_ascii_case(name))
    }

    fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl std::fmt::Display for CriterionType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

pub(crate) fn compile(criteria: &[UserSearchCriteria]) -> Result<Node, CriteriaError> {
    list(criteria, 1)
}

fn list(criteria: &[UserSearchCriteria], depth: usize) -> Result<Node, CriteriaError> {
    if depth > MAX_DEPTH {
        return Err(CriteriaError::TooDeep);
    }
    let (mut all, mut any) = (Vec::new(), Vec::new());
    let operators = criteria
        .iter()
        .map(|criterion| operator(criterion.operator.as_deref()))
        .collect::<Result<Vec<_>, _>>()?;
    let leading_alternative = matches!(operators.as_slice(), [None, rest @ ..]
        if !rest.is_empty() && rest.iter().all(|operator| *operator == Some(Operator::Or)));
    for (index, (criterion, operator)) in criteria.iter().zip(operators).enumerate() {
        let node = one(criterion, depth)?;
        match operator {
            None if index == 0 && leading_alternative => any.push(node),
            None | Some(Operator::And) => all.push(node),
            Some(Operator::Or) => any.push(node),
            Some(Operator::Not) => all.push(Node::Not(Box::new(node))),
        }
    }
    if !any.is_empty() {
        all.push(Node::Or(any));
    }
    Ok(Node::And(all))
}

#[derive(Clone, Copy, PartialEq)]
enum Operator {
    And,
    Or,
    Not,
}

fn operator(name: Option<&str>) -> Result<Option<Operator>, CriteriaError> {
    Ok(Some(match name {
        None => return Ok(None),
        Some(name) if name.eq_ignore_ascii_case("AND") => Operator::And,
        Some(name) if name.eq_ignore_ascii_case("OR") => Operator::Or,
        Some(name) if name.eq_ignore_ascii_case("NOT") => Operator::Not,
        Some(name) => return Err(CriteriaError::UnknownOperator(name.to_owned())),
    }))
}

/// A criterion by itself: its group, its own test, or both.
fn one(criterion: &UserSearchCriteria, depth: usize) -> Result<Node, CriteriaError> {
    let type_ = match criterion.type_.as_deref() {
        Some(name) => Some(
            CriterionType::parse(name)
                .ok_or_else(|| CriteriaError::UnknownType(name.to_owned()))?,
        ),
        None => None,
    };
    if criterion.group.is_empty() {
        return test(criterion, type_.ok_or(CriteriaError::MissingType)?);
    }
    let group = list(&criterion.group, depth + 1)?;
    let only_group = criterion.fields.is_empty()
        && criterion.value.is_none()
        && criterion.values.is_empty()
        && criterion.start_value.is_none()
        && criterion.end_value.is_none();
    if only_group {
        return Ok(group);
    }
    let own = test(criterion, type_.ok_or(CriteriaError::MissingType)?)?;
    Ok(Node::And(vec![own, group]))
}

fn test(criterion: &UserSearchCriteria, type_: CriterionType) -> Result<Node, CriteriaError> {
    use CriterionType as T;
    let format =
        match criterion.date_format.as_deref() {
            None => None,
            Some(pattern) => Some(DateFormat::compile(pattern).map_err(|problem| {
                CriteriaError::BadDateFormat {
                    pattern: pattern.to_owned(),
                    problem,
                }
            })?),
        };
    let dates = Dates {
        pattern: criterion.date_format.as_deref(),
        format,
    };
    let fields = criterion
        .fields
        .iter()
        .map(|name| Field::parse_any(name))
        .collect::<Result<Vec<_>, _>>()?;
    if type_ == T::MatchAll {
        return Ok(Node::And(Vec::new()));
    }
    if fields.is_empty() && type_ != T::QueryString {
        return Err(CriteriaError::NoFields(type_));
    }
    if type_ == T::RequiredFields {
        let present = |fields: &&[Field]| any_of(fields, &|_| Ok(Test::Present));
        return Ok(Node::And(
            fields.iter().map(present).collect::<Result<_, _>>()?,
        ));
    }
    let flat = fields.concat();
    let values: Vec<&str> = criterion
        .value
        .iter()
        .chain(&criterion.values)
        .map(String::as_str)
        .collect();
    if values.is_empty() && type_ != T::Range {
        return Err(CriteriaError::NoValue(type_));
    }
    let folded = || {
        values
            .iter()
            .map(|value| fold(value).into_owned())
            .collect()
    };
    let compare = |field, side: fn((Edge, bool)) -> Bounds, inside| {
        let bounds = values
            .iter()
            .map(|value| Ok(side((dates.edge(field, value)?, inside))));
        Ok(Test::Within(bounds.collect::<Result<_, CriteriaError>>()?))
    };
    match type_ {
        T::QueryString => {
            let nodes = values
                .iter()
                .map(|value| query_string::compile(value, &flat));
            Ok(Node::Or(nodes.collect::<Result<_, _>>()?))
        }
        T::Exact => any_of(&flat, &|field| {
            let needles = values
                .iter()
                .map(|value| Ok(Needle::new(value, dates.span(field, value)?)));
            Ok(Test::Equals(needles.collect::<Result<_, CriteriaError>>()?))
        }),
        T::Term | T::Terms => any_of(&flat, &|_| {
            let needles = values.iter().map(|value| Needle::new(value, None));
            Ok(Test::Phrase(needles.collect(), false))
        }),
        T::StartsWith => any_of(&flat, &|_| Ok(Test::StartsWith(folded()))),
        T::Contains => any_of(&flat, &|_| Ok(Test::Contains(folded()))),
        T::Regex => {
            let patterns: Vec<_> = values
                .iter()
                .map(|value| whole_regex(value))
                .collect::<Result<_, _>>()?;
            any_of(&flat, &|_| Ok(Test::Regex(patterns.clone())))
        }
        T::Range => any_of(&flat, &|field| range(criterion, &dates, field)),
        T::LessThan => any_of(&flat, &|field| compare(field, below, false)),
        T::LessThanEqualTo => any_of(&flat, &|field| compare(field, below, true)),
        T::GreaterThan => any_of(&flat, &|field| compare(field, above, false)),
        T::GreaterThanEqualTo => any_of(&flat, &|field| compare(field, above, true)),
        T::MatchAll | T::RequiredFields => Ok(Node::And(Vec::new())),
    }
}

fn any_of(
    fields: &[Field],
    test: &dyn Fn(Field) -> Result<Test, CriteriaError>,
) -> Result<Node, CriteriaError> {
    let leaves = fields.iter().map(|&field| {
        Ok::<_, CriteriaError>(Node::Leaf(Leaf {
            field,
            test: test(field)?,
        }))
    });
    Ok(Node::Or(leaves.collect::<Result<_, _>>()?))
}

fn below(edge: (Edge, bool)) -> Bounds {
    Bounds {
        low: None,
        high: Some(edge),
    }
}

fn above(edge: (Edge, bool)) -> Bounds {
    Bounds {
        low: Some(edge),
        high: None,
    }
}

/// Elasticsearch, which stands behind the search (contract 1.2), fits a pattern to the whole value.
fn whole_regex(pattern: &str) -> Result<regex::Regex, CriteriaError> {
    let build = |pattern: &str| {
        RegexBuilder::new(pattern)
            .case_insensitive(true)
            .dot_matches_new_line(true)
            .size_limit(REGEX_BYTES)
            .build()
    };
    // By itself first: a stray parenthesis must not pair up with the ones put around it.
    build(pattern)
        .and_then(|_| build(&format!("^(?:{pattern})$")))
        .map_err(|error| CriteriaError::BadRegex {
            pattern: pattern.to_owned(),
            problem: match error {
                regex::Error::CompiledTooBig(_) => "it is too big".to_owned(),
                // The last line of a syntax error says what; those before draw where.
                error => error
                    .to_string()
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ")
                    .to_owned(),
            },
        })
}

fn range(
    criterion: &UserSearchCriteria,
    dates: &Dates<'_>,
    field: Field,
) -> Result<Test, CriteriaError> {
    let edge = |value: &Option<String>| {
        value
            .as_deref()
            .map(|value| Ok::<_, CriteriaError>((dates.edge(field, value)?, true)))
            .transpose()
    };
    let (low, high) = (edge(&criterion.start_value)?, edge(&criterion.end_value)?);
    let reversed = match (&low, &high) {
        (None, None) => return Err(CriteriaError::NoBounds),
        (Some((Edge::Text(low), _)), Some((Edge::Text(high), _))) => low > high,
        (Some((Edge::Number(low), _)), Some((Edge::Number(high), _))) => low > high,
        (Some((Edge::Date(low), _)), Some((Edge::Date(high), _))) => low.start > high.end,
        _ => false,
    };
    if reversed {
        return Err(CriteriaError::ReversedRange {
            field,
            start: criterion.start_value.clone().unwrap_or_default(),
            end: criterion.end_value.clone().unwrap_or_default(),
        });
    }
    Ok(Test::Within(vec![Bounds { low, high }]))
}

/// How the dates of one criterion are written.
struct Dates<'c> {
    pattern: Option<&'c str>,
    format: Option<DateFormat>,
}

impl Dates<'_> {
    /// `value` as the edge of a range over `field`.
    fn edge(&self, field: Field, value: &str) -> Result<Edge, CriteriaError> {
        match field.kind() {
            Kind::Number => match value.trim().parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Edge::Number(number)),
                _ => Err(CriteriaError::BadNumber {
                    field,
                    value: value.to_owned(),
                }),
            },
            Kind::Date => match self.span(field, value)?.or_else(|| parse_iso(value)) {
                Some(span) => Ok(Edge::Date(span)),
                None => Err(self.bad(field, value)),
            },
            Kind::Keyword | Kind::Text | Kind::Bool if self.format.is_some() => {
                Err(CriteriaError::NotADate(field))
            }
            Kind::Keyword | Kind::Text | Kind::Bool => Ok(Edge::Text(fold(value).into_owned())),
        }
    }

    /// `value` read by the `dateFormat`; nothing when none is given.
    fn span(&self, field: Field, value: &str) -> Result<Option<Span>, CriteriaError> {
        match &self.format {
            None => Ok(None),
            Some(_) if field.kind() != Kind::Date => Err(CriteriaError::NotADate(field)),
            Some(format) => match format.parse(value) {
                Some(span) => Ok(Some(span)),
                None => Err(self.bad(field, value)),
            },
        }
    }

    fn bad(&self, field: Field, value: &str) -> CriteriaError {
        CriteriaError::BadDate {
            field,
            value: value.to_owned(),
            format: self.pattern.map(str::to_owned),
        }
    }
}
