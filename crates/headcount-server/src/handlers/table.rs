//! Users as CSV: chosen columns, as `headcount users --columns` names them.

use std::{borrow::Cow, sync::Arc};

use axum::response::Response;
use headcount_core::{
    field::{Column, Field, Shown},
    roster::View,
    search::{FieldValues, Query},
};
use hyper::{
    HeaderMap,
    header::{HeaderValue, LINK},
};
use serde_json::Value;

use super::not_loaded;
use crate::{
    app::{App, Sight},
    csv::{Cell, Chosen, Form, Rows},
    error::ApiError,
    parameters::Parameters,
};

/// Columns unless asked otherwise: those of `headcount users`, and the id.
const COLUMNS: [&str; 8] = [
    "id",
    "name",
    "email",
    "state",
    "department",
    "title",
    "division",
    "manager",
];

/// A column, and what it is called.
#[derive(Clone, Debug)]
pub(crate) struct UserColumn {
    pub(crate) label: String,
    pub(crate) field: Field,
}

/// The columns that `columns` names; none in JSON, which has all of a user, but wrong names are told
/// all the same.
///
/// # Errors
/// 400 for a field that users do not have.
pub(super) fn columns(form: Form, asked: &Parameters) -> Result<Vec<UserColumn>, ApiError> {
    let named = asked.list("columns");
    let names: Vec<&str> = if named.is_empty() {
        COLUMNS.to_vec()
    } else {
        named.iter().map(String::as_str).collect()
    };
    let one = |name: &&str| {
        let field = Field::parse(name).map_err(|error| ApiError::unknown_field(&error))?;
        Ok(UserColumn {
            label: field.label(name),
            field,
        })
    };
    let columns: Vec<UserColumn> = names.iter().map(one).collect::<Result<_, ApiError>>()?;
    Ok(match form {
        Form::Json => Vec::new(),
        Form::Csv => columns,
    })
}

/// Names of columns.
pub(super) fn labels(columns: &[UserColumn]) -> Vec<String> {
    columns.iter().map(|column| column.label.clone()).collect()
}

/// The users that a question finds: of the page asked for, or all of them.
pub(super) async fn answer(
    app: &Arc<App>,
    sight: Sight,
    query: Query,
    whole: bool,
    columns: Vec<UserColumn>,
) -> Result<Response, ApiError> {
    let work = move || {
        let view = sight.view();
        let rows = if whole {
            view.sorted(&query.matcher, &query.sort)
        } else {
            view.search(&query).map(|found| found.rows)
        };
        let rows = rows.map_err(not_loaded)?;
        Ok((sight, rows))
    };
    let (sight, rows) = app.aside(work).await?;
    of_rows(app, sight, rows, columns).await
}

/// The users of some rows.
pub(crate) async fn of_rows(
    app: &App,
    sight: Sight,
    rows: Vec<u32>,
    columns: Vec<UserColumn>,
) -> Result<Response, ApiError> {
    let freshness = sight.freshness().clone();
    let chosen = Chosen::all(labels(&columns));
    let users = Users {
        sight,
        columns,
        rows: rows.into_iter(),
    };
    app.table("users.csv", Some(&freshness), chosen, Box::new(users))
        .await
}

/// Users of a roster, row by row.
struct Users {
    sight: Sight,
    columns: Vec<UserColumn>,
    rows: std::vec::IntoIter<u32>,
}

impl Rows for Users {
    fn next(&mut self, row: &mut dyn FnMut(&[Cell<'_>])) -> bool {
        let Some(number) = self.rows.next() else {
            return false;
        };
        let view = self.sight.view();
        let document = document(view, number, &self.columns);
        let cells: Vec<Cell<'_>> = self
            .columns
            .iter()
            .map(|column| cell(view, number, column.field, document.as_ref()))
            .collect();
        row(&cells);
        true
    }
}

/// The document of a row, where a column lies in it.
pub(crate) fn document(view: View<'_>, row: u32, columns: &[UserColumn]) -> Option<Value> {
    let mut fields = columns.iter().map(|column| column.field);
    let text = view
        .roster()
        .document(row)
        .filter(|_| fields.any(lies_in_document))?;
    serde_json::from_str(text).ok()
}

fn lies_in_document(field: Field) -> bool {
    field.column().is_none() && !field.is_looked_up()
}

/// The value of a field of a row in sight.
pub(crate) fn cell<'a>(
    view: View<'a>,
    row: u32,
    field: Field,
    document: Option<&'a Value>,
) -> Cell<'a> {
    if field.is_looked_up() {
        return manager(view, row, field).map_or(Cell::Nothing, |text| Cell::Text(text.into()));
    }
    match field.column() {
        Some(Column::Version) => Cell::number(view.roster().value(row, Column::Version)),
        Some(column) => Cell::of(view.roster().value(row, column)),
        None => document.map_or(Cell::Nothing, |document| shown(document, field)),
    }
}

/// What stands in the record of the manager, where that one is in sight.
pub(super) fn manager(view: View<'_>, row: u32, field: Field) -> Option<String> {
    let mut found = None;
    view.user(row).any_value(field, &mut |text| {
        found = Some(text.to_owned());
        true
    });
    found
}

/// The value of a field that lies in a document.
pub(super) fn shown(document: &Value, field: Field) -> Cell<'_> {
    match field.shown(document) {
        Shown::Nothing => Cell::Nothing,
        Shown::Number(number) => Cell::Plain(number.to_string()),
        Shown::Text(text) => Cell::Text(text),
    }
}

/// A text of its own, or nothing.
pub(super) fn owned(text: Option<String>) -> Cell<'static> {
    text.map_or(Cell::Nothing, |text| Cell::Text(Cow::Owned(text)))
}

/// Names another answer in a header, where the rows have no place for it (RFC 8288).
pub(super) fn tell_link(link: Option<&str>, relation: &str, headers: &mut HeaderMap) {
    let value = link.map(|link| HeaderValue::from_str(&format!("<{link}>; rel=\"{relation}\"")));
    if let Some(Ok(value)) = value {
        headers.append(LINK, value);
    }
}
