//! Lengths of time as a person writes them: `90d`, `26h`, `30m`, `45s`.

use std::time::Duration;

/// Reads a length of time, which must be above 0.
///
/// # Errors
/// Says what to write.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let unit_s: u64 = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => 0,
    };
    Some(digits)
        // A sign would be read, too.
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|digits| digits.parse::<u64>().ok())
        .and_then(|number| number.checked_mul(unit_s))
        .filter(|seconds| *seconds > 0)
        .map(Duration::from_secs)
        .ok_or_else(|| "expected a length of time such as 90d, 26h, 30m or 45s".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_a_unit() {
        for (text, seconds) in [
            ("45s", 45),
            ("30m", 1_800),
            (" 26h ", 93_600),
            ("90d", 7_776_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for bad in [
            "",
            "h",
            "0h",
            "12",
            "1.5h",
            "-1h",
            "1w",
            "99999999999999999999d",
            "1h30m",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
