//! From what was set to what the client of an org needs.

use std::time::Duration;

use headcount_genesys::{Credentials, Settings};

use crate::{
    clock,
    config::{self, Config, Endpoint},
};

/// Settings of the client for the org that was asked for.
pub(crate) fn settings(
    config: &Config,
    concurrency: usize,
    requests_per_minute: u32,
) -> anyhow::Result<Settings> {
    let upstream = config.upstream()?;
    let credentials = match upstream.credentials {
        config::Credentials::Client { id, secret } => Credentials::Client { id, secret },
        config::Credentials::Token(token) => Credentials::Token(token),
    };
    let mut settings = match upstream.endpoint {
        Endpoint::Region(name) => Settings::for_region(&name, credentials)?,
        Endpoint::Urls { api, login } => Settings {
            login_url: login,
            ..Settings::for_url(&api, credentials)
        },
    };
    let network = &config.file.network;
    settings.requests_per_minute = Some(requests_per_minute);
    settings.timeout = Duration::from_secs(network.timeout_s);
    settings.retry_for = Duration::from_secs(network.retry_for_s);
    if let Some(proxy) = upstream.proxy {
        settings.proxy = Some(proxy.url);
        settings.proxy_auth = proxy.auth;
    }
    settings.ca_file = upstream.ca_file;
    settings.concurrency = concurrency;
    // Any seed does: it only keeps many machines from retrying at the same moments.
    settings.seed = clock::now_ms().unsigned_abs() ^ u64::from(std::process::id());
    Ok(settings)
}
