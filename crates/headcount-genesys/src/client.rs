//! The HTTP client: one request in, one page out, with token, pacing and retries in between.

mod sender;

use std::{fmt, sync::atomic::Ordering, time::Duration};

use headcount_core::wire::{ErrorBody, UserSearchRequest};
use reqwest::{
    Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, RETRY_AFTER},
};
use tokio::time::Instant;

use crate::{CursorPage, Page, Settings, Upstream, UpstreamError, retry, token::Tokens};
use sender::Lost;
pub(crate) use sender::Sender;

const SEARCH: &str = "/api/v2/users/search";
const QUERY: &str = "/api/v2/users/query";
/// An answer that can't be read is asked for this often before it counts as what upstream says.
const UNREADABLE_ATTEMPTS: u32 = 5;

/// A Genesys Cloud org over HTTP. Cheap to share by reference; all requests share one token, one
/// pace and one connection pool.
pub struct Client {
    sender: Sender,
    tokens: Tokens,
    settings: Settings,
}

/// What the requests of a client came to, for certificates and progress.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Requests sent to the API, retries included, logins not.
    pub requests: u64,
    /// Of these, repeated ones.
    pub retries: u64,
    /// Answers with status 429.
    pub throttled: u64,
    /// Tokens fetched.
    pub logins: u64,
    /// Bytes of bodies received, after decompression.
    pub bytes: u64,
}

impl Client {
    /// Makes a client; nothing is sent yet.
    ///
    /// # Errors
    /// [`UpstreamError::Settings`] when a URL, the proxy or the CA file can't be used.
    pub fn new(settings: Settings) -> Result<Self, UpstreamError> {
        let sender = Sender::new(&settings)?;
        let tokens = Tokens::new(&settings.credentials);
        Ok(Self {
            sender,
            tokens,
            settings,
        })
    }

    /// What the requests so far came to.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.sender.counters.read()
    }

    /// Fetches the token now, so that wrong credentials show before anything else.
    ///
    /// # Errors
    /// As every request, plus [`UpstreamError::Credentials`].
    pub async fn login(&self) -> Result<(), UpstreamError> {
        self.tokens
            .get(&self.sender, &self.settings, None)
            .await
            .map(drop)
    }

    /// Sends one authorised request and reads its answer with `read`, retrying what may pass. What
    /// `read` complains of is told, so it must hold nothing of the answer.
    pub(crate) async fn ask<T, E: fmt::Display>(
        &self,
        method: Method,
        path_and_query: &str,
        body: Option<String>,
        read: impl Fn(Vec<u8>) -> Result<T, E>,
    ) -> Result<T, UpstreamError> {
        self.ask_with_headers(method, path_and_query, body, |body, _| read(body))
            .await
    }

    /// As [`Self::ask`], for those who also look at the headers.
    pub(crate) async fn ask_with_headers<T, E: fmt::Display>(
        &self,
        method: Method,
        path_and_query: &str,
        body: Option<String>,
        read: impl Fn(Vec<u8>, &HeaderMap) -> Result<T, E>,
    ) -> Result<T, UpstreamError> {
        let path = path_and_query.split('?').next().unwrap_or_default();
        let url = format!("{}{path_and_query}", self.settings.api_url);
        let mut tries = Tries::new(path, self.settings.retry_for);
        let (mut refused, mut unreadable) = (None, 0);
        loop {
            let (token, generation) = self
                .tokens
                .get(&self.sender, &self.settings, refused)
                .await?;
            let mut request = self
                .sender
                .http
                .request(method.clone(), &url)
                .header(ACCEPT, "application/json")
                .header(AUTHORIZATION, format!("Bearer {}", token.expose()));
            if let Some(body) = &body {
                request = request
                    .header(CONTENT_TYPE, "application/json")
                    .body(body.clone());
            }
            self.sender.counters.add_request(tries.attempts > 0);
            let answer = self.sender.send(request, true).await;
            tries.attempts += 1;
            let answer = match answer {
                Ok(answer) => answer,
                Err(Lost::TooLarge) => return Err(sender::too_large(path)),
                Err(Lost::Passing(met)) => {
                    tries.pause(&self.sender, None, None, met).await?;
                    continue;
                }
            };
            let retry_after = answer.header(RETRY_AFTER.as_str());
            match answer.status {
                200..=299 => match read(answer.body, &answer.headers) {
                    Ok(page) => return Ok(page),
                    Err(fault) => {
                        unreadable += 1;
                        if unreadable >= UNREADABLE_ATTEMPTS {
                            return Err(UpstreamError::Unreadable {
                                path: path.to_owned(),
                                attempts: tries.attempts,
                                last: fault.to_string(),
                            });
                        }
                        tries
                            .pause(&self.sender, None, None, fault.to_string())
                            .await?;
                    }
                },
                // Two fresh tokens refused in a row: the client itself is refused.
                401 if refused.is_some() => return Err(UpstreamError::TokenRefused),
                401 => refused = Some(generation),
                403 => {
                    return Err(UpstreamError::Forbidden {
                        path: path.to_owned(),
                        code: error_code(&answer.body),
                    });
                }
                status if retry::is_transient(status) => {
                    let met = format!("status {status}");
                    tries
                        .pause(&self.sender, Some(status), retry_after, met)
                        .await?;
                }
                status => {
                    return Err(UpstreamError::Refused {
                        path: path.to_owned(),
                        status,
                        code: error_code(&answer.body),
                    });
                }
            }
        }
    }
}

impl Upstream for Client {
    async fn search(&self, request: &UserSearchRequest) -> Result<Page, UpstreamError> {
        let body = serde_json::to_string(request).unwrap_or_default();
        self.ask(Method::POST, SEARCH, Some(body), Page::from_search)
            .await
    }

    async fn query(
        &self,
        page_size: u32,
        cursor: Option<&str>,
    ) -> Result<CursorPage, UpstreamError> {
        let cursor = cursor.map_or_else(String::new, |c| format!("&cursor={}", escape(c)));
        let path = format!("{QUERY}?state=any&sortOrder=ASC&pageSize={page_size}{cursor}");
        self.ask(Method::GET, &path, None, CursorPage::from_query)
            .await
    }
}

/// Percent-encodes a query value: everything but unreserved characters.
pub(crate) fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// The machine code of an error body, where it is one of ours to show: short and plain.
fn error_code(body: &[u8]) -> String {
    serde_json::from_slice::<ErrorBody>(body)
        .map(|body| body.code)
        .ok()
        .filter(|code| {
            !code.is_empty()
                && code.len() <= 80
                && code
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        })
        .unwrap_or_else(|| "no code".to_owned())
}

/// Counts the attempts of one request and gives up in time.
struct Tries {
    path: String,
    attempts: u32,
    started: Instant,
    limit: Duration,
}

impl Tries {
    fn new(path: &str, limit: Duration) -> Self {
        Self {
            path: path.to_owned(),
            attempts: 0,
            started: Instant::now(),
            limit,
        }
    }

    /// Waits before the next attempt, or gives up when the wait would overstep the time for
    /// retries.
    async fn pause(
        &self,
        sender: &Sender,
        status: Option<u16>,
        retry_after: Option<&str>,
        met: String,
    ) -> Result<(), UpstreamError> {
        let pause = retry::pause(status, retry_after, self.attempts, &mut sender.random());
        let elapsed = self.started.elapsed();
        tracing::warn!(
            http.path = self.path,
            attempt = self.attempts,
            pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            met,
            "request failed, trying again"
        );
        if elapsed + pause > sender.patience(self.limit) {
            let (path, attempts) = (self.path.clone(), self.attempts);
            return Err(if status == Some(429) {
                UpstreamError::Limited {
                    path,
                    attempts,
                    elapsed,
                }
            } else {
                UpstreamError::Unavailable {
                    path,
                    attempts,
                    elapsed,
                    last: met,
                }
            });
        }
        if status == Some(429) {
            sender.counters.throttled.fetch_add(1, Ordering::Relaxed);
            sender.pace().hold(sender.now(), pause);
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }
}
