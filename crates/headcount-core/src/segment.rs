//! Segments: facts by what their users were at the time (contract `facts.md`, *Attribution rules*).
//!
//! [`People`] holds every version of every user, a [`Plan`] says of each version which segment it
//! is in, a [`Segmenter`] takes facts and adds them up, and the [`Table`] tells the sums. Every fact
//! is in exactly one segment, in `(unrostered)`, or among those that the conditions leave out: the
//! three add up to the facts.

mod answer;
mod attribute;
mod block;
mod calendar;
mod cells;
mod compared;
mod divisions;
mod document;
mod lineage;
mod of_user;
mod paths;
mod people;
mod period;
mod plan;
mod pushed;
mod segmenter;
mod table;
mod totals;

pub use self::{
    answer::{Answer, Measured, Told},
    attribute::{Attribute, AttributesError, UnknownAttribute},
    block::{Block, BlockMeasure, FactSink, Moments, NO_VALUE, hand_over},
    calendar::Calendar,
    compared::{Pair, paired},
    divisions::NamedDivision,
    document::{Document, SnapshotRef},
    lineage::Lineage,
    of_user::OfUser,
    people::{People, PeopleBuilder},
    period::{Period, days_told, days_told_as},
    plan::{Attribution, Plan, PlanError, Question},
    pushed::{Group, LEFT_OUT, OUT_OF_SIGHT, Pushed, Spans, Sums},
    segmenter::Segmenter,
    table::{Reconciliation, Row, Table},
    totals::Totals,
};

/// Label of facts whose user no snapshot ever held, or that name none, so that totals reconcile
/// (invariant 5).
pub const UNROSTERED: &str = "(unrostered)";
