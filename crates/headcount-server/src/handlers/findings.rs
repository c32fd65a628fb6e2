//! `GET /headcount/v1/findings`: what the rules find wrong with the roster.

mod wanted;

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use headcount_core::check::{self, Baseline, Finding, Severity};
use serde::{Deserialize, Serialize};

pub(crate) use self::wanted::{Known, Wanted};
use super::snapshot_ref;
use crate::{
    access::Caller,
    app::{App, Sight, VIEW_USERS},
    csv::{Cell, Chosen, Form, Rows},
    cursor,
    error::ApiError,
    findings::{self, Findings},
    json::Json,
    parameters::{Parameters, link},
};

pub(crate) const PATH: &str = "/headcount/v1/findings";

/// Findings on a page, unless asked otherwise, and at most.
const PAGE: usize = 100;
const MOST: usize = 1_000;

/// The findings of some rules and severities, the worst first, from the beginning or from a cursor
/// on.
pub(crate) async fn get_findings(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    caller.needs(VIEW_USERS)?;
    let asked = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes());
    let wanted = Page::read(&asked)?;
    let form = Form::asked(&asked, request.headers())?;
    let chosen = Chosen::asked(COLUMNS.map(str::to_owned).to_vec(), &asked);
    let chosen = (form == Form::Csv).then_some(chosen).transpose()?;
    let sight = app.sight(&caller, None).await?.in_form(form);
    let freshness = sight.freshness().clone();
    let work = {
        let app = app.clone();
        let caller = caller.clone();
        move || {
            let (org, divisions) = (caller.org(), caller.divisions());
            let findings = Findings::of(&app, org, sight.loaded(), divisions)?;
            Ok((sight, findings))
        }
    };
    let (sight, findings) = app.report_aside(work).await?;
    let known = findings::known(&app, caller.org());
    let freshness = freshness.with_state(wanted.wanted.state(&findings, known));
    if freshness.is_known(request.headers()) {
        return Ok(freshness.not_modified());
    }
    if let Some(chosen) = chosen {
        let whole = asked.get("limit").is_none() && asked.get("cursor").is_none();
        let rows = FindingRows::new(findings, &wanted, known, whole);
        return app
            .table("findings.csv", Some(&freshness), chosen, Box::new(rows))
            .await;
    }
    let json = write(&sight, &findings, &wanted, known);
    app.answer_with(&freshness, json).await
}

/// Columns of the table, those of `headcount check --output csv`.
const COLUMNS: [&str; 10] = [
    "rule",
    "rule_name",
    "severity",
    "user_id",
    "user_name",
    "field",
    "value",
    "message",
    "related",
    "fingerprint",
];

/// Findings as a table, row by row.
struct FindingRows {
    findings: Arc<Findings>,
    places: std::vec::IntoIter<usize>,
}

impl FindingRows {
    /// All that are wanted, or those of the page.
    fn new(findings: Arc<Findings>, wanted: &Page, known: Option<&Baseline>, whole: bool) -> Self {
        let (places, all): (Vec<usize>, Vec<&Finding>) =
            wanted.wanted.among(&findings, known).unzip();
        let (start, limit) = match whole {
            true => (0, all.len()),
            false => (wanted.start(&all), wanted.limit),
        };
        let places: Vec<usize> = places.into_iter().skip(start).take(limit).collect();
        Self {
            findings,
            places: places.into_iter(),
        }
    }
}

impl Rows for FindingRows {
    fn next(&mut self, row: &mut dyn FnMut(&[Cell<'_>])) -> bool {
        let Some(place) = self.places.next() else {
            return false;
        };
        let finding = &self.findings.findings[place];
        let rule = check::rule(finding.rule).map_or("", |rule| rule.name);
        row(&[
            Cell::of(Some(finding.rule)),
            Cell::of(Some(rule)),
            Cell::of(Some(finding.severity.name())),
            Cell::of(finding.user_id.as_deref()),
            Cell::of(finding.user_name.as_deref()),
            Cell::of(finding.field),
            Cell::of(finding.value.as_deref()),
            Cell::of(Some(&finding.message)),
            Cell::Text(finding.related.join("; ").into()),
            Cell::of(Some(&finding.fingerprint)),
        ]);
        true
    }
}

/// What is asked, and from where on.
struct Page {
    wanted: Wanted,
    limit: usize,
    cursor: Option<Cursor>,
}

/// Where a listing goes on, and of which listing it is. It names no more of a user than the id.
#[derive(Serialize, Deserialize, PartialEq, Eq, Debug)]
struct Cursor {
    severity: Severity,
    rule: String,
    user: Option<String>,
    fingerprint: String,
    /// The rules and severities that were asked for.
    of: String,
}

/// A finding as it is told: with the name of its rule, which people remember.
#[derive(Serialize)]
struct Told<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    name: &'static str,
}

/// Numbers of all findings that were asked for, on whatever page.
#[derive(Default, Serialize)]
struct Summary {
    error: u64,
    warning: u64,
    note: u64,
    total: u64,
    users: u32,
}

/// A rule with findings that were asked for.
#[derive(Serialize)]
struct Broken {
    id: &'static str,
    name: &'static str,
    what: &'static str,
    why: &'static str,
    mend: &'static str,
    findings: u64,
}

impl Page {
    fn read(asked: &Parameters) -> Result<Self, ApiError> {
        let mut page = Self {
            wanted: Wanted::read(asked, Known::Show)?,
            limit: asked.within("limit", 1..=MOST)?.unwrap_or(PAGE),
            cursor: None,
        };
        if let Some(text) = asked.get("cursor") {
            let again =
                |what: &str| ApiError::bad_request(format!("{what}; start again without a cursor"));
            let cursor =
                cursor::read::<Cursor>(text).ok_or_else(|| again("the cursor cannot be read"))?;
            if cursor.of != page.wanted.of() {
                return Err(again("the cursor was made for another question"));
            }
            page.cursor = Some(cursor);
        }
        Ok(page)
    }

    /// Where the page begins among the findings asked for.
    fn start(&self, findings: &[&Finding]) -> usize {
        let Some(cursor) = &self.cursor else {
            return 0;
        };
        let last = findings
            .iter()
            .position(|finding| finding.fingerprint == cursor.fingerprint);
        // What was last has been mended: on with what is behind it.
        last.map_or_else(
            || findings.partition_point(|finding| !cursor.is_before(finding)),
            |last| last + 1,
        )
    }
}

impl Cursor {
    /// Whether a finding comes later, in the order of a report.
    fn is_before(&self, finding: &Finding) -> bool {
        let order = finding.severity.cmp(&self.severity);
        order
            .then_with(|| self.rule.as_str().cmp(finding.rule))
            .then_with(|| self.user.cmp(&finding.user_id))
            .is_lt()
    }
}

fn write(sight: &Sight, findings: &Findings, page: &Page, known: Option<&Baseline>) -> Json {
    let wanted = &page.wanted;
    let all: Vec<&Finding> = wanted
        .among(findings, known)
        .map(|(_, finding)| finding)
        .collect();
    let start = page.start(&all);
    let told: Vec<&Finding> = all[start..].iter().copied().take(page.limit).collect();
    let next = told
        .last()
        .filter(|_| start + told.len() < all.len())
        .map(|last| Cursor {
            severity: last.severity,
            rule: last.rule.to_owned(),
            user: last.user_id.clone(),
            fingerprint: last.fingerprint.clone(),
            of: wanted.of(),
        });
    let told: Vec<Told<'_>> = told
        .into_iter()
        .map(|finding| Told {
            finding,
            name: check::rule(finding.rule).map_or("", |rule| rule.name),
        })
        .collect();
    let mut json = Json::default();
    json.raw("{");
    json.member("summary", summary(&all, findings.users));
    json.member("rules", broken(&all));
    json.member("rules_run", &findings.rules_run);
    json.member("skipped", &findings.skipped);
    json.member("snapshot", snapshot_ref(&sight.loaded().snapshot));
    if let Some(next) = next {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        let cursor = cursor::write(&next);
        let parameters = [
            ("cursor", Some(cursor.clone())),
            ("limit", Some(page.limit.to_string())),
            ("rule", some(wanted.rule_ids())),
            ("severity", some(wanted.severity_names())),
            ("q", wanted.text.clone()),
            ("known", hidden(wanted.known)),
        ];
        json.member("nextUri", link(PATH, parameters));
        json.member("cursor", cursor);
    }
    json.raw("\"findings\":");
    json.value(&told);
    json.raw("}");
    json
}

/// What a link says of what is known: nothing where it is as usual.
fn hidden(known: Known) -> Option<String> {
    (known == Known::Hide).then(|| known.name().to_owned())
}

fn summary(findings: &[&Finding], users: u32) -> Summary {
    let mut summary = Summary {
        users,
        ..Summary::default()
    };
    for finding in findings {
        summary.total += 1;
        *match finding.severity {
            Severity::Error => &mut summary.error,
            Severity::Warning => &mut summary.warning,
            Severity::Note => &mut summary.note,
        } += 1;
    }
    summary
}

fn broken(findings: &[&Finding]) -> Vec<Broken> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.rule).or_default() += 1;
    }
    let rules = counts.into_iter().filter_map(|(id, findings)| {
        let rule = check::rule(id).ok()?;
        Some(Broken {
            id: rule.id,
            name: rule.name,
            what: rule.what,
            why: rule.why,
            mend: rule.mend,
            findings,
        })
    });
    rules.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(rule: &'static str, severity: Severity, user: Option<&str>) -> Finding {
        Finding {
            rule,
            severity,
            user_id: user.map(str::to_owned),
            user_name: None,
            field: None,
            value: None,
            message: String::new(),
            related: Vec::new(),
            fingerprint: format!("{rule}{user:?}"),
        }
    }

    #[test]
    fn a_page_goes_on_where_the_last_one_ended_though_that_was_mended() {
        let all = [
            finding("HC002", Severity::Error, None),
            finding("HC004", Severity::Error, Some("a")),
            finding("HC004", Severity::Error, Some("c")),
            finding("HC001", Severity::Warning, Some("a")),
        ];
        let all: Vec<&Finding> = all.iter().collect();
        let start = |rule: &str, severity, user: Option<&str>| {
            let cursor = Cursor {
                severity,
                rule: rule.to_owned(),
                user: user.map(str::to_owned),
                fingerprint: format!("{rule}{user:?}"),
                of: ";".to_owned(),
            };
            let text = cursor::write(&cursor);
            let asked = Parameters::parse(format!("cursor={text}").as_bytes());
            Page::read(&asked).unwrap().start(&all)
        };
        assert_eq!(start("HC002", Severity::Error, None), 1);
        assert_eq!(start("HC004", Severity::Error, Some("b")), 2);
        assert_eq!(start("HC009", Severity::Error, None), 3);
        assert_eq!(start("HC001", Severity::Warning, Some("z")), 4);
    }

    #[test]
    fn a_cursor_belongs_to_its_question() {
        let cursor = Cursor {
            severity: Severity::Note,
            rule: "HC001".to_owned(),
            user: None,
            fingerprint: "x".to_owned(),
            of: "HC001;note".to_owned(),
        };
        let read = |more: &str| {
            let asked = format!("cursor={}{more}", cursor::write(&cursor));
            Page::read(&Parameters::parse(asked.as_bytes())).is_ok()
        };
        assert!(read("&rule=no-department&severity=NOTE&rule=hc001"));
        assert!(!read("&rule=HC001&severity=note&q=a"));
        assert!(!read("") && !read("&rule=HC001") && !read("&rule=HC001,HC002&severity=note"));
        for bad in ["cursor=AAAA", "cursor=e30", "cursor=%00"] {
            assert!(Page::read(&Parameters::parse(bad.as_bytes())).is_err());
        }
    }
}
