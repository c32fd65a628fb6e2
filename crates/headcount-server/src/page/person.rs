//! One person: attributes, managers, reports, what happened, findings, numbers.

mod attributes;
mod life;
mod numbers;
mod place;

use std::sync::atomic::AtomicBool;

use askama::Template;
use axum::{extract::Path, response::Response};
use headcount_core::{
    aggregate::{GroupBy, NONE, count_most},
    check,
    delta::in_divisions,
    field::Column,
    history::Version,
    user::Attributes,
};
use roaring::RoaringBitmap;

pub(crate) use self::numbers::{Numbers, NumbersKey};
use self::{
    attributes::{Attribute, Teller},
    life::Life,
    numbers::NumbersShown,
    place::Place,
};
use super::{
    assets::Edition,
    texts::{brief_to, indented, size},
    visit::{self, Frame, Visit, brief, visible},
};
use crate::{
    app::Sight,
    error::ApiError,
    findings::Findings,
    handlers::{not_loaded, reports::Wanted},
    parameters::link,
};

/// Findings that are told.
const FINDINGS: usize = 20;
/// Bytes that everything told of somebody may take: what one person wrote must not make a view that
/// nobody can load.
const BYTES: usize = 84_000;
/// Bytes of a row of a list with its markup, about.
const ROW: usize = 160;

#[derive(Template)]
#[template(path = "person.html")]
struct Shown {
    frame: Frame,
    head: Head,
    attributes: Vec<Attribute>,
    /// The document as it came, where it is not too long.
    raw: Option<String>,
    api: String,
    place: Option<Place>,
    below_link: String,
    tree_link: String,
    life: Life,
    earlier_link: String,
    earlier: String,
    /// Where earlier events are shown: the same with the latest ones.
    latest_link: Option<String>,
    findings: Vec<Found>,
    more_findings: usize,
    has_findings: bool,
    numbers: Option<NumbersShown>,
    /// Where they stand in the view itself.
    numbers_link: String,
}

/// The numbers alone, which come after the view.
#[derive(Template)]
#[template(path = "person_numbers.html")]
struct Part {
    numbers: Option<NumbersShown>,
    numbers_link: String,
}

/// What stands at the top.
struct Head {
    name: String,
    id: String,
    state: String,
    class: &'static str,
    email: Option<String>,
    title: Option<String>,
    department: Option<(String, String)>,
    division: Option<(String, String)>,
    /// Since when the person is gone, ms UTC.
    gone_ms: Option<i64>,
}

/// Something that a rule found.
struct Found {
    severity: &'static str,
    rule: &'static str,
    message: String,
    href: String,
}

/// Somebody who is looked at.
struct Subject {
    id: String,
    /// The row, where the person is in the roster.
    row: Option<u32>,
    /// The document, as it was last.
    document: String,
    /// What is known of them, as far as the caller may see it.
    versions: Vec<Version>,
}

pub(crate) async fn get_person(Path(id): Path<String>, visit: Visit) -> Result<Response, ApiError> {
    let sight = visit.sight().await?;
    let before_ms = visit.asked.number("before")?;
    let app = visit.app.clone();
    if visit.is_part {
        let wanted = Wanted::new();
        let goes_on = wanted.goes_on();
        let work = move || {
            let row = sight.view().row_of(&id).ok_or_else(ApiError::not_found)?;
            let id = sight.loaded().roster.value(row, Column::Id);
            let numbers = numbers(&visit, &sight, id.unwrap_or_default(), Some(&goes_on))?;
            visit.show(&Part {
                numbers,
                numbers_link: String::new(),
            })
        };
        let answer = app.report_aside(work).await;
        drop(wanted);
        return answer;
    }
    let look = {
        let app = app.clone();
        move || {
            let subject = Subject::find(&visit, &sight, &id)?;
            let (org, divisions) = (visit.caller.org(), visit.caller.divisions());
            let findings = match sight.loaded().past {
                // They are about the present.
                true => None,
                false => Some(Findings::known(&app, org, sight.loaded(), divisions)?),
            };
            Ok((visit, sight, subject, findings))
        }
    };
    let (visit, sight, subject, findings) = app.aside(look).await?;
    // What goes through the whole org waits its turn behind others of its kind.
    let is_long = visit.asked.get("numbers").is_some() || matches!(findings, Some(None));
    let work = move || {
        let (org, divisions) = (visit.caller.org(), visit.caller.divisions());
        let findings = match findings {
            Some(None) => Some(Findings::of(&visit.app, org, sight.loaded(), divisions)?),
            known => known.flatten(),
        };
        let shown = Shown::of(&visit, &sight, subject, findings.as_deref(), before_ms)?;
        visit.show(&shown)
    };
    match is_long {
        true => app.report_aside(work).await,
        false => app.aside(work).await,
    }
}

impl Subject {
    /// Somebody by id, in any case: who is in sight, or for somebody who sees all of the org, who was
    /// there once.
    ///
    /// # Errors
    /// 404 for anybody else.
    fn find(visit: &Visit, sight: &Sight, id: &str) -> Result<Self, ApiError> {
        let roster = &sight.loaded().roster;
        let row = sight.view().row_of(id);
        if let Some(row) = row {
            let id = roster.value(row, Column::Id).unwrap_or(id);
            return Ok(Self {
                id: id.to_owned(),
                row: Some(row),
                document: roster.document(row).unwrap_or("{}").to_owned(),
                versions: versions(visit, sight, id)?,
            });
        }
        if visit.caller.divisions().is_some() {
            return Err(ApiError::not_found());
        }
        for id in [id.to_owned(), id.to_lowercase()] {
            let versions = versions(visit, sight, &id)?;
            if let Some(last) = versions.last() {
                return Ok(Self {
                    id,
                    row: None,
                    document: last.document.clone(),
                    versions,
                });
            }
        }
        Err(ApiError::not_found())
    }
}

/// The versions of somebody until the roster was published, as far as the caller may see them.
fn versions(visit: &Visit, sight: &Sight, id: &str) -> Result<Vec<Version>, ApiError> {
    let store = visit.app.rosters.store();
    let head_ms = sight.loaded().snapshot.published_ms;
    let is_seen = in_divisions(visit.caller.divisions());
    let mut versions = Vec::new();
    store.history(visit.caller.org(), Some(id), None, &mut |mut version| {
        if version.valid_from <= head_ms && is_seen(&version) {
            // What a later snapshot tells is not known yet.
            version.valid_to = version.valid_to.filter(|ended_ms| *ended_ms <= head_ms);
            versions.push(version);
        }
    })?;
    Ok(versions)
}

/// The numbers of somebody: those that are kept, or with `wanted` all of them.
fn numbers(
    visit: &Visit,
    sight: &Sight,
    id: &str,
    wanted: Option<&AtomicBool>,
) -> Result<Option<NumbersShown>, ApiError> {
    let (app, org, divisions) = (&visit.app, visit.caller.org(), visit.caller.divisions());
    let numbers = match wanted {
        Some(wanted) => {
            let how = (&visit.locale, wanted);
            Some(Numbers::of(app, org, sight, divisions, id, how)?)
        }
        None => Numbers::known(app, org, sight, divisions, id)?,
    };
    Ok(numbers.map(|numbers| numbers.shown(&visit.locale)))
}

impl Shown {
    fn of(
        visit: &Visit,
        sight: &Sight,
        subject: Subject,
        findings: Option<&Findings>,
        before_ms: Option<i64>,
    ) -> Result<Self, ApiError> {
        let (view, as_of) = (sight.view(), visit.asked.get("asOf"));
        let head = Head::of(sight, &subject)?;
        let teller = Teller {
            view,
            locale: &visit.locale,
            as_of,
        };
        let place = match subject.row {
            Some(row) => {
                let managers = sight.loaded().managers(visit.caller.divisions());
                let managers = managers.map_err(not_loaded)?;
                Some(Place::of(view, &managers, row, as_of))
            }
            None => None,
        };
        let snapshots = visit.app.rosters.store().snapshots(visit.caller.org())?;
        let first_ms = snapshots.first().map_or(0, |first| first.published_ms);
        let life = Life::of(subject.versions, first_ms, before_ms, teller)?;
        let found = findings.map(|findings| found(findings, &subject.id));
        let (findings, more_findings) = found.unwrap_or_default();
        let has_findings = !sight.loaded().past;
        let adds_up = visit.asked.get("numbers").is_some();
        let wanted = AtomicBool::new(true);
        let numbers = match subject.row {
            Some(_) => numbers(visit, sight, &subject.id, adds_up.then_some(&wanted))?,
            None => None,
        };
        // Attributes are told whole where there is room.
        let people = place.as_ref().map_or(0, Place::size);
        let others = life.size() + people + findings.iter().map(Found::size).sum::<usize>();
        let left = BYTES.saturating_sub(others);
        let attributes = teller.attributes(&subject.document, left);
        let left = left.saturating_sub(attributes.iter().map(Attribute::size).sum());
        let raw = indented(&subject.document);
        let earlier_ms = life.before_ms.unwrap_or_default().to_string();
        let is_deleted = head.class == "deleted";
        let id = Some(subject.id.clone());
        Ok(Self {
            frame: visit.frame(visit::Place::Elsewhere, head.name.clone(), sight),
            raw: Some(raw).filter(|raw| size(raw) <= left),
            api: {
                let state = is_deleted.then(|| "deleted".to_owned());
                let path = format!("/api/v2/users/{}", subject.id);
                link(
                    &path,
                    [("state", state), ("asOf", as_of.map(str::to_owned))],
                )
            },
            below_link: link(
                "/people",
                [
                    ("manager", id.clone()),
                    ("state", Some("any".to_owned())),
                    ("asOf", as_of.map(str::to_owned)),
                ],
            ),
            tree_link: link("/tree", [("top", id), ("asOf", as_of.map(str::to_owned))]),
            earlier_link: visit.link_with(&[("before", Some(&earlier_ms))]),
            earlier: visit.locale.number(life.earlier as u64),
            latest_link: before_ms.map(|_| visit.link_with(&[("before", None)])),
            numbers_link: visit.link_with(&[("numbers", Some("all"))]),
            head,
            attributes,
            place,
            life,
            findings,
            more_findings,
            has_findings,
            numbers,
        })
    }
}

impl Head {
    fn of(sight: &Sight, subject: &Subject) -> Result<Self, ApiError> {
        let view = sight.view();
        // The store takes no document that is none.
        let user = Attributes::parse(&subject.document).unwrap_or_default();
        let text = |text: &Option<std::borrow::Cow<'_, str>>| {
            let text = visible(text.as_deref(), "");
            (!text.is_empty()).then(|| brief(text).into_owned())
        };
        let named = |filter, value: Option<&str>| {
            let value = visible(value, "");
            let href = link("/people", [(filter, Some(brief(value).into_owned()))]);
            (!value.is_empty()).then(|| (brief(value).into_owned(), href))
        };
        let division = match subject.row {
            Some(row) => {
                let only = RoaringBitmap::from_iter([row]);
                let counted = count_most(&view, &only, GroupBy::Division, 1).map_err(not_loaded)?;
                let mut rows = counted.rows.into_iter();
                rows.find_map(|mut row| row.values.pop())
            }
            None => user.division_name.as_deref().map(str::to_owned),
        };
        let division = division.filter(|division| division != NONE);
        let last = subject.versions.last().filter(|_| subject.row.is_none());
        let name = visible(user.name.as_deref(), &subject.id);
        Ok(Self {
            name: brief(name).into_owned(),
            id: subject.id.clone(),
            state: brief(&user.state).into_owned(),
            class: match &*user.state {
                "active" => "active",
                "inactive" => "inactive",
                "deleted" => "deleted",
                _ => "",
            },
            email: text(&user.email),
            title: text(&user.title),
            department: named("department", user.department.as_deref()),
            division: named("division", division.as_deref()),
            gone_ms: last.and_then(|last| last.valid_to),
        })
    }
}

impl Found {
    fn size(&self) -> usize {
        ROW + size(&self.message)
    }
}

impl Attribute {
    fn size(&self) -> usize {
        let values = self.values.iter().map(|told| ROW / 4 + size(&told.text));
        size(&self.path) + values.sum::<usize>()
    }
}

impl Life {
    fn size(&self) -> usize {
        let events = self.happenings.iter();
        events
            .map(|event| ROW + event.changes.iter().map(life::Changed::size).sum::<usize>())
            .sum()
    }
}

impl Place {
    fn size(&self) -> usize {
        let people = self.above.iter().chain(&self.below);
        let sizes = people.map(|one| ROW + size(&one.name) + size(&one.title) + one.href.len());
        sizes.sum()
    }
}

/// What the rules found about somebody, and how much more that is not told.
fn found(findings: &Findings, id: &str) -> (Vec<Found>, usize) {
    let about = findings.findings.iter();
    let about = about.filter(|finding| finding.user_id.as_deref() == Some(id));
    let all: Vec<Found> = about
        .map(|finding| {
            let rule = check::rule(finding.rule).map_or(finding.rule, |rule| rule.name);
            Found {
                severity: finding.severity.name(),
                rule,
                message: brief_to(&finding.message, 300).into_owned(),
                href: link("/findings", [("rule", Some(rule.to_owned()))]),
            }
        })
        .collect();
    let more = all.len().saturating_sub(FINDINGS);
    (all.into_iter().take(FINDINGS).collect(), more)
}
