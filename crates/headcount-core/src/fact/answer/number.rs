//! Numbers of an answer, read from their digits: exact where a float would not be.

/// Why a number of an answer can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// A string, an object or the like.
    #[error("it is not a number")]
    NotANumber,
    /// Below 0.
    #[error("it is negative")]
    Negative,
    /// A count with a fraction.
    #[error("it is not a whole number")]
    Fraction,
    /// Beyond what 64 bits hold.
    #[error("it is too large")]
    Overflow,
}

/// `text`, a JSON number, times ten to the power of `scale`; rounded half up, and whether that lost
/// anything.
fn scaled(text: &str, scale: i64) -> Result<(i64, bool), NumberError> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(NumberError::NotANumber);
    }
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mut digits = String::with_capacity(whole.len() + fraction.len());
    digits.push_str(whole);
    digits.push_str(fraction);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberError::NotANumber);
    }
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Ok((0, true));
    }
    if negative {
        return Err(NumberError::Negative);
    }
    // An exponent that does not fit is as good as the largest.
    let exponent = exponent
        .parse::<i64>()
        .unwrap_or(if exponent.starts_with('-') {
            i64::MIN
        } else {
            i64::MAX
        });
    let length = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
    let shift = exponent
        .saturating_add(scale)
        .saturating_sub(length(fraction));
    let kept = length(digits).saturating_add(shift);
    if kept > 19 {
        return Err(NumberError::Overflow);
    }
    if kept < 0 {
        return Ok((0, false));
    }
    let kept = usize::try_from(kept).unwrap_or(0);
    let (head, tail) = digits.split_at(kept.min(digits.len()));
    let mut value = 0_i64;
    let padding = std::iter::repeat_n(b'0', kept - head.len());
    for digit in head.bytes().chain(padding) {
        value = value
            .checked_mul(10)
            .and_then(|value| value.checked_add(i64::from(digit - b'0')))
            .ok_or(NumberError::Overflow)?;
    }
    if tail.starts_with(|digit: char| digit >= '5') {
        value = value.checked_add(1).ok_or(NumberError::Overflow)?;
    }
    Ok((value, tail.bytes().all(|digit| digit == b'0')))
}

/// A whole number; `1113.0` and `1.113e3` are, too.
pub(super) fn whole(text: &str) -> Result<i64, NumberError> {
    match scaled(text, 0)? {
        (value, true) => Ok(value),
        (_, false) => Err(NumberError::Fraction),
    }
}

/// The number times ten to the power of `decimals`, rounded half up.
pub(super) fn decimal(text: &str, decimals: i64) -> Result<i64, NumberError> {
    scaled(text, decimals).map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_may_be_written_as_floats() {
        for (text, value) in [
            ("0", 0),
            ("-0.0", 0),
            ("1113", 1113),
            ("1113.000", 1113),
            ("1.113e3", 1113),
            ("1.113E+3", 1113),
            ("111300e-2", 1113),
            ("9223372036854775807", i64::MAX),
            ("0e999999999999999999999", 0),
        ] {
            assert_eq!(whole(text), Ok(value), "{text}");
        }
        for (text, error) in [
            ("1113.5", NumberError::Fraction),
            ("1e-1", NumberError::Fraction),
            ("1e-99999999999999999999", NumberError::Fraction),
            ("-1", NumberError::Negative),
            ("9223372036854775808", NumberError::Overflow),
            ("1e19", NumberError::Overflow),
            ("1e99999999999999999999", NumberError::Overflow),
            ("\"1\"", NumberError::NotANumber),
            ("true", NumberError::NotANumber),
            ("{}", NumberError::NotANumber),
        ] {
            assert_eq!(whole(text), Err(error), "{text}");
        }
    }

    #[test]
    fn decimals_are_exact_and_rounded_once() {
        for (text, value) in [
            ("85.3", 85_300_000),
            ("85.30000000000001", 85_300_000),
            ("0.1234565", 123_457),
            ("0.12345649999", 123_456),
            ("0.00000049", 0),
            ("0.0000005", 1),
            ("5.2467e4", 52_467_000_000),
            // A float has no such number: 2^53 + 1 millionths.
            ("9007199254.740993", 9_007_199_254_740_993),
        ] {
            assert_eq!(decimal(text, 6), Ok(value), "{text}");
        }
        assert_eq!(decimal("963943429.5", 0), Ok(963_943_430));
        assert_eq!(
            decimal("9223372036854.775808", 6),
            Err(NumberError::Overflow)
        );
    }
}
