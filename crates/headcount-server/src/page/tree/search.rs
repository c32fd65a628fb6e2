//! Finding somebody in the tree.

use headcount_core::{
    field::Column,
    search::{PageLimits, Query, StateRule, text::is_blank},
    wire::{UserSearchCriteria, UserSearchRequest},
};

use super::{NAME, listing::way_link};
use crate::{
    app::Sight,
    error::ApiError,
    handlers::not_loaded,
    page::{
        texts::brief_to,
        visit::{Visit, brief, visible},
    },
    parameters::link,
};

/// People that a search names.
const FOUND: usize = 20;
/// Characters of a search that are read.
const ASKED: usize = 200;
/// Bytes below which a word is short.
const SHORT: usize = 3;

/// Who a search found.
pub(super) struct Found {
    pub(super) people: Vec<Hit>,
    /// How many more there are.
    pub(super) more: Option<String>,
    pub(super) everybody: String,
}

pub(super) struct Hit {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) more: String,
    pub(super) state: Option<String>,
}

/// People whose name or e-mail has each word of `q`, whatever their state; the one whose id it is
/// before them.
pub(super) async fn found(
    visit: &Visit,
    sight: &Sight,
    q: &str,
) -> Result<Option<Found>, ApiError> {
    if is_blank(q) {
        return Ok(None);
    }
    let q = brief_to(q.trim(), ASKED).into_owned();
    let words = q.split_whitespace().map(|word| UserSearchCriteria {
        type_: Some("CONTAINS".to_owned()),
        // So few letters are in no index; names alone are looked through in half the time.
        fields: match word.len() {
            0..SHORT => vec!["name".to_owned()],
            _ => ["name", "email"].map(str::to_owned).to_vec(),
        },
        value: Some(word.to_owned()),
        ..UserSearchCriteria::default()
    });
    let request = UserSearchRequest {
        page_size: i64::try_from(FOUND).ok(),
        sort_by: Some("name".to_owned()),
        query: words.collect(),
        ..UserSearchRequest::default()
    };
    let query = Query::compile(&request, StateRule::AnyState, &PageLimits::default())?;
    let at_once = sight.view().search_at_once(&query).map_err(not_loaded)?;
    let result = match at_once {
        Some(result) => result,
        None => {
            let (loaded, divisions) = (sight.loaded().clone(), visit.caller.divisions());
            let scope = divisions.map(|divisions| loaded.scope(divisions));
            let search = move || {
                let view = loaded.roster.view(scope.as_deref());
                view.search(&query).map_err(not_loaded)
            };
            visit.app.aside(search).await?
        }
    };
    let as_of = visit.asked.get("asOf");
    let roster = &sight.loaded().roster;
    let exact = sight.view().row_of(&q);
    let others = result.rows.iter().copied();
    let rows = exact
        .into_iter()
        .chain(others.filter(|row| Some(*row) != exact));
    let hit = |row| {
        let value = |column| roster.value(row, column);
        let id = value(Column::Id).unwrap_or_default();
        let more = [Column::Title, Column::Department];
        let more = more.into_iter().filter_map(value);
        let more: Vec<String> = more.map(|text| brief_to(text, NAME).into_owned()).collect();
        Hit {
            name: brief(visible(value(Column::Name), "(no name)")).into_owned(),
            href: way_link(id, as_of),
            more: more.join(" · "),
            state: value(Column::State)
                .filter(|state| *state != "active")
                .map(|state| brief_to(state, NAME).into_owned()),
        }
    };
    let more = result.total.saturating_sub(result.rows.len() as u64);
    Ok(Some(Found {
        people: rows.map(hit).collect(),
        more: (more > 0).then(|| visit.locale.number(more)),
        everybody: link(
            "/people",
            [("q", Some(q)), ("asOf", as_of.map(str::to_owned))],
        ),
    }))
}
