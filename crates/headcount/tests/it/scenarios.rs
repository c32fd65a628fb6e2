//! Every file in `scenarios/` ends as it says: published and equal to the truth, or refused with
//! the right exit code and the last snapshot untouched.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use headcount_sandbox::scenario::{Outcome, Scenario, Step};
use serde_json::{Value, json};

use crate::sandboxed::{Sandboxed, Truth};

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_scenario_ends_as_it_says() {
    let files = files();
    assert!(files.len() >= 25, "only {} scenarios", files.len());
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        // Most of their time goes by in pauses before retries.
        for _ in 0..6 {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(why) = play(file) {
                        let name = file.file_name().unwrap().to_string_lossy().into_owned();
                        failures.lock().unwrap().push(format!("{name}: {why}"));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn play(file: &Path) -> Result<(), String> {
    let scenario = Scenario::load(file).map_err(|error| error.to_string())?;
    if scenario.steps.is_empty() || scenario.about.is_empty() {
        return Err("a scenario has steps and says what it is about".to_owned());
    }
    let sandbox = Sandboxed::start(&["--scenario", file.to_str().unwrap()]);
    for (index, step) in scenario.steps.iter().enumerate() {
        check(&sandbox, index, step).map_err(|why| format!("step {index}: {why}"))?;
    }
    Ok(())
}

fn check(sandbox: &Sandboxed, index: usize, step: &Step) -> Result<(), String> {
    sandbox.post(&format!("/sandbox/step?i={index}"), &json!({}));
    let before = snapshot(sandbox);
    let asked = requests(sandbox);
    let config = config(sandbox, step);
    let mark = sandbox.mark();
    let mut arguments = vec![
        "sync",
        "--output",
        "json",
        "--config",
        config.to_str().unwrap(),
    ];
    arguments.extend(step.sync.iter().map(String::as_str));
    let output = sandbox.run(&arguments);
    let truth = sandbox.truth(mark);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.code() != Some(step.exit) {
        return Err(format!(
            "exit {:?} instead of {}: {said}",
            output.status.code(),
            step.exit
        ));
    }
    if step.exit != 0 && (!said.starts_with("error: ") || !said.contains("\nhint: ")) {
        return Err(format!("no clear error with a hint: {said}"));
    }
    let after = snapshot(sandbox);
    match step.expect {
        Outcome::Published => {
            let ids = after.ok_or("no snapshot")?.1;
            guarantee(&ids, &truth)?;
        }
        Outcome::Refused | Outcome::Held if after != before => {
            return Err("the last snapshot was touched".to_owned());
        }
        Outcome::Refused | Outcome::Held => {}
    }
    if let Some(most) = step.max_requests {
        let taken = requests(sandbox) - asked;
        if taken > most {
            return Err(format!("{taken} requests, at most {most} were expected"));
        }
    }
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let certificate = &report["certificate"];
    if let Some(way) = &step.way
        && certificate["way"] != **way
    {
        return Err(format!("walked by {} instead of {way}", certificate["way"]));
    }
    if let Some(least) = step.min_retries
        && certificate["retries"].as_u64().unwrap_or(0) < least
    {
        return Err(format!("only {} retries", certificate["retries"]));
    }
    Ok(())
}

fn guarantee(ids: &BTreeSet<String>, truth: &Truth) -> Result<(), String> {
    if let Some(missed) = truth.stayed.difference(ids).next() {
        return Err(format!("{missed} stayed and is missing"));
    }
    if let Some(stranger) = ids.difference(&truth.ever).next() {
        return Err(format!("{stranger} never was in the org"));
    }
    Ok(())
}

/// Number of the last snapshot and who is in it; `None` while there is none.
fn snapshot(sandbox: &Sandboxed) -> Option<(Value, BTreeSet<String>)> {
    if !sandbox.store().exists() {
        return None;
    }
    let snapshots = sandbox.run(&["snapshots", "--output", "json"]);
    if !snapshots.status.success() {
        return None;
    }
    let snapshots: Value = serde_json::from_slice(&snapshots.stdout).ok()?;
    let last = snapshots
        .as_array()?
        .iter()
        .max_by_key(|one| one["id"].as_i64())?
        .clone();
    Some((last, sandbox.ids()))
}

fn requests(sandbox: &Sandboxed) -> u64 {
    sandbox.get("/sandbox/stats")["requests"].as_u64().unwrap()
}

/// The settings of a step, impatient so that what fails for good fails soon.
fn config(sandbox: &Sandboxed, step: &Step) -> PathBuf {
    let mut settings = step.config.clone();
    let network = settings
        .entry("network")
        .or_insert_with(|| toml::Table::new().into());
    let network = network.as_table_mut().expect("[network] is a table");
    for (name, seconds) in [("timeout_s", 2), ("retry_for_s", 20)] {
        network.entry(name).or_insert_with(|| seconds.into());
    }
    let path = sandbox.folder.path().join("config.toml");
    fs::write(&path, settings.to_string()).unwrap();
    path
}
