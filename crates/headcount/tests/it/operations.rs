//! docs/operations.md and the files beside it are true: every command line parses, every unit is
//! one that systemd takes, and no file is left out.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::run::{Home, words};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// operations.md and all files of operations/, by name.
fn files() -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(docs().join("operations"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.push(docs().join("operations.md"));
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// What follows the program in every command line that a file shows: in its prose between back
/// quotes, in its blocks, in `ExecStart=`, in a JSON list, and in the task of Windows.
fn commands(name: &str, text: &str) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    for line in text.lines() {
        if let Some(arguments) = between(line, "<Arguments>", "</Arguments>") {
            lines.push(words(arguments));
        } else if let Some(list) = line.trim().strip_prefix("command: ") {
            let list: Vec<String> = serde_json::from_str(list).expect("a list in JSON");
            assert_eq!(list[0], "headcount", "{name}: {line}");
            lines.push(list[1..].to_vec());
        } else if let Some(command) = line.strip_prefix("ExecStart=") {
            let command = command.strip_prefix("/usr/local/bin/headcount ");
            lines.push(words(command.expect("our own program at its place")));
        }
    }
    if name.ends_with(".md") {
        for (index, part) in text.split("```").enumerate() {
            if index % 2 == 1 {
                let block = part.replace("\\\n", " ");
                lines.extend(block.lines().filter_map(in_shell));
            } else {
                let code = part.split('`').skip(1).step_by(2);
                let code = code.filter_map(|code| code.strip_prefix("headcount "));
                lines.extend(code.map(words));
            }
        }
    } else {
        let comments = text.lines().filter(|line| line.trim().starts_with('#'));
        let code = comments.flat_map(|line| line.split('`').skip(1).step_by(2));
        lines.extend(
            code.filter_map(|code| code.strip_prefix("headcount "))
                .map(words),
        );
    }
    lines
}

/// Our command in a line of a shell or of a crontab. Not: a file or a user of this name.
fn in_shell(line: &str) -> Option<Vec<String>> {
    let words = words(line.split(" # ").next().unwrap_or(line));
    let own = words.iter().position(|word| word == "headcount")?;
    let before = &words[..own];
    let is_command = before.is_empty()
        || before == ["sudo", "-u", "headcount"]
        || (before.len() == 5 && before.iter().all(|word| is_cron(word)));
    if before == ["sudo", "-u"] {
        return Some(words[own + 2..].to_vec());
    }
    is_command.then(|| words[own + 1..].to_vec())
}

fn is_cron(word: &str) -> bool {
    word.chars()
        .all(|one| one.is_ascii_digit() || "*/,-".contains(one))
}

fn between<'a>(line: &'a str, before: &str, after: &str) -> Option<&'a str> {
    line.split_once(before)?
        .1
        .split_once(after)
        .map(|found| found.0)
}

#[test]
fn every_command_line_parses() {
    let mut seen = BTreeSet::new();
    for (name, text) in files() {
        for command in commands(&name, &text) {
            let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
            seen.insert(arguments[0].to_owned());
            // With settings that are not there, the program reads its whole command line, which
            // gives 2 where it is wrong, and then stops before it does anything.
            if let Some(own) = arguments.iter().position(|word| *word == "--config") {
                arguments.drain(own..own + 2);
            }
            arguments.extend(["--config", "not-there.toml"]);
            let told = Home::new().fails(&arguments, 78);
            assert!(told.contains("not-there.toml"), "{name}: {told}");
        }
    }
    for name in ["sync", "count", "serve"] {
        assert!(seen.contains(name), "no command line with {name} was found");
    }
}

#[test]
fn every_file_is_linked_and_has_what_it_must() {
    let files = files();
    let (_, text) = files
        .iter()
        .find(|(name, _)| name == "operations.md")
        .unwrap();
    for (name, content) in &files {
        if name == "operations.md" {
            continue;
        }
        assert!(
            text.contains(&format!("(operations/{name})")),
            "{name} is not linked"
        );
        // Each of them starts us, but the timer, which starts a service.
        let starts = commands(name, content).len();
        assert!(
            starts > 0 || name.ends_with(".timer"),
            "{name} starts nothing"
        );
    }
}

/// What Kubernetes and systemd must not try again is what no later try can mend.
#[test]
fn the_files_agree_on_what_is_worth_another_try() {
    let files = files();
    let text = |wanted: &str| &files.iter().find(|(name, _)| name == wanted).unwrap().1;
    let codes = |list: &str| -> Vec<i32> {
        let numbers = list.split([' ', ',']).filter(|word| !word.is_empty());
        numbers.map(|word| word.parse().unwrap()).collect()
    };
    let of_systemd = between(
        text("headcount-sync.service"),
        "RestartPreventExitStatus=",
        "\n",
    );
    let of_kubernetes = between(text("kubernetes-cronjob.yaml"), "values: [", "]");
    // Of the table: the last column begins with `no`. Only doctor gives 3.
    let table = text("operations.md").lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let code = cells.get(1)?.parse::<i32>().ok()?;
        (cells.get(4)?.starts_with("no") && code != 3).then_some(code)
    });
    let table: Vec<i32> = table.collect();
    assert_eq!(table, [1, 2, 4, 77, 78]);
    assert_eq!(codes(of_systemd.unwrap()), table);
    assert_eq!(codes(of_kubernetes.unwrap()), table);
}

/// systemd's own check. It must be there: `apt-get install systemd`.
#[test]
fn systemd_takes_the_units() {
    let folder = tempfile::tempdir().unwrap();
    let mut units = Vec::new();
    for (name, text) in files() {
        if !name.ends_with(".service") && !name.ends_with(".timer") {
            continue;
        }
        // A program that is not there is an error too.
        let text = text.replace("/usr/local/bin/headcount", env!("CARGO_BIN_EXE_headcount"));
        let path = folder.path().join(&name);
        fs::write(&path, text).unwrap();
        units.push(path);
    }
    assert_eq!(units.len(), 3);
    let verify = || {
        let mut command = Command::new("systemd-analyze");
        command.args(["verify", "--man=no", "--recursive-errors=no"]);
        command
    };
    let output = verify()
        .args(&units)
        .output()
        .expect("systemd-analyze is needed: install the package systemd");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.trim().is_empty(), "{told}");

    // And it would tell: the same with a setting that there is not.
    let broken = folder.path().join("headcount-broken.service");
    let text = fs::read_to_string(&units[0]).unwrap();
    fs::write(&broken, text.replace("UMask=", "UMaks=")).unwrap();
    let output = verify().arg(&broken).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("UMaks"), "{told}");
}
