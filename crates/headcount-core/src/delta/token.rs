//! Where a consumer of deltas stands, as a text that it hands back.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{digest, hmac};
use serde::{Deserialize, Serialize};

/// Begin of every token, by which a token is told from a time.
const PREFIX: &str = "hcd_";

/// What the key of a store is turned into before it signs these tokens, so that no other text that
/// it signs is taken for one.
const PURPOSE: &[u8] = b"headcount delta token 1";

/// Where a consumer of deltas stands: what it has, and of what. It names no user but, in the middle
/// of a round, the id of the last one told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeltaToken {
    /// Org that it speaks of.
    #[serde(rename = "o")]
    pub org: String,
    /// What the consumer has; `None`: nothing yet.
    #[serde(rename = "h", default, skip_serializing_if = "Option::is_none")]
    pub has: Option<Stand>,
    /// The round that it is in the middle of.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub round: Option<Round>,
    /// When the token was given out, ms UTC.
    #[serde(rename = "i")]
    pub issued_ms: i64,
    /// What the consumer may see, as [`scope_of`] tells it.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Name of the policy for personal values.
    #[serde(rename = "p")]
    pub personal: String,
}

/// A state of the roster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stand {
    /// Number of the snapshot.
    #[serde(rename = "i")]
    pub snapshot: i64,
    /// When it was published, ms UTC: a store that was restored may give a number twice.
    #[serde(rename = "t")]
    pub published_ms: i64,
    /// How often somebody had been forgotten by then.
    #[serde(rename = "e")]
    pub erased: i64,
}

/// A round that is not over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    /// What the consumer has once it is over.
    #[serde(rename = "t")]
    pub to: Stand,
    /// Id of the last user told.
    #[serde(rename = "a")]
    pub after: String,
    /// Users on a page.
    #[serde(rename = "n")]
    pub size: usize,
}

/// Why a text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It has not the form of one.
    #[error("the token cannot be read")]
    Unreadable,
    /// Another store made it, or somebody changed it.
    #[error("the token is not of this store")]
    Foreign,
}

/// Signs and checks tokens.
pub struct TokenKey(hmac::Key);

impl TokenKey {
    /// The key for the tokens of a store, out of the one that the store keeps.
    #[must_use]
    pub fn of(signing_key: &[u8; 32]) -> Self {
        let own = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, signing_key), PURPOSE);
        Self(hmac::Key::new(hmac::HMAC_SHA256, own.as_ref()))
    }
}

impl std::fmt::Debug for TokenKey {
    /// Without the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey")
    }
}

impl DeltaToken {
    /// Whether a text means to be a token.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// The token as a text that fits into a link.
    #[must_use]
    pub fn write(&self, key: &TokenKey) -> String {
        // Memory takes every write, and all members are serialisable.
        let text = BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default());
        let tag = hmac::sign(&key.0, text.as_bytes());
        let tag = BASE64_URL_SAFE_NO_PAD.encode(tag.as_ref());
        format!("{PREFIX}{text}.{tag}")
    }

    /// The token that a text is.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn read(text: &str, key: &TokenKey) -> Result<Self, TokenError> {
        let decoded = |text: &str| {
            let text = BASE64_URL_SAFE_NO_PAD.decode(text);
            text.map_err(|_| TokenError::Unreadable)
        };
        let (text, tag) = text
            .trim()
            .strip_prefix(PREFIX)
            .and_then(|rest| rest.split_once('.'))
            .ok_or(TokenError::Unreadable)?;
        let token = serde_json::from_slice(&decoded(text)?).map_err(|_| TokenError::Unreadable)?;
        hmac::verify(&key.0, text.as_bytes(), &decoded(tag)?).map_err(|_| TokenError::Foreign)?;
        Ok(token)
    }
}

/// What tells one set of divisions from another, in whatever order they are; `None` for all of them.
#[must_use]
pub fn scope_of(divisions: Option<&[String]>) -> Option<String> {
    let mut ids: Vec<&str> = divisions?.iter().map(String::as_str).collect();
    ids.sort_unstable();
    ids.dedup();
    // Lengths stand between the ids, so that no two sets are the same text.
    let text: String = ids.iter().map(|id| format!("{}:{id}", id.len())).collect();
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    Some(BASE64_URL_SAFE_NO_PAD.encode(&digest.as_ref()[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> DeltaToken {
        let stand = Stand {
            snapshot: 7,
            published_ms: 1_700_000_000_000,
            erased: 0,
        };
        DeltaToken {
            org: "org".to_owned(),
            has: None,
            round: Some(Round {
                to: stand,
                after: "an id".to_owned(),
                size: 100,
            }),
            issued_ms: 1_700_000_000_001,
            scope: scope_of(Some(&["d".to_owned()])),
            personal: "full".to_owned(),
        }
    }

    #[test]
    fn a_token_comes_back_and_only_as_it_was_signed() {
        let key = TokenKey::of(&[1; 32]);
        let text = token().write(&key);
        assert!(DeltaToken::is_meant(&text) && !DeltaToken::is_meant("2026-01-01"));
        assert_eq!(DeltaToken::read(&text, &key), Ok(token()));
        assert_eq!(DeltaToken::read(&format!(" {text}\n"), &key), Ok(token()));
        let other = TokenKey::of(&[2; 32]);
        assert_eq!(DeltaToken::read(&text, &other), Err(TokenError::Foreign));
        for at in 0..text.len() - 1 {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(DeltaToken::read(&changed, &key).is_err(), "{changed}");
        }
        for bad in ["", "hcd_", "hcd_.", "hcd_e30.AAAA", "2026-01-01"] {
            assert_eq!(
                DeltaToken::read(bad, &key),
                Err(TokenError::Unreadable),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_scope_is_a_set() {
        let of = |ids: &[&str]| {
            let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
            scope_of(Some(&ids))
        };
        assert_eq!(of(&["a", "b"]), of(&["b", "a", "b"]));
        assert_ne!(of(&["a", "b"]), of(&["ab"]));
        assert_ne!(of(&["a", "1:b"]), of(&["a1", "b"]));
        assert_ne!(of(&[]), None);
        assert_eq!(scope_of(None), None);
    }
}
