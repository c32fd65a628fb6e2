//! The OData v4 feed: what Power BI, Excel and their like read.
//!
//! `sets` says what there is, `metadata` tells it. A link becomes `options`, and these a `question`:
//! `lex` and `parse` read a condition into an `expression`, `apply` reads groups. Rows lie in memory
//! (`people`, `small`, what is worked out of them on the `shelf`) or come out of files (`facts`);
//! `group` adds them up, `write` writes them, `answer` brings it all together.

mod answer;
mod apply;
mod expression;
mod facts;
mod fault;
mod group;
mod lex;
mod metadata;
mod options;
mod parse;
mod people;
#[cfg(test)]
mod property;
mod question;
mod sets;
mod shelf;
mod small;
mod target;
mod token;
mod value;
mod write;

pub(crate) use self::{
    answer::Asked,
    metadata::{json, service, xml},
    options::{API_KEY, Options},
    question::Question,
    shelf::Shelf,
    target::Target,
    token::Token,
    write::{Form, Level},
};

/// Names of the entity sets.
#[cfg(test)]
pub(crate) fn sets() -> impl Iterator<Item = &'static str> {
    sets::Set::ALL.into_iter().map(sets::Set::name)
}
