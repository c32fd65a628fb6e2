//! Checks: what is wrong with a roster, found by rules with stable ids.

mod finding;

pub use self::finding::{Finding, RuleInfo, Severity};
