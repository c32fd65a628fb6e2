//! `GET /api/v2/users`: the listing by page numbers, and users by their ids.

use std::sync::Arc;

use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use headcount_core::{
    search::{PageLimits, Query, StateRule},
    wire::{UserSearchCriteria, UserSearchRequest},
};

use super::{check_expansions, not_loaded, table};
use crate::{
    access::Caller,
    app::{App, VIEW_USERS},
    csv::Form,
    error::ApiError,
    json::Json,
    parameters::{Parameters, link},
};

const PATH: &str = "/api/v2/users";

/// Ids in one question at most; a link has to hold them.
const MOST_IDS: usize = 500;

/// One page of the users in a state, by id, or those of some ids.
pub(crate) async fn get_users(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    caller.needs(VIEW_USERS)?;
    let asked = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes());
    check_expansions(&asked)?;
    let state = state(&asked)?;
    let order = order(&asked)?;
    let chosen = chosen(&asked)?;
    let form = Form::asked(&asked, request.headers())?;
    let mut criteria: Vec<_> = of_state(state).into_iter().collect();
    if let Some((_, field, values)) = &chosen {
        criteria.push(exact(field, values.clone()));
    }
    let query = Query::compile(
        &UserSearchRequest {
            page_size: asked.number("pageSize")?,
            page_number: asked.number("pageNumber")?,
            sort_by: Some("id".to_owned()),
            sort_order: Some(order.to_owned()),
            query: criteria,
            ..UserSearchRequest::default()
        },
        StateRule::AnyState,
        &PageLimits::default(),
    )?;
    let columns = table::columns(form, &asked)?;
    let sight = app.sight(&caller, asked.get("asOf")).await?.in_form(form);
    if let Some(known) = sight.known(request.method(), request.headers()) {
        return Ok(known);
    }
    if form == Form::Csv {
        let whole = asked.get("pageSize").is_none() && asked.get("pageNumber").is_none();
        return table::answer(&app, sight, query, whole, columns).await;
    }
    let page = query.page;
    let at_once = sight.view().search_at_once(&query).map_err(not_loaded)?;
    let (sight, found) = match at_once {
        Some(found) => (sight, found),
        None => {
            app.aside(move || {
                let found = sight.view().search(&query).map_err(not_loaded)?;
                Ok((sight, found))
            })
            .await?
        }
    };

    let pages = page.count(found.total);
    let to = |number: u64| {
        let chosen = chosen
            .iter()
            .map(|(name, _, values)| (*name, Some(values.join(","))));
        let paging = [
            ("pageSize", Some(page.size.to_string())),
            ("pageNumber", Some(number.to_string())),
        ];
        link(PATH, paging.into_iter().chain(chosen).chain(kept(&asked)))
    };
    let mut json = Json::default();
    json.raw("{");
    json.member("pageSize", page.size);
    json.member("pageNumber", page.number);
    json.member("total", found.total);
    json.member("pageCount", pages);
    json.member("firstUri", to(1));
    json.member("selfUri", to(page.number));
    json.member("lastUri", to(pages.max(1)));
    if page.number > 1 {
        json.member("previousUri", to((page.number - 1).min(pages.max(1))));
    }
    if page.number < pages {
        json.member("nextUri", to(page.number + 1));
    }
    json.raw("\"entities\":");
    json.documents(sight.loaded(), &found.rows);
    json.raw("}");
    app.answer(&sight, json).await
}

/// `id` or `jabberId`: name of the parameter, field, values.
type Chosen = (&'static str, &'static str, Vec<String>);

fn chosen(asked: &Parameters) -> Result<Option<Chosen>, ApiError> {
    let (ids, jabber_ids) = (asked.list("id"), asked.list("jabberId"));
    let chosen = match (ids.is_empty(), jabber_ids.is_empty()) {
        (true, true) => return Ok(None),
        (false, false) => {
            return Err(ApiError::constraint(
                "id and jabberId exclude each other, give one of them",
            ));
        }
        (false, true) => ("id", "id", ids),
        (true, false) => ("jabberId", "chat.jabberId", jabber_ids),
    };
    if chosen.2.len() > MOST_IDS {
        return Err(ApiError::constraint(format!(
            "at most {MOST_IDS} values of {} may be given",
            chosen.0
        )));
    }
    Ok(Some(chosen))
}

/// The state asked for; `active` when absent, as upstream (contract 1).
pub(super) fn state(asked: &Parameters) -> Result<&'static str, ApiError> {
    const STATES: [&str; 4] = ["active", "inactive", "deleted", "any"];
    let Some(state) = asked.get("state") else {
        return Ok(STATES[0]);
    };
    STATES
        .into_iter()
        .find(|known| known.eq_ignore_ascii_case(state))
        .ok_or_else(|| ApiError::invalid_parameter(state, "state", &STATES.join(", ")))
}

/// `ASC` or `DESC`; the swagger spells them out, callers shorten them (contract 1).
pub(super) fn order(asked: &Parameters) -> Result<&'static str, ApiError> {
    match asked
        .get("sortOrder")
        .unwrap_or("asc")
        .to_ascii_lowercase()
        .as_str()
    {
        "asc" | "ascending" => Ok("ASC"),
        "desc" | "descending" => Ok("DESC"),
        other => Err(ApiError::invalid_parameter(
            other,
            "sortOrder",
            "ascending, descending, ASC, DESC",
        )),
    }
}

/// The criterion of a state; `None` for any.
pub(super) fn of_state(state: &str) -> Option<UserSearchCriteria> {
    (state != "any").then(|| exact("state", vec![state.to_owned()]))
}

fn exact(field: &str, values: Vec<String>) -> UserSearchCriteria {
    UserSearchCriteria {
        type_: Some("EXACT".to_owned()),
        fields: vec![field.to_owned()],
        values,
        ..UserSearchCriteria::default()
    }
}

/// What a link to another page repeats of the question, besides its paging.
pub(super) fn kept(asked: &Parameters) -> impl Iterator<Item = (&'static str, Option<String>)> {
    let expand = Some(asked.list("expand").join(",")).filter(|expand| !expand.is_empty());
    let own = |name: &'static str| (name, asked.get(name).map(str::to_owned));
    [
        own("state"),
        own("sortOrder"),
        ("expand", expand),
        own("integrationPresenceSource"),
        own("asOf"),
    ]
    .into_iter()
}
