//! What a cell shows of a field that lies in the document alone.

use std::borrow::Cow;

use serde_json::Value;

use super::Field;

/// What a cell shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown<'d> {
    /// The field has no value.
    Nothing,
    /// A count.
    Number(u64),
    /// A text; several values of one user are joined.
    Text(Cow<'d, str>),
}

impl Field {
    /// What a cell shows of this field in a document; the values of all elements where an array
    /// lies on the way.
    #[must_use]
    pub fn shown(self, document: &Value) -> Shown<'_> {
        shown(document, self.path())
    }

    /// What the field is called in an answer: its path, or the alias that it was asked for by.
    #[must_use]
    pub fn label(self, asked: &str) -> String {
        if self.path().eq_ignore_ascii_case(asked) {
            self.path().to_owned()
        } else {
            asked.to_lowercase()
        }
    }
}

fn shown<'d>(document: &'d Value, path: &str) -> Shown<'d> {
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
        [] => Shown::Nothing,
        [Value::Number(one)] if one.as_u64().is_some() => {
            Shown::Number(one.as_u64().unwrap_or_default())
        }
        [one] => Shown::Text(text(one)),
        many => {
            let texts: Vec<_> = many.iter().map(|value| text(value)).collect();
            Shown::Text(Cow::Owned(texts.join("; ")))
        }
    }
}

fn members<'d>(value: &'d Value, name: &str) -> Vec<&'d Value> {
    match value {
        Value::Object(object) => object.get(name).into_iter().collect(),
        Value::Array(values) => values
            .iter()
            .filter_map(|value| value.as_object()?.get(name))
            .collect(),
        _ => Vec::new(),
    }
}

fn text(value: &Value) -> Cow<'_, str> {
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
        let at = |path| shown(&document, path);
        let text = |text: &'static str| Shown::Text(Cow::Borrowed(text));
        assert_eq!(at("addresses.address"), text("a; b"));
        assert_eq!(at("addresses.extension"), Shown::Nothing);
        assert_eq!(at("profileSkills"), text("x"));
        assert_eq!(at("team.memberCount"), Shown::Number(3));
        assert_eq!(at("acdAutoAnswer"), text("false"));
        assert_eq!(at("odd.deeper"), Shown::Nothing);
        assert_eq!(at("biography.hobbies"), Shown::Nothing);
    }
}
