//! Where an org is and how to speak to it.

use std::{path::PathBuf, time::Duration};

use crate::{Secret, region};

/// How to prove who asks.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// OAuth client credentials: a token is fetched, and renewed before it ends.
    Client {
        /// OAuth client id.
        id: String,
        /// OAuth client secret.
        secret: Secret,
    },
    /// A ready-made access token, which nobody can renew.
    Token(Secret),
}

/// Everything that [`crate::Client`] needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Base of the API, such as `https://api.mypurecloud.de`; no slash at the end.
    pub api_url: String,
    /// Base of the login, such as `https://login.mypurecloud.de`; no slash at the end.
    pub login_url: String,
    /// How to prove who asks.
    pub credentials: Credentials,
    /// Requests a minute until upstream reports its own limit; `None` paces only by its reports.
    pub requests_per_minute: Option<u32>,
    /// Longest time to wait for one answer.
    pub timeout: Duration,
    /// Longest time that one request may go on being retried; it bounds how late an error surfaces.
    pub retry_for: Duration,
    /// Proxy URL; without it the usual environment variables of the system count.
    pub proxy: Option<String>,
    /// User and password for the proxy.
    pub proxy_auth: Option<(String, Secret)>,
    /// PEM file with more certificate authorities to trust.
    pub ca_file: Option<PathBuf>,
    /// Requests that may be on their way at once; sizes the connection pool.
    pub concurrency: usize,
    /// Seed of the jitter between retries.
    pub seed: u64,
}

impl Settings {
    /// Settings with every default, for a region (domain or AWS name).
    ///
    /// # Errors
    /// [`region::UnknownRegion`].
    pub fn for_region(name: &str, credentials: Credentials) -> Result<Self, region::UnknownRegion> {
        let domain = region::domain(name)?;
        Ok(Self::at(
            format!("https://api.{domain}"),
            format!("https://login.{domain}"),
            credentials,
        ))
    }

    /// Settings with every default, for one host that serves both API and login: a gateway, a
    /// sandbox.
    #[must_use]
    pub fn for_url(url: &str, credentials: Credentials) -> Self {
        let url = url.trim_end_matches('/').to_owned();
        Self::at(url.clone(), url, credentials)
    }

    fn at(api_url: String, login_url: String, credentials: Credentials) -> Self {
        Self {
            api_url,
            login_url,
            credentials,
            requests_per_minute: Some(DEFAULT_REQUESTS_PER_MINUTE),
            timeout: Duration::from_secs(60),
            retry_for: Duration::from_secs(300),
            proxy: None,
            proxy_auth: None,
            ca_file: None,
            concurrency: 8,
            seed: 0,
        }
    }
}

/// `client.credentials.token.rate.per.minute`, the default limit of an org (contract 7.2).
pub const DEFAULT_REQUESTS_PER_MINUTE: u32 = 300;
