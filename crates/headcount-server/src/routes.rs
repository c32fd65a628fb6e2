//! The whole table of routes.

use std::sync::Arc;

use axum::{
    Router, middleware,
    routing::{get, post},
};
use tower_http::{CompressionLevel, compression::CompressionLayer};

use crate::{
    app::App,
    authorise::authorise,
    error::ApiError,
    handlers::{
        delta, findings, health, managers, odata, query, reports, search, token, user, users,
    },
    observe::observe,
    openapi, page,
};

/// Every path that is answered, beside those of the page.
const PATHS: [&str; 22] = [
    "/oauth/token",
    "/api/v2/users/search",
    "/api/v2/users/query",
    "/api/v2/users/{userId}",
    "/api/v2/users",
    "/headcount/v1/users/delta",
    "/headcount/v1/managers/{id}/tree",
    "/headcount/v1/reports/aht",
    "/headcount/v1/reports/evaluations",
    "/headcount/v1/findings",
    "/odata/v4",
    "/odata/v4/",
    "/odata/v4/$metadata",
    "/odata/v4/{set}",
    "/odata/v4/{set}/$count",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/docs.css",
    "/docs/docs.js",
];

/// The paths, and what answers them.
pub(crate) fn router(app: Arc<App>) -> Router {
    let [
        oauth_token,
        users_search,
        users_query,
        one_user,
        all_users,
        users_delta,
        manager_tree,
        aht,
        evaluations,
        all_findings,
        feed,
        feed_root,
        feed_metadata,
        feed_set,
        feed_count,
        live,
        ready,
        metrics,
        document,
        docs,
        style,
        script,
    ] = PATHS;
    let api = Router::new()
        .route(
            users_search,
            get(search::get_users_search).post(search::post_users_search),
        )
        .route(users_query, get(query::get_users_query))
        .route(one_user, get(user::get_user))
        .route(all_users, get(users::get_users))
        .route(users_delta, get(delta::get_delta))
        .route(manager_tree, get(managers::get_tree))
        .route(aht, get(reports::get_aht))
        .route(evaluations, get(reports::get_evaluations))
        .route(all_findings, get(findings::get_findings))
        .route(feed, get(odata::get_service))
        .route(feed_root, get(odata::get_service))
        .route(feed_metadata, get(odata::get_metadata))
        .route(feed_set, get(odata::get_set))
        .route(feed_count, get(odata::get_count))
        .route_layer(middleware::from_fn_with_state(app.clone(), authorise));
    Router::new()
        .route(oauth_token, post(token::post_token))
        .route(live, get(health::get_live))
        .route(ready, get(health::get_ready))
        .route(metrics, get(health::get_metrics))
        .route(document, get(openapi::get_document))
        .route(docs, get(openapi::get_page))
        .route(style, get(openapi::get_style))
        .route(script, get(openapi::get_script))
        .merge(api)
        .merge(page::router(&app))
        .fallback(async || ApiError::not_found())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
        // Outside of everything, so that bodies of errors are written before they are packed.
        .layer(middleware::from_fn_with_state(app.clone(), observe))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .with_state(app)
}

/// Whether a path is of the OData feed, whose errors have a shape of their own.
pub(crate) fn is_odata(path: &str) -> bool {
    path == "/odata" || path.starts_with("/odata/")
}

/// The name of a matched path, for a label.
pub(crate) fn known(path: &str) -> &'static str {
    PATHS
        .into_iter()
        .chain(page::PATHS)
        .find(|known| *known == path)
        .unwrap_or("other")
}
