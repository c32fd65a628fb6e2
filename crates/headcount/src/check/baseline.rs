//! Findings that are known already, kept by their fingerprints in a file that belongs under version
//! control: sorted, a line each, without anything personal.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::{Checked, unfinished};
use crate::error::{Exit, Failure};

/// Version of the format that is written.
const VERSION: u32 = 1;

/// Known findings, and the file that they are kept in.
#[derive(Debug)]
pub(crate) struct Baseline {
    path: PathBuf,
    fingerprints: BTreeSet<String>,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    headcount_baseline: u32,
    fingerprints: BTreeSet<String>,
}

impl Baseline {
    /// Reads a baseline; where it is to be written anyway, there need not be one.
    pub(crate) fn read(path: &Path, may_be_new: bool) -> anyhow::Result<Self> {
        let name = path.display();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if may_be_new {
                    return Ok(Self {
                        path: path.to_owned(),
                        fingerprints: BTreeSet::new(),
                    });
                }
                return Err(
                    Failure::new(Exit::Usage, format!("there is no baseline {name}"))
                        .hint("--update-baseline makes it")
                        .into(),
                );
            }
            Err(error) => {
                let failure = Failure::new(Exit::Failure, format!("{name} can't be read"));
                return Err(anyhow::Error::new(error).context(failure));
            }
        };
        let refused = |what: String| {
            Failure::new(Exit::Usage, what)
                .hint("name the file that --update-baseline wrote, or another one")
        };
        let kept: Kept = serde_json::from_str(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            refused(format!(
                "{name}:{line}:{column} is no baseline of headcount"
            ))
        })?;
        if kept.headcount_baseline != VERSION {
            return Err(refused(format!(
                "{name} is a baseline of version {}; this program knows version {VERSION}",
                kept.headcount_baseline
            ))
            .into());
        }
        if let Some(wrong) = kept
            .fingerprints
            .iter()
            .find(|text| rule_of(text).is_none())
        {
            return Err(refused(format!("{name}: {wrong:?} is no fingerprint")).into());
        }
        Ok(Self {
            path: path.to_owned(),
            fingerprints: kept.fingerprints,
        })
    }

    /// Whether a finding is known.
    pub(crate) fn holds(&self, fingerprint: &str) -> bool {
        self.fingerprints.contains(fingerprint)
    }

    /// How many of its findings are no longer there, as far as their rules ran.
    pub(crate) fn gone(&self, checked: &Checked) -> u64 {
        let there: BTreeSet<&str> = checked
            .findings
            .iter()
            .map(|told| told.finding.fingerprint.as_str())
            .collect();
        let gone = |kept: &&String| ran(checked, kept) && !there.contains(kept.as_str());
        self.fingerprints.iter().filter(gone).count() as u64
    }

    /// Makes the findings of today the known ones. What rules found that did not run now stays.
    pub(crate) fn update(&mut self, checked: &Checked) {
        self.fingerprints.retain(|kept| !ran(checked, kept));
        let today = checked.findings.iter();
        self.fingerprints
            .extend(today.map(|told| told.finding.fingerprint.clone()));
    }

    /// Writes it, whole or not at all.
    pub(crate) fn write(&self) -> anyhow::Result<()> {
        let kept = Kept {
            headcount_baseline: VERSION,
            fingerprints: self.fingerprints.clone(),
        };
        let text = serde_json::to_string_pretty(&kept)? + "\n";
        let write = || -> io::Result<()> {
            let mut file = unfinished::beside(&self.path)?;
            file.write_all(text.as_bytes())?;
            file.as_file().sync_all()?;
            file.persist(&self.path)?;
            Ok(())
        };
        write().with_context(|| format!("{} can't be written", self.path.display()))
    }
}

/// Whether the rule of a fingerprint ran.
fn ran(checked: &Checked, fingerprint: &str) -> bool {
    let id = rule_of(fingerprint);
    checked.rules.iter().any(|rule| Some(rule.id) == id)
}

/// Id of the rule in a fingerprint, such as `HC001:5d41…`.
fn rule_of(fingerprint: &str) -> Option<&str> {
    let (rule, digest) = fingerprint.split_once(':')?;
    let digits = digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let known = rule.starts_with('H') && rule.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (digits && known && !digest.is_empty()).then_some(rule)
}
