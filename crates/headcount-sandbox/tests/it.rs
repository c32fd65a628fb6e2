//! The sandbox over a real port.

#[path = "it/aggregates.rs"]
mod aggregates;
#[path = "it/client.rs"]
mod client;
#[path = "it/endpoints.rs"]
mod endpoints;
#[path = "it/faults.rs"]
mod faults;
#[path = "it/limits.rs"]
mod limits;
#[path = "it/quirks.rs"]
mod quirks;
#[path = "it/scenarios.rs"]
mod scenarios;
#[path = "it/truth.rs"]
mod truth;
