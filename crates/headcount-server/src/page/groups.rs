//! Departments and divisions: how large each is, and how it is spelled.

mod counted;
mod picture;
mod spelled;

use std::sync::Arc;

use askama::Template;
use axum::response::Response;
use headcount_core::{aggregate::NONE, search::text::fold};

pub(crate) use self::counted::{Group, Groups, GroupsKey, Kind};
use self::{
    picture::picture,
    spelled::{Variants, variants},
};
use super::{
    assets::Edition,
    chart,
    people::key,
    texts::size,
    visit::{Frame, Place, Visit, brief},
};
use crate::{
    app::Sight,
    csv::{Cell, Chosen, Form, Made},
    error::ApiError,
    handlers::not_loaded,
    parameters::link,
};

/// Rows of a page of the table.
const ROWS: usize = 100;
/// Bytes that the rows may take, about; those that the picture and the spellings took go off it.
const ROOM: usize = 78_000;
/// The colour of users without a group, and those of the others in turn.
const NONE_COLOUR: usize = 5;
const COLOURS: [usize; 7] = [0, 1, 2, 3, 4, 6, 7];

/// The whole view.
#[derive(Template)]
#[template(path = "groups.html")]
struct View {
    frame: Frame,
    kind: Kind,
    q: String,
    sort: Sort,
    shown: Shown,
}

/// What changes while one types.
#[derive(Template)]
#[template(path = "groups_shown.html")]
struct Part {
    kind: Kind,
    sort: Sort,
    shown: Shown,
}

/// The groups that are asked for.
struct Shown {
    count: String,
    active: String,
    users: String,
    picture: Option<String>,
    rows: Vec<Row>,
    /// Which rows these are, of how many.
    place: String,
    previous: Option<String>,
    next: Option<String>,
    by_count: String,
    by_name: String,
    csv: String,
    variants: Vec<Variants>,
    variants_more: Option<String>,
}

struct Row {
    name: String,
    is_none: bool,
    href: String,
    id: Option<String>,
    is_home: bool,
    active: String,
    bar: String,
    share: String,
    users: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Count,
    Name,
}

/// What is asked of a list of groups.
struct Asked<'a> {
    kind: Kind,
    sort: Sort,
    q: &'a str,
    start: usize,
}

impl Kind {
    fn place(self) -> Place {
        match self {
            Self::Department => Place::Departments,
            Self::Division => Place::Divisions,
        }
    }

    /// What one is called.
    fn name(self) -> &'static str {
        match self {
            Self::Department => "Department",
            Self::Division => "Division",
        }
    }

    /// What several are called.
    fn plural(self) -> &'static str {
        match self {
            Self::Department => "Departments",
            Self::Division => "Divisions",
        }
    }

    /// The parameter of `/people`, and the paths of this view.
    fn parameter(self) -> &'static str {
        match self {
            Self::Department => "department",
            Self::Division => "division",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Department => "/departments",
            Self::Division => "/divisions",
        }
    }

    fn table(self) -> (&'static str, &'static str) {
        match self {
            Self::Department => ("/departments.csv", "departments.csv"),
            Self::Division => ("/divisions.csv", "divisions.csv"),
        }
    }
}

pub(crate) async fn get_departments(visit: Visit) -> Result<Response, ApiError> {
    view(visit, Kind::Department).await
}

pub(crate) async fn get_divisions(visit: Visit) -> Result<Response, ApiError> {
    view(visit, Kind::Division).await
}

pub(crate) async fn get_departments_table(visit: Visit) -> Result<Response, ApiError> {
    table(visit, Kind::Department).await
}

pub(crate) async fn get_divisions_table(visit: Visit) -> Result<Response, ApiError> {
    table(visit, Kind::Division).await
}

async fn view(visit: Visit, kind: Kind) -> Result<Response, ApiError> {
    let asked = Asked::read(&visit, kind)?;
    let (sight, groups) = counted(&visit, kind).await?;
    let shown = Shown::of(&visit, &groups, &asked);
    let sort = asked.sort;
    if visit.is_part {
        return visit.show(&Part { kind, sort, shown });
    }
    visit.show(&View {
        frame: visit.frame(kind.place(), kind.plural(), &sight),
        kind,
        q: asked.q.to_owned(),
        sort,
        shown,
    })
}

/// All groups that are asked for, as a table.
async fn table(visit: Visit, kind: Kind) -> Result<Response, ApiError> {
    let asked = Asked::read(&visit, kind)?;
    let names: &[&str] = match kind {
        Kind::Department => &["department", "active_users", "users"],
        Kind::Division => &["division.id", "division", "home", "active_users", "users"],
    };
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let chosen = Chosen::asked(names, &visit.asked)?;
    let (sight, groups) = counted(&visit, kind).await?;
    let row = |at: usize| {
        let group = &groups.all[at];
        let text = |text: Option<&str>| Cell::of(text).owned();
        let name = text(
            Some(&group.name)
                .filter(|name| *name != NONE)
                .map(String::as_str),
        );
        let numbers = [group.active, group.users].map(|count| Cell::number(Some(count)));
        let mut cells = match kind {
            Kind::Department => vec![name],
            Kind::Division => {
                let home = Cell::Plain(group.is_home.to_string());
                vec![text(group.id.as_deref()), name, home]
            }
        };
        cells.extend(numbers);
        cells
    };
    let rows: Vec<_> = asked.places(&groups).into_iter().map(row).collect();
    let sight = sight.in_form(Form::Csv);
    let (_, file) = kind.table();
    let app = &visit.app;
    app.table(
        file,
        Some(sight.freshness()),
        chosen,
        Box::new(Made::new(rows)),
    )
    .await
}

/// The roster that is asked for, and its groups.
async fn counted(visit: &Visit, kind: Kind) -> Result<(Sight, Arc<Groups>), ApiError> {
    let sight = visit.sight().await?;
    let key = (kind, visit.caller.divisions().map(<[_]>::to_vec));
    if let Some(known) = sight.loaded().groups.known(&key) {
        return Ok((sight, known));
    }
    let (app, loaded) = (visit.app.clone(), sight.loaded().clone());
    let count = move || {
        let settings = &app.settings.check;
        Groups::of(&loaded, kind, key.1.as_deref(), settings).map_err(not_loaded)
    };
    let groups = visit.app.aside(count).await?;
    Ok((sight, groups))
}

impl<'a> Asked<'a> {
    fn read(visit: &'a Visit, kind: Kind) -> Result<Self, ApiError> {
        let sort = match visit.asked.get("sort") {
            None => Sort::Count,
            Some(name) if name.eq_ignore_ascii_case("count") => Sort::Count,
            Some(name) if name.eq_ignore_ascii_case("name") => Sort::Name,
            Some(name) => return Err(ApiError::invalid_parameter(name, "sort", "count, name")),
        };
        Ok(Self {
            kind,
            sort,
            q: visit.asked.get("q").unwrap_or_default(),
            start: visit.asked.within("from", 0..=100_000_000)?.unwrap_or(0),
        })
    }

    /// The places of the groups that are asked for, in the order asked for.
    fn places(&self, groups: &Groups) -> Vec<usize> {
        let q = fold(self.q.trim());
        let is_wanted = |at: &usize| {
            let group = &groups.all[*at];
            let has = |text: &str| fold(text).contains(&*q);
            q.is_empty() || has(&group.name) || group.id.as_deref().is_some_and(has)
        };
        match self.sort {
            Sort::Count => (0..groups.all.len()).filter(is_wanted).collect(),
            Sort::Name => groups.by_name.iter().copied().filter(is_wanted).collect(),
        }
    }
}

impl Shown {
    fn of(visit: &Visit, groups: &Groups, asked: &Asked<'_>) -> Self {
        let locale = &visit.locale;
        let number = |count: usize| locale.number(count as u64);
        let places = asked.places(groups);
        let wanted = places.iter().map(|&at| &groups.all[at]);
        let (active, users) = wanted.fold((0, 0), |(active, users), group| {
            (active + group.active, users + group.users)
        });
        let picture = match asked.start {
            0 => picture(visit, groups, asked.kind, &places, active),
            _ => None,
        };
        let variants = match asked.q.is_empty() && asked.start == 0 {
            true => variants(visit, groups, asked.kind),
            false => Vec::new(),
        };
        let variants_more = groups.alike.len().saturating_sub(variants.len());
        let taken = picture.as_ref().map_or(0, String::len);
        let taken = taken + variants.iter().map(Variants::size).sum::<usize>();
        let mut room = ROOM.saturating_sub(taken);
        let most = groups.all.first().map_or(1, |group| group.active.max(1));
        let mut rows = Vec::new();
        for &at in places.iter().skip(asked.start).take(ROWS) {
            let row = Row::of(visit, groups, asked.kind, at, most);
            let size = row.size();
            // One at least, so that it goes on.
            if size > room && !rows.is_empty() {
                break;
            }
            room = room.saturating_sub(size);
            rows.push(row);
        }
        let end = (asked.start + rows.len()).min(places.len());
        let to = |start: usize| visit.link_with(&[("from", Some(&*start.to_string()))]);
        let sorted = |sort| visit.link_with(&[("sort", sort), ("from", None)]);
        let own = |name: &'static str| (name, visit.asked.get(name).map(str::to_owned));
        Self {
            count: number(places.len()),
            active: locale.number(active),
            users: locale.number(users),
            picture,
            place: match rows.is_empty() {
                true => "none".to_owned(),
                false => format!(
                    "{} to {} of {}",
                    number(asked.start + 1),
                    number(end),
                    number(places.len())
                ),
            },
            rows,
            previous: (asked.start > 0).then(|| match asked.start.saturating_sub(ROWS) {
                0 => visit.link_with(&[("from", None)]),
                start => to(start),
            }),
            next: (end < places.len()).then(|| to(end)),
            by_count: sorted(None),
            by_name: sorted(Some("name")),
            csv: link(asked.kind.table().0, ["q", "sort", "asOf"].map(own)),
            variants_more: (!variants.is_empty() && variants_more > 0)
                .then(|| number(variants_more)),
            variants,
        }
    }
}

impl Row {
    fn of(visit: &Visit, groups: &Groups, kind: Kind, at: usize, most: u64) -> Self {
        let group = &groups.all[at];
        let bar = group.active as f64 / most as f64;
        Self {
            name: brief(&group.name).into_owned(),
            is_none: group.name == NONE,
            href: people(visit, kind, group),
            id: group.id.as_deref().map(|id| brief(id).into_owned()),
            is_home: group.is_home,
            active: visit.locale.number(group.active),
            bar: chart::bar(bar, colour(groups, at)),
            share: visit.locale.percent(group.active, groups.active),
            users: visit.locale.number(group.users),
        }
    }

    /// Bytes that it takes, about.
    fn size(&self) -> usize {
        /// What stands around the texts.
        const AROUND: usize = 260;
        let id = self.id.as_deref().map_or(0, size);
        AROUND + size(&self.name) + id + size(&self.href) + self.bar.len()
    }
}

/// The people of a group. A division goes by its name there.
fn people(visit: &Visit, kind: Kind, group: &Group) -> String {
    let parameters = [
        (kind.parameter(), Some(key(&group.name).into_owned())),
        ("asOf", visit.asked.get("asOf").map(str::to_owned)),
    ];
    link("/people", parameters)
}

fn colour(groups: &Groups, at: usize) -> usize {
    match groups.all[at].name == NONE {
        true => NONE_COLOUR,
        false => COLOURS[at % COLOURS.len()],
    }
}
