//! Integration tests.

#[path = "it/folder.rs"]
mod folder;
#[path = "it/increments.rs"]
mod increments;
#[path = "it/org.rs"]
mod org;
#[path = "it/tables.rs"]
mod tables;
