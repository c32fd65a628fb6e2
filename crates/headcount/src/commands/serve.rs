//! `headcount serve`: answer for the roster, and keep it fresh.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use clap::ValueEnum;
use headcount_core::{check, personal::Personal};
use headcount_server::{Reports, Server, Settings, is_loopback, job::Jobs, tls};
use headcount_store::{Access, Store, StoreError, facts::FactStore};
use serde::Serialize;

use super::sandbox::{Limit, stopped};
use crate::{
    check::Baseline,
    cli::Global,
    clock,
    config::{Config, Timing},
    duration,
    error::{Exit, Failure},
    output, report,
    schedule::{self, Cron, Zone},
    sync::accept::StoreDesk,
};

/// Answer for the roster through the API that it came from
///
/// Serves `POST /api/v2/users/search` and its neighbours from the last published snapshot, as
/// Genesys Cloud does: a script, SDK program or Power BI query only changes its host. Goes on
/// while Genesys Cloud is down. With `--refresh` it runs the daily job itself.
///
/// Serves and refreshes every org of the settings file, each at its own times and pace; the token
/// decides which org is asked. `--org` narrows it to one.
///
/// Callers need a client or a token (`headcount client create`, `headcount token create`). While
/// the store knows none, only this machine is answered, and without a login.
///
/// The first line on stdout is JSON: `{"url","login"}`. Runs until Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  headcount serve
  headcount serve --refresh \"0 3 * * *\" --timezone Asia/Riyadh
  headcount serve --baseline known.json        known findings are hidden on the page
  headcount serve --listen 0.0.0.0:8443 --tls-cert server.pem --tls-key server.key")]
pub(crate) struct Args {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// When to fetch the users anew, unless the org's own settings say: minute, hour, day of month,
    /// month, day of week
    #[arg(long, value_name = "CRON")]
    pub(crate) refresh: Option<Cron>,
    /// Time zone of `--refresh` [default: that of the settings, else UTC]
    #[arg(long, value_name = "ZONE", requires = "refresh")]
    pub(crate) timezone: Option<Zone>,
    /// Seconds by which each refresh may be put off, so that not everybody asks at the same moment
    /// [default: that of the settings, else 300]
    #[arg(long, value_name = "SECONDS", requires = "refresh", value_parser = clap::value_parser!(u32).range(0..=86_400))]
    pub(crate) jitter: Option<u32>,
    /// PEM file with the certificate chain; the server then speaks TLS only
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// PEM file with the private key
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Requests a minute for each client or token that has no limit of its own, or `off`
    #[arg(long, value_name = "N|off", default_value = "300")]
    pub(crate) rate_limit: Limit,
    /// Age of the snapshot from which `/health/ready` says no, such as 26h, or `off`
    #[arg(long, value_name = "AGE|off", default_value = "48h", value_parser = age)]
    pub(crate) ready_age: Age,
    /// What the OData and the change feed carry of names, e-mails and user names: none, hashed or
    /// full
    #[arg(long, value_name = "HOW", default_value = "full")]
    pub(crate) feed_personal: Personal,
    /// How long a token of the change feed is good for, such as 90d; who comes back later begins
    /// again
    #[arg(long, value_name = "AGE", default_value = "90d", value_parser = duration::parse)]
    pub(crate) delta_window: Duration,
    /// Findings that are known already, as `check --baseline` keeps them; of several orgs, ORG=FILE
    /// for each. Read when the server starts
    #[arg(long = "baseline", value_name = "[ORG=]FILE")]
    pub(crate) baselines: Vec<String>,
    /// Logs on stderr; with `-v` a line for every request too
    #[arg(long, value_name = "FORM", value_enum, default_value_t)]
    pub(crate) log: Log,
}

/// Form of the logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Log {
    /// Lines for a person
    #[default]
    Text,
    /// One JSON object a line
    Json,
    /// None
    Off,
}

/// An age, or none that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Age(Option<Duration>);

fn age(text: &str) -> Result<Age, String> {
    if text.eq_ignore_ascii_case("off") {
        return Ok(Age(None));
    }
    duration::parse(text).map(|age| Age(Some(age)))
}

/// The first line on stdout.
#[derive(Serialize)]
struct Started<'a> {
    url: &'a str,
    login: &'static str,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    let configs = Config::load_all(global)?;
    // What is not of one org is the same in all.
    let config = configs[0].clone();
    let open_org = match configs.as_slice() {
        [only] => Some(only.org.clone()),
        _ => None,
    };
    let known = known(&configs, &args.baselines)?;
    let orgs = schedule::of_all(
        configs,
        &Timing {
            cron: args.refresh.clone(),
            zone: args.timezone.clone(),
            jitter_s: args.jitter,
        },
    );
    let store = open(&config, !orgs.is_empty())?;
    let written = (!orgs.is_empty()).then(|| Arc::clone(&store));
    let desk = StoreDesk::new(config.clone(), written);
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificate), Some(key)) => Some(
            tls::load(certificate, key).context(
                Failure::new(Exit::Config, "TLS can't be had")
                    .hint("--tls-cert and --tls-key take PEM files that belong together"),
            )?,
        ),
        _ => None,
    };
    if !is_loopback(args.listen) && store.access()?.credentials.is_empty() {
        let message = format!(
            "{} can be reached from other machines, and nobody would have to log in",
            args.listen
        );
        return Err(Failure::new(Exit::Config, message)
            .hint("make a client with `headcount client create`, or listen on 127.0.0.1")
            .into());
    }
    raise_open_files();
    let listener = listen(args.listen)?;
    let facts = FactStore::open(&config.store_url()?, &config.org)?;
    let settings = Settings {
        open_org,
        only_org: global.org.clone(),
        requests_per_minute: args.rate_limit.0,
        ready_age: args.ready_age.0,
        reports: Reports {
            engine: config.engine(None, &facts)?,
            timezone: config.file.reports.timezone.clone(),
            week_start: report::period::weekday(&config.file.reports.week_start)?,
        },
        locale: config.file.page.locale.clone(),
        feed_personal: args.feed_personal,
        facts: Some(facts),
        check: config.file.check.clone(),
        known,
        desk: Some(Arc::new(desk)),
        delta_window: args.delta_window,
        seed: clock::now_ms().unsigned_abs() ^ u64::from(std::process::id()),
        ..Settings::default()
    };
    let jobs = Jobs::of(orgs.iter().map(|(config, _)| config.org.as_str()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the network can't be started")?;
    let mut stop = std::pin::pin!(stopped());
    let started = runtime.block_on(async {
        let clock = Arc::new(clock::now_ms);
        tokio::select! {
            server = headcount_server::serve(
                listener, tls.clone(), settings, Arc::clone(&store), jobs.clone(), clock,
            ) => server.map(Some),
            () = &mut stop => Ok(None),
        }
    })?;
    let Some(server) = started else {
        return Ok(());
    };
    let scheme = if tls.is_some() { "https" } else { "http" };
    tell(&server, &format!("{scheme}://{}", server.address()))?;
    let refreshers = schedule::start_all(orgs, store, &jobs, clock::now_ms)?;
    runtime.block_on(&mut stop);
    drop(refreshers);
    runtime.block_on(server.shutdown());
    Ok(())
}

/// The findings that are known of each org.
fn known(
    configs: &[Config],
    baselines: &[String],
) -> anyhow::Result<BTreeMap<String, Arc<check::Baseline>>> {
    let mut known = BTreeMap::new();
    for text in baselines {
        let named = text
            .split_once('=')
            .filter(|(org, _)| configs.iter().any(|config| config.org == *org));
        let (org, file) = match (named, configs) {
            (Some((org, file)), _) => (org, file),
            (None, [only]) => (only.org.as_str(), text.as_str()),
            (None, _) => {
                let message = format!("it is not said of which org {text} is the baseline");
                return Err(Failure::new(Exit::Usage, message)
                    .hint("name it with --baseline ORG=FILE, or serve one org with --org")
                    .into());
            }
        };
        let baseline = Baseline::read(Path::new(file), false)?.into_known();
        if known.insert(org.to_owned(), Arc::new(baseline)).is_some() {
            let message = format!("there are two baselines of the org {org}");
            return Err(Failure::new(Exit::Usage, message).hint("keep one").into());
        }
    }
    Ok(known)
}

/// Takes an address.
pub(super) fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        let message = format!("address {address} can't be listened on");
        Failure::new(Exit::Failure, message).hint("choose another one with --listen")
    })
}

/// The store, which is made where a daily job will fill it or another process may.
fn open(config: &Config, refresh: bool) -> anyhow::Result<Arc<dyn Store>> {
    if refresh {
        return config.open_store(Access::Write);
    }
    config
        .open_store(Access::Read)
        .or_else(|error| match error.downcast_ref::<StoreError>() {
            Some(StoreError::NoStore { .. } | StoreError::OlderSchema { .. }) => {
                config.open_store(Access::Write)
            }
            _ => Err(error),
        })
}

fn tell(server: &Server, url: &str) -> anyhow::Result<()> {
    let open = server.is_open();
    let started = Started {
        url,
        login: if open { "none" } else { "required" },
    };
    output::stdout(|out| {
        serde_json::to_writer(&mut *out, &started)?;
        writeln!(out)?;
        Ok(out.flush()?)
    })?;
    if open {
        tracing::warn!(
            "the store knows no client or token: everybody on this machine is answered, nobody else"
        );
    } else if server.knows_nobody() {
        tracing::warn!(
            "the store knows no client or token, and without one it is not known which of several \
             orgs is asked: nobody is answered until `headcount client create --org NAME`; --org \
             serves one alone"
        );
    }
    Ok(())
}

/// Every connection is an open file, and the usual limit of 1,024 is meant for other programs.
fn raise_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        let raised = Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        };
        if setrlimit(Resource::Nofile, raised).is_err() {
            tracing::debug!("the limit of open files stays as it is");
        }
    }
}
