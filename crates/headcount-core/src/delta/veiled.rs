//! Documents as they may leave in a feed.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    change::NotADocument,
    personal::{Personal, Veil},
};

/// Members that say who somebody is, each a text: equal ones stay equal as digests.
const TEXTS: [&str; 4] = ["name", "email", "username", "preferredName"];

/// Members that say it in parts: they are left out unless all may leave.
const PARTS: [&str; 8] = [
    "addresses",
    "primaryContactInfo",
    "images",
    "chat",
    "biography",
    "employerInfo",
    "voicemailUserPoliciesSettings",
    "profileSkills",
];

/// A document as it may leave: byte for byte where everything may; else without what says who the
/// user is, or with digests in its place.
///
/// # Errors
/// [`NotADocument`] when `document` is not a JSON object.
pub fn veiled<'d>(veil: &Veil, document: &'d str) -> Result<Cow<'d, str>, NotADocument> {
    if veil.personal() == Personal::Full {
        return Ok(Cow::Borrowed(document));
    }
    let mut members: Map<String, Value> = serde_json::from_str(document).map_err(NotADocument)?;
    for name in PARTS {
        members.remove(name);
    }
    for name in TEXTS {
        let Some(value) = members.remove(name) else {
            continue;
        };
        let text = value.as_str().and_then(|text| veil.text(text));
        if let Some(text) = text {
            members.insert(name.to_owned(), Value::from(text.into_owned()));
        }
    }
    Ok(Cow::Owned(Value::Object(members).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_personal_leaves_unless_all_may() {
        let document = r#"{"id":"1","name":"Ann","email":7,"chat":{"jabberId":"ann"},"title":"T"}"#;
        let as_it_leaves = |personal| {
            let veil = Veil::new(personal, &[1; 32]);
            veiled(&veil, document).unwrap().into_owned()
        };
        assert_eq!(as_it_leaves(Personal::Full), document);
        assert_eq!(as_it_leaves(Personal::None), r#"{"id":"1","title":"T"}"#);
        let hashed: Value = serde_json::from_str(&as_it_leaves(Personal::Hashed)).unwrap();
        assert_eq!(hashed["name"].as_str().map(str::len), Some(32));
        assert_eq!(hashed.as_object().unwrap().len(), 3);
        let veil = Veil::new(Personal::None, &[1; 32]);
        assert!(veiled(&veil, "[]").is_err());
    }
}
