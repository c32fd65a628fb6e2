//! What a roster is and what can be asked of it.
//!
//! No input or output, no async, no clock: values in, values out. Only this crate knows the
//! meaning of a user, a version and a search; the others carry them.

pub mod aggregate;
pub mod as_of;
pub mod change;
pub mod check;
pub mod csv;
pub mod delta;
pub mod fact;
pub mod field;
pub mod filter;
pub mod history;
pub mod managers;
mod members;
pub mod movement;
pub mod personal;
pub mod roster;
pub mod search;
pub mod segment;
pub mod user;
pub mod wire;
