//! Findings that are known already: their fingerprints, as a file that belongs under version
//! control: sorted, a line each, without anything personal.

use std::collections::{BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

/// Version of the format that is written.
const VERSION: u32 = 1;

/// Known findings, by their fingerprints.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Baseline {
    fingerprints: BTreeSet<String>,
}

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    headcount_baseline: u32,
    fingerprints: BTreeSet<String>,
}

/// Why a text is no baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// Something else stands there.
    #[error("no baseline of headcount, line {line} column {column}")]
    Unreadable {
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1.
        column: usize,
    },
    /// Written by another version of headcount.
    #[error("a baseline of version {found}; this program knows version {VERSION}")]
    Version {
        /// The version.
        found: u32,
    },
    /// One of the texts is no fingerprint.
    #[error("{0:?} is no fingerprint")]
    NoFingerprint(String),
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// [`BaselineError`] when `text` is something else.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let kept: Kept = serde_json::from_str(text).map_err(|error| BaselineError::Unreadable {
            line: error.line(),
            column: error.column(),
        })?;
        if kept.headcount_baseline != VERSION {
            return Err(BaselineError::Version {
                found: kept.headcount_baseline,
            });
        }
        let wrong = kept
            .fingerprints
            .iter()
            .find(|text| rule_of(text).is_none());
        match wrong {
            Some(wrong) => Err(BaselineError::NoFingerprint(wrong.clone())),
            None => Ok(Self {
                fingerprints: kept.fingerprints,
            }),
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> String {
        let kept = Kept {
            headcount_baseline: VERSION,
            fingerprints: self.fingerprints.clone(),
        };
        // A number and texts: there is nothing that could not be written.
        serde_json::to_string_pretty(&kept).unwrap_or_default() + "\n"
    }

    /// Whether a finding is known.
    #[must_use]
    pub fn holds(&self, fingerprint: &str) -> bool {
        self.fingerprints.contains(fingerprint)
    }

    /// How many findings are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.fingerprints.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }

    /// How many of them are found no more, as far as `ran` says that their rules ran.
    pub fn gone<'f>(
        &self,
        ran: impl Fn(&str) -> bool,
        found: impl IntoIterator<Item = &'f str>,
    ) -> usize {
        let found: HashSet<&str> = found.into_iter().collect();
        let known = self.fingerprints.iter();
        known
            .filter(|known| ran_of(known, &ran) && !found.contains(known.as_str()))
            .count()
    }

    /// What is known of rules that did not run, of which today's findings tell nothing.
    #[must_use]
    pub fn of_others(&self, ran: impl Fn(&str) -> bool) -> Self {
        let known = self.fingerprints.iter();
        known
            .filter(|known| !ran_of(known, &ran))
            .cloned()
            .collect()
    }
}

impl FromIterator<String> for Baseline {
    fn from_iter<I: IntoIterator<Item = String>>(fingerprints: I) -> Self {
        Self {
            fingerprints: fingerprints.into_iter().collect(),
        }
    }
}

impl Extend<String> for Baseline {
    fn extend<I: IntoIterator<Item = String>>(&mut self, fingerprints: I) {
        self.fingerprints.extend(fingerprints);
    }
}

/// Whether the rule of a fingerprint ran.
fn ran_of(fingerprint: &str, ran: impl Fn(&str) -> bool) -> bool {
    rule_of(fingerprint).is_some_and(ran)
}

/// Id of the rule in a fingerprint, such as `HC001:5d41…`.
fn rule_of(fingerprint: &str) -> Option<&str> {
    let (rule, digest) = fingerprint.split_once(':')?;
    let digits = digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let known = rule.starts_with('H') && rule.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (digits && known && !digest.is_empty()).then_some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(fingerprints: &[&str]) -> Baseline {
        fingerprints.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let known = baseline(&["HC002:bb", "HC001:aa"]);
        let text = known.text();
        assert!(text.ends_with("}\n") && text.find("HC001") < text.find("HC002"));
        assert_eq!(Baseline::parse(&text), Ok(known));
        for (text, told) in [
            ("", "no baseline of headcount, line 1 column 0"),
            ("{}", "no baseline of headcount, line 1 column 2"),
            (
                r#"{"headcount_baseline": 2, "fingerprints": []}"#,
                "a baseline of version 2; this program knows version 1",
            ),
            (
                r#"{"headcount_baseline": 1, "fingerprints": ["ann@example.com"]}"#,
                "\"ann@example.com\" is no fingerprint",
            ),
        ] {
            assert_eq!(Baseline::parse(text).unwrap_err().to_string(), told);
        }
    }

    #[test]
    fn what_did_not_run_tells_nothing() {
        let known = baseline(&["HC001:aa", "HC001:bb", "HC002:aa"]);
        let ran = |rule: &str| rule == "HC001";
        assert_eq!(known.gone(ran, ["HC001:bb", "HC001:cc"]), 1);
        assert_eq!(known.of_others(ran), baseline(&["HC002:aa"]));
        assert!(known.holds("HC002:aa") && !known.holds("HC002:bb"));
    }
}
