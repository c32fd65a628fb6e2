//! The daily job of a server that keeps itself fresh.
//!
//! [`due`] knows when a job is due in a time zone, [`planner`] when to run next, whatever the clock
//! does, and [`driver`] is the thread that waits and runs.

mod driver;
mod due;
mod planner;
