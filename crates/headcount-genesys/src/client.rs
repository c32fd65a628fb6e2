//! The HTTP client: one request in, one page out, with token, pacing and retries in between.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use headcount_core::wire::{ErrorBody, UserSearchRequest};
use reqwest::{
    Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, RETRY_AFTER},
};
use tokio::time::Instant;

use crate::{
    CursorPage, Page, Secret, Settings, Upstream, UpstreamError,
    page::PageError,
    rate_limit::{Pace, Report},
    retry,
    token::Tokens,
};

const SEARCH: &str = "/api/v2/users/search";
const QUERY: &str = "/api/v2/users/query";
const LOGIN: &str = "/oauth/token";
/// An answer that can't be read is asked for this often before it counts as what upstream says.
const UNREADABLE_ATTEMPTS: u32 = 5;
/// Largest answer that is read: 500 users of 64 KiB each.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

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

/// One answered request, before it is understood.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Vec<u8>,
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

    /// Sends one authorised request and reads its answer with `read`, retrying what may pass.
    pub(crate) async fn ask<T>(
        &self,
        method: Method,
        path_and_query: &str,
        body: Option<String>,
        read: impl Fn(Vec<u8>) -> Result<T, PageError>,
    ) -> Result<T, UpstreamError> {
        self.ask_with_headers(method, path_and_query, body, |body, _| read(body))
            .await
    }

    /// As [`Self::ask`], for those who also look at the headers.
    pub(crate) async fn ask_with_headers<T>(
        &self,
        method: Method,
        path_and_query: &str,
        body: Option<String>,
        read: impl Fn(Vec<u8>, &HeaderMap) -> Result<T, PageError>,
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
                Err(met) => {
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
        let pause = {
            let mut random = sender.random.lock().unwrap_or_else(PoisonError::into_inner);
            retry::pause(status, retry_after, self.attempts, &mut random)
        };
        let elapsed = self.started.elapsed();
        tracing::warn!(
            http.path = self.path,
            attempt = self.attempts,
            pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
            met,
            "request failed, trying again"
        );
        if elapsed + pause > self.limit {
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

/// Sends requests, paced; knows neither tokens nor retries.
pub(crate) struct Sender {
    http: reqwest::Client,
    login_url: String,
    pace: Mutex<Pace>,
    started: Instant,
    counters: AtomicCounters,
    random: Mutex<fastrand::Rng>,
    retry_for: Duration,
}

#[derive(Default)]
struct AtomicCounters {
    requests: AtomicU64,
    retries: AtomicU64,
    throttled: AtomicU64,
    logins: AtomicU64,
    bytes: AtomicU64,
}

impl AtomicCounters {
    fn add_request(&self, again: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.retries.fetch_add(u64::from(again), Ordering::Relaxed);
    }

    fn read(&self) -> Counters {
        Counters {
            requests: self.requests.load(Ordering::Relaxed),
            retries: self.retries.load(Ordering::Relaxed),
            throttled: self.throttled.load(Ordering::Relaxed),
            logins: self.logins.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

impl Sender {
    fn new(settings: &Settings) -> Result<Self, UpstreamError> {
        Ok(Self {
            http: http_client(settings)?,
            login_url: format!("{}{LOGIN}", settings.login_url),
            pace: Mutex::new(Pace::new(settings.requests_per_minute)),
            started: Instant::now(),
            counters: AtomicCounters::default(),
            random: Mutex::new(fastrand::Rng::with_seed(settings.seed)),
            retry_for: settings.retry_for,
        })
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    fn pace(&self) -> std::sync::MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends one request, after the pace allows it when `paced`, and reads the whole answer.
    ///
    /// # Errors
    /// What was met, in words without any data.
    async fn send(&self, request: reqwest::RequestBuilder, paced: bool) -> Result<Answer, String> {
        while paced && let Err(until) = { self.pace().take(self.now()) } {
            tokio::time::sleep_until(self.started + until).await;
        }
        let mut slot = Slot {
            sender: self,
            paced,
            report: None,
        };
        let response = request.send().await.map_err(|error| describe(&error))?;
        slot.report = report(response.headers());
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = read_body(response).await?;
        self.counters
            .bytes
            .fetch_add(body.len() as u64, Ordering::Relaxed);
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// Fetches a token. The login's own limit is an HTTP 400 (contract 3), so that one is retried.
    pub(crate) async fn login(&self, id: &str, secret: &Secret) -> Result<Vec<u8>, UpstreamError> {
        let mut tries = Tries::new(LOGIN, self.retry_for);
        loop {
            let request = self
                .http
                .post(&self.login_url)
                .basic_auth(id, Some(secret.expose()))
                .header(ACCEPT, "application/json")
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body("grant_type=client_credentials");
            self.counters.logins.fetch_add(1, Ordering::Relaxed);
            let answer = self.send(request, false).await;
            tries.attempts += 1;
            let answer = match answer {
                Ok(answer) => answer,
                Err(met) => {
                    tries.pause(self, None, None, met).await?;
                    continue;
                }
            };
            let limited = answer.status == 429
                || (answer.status == 400
                    && String::from_utf8_lossy(&answer.body).contains("rate limit exceeded"));
            match answer.status {
                200..=299 => return Ok(answer.body),
                _ if limited => {
                    let after = answer.header(RETRY_AFTER.as_str());
                    tries
                        .pause(self, Some(429), after, "login limit".to_owned())
                        .await?;
                }
                status if retry::is_transient(status) => {
                    let after = answer.header(RETRY_AFTER.as_str());
                    tries
                        .pause(self, Some(status), after, format!("status {status}"))
                        .await?;
                }
                status => return Err(UpstreamError::Credentials { status }),
            }
        }
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// Gives the place in the pace back, however the request ends, cancelled ones included.
struct Slot<'a> {
    sender: &'a Sender,
    paced: bool,
    report: Option<Report>,
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        if self.paced {
            self.sender.pace().ended(self.sender.now(), self.report);
        }
    }
}

fn report(headers: &HeaderMap) -> Option<Report> {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u32>().ok();
    Some(Report {
        count: number("inin-ratelimit-count")?,
        allowed: number("inin-ratelimit-allowed")?,
        reset: Duration::from_secs(u64::from(number("inin-ratelimit-reset")?.min(3_600))),
    })
}

async fn read_body(mut response: reqwest::Response) -> Result<Vec<u8>, String> {
    let announced = response
        .content_length()
        .and_then(|length| usize::try_from(length).ok());
    let mut body = Vec::with_capacity(announced.unwrap_or(0).min(LARGEST_BODY));
    while let Some(chunk) = response.chunk().await.map_err(|error| describe(&error))? {
        if body.len() + chunk.len() > LARGEST_BODY {
            return Err("answer too large".to_owned());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What a transport error is, without the URL (its host is known, its query is not ours to show).
fn describe(error: &reqwest::Error) -> String {
    let kind = if error.is_timeout() {
        "time-out"
    } else if error.is_connect() {
        "no connection"
    } else if error.is_body() || error.is_decode() {
        "answer cut off"
    } else {
        "connection lost"
    };
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    match deepest.downcast_ref::<std::io::Error>() {
        Some(io) => format!("{kind} ({})", io.kind()),
        None if error.is_connect() => format!("{kind} ({deepest})"),
        None => kind.to_owned(),
    }
}

fn http_client(settings: &Settings) -> Result<reqwest::Client, UpstreamError> {
    let unusable =
        |what: &str, source: Box<dyn std::error::Error + Send + Sync>| UpstreamError::Settings {
            what: what.to_owned(),
            source,
        };
    for url in [&settings.api_url, &settings.login_url] {
        let parsed = reqwest::Url::parse(url)
            .map_err(|error| unusable(&format!("URL `{url}`"), error.into()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(unusable(
                &format!("URL `{url}`"),
                "it starts with neither http nor https".into(),
            ));
        }
    }
    // A second call finds the provider installed already, which is as good.
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("headcount/", env!("CARGO_PKG_VERSION")))
        .timeout(settings.timeout)
        .connect_timeout(settings.timeout.min(Duration::from_secs(15)))
        .pool_max_idle_per_host(settings.concurrency.max(1))
        .redirect(reqwest::redirect::Policy::none())
        .tcp_nodelay(true);
    if let Some(proxy) = &settings.proxy {
        let mut proxy =
            reqwest::Proxy::all(proxy).map_err(|error| unusable("the proxy URL", error.into()))?;
        if let Some((user, password)) = &settings.proxy_auth {
            proxy = proxy.basic_auth(user, password.expose());
        }
        builder = builder.proxy(proxy);
    }
    if let Some(path) = &settings.ca_file {
        let what = format!("CA file `{}`", path.display());
        let pem = std::fs::read(path).map_err(|error| unusable(&what, error.into()))?;
        let certificates = reqwest::Certificate::from_pem_bundle(&pem)
            .map_err(|error| unusable(&what, error.into()))?;
        if certificates.is_empty() {
            return Err(unusable(
                &what,
                "it holds no certificate in PEM form".into(),
            ));
        }
        for certificate in certificates {
            builder = builder.add_root_certificate(certificate);
        }
    }
    builder
        .build()
        .map_err(|error| unusable("the HTTP client", error.into()))
}
