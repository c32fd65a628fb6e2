//! Logs to stderr: off unless asked for, but for `serve`; and with the feature `otlp` traces to a
//! collector. Never with personal data (invariant 9).

#[cfg(feature = "otlp")]
mod traces;

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{cli::Cli, commands::serve, config::environment};

/// What has to be ended before the process ends.
#[derive(Debug, Default)]
#[must_use = "traces are sent when this is dropped"]
pub(crate) struct Telemetry {
    #[cfg(feature = "otlp")]
    _traces: Option<traces::Traces>,
}

/// Starts logging when `HEADCOUNT_LOG` holds a filter, `-v` was given, or the command is `serve`,
/// which nobody watches; and traces of `serve` when `OTEL_EXPORTER_OTLP_ENDPOINT` names a
/// collector.
pub(crate) fn start(cli: &Cli) -> Telemetry {
    let log = cli.command.log();
    let logs = filter(cli, log).map(|filter| {
        let lines = tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(environment::colours() && std::io::stderr().is_terminal());
        let lines = match log {
            Some(serve::Log::Json) => lines.json().flatten_event(true).boxed(),
            _ => lines.boxed(),
        };
        lines.with_filter(EnvFilter::new(filter))
    });
    #[cfg(feature = "otlp")]
    {
        let (started, failed) = match traces::start(log.is_some()) {
            Ok(started) => (started, None),
            Err(error) => (None, Some(error)),
        };
        let (layer, traces) = started.unzip();
        tracing_subscriber::registry().with(logs).with(layer).init();
        if let Some(error) = failed {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "no traces are sent; look at the OTEL_ variables"
            );
        }
        Telemetry { _traces: traces }
    }
    #[cfg(not(feature = "otlp"))]
    {
        if logs.is_some() {
            tracing_subscriber::registry().with(logs).init();
        }
        Telemetry::default()
    }
}

/// What is logged; `None`: nothing.
fn filter(cli: &Cli, log: Option<serve::Log>) -> Option<String> {
    match (environment::log_filter(), cli.global.verbose, log) {
        (_, _, Some(serve::Log::Off)) | (None, 0, None) => None,
        (Some(filter), _, _) => Some(filter),
        // A line for every request only where it was asked for.
        (None, 0, Some(_)) => Some(format!("{},headcount_server::observe=off", of_ours("info"))),
        (None, 1, _) => Some(of_ours("info")),
        (None, _, _) => Some(of_ours("debug")),
    }
}

fn of_ours(level: &str) -> String {
    ["", "_genesys", "_store", "_sandbox", "_server"]
        .map(|name| format!("headcount{name}={level}"))
        .join(",")
}
