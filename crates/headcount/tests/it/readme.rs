//! README.md is true: every command in a block marked `<!-- run -->` is run, in order, against a
//! sandbox, and must succeed.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::Stdio,
};

use crate::{run::words, sandboxed::Sandboxed};

const README: &str = include_str!("../../../../README.md");

/// Arguments of every headcount command in the blocks that follow `mark`.
fn commands(mark: &str) -> Vec<Vec<String>> {
    let mut commands = Vec::new();
    for block in README.split(mark).skip(1) {
        let mut fences = block.trim_start().splitn(3, "```");
        assert_eq!(fences.next(), Some(""), "a block must follow {mark}");
        for line in fences.next().expect("a fenced block").lines().skip(1) {
            let line = line
                .trim_start_matches("$ ")
                .split('#')
                .next()
                .unwrap_or_default()
                .trim();
            let own = line
                .strip_prefix("headcount ")
                .or_else(|| line.strip_prefix("cargo run --release -- "));
            commands.extend(own.map(words));
        }
    }
    commands
}

#[test]
fn every_command_of_the_readme_works() {
    let sandbox = Sandboxed::start(&["--users", "400"]);
    let commands = commands("<!-- run -->");
    assert!(
        commands.len() > 10,
        "only {} commands were found",
        commands.len()
    );
    for command in commands {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        // The sandbox has no past: its first snapshot is of now.
        arguments
            .iter_mut()
            .filter(|word| **word == "2026-01-31")
            .for_each(|word| *word = "2100-01-31");
        if arguments[0] == "demo" {
            arguments.extend(["--listen", "127.0.0.1:0", "--users", "300"]);
        }
        let mut run = sandbox.command(&arguments);
        // What it writes is gone afterwards.
        run.current_dir(sandbox.folder.path());
        if arguments[0] == "demo" {
            // It has a store of its own, unless one is named.
            run.env_remove("HEADCOUNT_STORE");
        }
        let output = run.output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success() && told.is_empty(),
            "{arguments:?}: {told}"
        );
        if arguments[0] != "history" {
            assert!(output.stdout.len() > 10, "{arguments:?} answers nothing");
        }
    }
}

#[test]
fn what_runs_in_the_background_starts_and_says_where() {
    let commands = commands("<!-- run-in-background -->");
    let names: Vec<&str> = commands.iter().map(|words| words[0].as_str()).collect();
    assert_eq!(names, ["serve", "sandbox"]);
    let sandbox = Sandboxed::start(&["--users", "1"]);
    for command in &commands {
        // Any free port will do.
        let listen = ["--listen", "127.0.0.1:0"];
        let taken = command.iter().position(|word| word == "--listen");
        let arguments: Vec<&str> = command
            .iter()
            .enumerate()
            .filter(|(at, _)| taken.is_none_or(|taken| *at != taken && *at != taken + 1))
            .map(|(_, word)| word.as_str())
            .chain(listen)
            .collect();
        let mut child = sandbox
            .command(&arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(line.starts_with(r#"{"url":"http://127.0.0.1:"#), "{line}");
    }
}

#[test]
fn every_file_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for named in README.split('`').skip(1).step_by(2) {
        let is_file = [".md", ".toml"].iter().any(|end| named.ends_with(end));
        if is_file && !named.contains('~') {
            assert!(root.join(named).exists(), "{named} is not there");
        }
    }
    assert!(root.join("test").exists() && root.join(".ci/run").exists());
}
