//! The environment: the only file that reads it. Every name is in [`NAMES`].

use std::{collections::BTreeMap, path::PathBuf};

/// Variables that say where upstream is and who we are (contract 4.4), and where files go.
const NAMES: &[&str] = &[
    "GENESYSCLOUD_REGION",
    "GENESYSCLOUD_OAUTHCLIENT_ID",
    "GENESYSCLOUD_OAUTHCLIENT_SECRET",
    "GENESYSCLOUD_OAUTHCLIENT_SECRET_FILE",
    "GENESYSCLOUD_ACCESS_TOKEN",
    "GENESYSCLOUD_PROXY_PROTOCOL",
    "GENESYSCLOUD_PROXY_HOST",
    "GENESYSCLOUD_PROXY_PORT",
    "GENESYSCLOUD_PROXY_AUTH_USERNAME",
    "GENESYSCLOUD_PROXY_AUTH_PASSWORD",
    "GENESYSCLOUD_GATEWAY_PROTOCOL",
    "GENESYSCLOUD_GATEWAY_HOST",
    "GENESYSCLOUD_GATEWAY_PORT",
    "GENESYSCLOUD_GATEWAY_PATH_NAME",
    "GENESYSCLOUD_GATEWAY_PATH_VALUE",
    "HEADCOUNT_API_URL",
    "HEADCOUNT_LOG",
    "NO_COLOR",
    "PGPASSWORD",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_SERVICE_NAME",
    "HOME",
    "USERPROFILE",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "APPDATA",
    "LOCALAPPDATA",
];

/// The variables that count, taken once. Empty ones count as absent.
#[derive(Clone, Default)]
pub(crate) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables of this process.
    pub(crate) fn of_process() -> Self {
        Self::new(
            NAMES
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), variable(name)?))),
        )
    }

    /// Given variables.
    pub(crate) fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(
            variables
                .into_iter()
                .filter(|(_, value)| !value.trim().is_empty())
                .collect(),
        )
    }

    /// One variable.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        debug_assert!(NAMES.contains(&name), "{name} is not in NAMES");
        self.0.get(name).map(String::as_str)
    }

    /// Where the settings file is when nobody says otherwise.
    pub(crate) fn default_config(&self) -> Option<PathBuf> {
        let folder = if cfg!(windows) {
            self.path("APPDATA")
        } else if cfg!(target_os = "macos") {
            self.home()
                .map(|home| home.join("Library/Application Support"))
        } else {
            self.absolute("XDG_CONFIG_HOME")
                .or_else(|| Some(self.home()?.join(".config")))
        };
        Some(folder?.join("headcount").join("config.toml"))
    }

    /// Where the store is when nobody says otherwise.
    pub(crate) fn default_store(&self) -> Option<PathBuf> {
        let folder = if cfg!(windows) {
            self.path("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            self.home()
                .map(|home| home.join("Library/Application Support"))
        } else {
            self.absolute("XDG_DATA_HOME")
                .or_else(|| Some(self.home()?.join(".local/share")))
        };
        Some(folder?.join("headcount").join("headcount.db"))
    }

    /// Settings file of the gc tool.
    pub(crate) fn gc_config(&self) -> Option<PathBuf> {
        Some(self.home()?.join(".gc").join("config.toml"))
    }

    fn home(&self) -> Option<PathBuf> {
        self.path(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).map(PathBuf::from)
    }

    /// The XDG specification has relative paths ignored.
    fn absolute(&self, name: &str) -> Option<PathBuf> {
        self.path(name).filter(|path| path.is_absolute())
    }
}

impl std::fmt::Debug for Environment {
    /// Names only: some values are secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The filter of `HEADCOUNT_LOG`, needed before the settings are read.
pub(crate) fn log_filter() -> Option<String> {
    variable("HEADCOUNT_LOG").filter(|filter| !filter.is_empty())
}

/// Whether a collector of traces is named.
#[cfg(feature = "otlp")]
pub(crate) fn has_collector() -> bool {
    [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    ]
    .into_iter()
    .filter_map(variable)
    .any(|url| !url.trim().is_empty())
}

/// Whether the service is named for traces.
#[cfg(feature = "otlp")]
pub(crate) fn has_service_name() -> bool {
    variable("OTEL_SERVICE_NAME").is_some_and(|name| !name.trim().is_empty())
}

/// False when `NO_COLOR` is set to anything.
pub(crate) fn colours() -> bool {
    variable("NO_COLOR").is_none_or(|value| value.is_empty())
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place where the environment is read"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_variables_are_absent_and_values_stay_hidden() {
        let environment = Environment::new([
            ("GENESYSCLOUD_REGION".to_owned(), String::new()),
            (
                "GENESYSCLOUD_OAUTHCLIENT_SECRET".to_owned(),
                "hush".to_owned(),
            ),
        ]);
        assert_eq!(environment.get("GENESYSCLOUD_REGION"), None);
        assert!(!format!("{environment:?}").contains("hush"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn files_go_where_xdg_says() {
        let home = |extra: &[(&str, &str)]| {
            let all = [("HOME", "/home/x")].iter().chain(extra);
            Environment::new(all.map(|(name, value)| ((*name).into(), (*value).into())))
        };
        let plain = home(&[]);
        assert_eq!(
            plain.default_config(),
            Some("/home/x/.config/headcount/config.toml".into())
        );
        assert_eq!(
            plain.default_store(),
            Some("/home/x/.local/share/headcount/headcount.db".into())
        );
        let moved = home(&[("XDG_DATA_HOME", "/data"), ("XDG_CONFIG_HOME", "relative")]);
        assert_eq!(
            moved.default_store(),
            Some("/data/headcount/headcount.db".into())
        );
        assert_eq!(moved.default_config(), plain.default_config());
    }
}
