//! What the values of a column mean.

use std::fmt::Write;

use headcount_core::fact::Stat;
use jiff::Timestamp;
use parquet::{
    basic::{ConvertedType, LogicalType, TimeUnit, Type},
    schema::types::ColumnDescriptor,
};

use super::read::Cell;
use crate::facts::schema::MOST_MICRO;

const DAY_MS: i64 = 86_400_000;
const OTHER_TYPE: &str = "it is of another type than its column";
const TOO_LARGE: &str = "the number is too large";

/// How a column tells moments.
#[derive(Clone, Copy, Debug)]
pub(super) enum Moment {
    Days,
    Millis,
    Micros,
    Nanos,
    /// ISO-8601.
    Text,
    /// As the reader of Parquet converts them.
    Old,
}

impl Moment {
    /// `None` where the column is of a type that tells none.
    pub(super) fn of(column: &ColumnDescriptor) -> Option<Self> {
        let unit = match column.logical_type_ref() {
            Some(LogicalType::Timestamp(told)) => Some(match told.unit {
                TimeUnit::MILLIS => Self::Millis,
                TimeUnit::MICROS => Self::Micros,
                TimeUnit::NANOS => Self::Nanos,
            }),
            _ => match column.converted_type() {
                ConvertedType::TIMESTAMP_MILLIS => Some(Self::Millis),
                ConvertedType::TIMESTAMP_MICROS => Some(Self::Micros),
                ConvertedType::DATE => Some(Self::Days),
                ConvertedType::NONE => Some(Self::Millis),
                _ => None,
            },
        };
        match (column.physical_type(), unit) {
            (Type::INT64, Some(Self::Millis | Self::Micros | Self::Nanos)) => unit,
            (Type::INT32, Some(Self::Days)) => unit,
            (Type::INT96, _) => Some(Self::Old),
            (Type::BYTE_ARRAY, _) => Some(Self::Text),
            _ => None,
        }
    }

    /// The moment in ms UTC.
    pub(super) fn read(self, cell: Cell<'_>) -> Result<i64, &'static str> {
        match (self, cell) {
            (Self::Days, Cell::Int(days)) => days.checked_mul(DAY_MS).ok_or(TOO_LARGE),
            (Self::Millis, Cell::Int(moment)) => Ok(moment),
            (Self::Micros, Cell::Int(moment)) => Ok(moment.div_euclid(1_000)),
            (Self::Nanos, Cell::Int(moment)) => Ok(moment.div_euclid(1_000_000)),
            (Self::Old, Cell::Moment(moment)) => Ok(moment),
            (Self::Text, Cell::Bytes(text)) => {
                const FORM: &str =
                    "it is not an ISO-8601 time with an offset, as 2026-11-24T00:00:00Z";
                let text = str::from_utf8(text).map_err(|_| FORM)?;
                let moment: Timestamp = text.trim().parse().map_err(|_| FORM)?;
                Ok(moment.as_millisecond())
            }
            _ => Err(OTHER_TYPE),
        }
    }
}

/// How a column tells texts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Text {
    Plain,
    Uuid,
}

impl Text {
    /// `None` where the column is of a type that tells none.
    pub(super) fn of(column: &ColumnDescriptor) -> Option<Self> {
        match (column.physical_type(), column.logical_type_ref()) {
            (Type::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::Uuid)) => Some(Self::Uuid),
            (Type::BYTE_ARRAY, _) => Some(Self::Plain),
            _ => None,
        }
    }

    /// Appends the text.
    pub(super) fn read(self, cell: Cell<'_>, to: &mut String) -> Result<(), &'static str> {
        let Cell::Bytes(bytes) = cell else {
            return Err(OTHER_TYPE);
        };
        match self {
            Self::Plain => {
                to.push_str(str::from_utf8(bytes).map_err(|_| "it is not UTF-8")?);
            }
            Self::Uuid => {
                for (place, byte) in bytes.iter().enumerate() {
                    if matches!(place, 4 | 6 | 8 | 10) {
                        to.push('-');
                    }
                    // Writing to a string does not fail.
                    let _ = write!(to, "{byte:02x}");
                }
            }
        }
        Ok(())
    }
}

/// How a column tells numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    /// Decimal places of whole numbers in the file.
    scale: u32,
    unsigned: bool,
    stat: Stat,
}

impl Number {
    /// `None` where the column is of a type that tells none.
    pub(super) fn of(column: &ColumnDescriptor, stat: Stat) -> Option<Self> {
        let decimal = match column.logical_type_ref() {
            Some(LogicalType::Decimal(told)) => Some(told.scale),
            _ if column.converted_type() == ConvertedType::DECIMAL => Some(column.type_scale()),
            _ => None,
        };
        let unsigned = matches!(
            column.converted_type(),
            ConvertedType::UINT_8
                | ConvertedType::UINT_16
                | ConvertedType::UINT_32
                | ConvertedType::UINT_64
        );
        let fits = match column.physical_type() {
            Type::INT32 | Type::INT64 | Type::FLOAT | Type::DOUBLE => true,
            Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY => decimal.is_some(),
            Type::BOOLEAN | Type::INT96 => false,
        };
        let scale = u32::try_from(decimal.unwrap_or(0)).ok();
        scale
            .filter(|scale| fits && *scale <= 38)
            .map(|scale| Self {
                scale,
                unsigned,
                stat,
            })
    }

    /// The number as facts have it: whole, or in millionths.
    pub(super) fn read(self, cell: Cell<'_>) -> Result<i64, &'static str> {
        let number = match cell {
            Cell::Float(number) => self.float(number)?,
            Cell::Int(number) if self.unsigned => self.whole(i128::from(number as u64))?,
            Cell::Int(number) => self.whole(i128::from(number))?,
            Cell::Bytes(bytes) => self.whole(big_endian(bytes)?)?,
            Cell::Moment(_) => return Err(OTHER_TYPE),
        };
        match number {
            ..0 => Err("the number is negative"),
            number if self.stat == Stat::SumMicro && number > MOST_MICRO => Err(TOO_LARGE),
            number => Ok(number),
        }
    }

    fn whole(self, number: i128) -> Result<i64, &'static str> {
        let places = self.places();
        let number = if self.scale <= places {
            number
                .checked_mul(10_i128.pow(places - self.scale))
                .ok_or(TOO_LARGE)?
        } else {
            let unit = 10_i128.pow(self.scale - places);
            if number % unit != 0 {
                return Err(self.fraction());
            }
            number / unit
        };
        i64::try_from(number).map_err(|_| TOO_LARGE)
    }

    fn float(self, number: f64) -> Result<i64, &'static str> {
        /// Beyond it floating point numbers leave out whole ones.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let number = match self.stat {
            Stat::Count | Stat::SumMs if number.fract() != 0.0 => return Err(self.fraction()),
            Stat::Count | Stat::SumMs => number,
            Stat::SumMicro => (number * 1e6).round(),
        };
        if number.is_finite() && number.abs() <= EXACT {
            Ok(number as i64)
        } else {
            Err("the number is too large for a floating point number to be exact")
        }
    }

    fn places(self) -> u32 {
        match self.stat {
            Stat::Count | Stat::SumMs => 0,
            Stat::SumMicro => 6,
        }
    }

    fn fraction(self) -> &'static str {
        match self.stat {
            Stat::Count | Stat::SumMs => "the number is not whole",
            Stat::SumMicro => "the number has more than six decimal places",
        }
    }
}

/// A number in two's complement, the highest byte first.
fn big_endian(bytes: &[u8]) -> Result<i128, &'static str> {
    let sign = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) {
        0xff
    } else {
        0
    };
    let extra = bytes.len().saturating_sub(16);
    let (extra, bytes) = bytes.split_at(extra);
    let mut all = [sign; 16];
    all[16 - bytes.len()..].copy_from_slice(bytes);
    let number = i128::from_be_bytes(all);
    if extra.iter().any(|byte| *byte != sign) || (number < 0) != (sign == 0xff) {
        return Err(TOO_LARGE);
    }
    Ok(number)
}
