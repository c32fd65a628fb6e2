//! What a user handled in a half hour, made up from the seed, the id and the half hour.

use headcount_core::fact::FactKind;

use crate::{org::State, people::mix};

/// A half hour, ms. Half hours are counted from 1970 in UTC; all of one is told at its start.
pub(crate) const HALF_HOUR_MS: i64 = 1_800_000;
/// Media types, as `mediaType` names them.
pub(crate) const MEDIA: [&str; 4] = ["voice", "message", "email", "callback"];
/// Queues that a conversation may come through.
pub(crate) const QUEUES: usize = 3;

/// First day on which anybody works: 2024-01-01, in days since 1970.
const ORG_START: i64 = 19_723;
/// Days over which people join and leave.
const YEARS: u64 = 1_096;
/// Half hours of a shift.
const SHIFT: i64 = 16;
const DAY: i64 = 48;

/// Count, sum, smallest and largest of one metric; durations in ms, scores in hundredths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stats {
    pub(crate) count: i64,
    pub(crate) sum: i64,
    pub(crate) min: i64,
    pub(crate) max: i64,
}

impl Stats {
    pub(crate) fn add(&mut self, other: &Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = *other;
            return;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

/// Statistics in the order of [`super::metrics`].
pub(crate) type Done = [Stats; 7];

/// How somebody works. Nothing in it changes later.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    key: u64,
    /// Half hour of the day at which the shift starts.
    starts: i64,
    first_day: i64,
    last_day: i64,
    /// Conversations in a half hour, thousandths, by media type.
    load: [i64; MEDIA.len()],
    /// Average handle time, ms, by media type.
    pace: [i64; MEDIA.len()],
    trade: u16,
}

impl Worker {
    /// How the user `id` works, who was in state `was` and in a department of number `trade` when
    /// they came into the org. `None` for those who never handle anything.
    pub(crate) fn new(seed: u64, id: &str, was: State, trade: u16) -> Option<Self> {
        let spread = id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let key = mix(seed ^ mix(spread));
        let draw = |salt: u64| mix(key ^ mix(salt));
        if draw(1) % 100 < 6 {
            return None;
        }
        let first_day = match draw(2) % 100 {
            0..60 => ORG_START,
            _ => ORG_START + signed(draw(3) % YEARS),
        };
        let last_day = match was {
            State::Active => i64::MAX,
            _ => ORG_START + signed(draw(4) % YEARS),
        };
        let a_day = 10 + signed(draw(5) % 51);
        let shares: [i64; MEDIA.len()] = match draw(6) % 100 {
            0..55 => [1000, 0, 0, 0],
            55..70 => [850, 0, 0, 150],
            70..85 => [600, 400, 0, 0],
            85..93 => [0, 700, 300, 0],
            _ => [300, 0, 700, 0],
        };
        // Handle times differ by media type, department and person: 3 to 15 minutes.
        let own = 850 + signed(draw(7) % 301);
        let of_trade = 650 + signed(mix(u64::from(trade)) % 751);
        let pace = |base: i64| (base * own / 1000 * of_trade / 1000).clamp(180_000, 900_000);
        let starts = match draw(8) % 10 {
            0 => signed(draw(9) % 48),
            _ => 8 + signed(draw(9) % 24),
        };
        (first_day <= last_day).then(|| Self {
            key,
            starts,
            first_day,
            last_day,
            load: shares.map(|share| a_day * share / SHIFT),
            pace: [320_000, 480_000, 600_000, 280_000].map(pace),
            trade,
        })
    }

    /// Half hours from `from` to before `to` in which the user may have worked, in their order.
    pub(crate) fn shifts(&self, from: i64, to: i64) -> impl Iterator<Item = i64> {
        let day = |half_hour: i64| (half_hour - self.starts).div_euclid(DAY);
        let days = day(from).max(self.first_day)..=day(to - 1).min(self.last_day);
        days.filter(|day| self.works_on(*day))
            .flat_map(|day| {
                let start = day * DAY + self.starts;
                start..start + SHIFT
            })
            .filter(move |half_hour| (from..to).contains(half_hour))
    }

    fn works_on(&self, day: i64) -> bool {
        // 1970-01-01 was a Thursday.
        let weekend = (day + 3).rem_euclid(7) >= 5;
        let chance = if weekend { 25 } else { 92 };
        mix(self.key ^ mix(unsigned(day) ^ 0xda11)) % 100 < chance
    }

    /// Whether the user works in a half hour: the plain way, for the truth.
    pub(crate) fn works_in(&self, half_hour: i64) -> bool {
        let since = half_hour - self.starts;
        let day = since.div_euclid(DAY);
        since.rem_euclid(DAY) < SHIFT
            && self.first_day <= day
            && day <= self.last_day
            && self.works_on(day)
    }

    /// Which queue the conversations of a half hour came through.
    pub(crate) fn queue(&self, half_hour: i64, media: usize) -> usize {
        usize::try_from(self.draw(half_hour, media, 90) % QUEUES as u64).unwrap_or(0)
    }

    /// What was done in a half hour in which the user works; `None` for nothing.
    pub(crate) fn done(&self, kind: FactKind, half_hour: i64, media: usize) -> Option<Done> {
        let handled = self.handled(half_hour, media);
        if handled == 0 {
            return None;
        }
        match kind {
            FactKind::HandleTime => Some(self.conversations(half_hour, media, handled)),
            FactKind::Evaluation => self.evaluations(half_hour, media, handled),
        }
    }

    fn draw(&self, half_hour: i64, media: usize, salt: u64) -> u64 {
        let place = unsigned(half_hour) * MEDIA.len() as u64 + media as u64;
        mix(self.key ^ mix(place << 8 | salt))
    }

    /// Number of conversations.
    fn handled(&self, half_hour: i64, media: usize) -> i64 {
        let load = self.load[media];
        if load == 0 {
            return 0;
        }
        let draw = self.draw(half_hour, media, 1);
        let uneven = 500 + signed(draw % 1001);
        (load * uneven / 1000 + signed((draw >> 32) % 1000)) / 1000
    }

    fn conversations(&self, half_hour: i64, media: usize, handled: i64) -> Done {
        let draw = |salt: u64, end: u64| signed(self.draw(half_hour, media, salt) % end);
        // Of the conversations, so many in a hundred on average.
        let some = |salt: u64, percent: i64| (handled * percent + draw(salt, 100)) / 100;
        let (voice, callback) = (media == 0, media == 3);
        let handle = handled * (self.pace[media] * (700 + draw(2, 601)) / 1000) + draw(3, 1000);
        let outbound = match (voice, callback) {
            (_, true) => handled,
            (true, _) => some(4, 10),
            _ => 0,
        };
        let held = if voice || callback { some(5, 25) } else { 0 };
        let held_ms = (held * (15_000 + draw(6, 60_000))).min(handle / 4);
        let wrapped = if media == 1 { some(7, 50) } else { handled };
        let acw_ms = wrapped * (handle / handled * (8 + draw(8, 15)) / 100);
        let dialed_ms = outbound * (handle / handled / 20);
        let answered = (handled - outbound - some(9, 5)).max(0);
        let stats = |count: i64, sum: i64, salt: u64| {
            let (low, high) = (30 + draw(salt, 41), 150 + draw(salt + 1, 100));
            spread(count, sum, low, high)
        };
        let counted = |count: i64| Stats {
            count,
            ..Stats::default()
        };
        [
            stats(handled, handle, 20),
            stats(handled, handle - held_ms - acw_ms - dialed_ms, 22),
            stats(held, held_ms, 24),
            stats(wrapped, acw_ms, 26),
            stats(answered, answered * (3_000 + draw(10, 20_000)), 28),
            counted(some(11, 8)),
            counted(outbound),
        ]
    }

    fn evaluations(&self, half_hour: i64, media: usize, handled: i64) -> Option<Done> {
        let draw = |salt: u64, end: u64| signed(self.draw(half_hour, media, salt) % end);
        // Two in a hundred conversations are evaluated.
        let evaluated = (handled * 20 + draw(60, 1000)) / 1000;
        if evaluated == 0 {
            return None;
        }
        let mut done = Done::default();
        let one = |score: i64| Stats {
            count: 1,
            sum: score,
            min: score,
            max: score,
        };
        for number in 0..evaluated.min(8) {
            let salt = 64 + unsigned(number) * 3;
            let bonus = i64::from(self.trade % 8) * 100;
            let score = (6_000 + bonus + draw(salt, 4_001)).min(10_000);
            done[0].add(&one(0));
            done[3].add(&one(score));
            // Not every form has critical questions.
            if draw(salt + 1, 100) < 80 {
                done[4].add(&one((score + draw(salt + 2, 1_500)).min(10_000)));
            }
        }
        done[1].count = i64::from(draw(61, 100) < 3);
        done[2].count = i64::from(draw(62, 100) < 2);
        Some(done)
    }
}

/// Statistics of `count` values that add up to `sum`; the smallest and largest lie at so many
/// hundredths of the average.
fn spread(count: i64, sum: i64, low: i64, high: i64) -> Stats {
    if count == 0 {
        return Stats::default();
    }
    let average = sum / count;
    let (min, max) = match count {
        1 => (sum, sum),
        _ => {
            let min = average * low / 100;
            (min, (average * high / 100).min(sum - min * (count - 1)))
        }
    };
    Stats {
        count,
        sum,
        min,
        max,
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Bits of a number, for drawing.
fn unsigned(number: i64) -> u64 {
    number.cast_unsigned()
}

/// Number of a department: the same for its spellings in other letters.
pub(crate) fn trade(department: &str) -> u16 {
    let letters = department.trim().chars().flat_map(char::to_lowercase);
    letters.fold(0, |number: u16, letter| {
        #[expect(clippy::cast_possible_truncation, reason = "any 16 bits will do")]
        let low = letter as u32 as u16;
        number.wrapping_mul(31).wrapping_add(low)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-02, a Monday, in half hours since 1970.
    const MONDAY: i64 = 20_759 * DAY;

    fn crowd() -> Vec<Worker> {
        let worker = |n: u64| Worker::new(1, &format!("user {n}"), State::Active, (n % 9) as u16);
        (0..2000).filter_map(worker).collect()
    }

    fn total(crowd: &[Worker], kind: FactKind, from: i64, to: i64) -> [Done; MEDIA.len()] {
        let mut total = [Done::default(); MEDIA.len()];
        for worker in crowd {
            for half_hour in worker.shifts(from, to) {
                for (media, total) in total.iter_mut().enumerate() {
                    let done = worker.done(kind, half_hour, media).unwrap_or_default();
                    for (total, done) in total.iter_mut().zip(&done) {
                        total.add(done);
                    }
                }
            }
        }
        total
    }

    #[test]
    fn work_looks_like_that_of_a_contact_centre() {
        let crowd = crowd();
        assert!((1850..1910).contains(&crowd.len()), "{}", crowd.len());
        let week = total(&crowd, FactKind::HandleTime, MONDAY, MONDAY + 5 * DAY);
        let mut all = 0;
        for (media, [handle, talk, held, acw, answered, transferred, outbound]) in
            week.into_iter().enumerate()
        {
            let average = handle.sum / handle.count / 1000;
            assert!((180..900).contains(&average), "{}: {average}", MEDIA[media]);
            assert!(handle.min > 0 && handle.max < 3_600_000);
            let parts = talk.sum + held.sum + acw.sum;
            assert!(parts <= handle.sum && parts > handle.sum * 9 / 10);
            assert!(answered.count <= handle.count && transferred.count < handle.count / 5);
            assert_eq!(outbound.count == 0, media == 1 || media == 2);
            assert_eq!(held.count == 0, media == 1 || media == 2);
            all += handle.count;
        }
        let a_day = all / 5 / i64::try_from(crowd.len()).unwrap();
        assert!((20..45).contains(&a_day), "{a_day}");
        let weekend = total(
            &crowd,
            FactKind::HandleTime,
            MONDAY + 5 * DAY,
            MONDAY + 7 * DAY,
        );
        let weekend: i64 = weekend.iter().map(|done| done[0].count).sum();
        assert!(weekend * 5 < all, "{weekend} of {all}");

        let scores = total(&crowd, FactKind::Evaluation, MONDAY, MONDAY + 5 * DAY);
        let evaluated: i64 = scores.iter().map(|done| done[0].count).sum();
        assert!(
            (all / 60..all / 40).contains(&evaluated),
            "{evaluated} of {all}"
        );
        for [evaluated, _, _, score, critical, ..] in scores {
            assert_eq!(evaluated.count, score.count);
            assert!(critical.count < score.count && critical.count > 0);
            assert!(score.min >= 6_000 && score.max <= 10_000 && score.sum % 100 != 0);
        }
    }

    #[test]
    fn shifts_are_those_of_the_plain_way() {
        for worker in crowd().iter().take(300) {
            let (from, to) = (MONDAY + 7, MONDAY + 9 * DAY + 5);
            let plain: Vec<i64> = (from..to).filter(|&at| worker.works_in(at)).collect();
            assert_eq!(worker.shifts(from, to).collect::<Vec<_>>(), plain);
        }
    }

    #[test]
    fn nobody_works_before_the_org_starts_or_after_they_left() {
        let (mut early, mut gone) = (0, 0);
        for n in 0..500 {
            let id = n.to_string();
            let Some(worker) = Worker::new(1, &id, State::Deleted, 1) else {
                continue;
            };
            early += worker.shifts(0, ORG_START * DAY).count();
            let end = ORG_START + i64::try_from(YEARS).unwrap() + 2;
            gone += worker.shifts(end * DAY, (end + 30) * DAY).count();
        }
        assert_eq!((early, gone), (0, 0));
    }

    #[test]
    fn spellings_of_a_department_are_one_trade() {
        assert_eq!(trade(" Customer CARE "), trade("customer care"));
        assert_ne!(trade("Billing"), trade("Sales"));
    }
}
