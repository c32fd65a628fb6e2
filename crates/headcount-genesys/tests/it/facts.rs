//! Days of facts, fetched over a real port.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use headcount_core::fact::{Fact, FactKind, interval::Interval};
use headcount_genesys::{
    Client, Credentials, DayFacts, Granularity, Secret, Settings, UpstreamError,
};
use headcount_sandbox::{Config, Sandbox, start};
use jiff::{civil::Date, tz::TimeZone};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// The clocks go back in Berlin.
const LONG_DAY: &str = "2026-10-25";
/// A Wednesday.
const DAY: &str = "2026-10-21";

async fn sandbox(users: usize) -> Sandbox {
    let config = Config {
        users,
        rate_limit: None,
        ..Config::default()
    };
    start(config, ([127, 0, 0, 1], 0).into()).await.unwrap()
}

fn client(sandbox: &Sandbox) -> Client {
    let credentials = Credentials::Client {
        id: sandbox.client_id().to_owned(),
        secret: Secret::new(sandbox.client_secret()),
    };
    let mut settings = Settings::for_url(&sandbox.url(), credentials);
    settings.requests_per_minute = None;
    settings.timeout = Duration::from_secs(10);
    Client::new(settings).unwrap()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

/// What the sandbox says of a local day, in the order of facts.
fn truth(sandbox: &Sandbox, kind: FactKind, date: &str, zone: &TimeZone) -> Vec<Fact> {
    let date: Date = date.parse().unwrap();
    let ms = |date: Date| {
        let start = date.to_zoned_datetime(zone.clone()).unwrap();
        start.timestamp().as_millisecond()
    };
    let day = Interval {
        start_ms: ms(date),
        end_ms: ms(date.tomorrow().unwrap()),
    };
    let mut facts = sandbox.facts(kind, day, zone);
    facts.sort_by(|one, two| one.key().cmp(&two.key()));
    facts
}

async fn day(
    client: &Client,
    kind: FactKind,
    granularity: Granularity,
    zone: &TimeZone,
    date: &str,
) -> Result<Vec<Fact>, UpstreamError> {
    DayFacts::new(client, kind, granularity, zone.clone())?
        .day(date.parse().unwrap())
        .await
}

#[tokio::test]
async fn a_day_is_what_the_sandbox_says_of_it() {
    let sandbox = sandbox(400).await;
    let client = client(&sandbox);
    for kind in FactKind::ALL {
        for (date, name) in [(DAY, "Asia/Riyadh"), (LONG_DAY, "Europe/Berlin")] {
            let zone = zone(name);
            let expected = truth(&sandbox, kind, date, &zone);
            assert!(expected.len() > 2, "{name}: {}", expected.len());
            let whole = day(&client, kind, Granularity::Day, &zone, date)
                .await
                .unwrap();
            assert_eq!(whole, expected);
            let again = day(&client, kind, Granularity::Day, &zone, date)
                .await
                .unwrap();
            assert_eq!(whole, again);

            // Half hours add up to the day.
            let mut halves = day(&client, kind, Granularity::HalfHour, &zone, date)
                .await
                .unwrap();
            assert!(
                halves
                    .iter()
                    .all(|fact| fact.end_ms - fact.start_ms == 1_800_000)
            );
            assert!(halves.len() > whole.len());
            for fact in &mut halves {
                (fact.start_ms, fact.end_ms) = (whole[0].start_ms, whole[0].end_ms);
            }
            let sums = headcount_core::fact::sum::added(kind, halves).unwrap();
            assert_eq!(sums, whole);
        }
    }
    assert_eq!(client.counters().retries, 0);
}

#[tokio::test]
async fn a_day_too_large_for_one_answer_comes_in_parts() {
    let sandbox = sandbox(300).await;
    let zone = zone("Europe/Berlin");
    let kind = FactKind::HandleTime;
    let expected = truth(&sandbox, kind, DAY, &zone);
    for status in ["400", "413"] {
        let most = (expected.len() * 3 / 4).to_string();
        sandbox.set_quirk("aggregate-groups", &most).unwrap();
        sandbox.set_quirk("aggregate-too-large", status).unwrap();
        let client = client(&sandbox);
        let facts = DayFacts::new(&client, kind, Granularity::Day, zone.clone()).unwrap();
        let date: Date = DAY.parse().unwrap();
        assert_eq!(facts.day(date).await.unwrap(), expected);
        let first = client.counters().requests;
        assert!((3..60).contains(&first), "{first}");
        // The next day starts with what was learnt: nothing is refused any more.
        let refused = || sandbox.stats().by_status[status];
        let before = refused();
        facts.day(date).await.unwrap();
        assert_eq!(refused(), before);
        let halves = day(&client, kind, Granularity::HalfHour, &zone, DAY).await;
        assert!(halves.unwrap().len() > expected.len());

        // As little as can be asked for is still too much.
        sandbox.set_quirk("aggregate-groups", "1").unwrap();
        let error = facts.day(date).await.unwrap_err();
        assert!(matches!(error, UpstreamError::Refused { .. }), "{error}");
    }
}

#[tokio::test]
async fn what_may_pass_is_asked_again() {
    let sandbox = sandbox(200).await;
    let client = client(&sandbox);
    let zone = zone("UTC");
    let faults = [
        "truncated",
        "503",
        "html",
        "reset",
        "not-this-shape",
        "token-expired",
    ];
    for (kind, endpoint) in [
        (FactKind::HandleTime, "conversations"),
        (FactKind::Evaluation, "evaluations"),
    ] {
        let expected = truth(&sandbox, kind, DAY, &zone);
        for fault in faults {
            let fault = json!({ "kind": fault, "endpoint": endpoint, "at": 1 });
            sandbox.set_faults(vec![serde_json::from_value(fault.clone()).unwrap()]);
            let before = client.counters().retries;
            let whole = day(&client, kind, Granularity::Day, &zone, DAY).await;
            assert_eq!(whole.unwrap(), expected, "{fault}");
            assert_eq!(client.counters().retries, before + 1, "{fault}");
        }
    }
}

#[tokio::test]
async fn a_day_that_never_comes_whole_is_an_error() {
    let sandbox = sandbox(50).await;
    let client = client(&sandbox);
    let zone = zone("UTC");
    let all = truth(&sandbox, FactKind::HandleTime, DAY, &zone).len();
    let most = (all * 3 / 4).to_string();
    sandbox.set_quirk("aggregate-groups", &most).unwrap();
    let kind = FactKind::HandleTime;
    assert!(
        day(&client, kind, Granularity::Day, &zone, DAY)
            .await
            .is_ok()
    );
    let requests = client.counters().requests;
    assert!(requests > 2, "{requests}");
    // Everything but the last part is there: no facts at all.
    let fault = json!({
        "kind": "not-this-shape", "endpoint": "conversations", "at": requests, "times": 1000,
    });
    sandbox.set_faults(vec![serde_json::from_value(fault).unwrap()]);
    let error = day(&client, FactKind::HandleTime, Granularity::Day, &zone, DAY)
        .await
        .unwrap_err();
    assert!(matches!(error, UpstreamError::Unreadable { .. }), "{error}");
}

#[tokio::test]
async fn the_permission_that_is_missing_is_named() {
    let sandbox = sandbox(10).await;
    let client = client(&sandbox);
    for (kind, quirk, permission) in [
        (
            FactKind::HandleTime,
            "conversation-permission",
            "analytics:conversationAggregate:view",
        ),
        (
            FactKind::Evaluation,
            "evaluation-permission",
            "analytics:evaluationAggregate:view",
        ),
    ] {
        sandbox.set_quirk(quirk, "refused").unwrap();
        let error = day(&client, kind, Granularity::Day, &zone("UTC"), DAY)
            .await
            .unwrap_err();
        assert!(matches!(error, UpstreamError::Forbidden { .. }), "{error}");
        assert!(error.hint().unwrap().contains(permission));
        sandbox.set_quirk(quirk, "granted").unwrap();
    }
}

#[tokio::test]
async fn a_zone_that_upstream_does_not_know_is_refused() {
    let sandbox = sandbox(1).await;
    let client = client(&sandbox);
    let fixed = TimeZone::fixed(jiff::tz::offset(3));
    let made = DayFacts::new(&client, FactKind::HandleTime, Granularity::Day, fixed);
    assert!(matches!(made.err(), Some(UpstreamError::Settings { .. })));
}

/// An upstream that says more than 32 MiB come for whatever is longer than six hours.
#[tokio::test]
async fn an_answer_larger_than_is_read_is_asked_for_in_parts() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = Vec::new();
            let interval = loop {
                stream.read_buf(&mut bytes).await.unwrap();
                let text = String::from_utf8_lossy(&bytes);
                let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
                if let Ok(query) = serde_json::from_str::<serde_json::Value>(body) {
                    break query["interval"]
                        .as_str()
                        .unwrap()
                        .parse::<Interval>()
                        .unwrap();
                }
            };
            counted.fetch_add(1, Ordering::Relaxed);
            let long = interval.end_ms - interval.start_ms > 6 * 3_600_000;
            let answer = if long {
                "HTTP/1.1 200 OK\r\ncontent-length: 40000000\r\n\r\n{".to_owned()
            } else {
                let body = json!({ "results": [{ "group": { "userId": "u" }, "data": [{
                    "metrics": [{ "metric": "tHandle", "stats": { "count": 1, "sum": 1000 } }],
                }] }] })
                .to_string();
                format!(
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                    body.len()
                )
            };
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let token = Credentials::Token(Secret::new("t"));
    let client = Client::new(Settings::for_url(&url, token)).unwrap();
    let facts = day(
        &client,
        FactKind::HandleTime,
        Granularity::Day,
        &zone("UTC"),
        DAY,
    )
    .await
    .unwrap();
    // 24 and 12 hours are refused; four times six come, each with one conversation.
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].measures[..2], [Some(4), Some(4_000)]);
    assert_eq!(facts[0].end_ms - facts[0].start_ms, 86_400_000);
    assert_eq!(asked.load(Ordering::Relaxed), 6);
}
