//! Fifty orgs in one process: each at its own times and pace, whatever befalls the others.

#[path = "orgs/crowd.rs"]
mod crowd;

use std::time::{Duration, Instant};

use headcount_sandbox::{Endpoint, Fault, FaultKind};
use serde_json::Value;

use crate::{run::Home, serve::Serving};
use crowd::Crowd;

/// All orgs are due at the same moment, and the 45 that can be fetched are published within this
/// time from then. It is about three seconds where nothing else runs; slow machines get more.
const ON_TIME_MS: i64 = 30_000;

const REFUSED: &str = "f0-refused";
const HANGS: &str = "f1-hangs";
const ALWAYS_500: &str = "f2-always-500";
const WRONG_SECRET: &str = "f3-wrong-secret";
const NEVER_PROVEN: &str = "f4-never-proven";
/// Beside the fifty: one that is told to wait again and again, and one whose secret is missing from
/// the start.
const STORM: &str = "s0-storm";
const SECRETLESS: &str = "s1-secretless";

/// How each of the five fails.
const FAILING: [(&str, &str); 5] = [
    (REFUSED, "unavailable"),
    (HANGS, "unavailable"),
    (ALWAYS_500, "unavailable"),
    (WRONG_SECRET, "not_authorised"),
    (NEVER_PROVEN, "try_again"),
];

fn always(kind: FaultKind) -> Fault {
    Fault {
        kind,
        endpoint: None,
        rate: Some(1.0),
        at: None,
        times: None,
    }
}

/// Strikes search requests `at` and some after it.
fn burst(at: u64) -> Fault {
    Fault {
        kind: FaultKind::TooMany,
        endpoint: Some(Endpoint::Search),
        rate: None,
        at: Some(at),
        times: Some(4),
    }
}

fn good() -> Vec<String> {
    (0..45).map(|number| format!("g{number:02}")).collect()
}

#[test]
fn of_fifty_orgs_five_fail_and_forty_five_are_on_time() {
    let good = good();
    let mut crowd = Crowd::new();
    for org in &good {
        // Two large ones, which may ask faster.
        match org.as_str() {
            "g07" | "g33" => crowd.add(org, 3000, "sync.requests_per_minute = 3000\n"),
            _ => crowd.add(org, 200, ""),
        }
    }
    for (org, _) in FAILING {
        crowd.add(org, 200, "");
    }
    crowd.add(STORM, 200, "");
    crowd.add(SECRETLESS, 200, "");
    crowd.lose_secret(SECRETLESS);

    // All at once by hand: one that cannot be fetched costs the others nothing but the exit code.
    let synced = crowd.run(&["sync", "--all", "--output", "json"]);
    assert_eq!(synced.status.code(), Some(78));
    let synced: Value = serde_json::from_slice(&synced.stdout).unwrap();
    let of = |org: &str| {
        let mut all = synced.as_array().unwrap().iter();
        all.find(|one| one["org"] == org).unwrap()
    };
    assert_eq!(synced.as_array().unwrap().len(), 52);
    assert_eq!(of("g07")["sync"]["users"], 3000);
    for org in good
        .iter()
        .map(String::as_str)
        .chain(FAILING.map(|(org, _)| org))
    {
        assert_eq!(
            (&of(org)["outcome"], &of(org)["exit"]),
            (&"published".into(), &0.into()),
            "{org}"
        );
    }
    assert_eq!(
        (&of(SECRETLESS)["exit"], &of(SECRETLESS)["sync"]),
        (&78.into(), &Value::Null)
    );
    assert!(
        of(SECRETLESS)["error"]
            .as_str()
            .unwrap()
            .contains(".secret")
    );

    let monitor = crowd.token("g00", &["directory:user:view", "headcount:metrics:view"]);
    let tokens: Vec<(&str, String)> = FAILING
        .iter()
        .map(|(org, _)| (*org, crowd.token(org, &["directory:user:view"])))
        .collect();

    crowd.shut_down(REFUSED);
    crowd
        .sandbox(HANGS)
        .set_faults(vec![always(FaultKind::Stall)]);
    crowd
        .sandbox(ALWAYS_500)
        .set_faults(vec![always(FaultKind::Internal)]);
    crowd
        .sandbox(NEVER_PROVEN)
        .set_faults(vec![always(FaultKind::MissingRow)]);
    crowd.sandbox(STORM).set_faults(vec![burst(1), burst(6)]);
    crowd.change_secret(WRONG_SECRET, "not-this-one");

    let log = crowd.path().join("log");
    let began_ms = crowd::now_ms();
    let serving = Serving::run(
        crowd.command(&["serve", "--listen", "127.0.0.1:0", "-v"]),
        log,
    );
    assert_eq!(serving.login, "required");
    let numbers = wait(&serving, &monitor, |numbers| {
        good.iter().all(|org| numbers.ended(org, "published") > 0.0)
            && FAILING
                .iter()
                .all(|(org, outcome)| numbers.ended(org, outcome) > 0.0)
            && numbers.ended(STORM, "published") > 0.0
            && numbers.ended(SECRETLESS, "failed") > 0.0
    });
    // Due at full minutes, or at once where one passed before the server was up.
    let late = |org: &str| {
        let ended_ms = numbers.last_end_ms(org);
        ended_ms - began_ms.max(ended_ms - ended_ms % 60_000)
    };
    let latest = good.iter().map(|org| late(org)).max().unwrap();
    assert!(latest < ON_TIME_MS, "{latest} ms after they were due");
    // It kept waiting as it was told, and nobody waited with it.
    assert!(numbers.of("upstream_throttled_total", STORM) >= 8.0);
    let said = serving.logged();
    let took_ms = said
        .lines()
        .filter(|line| line.contains("refresh ended") && line.contains(STORM))
        .find_map(|line| {
            line.split("took_ms=")
                .nth(1)?
                .split(' ')
                .next()?
                .parse()
                .ok()
        });
    let took_ms: i64 = took_ms.unwrap_or_else(|| panic!("no end of {STORM} in the log: {said}"));
    assert!(took_ms > 5_000, "{took_ms} ms");

    // The five are told, by number and in the log; their last snapshots stay and are served.
    let logged = serving.logged();
    for (org, outcome) in FAILING {
        assert!(numbers.of("sync_failures", org) >= 1.0, "{org}");
        let line = logged.lines().find(|line| {
            line.contains("refresh ended") && line.contains(&format!("org=\"{org}\""))
        });
        assert!(
            line.is_some_and(|line| line.contains(outcome)),
            "{org}: {line:?}"
        );
        assert_eq!(crowd.snapshots(org), 1, "{org}");
    }
    for (org, token) in &tokens {
        let (status, users) = serving.get("/api/v2/users?state=any&pageSize=1", token);
        assert_eq!((status, &users["total"]), (200, &200.into()), "{org}");
    }
    assert!(crowd.snapshots("g01") >= 2 && crowd.snapshots("g33") >= 2);
    assert_eq!(crowd.snapshots(SECRETLESS), 0);
    assert!(
        !logged.contains("not-this-one") && !logged.contains("@example"),
        "{logged}"
    );

    // Whoever watches the server sees that it answers, and that six orgs need a person; names only
    // with the monitor's token.
    let (status, ready) = serving.get("/health/ready", "");
    assert_eq!((status, &ready["status"]), (200, &"ready".into()));
    assert_eq!(ready["orgs"]["failing"], 6);
    assert!(
        ready.get("by_org").is_none() && !ready.to_string().contains("f0"),
        "{ready}"
    );
    let (_, ready) = serving.get("/health/ready", &monitor);
    assert_eq!(ready["by_org"].as_array().unwrap().len(), 52);

    #[cfg(target_os = "linux")]
    {
        let highest = serving.memory("VmHWM:");
        assert!(highest < 400 << 10, "{highest} KiB");
    }
}

/// The numbers of the server at a moment.
struct Numbers(String);

impl Numbers {
    fn of(&self, name: &str, org: &str) -> f64 {
        self.line(&format!("headcount_{name}{{org=\"{org}\"}} "))
    }

    fn ended(&self, org: &str, outcome: &str) -> f64 {
        self.line(&format!(
            "headcount_syncs_total{{org=\"{org}\",outcome=\"{outcome}\"}} "
        ))
    }

    fn last_end_ms(&self, org: &str) -> i64 {
        let seconds = self.of("sync_last_end_timestamp_seconds", org);
        (seconds * 1000.0) as i64
    }

    fn line(&self, begin: &str) -> f64 {
        let found = self.0.lines().find_map(|line| line.strip_prefix(begin));
        found.map_or(0.0, |number| number.parse().unwrap())
    }
}

/// The numbers, once they are as wanted.
fn wait(serving: &Serving, token: &str, wanted: impl Fn(&Numbers) -> bool) -> Numbers {
    let began = Instant::now();
    loop {
        let (status, text) = serving.ask("GET", "/metrics", token, b"");
        assert_eq!(status, 200, "{text}");
        let numbers = Numbers(text);
        if wanted(&numbers) {
            return numbers;
        }
        // Up to a minute until they are due, and what the slowest of them takes.
        assert!(began.elapsed() < Duration::from_secs(180), "{}", numbers.0);
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Without a login it would not be known which org is asked; one alone may be chosen.
#[test]
fn several_orgs_need_a_login_and_one_can_be_chosen() {
    let mut crowd = Crowd::new();
    crowd.add("acme", 20, "refresh = 'off'\n");
    crowd.add("globex", 30, "refresh = 'off'\n");
    let synced = crowd.run(&["sync", "--all", "--output", "csv"]);
    assert!(synced.status.success());
    let synced = String::from_utf8(synced.stdout).unwrap();
    let lines: Vec<&str> = synced.lines().collect();
    assert!(
        lines[1].starts_with("acme,published,20,20,0,0,0,"),
        "{synced}"
    );
    assert!(
        lines[2].starts_with("globex,published,30,30,0,0,0,"),
        "{synced}"
    );

    let all = ["serve", "--listen", "127.0.0.1:0"];
    let everybody = "/api/v2/users?state=any&pageSize=1";
    let serving = Serving::run(crowd.command(&all), crowd.path().join("log"));
    assert_eq!(serving.login, "required");
    assert_eq!(serving.get(everybody, "").0, 401);
    assert!(serving.logged().contains("headcount client create"));
    drop(serving);

    let one = [&all[..], &["--org", "globex"]].concat();
    let serving = Serving::run(crowd.command(&one), crowd.path().join("log"));
    assert_eq!(serving.login, "none");
    assert_eq!(serving.get(everybody, "").1["total"], 30);
    drop(serving);

    let acme = crowd.token("acme", &["directory:user:view"]);
    let globex = crowd.token("globex", &["directory:user:view"]);
    let serving = Serving::run(crowd.command(&all), crowd.path().join("log"));
    assert_eq!(serving.get(everybody, &acme).1["total"], 20);
    assert_eq!(serving.get(everybody, &globex).1["total"], 30);
    drop(serving);
    // A server of one org knows nobody of another.
    let serving = Serving::run(crowd.command(&one), crowd.path().join("log"));
    assert_eq!(serving.get(everybody, &acme).0, 401);
    assert_eq!(serving.get(everybody, &globex).1["total"], 30);
}

/// What is set for each, what the store has of it, and what is missing, without asking anybody.
#[test]
fn orgs_are_listed_with_what_they_lack() {
    let mut crowd = Crowd::new();
    crowd.add(
        "acme",
        20,
        "refresh = '0 3 * * *'\ntimezone = 'Asia/Riyadh'\n",
    );
    crowd.add("globex", 30, "refresh = 'off'\n");
    assert!(crowd.run(&["sync", "--org", "acme"]).status.success());
    crowd.lose_secret("globex");
    let orgs = crowd.json(&["orgs"]);
    let [acme, globex] = orgs.as_array().unwrap().as_slice() else {
        panic!("{orgs}");
    };
    assert_eq!((&acme["org"], &acme["users"]), (&"acme".into(), &20.into()));
    assert_eq!(acme["region"], crowd.sandbox("acme").url());
    assert_eq!(acme["timezone"], "Asia/Riyadh");
    assert!(
        acme["next"].as_str().unwrap().ends_with("T00:00:00.000Z"),
        "{acme}"
    );
    assert_eq!(acme["problem"], Value::Null);
    assert_eq!(
        (&globex["users"], &globex["next"]),
        (&Value::Null, &Value::Null)
    );
    assert!(
        globex["problem"]
            .as_str()
            .unwrap()
            .contains("globex.secret"),
        "{globex}"
    );
}

#[test]
fn wrong_settings_are_told_where_they_are() {
    let home = Home::new();
    home.file(
        "config.toml",
        "[org.a]\n[org.b]\nrefresh = \"0 25 * * *\"\n",
    );
    for command in [&["serve"][..], &["sync", "--all"]] {
        let arguments = [command, &["--config", "config.toml"]].concat();
        let told = home.fails(&arguments, 78);
        assert!(told.contains("config.toml:3:11: the hour `25`"), "{told}");
        assert!(told.contains("headcount.example.toml"), "{told}");
    }
    home.file("config.toml", "[org.a]\n[org.b]\n");
    let config = ["--config", "config.toml"];
    let several = home.fails(&[&["sync"][..], &config].concat(), 2);
    assert!(several.contains("--org: a, b"), "{several}");
    let both = home.fails(&[&["sync", "--all", "--org", "a"][..], &config].concat(), 2);
    assert!(both.contains("leave one of them out"), "{both}");
}
