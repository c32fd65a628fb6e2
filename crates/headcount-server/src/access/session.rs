//! Sessions of the page, and proofs that a form was shown within one.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use headcount_store::{Credential, CredentialKind};
use ring::hmac;
use subtle::ConstantTimeEq;

use super::{Member, Members, State, Table, state};
use crate::error::ApiError;

/// Seconds that a person stays signed in to the page: a working day.
pub(crate) const SESSION_LIFE_S: i64 = 43_200;

impl Members {
    /// A session of the page for the bearer of a token, and the seconds it lasts. It ends with the
    /// token, and every server of the store knows it.
    ///
    /// # Errors
    /// As [`Self::bearer`].
    pub(crate) fn sign_in(&self, token: &str, now_ms: i64) -> Result<(String, i64), ApiError> {
        let member = self.bearer(token, now_ms)?;
        let expires_s = now_ms / 1000 + SESSION_LIFE_S;
        let session = self.table().write_session(&member.credential, expires_s);
        Ok((session, SESSION_LIFE_S))
    }

    /// Whose session this is.
    ///
    /// # Errors
    /// 401, by what is wrong with it.
    pub(crate) fn session(&self, session: &str, now_ms: i64) -> Result<Arc<Member>, ApiError> {
        let table = self.table();
        let bad = || ApiError::unauthenticated("bad.credentials");
        let (kind, id, expires_s) = table.read_session(session).ok_or_else(bad)?;
        let member = table.member(&id, kind).ok_or_else(bad)?;
        match state(&member.credential, now_ms) {
            State::Revoked => Err(bad()),
            State::Valid if now_ms / 1000 < expires_s => Ok(member),
            State::Valid | State::Expired => Err(ApiError::unauthenticated("credentials.expired")),
        }
    }

    /// A text that only a page of ours can hold which was shown within `session`, so that no other
    /// site can post a form in a person's name.
    pub(crate) fn proof(&self, session: &str) -> String {
        self.table().sign("form", session)
    }

    /// Whether a form came with the proof of its session.
    pub(crate) fn is_proof(&self, session: &str, proof: &str) -> bool {
        self.proof(session)
            .as_bytes()
            .ct_eq(proof.as_bytes())
            .into()
    }
}

impl Table {
    /// The signature of a text that is good for one purpose only.
    fn sign(&self, purpose: &str, text: &str) -> String {
        let tag = hmac::sign(&self.key, format!("{purpose}\n{text}").as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(tag.as_ref())
    }

    /// `kind.id.expiry.signature`, as [`Self::write_login`].
    fn write_session(&self, credential: &Credential, expires_s: i64) -> String {
        let kind = match credential.kind {
            CredentialKind::Client => 'c',
            CredentialKind::Token => 't',
        };
        let id = BASE64_URL_SAFE_NO_PAD.encode(&credential.id);
        let text = format!("{kind}.{id}.{expires_s}");
        let tag = self.sign("session", &text);
        format!("{text}.{tag}")
    }

    fn read_session(&self, session: &str) -> Option<(CredentialKind, String, i64)> {
        let (text, tag) = session.rsplit_once('.')?;
        let known: bool = self
            .sign("session", text)
            .as_bytes()
            .ct_eq(tag.as_bytes())
            .into();
        let mut parts = text.split('.');
        let (kind, id, expires_s) = (parts.next()?, parts.next()?, parts.next()?);
        let kind = match kind {
            "c" => CredentialKind::Client,
            "t" => CredentialKind::Token,
            _ => return None,
        };
        let id = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
        let expires_s = expires_s.parse().ok()?;
        known.then_some((kind, id, expires_s))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            LOGIN_PREFIX,
            tests::{credential, table},
        },
        *,
    };

    #[test]
    fn a_session_is_good_only_as_it_was_signed() {
        let ours = table(Vec::new(), 1, None);
        let token = credential(CredentialKind::Token, "a.b", "s");
        let session = ours.write_session(&token, 77);
        let read = Some((CredentialKind::Token, "a.b".to_owned(), 77));
        assert_eq!(ours.read_session(&session), read);
        assert_eq!(table(Vec::new(), 2, None).read_session(&session), None);
        for at in 0..session.len() {
            let mut changed = session.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(ours.read_session(&changed), None, "{changed}");
        }
        // A login is no session, nor the other way about.
        let login = ours.write_login("a", 77);
        assert_eq!(
            ours.read_session(login.strip_prefix(LOGIN_PREFIX).unwrap()),
            None
        );
        assert_eq!(ours.read_login(&session), None);
    }
}
