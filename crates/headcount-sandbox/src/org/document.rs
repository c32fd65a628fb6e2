//! A JSON object whose members keep their order and their text, so that a change touches nothing
//! else.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Members in their order, values as text.
#[derive(Debug)]
pub(crate) struct Document(Vec<(String, String)>);

impl Document {
    pub(crate) fn parse(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// JSON text of a member.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// Puts JSON text in the place of a member, or at the end.
    pub(crate) fn set(&mut self, key: &str, json: &str) {
        match self.0.iter_mut().find(|(name, _)| name == key) {
            Some((_, value)) => json.clone_into(value),
            None => self.0.push((key.to_owned(), json.to_owned())),
        }
    }

    /// Takes a member away.
    pub(crate) fn remove(&mut self, key: &str) {
        self.0.retain(|(name, _)| name != key);
    }

    pub(crate) fn to_json(&self) -> String {
        let mut out = String::with_capacity(1400);
        for (at, (name, value)) in self.0.iter().enumerate() {
            out.push(if at == 0 { '{' } else { ',' });
            crate::people::push_json(&mut out, name);
            out.push(':');
            out.push_str(value);
        }
        if self.0.is_empty() {
            out.push('{');
        }
        out.push('}');
        out
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Document;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
                let mut members = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    members.push((name, map.next_value::<Box<RawValue>>()?.get().to_owned()));
                }
                Ok(Document(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_leaves_the_rest_as_it_was() {
        let mut document = Document::parse(r#"{"z":1.50,"a":{"k" : [1, 2]},"q\"":"x"}"#).unwrap();
        document.set("a", "7");
        document.set("new", "null");
        document.set("gone", "1");
        document.remove("gone");
        assert_eq!(
            document.to_json(),
            r#"{"z":1.50,"a":7,"q\"":"x","new":null}"#
        );
        assert!(Document::parse("[]").is_err());
    }
}
