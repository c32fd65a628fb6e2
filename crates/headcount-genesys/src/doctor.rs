//! What an org allows, asked read-only, in under 25 requests (contract section 9 lists what Genesys
//! does not document). The answers become the org's [`Capabilities`].

mod probes;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Capabilities, Client, UpstreamError};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// As it should be, or only worth knowing.
    Good,
    /// Works, but at a cost that the advice names.
    Notice,
    /// A sync will be refused or wrong until it is mended.
    Problem,
}

/// One thing that was found out. Holds nothing personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable name of the question, such as `id-prefix`.
    pub question: String,
    /// How much it matters.
    pub weight: Weight,
    /// What was found.
    pub answer: String,
    /// What follows from it, where anything does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// Everything that was found out about an org. Holds nothing personal: it may be shared.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// The findings, in the order of the questions.
    pub findings: Vec<Finding>,
    /// What the walk uses of them.
    pub capabilities: Capabilities,
    /// API requests that it took.
    pub requests: u64,
}

impl Report {
    fn add(
        &mut self,
        question: &str,
        weight: Weight,
        answer: impl Into<String>,
        advice: Option<&str>,
    ) {
        self.findings.push(Finding {
            question: question.to_owned(),
            weight,
            answer: answer.into(),
            advice: advice.map(str::to_owned),
        });
    }
}

/// Examines the org behind `client`. `now` is the time of this machine, as a span since 1970 UTC.
///
/// # Errors
/// [`UpstreamError`] when the org can't be reached or the credentials are refused; then there is
/// nothing to examine. A missing permission is a finding.
pub async fn examine(client: &Client, now: Duration) -> Result<Report, UpstreamError> {
    let mut report = Report {
        findings: Vec::new(),
        capabilities: Capabilities::default(),
        requests: 0,
    };
    client.login().await?;
    report.add("credentials", Weight::Good, "a token was granted", None);
    probes::run(client, now, &mut report).await?;
    report.requests = client.counters().requests;
    Ok(report)
}
