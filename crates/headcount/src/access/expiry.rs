//! `--expires`: when a client or token ends.

use headcount_core::as_of::AsOf;
use jiff::Timestamp;

use crate::{
    clock, duration,
    error::{Exit, Failure},
};

/// Reads a date (its last moment, in UTC), a time, or how long it is until then: `90d`, `12h`,
/// `30m`. Gives ms since 1970 UTC, later than `now_ms`.
pub(super) fn parse(text: &str, now_ms: i64) -> Result<i64, Failure> {
    let asked = text.trim();
    let moment = match duration::parse(asked) {
        Ok(length) => i64::try_from(length.as_millis())
            .ok()
            .and_then(|length_ms| now_ms.checked_add(length_ms)),
        Err(_) => AsOf::parse(asked).ok().map(|moment| moment.ms),
    };
    // A length may lead past every time that can be written.
    let moment = moment.filter(|ms| Timestamp::from_millisecond(*ms).is_ok());
    match moment {
        Some(ms) if ms > now_ms => Ok(ms),
        Some(ms) => Err(failure(format!(
            "--expires: {} is in the past",
            clock::display_ms(ms)
        ))),
        None => Err(failure(format!(
            "--expires: {text:?} is neither a date, a time nor a length of time"
        ))),
    }
}

fn failure(message: String) -> Failure {
    Failure::new(Exit::Usage, message).hint(
        "write a date such as 2027-01-31, which means its end in UTC, a time such as 2027-01-31T08:00:00Z, or a length such as 90d, 12h or 30m",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_times_and_lengths() {
        let now = AsOf::parse("2026-11-24T08:00:00Z").unwrap().ms;
        for (text, wanted) in [
            ("2026-11-24", "2026-11-24T23:59:59.999Z"),
            ("2026-11-24T12:00:00+03:00", "2026-11-24T09:00:00.000Z"),
            ("90d", "2027-02-22T08:00:00.000Z"),
            (" 12h ", "2026-11-24T20:00:00.000Z"),
            ("30m", "2026-11-24T08:30:00.000Z"),
        ] {
            let ms = parse(text, now).unwrap();
            assert_eq!(clock::display_ms(ms), wanted, "{text}");
        }
    }

    #[test]
    fn the_past_and_nonsense_are_refused() {
        let now = AsOf::parse("2026-11-24T08:00:00Z").unwrap().ms;
        for text in ["2026-11-23", "2026-11-24T08:00:00Z"] {
            let error = parse(text, now).unwrap_err().to_string();
            assert!(error.ends_with("is in the past"), "{text}: {error}");
        }
        for text in [
            "",
            "d",
            "0d",
            "-1d",
            "+1d",
            "1.5h",
            "90",
            "90 d",
            "1y",
            "soon",
            "9999999999d",
            "99999999999999999999m",
        ] {
            let error = parse(text, now).unwrap_err().to_string();
            assert!(error.contains("neither"), "{text}: {error}");
        }
    }
}
