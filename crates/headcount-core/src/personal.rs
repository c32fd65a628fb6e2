//! What says who somebody is, and how it may leave: as it is, as a digest, or not at all.

use std::{borrow::Cow, fmt, fmt::Write, str::FromStr};

use ring::hmac;

use crate::field::Column;

/// How personal values leave in exports and feeds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Personal {
    /// Not at all.
    None,
    /// As digests under a key of the store: equal values stay equal.
    Hashed,
    /// As they are.
    #[default]
    Full,
}

/// Nobody knows a policy of this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("personal values leave as none, hashed or full, not as {0:?}")]
pub struct UnknownPolicy(pub String);

impl Personal {
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

impl FromStr for Personal {
    type Err = UnknownPolicy;

    fn from_str(name: &str) -> Result<Self, UnknownPolicy> {
        let all = [Self::None, Self::Hashed, Self::Full];
        let found = all.into_iter().find(|policy| policy.name() == name);
        found.ok_or_else(|| UnknownPolicy(name.to_owned()))
    }
}

/// A policy, and the key of its digests.
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
    /// A policy with the key of a store, from which that of the digests is derived.
    #[must_use]
    pub fn new(personal: Personal, key: &[u8; 32]) -> Self {
        let store = hmac::Key::new(hmac::HMAC_SHA256, key);
        let derived = hmac::sign(&store, b"headcount personal values");
        Self {
            personal,
            key: hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()),
        }
    }

    /// The policy.
    #[must_use]
    pub fn personal(&self) -> Personal {
        self.personal
    }

    /// A personal value as it may leave: as it is, 32 hexadecimal digits, or nothing.
    #[must_use]
    pub fn text<'v>(&self, value: &'v str) -> Option<Cow<'v, str>> {
        match self.personal {
            Personal::None => None,
            Personal::Full => Some(Cow::Borrowed(value)),
            Personal::Hashed => {
                let digest = hmac::sign(&self.key, value.as_bytes());
                let mut text = String::with_capacity(32);
                for byte in &digest.as_ref()[..16] {
                    // Writing to a text cannot fail.
                    let _ = write!(text, "{byte:02x}");
                }
                Some(Cow::Owned(text))
            }
        }
    }
}

/// Whether a column says who somebody is.
#[must_use]
pub fn is_personal(column: Column) -> bool {
    matches!(
        column,
        Column::Name | Column::Email | Column::Username | Column::PreferredName
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_leave_as_the_policy_says() {
        let text = |personal, key: u8| {
            let veil = Veil::new(personal, &[key; 32]);
            veil.text("Ann").map(Cow::into_owned)
        };
        assert_eq!(text(Personal::None, 1), None);
        assert_eq!(text(Personal::Full, 1).as_deref(), Some("Ann"));
        let hashed = text(Personal::Hashed, 1).unwrap();
        assert_eq!(hashed.len(), 32);
        assert_eq!(text(Personal::Hashed, 1), Some(hashed.clone()));
        assert_ne!(text(Personal::Hashed, 2), Some(hashed));
    }

    #[test]
    fn policies_are_read_by_name() {
        for personal in [Personal::None, Personal::Hashed, Personal::Full] {
            assert_eq!(personal.name().parse(), Ok(personal));
        }
        assert!("some".parse::<Personal>().is_err());
    }
}
