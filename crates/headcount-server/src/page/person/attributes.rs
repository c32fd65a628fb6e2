//! Everything that a document tells of somebody, as a list to read.

use headcount_core::{
    field::{Column, Field, Kind},
    roster::View,
};
use serde_json::Value;

use crate::page::{
    locale::Locale,
    texts::{brief_to, person_path, size, told_time},
    visit::visible,
};

/// Values of one attribute at most.
const MOST_VALUES: usize = 100;
/// To how many characters a text is cut that does not fit any more.
const CUT: usize = 200;
/// Bytes of the markup around a value, about.
const AROUND: usize = 40;

/// An attribute, by its dotted path.
pub(super) struct Attribute {
    pub(super) path: String,
    pub(super) values: Vec<Told>,
    /// Values that are left out.
    pub(super) rest: usize,
}

/// A value.
pub(super) struct Told {
    pub(super) text: String,
    /// Whose view it leads to.
    pub(super) href: Option<String>,
}

/// How values are told: names of managers are those in sight.
#[derive(Clone, Copy)]
pub(super) struct Teller<'v> {
    pub(super) view: View<'v>,
    pub(super) locale: &'v Locale,
    pub(super) as_of: Option<&'v str>,
}

impl Teller<'_> {
    /// A value at a path; none where there is nothing to read.
    pub(super) fn tell(self, path: &str, value: &Value) -> Option<Told> {
        let text = match value {
            Value::Null => return None,
            Value::Bool(flag) => if *flag { "yes" } else { "no" }.to_owned(),
            Value::String(text) if text.trim().is_empty() => return None,
            Value::String(text) => match path {
                "manager.id" => return Some(self.person(text)),
                path => self.text(path, text),
            },
            Value::Array(values) if values.is_empty() => return None,
            Value::Object(members) if members.is_empty() => return None,
            Value::Array(values) => {
                let texts = values.iter().filter_map(|value| self.tell(path, value));
                texts.map(|told| told.text).collect::<Vec<_>>().join("; ")
            }
            Value::Object(members) => {
                let mut texts = Vec::new();
                for (name, value) in members {
                    let told = self.tell(&format!("{path}.{name}"), value);
                    texts.extend(told.map(|told| format!("{name}: {}", told.text)));
                }
                texts.join(", ")
            }
            Value::Number(number) => number.to_string(),
        };
        let is_empty = text.is_empty();
        (!is_empty).then_some(Told { text, href: None })
    }

    /// Somebody of whom the id is known: by name, where in sight.
    pub(super) fn person(self, id: &str) -> Told {
        let Some(row) = self.view.row_of(id) else {
            return Told {
                text: id.to_owned(),
                href: None,
            };
        };
        let value = |column| self.view.roster().value(row, column);
        Told {
            text: visible(value(Column::Name), id).to_owned(),
            href: value(Column::Id).map(|id| person_path(id, self.as_of)),
        }
    }

    fn text(self, path: &str, text: &str) -> String {
        let is_date = Field::parse(path).is_ok_and(|field| field.kind() == Kind::Date);
        match is_date {
            true => told_time(text, self.locale).into_owned(),
            false => text.to_owned(),
        }
    }

    /// All attributes of a document by path, texts whole as long as they fit in so many bytes.
    pub(super) fn attributes(self, document: &str, bytes: usize) -> Vec<Attribute> {
        let mut all = Vec::new();
        if let Ok(document) = serde_json::from_str::<Value>(document) {
            self.add("", &document, &mut all);
        }
        let mut left = bytes;
        for attribute in &mut all {
            for told in &mut attribute.values {
                if size(&told.text) > left {
                    told.text = brief_to(&told.text, CUT).into_owned();
                }
                left = left.saturating_sub(size(&told.text) + AROUND);
            }
            left = left.saturating_sub(size(&attribute.path));
        }
        all
    }

    fn add(self, path: &str, value: &Value, all: &mut Vec<Attribute>) {
        let values: &[Value] = match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match path.is_empty() {
                        true => self.add(name, value, all),
                        false => self.add(&format!("{path}.{name}"), value, all),
                    }
                }
                return;
            }
            Value::Array(values) => values,
            value => std::slice::from_ref(value),
        };
        let told = values.iter().filter_map(|value| self.tell(path, value));
        let told: Vec<Told> = told.take(MOST_VALUES).collect();
        if !told.is_empty() {
            all.push(Attribute {
                path: brief_to(path, CUT).into_owned(),
                rest: values.len().saturating_sub(MOST_VALUES),
                values: told,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use headcount_core::{
        field::Projection,
        roster::{Roster, RosterBuilder},
        user::Attributes,
    };
    use jiff::tz::TimeZone;

    use super::*;

    const DOCUMENT: &str = r#"{
        "id": "b", "name": "Bob", "title": " ", "acdAutoAnswer": true, "version": 7,
        "manager": {"id": "A"}, "employerInfo": {"dateHire": "2020-02-29", "employeeId": "2020-02-29"},
        "addresses": [{"address": "+49 1", "type": "WORK", "extension": null}, {"address": "2"}],
        "skills": [], "nothing": null, "profileSkills": ["x", "y"], "deep": {"er": [[1], {}]}
    }"#;

    fn roster() -> Roster {
        let mut builder = RosterBuilder::new(Projection::all());
        for text in [r#"{"id":"a","name":"Ann"}"#, DOCUMENT] {
            builder.push(&Attributes::parse(text).unwrap(), Some(text));
        }
        builder.finish()
    }

    #[test]
    fn a_document_is_told_by_path() {
        let (roster, locale) = (roster(), Locale::new(Some("de"), None, TimeZone::UTC, 0));
        let teller = Teller {
            view: roster.view(None),
            locale: &locale,
            as_of: None,
        };
        let all = teller.attributes(DOCUMENT, 10_000).into_iter();
        let told: Vec<String> = all
            .map(|attribute| {
                let values = attribute.values.into_iter();
                let values = values.map(|told| match told.href {
                    Some(href) => format!("{} at {href}", told.text),
                    None => told.text,
                });
                format!(
                    "{} = {}",
                    attribute.path,
                    values.collect::<Vec<_>>().join(" | ")
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "acdAutoAnswer = yes",
                "addresses = address: +49 1, type: WORK | address: 2",
                "deep.er = 1",
                "employerInfo.dateHire = 29.02.2020",
                "employerInfo.employeeId = 2020-02-29",
                "id = b",
                "manager.id = Ann at /people/a",
                "name = Bob",
                "profileSkills = x | y",
                "version = 7",
            ]
        );
    }

    #[test]
    fn what_does_not_fit_is_cut() {
        let roster = roster();
        let locale = Locale::new(None, None, TimeZone::UTC, 0);
        let teller = Teller {
            view: roster.view(None),
            locale: &locale,
            as_of: None,
        };
        let long = "\"".repeat(5_000);
        let document = serde_json::json!({"a": long, "b": long, "c": "short"}).to_string();
        let lengths = |bytes| {
            let all = teller.attributes(&document, bytes).into_iter();
            all.map(|attribute| attribute.values[0].text.chars().count())
                .collect::<Vec<_>>()
        };
        assert_eq!(lengths(60_000), [5_000, 5_000, 5]);
        assert_eq!(lengths(30_000), [5_000, 201, 5]);
    }
}
