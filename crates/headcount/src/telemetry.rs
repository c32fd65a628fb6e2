//! Logs to stderr: off unless asked for, and never with personal data (invariant 9).

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::config::environment;

/// Starts logging when `HEADCOUNT_LOG` holds a filter or `-v` was given.
pub(crate) fn start(verbose: u8) {
    let filter = match (environment::log_filter(), verbose) {
        (Some(filter), _) => filter,
        (None, 0) => return,
        (None, 1) => {
            "headcount=info,headcount_genesys=info,headcount_store=info,headcount_sandbox=info"
                .to_owned()
        }
        (None, _) => {
            "headcount=debug,headcount_genesys=debug,headcount_store=debug,headcount_sandbox=debug"
                .to_owned()
        }
    };
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(filter))
        .with_writer(std::io::stderr)
        .with_ansi(environment::colours() && std::io::stderr().is_terminal())
        .init();
}
