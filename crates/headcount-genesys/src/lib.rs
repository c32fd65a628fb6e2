//! Fetch every user of a Genesys Cloud org, and prove that none is missing.
//!
//! Read [`walk`] first: it holds the guarantee. [`Client`] is the one [`Upstream`] that speaks
//! HTTP; tests put a fake org in its place. [`facts`] fetches what reports count, a day at a time.

pub mod capabilities;
pub mod client;
pub mod doctor;
pub mod error;
pub mod facts;
pub mod page;
pub mod rate_limit;
pub mod region;
pub mod retry;
pub mod secret;
pub mod settings;
mod token;
pub mod upstream;
pub mod walk;

pub use capabilities::{Answer, Capabilities};
pub use client::{Client, Counters};
pub use error::UpstreamError;
pub use facts::{DayFacts, Granularity};
pub use page::{CursorPage, Page};
pub use secret::Secret;
pub use settings::{Credentials, Settings};
pub use upstream::Upstream;
pub use walk::{Certificate, Plan, Sink, Source, WalkError, walk};
