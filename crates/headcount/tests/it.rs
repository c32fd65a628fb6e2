//! The real binary, from the outside: one module per command or promise.

#![expect(
    clippy::disallowed_methods,
    reason = "tests that wait for a process need a clock"
)]

#[path = "it/accept.rs"]
mod accept;
#[path = "it/access.rs"]
mod access;
#[path = "it/asking.rs"]
mod asking;
#[path = "it/bad_input.rs"]
mod bad_input;
#[path = "it/changes.rs"]
mod changes;
#[path = "it/check.rs"]
mod check;
#[expect(dead_code, reason = "the tests of the store use more of it")]
#[path = "../../headcount-store/tests/it/database.rs"]
mod database;
#[path = "it/days.rs"]
mod days;
#[path = "it/engine.rs"]
mod engine;
#[path = "it/export.rs"]
mod export;
#[path = "it/facts.rs"]
mod facts;
#[path = "it/forget.rs"]
mod forget;
#[path = "it/help.rs"]
mod help;
#[path = "it/house.rs"]
mod house;
#[path = "it/kill.rs"]
mod kill;
#[path = "it/operations.rs"]
mod operations;
#[path = "it/orgs.rs"]
mod orgs;
#[cfg(feature = "otlp")]
#[path = "it/otlp.rs"]
mod otlp;
#[path = "it/postgres.rs"]
mod postgres;
#[path = "it/readme.rs"]
mod readme;
#[path = "it/report.rs"]
mod report;
#[path = "it/run.rs"]
mod run;
#[path = "it/sandbox.rs"]
mod sandbox;
#[path = "it/sandboxed.rs"]
mod sandboxed;
#[path = "it/scenarios.rs"]
mod scenarios;
#[path = "it/serve.rs"]
mod serve;
#[path = "it/sync.rs"]
mod sync;
