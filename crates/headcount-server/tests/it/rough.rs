//! Callers who are slow, large, many or mad: each gets what is theirs, and others are answered.

use std::time::Duration;

use headcount_server::Settings;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, timeout},
};

use crate::served::{BEGIN_MS, Made, Served, answer, user};

async fn served(change: impl FnOnce(&mut Settings)) -> Served {
    let people: Vec<String> = (0..50).map(|number| user(number, "active", "d")).collect();
    Made::new()
        .publish(&people, BEGIN_MS)
        .serve_with(change)
        .await
}

async fn connect(served: &Served) -> TcpStream {
    TcpStream::connect(served.server.address()).await.unwrap()
}

/// All that comes until the server closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    // A reset ends the answer as well.
    let _ = timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_body_past_the_bound_is_refused_and_read_no_further() {
    let served = served(|settings| settings.bounds.body = 1000).await;
    let asking = served.anybody();
    let large =
        json!({"query": [{"type": "EXACT", "fields": ["name"], "value": "x".repeat(5000)}]});
    let refused = asking.search(&large).await;
    assert_eq!(
        refused.refusal(),
        (413, "request.entity.too.large".to_owned())
    );
    assert!(refused.json()["message"].as_str().unwrap().contains("1000"));

    // Without a length told beforehand.
    let mut stream = connect(&served).await;
    let head = "POST /api/v2/users/search HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..20 {
        let chunk = format!("64\r\n{}\r\n", "x".repeat(100));
        stream.write_all(chunk.as_bytes()).await.unwrap();
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let mut begin = [0; 12];
    stream.read_exact(&mut begin).await.unwrap();
    assert_eq!(&begin, b"HTTP/1.1 413");
}

#[tokio::test]
async fn a_hundred_megabytes_are_refused_with_their_status() {
    let served = served(|_| {}).await;
    let request = served
        .anybody()
        .request(reqwest::Method::POST, "/api/v2/users/search");
    let refused = answer(
        request
            .header("content-type", "application/json")
            .body(vec![b' '; 100 << 20]),
    )
    .await;
    assert_eq!(
        refused.refusal(),
        (413, "request.entity.too.large".to_owned())
    );
}

#[tokio::test]
async fn who_dawdles_is_told_so_or_closed() {
    let served = served(|settings| {
        settings.bounds.head_time = Duration::from_millis(300);
        settings.bounds.body_time = Duration::from_millis(300);
        settings.bounds.idle_time = Duration::from_millis(600);
    })
    .await;
    // Silent from the beginning, in mid-head, and after an answer.
    let mut silent = connect(&served).await;
    let mut half_a_head = connect(&served).await;
    half_a_head
        .write_all(b"GET /health/live HTTP/1.1\r\nho")
        .await
        .unwrap();
    let mut kept = connect(&served).await;
    kept.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut half_a_body = connect(&served).await;
    half_a_body
        .write_all(b"POST /api/v2/users/search HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{")
        .await
        .unwrap();
    let began = Instant::now();
    assert_eq!(rest(&mut silent).await, "");
    rest(&mut half_a_head).await;
    assert!(rest(&mut kept).await.starts_with("HTTP/1.1 200"));
    let told = rest(&mut half_a_body).await;
    assert!(told.starts_with("HTTP/1.1 408"), "{told}");
    assert!(told.contains("request.timeout"));
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "nobody was closed"
    );
}

#[tokio::test]
async fn random_bytes_never_harm_others() {
    let served = served(|_| {}).await;
    let mut rng = fastrand::Rng::with_seed(5);
    for round in 0..200 {
        let mut stream = connect(&served).await;
        let mut bytes: Vec<u8> = (0..rng.usize(1..600)).map(|_| rng.u8(..)).collect();
        if round % 2 == 0 {
            bytes.splice(
                0..0,
                b"POST /api/v2/users/search HTTP/1.1\r\n".iter().copied(),
            );
        }
        // It may be closed in the middle of it.
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
        rest(&mut stream).await;
    }
    assert_eq!(served.anybody().get("/api/v2/users").await.ids().len(), 25);
    for long in [9_000, 70_000] {
        let mut stream = connect(&served).await;
        let head = format!(
            "GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n",
            "x".repeat(long)
        );
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.shutdown().await;
        let told = rest(&mut stream).await;
        assert!(
            told.is_empty() || told.starts_with("HTTP/1.1 4"),
            "{}",
            &told[..told.len().min(80)]
        );
    }
}

#[tokio::test]
async fn a_search_that_takes_too_long_is_given_up() {
    let people: Vec<String> = (0..4000)
        .map(|number| user(number, "active", "d"))
        .collect();
    let served = Made::new()
        .publish(&people, BEGIN_MS)
        .serve_with(|settings| settings.bounds.answer_time = Duration::from_nanos(1))
        .await;
    let slow = json!({"query": [{"type": "CONTAINS", "fields": ["chat.jabberId"], "value": "j"}]});
    let refused = served.anybody().search(&slow).await;
    assert_eq!(refused.refusal(), (504, "request.timeout".to_owned()));
    assert_eq!(served.anybody().get("/api/v2/users").await.status, 200);
}

#[tokio::test]
async fn answers_on_their_way_are_bounded_in_memory() {
    let served = served(|settings| {
        settings.bounds.answers_under_way = 8 << 10;
        settings.bounds.answer_time = Duration::from_millis(200);
    })
    .await;
    // Larger than all the room there is.
    let refused = served.anybody().get("/api/v2/users?pageSize=50").await;
    assert_eq!(refused.refusal(), (503, "service.unavailable".to_owned()));
    let small = served.anybody().get("/api/v2/users?pageSize=1").await;
    assert_eq!(small.status, 200);
}

#[tokio::test]
async fn idle_and_slow_callers_leave_room_for_others() {
    let served = served(|_| {}).await;
    let mut idle = Vec::new();
    for _ in 0..400 {
        idle.push(connect(&served).await);
    }
    let mut slow = Vec::new();
    for _ in 0..50 {
        let mut stream = connect(&served).await;
        stream.write_all(b"GET /api/v2/users HTT").await.unwrap();
        slow.push(stream);
    }
    let began = Instant::now();
    for _ in 0..50 {
        assert_eq!(served.anybody().get("/api/v2/users").await.status, 200);
    }
    assert!(began.elapsed() < Duration::from_secs(5));
    for mut stream in slow {
        stream
            .write_all(b"P/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
            .await
            .unwrap();
        assert!(rest(&mut stream).await.starts_with("HTTP/1.1 200"));
    }
}

#[tokio::test]
async fn a_stop_lets_requests_under_way_end() {
    let served = served(|_| {}).await;
    let mut stream = connect(&served).await;
    stream
        .write_all(b"POST /api/v2/users/search HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{")
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let address = served.server.address();
    let stopping = tokio::spawn(served.server.shutdown());
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(
        TcpStream::connect(address).await.is_err(),
        "still taking callers"
    );
    stream.write_all(b"}").await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 200"));
    timeout(Duration::from_secs(10), stopping)
        .await
        .unwrap()
        .unwrap();
}
