//! One file per command. Each holds its `Args`, whose comments are the help, and a `run`.

pub(crate) mod changes;
pub(crate) mod check;
pub(crate) mod client;
pub(crate) mod completions;
pub(crate) mod count;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod facts;
pub(crate) mod forget;
pub(crate) mod history;
pub(crate) mod man;
pub(crate) mod orgs;
pub(crate) mod report;
pub(crate) mod sandbox;
pub(crate) mod serve;
pub(crate) mod snapshots;
pub(crate) mod store;
pub(crate) mod sync;
pub(crate) mod token;
pub(crate) mod users;

use crate::cli::{Cli, Command, Form};

/// Runs the command that was given.
pub(crate) fn run(cli: Cli) -> anyhow::Result<()> {
    let asked = cli.global;
    let global = match &cli.command {
        // Knows forms that the others do not.
        Command::Check(_) => asked.with(Form::default()),
        _ => asked.with(asked.output.form()?),
    };
    match cli.command {
        Command::Demo(args) => demo::run(&global, &args),
        Command::Sandbox(args) => sandbox::run(&global, &args),
        Command::Doctor(args) => doctor::run(&global, &args),
        Command::Sync(args) => sync::run(&global, &args),
        Command::Users(args) => users::run(&global, &args),
        Command::Count(args) => count::run(&global, &args),
        Command::Export(args) => export::run(&global, &args),
        Command::Facts(args) => facts::run(&global, &args),
        Command::History(args) => history::run(&global, &args),
        Command::Changes(args) => changes::run(&global, &args),
        Command::Snapshots(args) => snapshots::run(&global, &args),
        Command::Orgs(args) => orgs::run(&global, &args),
        Command::Store(args) => store::run(&global, &args),
        Command::Check(args) => check::run(&global, asked.output, &args),
        Command::Report(args) => report::run(&global, &args),
        Command::Serve(args) => serve::run(&global, &args),
        Command::Client(args) => client::run(&global, &args),
        Command::Token(args) => token::run(&global, &args),
        Command::Forget(args) => forget::run(&global, &args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}
