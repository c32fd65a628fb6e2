//! The people: a table to search, filter, sort and page through.

mod asked;
mod cells;
mod columns;
mod filters;

use askama::Template;
use axum::response::Response;
use headcount_core::roster::View;

pub(crate) use self::asked::key;
use self::{
    asked::{Asked, Filter, MOST_LETTERS},
    cells::{Cell, Row},
    columns::Offer,
    filters::{Facet, Matches, called},
};
use super::{
    assets::Edition,
    headers,
    visit::{Frame, Place, Visit},
};
use crate::{
    app::Sight,
    error::ApiError,
    handlers::{not_loaded, table},
};

/// People on a page.
const PAGE: usize = 50;

/// The path of the view, and of the same as a table of its own.
const PATH: &str = "/people";
const ROWS: &str = "/people.csv";

#[derive(Template)]
#[template(path = "people.html")]
struct People {
    frame: Frame,
    text: String,
    hidden: Vec<(&'static str, String)>,
    found: Found,
}

/// What changes while somebody types.
#[derive(Template)]
#[template(path = "people_found.html")]
struct Part {
    found: Found,
}

/// Who is found.
struct Found {
    is_empty: bool,
    total: String,
    /// Which of them are shown, such as `1–50`.
    shown: String,
    chips: Vec<Chip>,
    cleared: Option<String>,
    /// The same among all states, where nobody is found in those that are chosen.
    any_state: Option<String>,
    rows_link: String,
    facets: Vec<Facet>,
    heads: Vec<Head>,
    rows: Vec<Row>,
    pages: Vec<Turn>,
    offers: Vec<Offer>,
    hidden_of_columns: Vec<(&'static str, String)>,
    hidden_of_time: Vec<(&'static str, String)>,
    as_of: Option<String>,
    /// The day that is asked for, and the last one that can be.
    day: String,
    today: String,
}

/// A filter that is in force.
struct Chip {
    title: &'static str,
    text: String,
    /// The same without it.
    href: String,
}

/// The head of a column.
struct Head {
    title: String,
    href: String,
    is_number: bool,
    /// `ascending` or `descending`, where the people are sorted by it.
    sorted: Option<&'static str>,
}

/// A link to another page.
struct Turn {
    name: &'static str,
    href: String,
    relation: Option<&'static str>,
}

pub(crate) async fn get_people(visit: Visit) -> Result<Response, ApiError> {
    let asked = Asked::read(&visit)?;
    let sight = visit.sight().await?;
    let app = visit.app.clone();
    let work = move || {
        let found = Found::of(&visit, &sight, &asked)?;
        if visit.is_part {
            return visit.show(&Part { found });
        }
        visit.show(&People {
            frame: visit.frame(Place::People, "People", &sight),
            text: asked.text.clone(),
            hidden: asked.hidden(&["q"]),
            found,
        })
    };
    app.aside(work).await
}

/// All who are found, in their order, with the columns that are chosen.
pub(crate) async fn get_rows(visit: Visit) -> Result<Response, ApiError> {
    let asked = Asked::read(&visit)?;
    let sight = visit.sight().await?;
    let columns = asked.columns.clone();
    let work = move || {
        let view = sight.view();
        let all = Matches::of(view, &asked)?.all();
        let rows = view.page(&all, &asked.order(), 0..usize::MAX);
        let rows = rows.map_err(not_loaded)?;
        Ok((sight, rows))
    };
    let (sight, rows) = visit.app.aside(work).await?;
    let mut answer = table::of_rows(&visit.app, sight, rows, columns).await?;
    headers::guard(answer.headers_mut());
    Ok(answer)
}

impl Found {
    fn of(visit: &Visit, sight: &Sight, asked: &Asked) -> Result<Self, ApiError> {
        let (view, locale) = (sight.view(), &visit.locale);
        let matches = Matches::of(view, asked)?;
        let all = matches.all();
        let total = usize::try_from(all.len()).unwrap_or(usize::MAX);
        let pages = total.div_ceil(PAGE).max(1);
        // Whoever kept a link to the last page may find fewer people behind it.
        let page = asked.page.min(pages);
        let first = (page - 1) * PAGE;
        let rows = view.page(&all, &asked.order(), first..first + PAGE);
        let rows = rows.map_err(not_loaded)?;
        let last = first + rows.len();
        let number = |number: usize| locale.number(number as u64);
        let any_state = asked.choosing(Filter::State, Vec::new());
        let is_of_states = !asked.chosen(Filter::State).is_empty();
        let today = locale.day_of(visit.app.now_ms());
        Ok(Self {
            is_empty: total == 0,
            total: number(total),
            shown: match total {
                0 => "0".to_owned(),
                _ => format!("{}–{}", number(first + 1), number(last)),
            },
            chips: chips(view, asked),
            cleared: asked.is_narrow().then(|| asked.cleared().link(PATH)),
            any_state: is_of_states.then(|| any_state.link(PATH)),
            rows_link: asked.link(ROWS),
            facets: matches.facets(view, asked, locale)?,
            heads: heads(asked),
            rows: cells::rows(sight, &rows, asked, locale),
            pages: turns(asked, page, pages),
            offers: columns::offers(&asked.columns),
            hidden_of_columns: asked.hidden(&["columns"]),
            hidden_of_time: asked.hidden(&["asOf"]),
            as_of: asked.as_of.clone(),
            day: day(asked.as_of.as_deref()),
            today: today.to_string(),
        })
    }
}

fn chips(view: View<'_>, asked: &Asked) -> Vec<Chip> {
    let of = |filter: Filter| {
        let values = asked.chosen(filter).iter();
        values.map(move |value| Chip {
            title: filter.title(),
            text: called(view, filter, value),
            href: asked.toggling(filter, value).link(PATH),
        })
    };
    Filter::ALL.into_iter().flat_map(of).collect()
}

fn heads(asked: &Asked) -> Vec<Head> {
    let one = |column: &table::UserColumn| {
        let is_sorted = asked.sort.field == column.field;
        Head {
            title: columns::title(column).to_owned(),
            href: asked.sorted_by(column).link(PATH),
            is_number: columns::is_number(column),
            sorted: is_sorted.then_some(match asked.descending {
                true => "descending",
                false => "ascending",
            }),
        }
    };
    asked.columns.iter().map(one).collect()
}

/// The links to other pages.
fn turns(asked: &Asked, page: usize, pages: usize) -> Vec<Turn> {
    let to = |name, page, relation| {
        let asked = Asked {
            page,
            ..asked.clone()
        };
        let href = asked.link(PATH);
        Turn {
            name,
            href,
            relation,
        }
    };
    let mut turns = Vec::new();
    if page > 1 {
        turns.push(to("First", 1, None));
        turns.push(to("Previous", page - 1, Some("prev")));
    }
    if page < pages {
        turns.push(to("Next", page + 1, Some("next")));
        turns.push(to("Last", pages, None));
    }
    turns
}

/// The day of a date or time, for a field that takes days.
fn day(as_of: Option<&str>) -> String {
    let day = as_of.and_then(|as_of| as_of.get(..10));
    day.unwrap_or_default().to_owned()
}
