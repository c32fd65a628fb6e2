//! Segments: facts by what their users were at the time.

mod block;

pub use self::block::{Block, BlockMeasure, FactSink, Moments, NO_VALUE};
