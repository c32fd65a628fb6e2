//! One org of a settings file: where it is, and what it wants otherwise than the rest of the file.

use std::{fmt, path::PathBuf};

use headcount_genesys::Secret;
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

use super::{Breaker, Sync, bounds, secret};
use crate::{
    commands::sync::Source,
    schedule::{Cron, Zone},
};

/// One org.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Org {
    /// Domain or AWS name of the region.
    pub(crate) region: Option<String>,
    /// OAuth client id.
    pub(crate) client_id: Option<String>,
    /// OAuth client secret.
    #[serde(deserialize_with = "secret")]
    pub(crate) client_secret: Option<Secret>,
    /// File that holds the secret, relative to the settings file.
    pub(crate) client_secret_file: Option<PathBuf>,
    /// Ready-made access token.
    #[serde(deserialize_with = "secret")]
    pub(crate) access_token: Option<Secret>,
    /// Base URL instead of the region's hosts.
    pub(crate) api_url: Option<String>,
    /// Profile of the gc tool to take what is missing from.
    pub(crate) gc_profile: Option<String>,
    /// When `serve` fetches it anew; as the rest of the file has it when absent.
    pub(crate) refresh: Option<Refresh>,
    /// Time zone of `refresh`.
    pub(crate) timezone: Option<Zone>,
    /// Seconds by which each refresh may be put off.
    #[serde(deserialize_with = "bounds::maybe_within::<_, u32, 0, 86_400>")]
    pub(crate) jitter_s: Option<u32>,
    /// Its own settings of `sync`.
    pub(crate) sync: OwnSync,
    /// Its own bounds of the breaker.
    pub(crate) breaker: OwnBreaker,
}

/// When to fetch an org anew.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Refresh {
    /// Never: somebody else does.
    Off,
    /// As often as a cron expression says.
    At(Cron),
}

/// What an org wants otherwise of [`Sync`].
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OwnSync {
    source: Option<Source>,
    verify: Option<bool>,
    #[serde(deserialize_with = "bounds::maybe_within::<_, u32, 2, 500>")]
    page_size: Option<u32>,
    #[serde(deserialize_with = "bounds::maybe_within::<_, u16, 1, 64>")]
    concurrency: Option<u16>,
    #[serde(deserialize_with = "bounds::maybe_within::<_, u32, 1, 1_000_000>")]
    requests_per_minute: Option<u32>,
}

/// What an org wants otherwise of [`Breaker`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OwnBreaker {
    #[serde(deserialize_with = "bounds::maybe_percent")]
    percent: Option<f64>,
    users: Option<u64>,
}

impl OwnSync {
    /// All settings of the org: its own, and those of the file for the rest.
    pub(crate) fn or(&self, common: &Sync) -> Sync {
        Sync {
            source: self.source.unwrap_or(common.source),
            verify: self.verify.unwrap_or(common.verify),
            page_size: self.page_size.unwrap_or(common.page_size),
            concurrency: self.concurrency.unwrap_or(common.concurrency),
            requests_per_minute: self
                .requests_per_minute
                .unwrap_or(common.requests_per_minute),
        }
    }
}

impl OwnBreaker {
    /// Both bounds of the org: its own, and those of the file for the rest.
    pub(crate) fn or(self, common: Breaker) -> Breaker {
        Breaker {
            percent: self.percent.unwrap_or(common.percent),
            users: self.users.unwrap_or(common.users),
        }
    }
}

impl<'de> Deserialize<'de> for Refresh {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl Visitor<'_> for Text {
            type Value = Refresh;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a cron expression such as \"0 3 * * *\", or \"off\"")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Refresh, E> {
                if text.trim().eq_ignore_ascii_case("off") {
                    return Ok(Refresh::Off);
                }
                text.parse().map(Refresh::At).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}
