//! `sandbox`: its first line, its options, and its end.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::run::Home;

fn start(home: &Home, options: &[&str]) -> (Child, Value) {
    let mut arguments = vec!["sandbox", "--listen", "127.0.0.1:0"];
    arguments.extend(options);
    let mut child = home
        .command(&arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    (
        child,
        serde_json::from_str(&line).expect("the first line is JSON"),
    )
}

#[test]
fn it_tells_how_to_reach_it_and_ends_when_asked_to() {
    let home = Home::new();
    let (mut child, told) = start(&home, &["--users", "20"]);
    for name in ["url", "client_id", "client_secret", "org_id"] {
        assert!(
            told[name].as_str().is_some_and(|text| !text.is_empty()),
            "{name}"
        );
    }
    let status = Command::new("kill")
        .arg(child.id().to_string())
        .status()
        .unwrap();
    assert!(status.success());
    let ended = wait(&mut child, Duration::from_secs(10));
    assert_eq!(ended, Some(0));
}

fn wait(child: &mut Child, longest: Duration) -> Option<i32> {
    let started = Instant::now();
    while started.elapsed() < longest {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    None
}

#[test]
fn wrong_options_are_answered_with_those_there_are() {
    let home = Home::new();
    let told = |option: &str, value: &str| home.fails(&["sandbox", option, value], 2);
    assert!(told("--fault", "5o3=0.1").contains("503"));
    assert!(told("--fault", "503=2").contains("from 0 to 1"));
    assert!(told("--quirk", "id-prefx=refused").contains("id-prefix"));
    assert!(told("--quirk", "id-prefix=maybe").contains("refused"));
    assert!(told("--churn", "often").contains("--churn"));
    home.file("wrong.toml", "usres = 3\n");
    let wrong = home.fails(&["sandbox", "--scenario", "wrong.toml"], 78);
    assert!(wrong.contains("wrong.toml"), "{wrong}");
    let absent = home.fails(&["sandbox", "--scenario", "absent.toml"], 78);
    assert!(absent.contains("absent.toml"), "{absent}");
}
