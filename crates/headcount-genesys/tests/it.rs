//! Integration tests: the walk against an org in memory, the client against a real port.

#[path = "it/facts.rs"]
mod facts;
#[path = "it/fake.rs"]
mod fake;
#[path = "it/walk.rs"]
mod walk;
