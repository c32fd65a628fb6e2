//! A user: the document as upstream sent it, and the few attributes that reports ask for.

use std::borrow::Cow;

use serde::Deserialize;

/// The attributes of a user that the store keeps as columns and reports group by. They are a view
/// over the document; the document stays the truth.
///
/// Absent, `null` and wrongly typed optional values all read as `None`, so that one odd user never
/// stops a sync; only an unusable `id` does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes<'a> {
    /// Unique id, a UUID at Genesys; kept exactly as sent.
    pub id: Cow<'a, str>,
    /// `active`, `inactive` or `deleted`; empty when upstream sent none.
    pub state: Cow<'a, str>,
    /// Display name.
    pub name: Option<Cow<'a, str>>,
    /// Primary e-mail.
    pub email: Option<Cow<'a, str>>,
    /// Login name, normally the e-mail.
    pub username: Option<Cow<'a, str>>,
    /// Preferred full name.
    pub preferred_name: Option<Cow<'a, str>>,
    /// Department, free text.
    pub department: Option<Cow<'a, str>>,
    /// Job title.
    pub title: Option<Cow<'a, str>>,
    /// `division.id`.
    pub division_id: Option<Cow<'a, str>>,
    /// `division.name`; may be an empty string upstream.
    pub division_name: Option<Cow<'a, str>>,
    /// `manager.id`.
    pub manager_id: Option<Cow<'a, str>>,
    /// Optimistic-lock counter; a higher one is newer.
    pub version: Option<i64>,
}

/// Why a document is not a user.
#[derive(Debug, thiserror::Error)]
pub enum UserError {
    /// Not JSON.
    #[error("a user is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// JSON, but not an object.
    #[error("a user is not a JSON object")]
    NotAnObject,
    /// No `id`, or one that is empty, has U+0000 in it or is not a string.
    #[error("a user has no id")]
    NoId,
}

impl<'a> Attributes<'a> {
    /// Reads the attributes out of one user document, borrowing from it wherever no escape has to
    /// be resolved.
    ///
    /// # Errors
    /// [`UserError`] when `document` is not a JSON object or carries no usable `id`.
    pub fn parse(document: &'a str) -> Result<Self, UserError> {
        if !document.trim_start().starts_with('{') {
            return Err(UserError::NotAnObject);
        }
        let wire: WireUser<'a> = serde_json::from_str(document).map_err(UserError::NotJson)?;
        let id = wire
            .id
            .0
            // No id has U+0000 in it, and not every store could tell it from one without.
            .filter(|id| !id.is_empty() && !id.contains('\0'))
            .ok_or(UserError::NoId)?;
        Ok(Self {
            id,
            state: wire.state.0.unwrap_or_default(),
            name: wire.name.0,
            email: wire.email.0,
            username: wire.username.0,
            preferred_name: wire.preferred_name.0,
            department: wire.department.0,
            title: wire.title.0,
            division_id: wire.division.id,
            division_name: wire.division.name,
            manager_id: wire.manager.id,
            version: wire.version.0,
        })
    }

    /// The same attributes, owning their text.
    #[must_use]
    pub fn into_owned(self) -> Attributes<'static> {
        fn own(text: Option<Cow<'_, str>>) -> Option<Cow<'static, str>> {
            text.map(|text| Cow::Owned(text.into_owned()))
        }
        Attributes {
            id: Cow::Owned(self.id.into_owned()),
            state: Cow::Owned(self.state.into_owned()),
            name: own(self.name),
            email: own(self.email),
            username: own(self.username),
            preferred_name: own(self.preferred_name),
            department: own(self.department),
            title: own(self.title),
            division_id: own(self.division_id),
            division_name: own(self.division_name),
            manager_id: own(self.manager_id),
            version: self.version,
        }
    }
}

/// The members of a user that [`Attributes`] shows; all others are skipped unread.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUser<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    state: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    email: Text<'a>,
    #[serde(borrow, default)]
    username: Text<'a>,
    #[serde(borrow, default)]
    preferred_name: Text<'a>,
    #[serde(borrow, default)]
    department: Text<'a>,
    #[serde(borrow, default)]
    title: Text<'a>,
    #[serde(borrow, default)]
    division: Reference<'a>,
    #[serde(borrow, default)]
    manager: Reference<'a>,
    #[serde(default)]
    version: Counter,
}

/// A string, or `None` for whatever else stands there.
#[derive(Default)]
struct Text<'a>(Option<Cow<'a, str>>);

/// `{id, name}`, or nothing for whatever else stands there.
#[derive(Default)]
struct Reference<'a> {
    id: Option<Cow<'a, str>>,
    name: Option<Cow<'a, str>>,
}

/// A whole number, or one written as a string (the older sample of contract 1.1 does that).
#[derive(Default)]
struct Counter(Option<i64>);

mod lenient {
    //! Visitors that turn any JSON value into something, so that reading never fails on a type.

    use std::{borrow::Cow, fmt};

    use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

    use super::{Counter, Reference, Text};

    macro_rules! ignore_scalars {
        ($value:expr; $($method:ident: $type:ty),*) => {
            $(fn $method<E>(self, _: $type) -> Result<Self::Value, E> { Ok($value) })*
        };
    }

    struct TextVisitor;

    impl<'de> Visitor<'de> for TextVisitor {
        type Value = Text<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }
        fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
            Ok(Text(Some(Cow::Borrowed(text))))
        }
        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Text(Some(Cow::Owned(text.to_owned()))))
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Text(None))
        }
        ignore_scalars!(Text(None); visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Text(None))
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Text(None))
        }
    }

    impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(TextVisitor)
        }
    }

    struct ReferenceVisitor;

    impl<'de> Visitor<'de> for ReferenceVisitor {
        type Value = Reference<'de>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok(Reference::default())
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Reference::default())
        }
        ignore_scalars!(Reference::default(); visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64);
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Reference::default())
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut reference = Reference::default();
            while let Some(key) = map.next_key::<Text<'de>>()? {
                match key.0.as_deref() {
                    Some("id") => reference.id = map.next_value::<Text<'de>>()?.0,
                    Some("name") => reference.name = map.next_value::<Text<'de>>()?.0,
                    _ => {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
            }
            Ok(reference)
        }
    }

    impl<'de: 'a, 'a> Deserialize<'de> for Reference<'a> {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(ReferenceVisitor)
        }
    }

    struct CounterVisitor;

    impl<'de> Visitor<'de> for CounterVisitor {
        type Value = Counter;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any value")
        }
        fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
            Ok(Counter(Some(number)))
        }
        fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
            Ok(Counter(i64::try_from(number).ok()))
        }
        fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
            Ok(Counter(text.parse().ok()))
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Counter(None))
        }
        ignore_scalars!(Counter(None); visit_bool: bool, visit_f64: f64);
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Counter(None))
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Counter(None))
        }
    }

    impl<'de> Deserialize<'de> for Counter {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(CounterVisitor)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_reports_ask_for_and_borrows_it() {
        let document = r#"{"id":"7","name":"Jane \"J\" Doe","division":{"id":"d","name":""},
            "department":"Support","state":"active","manager":{"id":"m"},"version":10}"#;
        let user = Attributes::parse(document).unwrap();
        assert_eq!(user.name.as_deref(), Some("Jane \"J\" Doe"));
        assert_eq!(user.division_name.as_deref(), Some(""));
        assert_eq!(user.manager_id.as_deref(), Some("m"));
        assert_eq!(user.version, Some(10));
        assert!(matches!(user.department, Some(Cow::Borrowed("Support"))));
    }

    #[test]
    fn odd_types_never_stop_a_read() {
        let document = r#"{"id":"7","name":5,"email":null,"department":["a"],"title":{"x":1},
            "division":"Home","manager":[1],"state":true,"version":"12"}"#;
        let user = Attributes::parse(document).unwrap();
        assert_eq!(
            user,
            Attributes {
                id: "7".into(),
                version: Some(12),
                ..Attributes::default()
            }
        );
    }

    #[test]
    fn a_user_without_id_is_refused() {
        for document in [
            r#"{"name":"x"}"#,
            r#"{"id":""}"#,
            r#"{"id":null}"#,
            r#"{"id":4}"#,
            r#"{"id":"a\u0000"}"#,
        ] {
            assert!(
                matches!(Attributes::parse(document), Err(UserError::NoId)),
                "{document}"
            );
        }
        assert!(matches!(
            Attributes::parse("[]"),
            Err(UserError::NotAnObject)
        ));
    }
}
