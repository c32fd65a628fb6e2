//! The attributes that a person asks for by name, and their values.

use headcount_core::{
    field::{Column, Field, Projection, Shown, UnknownField},
    user::Attributes,
};
use serde_json::Value;

use crate::{
    error::{Exit, Failure},
    output::Cell,
    reading::Managers,
};

/// An attribute, and what it is called in the answer.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// Name in the answer: the path, or an alias such as `division` as it was given.
    pub(crate) label: String,
    /// The attribute.
    pub(crate) field: Field,
}

/// The attributes of these names.
pub(crate) fn parse<N: AsRef<str>>(names: &[N]) -> Result<Vec<Asked>, Failure> {
    names.iter().map(|name| one(name.as_ref().trim())).collect()
}

fn one(name: &str) -> Result<Asked, Failure> {
    let field = Field::parse(name).map_err(|error| unknown(&error))?;
    Ok(Asked {
        label: field.label(name),
        field,
    })
}

/// What a field that nobody knows is told as.
pub(crate) fn unknown(error: &UnknownField) -> Failure {
    let hint = match error.nearest.as_slice() {
        [] => "fields are named as in Genesys Cloud, such as department, division.name or manager.email".to_owned(),
        names => {
            let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
            format!("did you mean {}?", names.join(" or "))
        }
    };
    Failure::new(Exit::Usage, format!("unknown field `{}`", error.name)).hint(hint)
}

/// What has to be read of a user to print these. Names of managers come from [`Managers`].
pub(crate) fn projection(asked: &[Asked]) -> Projection {
    asked
        .iter()
        .fold(Projection::none().with(Column::Id), |all, asked| {
            all.union(if asked.field.is_looked_up() {
                Projection::none().with(Column::ManagerId)
            } else {
                asked.field.projection()
            })
        })
}

/// The value of one attribute. `document` is there when the projection asked for it.
pub(crate) fn value<'a>(
    field: Field,
    user: &'a Attributes<'_>,
    document: Option<&'a Value>,
    managers: &'a Managers,
) -> Cell<'a> {
    match field {
        Field::MANAGER_NAME => return Cell::of(managers.name(user.manager_id.as_deref())),
        Field::MANAGER_EMAIL => return Cell::of(managers.email(user.manager_id.as_deref())),
        _ => {}
    }
    match field.column() {
        Some(Column::Version) => number(user.version),
        Some(column) => Cell::of(text(column, user)),
        None => match document.map(|document| field.shown(document)) {
            None | Some(Shown::Nothing) => Cell::Nothing,
            Some(Shown::Number(number)) => Cell::Number(number),
            Some(Shown::Text(text)) => Cell::Text(text),
        },
    }
}

/// The text of a column; `None` for the one that is a number.
pub(crate) fn text<'a>(column: Column, user: &'a Attributes<'_>) -> Option<&'a str> {
    match column {
        Column::Id => Some(&user.id),
        Column::State => Some(&user.state),
        Column::Name => user.name.as_deref(),
        Column::Email => user.email.as_deref(),
        Column::Username => user.username.as_deref(),
        Column::PreferredName => user.preferred_name.as_deref(),
        Column::Department => user.department.as_deref(),
        Column::Title => user.title.as_deref(),
        Column::DivisionId => user.division_id.as_deref(),
        Column::DivisionName => user.division_name.as_deref(),
        Column::ManagerId => user.manager_id.as_deref(),
        Column::Version => None,
    }
}

fn number(number: Option<i64>) -> Cell<'static> {
    match number.map(u64::try_from) {
        None => Cell::Nothing,
        Some(Ok(number)) => Cell::Number(number),
        Some(Err(_)) => Cell::owned(number.unwrap_or_default().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_paths_or_aliases() {
        let asked = parse(&["DIVISION", "Department", "manager.email", "preferredname"]).unwrap();
        let labels: Vec<_> = asked.iter().map(|asked| asked.label.as_str()).collect();
        assert_eq!(
            labels,
            ["division", "department", "manager.email", "preferredName"]
        );
        assert!(parse(&["departmnt"]).is_err());
    }
}
