//! `--division`: from what a person writes to the ids that are kept.

use std::collections::{BTreeMap, BTreeSet};

use headcount_core::field::{Column, Projection};
use headcount_store::{Store, StoreError};

use crate::error::{Exit, Failure, nearest};

/// Ids of the divisions asked for. A text that is an id in the last snapshot means that division,
/// any other one all divisions of that name, in any case. Ids are kept, since names change hands.
pub(super) fn resolve(
    store: &dyn Store,
    org: &str,
    asked: &[String],
) -> anyhow::Result<Vec<String>> {
    let known = match Known::read(store, org) {
        Err(StoreError::NoSnapshot { .. }) => None,
        known => Some(known?),
    };
    let mut ids = BTreeSet::new();
    for text in asked {
        let text = text.trim();
        match &known {
            Some(known) => ids.extend(known.find(text)?),
            None if is_uuid(text) => {
                ids.insert(text.to_lowercase());
            }
            None => return Err(unknown_yet(text).into()),
        }
    }
    Ok(ids.into_iter().collect())
}

/// The divisions in which the last snapshot has users.
#[derive(Debug, Default)]
struct Known {
    /// Each id as upstream writes it, with its lower-cased form.
    ids: BTreeMap<String, String>,
    /// Ids by lower-cased name.
    by_name: BTreeMap<String, BTreeSet<String>>,
    /// Names as upstream writes them.
    names: BTreeSet<String>,
}

impl Known {
    fn read(store: &dyn Store, org: &str) -> Result<Self, StoreError> {
        let want = Projection::none()
            .with(Column::DivisionId)
            .with(Column::DivisionName);
        let mut known = Self::default();
        store.read(org, None, &want, &mut |user, _| {
            if let Some(id) = user.division_id.as_deref() {
                known.add(id, user.division_name.as_deref().unwrap_or_default());
            }
        })?;
        Ok(known)
    }

    fn add(&mut self, id: &str, name: &str) {
        if id.trim().is_empty() {
            return;
        }
        if !self.ids.contains_key(id) {
            self.ids.insert(id.to_owned(), id.to_lowercase());
        }
        let name = name.trim();
        if name.is_empty() {
            return;
        }
        // Most users are in a division met before.
        let lower = name.to_lowercase();
        let ids = self.by_name.entry(lower).or_default();
        if !ids.contains(id) {
            ids.insert(id.to_owned());
            self.names.insert(name.to_owned());
        }
    }

    fn find(&self, text: &str) -> Result<Vec<String>, Failure> {
        let lower = text.to_lowercase();
        let by_id: Vec<String> = self
            .ids
            .iter()
            .filter(|(_, known)| **known == lower)
            .map(|(id, _)| id.clone())
            .collect();
        if !by_id.is_empty() {
            return Ok(by_id);
        }
        match self.by_name.get(&lower) {
            Some(ids) => Ok(ids.iter().cloned().collect()),
            None => Err(self.unknown(text)),
        }
    }

    fn unknown(&self, text: &str) -> Failure {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let message = format!("the last snapshot has no division `{text}`");
        Failure::new(Exit::Usage, message).hint(if names.is_empty() {
            "no division in it has a name; name one by its id".to_owned()
        } else {
            nearest::hint(text, &names, "divisions")
        })
    }
}

fn unknown_yet(text: &str) -> Failure {
    let message = format!("`{text}` is no id, and no snapshot tells the names of divisions yet");
    Failure::new(Exit::Usage, message)
        .hint("run `headcount sync` first, or name the division by its id")
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12])
        && text
            .bytes()
            .all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let mut known = Known::default();
        for (id, name) in [
            ("a1", "Home"),
            ("a1", "Home"),
            ("b2", "Sales"),
            ("c3", " sales"),
            ("d4", ""),
            ("Home", "Odd"),
            ("", "Nowhere"),
        ] {
            known.add(id, name);
        }
        known
    }

    #[test]
    fn an_id_first_else_every_division_of_the_name() {
        let known = known();
        let find = |text: &str| known.find(text).unwrap();
        assert_eq!(find("A1"), ["a1"]);
        assert_eq!(find("SALES"), ["b2", "c3"]);
        assert_eq!(find("d4"), ["d4"]);
        assert_eq!(find("home"), ["Home"], "an id beats a name");
        assert_eq!(find("odd"), ["Home"]);
    }

    #[test]
    fn blank_and_unknown_ones_are_refused() {
        let known = known();
        for text in ["", "Nowhere", "Sale"] {
            assert!(known.find(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_id_has_its_shape() {
        assert!(is_uuid("3F0a1c7e-0000-4000-8000-000000000001"));
        for text in [
            "",
            "Home",
            "3f0a1c7e-0000-4000-8000-00000000000g",
            "3f0a1c7e000040008000000000000001",
        ] {
            assert!(!is_uuid(text), "{text}");
        }
    }
}
