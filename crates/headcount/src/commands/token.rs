//! `headcount token`: the tokens that may ask the server as they are.

use headcount_store::CredentialKind;
use serde::Serialize;

use crate::{
    access::{self, Create},
    cli::Global,
};

/// Let bearer tokens ask the server: create, list and revoke them
///
/// A token is sent as it is, as `Authorization: Bearer TOKEN`, without logging in: what curl and a
/// page need. It speaks of one org.
#[derive(Debug, clap::Args)]
#[command(disable_help_subcommand = true)]
#[command(after_help = "\
Examples:
  headcount token create --name monitoring --expires 90d
  headcount token list
  headcount token revoke 7Xq2LwVb0cRk5TzYhN8sMd")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a token and show it, once
    ///
    /// Only a digest of its secret part is stored. With `--division` the users of all other
    /// divisions do not exist for this token.
    #[command(after_help = "\
Examples:
  headcount token create --name 'Jump host' --expires 12h
  headcount token create --division Sales --rate-limit off
  headcount token create --permission headcount:metrics:view --output json
  headcount token create --permission directory:user:view --permission headcount:sync:accept")]
    Create(Create),
    /// List the tokens of the org, revoked and expired ones too; never their secrets
    #[command(after_help = "\
Examples:
  headcount token list
  headcount token list --org acme --output csv")]
    List,
    /// End a token, within a second
    #[command(after_help = "\
Examples:
  headcount token revoke 7Xq2LwVb0cRk5TzYhN8sMd")]
    Revoke {
        /// Id of the token: what stands between its two `_`
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// A new token as machines read it.
#[derive(Serialize)]
struct Created<'a> {
    token: &'a str,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    match &args.action {
        Action::Create(create) => {
            let issued = access::create(global, CredentialKind::Token, create)?;
            let token = &issued.shown();
            access::show_once(global.output, &[("token", token)], &Created { token })
        }
        Action::List => access::list(global, CredentialKind::Token),
        Action::Revoke { id } => access::revoke(global, CredentialKind::Token, id),
    }
}
