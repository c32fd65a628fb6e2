//! The one integration binary of the crate.

#[path = "it/answer.rs"]
mod answer;
#[path = "it/checks.rs"]
mod checks;
#[path = "it/naive.rs"]
mod naive;
#[path = "it/org.rs"]
mod org;
#[path = "it/pushed.rs"]
mod pushed;
#[path = "it/questions.rs"]
mod questions;
#[path = "it/roster.rs"]
mod roster;
#[path = "it/search.rs"]
mod search;
#[path = "it/segment.rs"]
mod segment;
