//! A branch, or the whole tree, as a table that is written while it is sent.

use std::sync::Arc;

use super::forest::Forest;
use crate::{
    csv::{Cell, Rows},
    handlers::managers::cells,
    rosters::Loaded,
};

/// Everybody before those below them. A stack of our own is as deep as the tree.
pub(super) struct TreeRows {
    loaded: Arc<Loaded>,
    forest: Arc<Forest>,
    /// Lists that are being written: whom they report to, and who is left of them.
    open: Vec<(Option<u32>, std::vec::IntoIter<u32>)>,
}

impl TreeRows {
    /// The branches of some people, who are level 0.
    pub(super) fn new(loaded: Arc<Loaded>, forest: Arc<Forest>, tops: Vec<u32>) -> Self {
        Self {
            loaded,
            forest,
            open: vec![(None, tops.into_iter())],
        }
    }
}

impl Rows for TreeRows {
    fn next(&mut self, row: &mut dyn FnMut(&[Cell<'_>])) -> bool {
        while let Some((above, rest)) = self.open.last_mut() {
            let above = *above;
            let Some(next) = rest.next() else {
                self.open.pop();
                continue;
            };
            let level = self.open.len() - 1;
            let managers = &self.forest.managers;
            row(&cells(&self.loaded.roster, managers, next, level, above));
            self.open
                .push((Some(next), self.forest.reports(next).into_iter()));
            return true;
        }
        false
    }
}
