//! What of a user tells who somebody is, and how it may leave.
//!
//! Exports and feeds carry it whole, as digests that still tell people apart, or not at all
//! ([`Veil`]). Whoever is forgotten loses it in every version ([`erased`]), and in the documents of
//! others ([`erased_from`]). What reports split by stays: id, state, title, department, division,
//! the manager's id, team, groups, sites, skills.

use std::{borrow::Cow, fmt, str::FromStr};

use ring::hmac;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    change::NotADocument,
    field::Column,
    members::{Members, Object},
};

/// Top-level members that say nothing of who somebody is. All others go, so that a member which
/// upstream adds later is not given away by mistake. Names as in the SDK model `User`.
const IMPERSONAL: [&str; 23] = [
    "id",
    "state",
    "title",
    "department",
    "division",
    "manager",
    "version",
    "team",
    "groups",
    "locations",
    "skills",
    "languages",
    "profileSkills",
    "certifications",
    "authorization",
    "workPlanBidRanks",
    "acdAutoAnswer",
    "routingStatus",
    "conversationSummary",
    "dateLastLogin",
    "lastTokenIssued",
    "dateWelcomeSent",
    "selfUri",
];

/// Members that personal values are digested of, where digests are asked for; the other personal
/// members go.
const DIGESTED: [&str; 4] = ["name", "email", "username", "preferredName"];

/// Members of groups, sites and teams that speak of people.
const OF_OTHERS: [&str; 8] = [
    "owners",
    "contactUser",
    "emergencyNumber",
    "addresses",
    "email",
    "images",
    "profileImage",
    "notes",
];

/// Whether a column holds what tells who somebody is.
#[must_use]
pub fn is_personal(column: Column) -> bool {
    matches!(
        column,
        Column::Name | Column::Email | Column::Username | Column::PreferredName
    )
}

/// How much of it an export or feed carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Personal {
    /// Nothing.
    None,
    /// Digests under a key of the store: equal values are equal, and nobody without the key can
    /// tell or test what they were.
    Hashed,
    /// Everything.
    #[default]
    Full,
}

impl Personal {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::None, Self::Hashed, Self::Full];

    /// `none`, `hashed` or `full`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Hashed => "hashed",
            Self::Full => "full",
        }
    }
}

/// A text that names no [`Personal`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of none, hashed and full")]
pub struct UnknownPersonal(String);

impl FromStr for Personal {
    type Err = UnknownPersonal;

    fn from_str(text: &str) -> Result<Self, UnknownPersonal> {
        let found = Self::ALL.into_iter().find(|one| one.name() == text);
        found.ok_or_else(|| UnknownPersonal(text.to_owned()))
    }
}

/// Lets personal values through, whole, as digests or not at all.
#[derive(Clone)]
pub struct Veil {
    personal: Personal,
    key: hmac::Key,
}

impl fmt::Debug for Veil {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Veil")
            .field("personal", &self.personal)
            .finish_non_exhaustive()
    }
}

impl Veil {
    /// A veil with digests under a key that follows from `key`, the one that a store signs tokens
    /// with: the same values have the same digests in every export of a store.
    #[must_use]
    pub fn new(personal: Personal, key: &[u8; 32]) -> Self {
        let own = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, key),
            b"headcount personal values",
        );
        Self {
            personal,
            key: hmac::Key::new(hmac::HMAC_SHA256, own.as_ref()),
        }
    }

    /// What is let through.
    #[must_use]
    pub fn personal(&self) -> Personal {
        self.personal
    }

    /// A personal value as it may leave: as it is, as 32 hexadecimal digits, or not at all.
    #[must_use]
    pub fn text<'v>(&self, value: &'v str) -> Option<Cow<'v, str>> {
        match self.personal {
            Personal::None => None,
            Personal::Full => Some(Cow::Borrowed(value)),
            // An empty one tells nothing.
            Personal::Hashed if value.is_empty() => Some(Cow::Borrowed(value)),
            Personal::Hashed => {
                let digest = hmac::sign(&self.key, value.as_bytes());
                let digits = digest.as_ref()[..16].iter();
                Some(Cow::Owned(
                    digits.map(|byte| format!("{byte:02x}")).collect(),
                ))
            }
        }
    }

    /// A document as it may leave. Members that stay keep their order, and their bytes where nothing
    /// in them has to go.
    ///
    /// # Errors
    /// [`NotADocument`] when `document` is not a JSON object.
    pub fn document<'d>(&self, document: &'d str) -> Result<Cow<'d, str>, NotADocument> {
        if self.personal == Personal::Full {
            return Ok(Cow::Borrowed(document));
        }
        let mut object = Object::with_capacity(document.len());
        for (key, raw) in Members::of(document)?.iter() {
            if IMPERSONAL.contains(&key) {
                match self.reduced(key, raw.get())? {
                    Some(value) => object.push(key, &value),
                    None => object.push(key, raw.get()),
                }
            } else if DIGESTED.contains(&key)
                && let Ok(text) = serde_json::from_str::<String>(raw.get())
                && let Some(text) = self.text(&text)
            {
                object.push(key, &Value::from(text).to_string());
            }
        }
        Ok(Cow::Owned(object.finish()))
    }

    /// A member that stays, without what it tells of other people; `None` where that is nothing.
    fn reduced(&self, key: &str, json: &str) -> Result<Option<String>, NotADocument> {
        // Most members are plain values or have nothing of the kind.
        if !json.starts_with(['{', '[']) {
            return Ok(None);
        }
        let mut value: Value = serde_json::from_str(json).map_err(NotADocument)?;
        let changed = match (key, &mut value) {
            ("manager", Value::Object(manager)) => self.reduce_user(manager),
            (_, value) => drop_others(value),
        };
        Ok(changed.then(|| value.to_string()))
    }

    /// Leaves of a nested user the id, and digests where they are asked for.
    fn reduce_user(&self, user: &mut Map<String, Value>) -> bool {
        let before = user.len();
        let mut digested = false;
        user.retain(|key, value| {
            if key == "id" || key == "selfUri" {
                return true;
            }
            let text = value.as_str().filter(|_| DIGESTED.contains(&key.as_str()));
            match text.and_then(|text| self.text(text)) {
                Some(digest) => {
                    *value = Value::from(digest.into_owned());
                    digested = true;
                    true
                }
                None => false,
            }
        });
        digested || user.len() != before
    }
}

/// Drops what groups, sites and teams tell of people, at any depth.
fn drop_others(value: &mut Value) -> bool {
    match value {
        Value::Array(values) => values
            .iter_mut()
            .fold(false, |changed, value| drop_others(value) | changed),
        Value::Object(members) => {
            let before = members.len();
            members.retain(|key, _| !OF_OTHERS.contains(&key.as_str()));
            let dropped = members.len() != before;
            members
                .values_mut()
                .fold(dropped, |changed, value| drop_others(value) | changed)
        }
        _ => false,
    }
}

/// The document of a user who is forgotten: what tells who it was is gone, the rest stays.
///
/// # Errors
/// [`NotADocument`] when `document` is not a JSON object.
pub fn erased(document: &str) -> Result<String, NotADocument> {
    Veil::new(Personal::None, &[0; 32])
        .document(document)
        .map(Cow::into_owned)
}

/// The document of somebody else without what it tells of the user `id` beside the id, such as a
/// manager's name; `None` where it tells nothing.
///
/// # Errors
/// [`NotADocument`] when `document` is not a JSON object.
pub fn erased_from(document: &str, id: &str) -> Result<Option<String>, NotADocument> {
    if !may_name(document, id) {
        return Ok(None);
    }
    let mut object = Object::with_capacity(document.len());
    let mut changed = false;
    for (key, raw) in Members::of(document)?.iter() {
        if !raw.get().starts_with(['{', '[']) || !may_name(raw.get(), id) {
            object.push(key, raw.get());
            continue;
        }
        let mut value: Value = serde_json::from_str(raw.get()).map_err(NotADocument)?;
        if reduce_named(&mut value, id) {
            changed = true;
            object.push(key, &value.to_string());
        } else {
            object.push(key, raw.get());
        }
    }
    Ok(changed.then(|| object.finish()))
}

/// Whether an id can stand in a text of JSON: written out, or with escapes.
fn may_name(json: &str, id: &str) -> bool {
    memchr::memmem::find(json.as_bytes(), id.as_bytes()).is_some() || json.contains('\\')
}

/// Leaves of nested users of this id the id alone.
fn reduce_named(value: &mut Value, id: &str) -> bool {
    match value {
        Value::Array(values) => values
            .iter_mut()
            .fold(false, |changed, value| reduce_named(value, id) | changed),
        Value::Object(members) if members.get("id").and_then(Value::as_str) == Some(id) => {
            let before = members.len();
            members.retain(|key, _| key == "id" || key == "selfUri");
            members.len() != before
        }
        Value::Object(members) => members
            .values_mut()
            .fold(false, |changed, value| reduce_named(value, id) | changed),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: &str = r#"{"id":"a1","name":"Ann Example","email":"ann@example.com","state":"active",
"title":"Agent","chat":{"jabberId":"x"},"addresses":[{"address":"+4912345"}],"pronouns":"she",
"manager":{"id":"m1","name":"Max Boss","selfUri":"/m1"},"images":[{"imageUri":"u"}],
"groups":[{"id":"g1","name":"Gold","owners":[{"id":"m1","name":"Max Boss"}]}],
"division":{"id": "d", "name":"Ann Street"},"username":"ann","biography":{"spouse":"Bo"}}"#;

    const NOTHING: &str = r#"{"id":"a1","state":"active","title":"Agent","manager":{"id":"m1","selfUri":"/m1"},"groups":[{"id":"g1","name":"Gold"}],"division":{"id": "d", "name":"Ann Street"}}"#;

    fn veil(personal: Personal) -> Veil {
        Veil::new(personal, &[7; 32])
    }

    #[test]
    fn what_reports_need_stays_and_nothing_else() {
        assert_eq!(veil(Personal::None).document(ANN).unwrap(), NOTHING);
        assert_eq!(erased(ANN).unwrap(), NOTHING);
        assert_eq!(
            erased(NOTHING).unwrap(),
            NOTHING,
            "what is erased stays as it is"
        );
        assert_eq!(veil(Personal::Full).document(ANN).unwrap(), ANN);
    }

    #[test]
    fn digests_tell_people_apart_and_nothing_of_them() {
        let hashed = veil(Personal::Hashed);
        let document = hashed.document(ANN).unwrap();
        for personal in [
            "Example",
            "Boss",
            "example.com",
            "+49",
            "spouse",
            "pronouns",
        ] {
            assert!(!document.contains(personal), "{personal}: {document}");
        }
        let document: Value = serde_json::from_str(&document).unwrap();
        let digest = hashed.text("Ann Example").unwrap();
        assert_eq!(document["name"], *digest);
        assert_eq!(
            document["manager"]["name"],
            *hashed.text("Max Boss").unwrap()
        );
        assert_eq!((digest.len(), hashed.text("").unwrap().len()), (32, 0));
        assert_ne!(digest, hashed.text("Ann example").unwrap());
        let other = Veil::new(Personal::Hashed, &[8; 32]);
        assert_ne!(digest, other.text("Ann Example").unwrap());
        assert_eq!(veil(Personal::None).text("Ann"), None);
    }

    #[test]
    fn others_keep_their_documents_but_for_the_name() {
        let without = erased_from(ANN, "m1").unwrap().unwrap();
        assert!(!without.contains("Boss"), "{without}");
        assert!(without.contains("Ann Example") && without.contains(r#""id": "d""#));
        let manager = r#""manager":{"id":"m1","selfUri":"/m1"}"#;
        assert!(without.contains(manager), "{without}");
        assert_eq!(erased_from(&without, "m1").unwrap(), None);
        assert_eq!(erased_from(ANN, "m2").unwrap(), None);
        let escaped = r#"{"id":"x","manager":{"id":"m\u0031","name":"Max"}}"#;
        assert_eq!(
            erased_from(escaped, "m1").unwrap().unwrap(),
            r#"{"id":"x","manager":{"id":"m1"}}"#
        );
    }

    #[test]
    fn names_are_read_back() {
        for personal in Personal::ALL {
            assert_eq!(personal.name().parse(), Ok(personal));
        }
        assert!("Full".parse::<Personal>().is_err());
    }
}
