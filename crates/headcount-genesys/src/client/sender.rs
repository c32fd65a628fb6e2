//! Sends requests, paced, and fetches tokens. Everything here is below the meaning of an answer.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use tokio::time::Instant;

use super::{Counters, Tries};
use crate::{
    Secret, Settings, UpstreamError,
    rate_limit::{Pace, Report},
    retry,
};

const LOGIN: &str = "/oauth/token";
/// Longest time for retries while upstream has never answered.
const FIRST_CONTACT: Duration = Duration::from_secs(10);
/// Largest answer that is read: 500 users of 64 KiB each.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

/// One answered request, before it is understood.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why there is no answer.
pub(super) enum Lost {
    /// It is larger than is read; asking again would not help.
    TooLarge,
    /// What was met, in words without any data. It may pass.
    Passing(String),
}

/// Sends requests, paced; knows neither tokens nor retries.
pub(crate) struct Sender {
    pub(super) http: reqwest::Client,
    login_url: String,
    pace: Mutex<Pace>,
    started: Instant,
    pub(super) counters: AtomicCounters,
    random: Mutex<fastrand::Rng>,
    retry_for: Duration,
    /// Upstream has answered something, so its host is there.
    answered: AtomicBool,
}

#[derive(Default)]
pub(super) struct AtomicCounters {
    requests: AtomicU64,
    retries: AtomicU64,
    pub(super) throttled: AtomicU64,
    logins: AtomicU64,
    bytes: AtomicU64,
}

impl AtomicCounters {
    pub(super) fn add_request(&self, again: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.retries.fetch_add(u64::from(again), Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Counters {
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
    pub(super) fn new(settings: &Settings) -> Result<Self, UpstreamError> {
        Ok(Self {
            http: http_client(settings)?,
            login_url: format!("{}{LOGIN}", settings.login_url),
            pace: Mutex::new(Pace::new(settings.requests_per_minute)),
            started: Instant::now(),
            counters: AtomicCounters::default(),
            random: Mutex::new(fastrand::Rng::with_seed(settings.seed)),
            retry_for: settings.retry_for,
            answered: AtomicBool::new(false),
        })
    }

    /// The longest that a request may be retried: less while nobody has ever answered, since a
    /// wrong host is then likelier than a passing fault.
    pub(super) fn patience(&self, limit: Duration) -> Duration {
        if self.answered.load(Ordering::Relaxed) {
            limit
        } else {
            limit.min(FIRST_CONTACT)
        }
    }

    pub(super) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    pub(super) fn random(&self) -> MutexGuard<'_, fastrand::Rng> {
        self.random.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends one request, after the pace allows it when `paced`, and reads the whole answer.
    ///
    /// # Errors
    /// [`Lost`].
    pub(super) async fn send(
        &self,
        request: reqwest::RequestBuilder,
        paced: bool,
    ) -> Result<Answer, Lost> {
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
        self.answered.store(true, Ordering::Relaxed);
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
                Err(Lost::TooLarge) => return Err(too_large(LOGIN)),
                Err(Lost::Passing(met)) => {
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
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

pub(super) fn too_large(path: &str) -> UpstreamError {
    UpstreamError::TooLarge {
        path: path.to_owned(),
        limit: LARGEST_BODY,
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

async fn read_body(mut response: reqwest::Response) -> Result<Vec<u8>, Lost> {
    let announced = response
        .content_length()
        .and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| length > LARGEST_BODY) {
        return Err(Lost::TooLarge);
    }
    let mut body = Vec::with_capacity(announced.unwrap_or(0));
    while let Some(chunk) = response.chunk().await.map_err(|error| describe(&error))? {
        if body.len() + chunk.len() > LARGEST_BODY {
            return Err(Lost::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What a transport error is, without the URL (its host is known, its query is not ours to show).
fn describe(error: &reqwest::Error) -> Lost {
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
    Lost::Passing(match deepest.downcast_ref::<std::io::Error>() {
        Some(io) => format!("{kind} ({})", io.kind()),
        None if error.is_connect() => format!("{kind} ({deepest})"),
        None => kind.to_owned(),
    })
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
