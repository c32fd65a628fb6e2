//! Due times against a naive model that looks at every minute, and examples for each kind of night.

use jiff::civil::Weekday;
use proptest::prelude::*;

use super::*;

const MINUTE_MS: i64 = 60_000;

pub(in crate::schedule) fn schedule(cron: &str, zone: &str, jitter_s: u32) -> Schedule {
    Schedule::new(cron.parse().unwrap(), zone.parse().unwrap(), jitter_s)
}

/// The first due times after an instant, as clocks in the zone show them.
fn due(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let schedule = schedule(cron, zone, 0);
    let mut at = after.parse::<Timestamp>().unwrap().as_millisecond();
    let mut shown = Vec::new();
    for _ in 0..count {
        at = schedule.next_after(at).unwrap();
        let time = Timestamp::from_millisecond(at).unwrap();
        let offset = schedule.zone.0.to_offset(time);
        shown.push(format!(
            "{} {offset}",
            offset.to_datetime(time).strftime("%m-%d %H:%M")
        ));
    }
    shown
}

#[test]
fn a_time_that_does_not_exist_is_due_right_after_the_gap() {
    assert_eq!(
        due("30 2 * * *", "Europe/Berlin", "2026-03-28T00:00:00Z", 3),
        ["03-28 02:30 +01", "03-29 03:00 +02", "03-30 02:30 +02"]
    );
    assert_eq!(
        due(
            "*/20 2 * * *",
            "America/New_York",
            "2026-03-07T07:30:00Z",
            3
        ),
        ["03-07 02:40 -05", "03-08 03:00 -04", "03-09 02:00 -04"]
    );
    // Half an hour is left out.
    assert_eq!(
        due(
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T00:00:00Z",
            2
        ),
        ["10-04 02:30 +11", "10-05 02:15 +11"]
    );
    // Midnight itself is left out.
    assert_eq!(
        due("0 0 * * *", "Africa/Cairo", "2026-04-22T23:00:00Z", 2),
        ["04-24 01:00 +03", "04-25 00:00 +03"]
    );
    // Two due times in one gap are one; so are one in the gap and one at its end.
    assert_eq!(
        due("0,30 2,3 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 3),
        ["03-29 03:00 +02", "03-29 03:30 +02", "03-30 02:00 +02"]
    );
}

#[test]
fn a_time_that_exists_twice_is_due_the_first_time() {
    assert_eq!(
        due("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
        ["10-25 02:30 +02", "10-26 02:30 +01"]
    );
    assert_eq!(
        due("0 1 * * *", "America/New_York", "2026-11-01T00:00:00Z", 2),
        ["11-01 01:00 -04", "11-02 01:00 -05"]
    );
    // Started in the second of the two.
    assert_eq!(
        due(
            "45 1 * * *",
            "Australia/Lord_Howe",
            "2026-04-04T15:01:00Z",
            1
        ),
        ["04-06 01:45 +10:30"]
    );
    // A clock of half hours, where the library alone would search for ever.
    assert_eq!(
        due(
            "0 3 * * *",
            "Australia/Lord_Howe",
            "2026-04-04T13:10:00Z",
            2
        ),
        ["04-05 03:00 +10:30", "04-06 03:00 +10:30"]
    );
}

#[test]
fn an_hourly_job_is_due_in_every_real_hour() {
    assert_eq!(
        due("30 * * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", 3),
        ["03-29 01:30 +01", "03-29 03:30 +02", "03-29 04:30 +02"]
    );
    assert_eq!(
        due("0 0-23 * * *", "Europe/Berlin", "2026-10-24T23:30:00Z", 4),
        [
            "10-25 02:00 +02",
            "10-25 02:00 +01",
            "10-25 03:00 +01",
            "10-25 04:00 +01"
        ]
    );
}

#[test]
fn without_daylight_saving_every_day_is_alike() {
    let schedule = schedule("0 3 * * *", "Asia/Riyadh", 0);
    let mut at = schedule.next_after(0).unwrap();
    for _ in 0..1000 {
        let next = schedule.next_after(at).unwrap();
        assert_eq!(next - at, 24 * 60 * MINUTE_MS);
        at = next;
    }
}

#[test]
fn rare_days_are_found_however_far_away() {
    let after = "2096-03-01T00:00:00Z";
    assert_eq!(due("0 0 29 2 *", "UTC", after, 1), ["02-29 00:00 +00"]);
    assert_eq!(due("0 0 29 2 */7", "UTC", after, 1), ["02-29 00:00 +00"]);
}

#[test]
fn errors_name_the_field() {
    let error = |cron: &str| cron.parse::<Cron>().unwrap_err().to_string();
    for (cron, field) in [
        ("60 3 * * *", "the minute `60`"),
        ("0 24 * * *", "the hour `24`"),
        ("0 22-2 * * *", "the hour `22-2`"),
        ("0 */0 * * *", "the hour `*/0`"),
        ("0 3 0 * *", "the day of the month `0`"),
        ("0 3 L * *", "the day of the month `L`"),
        ("0 3 15W * *", "the day of the month `15W`"),
        ("0 3 * 13 *", "the month `13`"),
        ("0 3 * JANUARY *", "the month `JANUARY`"),
        ("0 3 * * 8", "the day of the week `8`"),
        ("0 3 * * 5#3", "the day of the week `5#3`"),
        ("H 3 * * *", "the minute `H`"),
        ("0 3, * * *", "the hour `3,`"),
    ] {
        let told = error(cron);
        assert!(told.starts_with(field), "{cron}: {told}");
    }
    assert!(error("@daily").contains("this has 1"));
    assert!(error("0 3 * * * Asia/Riyadh").contains("this has 6"));
    assert_eq!(
        error("0 3 30 2 *"),
        "the day of the month `30` never comes in the month `2`"
    );
    for cron in [
        "0 3 * * *",
        " 0\t3 * * * ",
        "5 4 * JAN-mar Sun,2",
        "*/15 1-5/2 1,15 */3 0-7",
    ] {
        assert!(cron.parse::<Cron>().is_ok(), "{cron}");
    }
}

#[test]
fn unknown_zones_get_their_nearest_names() {
    let error = |zone: &str| zone.parse::<Zone>().unwrap_err().to_string();
    assert!(error("Asia/Riyad").contains("did you mean `Asia/Riyadh`"));
    assert!(error("qqqqqq").ends_with("`Europe/Berlin` or `UTC`"));
    assert_eq!(Zone::UTC.0, "UTC".parse::<Zone>().unwrap().0);
}

#[test]
fn jitter_is_bounded_repeatable_and_may_be_none() {
    let daily = schedule("0 3 * * *", "UTC", 300);
    let often = schedule("*/2 * * * *", "UTC", 300);
    let exact = schedule("0 3 * * *", "UTC", 0);
    let mut seen = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let put_off = daily.put_off(0, seed);
        assert!((0..=300_000).contains(&put_off));
        assert_eq!(put_off, daily.put_off(0, seed));
        seen.insert(put_off);
        assert!((0..=MINUTE_MS).contains(&often.put_off(0, seed)));
        assert_eq!(exact.put_off(7, seed), 7);
        assert!((3_300_000..=3_600_000).contains(&daily.shorten(3_600_000, 5, seed)));
        assert_eq!(exact.shorten(3_600_000, 5, seed), 3_600_000);
    }
    assert!(seen.len() > 150, "only {} different delays", seen.len());
}

/// What a cron expression of the model means.
type Meaning = fn(DateTime) -> bool;

/// Expressions, whether they are of every hour, and the same in plain code.
const MODEL: [(&str, bool, Meaning); 9] = [
    ("0 3 * * *", false, |t| (t.hour(), t.minute()) == (3, 0)),
    ("30 2 * * *", false, |t| (t.hour(), t.minute()) == (2, 30)),
    ("45 1 * * *", false, |t| (t.hour(), t.minute()) == (1, 45)),
    ("0 0 * * *", false, |t| (t.hour(), t.minute()) == (0, 0)),
    ("*/20 0-3 * * *", false, |t| {
        t.hour() <= 3 && t.minute() % 20 == 0
    }),
    ("15 */6 * * *", false, |t| {
        t.hour() % 6 == 0 && t.minute() == 15
    }),
    ("0 2 * * SUN", false, |t| {
        (t.weekday(), t.hour(), t.minute()) == (Weekday::Sunday, 2, 0)
    }),
    ("0 * * * *", true, |t| t.minute() == 0),
    ("*/25 0-23/1 * * *", true, |t| t.minute() % 25 == 0),
];

const ZONES: [&str; 9] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Riyadh",
    "UTC",
    "Africa/Cairo",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "America/Santiago",
];

/// The first due minute in three days, found by looking at every one of them.
fn naive(zone: &TimeZone, every_hour: bool, meaning: Meaning, after: i64) -> Option<i64> {
    let clock = |minute: i64| zone.to_datetime(Timestamp::from_second(minute * 60).unwrap());
    let after = after.div_euclid(MINUTE_MS);
    // The latest that the clock has shown, to know what it shows again.
    let mut latest = clock(after - 240);
    for minute in after - 239..after + 3 * 24 * 60 {
        let shown = clock(minute);
        let mut due = meaning(shown);
        if !every_hour {
            due &= shown > latest;
            let mut left_out = latest + 1.minute();
            while left_out < shown {
                due |= meaning(left_out);
                left_out += 1.minute();
            }
        }
        latest = latest.max(shown);
        if due && minute > after {
            return Some(minute * MINUTE_MS);
        }
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn due_times_are_those_of_the_model(
        (cron, every_hour, meaning) in prop::sample::select(MODEL.to_vec()),
        zone in prop::sample::select(ZONES.to_vec()),
        after in 1_735_689_600_000..1_893_456_000_000i64,
        before_change in prop::option::weighted(0.8, 0..172_800_000i64),
    ) {
        let schedule = schedule(cron, zone, 0);
        let zone = schedule.zone.0.clone();
        // Nights on which the clock is changed are rare; most cases begin shortly before one.
        let change = zone.following(Timestamp::from_millisecond(after).unwrap()).next();
        let after = match (before_change, change) {
            (Some(before), Some(change)) => change.timestamp().as_millisecond() - before,
            _ => after,
        };
        let due = schedule.next_after(after).unwrap();
        match naive(&zone, every_hour, meaning, after) {
            Some(wanted) => prop_assert_eq!(due, wanted),
            None => prop_assert!(due > after + 2 * 24 * 60 * MINUTE_MS),
        }
    }
}
