//! The settings file. `headcount.example.toml` shows all of it; a test keeps the two together.

mod bounds;
mod org;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use headcount_core::check;
use headcount_genesys::Secret;
use headcount_store::Engine;
use serde::{Deserialize, Deserializer};

pub(crate) use self::org::{Org, Refresh};
use super::{ConfigError, position};
use crate::{
    commands::sync::Source,
    schedule::{Schedule, Zone},
};

/// All of a settings file.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct File {
    /// URL of the store.
    pub(crate) store: Option<String>,
    /// When `serve` fetches the users anew; without it only when it is told to.
    pub(crate) refresh: Option<Refresh>,
    /// Time zone of `refresh`; UTC without it.
    pub(crate) timezone: Option<Zone>,
    /// Seconds by which each refresh may be put off, 0 to 86,400.
    #[serde(deserialize_with = "bounds::within::<_, u32, 0, 86_400>")]
    pub(crate) jitter_s: u32,
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
    /// The page of `serve`.
    pub(crate) page: Page,
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
    #[serde(deserialize_with = "bounds::within::<_, u32, 2, 500>")]
    pub(crate) page_size: u32,
    /// Requests at once, 1 to 64.
    #[serde(deserialize_with = "bounds::within::<_, u16, 1, 64>")]
    pub(crate) concurrency: u16,
    /// Requests a minute until upstream tells its limit.
    #[serde(deserialize_with = "bounds::within::<_, u32, 1, 1_000_000>")]
    pub(crate) requests_per_minute: u32,
}

/// A snapshot is held back when both bounds are passed.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Breaker {
    /// Percent of the active users that may vanish or move, 0 to 100.
    #[serde(deserialize_with = "bounds::percent")]
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

/// The page of `serve`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Page {
    /// How it writes numbers and dates; as each browser asks for them without it.
    #[serde(deserialize_with = "locale")]
    pub(crate) locale: Option<String>,
}

/// The way to upstream.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Network {
    /// Longest wait for one answer, in seconds.
    #[serde(deserialize_with = "bounds::within::<_, u64, 1, 3_600>")]
    pub(crate) timeout_s: u64,
    /// Longest time that one request is retried, in seconds.
    #[serde(deserialize_with = "bounds::within::<_, u64, 0, 86_400>")]
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

impl Default for File {
    fn default() -> Self {
        Self {
            store: None,
            refresh: None,
            timezone: None,
            jitter_s: Schedule::DEFAULT_JITTER_S,
            sync: Sync::default(),
            breaker: Breaker::default(),
            network: Network::default(),
            check: check::Settings::default(),
            reports: Reports::default(),
            page: Page::default(),
            org: BTreeMap::new(),
        }
    }
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

fn locale<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let tag = String::deserialize(deserializer)?;
    match headcount_server::is_locale(&tag) {
        true => Ok(Some(tag)),
        false => Err(serde::de::Error::custom(format!(
            "the locale {tag:?} is not known; write a language such as \"de\", \"en-GB\" or \"fr\""
        ))),
    }
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
        assert!(file.refresh.is_some() && file.timezone.is_some());
        assert!(file.page.locale.is_some() && file.reports.timezone.is_some());
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
        let initech = &file.org["initech"];
        assert!(initech.client_secret.is_some() && initech.refresh == Some(Refresh::Off));
        assert!(acme.refresh.is_some() && acme.timezone.is_some() && acme.jitter_s.is_some());
        // Everything that an org may have of its own is shown, unlike the default of the file.
        let (sync, breaker) = (acme.sync.or(&file.sync), acme.breaker.or(file.breaker));
        assert!(sync.source != file.sync.source && sync.verify != file.sync.verify);
        assert_ne!(sync.page_size, file.sync.page_size);
        assert_ne!(sync.concurrency, file.sync.concurrency);
        assert_ne!(sync.requests_per_minute, file.sync.requests_per_minute);
        assert_ne!(breaker.percent, file.breaker.percent);
        assert_ne!(breaker.users, file.breaker.users);
        assert_eq!(globex.sync.or(&file.sync), file.sync);
    }

    #[test]
    fn the_settings_that_the_handbook_shows_are_valid() {
        let handbook = include_str!("../../../../docs/operations.md");
        let shown: Vec<&str> = handbook.split("```toml\n").skip(1).collect();
        assert!(!shown.is_empty());
        for text in shown {
            let file = parse(text.split("```").next().unwrap()).unwrap();
            assert!(file.org.len() > 1);
        }
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
                "[page]\nlocale = \"xx\"\n",
                "headcount.toml:2:10: the locale \"xx\" is not known; write a language such as \"de\", \"en-GB\" or \"fr\"",
            ),
            (
                "[sync]\n  verify = 3\n",
                "headcount.toml:2:12: invalid type: integer `3`, expected a boolean",
            ),
            (
                "[sync]\npage_size = 1\n",
                "headcount.toml:2:13: 1 is out of range; it must be from 2 to 500",
            ),
            (
                "[org.a.sync]\nconcurrency = 65\n",
                "headcount.toml:2:15: 65 is out of range; it must be from 1 to 64",
            ),
            (
                "[org.a]\nbreaker.percent = 100.5\n",
                "headcount.toml:2:19: 100.5 is out of range; it must be from 0 to 100",
            ),
            (
                "[org.a]\njitter_s = -1\n",
                "headcount.toml:2:12: -1 is out of range; it must be from 0 to 86400",
            ),
            (
                "[org.a]\nrefresh = \"61 * * * *\"\n",
                "headcount.toml:2:11: the minute `61` is not understood; it takes 0-59, `*`, lists such as `1,2`, ranges such as `1-3` and steps such as `*/2`",
            ),
            (
                "refresh = 3\n",
                "headcount.toml:1:11: invalid type: integer `3`, expected a cron expression such as \"0 3 * * *\", or \"off\"",
            ),
            (
                "[org.a]\ntimezone = \"Mars/Olympus\"\n",
                "headcount.toml:2:12: there is no time zone `Mars/Olympus`; names are such as `Asia/Riyadh`, `Europe/Berlin` or `UTC`",
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
