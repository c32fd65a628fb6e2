//! What differs between two documents of one user.
//!
//! Upstream sends parts that change every minute beside parts that last (design, *History*). Only
//! a lasting difference makes a new version; the rest updates the document in place.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, value::RawValue};

use crate::members::{Members, Object};

/// Top-level members that say how a user is at this moment, not who they are. They never open a
/// version, and answers as of an earlier time leave them out.
///
/// `version` is upstream's lock counter: it moves with every write, also of parts nobody asked
/// for. The two login dates move whenever somebody signs in.
pub const VOLATILE: [&str; 10] = [
    "presence",
    "integrationPresence",
    "routingStatus",
    "conversationSummary",
    "station",
    "geolocation",
    "outOfOffice",
    "lastTokenIssued",
    "dateLastLogin",
    "version",
];

/// How a new document of a user relates to the old one.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// The same bytes.
    Unchanged,
    /// Other bytes, the same lasting attributes: only volatile members, key order or white space
    /// differ.
    Touched,
    /// Lasting attributes differ; never empty, sorted by path.
    Changed(Vec<FieldChange>),
}

/// One lasting attribute that differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Dotted path, such as `division.name`. Arrays are compared and shown whole, since their
    /// elements have no names.
    pub path: String,
    /// Value before; `None` where the attribute was absent.
    pub old: Option<Value>,
    /// Value after; `None` where the attribute is absent now.
    pub new: Option<Value>,
}

/// A document that is no JSON object.
#[derive(Debug, thiserror::Error)]
#[error("a user document is not a JSON object")]
pub struct NotADocument(#[source] pub(crate) serde_json::Error);

/// Compares two documents of one user. Numbers are equal only when they are written as the same
/// kind of number (`1` is not `1.0`).
///
/// # Errors
/// [`NotADocument`] when one of the two is not a JSON object; equal bytes are not even read.
pub fn compare(old_document: &str, new_document: &str) -> Result<Change, NotADocument> {
    if old_document == new_document {
        return Ok(Change::Unchanged);
    }
    let (old, new) = (Members::of(old_document)?, Members::of(new_document)?);
    let mut changes = Vec::new();
    for (key, old_value) in old.lasting() {
        // Most members are the same text: those need no parsing.
        match new.get(key) {
            Some(new_value) if new_value.get() == old_value.get() => {}
            new_value => differ(
                key,
                Some(value(old_value)?),
                new_value.map(value).transpose()?,
                &mut changes,
            ),
        }
    }
    for (key, new_value) in new.lasting() {
        if old.get(key).is_none() {
            differ(key, None, Some(value(new_value)?), &mut changes);
        }
    }
    if changes.is_empty() {
        return Ok(Change::Touched);
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Change::Changed(changes))
}

/// The document without its [`VOLATILE`] members; the others keep their order and their bytes.
///
/// # Errors
/// [`NotADocument`] when `document` is not a JSON object.
pub fn lasting(document: &str) -> Result<String, NotADocument> {
    let members = Members::of(document)?;
    let mut object = Object::with_capacity(document.len());
    for (key, value) in members.lasting() {
        object.push(key, value.get());
    }
    Ok(object.finish())
}

fn value(raw: &RawValue) -> Result<Value, NotADocument> {
    serde_json::from_str(raw.get()).map_err(NotADocument)
}

/// Adds the differences between two values at `path`; objects are entered as long as both sides
/// are objects, so that one renamed division is one change and not a whole new division.
fn differ(path: &str, old: Option<Value>, new: Option<Value>, changes: &mut Vec<FieldChange>) {
    match (old, new) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            differ_objects(path, old, new, changes);
        }
        (old, new) if old == new => {}
        (old, new) => changes.push(FieldChange {
            path: path.to_owned(),
            old,
            new,
        }),
    }
}

fn differ_objects(
    path: &str,
    old: Map<String, Value>,
    mut new: Map<String, Value>,
    changes: &mut Vec<FieldChange>,
) {
    for (key, old_value) in old {
        let new_value = new.remove(&key);
        differ(
            &format!("{path}.{key}"),
            Some(old_value),
            new_value,
            changes,
        );
    }
    for (key, new_value) in new {
        differ(&format!("{path}.{key}"), None, Some(new_value), changes);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn volatile_parts_and_formatting_only_touch() {
        let old = r#"{"id":"1","name":"A","division":{"id":"d","name":"D"},"version":1,"presence":{"x":1}}"#;
        for new in [
            r#"{"id":"1","name":"A","division":{"id":"d","name":"D"},"version":2}"#,
            r#"{ "name":"A", "id":"1","division":{"name":"D","id":"d"},"version":1,"presence":{"x":1}}"#,
            r#"{"id":"1","name":"\u0041","division":{"id":"d","name":"D"},"dateLastLogin":"2026-01-01"}"#,
        ] {
            assert_eq!(compare(old, new).unwrap(), Change::Touched, "{new}");
        }
        assert_eq!(compare(old, old).unwrap(), Change::Unchanged);
    }

    #[test]
    fn names_each_lasting_attribute_that_differs() {
        let old = r#"{"id":"1","division":{"id":"d","name":"D"},"title":"T","skills":[1]}"#;
        let new = r#"{"id":"1","division":{"id":"e","name":"D"},"skills":[1,2],"department":null}"#;
        let change = |path: &str, old: Option<Value>, new: Option<Value>| FieldChange {
            path: path.into(),
            old,
            new,
        };
        assert_eq!(
            compare(old, new).unwrap(),
            Change::Changed(vec![
                change("department", None, Some(Value::Null)),
                change("division.id", Some(json!("d")), Some(json!("e"))),
                change("skills", Some(json!([1])), Some(json!([1, 2]))),
                change("title", Some(json!("T")), None),
            ])
        );
    }

    #[test]
    fn lasting_keeps_order_and_bytes() {
        assert_eq!(
            lasting(r#"{ "z": 1.50, "presence":{"a":[1]}, "ver\u0073ion":3, "a":"\u00e9" }"#)
                .unwrap(),
            r#"{"z":1.50,"a":"\u00e9"}"#
        );
        assert_eq!(lasting(r#"{"version":1}"#).unwrap(), "{}");
        assert!(lasting("[1]").is_err());
        assert!(compare("{}", "7").is_err());
    }
}
