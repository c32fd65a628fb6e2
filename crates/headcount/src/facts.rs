//! Facts: fetched day by day, or taken from files, and kept beside the store.

mod csv;
mod pile;
pub(crate) mod pull;
mod read;

pub(crate) use self::{
    pile::{Pile, Piles},
    read::{Ways, read},
};
