//! The settings file. `headcount.example.toml` shows all of it; a test keeps the two together.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use headcount_core::check;
use headcount_genesys::Secret;
use headcount_store::Engine;
use serde::{Deserialize, Deserializer};

use super::{ConfigError, position};
use crate::commands::sync::Source;

/// All of a settings file.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct File {
    /// URL of the store.
    pub(crate) store: Option<String>,
    /// Defaults of `sync`.
    pub(crate) sync: Sync,
    /// When a snapshot is held back.
    pub(crate) breaker: Breaker,
    /// The way to upstream.
    pub(crate) network: Network,
    /// The rules of `check`.
    pub(crate) check: check::Settings,
    /// Days and weeks of facts and reports.
    pub(crate) reports: Reports,
    /// The orgs, by the name that `--org` takes.
    pub(crate) org: BTreeMap<String, Org>,
}

/// Defaults of the options of `sync`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Sync {
    /// Where users are read from.
    pub(crate) source: Source,
    /// Also read a second listing.
    pub(crate) verify: bool,
    /// Users per request, 2 to 500.
    pub(crate) page_size: u32,
    /// Requests at once, 1 to 64.
    pub(crate) concurrency: u16,
    /// Requests a minute until upstream tells its limit.
    pub(crate) requests_per_minute: u32,
}

/// A snapshot is held back when both bounds are passed.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Breaker {
    /// Percent of the active users that may vanish or move, 0 to 100.
    pub(crate) percent: f64,
    /// Users that may vanish or move in any case.
    pub(crate) users: u64,
}

/// Days and weeks of the business.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Reports {
    /// Time zone that days start in. Without it: of new facts UTC, of reports that of their facts.
    pub(crate) timezone: Option<String>,
    /// Day that weeks start on.
    pub(crate) week_start: String,
    /// Who adds facts up.
    #[serde(deserialize_with = "engine")]
    pub(crate) engine: Engine,
}

/// The way to upstream.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Network {
    /// Longest wait for one answer, in seconds.
    pub(crate) timeout_s: u64,
    /// Longest time that one request is retried, in seconds.
    pub(crate) retry_for_s: u64,
    /// PEM file with more certificate authorities, relative to the settings file.
    pub(crate) ca_file: Option<PathBuf>,
    /// Proxy on the way.
    pub(crate) proxy: Option<Host>,
    /// Gateway in place of upstream's own hosts.
    pub(crate) gateway: Option<Host>,
}

/// A proxy or gateway, with the names that the official tools use.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Host {
    /// `http` or `https`; `https` when absent.
    pub(crate) protocol: Option<String>,
    /// Host name.
    pub(crate) host: String,
    /// Port; the protocol's own when absent.
    pub(crate) port: Option<u16>,
    /// User of a proxy.
    pub(crate) username: Option<String>,
    /// Password of a proxy.
    #[serde(deserialize_with = "secret")]
    pub(crate) password: Option<Secret>,
    /// Path before `/api/v2` on a gateway.
    pub(crate) path_params_api: Option<String>,
    /// Path before `/oauth/token` on a gateway.
    pub(crate) path_params_login: Option<String>,
}

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
}

impl Default for Sync {
    fn default() -> Self {
        Self {
            source: Source::Auto,
            verify: false,
            page_size: 100,
            concurrency: 8,
            requests_per_minute: 300,
        }
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            percent: 5.0,
            users: 10,
        }
    }
}

impl Default for Reports {
    fn default() -> Self {
        Self {
            timezone: None,
            week_start: "monday".to_owned(),
            engine: Engine::Local,
        }
    }
}

impl Default for Network {
    fn default() -> Self {
        Self {
            timeout_s: 60,
            retry_for_s: 300,
            ca_file: None,
            proxy: None,
            gateway: None,
        }
    }
}

impl File {
    /// Reads a settings file.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path)
    }

    /// Reads the text of a settings file.
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let file: Self = position::parse(text, path)?;
        file.check()
            .map_err(|what| ConfigError::Invalid(format!("{}: {what}", path.display())))?;
        Ok(file)
    }

    fn check(&self) -> Result<(), String> {
        let bound = |name: &str, value: u64, low: u64, high: u64| {
            if (low..=high).contains(&value) {
                Ok(())
            } else {
                Err(format!(
                    "{name} is {value}; it must be from {low} to {high}"
                ))
            }
        };
        bound("sync.page_size", self.sync.page_size.into(), 2, 500)?;
        bound("sync.concurrency", self.sync.concurrency.into(), 1, 64)?;
        bound(
            "sync.requests_per_minute",
            self.sync.requests_per_minute.into(),
            1,
            1_000_000,
        )?;
        bound("network.timeout_s", self.network.timeout_s, 1, 3600)?;
        bound("network.retry_for_s", self.network.retry_for_s, 0, 86_400)?;
        if !(0.0..=100.0).contains(&self.breaker.percent) {
            return Err("breaker.percent must be from 0 to 100".to_owned());
        }
        for (name, org) in &self.org {
            if org.client_secret.is_some() && org.client_secret_file.is_some() {
                return Err(format!(
                    "org.{name} has both client_secret and client_secret_file; keep one"
                ));
            }
        }
        Ok(())
    }
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(Some(Secret::new(String::deserialize(deserializer)?)))
}

fn engine<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Engine, D::Error> {
    let name = String::deserialize(deserializer)?;
    name.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../../headcount.example.toml");

    fn parse(text: &str) -> Result<File, ConfigError> {
        File::parse(text, Path::new("headcount.toml"))
    }

    #[test]
    fn the_example_holds_every_default() {
        assert_eq!(parse(EXAMPLE).unwrap(), File::default());
    }

    #[test]
    fn what_the_example_comments_out_is_valid_too() {
        let text: String = EXAMPLE
            .lines()
            .map(|line| {
                line.strip_prefix('#')
                    .filter(|rest| !rest.starts_with(' '))
                    .unwrap_or(line)
            })
            .fold(String::new(), |text, line| text + line + "\n");
        let file = parse(&text).unwrap();
        assert!(file.store.is_some() && file.network.ca_file.is_some());
        let (proxy, gateway) = (file.network.proxy.unwrap(), file.network.gateway.unwrap());
        assert!(proxy.port.is_some() && proxy.password.is_some() && proxy.username.is_some());
        assert!(gateway.path_params_api.is_some() && gateway.path_params_login.is_some());
        let wide = check::rule("span-too-wide").unwrap();
        assert!(file.check.rule(wide).unwrap().threshold.is_some());
        let acme = &file.org["acme"];
        assert!(acme.region.is_some() && acme.client_id.is_some());
        assert!(acme.client_secret_file.is_some() && acme.gc_profile.is_some());
        let globex = &file.org["globex"];
        assert!(globex.access_token.is_some() && globex.api_url.is_some());
        assert!(file.org["initech"].client_secret.is_some());
    }

    #[test]
    fn says_where_and_what_is_probably_meant() {
        let cases = [
            (
                "[sync]\npage_sice = 3\n",
                "headcount.toml:2:1: unknown setting `page_sice`; did you mean `page_size`?",
            ),
            (
                "[org.a]\nregoin = \"x\"\n",
                "headcount.toml:2:1: unknown setting `regoin`; did you mean `region`?",
            ),
            (
                "[sync]\n  verify = 3\n",
                "headcount.toml:2:12: invalid type: integer `3`, expected a boolean",
            ),
            (
                "[sync]\npage_size = 1\n",
                "headcount.toml: sync.page_size is 1; it must be from 2 to 500",
            ),
            (
                "[org.a]\nclient_secret = \"a\"\nclient_secret_file = \"b\"\n",
                "headcount.toml: org.a has both client_secret and client_secret_file; keep one",
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(parse(text).unwrap_err().to_string(), wanted);
        }
        let broken = parse("[sync\n").unwrap_err().to_string();
        assert!(broken.starts_with("headcount.toml:1:"), "{broken}");
        assert_eq!(broken.lines().count(), 1, "{broken}");
    }

    #[test]
    fn a_secret_does_not_show() {
        let file = parse("[org.a]\nclient_secret = \"hush\"\n").unwrap();
        assert!(!format!("{file:?}").contains("hush"));
    }
}
