//! Changes: who came, moved and went, day by day, and from what to what.

mod asked;
mod details;
mod table;

use askama::Template;
use axum::response::Response;
use headcount_core::{
    as_of::AsOf,
    field::Column,
    movement::{Move, MoveKind, Movement},
};
use jiff::{ToSpan, civil::Date};

pub(crate) use self::table::get_table;
use self::{
    asked::{Asked, Day, Found},
    details::{Details, Field},
};
use super::{
    assets::Edition,
    chart::days::{self, Bar},
    findings::person,
    fit,
    locale::{Locale, Whole},
    visit::{Frame, Place, Visit},
};
use crate::{app::Sight, error::ApiError, parameters::link, rosters::MOVEMENT_MS};

/// Moves on a page.
const PAGE: usize = 50;
/// Bytes of markup for the texts of a page.
const ROOM: usize = 28 << 10;
/// Days that have a bar each; of more, each week has one.
const DAYS: usize = 62;
/// The longest link that every bar repeats.
const LONGEST: usize = 160;

#[derive(Template)]
#[template(path = "changes.html")]
struct AllChanges<'v> {
    frame: Frame,
    asked: &'v Asked,
    kinds: Vec<(MoveKind, u64, bool)>,
    /// The first day of which anything is known.
    since: String,
    chart: Option<String>,
    total: usize,
    days: Vec<OfDay>,
    first: usize,
    last: usize,
    previous: Option<String>,
    next: Option<String>,
    table: String,
}

/// What happened on a day, as far as it is on this page.
struct OfDay {
    name: String,
    href: String,
    counts: String,
    moves: Vec<Row>,
}

/// Something that happened to a user.
struct Row {
    kind: MoveKind,
    time: String,
    machine_time: String,
    name: String,
    href: String,
    fields: Vec<Field>,
    /// How many more fields differ.
    more: usize,
}

impl Row {
    fn is_gone(&self) -> bool {
        self.kind == MoveKind::Left
    }
}

pub(crate) async fn get_changes(visit: Visit) -> Result<Response, ApiError> {
    let asked = Asked::read(&visit.asked)?;
    let page = visit.asked.within("page", 1..=1_000_000)?.unwrap_or(1);
    let sight = visit.sight_now().await?;
    let app = visit.app.clone();
    let work = move || {
        let view = AllChanges::of(&visit, &sight, &asked, page)?;
        visit.show(&view)
    };
    app.report_aside(work).await
}

impl<'v> AllChanges<'v> {
    fn of(visit: &Visit, sight: &Sight, asked: &'v Asked, page: usize) -> Result<Self, ApiError> {
        let (org, divisions) = (visit.caller.org(), visit.caller.divisions());
        let movement = visit.app.rosters.movement(org, sight.loaded(), divisions)?;
        let found = asked.find(&movement, sight, &visit.locale);
        let total = found.places.len();
        let pages = total.div_ceil(PAGE).max(1);
        let page = page.min(pages);
        let first = (page - 1) * PAGE;
        let last = (first + PAGE).min(total);
        let moves = found.places[first..last].iter();
        let moves: Vec<&Move> = moves
            .map(|place| &movement.moves[*place as usize])
            .collect();
        let details = Details::read(visit.app.rosters.store(), org, divisions, sight, &moves)?;
        let turn = |page: usize| Some(visit.link_with(&[("page", Some(&page.to_string()))]));
        let known = known(&movement, sight, &visit.locale);
        let kinds = MoveKind::ALL.into_iter().zip(found.kinds);
        Ok(Self {
            frame: visit.frame(Place::Changes, "Changes", sight),
            asked,
            kinds: kinds
                .map(|(kind, count)| (kind, count, asked.kinds.contains(&kind)))
                .collect(),
            since: visit.locale.date(known.0),
            chart: chart(visit, asked, &found, known),
            total,
            days: rows(visit, sight, &movement, &found, first, &moves, details),
            first: first + 1,
            last,
            previous: (page > 1).then(|| turn(page - 1)).flatten(),
            next: (page < pages).then(|| turn(page + 1)).flatten(),
            table: asked.link("/changes.csv"),
        })
    }

    fn count(&self, number: impl Whole) -> String {
        self.frame.locale.number(number)
    }

    /// What a box for a kind is called.
    fn label(&self, kind: &MoveKind) -> &'static str {
        match kind {
            MoveKind::Joined => "joined or returned",
            MoveKind::Returned => "returned alone",
            MoveKind::Moved => "moved",
            MoveKind::Changed => "changed otherwise",
            MoveKind::Left => "left",
        }
    }
}

/// The first and the last day of which anything is known.
fn known(movement: &Movement, sight: &Sight, locale: &Locale) -> (Date, Date) {
    let head_ms = sight.loaded().snapshot.published_ms;
    let first_ms = movement
        .counts
        .first()
        .map_or(head_ms, |count| count.from_ms);
    let since_ms = first_ms.max(head_ms - MOVEMENT_MS);
    (locale.day_of(since_ms), locale.day_of(head_ms))
}

/// How much happened on each day, or in each week of a longer time.
fn chart(
    visit: &Visit,
    asked: &Asked,
    found: &Found,
    (since, head): (Date, Date),
) -> Option<String> {
    let first = asked.from.map_or(since, |from| from.max(since));
    let last = asked.to.map_or(head, |to| to.min(head));
    let since_first = |date: Date| usize::try_from((date - first).get_days()).ok();
    let days = since_first(last)? + 1;
    let size = if days <= DAYS { 1 } else { 7 };
    let mut counts = vec![[0_u64; MoveKind::ALL.len()]; days.div_ceil(size)];
    for day in &found.days {
        let place = since_first(day.date).map(|days| days / size);
        let counts = place.and_then(|place| counts.get_mut(place));
        for (count, more) in counts.into_iter().flatten().zip(day.counts) {
            *count += more;
        }
    }
    let locale = &visit.locale;
    let behind = |date: Date, days: usize| {
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        date.saturating_add(days.days())
    };
    let bars = counts.iter().enumerate().map(|(place, counts)| {
        let start = behind(first, place * size);
        let end = behind(start, size - 1).min(last);
        let name = match start == end {
            true => locale.short_date(start),
            false => format!("{} – {}", locale.short_date(start), locale.short_date(end)),
        };
        let (start, end) = (start.to_string(), end.to_string());
        let href = visit.link_with(&[("from", Some(&start)), ("to", Some(&end))]);
        Bar {
            label: format!("{name}: {}", told(counts, locale)),
            count: counts.iter().sum(),
            href: Some(href).filter(|href| href.len() <= LONGEST),
        }
    });
    let bars: Vec<Bar> = bars.collect();
    let ends = (locale.short_date(first), locale.short_date(last));
    let title = format!(
        "Changes {} from {} to {}",
        if size == 1 { "a day" } else { "a week" },
        locale.date(first),
        locale.date(last)
    );
    let written = |value| locale.decimal(value, 0);
    Some(days::bars(&title, (&ends.0, &ends.1), &bars, written))
}

/// Numbers by kind, in words; without those that are nothing.
fn told(counts: &[u64; MoveKind::ALL.len()], locale: &Locale) -> String {
    let kinds = MoveKind::ALL.into_iter().zip(counts);
    let told: Vec<String> = kinds
        .filter(|(_, count)| **count > 0)
        .map(|(kind, count)| format!("{} {}", locale.number(*count), kind.name()))
        .collect();
    told.join(", ")
}

/// The moves of a page under their days.
fn rows(
    visit: &Visit,
    sight: &Sight,
    movement: &Movement,
    found: &Found,
    first: usize,
    moves: &[&Move],
    details: Details,
) -> Vec<OfDay> {
    let people: Vec<(Option<&str>, bool)> = moves
        .iter()
        .map(|one| named(&one.user_id, sight, movement))
        .collect();
    let names = people.iter().map(|(name, _)| (name.unwrap_or_default(), 1));
    let width = fit::width(names.chain(details.texts()), ROOM);
    let mut days: Vec<OfDay> = Vec::new();
    let mut now: Option<&Day> = None;
    for (at, (((one, (name, is_there)), fields), place)) in moves
        .iter()
        .zip(people)
        .zip(details.into_fields(width))
        .zip(first..)
        .enumerate()
    {
        let day = found.day(place);
        if at == 0 || now.map(|now| now.date) != day.map(|day| day.date) {
            now = day;
            days.extend(day.map(|day| OfDay {
                name: visit.locale.date(day.date),
                href: alone(visit, day.date),
                counts: told(&day.counts, &visit.locale),
                moves: Vec::new(),
            }));
        }
        let row = Row {
            kind: one.kind,
            time: visit.locale.time(one.at_ms),
            machine_time: visit.locale.machine_time(one.at_ms),
            name: fit::cut(name.unwrap_or(&one.user_id), width).into_owned(),
            href: href(one, is_there),
            more: fields.more,
            fields: fields.shown,
        };
        if let Some(day) = days.last_mut() {
            day.moves.push(row);
        }
    }
    days
}

/// A link to a day, with all that is asked unless that is too long to be repeated.
fn alone(visit: &Visit, date: Date) -> String {
    let date = date.to_string();
    let days = [("from", Some(date.as_str())), ("to", Some(date.as_str()))];
    let asked = visit.link_with(&days);
    match asked.len() <= LONGEST {
        true => asked,
        false => link(
            "/changes",
            days.map(|(name, day)| (name, day.map(str::to_owned))),
        ),
    }
}

/// The name of a user, the last one where they are in sight no more; and whether they are in sight.
fn named<'n>(id: &str, sight: &'n Sight, movement: &'n Movement) -> (Option<&'n str>, bool) {
    let view = sight.view();
    let roster = &sight.loaded().roster;
    let row = view.row_of(id);
    let row = row.filter(|row| roster.value(*row, Column::Id) == Some(id));
    match row {
        Some(row) => (roster.value(row, Column::Name), true),
        None => (movement.gone.get(id).map(|name| &**name), false),
    }
}

/// The view of a user: the present one, else as they were the last time before or after the move.
fn href(one: &Move, is_there: bool) -> String {
    let path = person(&one.user_id);
    if is_there {
        return path;
    }
    let seen_ms = match one.kind {
        MoveKind::Left => one.at_ms - 1,
        _ => one.at_ms,
    };
    format!("{path}?asOf={}", AsOf { ms: seen_ms })
}
