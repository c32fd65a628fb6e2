//! Checking a roster: rules over what is kept, a comparison with an expected roster, and what of
//! the findings is known already.

mod baseline;
mod expected;
mod org;
pub(crate) mod print;
mod unfinished;

use headcount_core::check::{self, Context, Finding, RuleInfo, Settings, Severity, Skipped};
use headcount_store::Snapshot;

pub(crate) use self::{
    baseline::Baseline,
    expected::{Compared, Expected, Repair},
    org::Org,
};

/// What a check came to.
#[derive(Debug)]
pub(crate) struct Checked {
    /// What was found, the worst first.
    pub(crate) findings: Vec<Told>,
    /// Rules that ran, by id.
    pub(crate) rules: Vec<&'static RuleInfo>,
    /// Rules that did not, and why.
    pub(crate) skipped: Vec<Skipped>,
    /// The expected roster, where there was one.
    pub(crate) compared: Option<Compared>,
    /// What is known of the findings, where there is a baseline.
    pub(crate) baseline: Option<Known>,
    org: Org,
}

/// A finding, and whether it is in the baseline.
#[derive(Debug)]
pub(crate) struct Told {
    /// What was found.
    pub(crate) finding: Finding,
    /// Whether it is in the baseline.
    pub(crate) known: bool,
}

/// What a baseline says of the findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    /// Findings of it that are no longer there.
    pub(crate) gone: u64,
}

/// Numbers of findings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    all: [u64; 3],
    fresh: [u64; 3],
}

impl Checked {
    /// Asks all rules about an org. `now_ms` is UTC.
    pub(crate) fn of(org: Org, settings: &Settings, now_ms: i64) -> anyhow::Result<Self> {
        let context = Context {
            roster: &org.roster,
            managers: &org.managers,
            lives: Some(&org.lives),
            facts: org.facts.as_ref(),
            now_ms,
        };
        let report = check::run(&context, settings)?;
        let ran = |rule: &&RuleInfo| report.rules_run.contains(&rule.id);
        let told = |finding| Told {
            finding,
            known: false,
        };
        Ok(Self {
            findings: report.findings.into_iter().map(told).collect(),
            rules: check::rules().filter(ran).collect(),
            skipped: report.skipped,
            compared: None,
            baseline: None,
            org,
        })
    }

    /// Compares with an expected roster too, and writes down what an import would mend.
    pub(crate) fn compare(
        &mut self,
        expected: Expected,
        repair: Option<&mut Repair>,
        settings: &Settings,
    ) -> anyhow::Result<()> {
        let (findings, compared) = expected.compare(&self.org, repair, settings)?;
        for rule in check::expected::rules() {
            if settings.rule(rule).is_none_or(|rule| rule.enabled) {
                self.rules.push(rule);
            }
        }
        let mut all: Vec<Finding> = findings;
        all.extend(self.findings.drain(..).map(|told| told.finding));
        check::sort(&mut all);
        let told = |finding| Told {
            finding,
            known: false,
        };
        self.findings = all.into_iter().map(told).collect();
        self.compared = Some(compared);
        Ok(())
    }

    /// Tells the findings that are known from the new ones.
    pub(crate) fn know(&mut self, baseline: &Baseline) {
        for told in &mut self.findings {
            told.known = baseline.holds(&told.finding.fingerprint);
        }
        self.baseline = Some(Known {
            gone: baseline.gone(self),
        });
    }

    /// The snapshot that was checked.
    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.org.snapshot
    }

    /// Number of users that were checked.
    pub(crate) fn users(&self) -> u64 {
        u64::from(self.org.roster.len())
    }

    /// How many findings there are.
    pub(crate) fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for told in &self.findings {
            let severity = told.finding.severity as usize;
            tally.all[severity] += 1;
            tally.fresh[severity] += u64::from(!told.known);
        }
        tally
    }

    /// What is to be told beside findings.
    pub(crate) fn notes(&self) -> Vec<String> {
        self.compared.iter().flat_map(Compared::notes).collect()
    }
}

impl Tally {
    /// Findings of a severity.
    pub(crate) fn all(&self, severity: Severity) -> u64 {
        self.all[severity as usize]
    }

    /// Those that are in no baseline.
    pub(crate) fn fresh(&self, severity: Severity) -> u64 {
        self.fresh[severity as usize]
    }

    /// Findings of every severity.
    pub(crate) fn total(&self) -> u64 {
        self.all.iter().sum()
    }

    /// Findings that are in the baseline.
    pub(crate) fn known(&self) -> u64 {
        self.total() - self.fresh.iter().sum::<u64>()
    }
}
