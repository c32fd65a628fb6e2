//! The parameters of a link or a form.

use std::{fmt::Write, ops::RangeInclusive};

use crate::error::ApiError;

/// Names and values, decoded, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// The same, with this value for a name that has none.
    pub(crate) fn otherwise(mut self, name: &str, value: impl Into<String>) -> Self {
        if self.get(name).is_none() {
            self.0.push((name.to_owned(), value.into()));
        }
        self
    }

    /// All that have a value, in their order.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.0.iter().filter(|(_, value)| !value.is_empty());
        pairs.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The last value of a name that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// All values of a name; each may be a list with commas, as the SDKs send them (contract 4).
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// All values of a name that are not empty, as they are: they may hold commas.
    pub(crate) fn each(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(key, value)| key == name && !value.trim().is_empty())
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// `true` or `false` in any case; `false` when absent.
    ///
    /// # Errors
    /// 400 for anything else.
    pub(crate) fn flag(&self, name: &str) -> Result<bool, ApiError> {
        match self.get(name) {
            None => Ok(false),
            Some(text) if text.eq_ignore_ascii_case("true") => Ok(true),
            Some(text) if text.eq_ignore_ascii_case("false") => Ok(false),
            Some(text) => Err(ApiError::invalid_parameter(text, name, "true, false")),
        }
    }

    /// A whole number.
    ///
    /// # Errors
    /// 400 for anything else.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, ApiError> {
        // An empty one is an error here: nobody means "any page" by it.
        let Some((_, value)) = self.0.iter().rev().find(|(key, _)| key == name) else {
            return Ok(None);
        };
        value
            .parse()
            .map(Some)
            .map_err(|_| ApiError::invalid_parameter(value, name, "whole numbers"))
    }

    /// A whole number in a range.
    ///
    /// # Errors
    /// 400 for anything else.
    pub(crate) fn within(
        &self,
        name: &str,
        range: RangeInclusive<usize>,
    ) -> Result<Option<usize>, ApiError> {
        let Some(number) = self.number(name)? else {
            return Ok(None);
        };
        match usize::try_from(number) {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            _ => Err(ApiError::constraint(format!(
                "{name} must be {} to {}, not {number}",
                range.start(),
                range.end()
            ))),
        }
    }
}

/// A link with these parameters, in their order; those without a value are left out.
pub(crate) fn link<'v>(
    path: &str,
    parameters: impl IntoIterator<Item = (&'v str, Option<String>)>,
) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, &value);
        }
    }
    let query = query.finish();
    if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

/// A text as a part of the path of a link.
pub(crate) fn in_path(text: &str) -> String {
    let mut path = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~'@".contains(&byte) {
            path.push(char::from(byte));
        } else {
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_come_repeated_or_with_commas() {
        let asked = Parameters::parse(b"id=a,b&id=c&id=&pageSize=3&state=&x=%2C");
        assert_eq!(asked.list("id"), ["a", "b", "c"]);
        assert_eq!(asked.get("state"), None);
        assert_eq!(asked.number("pageSize"), Ok(Some(3)));
        assert_eq!(asked.number("pageNumber"), Ok(None));
        assert!(Parameters::parse(b"pageSize=").number("pageSize").is_err());
        assert!(
            Parameters::parse(b"pageSize=1e3")
                .number("pageSize")
                .is_err()
        );
    }

    #[test]
    fn what_is_said_counts_before_what_is_usual() {
        let asked = Parameters::parse(b"by=&from=1").otherwise("by", "a");
        let asked = asked.otherwise("from", "2").otherwise("by", "b");
        assert_eq!((asked.get("by"), asked.get("from")), (Some("a"), Some("1")));
    }

    #[test]
    fn a_link_holds_what_has_a_value() {
        let made = link("/x", [("a", Some("1 &".to_owned())), ("b", None)]);
        assert_eq!(made, "/x?a=1+%26");
        assert_eq!(link("/x", [("b", None)]), "/x");
        assert_eq!(in_path("a/b c'é?"), "a%2Fb%20c'%C3%A9%3F");
    }
}
