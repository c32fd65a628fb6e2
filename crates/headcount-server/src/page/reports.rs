//! Reports: handle time and evaluations by any segment.

mod answer;
mod asked;
mod columns;
mod file;
mod form;
mod found;
mod links;
mod picture;
mod report;
mod table;

use askama::Template;
use axum::{body::Body, response::Response};
use hyper::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};

use self::{
    answer::Answer,
    asked::Own,
    form::Form,
    found::{Asking, Found},
    report::Report,
};
use super::{
    assets::Edition,
    headers,
    visit::{Frame, Place, Visit, show},
};
use crate::{
    csv::{Chosen, Made},
    error::ApiError,
};

#[derive(Template)]
#[template(path = "reports.html")]
struct Reports {
    frame: Frame,
    form: Form,
    answer: Answer,
}

/// What stands below the form, for a page that stands.
#[derive(Template)]
#[template(path = "report.html")]
struct Part {
    answer: Answer,
}

pub(crate) async fn get_reports(visit: Visit) -> Result<Response, ApiError> {
    let asking = ask(visit).await?;
    let view = |asking: &Asking, found| {
        let visit = &asking.visit;
        let (answer, status, asked) = Answer::of(asking, found);
        if visit.is_part {
            // What is wrong with a question is told beneath it, while it is still being written.
            return visit.show(&Part { answer });
        }
        let published_ms = asking.sight.loaded().snapshot.published_ms;
        let reports = Reports {
            frame: visit.bare_frame(Place::Reports, "Reports", Some(published_ms)),
            form: Form::of(&asking.own, &asked),
            answer,
        };
        show(status, &reports)
    };
    asking.answer(view).await
}

/// The picture as a file.
pub(crate) async fn get_chart(visit: Visit) -> Result<Response, ApiError> {
    let asking = ask(visit).await?;
    let file = |asking: &Asking, found| {
        let report = whole(found)?;
        let svg = file::svg(&report, &asking.own, &asking.visit.locale);
        Ok((file::name(&report, &asking.own), svg))
    };
    let (name, svg) = asking.answer(file).await?;
    let mut answer = Response::new(Body::from(svg));
    let told = answer.headers_mut();
    headers::guard(told);
    told.insert(CONTENT_TYPE, HeaderValue::from_static("image/svg+xml"));
    told.insert(CONTENT_DISPOSITION, attachment(&name, "svg")?);
    Ok(answer)
}

/// The whole table as a file.
pub(crate) async fn get_csv(visit: Visit) -> Result<Response, ApiError> {
    let app = visit.app.clone();
    let asking = ask(visit).await?;
    let file = |asking: &Asking, found| {
        let report = whole(found)?;
        let chosen = Chosen::all(file::columns(&report));
        let name = file::name(&report, &asking.own);
        Ok((name, chosen, file::rows(&report, &asking.own)))
    };
    let (name, chosen, rows) = asking.answer(file).await?;
    let rows = Box::new(Made::new(rows));
    let mut answer = app.table("report.csv", None, chosen, rows).await?;
    let told = answer.headers_mut();
    headers::guard(told);
    told.insert(CONTENT_DISPOSITION, attachment(&name, "csv")?);
    Ok(answer)
}

async fn ask(visit: Visit) -> Result<Asking, ApiError> {
    let own = Own::read(&visit.asked)?;
    // Which version facts belong to is another question than which roster is looked at.
    let sight = visit.sight_now().await?;
    Ok(Asking { visit, sight, own })
}

/// A report, where there is one.
fn whole(found: Found) -> Result<Box<Report>, ApiError> {
    match found {
        Found::Report(report) => Ok(report),
        Found::Problem(problem) => Err(problem.error),
    }
}

/// A file to be saved; names are of letters and digits.
fn attachment(name: &str, form: &str) -> Result<HeaderValue, ApiError> {
    let told = format!("attachment; filename=\"{name}.{form}\"");
    HeaderValue::from_str(&told).map_err(|_| ApiError::internal())
}
