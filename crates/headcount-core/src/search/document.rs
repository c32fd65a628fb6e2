//! One user as a search sees it: for every field, its values.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::text::is_blank;
use crate::{
    field::{Column, Field},
    user::{Attributes, UserError},
};

/// Whatever can tell the values of a user's fields.
pub trait FieldValues {
    /// Calls `each` with every value of `field` that is not blank, in the order of the document,
    /// until it returns `true`; says whether it did.
    fn any_value(&self, field: Field, each: &mut dyn FnMut(&str) -> bool) -> bool;
}

/// One user document, read field by field as a search needs it.
pub struct DocumentView<'a> {
    document: &'a str,
    attributes: Attributes<'a>,
    manager: [Option<Cow<'a, str>>; 2],
}

impl<'a> DocumentView<'a> {
    /// The view over a user document.
    ///
    /// # Errors
    /// [`UserError`] when it is no user.
    pub fn parse(document: &'a str) -> Result<Self, UserError> {
        Ok(Self {
            document,
            attributes: Attributes::parse(document)?,
            manager: [None, None],
        })
    }

    /// The same view knowing the name and e-mail of the user's manager, which stand in another
    /// document (`manager.name`, `manager.email`).
    #[must_use]
    pub fn with_manager(mut self, manager: &Attributes<'a>) -> Self {
        self.manager = [manager.name.clone(), manager.email.clone()];
        self
    }

    /// The attributes of the document.
    #[must_use]
    pub fn attributes(&self) -> &Attributes<'a> {
        &self.attributes
    }
}

impl FieldValues for DocumentView<'_> {
    fn any_value(&self, field: Field, each: &mut dyn FnMut(&str) -> bool) -> bool {
        if let Some(column) = field.column() {
            return column_value(&self.attributes, column)
                .filter(|value| !is_blank(value))
                .is_some_and(|value| each(&value));
        }
        if field.is_looked_up() {
            return self.manager[usize::from(field == Field::MANAGER_EMAIL)]
                .as_deref()
                .filter(|value| !is_blank(value))
                .is_some_and(each);
        }
        any_value_at(self.document, field, each)
    }
}

/// The text of a column, or nothing.
pub(crate) fn column_value<'s>(
    attributes: &'s Attributes<'_>,
    column: Column,
) -> Option<Cow<'s, str>> {
    let text = match column {
        Column::Id => Some(&attributes.id),
        Column::State => Some(&attributes.state),
        Column::Name => attributes.name.as_ref(),
        Column::Email => attributes.email.as_ref(),
        Column::Username => attributes.username.as_ref(),
        Column::PreferredName => attributes.preferred_name.as_ref(),
        Column::Department => attributes.department.as_ref(),
        Column::Title => attributes.title.as_ref(),
        Column::DivisionId => attributes.division_id.as_ref(),
        Column::DivisionName => attributes.division_name.as_ref(),
        Column::ManagerId => attributes.manager_id.as_ref(),
        Column::Version => return attributes.version.map(|version| version.to_string().into()),
    };
    text.map(|text| Cow::Borrowed(&**text))
}

/// Calls `each` with every value at the path of `field` in the document; arrays on the way have
/// several. Strings stand for themselves, numbers and booleans for their JSON text; objects and
/// `null` are no values. A document that is not JSON has none.
pub(crate) fn any_value_at(
    document: &str,
    field: Field,
    each: &mut dyn FnMut(&str) -> bool,
) -> bool {
    let path: Vec<&str> = field.path().split('.').collect();
    let mut found = false;
    let seed = Walk {
        path: &path,
        found: &mut found,
        each,
    };
    // An error can only mean a document cut short; what was found before it stays found.
    let _ = seed.deserialize(&mut serde_json::Deserializer::from_str(document));
    found
}

/// Walks one value of the document along the rest of the path, skipping everything else unread.
struct Walk<'w> {
    path: &'w [&'w str],
    found: &'w mut bool,
    each: &'w mut dyn FnMut(&str) -> bool,
}

impl Walk<'_> {
    fn value(self, text: &str) {
        if self.path.is_empty() && !*self.found && !is_blank(text) {
            *self.found = (self.each)(text);
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any value")
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.value(text);
        Ok(())
    }
    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.value(if value { "true" } else { "false" });
        Ok(())
    }
    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.value(&value.to_string());
        Ok(())
    }
    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.value(&value.to_string());
        Ok(())
    }
    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.value(&serde_json::Value::from(value).to_string());
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq
            .next_element_seed(Walk {
                path: self.path,
                found: &mut *self.found,
                each: &mut *self.each,
            })?
            .is_some()
        {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.path.split_first() else {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == *first {
                map.next_value_seed(Walk {
                    path: rest,
                    found: &mut *self.found,
                    each: &mut *self.each,
                })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}
