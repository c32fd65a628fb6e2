//! Which findings are asked for, by the API and by the page.

use std::{
    convert::Infallible,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use headcount_core::{
    check::{self, Baseline, Finding, RuleInfo, Severity},
    search::text::{contains_folded, fold, is_blank},
};
use roaring::RoaringBitmap;

use crate::{error::ApiError, findings::Findings, parameters::Parameters};

/// The longest text that is searched for, in characters: nobody types more, and every link of the
/// page repeats it.
const LONGEST: usize = 100;

/// What becomes of findings that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Show,
    Hide,
}

impl Known {
    /// The word for it in a link.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Show => "show",
            Self::Hide => "hide",
        }
    }
}

/// What is asked.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Of these rules; of all where there are none.
    pub(crate) rules: Vec<&'static RuleInfo>,
    /// As bad as one of these; any where there are none.
    pub(crate) severities: Vec<Severity>,
    /// With this in the name, the id, the value or the message.
    pub(crate) text: Option<String>,
    pub(crate) known: Known,
    folded: String,
}

impl Wanted {
    /// Reads what is asked; what is known is shown or not as said, else as `usual`.
    ///
    /// # Errors
    /// 400 for a rule, a severity or a word that there is not.
    pub(crate) fn read(asked: &Parameters, usual: Known) -> Result<Self, ApiError> {
        let rules = asked.list("rule").iter().map(|name| rule(name)).collect();
        let severities = asked.list("severity");
        let severities = severities.iter().map(|name| severity(name)).collect();
        let text = asked.get("q");
        if text.is_some_and(|text| text.chars().nth(LONGEST).is_some()) {
            let cause = format!("q must have {LONGEST} characters at most");
            return Err(ApiError::constraint(cause));
        }
        let text = text.map(str::trim).filter(|text| !is_blank(text));
        Ok(Self {
            rules: rules_once(rules)?,
            severities: severities_once(severities)?,
            folded: text.map(fold).unwrap_or_default().into_owned(),
            text: text.map(str::to_owned),
            known: match asked.get("known") {
                None => usual,
                Some(word) if word.eq_ignore_ascii_case("show") => Known::Show,
                Some(word) if word.eq_ignore_ascii_case("hide") => Known::Hide,
                Some(word) => {
                    return Err(ApiError::invalid_parameter(word, "known", "show, hide"));
                }
            },
        })
    }

    /// Those that are asked for, with their places, by somebody who knows those of `baseline`.
    pub(crate) fn among<'f>(
        &self,
        findings: &'f Findings,
        baseline: Option<&Baseline>,
    ) -> impl Iterator<Item = (usize, &'f Finding)> {
        self.with_text(findings).filter(move |(_, finding)| {
            self.asks_for_rule(finding)
                && self.asks_for_severity(finding)
                && self.asks_for_known(finding, baseline)
        })
    }

    /// Those with the text that is asked for, with their places.
    pub(crate) fn with_text<'f>(
        &self,
        findings: &'f Findings,
    ) -> impl Iterator<Item = (usize, &'f Finding)> + use<'f> {
        let places = (!self.folded.is_empty()).then(|| self.places(findings));
        let all = findings.findings.iter().enumerate();
        all.filter(move |(place, _)| {
            let place = u32::try_from(*place).unwrap_or(u32::MAX);
            places.as_ref().is_none_or(|places| places.contains(place))
        })
    }

    /// Places of those with the text.
    fn places(&self, findings: &Findings) -> Arc<RoaringBitmap> {
        let work = || {
            let all = (0..).zip(&findings.findings);
            let found = all.filter(|(_, finding)| self.is_in(finding));
            Ok::<_, Infallible>(found.map(|(place, _)| place).collect())
        };
        let Ok(places) = findings.texts.get(self.folded.clone(), work);
        places
    }

    /// Whether the text is in a finding.
    fn is_in(&self, finding: &Finding) -> bool {
        let texts = [&finding.user_name, &finding.value, &finding.user_id];
        let mut texts = texts.into_iter().flatten().chain([&finding.message]);
        texts.any(|text| contains_folded(text, &self.folded))
    }

    pub(crate) fn asks_for_rule(&self, finding: &Finding) -> bool {
        let rules = &self.rules;
        rules.is_empty() || rules.iter().any(|rule| rule.id == finding.rule)
    }

    pub(crate) fn asks_for_severity(&self, finding: &Finding) -> bool {
        self.severities.is_empty() || self.severities.contains(&finding.severity)
    }

    fn asks_for_known(&self, finding: &Finding, baseline: Option<&Baseline>) -> bool {
        self.known == Known::Show
            || baseline.is_none_or(|baseline| !baseline.holds(&finding.fingerprint))
    }

    pub(crate) fn rule_ids(&self) -> String {
        let ids: Vec<&str> = self.rules.iter().map(|rule| rule.id).collect();
        ids.join(",")
    }

    pub(crate) fn severity_names(&self) -> String {
        let names: Vec<&str> = self.severities.iter().map(|one| one.name()).collect();
        names.join(",")
    }

    /// Another number for another answer to the same question.
    pub(crate) fn state(&self, findings: &Findings, baseline: Option<&Baseline>) -> u64 {
        match (self.known, baseline) {
            (Known::Hide, Some(baseline)) => {
                let mut state = DefaultHasher::new();
                (findings.state, baseline).hash(&mut state);
                state.finish()
            }
            _ => findings.state,
        }
    }

    /// What tells one question from another.
    pub(crate) fn of(&self) -> String {
        let usual = format!("{};{}", self.rule_ids(), self.severity_names());
        match (self.folded.as_str(), self.known) {
            ("", Known::Show) => usual,
            (text, known) => format!("{usual};{};{text}", known.name()),
        }
    }
}

fn rule(name: &str) -> Result<&'static RuleInfo, ApiError> {
    check::rule(name).map_err(|error| ApiError::unknown_rule(&error))
}

fn severity(name: &str) -> Result<Severity, ApiError> {
    Severity::WORST_FIRST
        .into_iter()
        .find(|severity| severity.name().eq_ignore_ascii_case(name))
        .ok_or_else(|| ApiError::invalid_parameter(name, "severity", "error, warning, note"))
}

/// In the order of their ids, each once.
fn rules_once(
    rules: Result<Vec<&'static RuleInfo>, ApiError>,
) -> Result<Vec<&'static RuleInfo>, ApiError> {
    let mut rules = rules?;
    rules.sort_unstable_by_key(|rule| rule.id);
    rules.dedup_by_key(|rule| rule.id);
    Ok(rules)
}

/// The worst first, each once.
fn severities_once(severities: Result<Vec<Severity>, ApiError>) -> Result<Vec<Severity>, ApiError> {
    let mut severities = severities?;
    severities.sort_unstable_by(|a, b| b.cmp(a));
    severities.dedup();
    Ok(severities)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(query: &str) -> Result<Wanted, ApiError> {
        Wanted::read(&Parameters::parse(query.as_bytes()), Known::Hide)
    }

    #[test]
    fn a_finding_is_asked_for_by_all_that_is_said() {
        let finding = Finding {
            rule: "HC001",
            severity: Severity::Warning,
            user_id: Some("u-1".to_owned()),
            user_name: Some("Ann Smith".to_owned()),
            field: None,
            value: Some("Sales".to_owned()),
            message: "has no department".to_owned(),
            related: Vec::new(),
            fingerprint: "HC001:aa".to_owned(),
        };
        let known: Baseline = ["HC001:aa".to_owned()].into_iter().collect();
        let findings = Findings::new(vec![finding]);
        let asks = |query: &str, known| wanted(query).unwrap().among(&findings, known).count() == 1;
        for query in [
            "",
            "q=SMITH",
            "q=+sale+",
            "q=no dep",
            "q=U-1",
            "rule=no-department",
            "severity=warning,note",
        ] {
            assert!(asks(query, None), "{query}");
            assert!(!asks(query, Some(&known)), "{query}");
            assert!(
                asks(&format!("{query}&known=show"), Some(&known)),
                "{query}"
            );
        }
        for query in [
            "q=bob",
            "rule=HC002",
            "severity=error",
            "q=smith&severity=note",
        ] {
            assert!(!asks(query, None), "{query}");
        }
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let long = format!("q={}", "ä".repeat(101));
        for query in ["rule=HC999", "severity=bad", "known=perhaps", &long] {
            assert!(wanted(query).is_err(), "{query}");
        }
        assert!(wanted(&format!("q={}", "ä".repeat(100))).is_ok());
        // The empty text asks for nothing in particular.
        assert_eq!(wanted("q=&known=show").unwrap().of(), ";");
        assert_ne!(wanted("q=a").unwrap().of(), wanted("q=b").unwrap().of());
    }
}
