//! `GET /api/v2/users/query`: the listing by cursor.
//!
//! A cursor names the last id that was shown. So it stays good when the roster is refreshed:
//! whoever is there before and after is shown exactly once.

use std::sync::Arc;

use axum::{
    extract::{Extension, Request, State},
    response::Response,
};
use headcount_core::{
    field::Column,
    search::{PageLimits, Query, StateRule},
    wire::{UserSearchCriteria, UserSearchRequest},
};
use serde::{Deserialize, Serialize};

use super::{
    check_expansions, not_loaded, table,
    users::{kept, of_state, order, state},
};
use crate::{
    access::Caller,
    app::{App, VIEW_USERS},
    csv::Form,
    cursor,
    error::ApiError,
    json::Json,
    parameters::{Parameters, link},
};

const PATH: &str = "/api/v2/users/query";

/// Where a listing goes on, and of which listing it is.
#[derive(Serialize, Deserialize, PartialEq, Eq, Debug)]
struct Cursor {
    after: String,
    order: String,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    as_of: Option<String>,
}

/// The users in a state, by id, from the beginning or from a cursor on.
pub(crate) async fn get_users_query(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    caller.needs(VIEW_USERS)?;
    let asked = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes());
    check_expansions(&asked)?;
    let (state, order) = (state(&asked)?, order(&asked)?);
    let form = Form::asked(&asked, request.headers())?;
    let columns = table::columns(form, &asked)?;
    let cursor = cursor(&asked, order, state)?;
    let after = cursor.map(|cursor| UserSearchCriteria {
        type_: Some(
            if order == "ASC" {
                "GREATER_THAN"
            } else {
                "LESS_THAN"
            }
            .to_owned(),
        ),
        fields: vec!["id".to_owned()],
        value: Some(cursor.after),
        ..UserSearchCriteria::default()
    });
    let query = Query::compile(
        &UserSearchRequest {
            page_size: asked.number("pageSize")?,
            sort_by: Some("id".to_owned()),
            sort_order: Some(order.to_owned()),
            query: of_state(state).into_iter().chain(after).collect(),
            ..UserSearchRequest::default()
        },
        StateRule::AnyState,
        &PageLimits::default(),
    )?;
    let sight = app.sight(&caller, asked.get("asOf")).await?.in_form(form);
    if let Some(known) = sight.known(request.method(), request.headers()) {
        return Ok(known);
    }
    let paged = asked.get("pageSize").is_some() || asked.get("cursor").is_some();
    if form == Form::Csv && !paged {
        return table::answer(&app, sight, query, true, columns).await;
    }
    let view = sight.view();
    let found = view.search(&query).map_err(not_loaded)?;
    let last = found
        .rows
        .last()
        .filter(|_| found.total > query.page.size)
        .and_then(|&row| view.roster().value(row, Column::Id));
    let next = last.map(|last| {
        cursor::write(&Cursor {
            after: last.to_owned(),
            order: order.to_owned(),
            state: state.to_owned(),
            as_of: asked.get("asOf").map(str::to_owned),
        })
    });

    let to = |cursor: Option<String>| {
        let paging = [
            ("cursor", cursor),
            ("pageSize", Some(query.page.size.to_string())),
        ];
        link(PATH, paging.into_iter().chain(kept(&asked)))
    };
    if form == Form::Csv {
        // There is no place for it in the rows.
        let next = next.map(|cursor| {
            let own = |name: &'static str| (name, asked.get(name).map(str::to_owned));
            let paging = [
                ("cursor", Some(cursor)),
                ("pageSize", Some(query.page.size.to_string())),
                ("format", Some("csv".to_owned())),
                own("columns"),
            ];
            link(PATH, paging.into_iter().chain(kept(&asked)))
        });
        let rows = found.rows;
        let mut answer = table::of_rows(&app, sight, rows, columns).await?;
        table::tell_link(next.as_deref(), "next", answer.headers_mut());
        return Ok(answer);
    }
    let mut json = Json::default();
    json.raw("{");
    json.member("results", found.rows.len());
    json.member("selfUri", to(asked.get("cursor").map(str::to_owned)));
    if let Some(next) = next {
        json.member("nextUri", to(Some(next.clone())));
        json.member("cursor", next);
    }
    json.raw("\"entities\":");
    json.documents(sight.loaded(), &found.rows);
    json.raw("}");
    app.answer(&sight, json).await
}

fn cursor(asked: &Parameters, order: &str, state: &str) -> Result<Option<Cursor>, ApiError> {
    let Some(text) = asked.get("cursor") else {
        return Ok(None);
    };
    let again = |what: &str| ApiError::bad_request(format!("{what}; start again without a cursor"));
    let cursor = cursor::read::<Cursor>(text).ok_or_else(|| again("the cursor cannot be read"))?;
    if cursor.order != order
        || cursor.state != state
        || cursor.as_of.as_deref() != asked.get("asOf")
    {
        return Err(again(
            "the cursor was made for another sortOrder, state or asOf",
        ));
    }
    Ok(Some(cursor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_belongs_to_its_listing() {
        let cursor = Cursor {
            after: "x".to_owned(),
            order: "ASC".to_owned(),
            state: "any".to_owned(),
            as_of: None,
        };
        let text = cursor::write(&cursor);
        assert_eq!(cursor::read(&text), Some(cursor));
        let asked = Parameters::parse(format!("cursor={text}").as_bytes());
        assert!(super::cursor(&asked, "ASC", "any").is_ok());
        assert!(super::cursor(&asked, "DESC", "any").is_err());
        assert!(super::cursor(&asked, "ASC", "active").is_err());
        for bad in ["cursor=AAAA", "cursor=%00", "cursor=e30"] {
            assert!(super::cursor(&Parameters::parse(bad.as_bytes()), "ASC", "any").is_err());
        }
    }
}
