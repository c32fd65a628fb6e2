//! Which failures are worth another try, and how long to wait before it.

use std::time::Duration;

/// First pause; it doubles with each attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// No computed pause is longer than this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Upstream says whole, rounded seconds; callers add one (contract 7.2).
const ROUNDING: Duration = Duration::from_secs(1);
/// Pause after a 429 that names none: the limit is counted by the minute, so shorter is useless.
const UNNAMED_LIMIT_PAUSE: Duration = Duration::from_secs(5);

/// Whether a status may pass by itself (issue: 408, 429, 500, 502, 503, 504).
#[must_use]
pub fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// Pause before attempt `attempt` + 1 (attempts count from 1): capped exponential with full
/// jitter, never shorter than half, so that a crowd spreads out but nobody hammers.
pub fn backoff(attempt: u32, random: &mut fastrand::Rng) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    doubled.min(LONGEST_PAUSE).mul_f64(0.5 + random.f64() / 2.0)
}

/// Pause after an answer with `status`: what `Retry-After` says where it is there, else ours.
pub fn pause(
    status: Option<u16>,
    retry_after: Option<&str>,
    attempt: u32,
    random: &mut fastrand::Rng,
) -> Duration {
    let own = backoff(attempt, random);
    match retry_after.and_then(|value| value.trim().parse::<u64>().ok()) {
        Some(0) => own.min(FIRST_PAUSE),
        Some(seconds) => Duration::from_secs(seconds) + ROUNDING.mul_f64(random.f64()),
        None if status == Some(429) => {
            own.max(UNNAMED_LIMIT_PAUSE.mul_f64(0.5 + random.f64() / 2.0))
        }
        None => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_capped() {
        let mut random = fastrand::Rng::with_seed(1);
        for attempt in 1..60 {
            let full = FIRST_PAUSE
                .saturating_mul(1 << (attempt - 1).min(16))
                .min(LONGEST_PAUSE);
            let pause = backoff(attempt, &mut random);
            assert!(pause >= full / 2 && pause <= full, "{attempt}: {pause:?}");
        }
    }

    #[test]
    fn retry_after_is_obeyed_and_rounded_up() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..100 {
            let pause = pause(Some(503), Some("42"), 1, &mut random);
            assert!(pause >= Duration::from_secs(42) && pause <= Duration::from_secs(43));
        }
        assert!(pause(Some(429), None, 1, &mut random) >= UNNAMED_LIMIT_PAUSE / 2);
        assert!(pause(Some(503), Some("soon"), 1, &mut random) <= FIRST_PAUSE);
    }

    #[test]
    fn only_what_may_pass_is_retried() {
        let transient: Vec<u16> = (100..600).filter(|&status| is_transient(status)).collect();
        assert_eq!(transient, [408, 429, 500, 502, 503, 504]);
    }
}
