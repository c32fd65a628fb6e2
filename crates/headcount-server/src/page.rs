//! The page: the roster for people to look at, written on the server out of the same snapshot.
//!
//! A file for each view, with its template of the same name; `visit` is what all of them share,
//! `session` lets people in, `chart` draws, `locale` writes numbers and dates. A view is complete
//! without its script, which only spares the reader whole pages.

mod assets;
mod changes;
mod chart;
mod findings;
mod fit;
mod groups;
mod headers;
mod locale;
mod overview;
mod people;
mod person;
mod reports;
mod session;
mod syncs;
mod texts;
mod tree;
mod treemap;
mod visit;

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use hyper::{Method, StatusCode, header::HeaderMap};

pub use self::locale::is_locale;
pub(crate) use self::person::{Numbers, NumbersKey};
pub(crate) use self::syncs::SyncsKept;
use self::{
    assets::Edition,
    visit::{Link, Place},
};
pub(crate) use self::{
    groups::{Groups, GroupsKey},
    tree::Forest,
};
use crate::{
    app::App,
    authorise::{at_pace, authenticate},
    error::ApiError,
    parameters::link,
};

/// Every path of the page.
pub(crate) const PATHS: [&str; 25] = [
    "/",
    "/people",
    "/people.csv",
    "/people/{id}",
    "/tree",
    "/tree/{id}",
    "/tree.csv",
    "/departments",
    "/departments.csv",
    "/divisions",
    "/divisions.csv",
    "/reports",
    "/reports/chart.svg",
    "/reports/report.csv",
    "/findings",
    "/findings/baseline.json",
    "/changes",
    "/changes.csv",
    "/sync",
    "/sync/accept",
    "/sign-in",
    "/sign-out",
    "/page/page.css",
    "/page/page.js",
    "/page/icon.svg",
];

/// The paths, and what answers them.
pub(crate) fn router(app: &Arc<App>) -> Router<Arc<App>> {
    let [
        all,
        everybody,
        rows,
        one,
        whole_tree,
        branch,
        tree_table,
        departments,
        departments_table,
        divisions,
        divisions_table,
        report,
        report_chart,
        report_csv,
        all_findings,
        baseline,
        all_changes,
        changes_table,
        all_syncs,
        accept,
        sign_in,
        sign_out,
        style,
        script,
        icon,
    ] = PATHS;
    let views = Router::new()
        .route(all, get(overview::get_overview))
        .route(everybody, get(people::get_people))
        .route(rows, get(people::get_rows))
        .route(one, get(person::get_person))
        .route(whole_tree, get(tree::get_tree))
        .route(branch, get(tree::get_branch))
        .route(tree_table, get(tree::get_table))
        .route(departments, get(groups::get_departments))
        .route(departments_table, get(groups::get_departments_table))
        .route(divisions, get(groups::get_divisions))
        .route(divisions_table, get(groups::get_divisions_table))
        .route(report, get(reports::get_reports))
        .route(report_chart, get(reports::get_chart))
        .route(report_csv, get(reports::get_csv))
        .route(all_findings, get(findings::get_findings))
        .route(baseline, get(findings::get_baseline))
        .route(all_changes, get(changes::get_changes))
        .route(changes_table, get(changes::get_table))
        .route(all_syncs, get(syncs::get_syncs))
        .route(accept, post(syncs::post_accept))
        .route_layer(middleware::from_fn_with_state(app.clone(), admit));
    Router::new()
        .route(sign_in, get(session::get_form).post(session::post_form))
        .route(sign_out, post(session::post_sign_out))
        .merge(views)
        // Around all of them: a refusal of the page is a page.
        .route_layer(middleware::from_fn_with_state(app.clone(), readable))
        .route(style, get(assets::get_style))
        .route(script, get(assets::get_script))
        .route(icon, get(assets::get_icon))
}

/// Lets a request through with its caller; whoever is not signed in is sent to do so.
async fn admit(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    match authenticate(&app, request.headers()).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller.clone());
            at_pace(&app, &caller, request, next).await
        }
        Err(error) if error.status() == StatusCode::UNAUTHORIZED && asks_whole(&request) => {
            let to = request.uri().path_and_query();
            let to = to.map(|to| to.as_str().to_owned());
            Redirect::to(&link("/sign-in", [("to", to)])).into_response()
        }
        Err(error) => error.into_response(),
    }
}

/// Whether a browser would show the answer as a page of its own.
fn asks_whole(request: &Request) -> bool {
    let is_read = request.method() == Method::GET || request.method() == Method::HEAD;
    is_read && !request.headers().contains_key(visit::PART)
}

/// A refusal, for a person.
#[derive(Template)]
#[template(path = "refused.html")]
struct Refused<'a> {
    title: &'static str,
    message: &'a str,
    hint: Option<&'static str>,
    links: Vec<Link>,
    is_signed_in: bool,
    proof: String,
}

/// Writes refusals as pages.
async fn readable(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let session = crate::authorise::session(request.headers()).map(str::to_owned);
    let mut answer = next.run(request).await;
    let Some(error) = answer.extensions_mut().remove::<ApiError>() else {
        return answer;
    };
    let (title, hint) = words(error.status());
    let refused = Refused {
        title,
        message: error.message(),
        hint,
        links: visit::links(Place::Elsewhere),
        is_signed_in: session.is_some(),
        proof: app.members.proof(session.as_deref().unwrap_or_default()),
    };
    let mut told = HeaderMap::new();
    error.tell(&mut told);
    match visit::show(error.status(), &refused) {
        Ok(mut answer) => {
            answer.headers_mut().extend(told);
            answer
        }
        Err(error) => error.into_response(),
    }
}

/// What a refusal is called, and what to do about it.
fn words(status: StatusCode) -> (&'static str, Option<&'static str>) {
    match status {
        StatusCode::UNAUTHORIZED => ("Please sign in", None),
        StatusCode::FORBIDDEN => (
            "Not allowed",
            Some(
                "Sign out and in again with a token that has the permission, or ask whoever made yours.",
            ),
        ),
        StatusCode::NOT_FOUND => (
            "Not found",
            Some("It is not in this snapshot, or not in the divisions that you see."),
        ),
        StatusCode::TOO_MANY_REQUESTS => (
            "Too many requests",
            Some("Wait a minute, then load the view again."),
        ),
        StatusCode::SERVICE_UNAVAILABLE => (
            "Nothing to show yet",
            Some("There is no snapshot, or it is being loaded. `headcount sync` fetches one."),
        ),
        StatusCode::GATEWAY_TIMEOUT => (
            "That took too long",
            Some("Ask for less: a shorter period, or fewer attributes."),
        ),
        status if status.is_server_error() => (
            "Something went wrong",
            Some("The log of the server says what."),
        ),
        _ => ("That can't be shown", None),
    }
}
