//! Numbers within bounds, refused where they stand in the file.

use std::fmt::Display;

use serde::{Deserialize, Deserializer, de::Error};

/// A whole number from `LOW` to `HIGH`.
pub(super) fn within<'de, D, T, const LOW: u64, const HIGH: u64>(
    deserializer: D,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64>,
{
    let value = i128::from(i64::deserialize(deserializer)?);
    u64::try_from(value)
        .ok()
        .filter(|value| (LOW..=HIGH).contains(value))
        .and_then(|value| T::try_from(value).ok())
        .ok_or_else(|| out_of_range(value, LOW, HIGH))
}

/// The same, where it may be left out.
pub(super) fn maybe_within<'de, D, T, const LOW: u64, const HIGH: u64>(
    deserializer: D,
) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64>,
{
    within::<D, T, LOW, HIGH>(deserializer).map(Some)
}

/// A percentage.
pub(super) fn percent<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    let value = f64::deserialize(deserializer)?;
    if (0.0..=100.0).contains(&value) {
        Ok(value)
    } else {
        Err(out_of_range(value, 0, 100))
    }
}

/// The same, where it may be left out.
pub(super) fn maybe_percent<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<f64>, D::Error> {
    percent(deserializer).map(Some)
}

fn out_of_range<E: Error>(value: impl Display, low: u64, high: u64) -> E {
    E::custom(format!(
        "{value} is out of range; it must be from {low} to {high}"
    ))
}
