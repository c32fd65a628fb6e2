//! What every store does (`conformance`, `access`, `model`, `kill`, `copy`), and what the SQLite file
//! (`files`, `volume`) and the PostgreSQL database (`postgres`, `fleet`) do besides.

#[path = "it/access.rs"]
mod access;
#[path = "it/conformance.rs"]
mod conformance;
#[path = "it/copy.rs"]
mod copy;
#[path = "it/database.rs"]
mod database;
#[path = "it/facts.rs"]
mod facts;
#[path = "it/facts_damage.rs"]
mod facts_damage;
#[path = "it/facts_foreign.rs"]
mod facts_foreign;
#[path = "it/facts_kept.rs"]
mod facts_kept;
#[path = "it/files.rs"]
mod files;
#[path = "it/fleet.rs"]
mod fleet;
#[path = "it/forget.rs"]
mod forget;
#[path = "it/kill.rs"]
mod kill;
#[path = "it/model.rs"]
mod model;
#[path = "it/org.rs"]
mod org;
#[path = "it/postgres.rs"]
mod postgres;
#[path = "it/pushed.rs"]
mod pushed;
#[path = "it/versions.rs"]
mod versions;
#[path = "it/volume.rs"]
mod volume;
