//! The overview: how many there are, who came and went, and whether all of it can be trusted.

use askama::Template;
use axum::response::Response;
use headcount_core::{
    aggregate::{GroupBy, count_by},
    check::Severity,
    field::{Column, Field},
    movement::{MoveKind, Movement, STATES},
};
use jiff::ToSpan;
use roaring::RoaringBitmap;
use serde::Deserialize;

use super::{
    assets::Edition,
    chart::{self, Series, Tick},
    locale::Locale,
    visit::{Frame, Place, Visit, brief},
};
use crate::{
    app::Sight, error::ApiError, findings::Findings, handlers::not_loaded, job::JobStatus,
    parameters::link,
};

/// Days of joiners, movers and leavers.
const DAYS: i64 = 30;
/// Days of the line of headcount, and places on it at most.
const LINE_DAYS: i64 = 365;
const PLACES: usize = 120;
/// Departments and divisions that are named.
const LARGEST: usize = 8;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    frame: Frame,
    users: u64,
    states: Vec<(String, u64)>,
    moves: Vec<(MoveKind, usize)>,
    since: String,
    line: Option<String>,
    departments: Vec<Group>,
    divisions: Vec<Group>,
    severities: Vec<(&'static str, usize)>,
    looked_at: u32,
    rules: usize,
    snapshot: i64,
    certificate: Option<Certificate>,
    took_ms: i64,
    job: JobStatus,
    is_scheduled: bool,
}

/// Users of one department or division.
struct Group {
    name: String,
    count: u64,
    bar: String,
    href: String,
}

/// What a certificate says in a few words. It is the fetcher's; members that are not here are shown
/// on the view of syncs.
#[derive(Deserialize)]
struct Certificate {
    way: String,
    users: u64,
    total_before: Option<u64>,
    total_after: Option<u64>,
}

pub(crate) async fn get_overview(visit: Visit) -> Result<Response, ApiError> {
    let sight = visit.sight_now().await?;
    let app = visit.app.clone();
    let work = move || {
        let overview = Overview::of(&visit, &sight)?;
        visit.show(&overview)
    };
    app.report_aside(work).await
}

impl Overview {
    fn of(visit: &Visit, sight: &Sight) -> Result<Self, ApiError> {
        let (app, org) = (&visit.app, visit.caller.org());
        let (loaded, divisions) = (sight.loaded(), visit.caller.divisions());
        let view = sight.view();
        let movement = app.rosters.movement(org, loaded, divisions)?;
        let findings = Findings::of(app, org, loaded, divisions)?;
        let snapshot = &loaded.snapshot;
        let first_day = visit.locale.day_of(snapshot.published_ms) - DAYS.days();
        let recent = movement.moves.iter();
        let recent = recent.filter(|one| visit.locale.day_of(one.at_ms) > first_day);
        let mut moves = [MoveKind::Joined, MoveKind::Moved, MoveKind::Left].map(|kind| (kind, 0));
        for one in recent {
            let kind = match one.kind {
                // Whoever comes back joins the others again.
                MoveKind::Returned => MoveKind::Joined,
                kind => kind,
            };
            for (of, count) in &mut moves {
                *count += usize::from(*of == kind);
            }
        }
        let severities = Severity::WORST_FIRST.map(|severity| {
            let found = findings.findings.iter();
            let found = found.filter(|finding| finding.severity == severity);
            (severity.name(), found.count())
        });
        let everybody = (0..loaded.roster.len()).collect();
        let by_state = count_by(&view, &everybody, &[GroupBy::Field(Field::STATE)]);
        let by_state = by_state.map_err(not_loaded)?.into_iter();
        let active = loaded.roster.rows_with(Column::State, &["active"]);
        let active = active.map_err(not_loaded)?;
        let groups = |by, name| largest(sight, &active, by, name);
        let certificate = app.rosters.store().certificate(org, snapshot.id)?;
        let job = app.jobs.get(org);
        Ok(Self {
            frame: visit.frame(Place::Overview, "Overview", sight),
            users: view.len(),
            states: by_state
                .map(|mut row| (row.values.swap_remove(0), row.count))
                .collect(),
            moves: moves.to_vec(),
            since: first_day.tomorrow().unwrap_or(first_day).to_string(),
            line: line(&movement, snapshot.published_ms, &visit.locale),
            departments: groups(GroupBy::Field(Field::DEPARTMENT), "department")?,
            divisions: groups(GroupBy::Division, "division")?,
            severities: severities.to_vec(),
            looked_at: findings.users,
            rules: findings.rules_run.len(),
            snapshot: snapshot.id,
            // Totals of all divisions are nothing for somebody who sees some.
            certificate: certificate.and_then(|text| serde_json::from_str(&text).ok()),
            took_ms: snapshot.published_ms - snapshot.started_ms,
            job: job.map(|job| job.status()).unwrap_or_default(),
            is_scheduled: job.is_some(),
        })
    }

    fn of_state(&self, state: &str) -> String {
        link("/people", [("state", Some(state.to_owned()))])
    }
}

/// The largest groups of active users.
fn largest(
    sight: &Sight,
    active: &RoaringBitmap,
    by: GroupBy,
    name: &str,
) -> Result<Vec<Group>, ApiError> {
    let rows = count_by(&sight.view(), active, &[by]).map_err(not_loaded)?;
    let most = rows.first().map_or(1, |row| row.count) as f64;
    let groups = rows.into_iter().take(LARGEST).map(|mut row| {
        let value = row.values.swap_remove(0);
        Group {
            bar: chart::bar(row.count as f64 / most, 0),
            href: link("/people", [(name, Some(value.clone()))]),
            name: brief(&value).into_owned(),
            count: row.count,
        }
    });
    Ok(groups.collect())
}

/// Headcount over time: active users, a year back at most.
fn line(movement: &Movement, head_ms: i64, locale: &Locale) -> Option<String> {
    let active = STATES.iter().position(|state| *state == "active")?;
    let first_ms = movement.counts.first()?.from_ms;
    let start_ms = first_ms.max(head_ms - LINE_DAYS * 86_400_000);
    if start_ms >= head_ms {
        return None;
    }
    let days = usize::try_from((head_ms - start_ms) / 86_400_000).unwrap_or(0);
    let places = (days + 1).clamp(2, PLACES);
    let at = |place: usize| place as f64 / (places - 1) as f64;
    let mut values = Vec::with_capacity(places);
    let mut ticks = Vec::with_capacity(places);
    for place in 0..places {
        let ms = start_ms + (at(place) * (head_ms - start_ms) as f64) as i64;
        let counted = movement.counts.partition_point(|count| count.from_ms <= ms);
        let count = counted
            .checked_sub(1)
            .map(|at| movement.counts[at].states[active]);
        values.push(count.map(|count| count as f64));
        ticks.push(Tick {
            at: at(place),
            label: locale.short_date(locale.day_of(ms)),
        });
    }
    let series = [Series {
        name: "",
        colour: 0,
        values,
    }];
    let title = format!(
        "Active users from {} to {}",
        locale.date(locale.day_of(start_ms)),
        locale.date(locale.day_of(head_ms))
    );
    Some(chart::lines(&title, &ticks, &series, |value| {
        locale.decimal(value, 0)
    }))
}
