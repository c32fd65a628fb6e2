//! `GET /headcount/v1/managers/{id}/tree`: who reports to somebody, directly and through others.

use std::{ops::Range, sync::Arc};

use axum::{
    extract::{Extension, Path, Request, State},
    response::Response,
};
use headcount_core::{field::Column, managers::Managers, roster::Roster};

use super::{is_uuid, not_loaded, snapshot_ref};
use crate::{
    access::Caller,
    app::{App, Sight, VIEW_USERS},
    csv::{Cell, Chosen, Form, Made},
    error::ApiError,
    json::Json,
    parameters::Parameters,
};

/// Most levels below the one asked for: JSON that lies deeper is refused by many who read it, at
/// 128 levels, of which each of ours takes two.
const DEEPEST: usize = 50;
/// People in an answer, unless asked otherwise, and at most.
const PEOPLE: usize = 1_000;
const MOST_PEOPLE: usize = 10_000;

/// The tree below one user, as the caller sees it. Out of sight and unknown are the same answer.
pub(crate) async fn get_tree(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    caller.needs(VIEW_USERS)?;
    let asked = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes());
    let depth = asked.within("depth", 0..=DEEPEST)?;
    let limit = asked.within("limit", 1..=MOST_PEOPLE)?.unwrap_or(PEOPLE);
    if !is_uuid(&id) {
        return Err(ApiError::invalid_id());
    }
    let form = Form::asked(&asked, request.headers())?;
    let chosen = Chosen::asked(COLUMNS.map(str::to_owned).to_vec(), &asked);
    let chosen = (form == Form::Csv).then_some(chosen).transpose()?;
    let sight = app.sight(&caller, asked.get("asOf")).await?.in_form(form);
    let top = sight.view().row_of(&id).ok_or_else(ApiError::not_found)?;
    if let Some(known) = sight.known(request.method(), request.headers()) {
        return Ok(known);
    }
    let (sight, written) = app
        .aside(move || {
            let loaded = sight.loaded();
            let managers = loaded.managers(caller.divisions()).map_err(not_loaded)?;
            let tree = Tree::of(&sight, &managers, top, depth, limit);
            let written = match form {
                Form::Json => Written::Json(tree.write(&sight, &managers)),
                Form::Csv => Written::Rows(tree.rows(&sight, &managers)),
            };
            Ok((sight, written))
        })
        .await?;
    match (written, chosen) {
        (Written::Rows(rows), Some(chosen)) => {
            let (freshness, rows) = (Some(sight.freshness()), Box::new(Made::new(rows)));
            app.table("managers.csv", freshness, chosen, rows).await
        }
        (Written::Json(json), _) => app.answer(&sight, json).await,
        (Written::Rows(_), None) => Err(ApiError::internal()),
    }
}

/// Columns of the tree as a table: `level` is 0 at the top, `manager.id` that of whoever stands
/// above in the tree.
pub(crate) const COLUMNS: [&str; 9] = [
    "level",
    "id",
    "name",
    "department",
    "title",
    "state",
    "manager.id",
    "direct_reports",
    "total_reports",
];

/// The cells of a person, who is so many levels below the top and reports to `above` in the tree.
pub(crate) fn cells<'r>(
    roster: &'r Roster,
    managers: &Managers,
    row: u32,
    level: usize,
    above: Option<u32>,
) -> [Cell<'r>; COLUMNS.len()] {
    let value = |column| Cell::of(roster.value(row, column));
    let span = managers.span(row);
    [
        Cell::number(Some(level)),
        value(Column::Id),
        value(Column::Name),
        value(Column::Department),
        value(Column::Title),
        value(Column::State),
        Cell::of(above.and_then(|above| roster.value(above, Column::Id))),
        Cell::number(Some(span.direct)),
        Cell::number(Some(span.total)),
    ]
}

/// An answer in one of its forms.
enum Written {
    Json(Json),
    Rows(Vec<Vec<Cell<'static>>>),
}

/// The people of an answer.
struct Tree {
    /// Level by level from the top; who reports to one person lies together.
    rows: Vec<u32>,
    /// Who reports to each of them, by place in `rows`.
    reports: Vec<Range<usize>>,
    /// Somebody is left out who was asked for.
    truncated: bool,
}

impl Tree {
    /// The first `limit` people, those nearest to the top, at most `depth` levels below it.
    fn of(
        sight: &Sight,
        managers: &Managers,
        top: u32,
        depth: Option<usize>,
        limit: usize,
    ) -> Self {
        let roster = &sight.loaded().roster;
        let called = |row: u32| {
            let name = roster.value(row, Column::Name).unwrap_or_default();
            (name.to_lowercase(), roster.value(row, Column::Id))
        };
        let mut tree = Self {
            rows: vec![top],
            reports: Vec::new(),
            truncated: false,
        };
        let top_depth = managers.depth(top);
        while let Some(&row) = tree.rows.get(tree.reports.len()) {
            let level = (managers.depth(row) - top_depth) as usize;
            let mut below = managers.reports(row).to_vec();
            if level >= depth.unwrap_or(DEEPEST) {
                tree.truncated |= depth.is_none() && !below.is_empty();
                below.clear();
            }
            below.sort_by_cached_key(|&row| called(row));
            let room = limit - tree.rows.len();
            tree.truncated |= below.len() > room;
            below.truncate(room);
            let first = tree.rows.len();
            tree.rows.extend(below);
            tree.reports.push(first..tree.rows.len());
        }
        tree
    }

    /// The answer. A stack of our own is as deep as the tree, which the thread's need not be.
    fn write(&self, sight: &Sight, managers: &Managers) -> Json {
        let mut json = Json::default();
        json.raw("{");
        json.member("people", self.rows.len());
        json.member("truncated", self.truncated);
        json.member("cycles", self.cycles(sight, managers));
        json.member("snapshot", snapshot_ref(&sight.loaded().snapshot));
        json.raw("\"tree\":");
        let mut open = vec![(0, 0..1)];
        while let Some((first, rest)) = open.last_mut() {
            let Some(at) = rest.next() else {
                open.pop();
                if !open.is_empty() {
                    json.raw("]}");
                }
                continue;
            };
            if at > *first {
                json.raw(",");
            }
            self.person(sight, managers, at, &mut json);
            open.push((self.reports[at].start, self.reports[at].clone()));
        }
        json.raw("}");
        json
    }

    /// The people as rows, everybody before those below them.
    fn rows(&self, sight: &Sight, managers: &Managers) -> Vec<Vec<Cell<'static>>> {
        let roster = &sight.loaded().roster;
        let mut rows = Vec::with_capacity(self.rows.len());
        let mut open = vec![(None, 0..1)];
        while let Some((above, rest)) = open.last_mut() {
            let (above, next) = (*above, rest.next());
            let Some(at) = next else {
                open.pop();
                continue;
            };
            let row = self.rows[at];
            let person = cells(roster, managers, row, open.len() - 1, above);
            rows.push(person.map(Cell::owned).to_vec());
            open.push((Some(row), self.reports[at].clone()));
        }
        rows
    }

    /// One person, up to the beginning of `reports`.
    fn person(&self, sight: &Sight, managers: &Managers, at: usize, json: &mut Json) {
        let row = self.rows[at];
        let span = managers.span(row);
        json.raw("{");
        for (name, column) in [
            ("id", Column::Id),
            ("name", Column::Name),
            ("department", Column::Department),
            ("title", Column::Title),
            ("state", Column::State),
        ] {
            json.member(name, sight.loaded().roster.value(row, column));
        }
        json.member("directReports", span.direct);
        json.member("totalReports", span.total);
        json.raw("\"reports\":[");
    }

    /// Ids of those who report to each other in a ring with the one at the top. Nobody stands above
    /// a ring, so there is no other in the tree.
    fn cycles(&self, sight: &Sight, managers: &Managers) -> Vec<Vec<String>> {
        let roster = &sight.loaded().roster;
        let id = |&row: &u32| roster.value(row, Column::Id).unwrap_or_default().to_owned();
        let cycles = managers.cycles().iter();
        cycles
            .filter(|ring| ring.contains(&self.rows[0]))
            .map(|ring| ring.iter().map(id).collect())
            .collect()
    }
}
