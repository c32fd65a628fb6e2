//! Facts on their way from files into the store.

mod csv;
mod pile;
mod read;

pub(crate) use self::{
    pile::{Pile, Piles},
    read::{Ways, read},
};
