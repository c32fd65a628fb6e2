//! What a division is called: an id, and the names that its users carry, which need not agree.

use std::borrow::Cow;

use super::View;
use crate::{aggregate::tally::tally, field::Column};

impl<'r> View<'r> {
    /// For every code of `division.id` the code of the name that most of its users in sight carry,
    /// of several the least; 0 where none carries one.
    pub(crate) fn division_names(self) -> Cow<'r, [u32]> {
        match self.scope() {
            None => Cow::Borrowed(self.roster().divisions.get_or_init(|| self.usual())),
            Some(_) => Cow::Owned(self.usual()),
        }
    }

    fn usual(self) -> Vec<u32> {
        let column = |column| self.roster().codes(column);
        let (Ok(ids), Ok(names)) = (column(Column::DivisionId), column(Column::DivisionName))
        else {
            return Vec::new();
        };
        let counts = tally(
            &[ids.len(), names.len()],
            &self.rows(),
            |level, _, rows, codes| {
                [ids, names][level].fill(rows, codes);
            },
        );
        let mut best: Vec<(u64, u32)> = vec![(0, 0); ids.len()];
        for (codes, count) in counts {
            let (id, name) = (codes[0] as usize, codes[1]);
            let (most, least) = best[id];
            if id != 0
                && name != 0
                && (count > most || (count == most && names.text(name) < names.text(least)))
            {
                best[id] = (count, name);
            }
        }
        best.into_iter().map(|(_, name)| name).collect()
    }
}
