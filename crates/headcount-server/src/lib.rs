//! Serve the roster through the API that it came from.
//!
//! Answers come from the last published snapshot in memory; upstream is never asked. What keeps
//! the snapshot fresh (the daily job) is the binary's, and tells about itself through [`job::Job`].

pub mod job;
