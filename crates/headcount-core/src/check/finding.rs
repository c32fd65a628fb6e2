//! What a rule is, and what it finds.

use serde::{Deserialize, Serialize};

/// How bad a finding is, the mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Reports may be wrong.
    Warning,
    /// Reports are wrong.
    Error,
}

impl Severity {
    /// Every one, the worst first.
    pub const WORST_FIRST: [Self; 3] = [Self::Error, Self::Warning, Self::Note];

    /// The word for it, such as `warning`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A rule, as people are told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RuleInfo {
    /// Stable id, `HC001` and on, or `HX001` and on; never given to another rule.
    pub id: &'static str,
    /// Stable name in words and dashes, such as `no-department`.
    pub name: &'static str,
    /// Severity unless the settings say otherwise.
    pub severity: Severity,
    /// Whom it looks at, such as `active users`.
    pub looks_at: &'static str,
    /// What it finds, in one sentence.
    pub what: &'static str,
    /// Why that matters for reports.
    pub why: &'static str,
    /// How to mend it in Genesys Cloud.
    pub mend: &'static str,
    /// An example of a finding.
    pub example: &'static str,
    /// The number that the settings may move, where the rule has one.
    pub threshold: Option<Threshold>,
}

/// A number that a rule goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Threshold {
    /// What it is unless the settings say otherwise.
    pub default: u32,
    /// What it counts, with its unit.
    pub meaning: &'static str,
}

/// Something that a rule found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Id of the rule.
    pub rule: &'static str,
    /// How bad it is, as the settings say.
    pub severity: Severity,
    /// Id of the user it is about; `None` where it is about a value, such as a department.
    pub user_id: Option<String>,
    /// Name of that user.
    pub user_name: Option<String>,
    /// The attribute that is wrong, by its dotted path; `None` where it is none.
    pub field: Option<&'static str>,
    /// What stands there.
    pub value: Option<String>,
    /// What is wrong, in one sentence for a person. It names other users by id only.
    pub message: String,
    /// Ids of other users that it involves, such as the members of a cycle.
    pub related: Vec<String>,
    /// What makes it the same finding in another run: the same for the same trouble, whatever else
    /// changed. Unique within a run.
    pub fingerprint: String,
}
