//! The OData feed under `/odata/v4`.

mod form;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, atomic::Ordering},
};

use axum::{
    extract::{Extension, Path, Request, State},
    response::{IntoResponse, Response},
};
use headcount_store::facts::FactStore;
use hyper::{
    HeaderMap, Method,
    header::{CONTENT_TYPE, HeaderName, HeaderValue, VARY},
};

use self::form::{base, form, page_size, wants_xml};
use super::reports::Wanted;
use crate::{
    access::Caller,
    app::{App, Sight, VIEW_USERS},
    error::ApiError,
    freshness::Freshness,
    json::Json,
    odata::{self, Asked, Form, Level, Options, Question, Target, Token},
};

/// The entity sets that there are.
pub(crate) async fn get_service(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    caller.needs(VIEW_USERS)?;
    let options = Options::read(request.uri().query().unwrap_or_default())?;
    let form = form(options.format.as_deref(), request.headers())?;
    let document = odata::service(&base(&app, &request), form.level != Level::None);
    Ok(plain(document.to_string(), &form.media_type()))
}

/// What their properties are, as XML unless JSON is asked for.
pub(crate) async fn get_metadata(
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, ApiError> {
    caller.needs(VIEW_USERS)?;
    let options = Options::read(request.uri().query().unwrap_or_default())?;
    Ok(
        match wants_xml(options.format.as_deref(), request.headers())? {
            true => plain(odata::xml().to_owned(), "application/xml"),
            false => plain(odata::json().to_string(), "application/json"),
        },
    )
}

/// A page of a set, or one entity of it.
pub(crate) async fn get_set(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(segment): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let read = Read::of(&app, &caller, &segment, &request)?;
    let form = read.form;
    let answer = answer(app, caller, request, read).await?;
    Ok(match answer {
        Answer::Known(known) => known,
        Answer::Json(mut answer, page) => {
            let headers = answer.headers_mut();
            put(headers, CONTENT_TYPE, &form.media_type());
            if let Some(page) = page {
                let applied = format!("odata.maxpagesize={page}");
                put(
                    headers,
                    HeaderName::from_static("preference-applied"),
                    &applied,
                );
            }
            answer
        }
        Answer::Count(_) => return Err(ApiError::internal()),
    })
}

/// How many rows a set has, as plain text.
pub(crate) async fn get_count(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(segment): Path<String>,
    request: Request,
) -> Result<Response, ApiError> {
    let mut read = Read::of(&app, &caller, &segment, &request)?;
    if read.target.key.is_some() {
        return Err(ApiError::constraint(
            "$count is of a set, not of one entity",
        ));
    }
    read.counts = true;
    match answer(app, caller, request, read).await? {
        Answer::Count(count) => Ok(plain(count.to_string(), "text/plain")),
        Answer::Known(known) | Answer::Json(known, _) => Ok(known),
    }
}

/// A request, read and understood.
struct Read {
    target: Target,
    options: Options,
    question: Question,
    token: Option<Token>,
    form: Form,
    base: String,
    /// Rows on a page, where the caller has a wish.
    page: Option<u64>,
    /// Only the number is asked for.
    counts: bool,
}

/// Rows on a page, unless asked otherwise.
const USUAL_PAGE: u64 = 5_000;

impl Read {
    fn of(app: &App, caller: &Caller, segment: &str, request: &Request) -> Result<Self, ApiError> {
        caller.needs(VIEW_USERS)?;
        let target = Target::parse(segment)?;
        let options = Options::read(request.uri().query().unwrap_or_default())?;
        let mut question = Question::read(target.set, &options)?;
        if let Some(key) = &target.key {
            if !options.is_of_one() {
                return Err(ApiError::constraint(
                    "of one entity, only $select and $format may be asked for",
                ));
            }
            question.filter = Some(key.clone());
        }
        Ok(Self {
            token: Token::read(target.set, &options)?,
            form: form(options.format.as_deref(), request.headers())?,
            base: base(app, request),
            page: page_size(request.headers())?,
            counts: false,
            target,
            question,
            options,
        })
    }
}

/// What comes of a request.
enum Answer {
    /// The caller has it already.
    Known(Response),
    /// JSON, and the page size that the caller wished for.
    Json(Response, Option<u64>),
    Count(u64),
}

/// What the blocking part gives.
enum Found {
    Known(Freshness),
    Json(Freshness, Json),
    Count(u64),
}

async fn answer(
    app: Arc<App>,
    caller: Caller,
    request: Request,
    read: Read,
) -> Result<Answer, ApiError> {
    let sight = match &read.token {
        Some(token) => app
            .sight_of(&caller, token.snapshot)
            .await?
            .filter(|sight| sight.loaded().erased == token.erased)
            .ok_or_else(|| {
                let what = "the snapshot that was being read is kept no more, or somebody was forgotten since; read again from the first page";
                ApiError::gone(what)
            })?,
        None => app.sight(&caller, read.options.as_of.as_deref()).await?,
    };
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = request.headers().clone();
    let wished = read.page;
    let wanted = Wanted::new();
    let goes_on = wanted.goes_on();
    let slow = read.question.needs_history();
    let at_hand = !read.counts && asked(&app, &caller, &sight, &read, None, &|| true).is_at_hand();
    let work = {
        let (app, caller) = (app.clone(), caller.clone());
        move || {
            let goes_on = || goes_on.load(Ordering::Relaxed);
            find(&app, &caller, &sight, &read, &goes_on, |freshness| {
                reads && freshness.is_known(&known)
            })
        }
    };
    let found = match (at_hand, slow) {
        (true, _) => work()?,
        (false, true) => app.report_aside(work).await?,
        (false, false) => app.aside(work).await?,
    };
    drop(wanted);
    Ok(match found {
        Found::Known(freshness) => Answer::Known(freshness.not_modified()),
        Found::Count(count) => Answer::Count(count),
        Found::Json(freshness, json) => {
            let mut answer = app.answer_with(&freshness, json).await?;
            let varies = HeaderValue::from_static("accept, prefer, x-api-key, host");
            answer.headers_mut().append(VARY, varies);
            Answer::Json(answer, wished)
        }
    })
}

fn find(
    app: &App,
    caller: &Caller,
    sight: &Sight,
    read: &Read,
    goes_on: &dyn Fn() -> bool,
    is_known: impl Fn(&Freshness) -> bool,
) -> Result<Found, ApiError> {
    let facts = app.facts(caller.org());
    let asked = asked(app, caller, sight, read, facts.as_ref(), goes_on);
    if read.counts {
        return Ok(Found::Count(asked.count()?));
    }
    let state = asked.state()?;
    let mut shape = DefaultHasher::new();
    let personal = app.veil.personal().name();
    (
        state,
        personal,
        read.form.media_type(),
        asked.page,
        &read.base,
    )
        .hash(&mut shape);
    let freshness = sight.freshness().clone().with_state(shape.finish());
    if is_known(&freshness) {
        return Ok(Found::Known(freshness));
    }
    let json = match read.target.key {
        Some(_) => asked.entity()?,
        None => asked.page(state)?,
    };
    Ok(Found::Json(freshness, json))
}

fn asked<'a>(
    app: &'a App,
    caller: &'a Caller,
    sight: &'a Sight,
    read: &'a Read,
    facts: Option<&'a FactStore>,
    goes_on: &'a dyn Fn() -> bool,
) -> Asked<'a> {
    Asked {
        loaded: sight.loaded(),
        org: caller.org(),
        limits: caller.divisions().map(<[_]>::to_vec),
        veil: &app.veil,
        store: app.rosters.store(),
        facts,
        goes_on,
        question: &read.question,
        options: &read.options,
        token: read.token.as_ref(),
        form: read.form,
        base: &read.base,
        page: read.page.unwrap_or(USUAL_PAGE),
    }
}

/// What changes with the program alone.
fn plain(text: String, kind: &str) -> Response {
    let mut answer = text.into_response();
    put(answer.headers_mut(), CONTENT_TYPE, kind);
    answer
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
