//! Values of properties, and how they compare.

use std::{borrow::Cow, cmp::Ordering};

use headcount_core::fact::MICRO;
use jiff::{Timestamp, civil::Date};

/// A primitive type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Bool,
    Int,
    /// With six decimals, exact.
    Decimal,
    Double,
    Date,
    /// To the ms, UTC.
    Time,
}

/// The value of a property.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'v> {
    Null,
    Text(Cow<'v, str>),
    Bool(bool),
    Int(i64),
    /// Millionths.
    Decimal(i128),
    Double(f64),
    Date(Date),
    /// ms UTC
    Time(i64),
}

/// What questions are put to: one row.
pub(crate) trait Row {
    /// The value of a property, by its place in the schema.
    fn get(&self, property: usize) -> Value<'_>;
}

/// Rows in memory, in the order of their keys.
pub(crate) trait Rows {
    /// How many.
    fn len(&self) -> u32;
    /// The value of a property of a row.
    fn value(&self, row: u32, property: usize) -> Value<'_>;
}

/// One of many rows.
pub(crate) struct At<'r>(pub(crate) &'r dyn Rows, pub(crate) u32);

impl Row for At<'_> {
    fn get(&self, property: usize) -> Value<'_> {
        self.0.value(self.1, property)
    }
}

/// Rows of our own: small sets, and what `$apply` gives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grid {
    /// Values by row.
    pub(crate) rows: Vec<Vec<Value<'static>>>,
}

impl Rows for Grid {
    fn len(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(u32::MAX)
    }

    fn value(&self, row: u32, property: usize) -> Value<'_> {
        self.rows[row as usize][property].borrowed()
    }
}

impl Kind {
    /// Its name in metadata.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Text => "Edm.String",
            Self::Bool => "Edm.Boolean",
            Self::Int => "Edm.Int64",
            Self::Decimal => "Edm.Decimal",
            Self::Double => "Edm.Double",
            Self::Date => "Edm.Date",
            Self::Time => "Edm.DateTimeOffset",
        }
    }

    /// Whether sums make sense.
    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Decimal | Self::Double)
    }
}

impl<'v> Value<'v> {
    /// A text, or null for none.
    pub(crate) fn text(text: Option<impl Into<Cow<'v, str>>>) -> Self {
        text.map_or(Self::Null, |text| Self::Text(text.into()))
    }

    /// A whole number of something counted.
    pub(crate) fn count(count: impl TryInto<i64>) -> Self {
        Self::Int(count.try_into().unwrap_or(i64::MAX))
    }

    /// The same value, lent.
    pub(crate) fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::Int(number) => Value::Int(*number),
            Self::Decimal(micro) => Value::Decimal(*micro),
            Self::Double(number) => Value::Double(*number),
            Self::Date(date) => Value::Date(*date),
            Self::Time(ms) => Value::Time(*ms),
        }
    }

    /// The same value, owning its text.
    pub(crate) fn into_owned(self) -> Value<'static> {
        match self {
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(truth),
            Self::Int(number) => Value::Int(number),
            Self::Decimal(micro) => Value::Decimal(micro),
            Self::Double(number) => Value::Double(number),
            Self::Date(date) => Value::Date(date),
            Self::Time(ms) => Value::Time(ms),
        }
    }

    /// How two values that are not null compare; `None` where one is, or they are of other kinds.
    pub(crate) fn compare(&self, other: &Value<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(one), Value::Text(two)) => Some(one.cmp(two)),
            (Self::Bool(one), Value::Bool(two)) => Some(one.cmp(two)),
            (Self::Int(one), Value::Int(two)) => Some(one.cmp(two)),
            (Self::Date(one), Value::Date(two)) => Some(one.cmp(two)),
            (Self::Time(one), Value::Time(two)) => Some(one.cmp(two)),
            (one, two) => match (one.micro(), two.micro()) {
                (Some(one), Some(two)) => Some(one.cmp(&two)),
                _ => one.float()?.partial_cmp(&two.float()?),
            },
        }
    }

    /// The order in which rows are told: null first.
    pub(crate) fn rank(&self, other: &Value<'_>) -> Ordering {
        match (self, other) {
            (Self::Null, Value::Null) => Ordering::Equal,
            (Self::Null, _) => Ordering::Less,
            (_, Value::Null) => Ordering::Greater,
            (one, two) => one.compare(two).unwrap_or(Ordering::Equal),
        }
    }

    /// An exact number, in millionths.
    pub(crate) fn micro(&self) -> Option<i128> {
        match self {
            Self::Int(number) => Some(i128::from(*number) * i128::from(MICRO)),
            Self::Decimal(micro) => Some(*micro),
            _ => None,
        }
    }

    /// A number, as near as 64 bits come.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a fraction is as near as it gets"
    )]
    pub(crate) fn float(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Decimal(micro) => Some(*micro as f64 / MICRO as f64),
            Self::Double(number) => Some(*number),
            _ => None,
        }
    }

    /// Appends bytes by which equal values of a kind are equal.
    pub(crate) fn encode(&self, key: &mut Vec<u8>) {
        match self {
            Self::Null => key.push(0),
            Self::Text(text) => {
                key.push(1);
                key.extend_from_slice(&text.len().to_le_bytes());
                key.extend_from_slice(text.as_bytes());
            }
            Self::Bool(truth) => key.extend_from_slice(&[2, u8::from(*truth)]),
            Self::Int(_) | Self::Decimal(_) => {
                key.push(3);
                key.extend_from_slice(&self.micro().unwrap_or_default().to_le_bytes());
            }
            Self::Double(number) => {
                key.push(4);
                key.extend_from_slice(&number.to_bits().to_le_bytes());
            }
            Self::Date(date) => {
                key.push(5);
                key.extend_from_slice(&date.year().to_le_bytes());
                key.extend_from_slice(&date.month().to_le_bytes());
                key.extend_from_slice(&date.day().to_le_bytes());
            }
            Self::Time(ms) => {
                key.push(6);
                key.extend_from_slice(&ms.to_le_bytes());
            }
        }
    }
}

/// A moment, ms UTC; the nearest end of time for one past it.
pub(crate) fn moment(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_across_kinds_and_nothing_else_does() {
        let half = Value::Decimal(500_000);
        assert_eq!(Value::Int(1).compare(&half), Some(Ordering::Greater));
        assert_eq!(Value::Double(0.5).compare(&half), Some(Ordering::Equal));
        let huge = Value::Int(i64::MAX);
        assert_eq!(
            huge.compare(&Value::Int(i64::MAX - 1)),
            Some(Ordering::Greater)
        );
        assert_eq!(Value::Null.compare(&half), None);
        assert_eq!(Value::Bool(true).compare(&half), None);
        assert_eq!(Value::Null.rank(&half), Ordering::Less);
    }

    #[test]
    fn keys_are_equal_where_values_are() {
        let key = |values: &[Value<'_>]| {
            let mut key = Vec::new();
            values.iter().for_each(|value| value.encode(&mut key));
            key
        };
        let text = |text: &'static str| Value::Text(text.into());
        assert_ne!(key(&[text("ab"), text("c")]), key(&[text("a"), text("bc")]));
        assert_ne!(key(&[Value::Null]), key(&[text("")]));
        assert_eq!(key(&[Value::Int(2)]), key(&[Value::Decimal(2_000_000)]));
    }
}
