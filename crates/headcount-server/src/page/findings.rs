//! Findings: what the rules find wrong, why it matters and how to mend it.

use askama::Template;
use axum::{body::Body, response::Response};
use headcount_core::{
    check::{self, Baseline, Finding, RuleInfo, Severity},
    field::Column,
};
use hyper::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};

use super::{
    assets::Edition,
    fit, headers,
    locale::Whole,
    visit::{Frame, Place, Visit, visible},
};
use crate::{
    app::Sight,
    error::ApiError,
    findings::{self, Findings},
    handlers::findings::{Known, PATH, Wanted},
    parameters::link,
};

/// Findings on a page.
const PAGE: usize = 100;
/// Bytes of markup for the texts of a page.
const ROOM: usize = 32 << 10;

#[derive(Template)]
#[template(path = "findings.html")]
struct AllFindings<'v> {
    frame: Frame,
    text: &'v str,
    severities: Vec<(Severity, u64, bool)>,
    rules: Vec<Broken>,
    /// New ones, and known ones where there is a baseline; of all that is asked for.
    fresh: u64,
    known: Option<u64>,
    shows_known: bool,
    /// Known ones that are found no more.
    gone: usize,
    total: usize,
    first: usize,
    rows: Vec<Row<'v>>,
    previous: Option<String>,
    next: Option<String>,
    table: String,
    baseline: String,
    users: u32,
    rules_run: usize,
    skipped: Vec<(&'static RuleInfo, &'static str)>,
}

/// A rule with findings, or one that is asked for.
struct Broken {
    rule: &'static RuleInfo,
    severity: Severity,
    count: u64,
    is_asked: bool,
}

/// A finding in the list.
struct Row<'v> {
    finding: &'v Finding,
    rule: &'static str,
    name: String,
    href: Option<String>,
    value: String,
    message: String,
    is_known: bool,
}

pub(crate) async fn get_findings(visit: Visit) -> Result<Response, ApiError> {
    let wanted = Wanted::read(&visit.asked, Known::Hide)?;
    let page = visit.asked.within("page", 1..=1_000_000)?.unwrap_or(1);
    let sight = visit.sight_now().await?;
    let app = visit.app.clone();
    let work = move || {
        let (org, divisions) = (visit.caller.org(), visit.caller.divisions());
        let found = Findings::of(&visit.app, org, sight.loaded(), divisions)?;
        let view = AllFindings::of(&visit, &sight, &found, &wanted, page);
        visit.show(&view)
    };
    app.report_aside(work).await
}

/// A baseline that knows what is shown beside what is known.
pub(crate) async fn get_baseline(visit: Visit) -> Result<Response, ApiError> {
    let wanted = Wanted::read(&visit.asked, Known::Hide)?;
    let sight = visit.sight_now().await?;
    let app = visit.app.clone();
    let work = move || {
        let (org, divisions) = (visit.caller.org(), visit.caller.divisions());
        let found = Findings::of(&visit.app, org, sight.loaded(), divisions)?;
        let known = findings::known(&visit.app, org);
        Ok(extended(known, &found, &wanted, divisions.is_some()).text())
    };
    let text = app.report_aside(work).await?;
    let mut answer = Response::new(Body::from(text));
    headers::guard(answer.headers_mut());
    for (name, value) in [
        (CONTENT_TYPE, "application/json"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"baseline.json\"",
        ),
    ] {
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    Ok(answer)
}

/// What is known and found, and what is asked for. Of rules that did not run, what is known stays;
/// but whoever sees a part must not learn what is known of others.
fn extended(
    known: Option<&Baseline>,
    found: &Findings,
    wanted: &Wanted,
    is_part: bool,
) -> Baseline {
    let ran = |rule: &str| found.rules_run.contains(&rule);
    let mut all = match known {
        Some(known) if !is_part => known.of_others(ran),
        _ => Baseline::default(),
    };
    let is_known =
        |finding: &&Finding| known.is_some_and(|known| known.holds(&finding.fingerprint));
    let kept = found.findings.iter().filter(is_known);
    let shown = wanted.among(found, known).map(|(_, finding)| finding);
    all.extend(kept.chain(shown).map(|finding| finding.fingerprint.clone()));
    all
}

impl<'v> AllFindings<'v> {
    fn of(
        visit: &'v Visit,
        sight: &Sight,
        found: &'v Findings,
        wanted: &'v Wanted,
        page: usize,
    ) -> Self {
        let baseline = findings::known(&visit.app, visit.caller.org());
        let mut counts = Counts::default();
        let mut shown: Vec<&Finding> = Vec::new();
        for (_, finding) in wanted.with_text(found) {
            if counts.count(finding, wanted, baseline) {
                shown.push(finding);
            }
        }
        let pages = shown.len().div_ceil(PAGE).max(1);
        let page = page.min(pages);
        let first = (page - 1) * PAGE;
        let on_page = shown.iter().skip(first).take(PAGE);
        let rows = rows(on_page.copied(), sight, baseline);
        let turn = |page: usize| Some(visit.link_with(&[("page", Some(&page.to_string()))]));
        let ran = |rule: &str| found.rules_run.contains(&rule);
        let all = found.findings.iter();
        let all = all.map(|finding| finding.fingerprint.as_str());
        // Somebody who sees a part is not told what is mended elsewhere.
        let whole = baseline.filter(|_| visit.caller.divisions().is_none());
        let skipped = found.skipped.iter();
        Self {
            frame: visit.frame(Place::Findings, "Findings", sight),
            text: wanted.text.as_deref().unwrap_or_default(),
            severities: counts.severities(wanted),
            rules: counts.rules(wanted),
            fresh: counts.fresh,
            known: baseline.map(|_| counts.known),
            shows_known: wanted.known == Known::Show,
            gone: whole.map_or(0, |whole| whole.gone(ran, all)),
            total: shown.len(),
            first: first + 1,
            rows,
            previous: (page > 1).then(|| turn(page - 1)).flatten(),
            next: (page < pages).then(|| turn(page + 1)).flatten(),
            table: download(PATH, wanted, baseline, true),
            baseline: download("/findings/baseline.json", wanted, baseline, false),
            users: found.users,
            rules_run: found.rules_run.len(),
            skipped: skipped
                .filter_map(|skipped| Some((check::rule(skipped.rule).ok()?, skipped.reason)))
                .collect(),
        }
    }

    fn count(&self, number: impl Whole) -> String {
        self.frame.locale.number(number)
    }

    /// Whether less than everything is asked for.
    fn is_asked(&self) -> bool {
        !self.text.is_empty()
            || self.rules.iter().any(|rule| rule.is_asked)
            || self.severities.iter().any(|(.., is_asked)| *is_asked)
    }
}

/// Numbers beside each choice: of what would be shown with it.
#[derive(Default)]
struct Counts {
    fresh: u64,
    known: u64,
    severities: [u64; Severity::WORST_FIRST.len()],
    /// In the order in which they are found: by severity, then by id.
    rules: Vec<(&'static str, Severity, u64)>,
}

impl Counts {
    /// Counts a finding, and tells whether it is asked for.
    fn count(&mut self, finding: &Finding, wanted: &Wanted, baseline: Option<&Baseline>) -> bool {
        let is_of_rule = wanted.asks_for_rule(finding);
        let is_of_severity = wanted.asks_for_severity(finding);
        if !(is_of_rule || is_of_severity) {
            return false;
        }
        let is_known = baseline.is_some_and(|baseline| baseline.holds(&finding.fingerprint));
        if is_of_rule && is_of_severity {
            *if is_known {
                &mut self.known
            } else {
                &mut self.fresh
            } += 1;
        }
        if is_known && wanted.known == Known::Hide {
            return false;
        }
        if is_of_rule {
            self.severities[finding.severity as usize] += 1;
        }
        if is_of_severity {
            match self.rules.iter_mut().find(|(id, ..)| *id == finding.rule) {
                Some((_, _, count)) => *count += 1,
                None => self.rules.push((finding.rule, finding.severity, 1)),
            }
        }
        is_of_rule && is_of_severity
    }

    fn severities(&self, wanted: &Wanted) -> Vec<(Severity, u64, bool)> {
        let all = Severity::WORST_FIRST.into_iter();
        all.map(|severity| {
            let count = self.severities[severity as usize];
            (severity, count, wanted.severities.contains(&severity))
        })
        .collect()
    }

    fn rules(&self, wanted: &Wanted) -> Vec<Broken> {
        let is_asked = |id: &str| wanted.rules.iter().any(|rule| rule.id == id);
        let found = self.rules.iter().filter_map(|&(id, severity, count)| {
            Some(Broken {
                rule: check::rule(id).ok()?,
                severity,
                count,
                is_asked: is_asked(id),
            })
        });
        let without = wanted.rules.iter();
        let without = without.filter(|rule| !self.rules.iter().any(|(id, ..)| *id == rule.id));
        let without = without.map(|rule| Broken {
            rule,
            severity: rule.severity,
            count: 0,
            is_asked: true,
        });
        found.chain(without).collect()
    }
}

fn rows<'v>(
    findings: impl Iterator<Item = &'v Finding> + Clone,
    sight: &Sight,
    baseline: Option<&Baseline>,
) -> Vec<Row<'v>> {
    let texts = findings.clone().flat_map(|finding| {
        let name = finding.user_name.as_deref().unwrap_or_default();
        let value = finding.value.as_deref().unwrap_or_default();
        [(name, 1), (value, 1), (finding.message.as_str(), 2)]
    });
    let width = fit::width(texts, ROOM);
    let view = sight.view();
    let row = |finding: &'v Finding| {
        let id = finding.user_id.as_deref().unwrap_or_default();
        let is_there = view.row_of(id).is_some_and(|row| {
            // Another one whose id differs in its case only is somebody else.
            view.roster().value(row, Column::Id) == Some(id)
        });
        Row {
            finding,
            rule: check::rule(finding.rule).map_or(finding.rule, |rule| rule.name),
            name: fit::cut(visible(finding.user_name.as_deref(), id), width).into_owned(),
            href: is_there.then(|| person(id)),
            value: fit::cut(finding.value.as_deref().unwrap_or_default(), width).into_owned(),
            message: fit::cut(&finding.message, 2 * width).into_owned(),
            is_known: baseline.is_some_and(|baseline| baseline.holds(&finding.fingerprint)),
        }
    };
    findings.map(row).collect()
}

/// The pieces of a text about rules, and whether each is to be typed as it stands.
fn pieces(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let pieces = text.split('`').enumerate();
    pieces.map(|(at, piece)| (at % 2 == 1, piece))
}

/// Where somebody's own view is.
pub(crate) fn person(id: &str) -> String {
    let id: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("/people/{}", id.replace('+', "%20"))
}

/// A link to what is shown, as a file.
fn download(path: &str, wanted: &Wanted, baseline: Option<&Baseline>, says_known: bool) -> String {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    // The API shows what is known unless it is told not to; the page the other way round.
    let says = match wanted.known {
        Known::Hide => says_known && baseline.is_some(),
        Known::Show => !says_known,
    };
    let parameters = [
        ("severity", some(wanted.severity_names())),
        ("rule", some(wanted.rule_ids())),
        ("q", wanted.text.clone()),
        ("known", says.then(|| wanted.known.name().to_owned())),
        ("format", says_known.then(|| "csv".to_owned())),
    ];
    link(path, parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameters::Parameters;

    fn finding(rule: &'static str, severity: Severity, number: usize) -> Finding {
        Finding {
            rule,
            severity,
            user_id: None,
            user_name: Some(format!("Person {number}")),
            field: None,
            value: None,
            message: String::new(),
            related: Vec::new(),
            fingerprint: format!("{rule}:{number:02x}"),
        }
    }

    fn found() -> Findings {
        Findings::new(vec![
            finding("HC004", Severity::Error, 1),
            finding("HC004", Severity::Error, 2),
            finding("HC001", Severity::Warning, 1),
            finding("HC001", Severity::Warning, 3),
        ])
    }

    fn wanted(query: &str) -> Wanted {
        Wanted::read(&Parameters::parse(query.as_bytes()), Known::Hide).unwrap()
    }

    fn baseline(fingerprints: &[&str]) -> Baseline {
        fingerprints.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn each_choice_is_counted_under_the_others() {
        let known = baseline(&["HC004:01", "HC001:03"]);
        let told = |query: &str| {
            let (wanted, mut counts) = (wanted(query), Counts::default());
            let found = found();
            let all = wanted.with_text(&found);
            let shown = all.filter(|(_, finding)| counts.count(finding, &wanted, Some(&known)));
            let shown = shown.count();
            let rules = counts.rules(&wanted);
            let rules: Vec<_> = rules.iter().map(|one| (one.rule.id, one.count)).collect();
            (
                shown,
                [counts.fresh, counts.known],
                counts.severities,
                rules,
            )
        };
        let (error, warning) = (("HC004", 1), ("HC001", 1));
        assert_eq!(told(""), (2, [2, 2], [0, 1, 1], vec![error, warning]));
        assert_eq!(told("severity=error"), (1, [1, 1], [0, 1, 1], vec![error]));
        assert_eq!(
            told("rule=HC001"),
            (1, [1, 1], [0, 1, 0], vec![error, warning])
        );
        assert_eq!(
            told("known=show&q=person+3"),
            (1, [0, 1], [0, 1, 0], vec![warning])
        );
        assert_eq!(
            told("severity=note&rule=HC001"),
            (0, [0, 0], [0, 1, 0], vec![("HC001", 0)])
        );
    }

    #[test]
    fn a_baseline_keeps_what_is_known_and_takes_what_is_shown() {
        let known = baseline(&["HC004:01", "HC004:99", "HC020:01"]);
        let of = |query: &str, is_part| extended(Some(&known), &found(), &wanted(query), is_part);
        assert_eq!(
            of("rule=HC001", false),
            baseline(&["HC001:01", "HC001:03", "HC004:01", "HC020:01"]),
            "what is mended goes, what did not run stays"
        );
        assert_eq!(
            of("severity=note", true),
            baseline(&["HC004:01"]),
            "who sees a part is told of that part"
        );
        let all = extended(None, &found(), &wanted(""), false);
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn ids_stay_one_part_of_a_path() {
        assert_eq!(person("a b/c?d#e%"), "/people/a%20b%2Fc%3Fd%23e%25");
    }
}
