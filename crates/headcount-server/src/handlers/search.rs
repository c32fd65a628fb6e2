//! `POST` and `GET /api/v2/users/search`.

mod aggregations;

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Extension, Request, State},
    response::Response,
};
use headcount_core::{
    roster::SearchResult,
    search::{PageLimits, Query, StateRule, q64},
    wire::{Object, UserSearchRequest},
};
use hyper::{HeaderMap, Method, header::CONTENT_TYPE};

use self::aggregations::{Aggregation, Counted};
use super::{check_expand, check_expansions, check_integration, not_loaded, table};
use crate::{
    access::Caller,
    app::{App, Sight, VIEW_USERS},
    body,
    csv::{Chosen, Form, Made},
    error::ApiError,
    json::Json,
    parameters::Parameters,
};

/// `POST`: the request is the body.
pub(crate) async fn post_users_search(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    caller.needs(VIEW_USERS)?;
    let (head, body) = request.into_parts();
    if !is_json(&head.headers) {
        return Err(ApiError::unsupported_media_type());
    }
    let bytes = body::read(&head.headers, body, &app.settings.bounds).await?;
    let Object(asked) = serde_json::from_slice(&bytes).map_err(ApiError::bad_request)?;
    let parameters = Parameters::parse(head.uri.query().unwrap_or_default().as_bytes());
    let table = Asked::read(&parameters, &head.headers)?;
    answer(&app, &caller, asked, table, &head.method, &head.headers).await
}

/// `GET`: the request is packed into `q64`; `expand` may stand beside it (contract 1.2).
pub(crate) async fn get_users_search(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request<Body>,
) -> Result<Response, ApiError> {
    caller.needs(VIEW_USERS)?;
    let parameters = Parameters::parse(request.uri().query().unwrap_or_default().as_bytes());
    let text = parameters.get("q64").ok_or_else(|| {
        ApiError::bad_request("the parameter q64 is missing; take the link from nextPage")
    })?;
    // A plus sign that nobody encoded arrives as a space.
    let mut asked = q64::decode(&text.replace(' ', "+")).map_err(|error| {
        ApiError::bad_request(format!("{error}; take the link from nextPage unchanged"))
    })?;
    check_expansions(&parameters)?;
    if let Some(as_of) = parameters.get("asOf") {
        asked.as_of = Some(as_of.to_owned());
    }
    let (method, headers) = (request.method(), request.headers());
    let table = Asked::read(&parameters, headers)?;
    answer(&app, &caller, asked, table, method, headers).await
}

/// How the answer is written.
struct Asked {
    form: Form,
    parameters: Parameters,
}

impl Asked {
    fn read(parameters: &Parameters, headers: &HeaderMap) -> Result<Self, ApiError> {
        Ok(Self {
            form: Form::asked(parameters, headers)?,
            parameters: parameters.clone(),
        })
    }
}

/// What a search found, and what was counted beside it.
struct Found {
    rows: SearchResult,
    counted: Vec<(String, Counted)>,
}

async fn answer(
    app: &Arc<App>,
    caller: &Caller,
    asked: UserSearchRequest,
    table: Asked,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    check_expand(&asked.expand)?;
    check_integration(asked.integration_presence_source.as_deref())?;
    let query = Query::compile(&asked, StateRule::ActiveUnlessAsked, &PageLimits::default())?;
    let aggregations = aggregations::compile(&asked.aggregations)?;
    if table.form == Form::Csv {
        let columns = match aggregations.is_empty() {
            true => table::columns(Form::Csv, &table.parameters)?,
            false => Vec::new(),
        };
        let whole = asked.page_size.is_none() && asked.page_number.is_none();
        let sight = app
            .sight(caller, asked.as_of.as_deref())
            .await?
            .in_form(Form::Csv);
        if let Some(known) = sight.known(method, headers) {
            return Ok(known);
        }
        return match aggregations.is_empty() {
            true => table::answer(app, sight, query, whole, columns).await,
            false => counts(app, sight, query, aggregations, &table.parameters).await,
        };
    }
    let sight = app.sight(caller, asked.as_of.as_deref()).await?;
    if let Some(known) = sight.known(method, headers) {
        return Ok(known);
    }
    let at_once = if aggregations.is_empty() {
        sight.view().search_at_once(&query).map_err(not_loaded)?
    } else {
        None
    };
    if let Some(rows) = at_once {
        let found = Found {
            rows,
            counted: Vec::new(),
        };
        let json = write(&sight, asked, query.page, &found);
        return app.answer(&sight, json).await;
    }
    // Long enough to hold up others who are answered on this thread.
    let (sight, json) = app
        .aside(move || {
            let found = find(&sight, &query, &aggregations)?;
            let json = write(&sight, asked, query.page, &found);
            Ok((sight, json))
        })
        .await?;
    app.answer(&sight, json).await
}

/// The counts as a table. One has the columns of its own fields, so there can be but one.
async fn counts(
    app: &Arc<App>,
    sight: Sight,
    query: Query,
    aggregations: Vec<Aggregation>,
    parameters: &Parameters,
) -> Result<Response, ApiError> {
    let [aggregation] = <[Aggregation; 1]>::try_from(aggregations)
        .map_err(|_| ApiError::constraint("CSV holds one aggregation, ask for each by itself"))?;
    let chosen = Chosen::asked(aggregation.columns(), parameters)?;
    let work = move || {
        let view = sight.view();
        let matching = view.matching(&query.matcher).map_err(not_loaded)?;
        let counted = aggregation.count(view, &matching)?;
        Ok((sight, aggregation.table(&counted)))
    };
    let (sight, rows) = app.aside(work).await?;
    let freshness = sight.freshness();
    let rows = Box::new(Made::new(rows));
    app.table("counts.csv", Some(freshness), chosen, rows).await
}

fn find(sight: &Sight, query: &Query, aggregations: &[Aggregation]) -> Result<Found, ApiError> {
    let view = sight.view();
    let rows = view.search(query).map_err(not_loaded)?;
    let counted = if aggregations.is_empty() {
        Vec::new()
    } else {
        let matching = view.matching(&query.matcher).map_err(not_loaded)?;
        aggregations
            .iter()
            .map(|aggregation| {
                Ok((
                    aggregation.name.clone(),
                    aggregation.count(view, &matching)?,
                ))
            })
            .collect::<Result<_, ApiError>>()?
    };
    Ok(Found { rows, counted })
}

/// The answer (SDK `UsersSearchResponse`), documents as they are.
fn write(
    sight: &Sight,
    mut asked: UserSearchRequest,
    page: headcount_core::search::Page,
    found: &Found,
) -> Json {
    let pages = page.count(found.rows.total);
    let mut json = Json::default();
    json.raw("{");
    json.member("total", found.rows.total);
    json.member("pageCount", pages);
    json.member("pageSize", page.size);
    json.member("pageNumber", page.number);
    asked.page_size = i64::try_from(page.size).ok();
    let mut link = |name: &str, number: u64, json: &mut Json| {
        asked.page_number = i64::try_from(number).ok();
        let q64 = q64::encode(&asked).replace('=', "%3D");
        json.member(name, format!("/api/v2/users/search?q64={q64}"));
    };
    if page.number > 1 {
        // From beyond the end, back to the last page there is.
        let previous = (page.number - 1).min(pages.max(1));
        link("previousPage", previous, &mut json);
    }
    link("currentPage", page.number, &mut json);
    if page.number < pages {
        link("nextPage", page.number + 1, &mut json);
    }
    json.member("types", ["users"]);
    if !found.counted.is_empty() {
        json.raw("\"aggregations\":{");
        for (at, (name, counted)) in found.counted.iter().enumerate() {
            if at > 0 {
                json.raw(",");
            }
            json.value(name);
            json.raw(":");
            json.value(counted);
        }
        json.raw("},");
    }
    json.raw("\"results\":");
    json.documents(sight.loaded(), &found.rows.rows);
    json.raw("}");
    json
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    kind.trim().eq_ignore_ascii_case("application/json")
}
