//! The binary: everything that touches a person, the environment, files and the clock.
//!
//! [`cli`] is the command line, [`commands`] holds one file per command, [`config`] gathers the
//! settings, [`output`] prints answers and [`error`] turns failures into exit codes.

mod access;
mod check;
mod cli;
mod clock;
mod columns;
mod commands;
mod config;
mod connect;
mod counting;
mod duration;
mod error;
mod facts;
mod output;
mod progress;
mod reading;
mod report;
mod schedule;
mod selection;
mod sync;
mod tabular;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let _telemetry = telemetry::start(&cli);
    match commands::run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error::report(&error),
    }
}
