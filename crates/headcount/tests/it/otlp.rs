//! With the feature `otlp`, `serve` sends a span of each request to a collector.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::Stdio,
    time::Duration,
};

use crate::sandboxed::Sandboxed;

/// Takes one export: its head and its body.
fn export(collector: &TcpListener) -> (String, Vec<u8>) {
    let (stream, _) = collector.accept().unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some(told) = line.to_lowercase().strip_prefix("content-length:") {
            length = told.trim().parse().unwrap();
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
    reader.get_mut().write_all(answer).unwrap();
    (head, body)
}

#[test]
fn each_request_is_a_span_without_anything_personal() {
    let sandbox = Sandboxed::start(&["--users", "50"]);
    sandbox.json(&["sync", "--output", "json"]);
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", collector.local_addr().unwrap());
    let mut serving = sandbox
        .command(&["serve", "--listen", "127.0.0.1:0", "--log", "off"])
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &url)
        .env("OTEL_BSP_SCHEDULE_DELAY", "100")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(serving.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let told: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = told["url"].as_str().unwrap().trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    let ask =
        "GET /api/v2/users?jabberId=hush HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(ask.as_bytes()).unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();

    let (head, body) = export(&collector);
    serving.kill().unwrap();
    serving.wait().unwrap();
    assert!(head.starts_with("POST /v1/traces "), "{head}");
    let text = String::from_utf8_lossy(&body);
    for wanted in [
        "headcount",
        "GET /api/v2/users",
        "http.response.status_code",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in {text:?}");
    }
    assert!(!text.contains("hush") && !text.contains("@example"));
}
