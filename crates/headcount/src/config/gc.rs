//! A profile of `~/.gc/config.toml`, the settings file of the official command line (contract
//! 4.4): whoever has set that up need not set up anything again.

use std::{collections::BTreeMap, path::Path};

use headcount_genesys::Secret;

use super::{ConfigError, position};

/// What a profile holds of interest; its other keys are not ours to judge.
#[derive(Debug, Default)]
pub(super) struct Profile {
    /// `environment`: region, or `localhost:PORT` for plain HTTP.
    pub(super) environment: Option<String>,
    /// `client_credentials`: the client id.
    pub(super) client_id: Option<String>,
    /// `client_secret`.
    pub(super) client_secret: Option<Secret>,
    /// `access_token`.
    pub(super) access_token: Option<Secret>,
}

/// Reads one profile; nothing when file or profile is absent.
pub(super) fn read(path: &Path, name: &str) -> Result<Option<Profile>, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text, path, name),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        }),
    }
}

fn parse(text: &str, path: &Path, name: &str) -> Result<Option<Profile>, ConfigError> {
    let profiles: BTreeMap<String, toml::Value> = position::parse(text, path)?;
    // That tool does not care about case, neither in names nor in keys.
    let profile = profiles
        .into_iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name));
    let Some((_, toml::Value::Table(table))) = profile else {
        return Ok(None);
    };
    let get = |wanted: &str| {
        let (_, value) = table
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(wanted))?;
        value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    Ok(Some(Profile {
        environment: get("environment"),
        client_id: get("client_credentials"),
        client_secret: get("client_secret").map(Secret::new),
        access_token: get("access_token").map(Secret::new),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_profile_whatever_its_case_and_ignores_the_rest() {
        let text = "[default]\nEnvironment = \"mypurecloud.de\"\nclient_credentials = \"id\"\n\
                    client_secret = \"\"\noauth_token_data = \"x\"\nlogging_enabled = false\n";
        let profile = parse(text, Path::new("config.toml"), "DEFAULT")
            .unwrap()
            .unwrap();
        assert_eq!(profile.environment.as_deref(), Some("mypurecloud.de"));
        assert_eq!(profile.client_id.as_deref(), Some("id"));
        assert!(profile.client_secret.is_none());
        assert!(
            parse(text, Path::new("config.toml"), "other")
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn a_broken_file_is_named() {
        let error = parse("[x", Path::new("config.toml"), "DEFAULT").unwrap_err();
        assert!(error.to_string().starts_with("config.toml:1:"), "{error}");
    }
}
