//! A Genesys Cloud org on your own machine: the same API, limits, quirks and faults, realistic
//! people that come and go, and a ground truth that tests can ask for.
//!
//! [`start`] a sandbox with a [`Config`] and talk to its `url`. What Genesys does is told by the
//! contract notes (cited by their section); where it is not known, a quirk offers the choices.

mod admin;
mod analytics;
mod answer;
mod api;
mod change;
mod config;
mod fault;
mod import;
mod io;
mod nearest;
mod org;
pub mod people;
mod q64;
pub mod quirks;
pub mod scenario;
mod search;
mod server;
mod world;

pub use change::{Change, ChangeKind};
pub use config::Config;
pub use fault::{Endpoint, Fault, FaultError, FaultKind, FaultRate};
pub use org::{Org, Person, State, Truth};
pub use quirks::{QuirkError, Quirks};
pub use scenario::{Outcome, Scenario, ScenarioError, Step};
pub use server::{Sandbox, SandboxError, start};
pub use world::Stats;
