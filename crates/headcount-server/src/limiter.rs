//! Requests of one caller within a minute, told the way upstream tells it (contract 7.2).

use std::sync::{Mutex, PoisonError};

const MINUTE_MS: i64 = 60_000;

/// Counts the requests of one client or token in windows of a minute; a window begins with the
/// first request after the one before ended.
#[derive(Debug, Default)]
pub(crate) struct Limiter(Mutex<Window>);

#[derive(Debug, Default)]
struct Window {
    began_ms: i64,
    count: u32,
}

/// Where a caller stands; what the `inin-ratelimit-*` headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Requests in this window, this one counted.
    pub(crate) count: u32,
    /// Requests that a window allows.
    pub(crate) allowed: u32,
    /// Whole seconds until the window ends, at least 1.
    pub(crate) reset_s: u64,
}

impl Pace {
    pub(crate) fn is_over(self) -> bool {
        self.count > self.allowed
    }
}

impl Limiter {
    /// Counts a request. One that is over the limit counts too, but never lengthens the window.
    pub(crate) fn count(&self, now_ms: i64, allowed: u32) -> Pace {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let age = now_ms.saturating_sub(window.began_ms);
        // A clock that went back starts a new window; else nobody could ask until it caught up.
        if window.count == 0 || !(0..MINUTE_MS).contains(&age) {
            *window = Window {
                began_ms: now_ms,
                count: 0,
            };
        }
        window.count = window.count.saturating_add(1);
        let left_ms = MINUTE_MS - (now_ms - window.began_ms);
        Pace {
            count: window.count,
            allowed,
            reset_s: u64::try_from(left_ms).unwrap_or(0).div_ceil(1000).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_allows_so_many_and_then_ends() {
        let limiter = Limiter::default();
        let at = |ms| limiter.count(ms, 2);
        assert_eq!(
            at(1_000),
            Pace {
                count: 1,
                allowed: 2,
                reset_s: 60
            }
        );
        assert!(!at(1_500).is_over());
        let third = at(31_000);
        assert!(third.is_over());
        assert_eq!(third.reset_s, 30);
        assert!(at(60_999).is_over());
        let next = at(61_000);
        assert_eq!((next.count, next.reset_s), (1, 60));
        assert_eq!(at(5).count, 1, "the clock went back");
    }
}
