//! Who may ask: the clients and tokens of the store, in memory, looked at again as soon as they
//! change.

mod session;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use headcount_core::delta::{DeltaToken, TokenError, TokenKey};
use headcount_store::{AccessList, Credential, CredentialKind, RateLimit, Store, StoreError};
use ring::{digest, hmac};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::{
    app::{App, within},
    error::ApiError,
    limiter::{Limiter, Pace},
};

/// Seconds that a token lasts which a client got for its secret, as upstream's default.
pub(crate) const TOKEN_LIFE_S: i64 = 86_400;

/// Longest that somebody unknown waits for a look at the store.
const LOOK_TIME: Duration = Duration::from_secs(2);

/// Begin of a token made with `headcount token create`.
const TOKEN_PREFIX: &str = "hc_";
/// Begin of a token that a client got for its secret.
const LOGIN_PREFIX: &str = "hco_";

/// A client or token, and how much it asked.
#[derive(Debug)]
pub(crate) struct Member {
    credential: Credential,
    limiter: Limiter,
}

/// Whoever sent a request.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    /// Nobody has to log in: a loopback address, and no client or token in the store.
    Anybody {
        /// Org that is served.
        org: String,
    },
    /// A client or token.
    Member(Arc<Member>),
}

impl Caller {
    /// The org that the caller speaks of.
    pub(crate) fn org(&self) -> &str {
        match self {
            Self::Anybody { org } => org,
            Self::Member(member) => &member.credential.org,
        }
    }

    /// Ids of the divisions that the caller is limited to; `None`: all.
    pub(crate) fn divisions(&self) -> Option<&[String]> {
        match self {
            Self::Anybody { .. } => None,
            Self::Member(member) => member.credential.grant.divisions.as_deref(),
        }
    }

    /// # Errors
    /// 403 without the permission.
    pub(crate) fn needs(&self, permission: &str) -> Result<(), ApiError> {
        match self {
            Self::Member(member)
                if !member
                    .credential
                    .grant
                    .permissions
                    .iter()
                    .any(|held| held == permission) =>
            {
                Err(ApiError::missing_permission(permission))
            }
            _ => Ok(()),
        }
    }

    /// Id of the client or token, which is no secret; `None` for anybody.
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Anybody { .. } => None,
            Self::Member(member) => Some(&member.credential.id),
        }
    }

    /// What the client or token is called; `None` for anybody.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Anybody { .. } => None,
            Self::Member(member) => {
                let credential = &member.credential;
                Some(credential.name.as_deref().unwrap_or(&credential.id))
            }
        }
    }

    /// Counts a request; `None` where there is no limit.
    pub(crate) fn pace(&self, now_ms: i64, default: Option<u32>) -> Option<Pace> {
        let Self::Member(member) = self else {
            return None;
        };
        let allowed = match member.credential.grant.rate_limit {
            RateLimit::Default => default?,
            RateLimit::Off => return None,
            RateLimit::PerMinute(allowed) => allowed,
        };
        Some(member.limiter.count(now_ms, allowed))
    }
}

/// Everybody who may ask.
pub(crate) struct Members {
    store: Arc<dyn Store>,
    /// The only org whose clients and tokens count.
    only: Option<String>,
    now: RwLock<Arc<Table>>,
    /// Held while the store is looked at for somebody unknown.
    looking: Arc<Semaphore>,
}

struct Table {
    revision: i64,
    key: hmac::Key,
    delta_key: TokenKey,
    /// Whether the store knows nobody at all, of whatever org.
    is_empty: bool,
    members: HashMap<String, Arc<Member>>,
}

impl Members {
    /// Reads them for the first time. With `only`, those of other orgs do not count.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read.
    pub(crate) fn load(store: Arc<dyn Store>, only: Option<String>) -> Result<Self, StoreError> {
        let table = Table::new(store.access()?, only.as_deref(), None);
        Ok(Self {
            store,
            only,
            now: RwLock::new(Arc::new(table)),
            looking: Arc::new(Semaphore::new(1)),
        })
    }

    /// Reads them again if they changed.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot be read; who was known before stays known.
    pub(crate) fn refresh(&self) -> Result<(), StoreError> {
        let before = self.table();
        if self.store.heads()?.access == before.revision {
            return Ok(());
        }
        let table = Table::new(self.store.access()?, self.only.as_deref(), Some(&before));
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
        tracing::info!("clients and tokens changed");
        Ok(())
    }

    /// Whether the store knows nobody, revoked ones and those of other orgs counted.
    pub(crate) fn is_empty(&self) -> bool {
        self.table().is_empty
    }

    /// The orgs that somebody may ask for.
    pub(crate) fn orgs(&self, now_ms: i64) -> Vec<String> {
        let table = self.table();
        let mut orgs: Vec<String> = table
            .members
            .values()
            .filter(|member| state(&member.credential, now_ms) == State::Valid)
            .map(|member| member.credential.org.clone())
            .collect();
        orgs.sort();
        orgs.dedup();
        orgs
    }

    /// Whose bearer token this is.
    ///
    /// # Errors
    /// 401, by what is wrong with it.
    pub(crate) fn bearer(&self, token: &str, now_ms: i64) -> Result<Arc<Member>, ApiError> {
        let bad = || ApiError::unauthenticated("bad.credentials");
        let expired = || ApiError::unauthenticated("credentials.expired");
        let (member, expires_s) = if let Some(login) = token.strip_prefix(LOGIN_PREFIX) {
            let (id, expires_s) = self.table().read_login(login).ok_or_else(bad)?;
            (self.table().member(&id, CredentialKind::Client), expires_s)
        } else {
            let (id, secret) = token
                .strip_prefix(TOKEN_PREFIX)
                .and_then(|rest| rest.split_once('_'))
                .ok_or_else(bad)?;
            let member = self
                .table()
                .member(id, CredentialKind::Token)
                .filter(|member| member.has_secret(secret));
            (member, i64::MAX)
        };
        let member = member.ok_or_else(bad)?;
        match state(&member.credential, now_ms) {
            State::Revoked => Err(bad()),
            State::Expired => Err(expired()),
            State::Valid if now_ms / 1000 >= expires_s => Err(expired()),
            State::Valid => Ok(member),
        }
    }

    /// A token for a client's id and secret, and the seconds it lasts; `None` when they are wrong
    /// or no longer good.
    pub(crate) fn log_in(&self, id: &str, secret: &str, now_ms: i64) -> Option<(String, i64)> {
        let member = self
            .table()
            .member(id, CredentialKind::Client)
            .filter(|member| member.has_secret(secret))
            .filter(|member| state(&member.credential, now_ms) == State::Valid)?;
        let now_s = now_ms / 1000;
        let end_s = member
            .credential
            .expires_ms
            .map_or(i64::MAX, |expires_ms| expires_ms / 1000);
        let expires_s = (now_s + TOKEN_LIFE_S).min(end_s);
        Some((self.table().write_login(id, expires_s), expires_s - now_s))
    }

    /// A token for a consumer of deltas, as every server of the store reads it.
    pub(crate) fn write_delta(&self, token: &DeltaToken) -> String {
        token.write(&self.table().delta_key)
    }

    /// The token that a consumer of deltas hands back.
    ///
    /// # Errors
    /// [`TokenError`].
    pub(crate) fn read_delta(&self, text: &str) -> Result<DeltaToken, TokenError> {
        DeltaToken::read(text, &self.table().delta_key)
    }

    /// Whether there is a client of this id, good or not.
    pub(crate) fn has_client(&self, id: &str) -> bool {
        self.table().member(id, CredentialKind::Client).is_some()
    }

    fn table(&self) -> Arc<Table> {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        now.clone()
    }
}

/// Looks at the store for somebody unknown: whoever was let in a moment ago must not wait for the
/// next look. On a thread that may block, and one at a time, so that whoever makes up tokens while
/// the database is away keeps no thread from answering the others.
pub(crate) async fn look_again(app: &Arc<App>) {
    let before = app.members.table().revision;
    let looker = app.clone();
    let look = async move {
        let Ok(permit) = looker.members.looking.clone().acquire_owned().await else {
            return;
        };
        if looker.members.table().revision != before {
            return;
        }
        let looked = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            looker.members.refresh()
        });
        // Who looks regularly tells why the store cannot be read.
        let _ = looked.await;
    };
    within(LOOK_TIME, look).await;
}

impl Table {
    /// The members of the store; who was there `before` goes on in the same minute.
    fn new(access: AccessList, only: Option<&str>, before: Option<&Self>) -> Self {
        let is_empty = access.credentials.is_empty();
        let kept = |credential: &Credential| {
            before
                .and_then(|before| before.members.get(&credential.id))
                .filter(|member| member.credential == *credential)
                .cloned()
        };
        let members = access
            .credentials
            .into_iter()
            .filter(|credential| only.is_none_or(|only| credential.org == only))
            .map(|credential| {
                let member = kept(&credential).unwrap_or_else(|| {
                    Arc::new(Member {
                        credential: credential.clone(),
                        limiter: Limiter::default(),
                    })
                });
                (credential.id, member)
            })
            .collect();
        Self {
            revision: access.revision,
            key: hmac::Key::new(hmac::HMAC_SHA256, &access.signing_key),
            delta_key: TokenKey::of(&access.signing_key),
            is_empty,
            members,
        }
    }

    fn member(&self, id: &str, kind: CredentialKind) -> Option<Arc<Member>> {
        self.members
            .get(id)
            .filter(|member| member.credential.kind == kind)
            .cloned()
    }

    /// `client.expiry.signature`: nothing has to be kept for it, and every server of the store
    /// can check it.
    fn write_login(&self, id: &str, expires_s: i64) -> String {
        let text = format!("{}.{expires_s}", BASE64_URL_SAFE_NO_PAD.encode(id));
        let tag = hmac::sign(&self.key, text.as_bytes());
        format!(
            "{LOGIN_PREFIX}{text}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(tag.as_ref())
        )
    }

    fn read_login(&self, login: &str) -> Option<(String, i64)> {
        let (text, tag) = login.rsplit_once('.')?;
        let tag = BASE64_URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(&self.key, text.as_bytes(), &tag).ok()?;
        let (id, expires_s) = text.split_once('.')?;
        let id = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
        Some((id, expires_s.parse().ok()?))
    }
}

impl Member {
    fn has_secret(&self, secret: &str) -> bool {
        let given = digest::digest(&digest::SHA256, secret.as_bytes());
        given.as_ref().ct_eq(&self.credential.digest).into()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Valid,
    Expired,
    Revoked,
}

fn state(credential: &Credential, now_ms: i64) -> State {
    if credential.revoked_ms.is_some() {
        State::Revoked
    } else if credential
        .expires_ms
        .is_some_and(|expires_ms| now_ms >= expires_ms)
    {
        State::Expired
    } else {
        State::Valid
    }
}

#[cfg(test)]
mod tests {
    use headcount_store::Grant;

    use super::*;

    pub(super) fn credential(kind: CredentialKind, id: &str, secret: &str) -> Credential {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
        Credential {
            id: id.to_owned(),
            kind,
            org: "org".to_owned(),
            name: None,
            digest: bytes,
            grant: Grant {
                permissions: vec!["directory:user:view".to_owned()],
                divisions: None,
                rate_limit: RateLimit::PerMinute(2),
            },
            created_ms: 0,
            expires_ms: None,
            revoked_ms: None,
        }
    }

    pub(super) fn table(credentials: Vec<Credential>, key: u8, before: Option<&Table>) -> Table {
        let access = AccessList {
            revision: 1,
            signing_key: [key; 32],
            credentials,
        };
        Table::new(access, None, before)
    }

    #[test]
    fn a_login_is_good_only_as_it_was_signed() {
        let ours = table(Vec::new(), 1, None);
        let login = ours.write_login("client", 77);
        let rest = login.strip_prefix(LOGIN_PREFIX).unwrap();
        assert_eq!(ours.read_login(rest), Some(("client".to_owned(), 77)));
        assert_eq!(table(Vec::new(), 2, None).read_login(rest), None);
        for at in 0..rest.len() {
            let mut changed = rest.to_owned().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last character of the signature holds bits that are not used.
            if at + 1 < rest.len() {
                assert_eq!(ours.read_login(&changed), None, "{changed}");
            }
        }
    }

    #[test]
    fn who_did_not_change_goes_on_counting() {
        let first = credential(CredentialKind::Token, "a", "s");
        let second = credential(CredentialKind::Token, "b", "s");
        let before = table(vec![first.clone(), second.clone()], 1, None);
        for id in ["a", "b"] {
            before.members[id].limiter.count(5, 2);
        }
        let revoked = Credential {
            revoked_ms: Some(6),
            ..second
        };
        let after = table(vec![first, revoked], 1, Some(&before));
        assert_eq!(after.members["a"].limiter.count(6, 2).count, 2);
        assert_eq!(state(&after.members["b"].credential, 6), State::Revoked);
    }

    #[test]
    fn a_secret_is_known_by_its_digest() {
        let member = Member {
            credential: credential(CredentialKind::Client, "c", "hush"),
            limiter: Limiter::default(),
        };
        assert!(member.has_secret("hush"));
        assert!(!member.has_secret("Hush") && !member.has_secret(""));
    }
}
