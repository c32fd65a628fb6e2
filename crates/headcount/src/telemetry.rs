//! Logs to stderr: off unless asked for, but for `serve`, and never with personal data
//! (invariant 9).

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::{cli::Cli, commands::serve, config::environment};

/// Starts logging when `HEADCOUNT_LOG` holds a filter, `-v` was given, or the command is `serve`,
/// which nobody watches.
pub(crate) fn start(cli: &Cli) {
    let log = cli.command.log();
    let verbose = cli.global.verbose;
    let filter = match (environment::log_filter(), verbose, log) {
        (_, _, Some(serve::Log::Off)) => return,
        (Some(filter), _, _) => filter,
        (None, 0, None) => return,
        // A line for every request only where it was asked for.
        (None, 0, Some(_)) => format!("{},headcount_server::observe=off", of_ours("info")),
        (None, 1, _) => of_ours("info"),
        (None, _, _) => of_ours("debug"),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(environment::colours() && std::io::stderr().is_terminal());
    if log == Some(serve::Log::Json) {
        subscriber.json().flatten_event(true).init();
    } else {
        subscriber.init();
    }
}

fn of_ours(level: &str) -> String {
    ["", "_genesys", "_store", "_sandbox", "_server"]
        .map(|name| format!("headcount{name}={level}"))
        .join(",")
}
