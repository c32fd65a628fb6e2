//! Facts on their way into the store, from the org or out of files.

mod csv;
mod pile;
pub(crate) mod pull;
mod read;

pub(crate) use self::{
    pile::{Pile, Piles},
    read::{Ways, read},
};
