//! Findings that are known already, and the file that they are kept in.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use headcount_core::check::{Baseline as Known, BaselineError};

use super::{Checked, unfinished};
use crate::error::{Exit, Failure};

/// Known findings, and the file that they are kept in.
#[derive(Debug)]
pub(crate) struct Baseline {
    path: PathBuf,
    known: Known,
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
                        known: Known::default(),
                    });
                }
                return Err(
                    Failure::new(Exit::Usage, format!("there is no baseline {name}"))
                        .hint("`headcount check --baseline FILE --update-baseline` makes it")
                        .into(),
                );
            }
            Err(error) => {
                let failure = Failure::new(Exit::Failure, format!("{name} can't be read"));
                return Err(anyhow::Error::new(error).context(failure));
            }
        };
        let known = Known::parse(&text).map_err(|error| {
            let what = match error {
                BaselineError::Unreadable { line, column } => {
                    format!("{name}:{line}:{column} is no baseline of headcount")
                }
                BaselineError::Version { .. } => format!("{name} is {error}"),
                BaselineError::NoFingerprint(_) => format!("{name}: {error}"),
            };
            Failure::new(Exit::Usage, what)
                .hint("name the file that --update-baseline wrote, or another one")
        })?;
        Ok(Self {
            path: path.to_owned(),
            known,
        })
    }

    /// What is known, without its file.
    pub(crate) fn into_known(self) -> Known {
        self.known
    }

    /// Whether a finding is known.
    pub(crate) fn holds(&self, fingerprint: &str) -> bool {
        self.known.holds(fingerprint)
    }

    /// How many of its findings are no longer there, as far as their rules ran.
    pub(crate) fn gone(&self, checked: &Checked) -> u64 {
        let there = checked.findings.iter();
        let there = there.map(|told| told.finding.fingerprint.as_str());
        self.known.gone(|rule| ran(checked, rule), there) as u64
    }

    /// Makes the findings of today the known ones. What rules found that did not run now stays.
    pub(crate) fn update(&mut self, checked: &Checked) {
        self.known = self.known.of_others(|rule| ran(checked, rule));
        let today = checked.findings.iter();
        self.known
            .extend(today.map(|told| told.finding.fingerprint.clone()));
    }

    /// Writes it, whole or not at all.
    pub(crate) fn write(&self) -> anyhow::Result<()> {
        let text = self.known.text();
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

/// Whether a rule ran.
fn ran(checked: &Checked, id: &str) -> bool {
    checked.rules.iter().any(|rule| rule.id == id)
}
