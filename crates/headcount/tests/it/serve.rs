//! `serve`, from the outside: it starts, keeps itself fresh, and stays up whatever happens.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{run::Home, sandboxed::Sandboxed};

/// A server that runs until it is dropped.
pub(crate) struct Serving {
    process: Child,
    address: String,
    log: PathBuf,
    pub(crate) login: String,
}

impl Serving {
    /// Starts `serve` with these options beside a sandbox.
    pub(crate) fn start(sandbox: &Sandboxed, options: &[&str], log: &str) -> Self {
        let mut command = sandbox.command(&["serve", "--listen", "127.0.0.1:0", "-v"]);
        command.args(options);
        Self::run(command, sandbox.folder.path().join(log))
    }

    /// Runs a command that serves.
    pub(crate) fn run(mut command: Command, log: PathBuf) -> Self {
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(fs::File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let told: Value = serde_json::from_str(&line).expect("the first line is JSON");
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        Self {
            process,
            address: text("url").trim_start_matches("http://").to_owned(),
            log,
            login: text("login"),
        }
    }

    fn connect(&self) -> TcpStream {
        TcpStream::connect(&self.address).unwrap()
    }

    /// Status and body of a request.
    pub(crate) fn ask(&self, method: &str, path: &str, token: &str, body: &[u8]) -> (u16, String) {
        let mut stream = self.connect();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
        (status, body.to_owned())
    }

    pub(crate) fn get(&self, path: &str, token: &str) -> (u16, Value) {
        let (status, body) = self.ask("GET", path, token, b"");
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    /// Asks until the answer is as wanted.
    pub(crate) fn wait(
        &self,
        path: &str,
        token: &str,
        wanted: impl Fn(u16, &Value) -> bool,
    ) -> Value {
        let began = Instant::now();
        loop {
            let (status, body) = self.get(path, token);
            if wanted(status, &body) {
                return body;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "{status} {body}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Resident memory, KiB: `VmRSS:` now, `VmHWM:` at its highest.
    #[cfg(target_os = "linux")]
    pub(crate) fn memory(&self, what: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(what));
        let number = line.unwrap().split_whitespace().nth(1).unwrap();
        number.parse().unwrap()
    }

    /// Ends it as a service manager does; it must end well.
    #[cfg(unix)]
    pub(crate) fn terminate(&mut self) {
        use rustix::process::{Pid, Signal, kill_process};

        let process = Pid::from_child(&self.process);
        kill_process(process, Signal::TERM).unwrap();
        let status = self.process.wait().unwrap();
        assert!(status.success(), "{status}");
    }

    /// What was logged; a panic is none of it.
    pub(crate) fn logged(&self) -> String {
        let logged = fs::read_to_string(&self.log).unwrap();
        assert!(!logged.contains("panicked"), "{logged}");
        logged
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) fn token(sandbox: &Sandboxed) -> String {
    let told = sandbox.json(&["token", "create", "--rate-limit", "off", "--output", "json"]);
    told["token"].as_str().unwrap().to_owned()
}

pub(crate) const EVERYBODY: &str = "/api/v2/users?state=any&pageSize=1";

/// Due once a year: it runs to catch up, and not again.
const ONCE_A_YEAR: [&str; 6] = [
    "--refresh",
    "0 3 1 1 *",
    "--timezone",
    "Asia/Riyadh",
    "--jitter",
    "0",
];

/// A missed run is caught up at once, killing the server in the middle of it costs nothing but
/// the run, and when Genesys Cloud is gone the roster is served on.
#[test]
fn the_feed_carries_of_people_what_serve_was_told() {
    let sandbox = Sandboxed::start(&["--users", "3"]);
    sandbox.json(&["sync", "--quiet", "--output", "json"]);
    for (options, length) in [
        (&["--feed-personal", "none"][..], None),
        (&["--feed-personal", "hashed"], Some(32)),
        (&[], Some(0)),
    ] {
        let serving = Serving::start(&sandbox, options, "feed.log");
        let (status, body) = serving.ask("GET", "/odata/v4/Users?%24top=1", "", b"");
        assert_eq!(status, 200, "{body}");
        let told: Value = serde_json::from_str(&body).unwrap();
        let email = told["value"][0]["Email"].as_str();
        match length {
            Some(0) => assert!(email.unwrap().contains('@')),
            length => assert_eq!(email.map(str::len), length),
        }
    }
    let refused = sandbox.run(&["serve", "--feed-personal", "some"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn it_keeps_itself_fresh_and_outlives_kills_and_upstream() {
    let sandbox = Sandboxed::start(&["--users", "6000", "--latency", "60"]);
    let token = token(&sandbox);
    let first = Serving::start(&sandbox, &ONCE_A_YEAR, "first.log");
    assert_eq!(first.login, "required");
    assert_eq!(
        first.get(EVERYBODY, &token).0,
        503,
        "before the first snapshot"
    );
    first.wait("/health/ready", "", |_, body| {
        !body["job"]["running_since_ms"].is_null()
    });
    std::thread::sleep(Duration::from_millis(150));
    drop(first);

    let second = Serving::start(&sandbox, &ONCE_A_YEAR, "second.log");
    let found = second.wait(EVERYBODY, &token, |status, _| status == 200);
    assert_eq!(found["total"], 6000);
    let ready = second.wait("/health/ready", "", |status, body| {
        status == 200 && body["job"]["last_outcome"] == "published"
    });
    assert_eq!(ready["job"]["failures"], 0);
    assert!(ready["job"]["next_ms"].is_number());
    assert_eq!(sandbox.ids().len(), 6000);
    let logged = second.logged();
    assert!(
        logged.contains("refresh ended") && logged.contains("answered"),
        "{logged}"
    );
    drop(sandbox);
    assert_eq!(
        second.get(EVERYBODY, &token).0,
        200,
        "Genesys Cloud is gone"
    );
}

/// Thousands of connections that say nothing or too little, bodies of 100 MB and noise: others are
/// answered, memory stays bounded, nothing panics.
#[cfg(target_os = "linux")]
#[test]
fn crowds_noise_and_large_bodies_leave_it_standing() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    // Each connection is an open file of this process, too.
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    let sandbox = Sandboxed::start(&["--users", "3000"]);
    sandbox.json(&["sync", "--output", "json"]);
    let token = token(&sandbox);
    let serving = Serving::start(&sandbox, &[], "log");
    let before = serving.memory("VmRSS:");

    let idle: Vec<TcpStream> = (0..5000).map(|_| serving.connect()).collect();
    let slow: Vec<TcpStream> = (0..500)
        .map(|_| {
            let mut stream = serving.connect();
            stream.write_all(b"POST /api/v2/users/search HT").unwrap();
            stream
        })
        .collect();
    // Asks for large pages and takes nothing of them.
    let greedy: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut stream = serving.connect();
            let ask = format!("GET /api/v2/users?pageSize=500 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n");
            stream.write_all(ask.repeat(4).as_bytes()).unwrap();
            stream
        })
        .collect();
    let began = Instant::now();
    for _ in 0..100 {
        assert_eq!(serving.get(EVERYBODY, &token).0, 200);
    }
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );

    let large = vec![b' '; 100 << 20];
    for _ in 0..3 {
        let (status, body) = serving.ask("POST", "/api/v2/users/search", &token, &large);
        assert_eq!(status, 413, "{body}");
    }
    let mut rng = fastrand::Rng::with_seed(3);
    for _ in 0..300 {
        let mut stream = serving.connect();
        let noise: Vec<u8> = (0..rng.usize(1..3000)).map(|_| rng.u8(..)).collect();
        // The server may have had enough in the middle of it.
        let _ = stream.write_all(&noise);
    }
    let grown = serving.memory("VmRSS:").saturating_sub(before);
    assert!(grown < 300 << 10, "memory grew by {grown} KiB");
    assert_eq!(serving.get(EVERYBODY, &token).0, 200);
    drop((idle, slow, greedy));
    let logged = serving.logged();
    assert!(
        !logged.contains(&token) && !logged.contains("@example"),
        "{logged}"
    );
}

#[test]
fn what_cannot_be_served_is_told_with_a_hint() {
    let home = Home::new().with("HEADCOUNT_STORE", "sqlite:roster.db");
    let open = home.fails(&["serve", "--listen", "0.0.0.0:0"], 78);
    assert!(open.contains("headcount client create"), "{open}");
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let taken = home.fails(&["serve", "--listen", &address], 1);
    assert!(
        taken.contains(&address) && taken.contains("--listen"),
        "{taken}"
    );
    for (options, code, told) in [
        (&["--refresh", "soon"][..], 2, "5 fields"),
        (&["--refresh", "61 * * * *"], 2, "minute"),
        (
            &["--refresh", "0 3 * * *", "--timezone", "Mars/Olympus"],
            2,
            "Mars/Olympus",
        ),
        (&["--timezone", "UTC"], 2, "--refresh"),
        (&["--tls-cert", "a.pem"], 2, "--tls-key"),
        (&["--tls-cert", "a.pem", "--tls-key", "b.pem"], 78, "a.pem"),
        (&["--rate-limit", "many"], 2, "off"),
        (&["--ready-age", "old"], 2, "26h"),
    ] {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], options].concat();
        let stderr = home.fails(&arguments, code);
        assert!(stderr.contains(told), "{options:?}: {stderr}");
    }
}

#[test]
fn a_demo_serves_what_it_tells_to_paste() {
    let home = Home::new();
    let mut demo = home
        .command(&[
            "demo",
            "--users",
            "300",
            "--listen",
            "127.0.0.1:0",
            "--output",
            "ndjson",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(demo.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    let serving = Serving {
        process: demo,
        address: told["url"]
            .as_str()
            .unwrap()
            .trim_start_matches("http://")
            .to_owned(),
        log: PathBuf::new(),
        login: String::new(),
    };
    let token = told["token"].as_str().unwrap();
    let body =
        json!({"pageSize": 1, "aggregations": [{"type": "TERM", "field": "division,department"}]});
    let (status, answer) = serving.ask(
        "POST",
        "/api/v2/users/search",
        token,
        body.to_string().as_bytes(),
    );
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(status, 200);
    assert_eq!(
        answer["aggregations"]["division,department"]["total"],
        answer["total"]
    );
    assert_eq!(serving.get(EVERYBODY, token).1["total"], 300);
    assert_eq!(serving.get(EVERYBODY, "hc_no_no").0, 401);
}
