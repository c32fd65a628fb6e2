//! Who may ask the server: what `client` and `token` have in common.

mod divisions;
mod expiry;
mod secret;

use std::io::Write;

use clap::builder::PossibleValuesParser;
use headcount_server::{ACCEPT_SYNC, VIEW_METRICS, VIEW_USERS};
use headcount_store::{Access, Credential, CredentialKind, Grant, RateLimit};
use ring::rand::SystemRandom;
use serde::Serialize;

pub(crate) use self::secret::Issued;
use crate::{
    cli::{Form, Global},
    clock,
    commands::sandbox::Limit,
    config::Config,
    error::{Exit, Failure},
    output::{self, Array, Cell, Sheet},
};

/// What a caller can be allowed, in the words of Genesys Cloud where it has one.
const PERMISSIONS: [&str; 3] = [VIEW_USERS, VIEW_METRICS, ACCEPT_SYNC];

/// Options of `client create` and `token create`.
#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// What people call it
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Division of which it sees the users, by id or name; may be repeated [default: all]
    #[arg(long = "division", value_name = "ID|NAME")]
    divisions: Vec<String>,
    /// What it may do; may be repeated. To read users, to read the metrics of the server, and to
    /// publish on the page a snapshot that the breaker holds back (with the first)
    #[arg(
        long = "permission",
        value_name = "NAME",
        value_parser = PossibleValuesParser::new(PERMISSIONS),
        default_value = PERMISSIONS[0]
    )]
    permissions: Vec<String>,
    /// When it ends: a date (its end, in UTC), a time, or from now in 90d, 12h or 30m
    /// [default: never]
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
    /// Requests a minute before 429, or `off` [default: 300, or what the server is told]
    #[arg(long, value_name = "N|off")]
    rate_limit: Option<Limit>,
}

/// Lets a new client or token into the store, and gives what its holder must know.
pub(crate) fn create(
    global: &Global,
    kind: CredentialKind,
    args: &Create,
) -> anyhow::Result<Issued> {
    let now_ms = clock::now_ms();
    let expires_ms = match &args.expires {
        Some(text) => Some(expiry::parse(text, now_ms)?),
        None => None,
    };
    let config = Config::load(global)?;
    let store = config.open_store(Access::Write)?;
    let divisions = match args.divisions.as_slice() {
        [] => None,
        asked => Some(divisions::resolve(&*store, &config.org, asked)?),
    };
    let mut permissions = args.permissions.clone();
    permissions.sort();
    permissions.dedup();
    let issued = Issued::new(kind, &SystemRandom::new())?;
    store.add_credential(&Credential {
        id: issued.id().to_owned(),
        kind,
        org: config.org,
        name: args.name.clone().filter(|name| !name.trim().is_empty()),
        digest: issued.digest(),
        grant: Grant {
            permissions,
            divisions,
            rate_limit: match args.rate_limit {
                None => RateLimit::Default,
                Some(Limit(None)) => RateLimit::Off,
                Some(Limit(Some(requests))) => RateLimit::PerMinute(requests),
            },
        },
        created_ms: now_ms,
        expires_ms,
        revoked_ms: None,
    })?;
    Ok(issued)
}

/// Prints what nobody can print again: `labels` are for a person, the members of `told` for
/// machines.
pub(crate) fn show_once<T: Serialize>(
    form: Form,
    values: &[(&str, &str)],
    told: &T,
) -> anyhow::Result<()> {
    match form {
        // One line, as scripts read it that do not parse JSON.
        Form::Json | Form::Ndjson => output::json(Form::Ndjson, told),
        Form::Csv => output::stdout(|out| {
            let names: Vec<String> = values.iter().map(|(name, _)| (*name).to_owned()).collect();
            let mut sheet = Sheet::begin(form, &names, out)?;
            let cells: Vec<Cell<'_>> = values
                .iter()
                .map(|(_, text)| Cell::of(Some(text)))
                .collect();
            sheet.row(&cells)?;
            sheet.finish()
        }),
        // No table: a narrow terminal would break what is to be copied.
        Form::Table => output::stdout(|out| {
            for (name, text) in values {
                writeln!(out, "{name}: {text}")?;
            }
            Ok(writeln!(
                out,
                "\nKeep it now: only its digest is stored, it is not shown again."
            )?)
        }),
    }
}

/// A client or token as machines read it.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    name: Option<&'a str>,
    permissions: &'a [String],
    /// `null`: all.
    divisions: Option<&'a [String]>,
    rate_limit: Told,
    created: String,
    expires: Option<String>,
    state: &'static str,
}

/// A rate limit: a number, or a word.
#[derive(Serialize)]
#[serde(untagged)]
enum Told {
    Word(&'static str),
    Number(u32),
}

/// Lists the clients or the tokens of the org, the oldest first.
pub(crate) fn list(global: &Global, kind: CredentialKind) -> anyhow::Result<()> {
    let config = Config::load(global)?;
    let store = config.open_store(Access::Read)?;
    let mut credentials = store.access()?.credentials;
    credentials.retain(|one| one.kind == kind && one.org == config.org);
    let now_ms = clock::now_ms();
    let form = global.output;
    output::stdout(|out| {
        let listed = credentials.iter().map(|one| Listed::of(one, now_ms));
        if matches!(form, Form::Json | Form::Ndjson) {
            let mut array = Array::new(form, out);
            for listed in listed {
                array.item(&serde_json::to_vec(&listed)?)?;
            }
            return Ok(array.finish()?);
        }
        sheet(form, listed, out)
    })
}

fn sheet<'a>(
    form: Form,
    listed: impl Iterator<Item = Listed<'a>>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let columns = [
        "id",
        "name",
        "permissions",
        "divisions",
        "rate_limit",
        "created",
        "expires",
        "state",
    ];
    let mut sheet = Sheet::begin(form, &columns.map(str::to_owned), out)?;
    for one in listed {
        sheet.row(&[
            Cell::of(Some(one.id)),
            Cell::of(one.name),
            Cell::owned(one.permissions.join(", ")),
            Cell::owned(
                one.divisions
                    .map_or_else(|| "all".to_owned(), |ids| ids.join(", ")),
            ),
            match one.rate_limit {
                Told::Word(word) => Cell::of(Some(word)),
                Told::Number(requests) => Cell::Number(requests.into()),
            },
            Cell::owned(one.created),
            one.expires.map_or(Cell::Nothing, Cell::owned),
            Cell::of(Some(one.state)),
        ])?;
    }
    sheet.finish()
}

impl<'a> Listed<'a> {
    fn of(credential: &'a Credential, now_ms: i64) -> Self {
        let grant = &credential.grant;
        Self {
            id: &credential.id,
            name: credential.name.as_deref(),
            permissions: &grant.permissions,
            divisions: grant.divisions.as_deref(),
            rate_limit: match grant.rate_limit {
                RateLimit::Default => Told::Word("default"),
                RateLimit::Off => Told::Word("off"),
                RateLimit::PerMinute(requests) => Told::Number(requests),
            },
            created: clock::display_ms(credential.created_ms),
            expires: credential.expires_ms.map(clock::display_ms),
            state: if credential.revoked_ms.is_some() {
                "revoked"
            } else if credential.is_active(now_ms) {
                "active"
            } else {
                "expired"
            },
        }
    }
}

/// Ends a client or token, at once and for good. Ending it twice is no failure.
pub(crate) fn revoke(global: &Global, kind: CredentialKind, id: &str) -> anyhow::Result<()> {
    let config = Config::load(global)?;
    // Looked for first by reading: that makes no store, and a client is no token.
    let known = config
        .open_store(Access::Read)?
        .access()?
        .credentials
        .iter()
        .any(|one| one.kind == kind && one.org == config.org && one.id == id);
    let revoked = if known {
        let store = config.open_store(Access::Write)?;
        store.revoke_credential(&config.org, id, clock::now_ms())?
    } else {
        None
    };
    let word = word(kind);
    let Some(revoked) = revoked else {
        let message = format!("the org `{}` has no {word} of that id", config.org);
        return Err(Failure::new(Exit::Failure, message)
            .hint(format!("`headcount {word} list` shows the ids"))
            .into());
    };
    let listed = Listed::of(&revoked, clock::now_ms());
    let form = global.output;
    match form {
        Form::Json | Form::Ndjson => output::json(form, &listed),
        Form::Csv => output::stdout(|out| sheet(form, std::iter::once(listed), out)),
        Form::Table => {
            let at = revoked
                .revoked_ms
                .map(clock::display_ms)
                .unwrap_or_default();
            output::stdout(|out| Ok(writeln!(out, "revoked {at}")?))
        }
    }
}

fn word(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Client => "client",
        CredentialKind::Token => "token",
    }
}
