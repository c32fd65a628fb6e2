//! `headcount client`: the OAuth clients that may ask the server.

use headcount_store::CredentialKind;
use serde::Serialize;

use crate::{
    access::{self, Create},
    cli::Global,
};

/// Let OAuth clients ask the server: create, list and revoke them
///
/// A client logs in at `/oauth/token` with its id and secret, as at Genesys Cloud, and asks with
/// the token that it gets: what scripts and SDK programs do. It speaks of one org.
#[derive(Debug, clap::Args)]
#[command(disable_help_subcommand = true)]
#[command(after_help = "\
Examples:
  headcount client create --name 'Power BI'
  headcount client list
  headcount client revoke 3f0a1c7e-0000-4000-8000-000000000001")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a client and show its secret, once
    ///
    /// Only a digest of the secret is stored. With `--division` the users of all other divisions
    /// do not exist for this client.
    #[command(after_help = "\
Examples:
  headcount client create --name 'Power BI' --rate-limit 60
  headcount client create --division Sales --division 'Service Desk' --expires 2027-12-31
  headcount client create --permission headcount:metrics:view --output json")]
    Create(Create),
    /// List the clients of the org, revoked and expired ones too; never their secrets
    #[command(after_help = "\
Examples:
  headcount client list
  headcount client list --org acme --output csv")]
    List,
    /// End a client and the tokens that it got, within a second
    #[command(after_help = "\
Examples:
  headcount client revoke 3f0a1c7e-0000-4000-8000-000000000001")]
    Revoke {
        /// Id of the client
        #[arg(value_name = "ID")]
        id: String,
    },
}

/// A new client as machines read it.
#[derive(Serialize)]
struct Created<'a> {
    client_id: &'a str,
    client_secret: &'a str,
}

/// Runs the command.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<()> {
    match &args.action {
        Action::Create(create) => {
            let issued = access::create(global, CredentialKind::Client, create)?;
            let (client_id, client_secret) = (issued.id(), &issued.shown());
            access::show_once(
                global.output,
                &[("client_id", client_id), ("client_secret", client_secret)],
                &Created {
                    client_id,
                    client_secret,
                },
            )
        }
        Action::List => access::list(global, CredentialKind::Client),
        Action::Revoke { id } => access::revoke(global, CredentialKind::Client, id),
    }
}
