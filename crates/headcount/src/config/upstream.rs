//! Where an org is and how to speak to it, put together from all places.

use std::path::{Path, PathBuf};

use headcount_genesys::Secret;

use super::{Config, ConfigError, Environment, Org, file::Host, gc};

/// Everything that a client of the org needs.
#[derive(Clone, Debug)]
pub(crate) struct Upstream {
    /// Where to ask.
    pub(crate) endpoint: Endpoint,
    /// How to prove who asks.
    pub(crate) credentials: Credentials,
    /// Proxy on the way.
    pub(crate) proxy: Option<Proxy>,
    /// PEM file with more certificate authorities to trust.
    pub(crate) ca_file: Option<PathBuf>,
}

/// Where to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// A region by domain or AWS name; not looked up yet.
    Region(String),
    /// Base URLs, without a slash at the end.
    Urls {
        /// Base of `/api/v2`.
        api: String,
        /// Base of `/oauth/token`.
        login: String,
    },
}

/// How to prove who asks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Credentials {
    /// OAuth client credentials.
    Client {
        /// Client id.
        id: String,
        /// Client secret.
        secret: Secret,
    },
    /// A ready-made access token.
    Token(Secret),
}

/// A proxy.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Proxy {
    /// `protocol://host:port`.
    pub(crate) url: String,
    /// User and password.
    pub(crate) auth: Option<(String, Secret)>,
}

/// What one place says of upstream.
#[derive(Default)]
struct Layer {
    endpoint: Option<Endpoint>,
    id: Option<String>,
    secret: Option<Secret>,
    token: Option<Secret>,
}

/// Puts together what environment, settings file and gc profile say, in this order.
///
/// With several orgs in the file the environment's region and credentials do not count: they
/// can't say which org they are of, and one org's users must never enter another's history.
pub(super) fn resolve(config: &Config) -> Result<Upstream, ConfigError> {
    let environment = &config.environment;
    let org = config.own().cloned().unwrap_or_default();
    let mut layers = Vec::new();
    if config.file.org.len() <= 1 {
        layers.push(from_environment(environment)?);
    }
    layers.push(from_file(config, &org)?);
    if !is_complete(&layers) {
        layers.extend(from_gc(config, &org)?);
    }
    let endpoint = match gateway(config)? {
        // HEADCOUNT_API_URL is the last word; a gateway stands before a region.
        Some(gateway)
            if !matches!(
                first(&layers, |l| l.endpoint.clone()),
                Some(Endpoint::Urls { .. })
            ) =>
        {
            gateway
        }
        _ => first(&layers, |layer| layer.endpoint.clone())
            .ok_or_else(|| ConfigError::NoRegion(config.org.clone()))?,
    };
    Ok(Upstream {
        endpoint,
        credentials: credentials(&layers)?,
        proxy: proxy(config)?,
        ca_file: config
            .file
            .network
            .ca_file
            .as_deref()
            .map(|path| config.beside_file(path)),
    })
}

fn first<T>(layers: &[Layer], get: impl Fn(&Layer) -> Option<T>) -> Option<T> {
    layers.iter().find_map(get)
}

fn is_complete(layers: &[Layer]) -> bool {
    layers.iter().any(|layer| layer.endpoint.is_some()) && credentials(layers).is_ok()
}

/// The credentials of the first place that has any. A token and a client in the same place: the
/// token, as the official tools have it. Id and secret may come from different places.
fn credentials(layers: &[Layer]) -> Result<Credentials, ConfigError> {
    for layer in layers {
        if let Some(token) = &layer.token {
            return Ok(Credentials::Token(token.clone()));
        }
        if layer.id.is_some() || layer.secret.is_some() {
            break;
        }
    }
    let id = first(layers, |layer| layer.id.clone());
    let secret = first(layers, |layer| layer.secret.clone());
    match (id, secret) {
        (Some(id), Some(secret)) => Ok(Credentials::Client { id, secret }),
        (None, Some(_)) => Err(missing("the OAuth client id is missing")),
        (Some(_), None) => Err(missing("the OAuth client secret is missing")),
        (None, None) => Err(missing("no credentials are set")),
    }
}

fn missing(what: &str) -> ConfigError {
    ConfigError::NoCredentials(what.to_owned())
}

fn from_environment(environment: &Environment) -> Result<Layer, ConfigError> {
    let own = |name| environment.get(name).map(str::to_owned);
    let secret = match own("GENESYSCLOUD_OAUTHCLIENT_SECRET") {
        Some(secret) => Some(Secret::new(secret)),
        None => match environment.get("GENESYSCLOUD_OAUTHCLIENT_SECRET_FILE") {
            Some(path) => Some(read_secret(Path::new(path))?),
            None => None,
        },
    };
    let endpoint = match environment.get("HEADCOUNT_API_URL") {
        Some(url) => Some(at_url(url, "HEADCOUNT_API_URL")?),
        None => own("GENESYSCLOUD_REGION").map(Endpoint::Region),
    };
    Ok(Layer {
        endpoint,
        id: own("GENESYSCLOUD_OAUTHCLIENT_ID"),
        secret,
        token: own("GENESYSCLOUD_ACCESS_TOKEN").map(Secret::new),
    })
}

fn from_file(config: &Config, org: &Org) -> Result<Layer, ConfigError> {
    let secret = match &org.client_secret_file {
        Some(path) => Some(read_secret(&config.beside_file(path))?),
        None => org.client_secret.clone(),
    };
    let endpoint = match &org.api_url {
        Some(url) => Some(at_url(url, "api_url")?),
        None => org.region.clone().map(Endpoint::Region),
    };
    Ok(Layer {
        endpoint,
        id: org.client_id.clone(),
        secret,
        token: org.access_token.clone(),
    })
}

/// The profile that the org names, or `DEFAULT`; with several orgs only a named one counts.
fn from_gc(config: &Config, org: &Org) -> Result<Option<Layer>, ConfigError> {
    let name = match &org.gc_profile {
        Some(name) => name,
        None if config.file.org.len() <= 1 => "DEFAULT",
        None => return Ok(None),
    };
    let profile = match config.environment.gc_config() {
        Some(path) => gc::read(&path, name)?,
        None => None,
    };
    let Some(profile) = profile else {
        return match &org.gc_profile {
            Some(name) => Err(ConfigError::Invalid(format!(
                "the gc tool has no profile `{name}`"
            ))),
            None => Ok(None),
        };
    };
    let endpoint = match profile.environment {
        // That tool speaks plain HTTP to a host of this machine.
        Some(host) if host.contains("localhost") => Some(at_url(
            &format!("http://{}", host.trim_start_matches("http://")),
            "environment",
        )?),
        other => other.map(Endpoint::Region),
    };
    Ok(Some(Layer {
        endpoint,
        id: profile.client_id,
        secret: profile.client_secret,
        token: profile.access_token,
    }))
}

fn at_url(url: &str, name: &str) -> Result<Endpoint, ConfigError> {
    let url = url.trim().trim_end_matches('/');
    if !(url.starts_with("http://") || url.starts_with("https://")) {
        return Err(ConfigError::Invalid(format!(
            "{name} must begin with http:// or https://"
        )));
    }
    Ok(Endpoint::Urls {
        api: url.to_owned(),
        login: url.to_owned(),
    })
}

fn read_secret(path: &Path) -> Result<Secret, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    match text.trim() {
        "" => Err(ConfigError::Invalid(format!("{} is empty", path.display()))),
        secret => Ok(Secret::new(secret)),
    }
}

fn proxy(config: &Config) -> Result<Option<Proxy>, ConfigError> {
    let Some(host) = host(config, "PROXY", config.file.network.proxy.as_ref())? else {
        return Ok(None);
    };
    let auth = match (host.username.clone(), host.password.clone()) {
        (Some(username), password) => Some((username, password.unwrap_or_else(|| Secret::new("")))),
        (None, _) => None,
    };
    Ok(Some(Proxy {
        url: base(&host),
        auth,
    }))
}

fn gateway(config: &Config) -> Result<Option<Endpoint>, ConfigError> {
    let Some(host) = host(config, "GATEWAY", config.file.network.gateway.as_ref())? else {
        return Ok(None);
    };
    let at = |path: &Option<String>| {
        let path = path.as_deref().unwrap_or("").trim_matches('/');
        format!("{}/{path}", base(&host))
            .trim_end_matches('/')
            .to_owned()
    };
    Ok(Some(Endpoint::Urls {
        api: at(&host.path_params_api),
        login: at(&host.path_params_login),
    }))
}

/// A proxy or gateway: of the environment when that names a host, else of the settings file.
fn host(config: &Config, kind: &str, file: Option<&Host>) -> Result<Option<Host>, ConfigError> {
    let environment = &config.environment;
    let own = |name: &str| environment.get(&format!("GENESYSCLOUD_{kind}_{name}"));
    let Some(host) = own("HOST") else {
        return Ok(file.cloned());
    };
    let port = match own("PORT") {
        Some(port) => Some(port.parse().map_err(|_| {
            ConfigError::Invalid(format!("GENESYSCLOUD_{kind}_PORT is not a port number"))
        })?),
        None => None,
    };
    let mut found = Host {
        protocol: own("PROTOCOL").map(str::to_owned),
        host: host.to_owned(),
        port,
        ..Host::default()
    };
    if kind == "PROXY" {
        found.username = own("AUTH_USERNAME").map(str::to_owned);
        found.password = own("AUTH_PASSWORD").map(Secret::new);
    } else {
        let value = own("PATH_VALUE").map(str::to_owned);
        match own("PATH_NAME") {
            Some("login") => found.path_params_login = value,
            Some("api") | None => found.path_params_api = value,
            Some(_) => {
                return Err(ConfigError::Invalid(
                    "GENESYSCLOUD_GATEWAY_PATH_NAME must be `api` or `login`".to_owned(),
                ));
            }
        }
    }
    Ok(Some(found))
}

fn base(host: &Host) -> String {
    let protocol = host.protocol.as_deref().unwrap_or("https");
    match host.port {
        Some(port) => format!("{protocol}://{}:{port}", host.host),
        None => format!("{protocol}://{}", host.host),
    }
}

#[cfg(test)]
mod tests;
