//! Where the database is, and how to speak to it: all that the URL says.

use std::{str::FromStr, time::Duration};

use postgres::{
    CancelToken, Client, Config,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls::{self, Trust};
use crate::StoreError;

/// A database, and the bounds within which it is used.
pub(crate) struct Target {
    config: Config,
    tls: MakeRustlsConnect,
    /// Schema that holds the tables; a name that needs no quotes.
    pub(super) schema: String,
    /// Most connections at once, those of the sync lock and of notifications not counted.
    pub(super) pool: usize,
    /// How long to wait for one of them.
    pub(super) pool_timeout: Duration,
    /// How long the database may work at one statement.
    pub(super) statement_timeout: Duration,
    /// Host, port and database, to tell a person.
    pub(super) place: String,
}

/// What the URL says that is ours to read, and the rest for the client.
#[derive(Default)]
struct Parameters {
    schema: Option<String>,
    pool: Option<usize>,
    pool_timeout: Option<Duration>,
    statement_timeout: Option<Duration>,
    trust: Option<Trust>,
    encrypt: Option<SslMode>,
    root: Option<String>,
    /// Names of what is left, to know which defaults of ours apply.
    names: Vec<String>,
    rest: String,
}

impl Target {
    /// Reads a URL `postgres://USER:PASSWORD@HOST:PORT/DATABASE?…`.
    pub(super) fn parse(url: &str) -> Result<Self, StoreError> {
        // A password may hold a question mark.
        let login = url.find('@').unwrap_or(0);
        let query = url[login..].find('?').map(|at| at + login);
        let (base, query) = query.map_or((url, ""), |at| (&url[..at], &url[at + 1..]));
        let parameters = Parameters::parse(query)?;
        let url = match &*parameters.rest {
            "" => base.to_owned(),
            rest => format!("{base}?{rest}"),
        };
        let mut config = Config::from_str(&url).map_err(|error| bad(&parse_reason(&error)))?;
        check_hosts(&config)?;
        defaults(&mut config, &parameters.names);
        let trust = match (parameters.trust, &parameters.root) {
            // As libpq has it: who names an authority wants it to be asked.
            (Some(Trust::Anything), Some(_)) if parameters.encrypt == Some(SslMode::Require) => {
                Trust::Authority
            }
            (Some(trust), _) => trust,
            (None, _) => Trust::Anything,
        };
        config.ssl_mode(parameters.encrypt.unwrap_or(SslMode::Prefer));
        Ok(Self {
            tls: MakeRustlsConnect::new(tls::config(trust, parameters.root.as_deref())?),
            schema: parameters.schema.unwrap_or_else(|| "headcount".to_owned()),
            pool: parameters.pool.unwrap_or(8),
            pool_timeout: parameters.pool_timeout.unwrap_or(Duration::from_secs(10)),
            statement_timeout: parameters
                .statement_timeout
                .unwrap_or(Duration::from_secs(300)),
            place: place(&config),
            config,
        })
    }

    /// A connection with the settings of a session.
    pub(super) fn connect(&self) -> Result<Client, StoreError> {
        let mut client = self.config.connect(self.tls.clone())?;
        client.batch_execute(&self.session())?;
        Ok(client)
    }

    /// Asks the database to give up what a connection is waiting for.
    pub(super) fn cancel(&self, what: &CancelToken) {
        // Where that fails, the time-out of statements ends it.
        if what.cancel_query(self.tls.clone()).is_err() {
            tracing::debug!("a statement that nobody waits for any more goes on for now");
        }
    }

    /// What holds for every session. The keepalives let the database notice within half a minute
    /// that a machine is gone, and free what it held.
    fn session(&self) -> String {
        format!(
            "SET search_path TO \"{}\"; SET statement_timeout = {}; SET lock_timeout = '10s'; \
             SET idle_in_transaction_session_timeout = '15min'; SET jit = off; \
             SET client_min_messages = warning; SET tcp_keepalives_idle = 10; \
             SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; \
             SET tcp_user_timeout = 20000;",
            self.schema,
            self.statement_timeout.as_millis(),
        )
    }
}

impl Parameters {
    fn parse(query: &str) -> Result<Self, StoreError> {
        let mut all = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, raw) = pair
                .split_once('=')
                .ok_or_else(|| bad("a parameter has no value"))?;
            let value = decoded(raw);
            match name {
                "schema" => all.schema = Some(schema(&value)?),
                "pool" => all.pool = Some(number(&value, 2, "pool takes a number from 2 on")?),
                "pool_timeout" => all.pool_timeout = Some(time(&value, "pool_timeout")?),
                "statement_timeout" => {
                    all.statement_timeout = Some(time(&value, "statement_timeout")?);
                }
                "sslrootcert" => all.root = Some(value),
                "sslmode" => {
                    let (encrypt, trust) = match &*value {
                        "disable" => (SslMode::Disable, Trust::Anything),
                        "prefer" => (SslMode::Prefer, Trust::Anything),
                        "require" => (SslMode::Require, Trust::Anything),
                        "verify-ca" => (SslMode::Require, Trust::Authority),
                        "verify-full" => (SslMode::Require, Trust::Host),
                        _ => {
                            return Err(bad(
                                "sslmode is disable, prefer, require, verify-ca or verify-full",
                            ));
                        }
                    };
                    (all.encrypt, all.trust) = (Some(encrypt), Some(trust));
                }
                name => {
                    all.names.push(name.to_owned());
                    if !all.rest.is_empty() {
                        all.rest.push('&');
                    }
                    all.rest.push_str(pair);
                }
            }
        }
        Ok(all)
    }
}

/// Bounds and a name where the URL says nothing else.
fn defaults(config: &mut Config, named: &[String]) {
    let unset = |name: &str| !named.iter().any(|one| one == name);
    if unset("application_name") {
        config.application_name("headcount");
    }
    if unset("connect_timeout") {
        config.connect_timeout(Duration::from_secs(10));
    }
    if unset("keepalives_idle") {
        config.keepalives_idle(Duration::from_secs(10));
    }
    if unset("keepalives_interval") {
        config.keepalives_interval(Duration::from_secs(5));
    }
    if unset("keepalives_retries") {
        config.keepalives_retries(3);
    }
    if unset("tcp_user_timeout") {
        config.tcp_user_timeout(Duration::from_secs(20));
    }
    // Notices may quote what they are about, and go to a log.
    config.notice_callback(|_| {});
}

/// A password with an `@` in it would be taken for a host, and told to whoever reads the error.
fn check_hosts(config: &Config) -> Result<(), StoreError> {
    if config.get_hosts().is_empty() {
        return Err(bad("it names no host"));
    }
    let odd = |host: &Host| matches!(host, Host::Tcp(name) if name.contains(['@', '?', '#']));
    if config.get_hosts().iter().any(odd) {
        return Err(bad(
            "the host is none; signs such as @ in a password are written as %40",
        ));
    }
    Ok(())
}

fn place(config: &Config) -> String {
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(index, host)| {
            let ports = config.get_ports();
            let port = ports.get(index).or(ports.first()).unwrap_or(&5432);
            match host {
                Host::Tcp(name) => format!("{name}:{port}"),
                #[cfg(unix)]
                Host::Unix(path) => format!("{}:{port}", path.display()),
            }
        })
        .collect();
    let database = config.get_dbname().or(config.get_user()).unwrap_or("");
    format!("postgres://{}/{database}", hosts.join(","))
}

/// What the client says of a URL: names of parameters, never values.
fn parse_reason(error: &postgres::Error) -> String {
    use std::error::Error as _;
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

fn decoded(raw: &str) -> String {
    // A plus is a plus here, not a space as in a form.
    let raw = format!("v={}", raw.replace('+', "%2B"));
    form_urlencoded::parse(raw.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

fn schema(name: &str) -> Result<String, StoreError> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let starts = name.starts_with(|sign: char| sign.is_ascii_lowercase() || sign == '_');
    if starts && name.len() < 64 && name.bytes().all(plain) && !name.starts_with("pg_") {
        return Ok(name.to_owned());
    }
    Err(bad(
        "schema takes a name of lower case letters, digits and _",
    ))
}

fn number(text: &str, least: usize, reason: &str) -> Result<usize, StoreError> {
    let number = text.parse().ok().filter(|number| *number >= least);
    number.ok_or_else(|| bad(reason))
}

/// Seconds, at least one.
fn time(text: &str, name: &str) -> Result<Duration, StoreError> {
    let seconds = text.parse().ok().filter(|seconds: &u32| *seconds > 0);
    seconds
        .map(|seconds| Duration::from_secs(seconds.into()))
        .ok_or_else(|| bad(&format!("{name} takes seconds")))
}

fn bad(reason: &str) -> StoreError {
    StoreError::BadUrl {
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests;
