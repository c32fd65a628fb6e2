//! Conditions: what a `$filter` compiles to, and how a row passes it.

use std::{borrow::Cow, cmp::Ordering};

use super::value::{Kind, Row, Value, moment};

/// A condition or a value, over the properties of one schema.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    Literal(Value<'static>),
    /// By place in the schema.
    Property(usize),
    Call(Function, Vec<Expression>),
    Compare(Relation, Box<Expression>, Box<Expression>),
    /// Whether a value is one of these, which are in order.
    In(Box<Expression>, Vec<Value<'static>>),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Contains,
    StartsWith,
    EndsWith,
    ToLower,
    ToUpper,
    Trim,
    Length,
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Date,
}

impl Relation {
    pub(crate) fn find(name: &str) -> Option<Self> {
        Some(match name {
            "eq" => Self::Eq,
            "ne" => Self::Ne,
            "gt" => Self::Gt,
            "ge" => Self::Ge,
            "lt" => Self::Lt,
            "le" => Self::Le,
            _ => return None,
        })
    }

    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Eq => order.is_eq(),
            Self::Ne => order.is_ne(),
            Self::Gt => order.is_gt(),
            Self::Ge => order.is_ge(),
            Self::Lt => order.is_lt(),
            Self::Le => order.is_le(),
        }
    }
}

impl Function {
    /// All of them, by name.
    pub(crate) const ALL: [(&'static str, Self); 14] = [
        ("contains", Self::Contains),
        ("startswith", Self::StartsWith),
        ("endswith", Self::EndsWith),
        ("tolower", Self::ToLower),
        ("toupper", Self::ToUpper),
        ("trim", Self::Trim),
        ("length", Self::Length),
        ("year", Self::Year),
        ("month", Self::Month),
        ("day", Self::Day),
        ("hour", Self::Hour),
        ("minute", Self::Minute),
        ("second", Self::Second),
        ("date", Self::Date),
    ];

    pub(crate) fn find(name: &str) -> Option<Self> {
        let known = |(known, _): &&(&str, Self)| *known == name;
        Self::ALL.iter().find(known).map(|(_, function)| *function)
    }

    /// How many arguments it takes.
    pub(crate) fn takes(self) -> usize {
        match self {
            Self::Contains | Self::StartsWith | Self::EndsWith => 2,
            _ => 1,
        }
    }

    /// Whether an argument may be of a kind.
    pub(crate) fn accepts(self, kind: Kind) -> bool {
        match self {
            Self::Year | Self::Month | Self::Day => matches!(kind, Kind::Date | Kind::Time),
            Self::Hour | Self::Minute | Self::Second | Self::Date => kind == Kind::Time,
            _ => kind == Kind::Text,
        }
    }

    /// What it gives.
    pub(crate) fn gives(self) -> Kind {
        match self {
            Self::Contains | Self::StartsWith | Self::EndsWith => Kind::Bool,
            Self::ToLower | Self::ToUpper | Self::Trim => Kind::Text,
            Self::Date => Kind::Date,
            _ => Kind::Int,
        }
    }
}

impl Expression {
    /// Whether a row passes; what is neither true nor false does not.
    pub(crate) fn passes(&self, row: &dyn Row) -> bool {
        self.truth(row) == Some(true)
    }

    /// Whether it is true of a row; `None` for null.
    fn truth(&self, row: &dyn Row) -> Option<bool> {
        match self {
            Self::And(parts) => joined(parts, row, false),
            Self::Or(parts) => joined(parts, row, true),
            Self::Not(part) => part.truth(row).map(|truth| !truth),
            Self::Compare(relation, one, two) => {
                let (one, two) = (one.value(row), two.value(row));
                let nulls = (one == Value::Null, two == Value::Null);
                Some(match (relation, nulls) {
                    (_, (false, false)) => {
                        one.compare(&two).is_some_and(|order| relation.holds(order))
                    }
                    // Null is equal to null alone, and in no order with anything.
                    (Relation::Eq, (one, two)) => one && two,
                    (Relation::Ne, (one, two)) => one != two,
                    _ => false,
                })
            }
            Self::In(value, members) => {
                let value = value.value(row);
                let place = members.binary_search_by(|member| member.rank(&value));
                Some(place.is_ok())
            }
            Self::Literal(_) | Self::Property(_) | Self::Call(..) => match self.value(row) {
                Value::Bool(truth) => Some(truth),
                _ => None,
            },
        }
    }

    fn value<'v>(&'v self, row: &'v dyn Row) -> Value<'v> {
        match self {
            Self::Literal(value) => value.borrowed(),
            Self::Property(property) => row.get(*property),
            Self::Call(function, arguments) => {
                let first = arguments[0].value(row);
                match arguments.get(1) {
                    Some(second) => between(*function, &first, &second.value(row)),
                    None => call(*function, first),
                }
            }
            _ => self.truth(row).map_or(Value::Null, Value::Bool),
        }
    }

    /// Calls `each` with every property that it reads.
    pub(crate) fn properties(&self, each: &mut dyn FnMut(usize)) {
        match self {
            Self::Literal(_) => {}
            Self::Property(property) => each(*property),
            Self::Call(_, parts) | Self::And(parts) | Self::Or(parts) => {
                parts.iter().for_each(|part| part.properties(each));
            }
            Self::Not(part) | Self::In(part, _) => part.properties(each),
            Self::Compare(_, one, two) => {
                one.properties(each);
                two.properties(each);
            }
        }
    }

    /// The conditions that all have to be true.
    pub(crate) fn parts(self) -> Vec<Self> {
        match self {
            Self::And(parts) => parts.into_iter().flat_map(Self::parts).collect(),
            one => vec![one],
        }
    }
}

/// `and` (which `false` decides) or `or` (which `true` decides); null where nothing decides and
/// something is null.
fn joined(parts: &[Expression], row: &dyn Row, decides: bool) -> Option<bool> {
    let mut null = false;
    for part in parts {
        match part.truth(row) {
            Some(truth) if truth == decides => return Some(decides),
            Some(_) => {}
            None => null = true,
        }
    }
    (!null).then_some(!decides)
}

fn between(function: Function, one: &Value<'_>, two: &Value<'_>) -> Value<'static> {
    let (Value::Text(one), Value::Text(two)) = (one, two) else {
        return Value::Null;
    };
    Value::Bool(match function {
        Function::StartsWith => one.starts_with(&**two),
        Function::EndsWith => one.ends_with(&**two),
        _ => one.contains(&**two),
    })
}

fn call(function: Function, value: Value<'_>) -> Value<'_> {
    match value {
        Value::Text(text) => match function {
            Function::ToLower => Value::Text(Cow::Owned(text.to_lowercase())),
            Function::ToUpper => Value::Text(Cow::Owned(text.to_uppercase())),
            Function::Trim => Value::Text(Cow::Owned(text.trim().to_owned())),
            Function::Length => Value::count(text.chars().count()),
            _ => Value::Null,
        },
        Value::Date(date) => match function {
            Function::Year => Value::Int(date.year().into()),
            Function::Month => Value::Int(date.month().into()),
            Function::Day => Value::Int(date.day().into()),
            _ => Value::Null,
        },
        Value::Time(ms) => {
            let time = jiff::tz::Offset::UTC.to_datetime(moment(ms));
            match function {
                Function::Date => Value::Date(time.date()),
                Function::Hour => Value::Int(time.hour().into()),
                Function::Minute => Value::Int(time.minute().into()),
                Function::Second => Value::Int(time.second().into()),
                _ => call(function, Value::Date(time.date())),
            }
        }
        _ => Value::Null,
    }
}
