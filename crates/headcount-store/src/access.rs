//! Who may ask the server, and what each of them may see.

use std::fmt;

use crate::StoreError;

/// How a caller proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// An OAuth client: its id and secret are exchanged for short-lived tokens.
    Client,
    /// A token that is sent with every request.
    Token,
}

/// How many requests a caller may make.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RateLimit {
    /// As many as the server allows by default.
    #[default]
    Default,
    /// Any number.
    Off,
    /// So many a minute; at least 1.
    PerMinute(u32),
}

/// What a caller may do and see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Permissions in the words of Genesys Cloud, such as `directory:user:view`.
    pub permissions: Vec<String>,
    /// Ids of the divisions whose users the caller sees; `None`: of all.
    pub divisions: Option<Vec<String>>,
    /// How many requests.
    pub rate_limit: RateLimit,
}

/// A client or a token. The secret is known to its holder alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// Id of the client, or the part of the token that says which one it is; unique in a store.
    pub id: String,
    /// Client or token.
    pub kind: CredentialKind,
    /// Org that the caller asks about.
    pub org: String,
    /// What people call it.
    pub name: Option<String>,
    /// SHA-256 of the secret: of the client secret, or of the last part of the token.
    pub digest: [u8; 32],
    /// What it may do and see.
    pub grant: Grant,
    /// When it was made, ms UTC.
    pub created_ms: i64,
    /// From when on it is refused, ms UTC; `None`: never.
    pub expires_ms: Option<i64>,
    /// When it was revoked, ms UTC; it is refused since.
    pub revoked_ms: Option<i64>,
}

impl Credential {
    /// Whether it opens anything at `now_ms`: neither revoked nor expired.
    #[must_use]
    pub fn is_active(&self, now_ms: i64) -> bool {
        self.revoked_ms.is_none() && self.expires_ms.is_none_or(|expires| now_ms < expires)
    }
}

impl fmt::Debug for Credential {
    /// Without what may not get into a log: id, name and digest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("kind", &self.kind)
            .field("org", &self.org)
            .field("grant", &self.grant)
            .field("created_ms", &self.created_ms)
            .field("expires_ms", &self.expires_ms)
            .field("revoked_ms", &self.revoked_ms)
            .finish_non_exhaustive()
    }
}

/// Everybody who may ask, of all orgs, or might once.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessList {
    /// Grows whenever a credential is added or revoked. 0 in a store of schema 1, which has no
    /// credentials.
    pub revision: i64,
    /// Signs the tokens that clients get; made with the schema and kept. Zeros in a store of
    /// schema 1: there is no client then whose token it could sign.
    pub signing_key: [u8; 32],
    /// By org, oldest first; revoked and expired ones too.
    pub credentials: Vec<Credential>,
}

impl fmt::Debug for AccessList {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessList")
            .field("revision", &self.revision)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

/// What to compare with the last look, to learn whether anything changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heads {
    /// [`AccessList::revision`].
    pub access: i64,
    /// Grows whenever somebody is forgotten or remembered: what was read before may hold what is
    /// erased since.
    pub erased: i64,
    /// Each org that has a snapshot, sorted by name, with the id of the newest one.
    pub snapshots: Vec<(String, i64)>,
}

pub(crate) fn kind_text(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Client => "client",
        CredentialKind::Token => "token",
    }
}

pub(crate) fn kind_of(text: &str) -> Result<CredentialKind, StoreError> {
    match text {
        "client" => Ok(CredentialKind::Client),
        "token" => Ok(CredentialKind::Token),
        _ => Err(unreadable()),
    }
}

/// As it is in the store: nothing for the default, 0 for none.
pub(crate) fn limit_number(limit: RateLimit) -> Option<u32> {
    match limit {
        RateLimit::Default => None,
        RateLimit::Off => Some(0),
        RateLimit::PerMinute(requests) => Some(requests.max(1)),
    }
}

pub(crate) fn limit_of(number: Option<i64>) -> Result<RateLimit, StoreError> {
    Ok(match number {
        None => RateLimit::Default,
        Some(0) => RateLimit::Off,
        Some(requests) => RateLimit::PerMinute(u32::try_from(requests).map_err(|_| unreadable())?),
    })
}

pub(crate) fn json(texts: &[String]) -> String {
    serde_json::Value::from(texts).to_string()
}

pub(crate) fn texts(json: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(json).map_err(|_| unreadable())
}

/// A grant that can't be read opens nothing.
fn unreadable() -> StoreError {
    StoreError::Unreadable {
        what: "a client or token",
    }
}

/// A key that nobody can guess, from the operating system. The one place where a store takes
/// randomness by itself: it makes its key whoever opens it first, and keeps it.
pub(crate) fn signing_key() -> Result<[u8; 32], StoreError> {
    ring::rand::generate(&ring::rand::SystemRandom::new())
        .map(ring::rand::Random::expose)
        .map_err(|_| StoreError::NoRandomness)
}
