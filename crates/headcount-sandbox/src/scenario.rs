//! Scenario files: an org, what goes wrong in it, and what must come of it.

use std::{collections::BTreeMap, path::Path, str::FromStr, time::Duration};

use serde::Deserialize;

use crate::{Config, Quirks, change::Change, fault::Fault};

/// A scenario that can't be used; each names what and where.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// The file can't be read.
    #[error("scenario {file} can't be read")]
    Read {
        /// The file.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what a scenario is.
    #[error("{file}:{line}: {message}")]
    Parse {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// There is no such step.
    #[error("the scenario has {steps} steps, there is no step {asked} (they count from 0)")]
    Step {
        /// Number asked for.
        asked: usize,
        /// Steps that there are.
        steps: usize,
    },
}

/// A scenario. See `docs/sandbox.md` for the file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it shows, in words.
    #[serde(default)]
    pub about: String,
    /// Users of all states made from the seed; 0 if there are `[[user]]`s, else 500.
    pub users: Option<usize>,
    /// Seed; 1 if unset.
    pub seed: Option<u64>,
    /// Rows past which paging by number is refused, or `"off"`.
    pub window: Option<Limit>,
    /// Requests per token and window, or `"off"`; off if unset.
    pub rate_limit: Option<Limit>,
    /// Milliseconds that every answer waits.
    pub latency_ms: Option<u64>,
    /// Random changes per second.
    pub churn_per_second: Option<f64>,
    /// A random change after every so many search requests.
    pub churn_every_requests: Option<u64>,
    /// Habits of the org.
    #[serde(default)]
    pub quirks: BTreeMap<String, toml::Value>,
    /// Users word for word, before those made from the seed.
    #[serde(default, rename = "user")]
    pub people: Vec<Explicit>,
    /// Faults in force from the start.
    #[serde(default, rename = "fault")]
    pub faults: Vec<Fault>,
    /// Changes at the start, or after a number of search requests.
    #[serde(default, rename = "change")]
    pub changes: Vec<Change>,
    /// What is done, one sync after another.
    #[serde(default, rename = "step")]
    pub steps: Vec<Step>,
}

/// A number, or `"off"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(pub Option<u64>);

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(u64),
            Text(String),
        }
        match Either::deserialize(deserializer) {
            Ok(Either::Number(number)) if number > 0 => Ok(Self(Some(number))),
            Ok(Either::Text(text)) if text == "off" => Ok(Self(None)),
            _ => Err(serde::de::Error::custom(
                "expected a whole number above 0, or \"off\"",
            )),
        }
    }
}

/// A user word for word.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explicit {
    /// JSON document, served as it stands.
    pub document: String,
}

/// One sync, and what must come of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it shows, in words.
    #[serde(default)]
    pub about: String,
    /// Further arguments of `headcount sync`.
    #[serde(default)]
    pub sync: Vec<String>,
    /// Text of a `headcount` config file for this sync, as a table.
    #[serde(default)]
    pub config: toml::Table,
    /// Quirks set before.
    #[serde(default)]
    pub quirks: BTreeMap<String, toml::Value>,
    /// Faults in place of those in force; none given leaves them, `fault = []` ends them.
    #[serde(rename = "fault")]
    pub faults: Option<Vec<Fault>>,
    /// Changes made before (or, with `after_request`, during) the sync.
    #[serde(default, rename = "change")]
    pub changes: Vec<Change>,
    /// What must come of it.
    pub expect: Outcome,
    /// Exit code.
    pub exit: i32,
    /// Retries that the certificate must tell, at least.
    pub min_retries: Option<u64>,
    /// Requests that the sandbox must have seen, at most.
    pub max_requests: Option<u64>,
    /// Way that the certificate must tell, such as `keyset` or `cursor`.
    pub way: Option<String>,
}

/// What comes of a sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A new snapshot: all who stayed, nobody who never was.
    Published,
    /// Nothing new; the last snapshot is untouched.
    Refused,
    /// Held back by the breaker; the last snapshot is untouched.
    Held,
}

impl Scenario {
    /// Reads a scenario file.
    ///
    /// # Errors
    /// [`ScenarioError`] names the file, and the line of what is wrong.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| ScenarioError::Read {
            file: file.clone(),
            source,
        })?;
        Self::parse(&file, &text)
    }

    /// Reads the text of a scenario; `file` is its name in errors.
    ///
    /// # Errors
    /// [`ScenarioError::Parse`].
    pub fn parse(file: &str, text: &str) -> Result<Self, ScenarioError> {
        let wrong = |line: usize, message: String| ScenarioError::Parse {
            file: file.to_owned(),
            line,
            message,
        };
        let scenario: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start).min(text.len());
            wrong(
                1 + text.as_bytes()[..at]
                    .iter()
                    .filter(|byte| **byte == b'\n')
                    .count(),
                error.message().to_owned(),
            )
        })?;
        let line_of = |needle: &str| {
            text.lines()
                .position(|line| line.contains(needle))
                .map_or(1, |at| at + 1)
        };
        let mut quirks = Quirks::default();
        for table in
            std::iter::once(&scenario.quirks).chain(scenario.steps.iter().map(|step| &step.quirks))
        {
            for (name, value) in table {
                quirks
                    .set(name, &plain(value))
                    .map_err(|error| wrong(line_of(name), error.to_string()))?;
            }
        }
        for user in &scenario.people {
            headcount_core::user::Attributes::parse(&user.document).map_err(|error| {
                wrong(
                    line_of(user.document.lines().next().unwrap_or_default()),
                    error.to_string(),
                )
            })?;
        }
        let steps = &scenario.steps;
        let faults = scenario.faults.iter().chain(
            steps
                .iter()
                .filter_map(|step| step.faults.as_ref())
                .flatten(),
        );
        if let Some(complaint) = faults.filter_map(Fault::complaint).next() {
            return Err(wrong(line_of("fault"), complaint.to_owned()));
        }
        let changes = scenario
            .changes
            .iter()
            .chain(steps.iter().flat_map(|step| &step.changes));
        if let Some(complaint) = changes.filter_map(Change::complaint).next() {
            return Err(wrong(line_of("change"), complaint.to_owned()));
        }
        Ok(scenario)
    }

    /// The settings of this scenario, itself included.
    #[must_use]
    pub fn config(&self) -> Config {
        let default = Config::default();
        let mut quirks = default.quirks.clone();
        set_quirks(&mut quirks, &self.quirks);
        Config {
            users: self
                .users
                .unwrap_or(if self.people.is_empty() { 500 } else { 0 }),
            seed: self.seed.unwrap_or(default.seed),
            window: self.window.map_or(default.window, |limit| limit.0),
            rate_limit: self
                .rate_limit
                .and_then(|limit| limit.0)
                .map(|limit| u32::try_from(limit).unwrap_or(u32::MAX)),
            latency: Duration::from_millis(self.latency_ms.unwrap_or(0)),
            churn_per_second: self.churn_per_second.unwrap_or(0.0),
            churn_every_requests: self.churn_every_requests,
            faults: Vec::new(),
            quirks,
            scenario: Some(self.clone()),
        }
    }
}

impl FromStr for Scenario {
    type Err = ScenarioError;

    fn from_str(text: &str) -> Result<Self, ScenarioError> {
        Self::parse("scenario", text)
    }
}

/// Sets quirks that were checked when the scenario was read.
pub(crate) fn set_quirks(quirks: &mut Quirks, table: &BTreeMap<String, toml::Value>) {
    for (name, value) in table {
        let checked = quirks.set(name, &plain(value));
        debug_assert!(checked.is_ok(), "checked by parse");
    }
}

/// A value as it would stand on a command line.
fn plain(value: &toml::Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
