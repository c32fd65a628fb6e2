//! The daily job of a server that keeps itself fresh.
//!
//! [`due`] knows when a job is due in a time zone.

mod due;
