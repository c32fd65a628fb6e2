//! The attributes that a person asks for by name, and their values.

use std::borrow::Cow;

use headcount_core::{
    field::{Column, Field, Projection, UnknownField},
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
        label: label(field, name),
        field,
    })
}

/// What a field is called in an answer: its path, or the alias that it was asked for by.
pub(crate) fn label(field: Field, name: &str) -> String {
    if field.path().eq_ignore_ascii_case(name) {
        field.path().to_owned()
    } else {
        name.to_lowercase()
    }
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
        None => document.map_or(Cell::Nothing, |document| {
            from_document(document, field.path())
        }),
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

/// What stands at a dotted path; the values of all elements where an array lies on the way.
fn from_document<'a>(document: &'a Value, path: &str) -> Cell<'a> {
    let mut found = vec![document];
    for name in path.split('.') {
        found = found
            .into_iter()
            .flat_map(|value| members(value, name))
            .collect();
    }
    let values: Vec<&Value> = found
        .into_iter()
        .flat_map(|value| match value {
            Value::Array(values) => values.iter().collect(),
            other => vec![other],
        })
        .filter(|value| !value.is_null())
        .collect();
    match values.as_slice() {
        [] => Cell::Nothing,
        [Value::Number(one)] if one.as_u64().is_some() => {
            Cell::Number(one.as_u64().unwrap_or_default())
        }
        [one] => Cell::Text(shown(one)),
        many => {
            let texts: Vec<_> = many.iter().map(|value| shown(value)).collect();
            Cell::owned(texts.join("; "))
        }
    }
}

fn members<'a>(value: &'a Value, name: &str) -> Vec<&'a Value> {
    match value {
        Value::Object(object) => object.get(name).into_iter().collect(),
        Value::Array(values) => values
            .iter()
            .filter_map(|value| value.as_object()?.get(name))
            .collect(),
        _ => Vec::new(),
    }
}

fn shown(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_reach_into_arrays() {
        let document = serde_json::json!({
            "addresses": [{"address": "a", "extension": null}, {"address": "b"}],
            "profileSkills": ["x"], "team": {"memberCount": 3}, "acdAutoAnswer": false, "odd": "text"
        });
        let at = |path| from_document(&document, path);
        assert_eq!(at("addresses.address"), Cell::owned("a; b"));
        assert_eq!(at("addresses.extension"), Cell::Nothing);
        assert_eq!(at("profileSkills"), Cell::owned("x"));
        assert_eq!(at("team.memberCount"), Cell::Number(3));
        assert_eq!(at("acdAutoAnswer"), Cell::owned("false"));
        assert_eq!(at("odd.deeper"), Cell::Nothing);
        assert_eq!(at("biography.hobbies"), Cell::Nothing);
    }

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
