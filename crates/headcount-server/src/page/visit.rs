//! What every view of the page has in common: who asks, for what, and the frame around the answer.

use std::{borrow::Cow, sync::Arc};

use askama::Template;
use axum::{body::Body, extract::FromRequestParts, response::Response};
use headcount_core::search::text::is_blank;
use hyper::{
    HeaderMap, StatusCode,
    header::{ACCEPT_LANGUAGE, CONTENT_TYPE, HeaderValue},
    http::request::Parts,
};
use jiff::tz::TimeZone;

use super::{headers, locale::Locale};
use crate::{
    access::Caller,
    app::{App, Sight, VIEW_USERS},
    authorise::session,
    error::ApiError,
    parameters::{Parameters, link},
};

/// The header by which the script of the page asks for a part of a view alone.
pub(crate) const PART: &str = "x-headcount-part";

/// The views that the navigation names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Overview,
    People,
    Tree,
    Departments,
    Divisions,
    Reports,
    Findings,
    Changes,
    Sync,
    /// One that it does not name.
    Elsewhere,
}

/// A link of the navigation.
pub(crate) struct Link {
    pub(crate) path: &'static str,
    pub(crate) name: &'static str,
    pub(crate) is_here: bool,
}

impl Place {
    const NAMED: [(Self, &'static str, &'static str); 9] = [
        (Self::Overview, "/", "Overview"),
        (Self::People, "/people", "People"),
        (Self::Tree, "/tree", "Org tree"),
        (Self::Departments, "/departments", "Departments"),
        (Self::Divisions, "/divisions", "Divisions"),
        (Self::Reports, "/reports", "Reports"),
        (Self::Findings, "/findings", "Findings"),
        (Self::Changes, "/changes", "Changes"),
        (Self::Sync, "/sync", "Sync"),
    ];
}

/// One request for a view, by somebody who may look.
pub(crate) struct Visit {
    pub(crate) app: Arc<App>,
    pub(crate) caller: Caller,
    /// What is asked, without names that have no value.
    pub(crate) asked: Parameters,
    pub(crate) locale: Locale,
    pub(crate) path: String,
    /// Only a part is asked for, to be put into a page that stands.
    pub(crate) is_part: bool,
    pub(crate) headers: HeaderMap,
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        // Put there by the authorisation of the page.
        let caller = parts.extensions.get::<Caller>().cloned();
        let caller = caller.ok_or_else(ApiError::internal)?;
        caller.needs(VIEW_USERS)?;
        Ok(Self {
            asked: Parameters::parse(parts.uri.query().unwrap_or_default().as_bytes()),
            locale: locale(app, &parts.headers),
            path: parts.uri.path().to_owned(),
            is_part: parts.headers.contains_key(PART),
            headers: parts.headers.clone(),
            app: app.clone(),
            caller,
        })
    }
}

/// How whoever sent these headers reads numbers and times.
pub(crate) fn locale(app: &App, headers: &HeaderMap) -> Locale {
    let accepted = headers.get(ACCEPT_LANGUAGE);
    let accepted = accepted.and_then(|accepted| accepted.to_str().ok());
    let zone = app.settings.reports.timezone.as_deref();
    let zone = zone.and_then(|zone| TimeZone::get(zone).ok());
    Locale::new(
        app.settings.locale.as_deref(),
        accepted,
        zone.unwrap_or(TimeZone::UTC),
        app.now_ms(),
    )
}

/// What stands around every view.
pub(crate) struct Frame {
    pub(crate) title: String,
    pub(crate) org: String,
    /// Who is signed in; nobody where nobody has to be.
    pub(crate) who: Option<String>,
    /// What a form must come with.
    pub(crate) proof: String,
    pub(crate) links: Vec<Link>,
    pub(crate) locale: Locale,
    /// When the snapshot was published that is shown, ms UTC; `None` before there is one.
    pub(crate) published_ms: Option<i64>,
    /// The roster is that of a time, named as it was asked for.
    pub(crate) as_of: Option<String>,
    /// The same view of the present.
    pub(crate) present: String,
    /// The caller sees a part of the org only.
    pub(crate) is_part_of_org: bool,
}

impl Visit {
    /// The roster that is asked for, the present one or as of a time.
    pub(crate) async fn sight(&self) -> Result<Sight, ApiError> {
        self.app.sight(&self.caller, self.asked.get("asOf")).await
    }

    /// The present roster.
    pub(crate) async fn sight_now(&self) -> Result<Sight, ApiError> {
        self.app.sight(&self.caller, None).await
    }

    /// The frame of a view about a roster.
    pub(crate) fn frame(&self, place: Place, title: impl Into<String>, sight: &Sight) -> Frame {
        let published_ms = Some(sight.loaded().snapshot.published_ms);
        Frame {
            as_of: self.asked.get("asOf").map(str::to_owned),
            present: self.link_with(&[("asOf", None)]),
            ..self.bare_frame(place, title, published_ms)
        }
    }

    /// The frame of a view that shows no roster.
    pub(crate) fn bare_frame(
        &self,
        place: Place,
        title: impl Into<String>,
        published_ms: Option<i64>,
    ) -> Frame {
        Frame {
            title: title.into(),
            org: self.caller.org().to_owned(),
            who: self.caller.name().map(str::to_owned),
            proof: self.app.members.proof(self.session()),
            links: links(place),
            locale: self.locale.clone(),
            published_ms,
            as_of: None,
            present: self.path.clone(),
            is_part_of_org: self.caller.divisions().is_some(),
        }
    }

    /// What proofs of forms are bound to.
    pub(crate) fn session(&self) -> &str {
        session(&self.headers).unwrap_or_default()
    }

    /// A link to the same view with some parameters replaced, or left out where they have no value.
    /// Whoever looks at another part begins at its first page, so `page` stays only where it is
    /// named.
    pub(crate) fn link_with(&self, changed: &[(&str, Option<&str>)]) -> String {
        let is_changed = |name: &str| changed.iter().any(|(of, _)| *of == name);
        let kept = self.asked.pairs();
        let kept = kept.filter(|(name, _)| *name != "page" && !is_changed(name));
        let kept = kept.map(|(name, value)| (name, Some(value.to_owned())));
        let added = changed.iter();
        let added = added.map(|(name, value)| (*name, value.map(str::to_owned)));
        link(&self.path, kept.chain(added))
    }

    /// 200 with a view.
    pub(crate) fn show(&self, view: &impl Template) -> Result<Response, ApiError> {
        show(StatusCode::OK, view)
    }
}

/// The navigation, seen from `place`.
pub(crate) fn links(place: Place) -> Vec<Link> {
    let named = Place::NAMED.iter();
    named
        .map(|(of, path, name)| Link {
            path,
            name,
            is_here: *of == place,
        })
        .collect()
}

/// An answer with a view.
pub(crate) fn show(status: StatusCode, view: &impl Template) -> Result<Response, ApiError> {
    let html = view.render().map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "a view cannot be written"
        );
        ApiError::internal()
    })?;
    let mut answer = Response::new(Body::from(html));
    *answer.status_mut() = status;
    headers::guard(answer.headers_mut());
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    Ok(answer)
}

/// The most characters of a text that a list shows; the person's own view has all of it.
const BRIEF: usize = 80;

/// The beginning of a text, for a place in a list.
pub(crate) fn brief(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(BRIEF) {
        None => Cow::Borrowed(text),
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
    }
}

/// A text, or what stands for one that nobody could see.
pub(crate) fn visible<'t>(text: Option<&'t str>, otherwise: &'t str) -> &'t str {
    text.filter(|text| !is_blank(text)).unwrap_or(otherwise)
}
