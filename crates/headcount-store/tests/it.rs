//! What every store does (`conformance`, `access`, `model`), and what the SQLite file does besides.

#[path = "it/access.rs"]
mod access;
#[path = "it/conformance.rs"]
mod conformance;
#[path = "it/facts.rs"]
mod facts;
#[path = "it/facts_damage.rs"]
mod facts_damage;
#[path = "it/facts_foreign.rs"]
mod facts_foreign;
#[path = "it/files.rs"]
mod files;
#[path = "it/forget.rs"]
mod forget;
#[path = "it/kill.rs"]
mod kill;
#[path = "it/model.rs"]
mod model;
#[path = "it/org.rs"]
mod org;
#[path = "it/versions.rs"]
mod versions;
#[path = "it/volume.rs"]
mod volume;
