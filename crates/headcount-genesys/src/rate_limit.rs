//! Pacing, so that the limit is used up and never overstepped (contract 7.2).
//!
//! Upstream counts requests in windows of a minute and says with each answer how many it counted,
//! how many it allows and when the window ends. [`Pace`] is the arithmetic, without a clock;
//! the client sleeps as it says. Until upstream has spoken, requests go out evenly spaced.

use std::time::Duration;

/// What one answer said about the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// `inin-ratelimit-count`: requests counted in the window.
    pub count: u32,
    /// `inin-ratelimit-allowed`: requests allowed in a window.
    pub allowed: u32,
    /// `inin-ratelimit-reset`: time until the window ends, in whole seconds.
    pub reset: Duration,
}

/// Reports of one window may name ends this far apart: `reset` is rounded, answers travel.
const ROUNDING: Duration = Duration::from_millis(1_500);
/// Length of a window until its first report tells its end.
const WINDOW: Duration = Duration::from_secs(60);

/// When the next request may go. Times are spans since any fixed moment.
#[derive(Debug)]
pub struct Pace {
    /// Even spacing while upstream has reported nothing.
    spacing: Option<Duration>,
    next_spaced: Duration,
    window: Option<Window>,
    in_flight: u32,
    /// Nothing goes before this moment, since a 429 named it.
    held_until: Duration,
}

#[derive(Debug)]
struct Window {
    allowed: u32,
    /// Requests that count in this window, as far as we know: our own and those reported.
    used: u32,
    start: Duration,
    end: Duration,
    /// False while `end` is only our guess.
    reported: bool,
}

impl Pace {
    /// A pace that assumes `requests_per_minute` until upstream reports its limit; `None` assumes
    /// no limit.
    #[must_use]
    pub fn new(requests_per_minute: Option<u32>) -> Self {
        Self {
            spacing: requests_per_minute.map(|rate| Duration::from_secs(60) / rate.max(1)),
            next_spaced: Duration::ZERO,
            window: None,
            in_flight: 0,
            held_until: Duration::ZERO,
        }
    }

    /// Takes the right to send one request at `now`.
    ///
    /// # Errors
    /// The moment until which to wait before asking again.
    pub fn take(&mut self, now: Duration) -> Result<(), Duration> {
        if now < self.held_until {
            return Err(self.held_until);
        }
        if let Some(window) = &mut self.window {
            if now >= window.end {
                // Upstream's next window starts with our next request; those still on their way
                // may be counted in it.
                let (used, end) = (self.in_flight, now + WINDOW);
                *window = Window {
                    used,
                    start: now,
                    end,
                    reported: false,
                    ..*window
                };
            }
            if window.used >= window.allowed {
                return Err(window.end);
            }
            window.used += 1;
        } else if let Some(spacing) = self.spacing {
            if now < self.next_spaced {
                return Err(self.next_spaced);
            }
            self.next_spaced = now + spacing;
        }
        self.in_flight += 1;
        Ok(())
    }

    /// Notes that a request ended at `now`, and what its answer reported.
    pub fn ended(&mut self, now: Duration, report: Option<Report>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let Some(report) = report else { return };
        let allowed = report.allowed.max(1);
        let end = now + report.reset;
        // Requests on their way may be in the count already or not; they are few.
        let fresh = Window {
            allowed,
            used: report.count + self.in_flight,
            start: now,
            end,
            reported: true,
        };
        let Some(window) = &mut self.window else {
            self.window = Some(fresh);
            return;
        };
        let of_an_older_window =
            end <= window.start + ROUNDING || (window.reported && end + ROUNDING < window.end);
        if of_an_older_window {
            return;
        }
        window.allowed = allowed;
        if window.reported && end > window.end + ROUNDING {
            *window = fresh;
            return;
        }
        window.used = window.used.max(report.count);
        // Whether upstream rounds up or down is not known; the latest end is safe for both.
        window.end = if window.reported {
            window.end.max(end)
        } else {
            end
        };
        window.reported = true;
    }

    /// Notes a 429: nothing goes for `pause`.
    pub fn hold(&mut self, now: Duration, pause: Duration) {
        self.held_until = self.held_until.max(now + pause);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Upstream's side: a window that starts with its first request.
    struct Counter {
        allowed: u32,
        start: Option<Duration>,
        count: u32,
        refused: u32,
        round_up: bool,
    }

    impl Counter {
        fn request(&mut self, now: Duration) -> Report {
            if self.start.is_none_or(|start| now >= start + WINDOW) {
                self.start = Some(now);
                self.count = 0;
            }
            self.count += 1;
            if self.count > self.allowed {
                self.refused += 1;
            }
            let left = self.start.unwrap() + WINDOW - now;
            let seconds = if self.round_up {
                left.as_millis().div_ceil(1000)
            } else {
                left.as_millis() / 1000
            };
            Report {
                count: self.count,
                allowed: self.allowed,
                reset: Duration::from_secs(u64::try_from(seconds).unwrap()),
            }
        }
    }

    /// Runs `lanes` requests in flight with answers after a random time, for ten minutes.
    fn run(allowed: u32, lanes: usize, round_up: bool, seed: u64) -> (u32, u32) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut pace = Pace::new(Some(300));
        let mut counter = Counter {
            allowed,
            start: None,
            count: 0,
            refused: 0,
            round_up,
        };
        let mut on_their_way: Vec<(Duration, Report)> = Vec::new();
        let (mut now, mut sent) = (Duration::ZERO, 0);
        while now < Duration::from_secs(600) {
            on_their_way.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
            while on_their_way.last().is_some_and(|(at, _)| *at <= now) {
                let (at, report) = on_their_way.pop().unwrap();
                pace.ended(at, Some(report));
            }
            while on_their_way.len() < lanes && pace.take(now).is_ok() {
                sent += 1;
                let travel = Duration::from_micros(random.u64(0..3_000));
                let report = counter.request(now + travel);
                on_their_way.push((now + travel * 2, report));
            }
            now += Duration::from_millis(1);
        }
        (sent, counter.refused)
    }

    #[test]
    fn uses_the_limit_and_never_oversteps_it() {
        for (seed, allowed) in [(1, 300), (2, 6_000), (3, 180), (4, 50), (5, 3_000)] {
            for round_up in [true, false] {
                for lanes in [1, 8] {
                    let (sent, refused) = run(allowed, lanes, round_up, seed);
                    assert_eq!(
                        refused, 0,
                        "allowed {allowed}, lanes {lanes}, up {round_up}"
                    );
                    assert!(
                        f64::from(sent) >= 0.97 * f64::from(allowed) * 10.0,
                        "allowed {allowed}, lanes {lanes}, up {round_up}: {sent}"
                    );
                }
            }
        }
    }

    #[test]
    fn spaces_evenly_until_upstream_speaks() {
        let mut pace = Pace::new(Some(300));
        assert_eq!(pace.take(Duration::ZERO), Ok(()));
        assert_eq!(pace.take(Duration::ZERO), Err(Duration::from_millis(200)));
        assert_eq!(pace.take(Duration::from_millis(200)), Ok(()));
        pace.hold(Duration::from_millis(200), Duration::from_secs(3));
        assert_eq!(
            pace.take(Duration::from_secs(1)),
            Err(Duration::from_millis(3_200))
        );
        let mut free = Pace::new(None);
        assert!((0..1000).all(|_| free.take(Duration::ZERO).is_ok()));
    }
}
