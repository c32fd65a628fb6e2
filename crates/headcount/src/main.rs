//! The binary: everything that touches a person, the environment, files and the clock.
//!
//! [`cli`] is the command line, [`commands`] holds one file per command, [`config`] gathers the
//! settings, [`output`] prints answers and [`error`] turns failures into exit codes.

mod cli;
mod clock;
mod columns;
mod commands;
mod config;
mod connect;
mod counting;
mod error;
mod output;
mod progress;
mod reading;
#[cfg_attr(
    not(test),
    expect(dead_code, unused_imports, reason = "`serve` will start it")
)]
mod schedule;
mod selection;
mod sync;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    telemetry::start(cli.global.verbose);
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error::report(&error),
    }
}
