//! The real binary, from the outside: one module per command, and one for bad input.

#[path = "it/bad_input.rs"]
mod bad_input;
#[path = "it/help.rs"]
mod help;
#[path = "it/run.rs"]
mod run;
