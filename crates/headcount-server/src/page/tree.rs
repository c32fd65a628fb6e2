//! The org tree: who reports to whom, branch by branch.
//!
//! No view shows all of it: a list shows its first people, and what is below them is fetched when
//! they are opened, or is a view of its own for whoever has no script.

mod forest;
mod listing;
mod org;
mod search;
mod table;

use std::sync::Arc;

use askama::Template;
use axum::{extract::Path, response::Response};
use headcount_core::{field::Column, roster::Roster};

pub(crate) use self::forest::Forest;
use self::{
    forest::Shape,
    listing::{Below, DEEPEST, Lister, Step, branch_link},
    org::Org,
    search::{Found, found},
    table::TreeRows,
};
use super::{
    assets::Edition,
    texts::brief_to,
    visit::{Frame, Place, Visit, brief, visible},
};
use crate::{
    app::Sight,
    csv::{Chosen, Form},
    error::ApiError,
    handlers::{managers::COLUMNS, not_loaded},
    parameters::link,
};

/// Managers above somebody that are named: the nearest ones, and the one on top.
const ABOVE: usize = 5;
/// Characters of a name where many stand in a row.
const NAME: usize = 40;

/// The whole view.
#[derive(Template)]
#[template(path = "tree.html")]
struct Tree {
    frame: Frame,
    q: String,
    found: Option<Found>,
    /// The whole tree, where less of it is shown.
    whole: String,
    above: Vec<Above>,
    /// What is shown of the tree, named.
    heading: Option<String>,
    facts: Facts,
    steps: Vec<Step>,
    nobody: bool,
    /// The beginning of the list, where it is shown from the middle.
    first: Option<String>,
    csv: String,
}

/// What is below somebody, or a part of it.
#[derive(Template)]
#[template(path = "branch.html")]
struct Branch {
    steps: Vec<Step>,
}

/// What comes of a search.
#[derive(Template)]
#[template(path = "tree_found.html")]
struct Suggestions {
    found: Option<Found>,
}

/// A manager above the branch that is shown, or how many are left out.
enum Above {
    Manager(Named),
    Gap(String),
}

/// Somebody, and a link.
struct Named {
    name: String,
    href: String,
}

/// The numbers of what is shown.
enum Facts {
    Org(Box<Org>),
    Branch(Vec<(&'static str, String)>),
}

/// `/tree`: all of it from the top, `top` with what is below, or the way down `to` somebody.
pub(crate) async fn get_tree(visit: Visit) -> Result<Response, ApiError> {
    let from = from(&visit)?;
    let (sight, forest) = planted(&visit).await?;
    if visit.is_part && from.is_none() {
        let found = match visit.asked.get("q") {
            Some(q) => found(&visit, &sight, q).await?,
            None => None,
        };
        return visit.show(&Suggestions { found });
    }
    let asked = |name| visit.asked.get(name).map(|id| row(&sight, id)).transpose();
    let (top, to) = (asked("top")?, asked("to")?);
    if visit.is_part {
        let mut lister = lister(&visit, &sight, &forest);
        lister.list(&forest.tops, from.unwrap_or(0), None, None);
        let steps = lister.steps;
        return visit.show(&Branch { steps });
    }
    whole(&visit, &sight, &forest, top, to, from).await
}

/// `/tree/{id}`: a branch; as a part, the list of direct reports alone.
pub(crate) async fn get_branch(Path(id): Path<String>, visit: Visit) -> Result<Response, ApiError> {
    let from = from(&visit)?;
    let (sight, forest) = planted(&visit).await?;
    let top = row(&sight, &id)?;
    if !visit.is_part {
        return whole(&visit, &sight, &forest, Some(top), None, from).await;
    }
    let mut lister = lister(&visit, &sight, &forest);
    let mut reports = forest.reports(top);
    let except = visit.asked.get("except");
    if let Some(except) = except {
        reports.retain(|&row| sight.loaded().roster.value(row, Column::Id) != Some(except));
    }
    lister.list(&reports, from.unwrap_or(0), Some(top), except);
    let steps = lister.steps;
    visit.show(&Branch { steps })
}

/// `/tree.csv`: everybody, or everybody below `top` with that one, in the columns of the API.
pub(crate) async fn get_table(visit: Visit) -> Result<Response, ApiError> {
    let chosen = Chosen::asked(COLUMNS.map(str::to_owned).to_vec(), &visit.asked)?;
    let (sight, forest) = planted(&visit).await?;
    let tops = match visit.asked.get("top") {
        Some(id) => vec![row(&sight, id)?],
        None => forest.roots(),
    };
    let sight = sight.in_form(Form::Csv);
    let rows = TreeRows::new(sight.loaded().clone(), forest, tops);
    let freshness = Some(sight.freshness());
    let app = &visit.app;
    app.table("tree.csv", freshness, chosen, Box::new(rows))
        .await
}

/// The roster that is asked for, and its forest.
async fn planted(visit: &Visit) -> Result<(Sight, Arc<Forest>), ApiError> {
    let sight = visit.sight().await?;
    let divisions = visit.caller.divisions().map(<[_]>::to_vec);
    if let Some(known) = sight.loaded().forests.known(&divisions) {
        return Ok((sight, known));
    }
    let loaded = sight.loaded().clone();
    let make = move || Forest::of(&loaded, divisions.as_deref()).map_err(not_loaded);
    let forest = visit.app.aside(make).await?;
    Ok((sight, forest))
}

/// Where a list goes on.
fn from(visit: &Visit) -> Result<Option<usize>, ApiError> {
    visit.asked.within("from", 0..=100_000_000)
}

/// The row of somebody in sight. Out of sight and unknown are the same answer.
fn row(sight: &Sight, id: &str) -> Result<u32, ApiError> {
    sight.view().row_of(id).ok_or_else(ApiError::not_found)
}

fn lister<'a>(visit: &'a Visit, sight: &'a Sight, forest: &'a Forest) -> Lister<'a> {
    let roster = &sight.loaded().roster;
    Lister::new(roster, forest, &visit.locale, visit.asked.get("asOf"))
}

async fn whole(
    visit: &Visit,
    sight: &Sight,
    forest: &Forest,
    top: Option<u32>,
    to: Option<u32>,
    from: Option<usize>,
) -> Result<Response, ApiError> {
    let found = match visit.asked.get("q") {
        Some(q) => found(visit, sight, q).await?,
        None => None,
    };
    let as_of = visit.asked.get("asOf");
    let roster = &sight.loaded().roster;
    let mut lister = lister(visit, sight, forest);
    let mut above = Vec::new();
    match (top, to) {
        (_, Some(to)) => {
            let path = forest.path(to);
            let hidden = path.len().saturating_sub(DEEPEST);
            above = managers_above(visit, roster, &path[..hidden]);
            lister.here = Some(to);
            lister.way(&path[hidden..]);
        }
        (Some(top), None) => {
            let path = forest.path(top);
            above = managers_above(visit, roster, &path[..path.len() - 1]);
            lister.here = Some(top);
            match from {
                Some(from) => lister.list(&forest.reports(top), from, Some(top), None),
                None => {
                    lister.steps.push(Step::Down);
                    lister.with_reports(top);
                    lister.steps.push(Step::Up);
                }
            }
        }
        (None, None) => match from {
            Some(from) => lister.list(&forest.tops, from, None, None),
            None => lister.levels(forest.tops.clone(), None),
        },
    }
    let steps = lister.steps;
    let shown = to.or(top);
    let called = shown.map(|row| brief(visible(roster.value(row, Column::Name), "(no name)")));
    let title = called
        .as_ref()
        .map_or("Org tree".to_owned(), |name| format!("Org tree: {name}"));
    let facts = match shown {
        Some(row) => Facts::Branch(facts(visit, forest, row)),
        None => Facts::Org(Box::new(Org::of(visit, sight, forest))),
    };
    let shown_id = shown.and_then(|row| roster.value(row, Column::Id));
    let table = [
        ("top", shown_id.map(str::to_owned)),
        ("asOf", as_of.map(str::to_owned)),
    ];
    visit.show(&Tree {
        frame: visit.frame(Place::Tree, title, sight),
        q: visit.asked.get("q").unwrap_or_default().to_owned(),
        found,
        whole: link("/tree", [("asOf", as_of.map(str::to_owned))]),
        above,
        heading: called.map(|name| name.into_owned()),
        facts,
        nobody: shown.is_none() && forest.tops.is_empty(),
        steps,
        first: from
            .filter(|&from| from > 0)
            .map(|_| visit.link_with(&[("from", None)])),
        csv: link("/tree.csv", table),
    })
}

/// The managers above, from the top down, as far as there is room.
fn managers_above(visit: &Visit, roster: &Roster, path: &[u32]) -> Vec<Above> {
    let as_of = visit.asked.get("asOf");
    let manager = |&row: &u32| {
        let id = roster.value(row, Column::Id).unwrap_or_default();
        Above::Manager(named(roster, row, branch_link(id, as_of)))
    };
    if path.len() <= ABOVE + 2 {
        return path.iter().map(manager).collect();
    }
    let hidden = path.len() - ABOVE - 1;
    let mut above = vec![manager(&path[0])];
    above.push(Above::Gap(format!(
        "{} more levels",
        visit.locale.number(hidden as u64)
    )));
    above.extend(path[path.len() - ABOVE..].iter().map(manager));
    above
}

fn named(roster: &Roster, row: u32, href: String) -> Named {
    Named {
        name: brief_to(visible(roster.value(row, Column::Name), "(no name)"), NAME).into_owned(),
        href,
    }
}

/// The numbers of a branch.
fn facts(visit: &Visit, forest: &Forest, row: u32) -> Vec<(&'static str, String)> {
    let span = forest.managers.span(row);
    let Shape { managing, levels } = forest.shape(row);
    let locale = &visit.locale;
    let mut facts = vec![
        ("Direct reports", locale.number(span.direct)),
        ("All below", locale.number(span.total)),
        ("Level", locale.number(forest.managers.depth(row) + 1)),
        ("Levels below", locale.number(levels as u64)),
    ];
    if managing > 0 {
        let average = f64::from(span.total) / managing as f64;
        // Whoever is asked about is a manager as well.
        facts.push(("Managers below", locale.number((managing - 1) as u64)));
        facts.push(("Average span", locale.decimal(average, 1)));
    }
    facts
}
