//! Adding facts to their cells.

use std::ops::Range;

use super::{
    NO_VALUE, Segmenter,
    aim::{LOOK, Target},
    span::Span,
};
use crate::{
    fact::MEASURES,
    segment::{Block, BlockMeasure, cells::UNSEEN, totals::Totals},
};

/// In place of a cell: the fact was looked at by itself and is added already.
const ALONE: u32 = u32::MAX;

impl Segmenter<'_> {
    /// Adds the fact at a place to the cell of its own moment.
    pub(super) fn add_one(&mut self, block: &Block<'_>, place: usize) {
        let (start, end) = (block.start_ms.at(place), block.end_ms.at(place));
        let span = Span {
            first: start,
            last: start,
            end,
            one: true,
        };
        let user = self.users.get(block.users[place] as usize);
        let user = user.copied().unwrap_or(NO_VALUE);
        let target = self.target(user, span);
        let cell = match self.spot_or_cell(user, start) {
            Ok(spot) => {
                let media = self.media.get(block.media[place] as usize).copied();
                let media = media.filter(|_| self.plan.by_media);
                self.cell(spot, media.unwrap_or(NO_VALUE), start)
            }
            Err(cell) => cell,
        };
        self.count(cell, target);
        if user != NO_VALUE {
            self.cells.count_agent(cell, user);
        }
        let mut one = Totals {
            facts: 1,
            ..Totals::default()
        };
        for (measure, &to) in block.measures.iter().zip(&self.wanted) {
            if let Some(value) = measure.at(place) {
                one.sums[to] = value;
                one.seen |= 1 << to;
            }
        }
        self.pair(&mut one);
        self.overflow |= self.cells.add(cell, &one, None).is_none();
    }

    /// Counts facts of which a reader is told how they were attributed.
    #[inline]
    fn count(&mut self, cell: u32, target: Target) {
        let told = cell != UNSEEN;
        self.before_first += u64::from(target.before_first && told);
        self.straddling += u64::from(target.straddling && told);
    }

    /// Notes the counts of a single fact that came without their sum.
    fn pair(&self, one: &mut Totals) {
        for count in 0..MEASURES {
            if let Some(sum) = self.sums_of_counts[count]
                && self.wanted.contains(&sum)
                && one.seen & 1 << sum == 0
            {
                one.unpaired[count] = one.sums[count];
            }
        }
    }

    /// Adds a whole column up, and tells whether any cell might overflow by it.
    pub(super) fn add_straight(&mut self, block: &Block<'_>, places: Range<usize>) {
        let mut most = 0;
        for (measure, &to) in block.measures.iter().zip(&self.wanted) {
            let values = &measure.values[places.clone()];
            // Values are never negative: all bits set in any of them are no less than the largest.
            most = most.max(values.iter().fold(0, |bits, value| bits | value));
            let sum = values
                .iter()
                .fold(0_i64, |sum, value| sum.wrapping_add(*value));
            let sums = &mut self.straight.sums[to];
            *sums = sums.wrapping_add(sum);
            let any = measure
                .present
                .is_none_or(|present| present[places.clone()].contains(&true));
            self.straight.seen |= u16::from(any) << to;
        }
        self.straight.facts += places.len() as u64;
        self.bound += i128::from(most) * places.len() as i128;
        self.overflow |= self.bound > i128::from(i64::MAX);
    }

    /// Adds all facts of a block.
    pub(super) fn add(&mut self, block: &Block<'_>) {
        self.find(block);
        match block.measures {
            // The usual number of measures, known when compiled, is a third faster.
            [a, b, c, d, e, f, g, h] => {
                self.add_columns(
                    [a, b, c, d, e, f, g, h].map(|measure| measure.values),
                    block,
                );
            }
            [a, b, c, d, e] => {
                self.add_columns([a, b, c, d, e].map(|measure| measure.values), block);
            }
            measures => {
                // Counts the facts.
                self.add_columns([], block);
                for (at, measure) in measures.iter().enumerate() {
                    self.add_measure(at, measure);
                }
            }
        }
        self.note_zeros(block);
        self.note_unpaired(block);
    }

    /// Adds the facts of a block; what is absent adds 0.
    fn add_columns<const N: usize>(&mut self, columns: [&[i64]; N], block: &Block<'_>) {
        let rows = block.users.len();
        let columns = columns.map(|column| &column[..rows]);
        let mut to = [0; N];
        to.copy_from_slice(&self.wanted[..N]);
        for (place, &cell) in self.rows.iter().enumerate() {
            if cell == ALONE {
                continue;
            }
            let totals = &mut self.cells.totals[cell as usize];
            totals.facts += 1;
            for at in 0..N {
                // Cannot overflow: `add_straight` saw to it.
                let sum = &mut totals.sums[to[at]];
                *sum = sum.wrapping_add(columns[at][place]);
            }
        }
    }

    /// The same for one measure.
    fn add_measure(&mut self, at: usize, measure: &BlockMeasure<'_>) {
        let to = self.wanted[at];
        for (&cell, value) in self.rows.iter().zip(measure.values) {
            if cell != ALONE {
                let sum = &mut self.cells.totals[cell as usize].sums[to];
                *sum = sum.wrapping_add(*value);
            }
        }
    }

    /// Notes zeros: a sum of 0 does not tell whether it is one.
    fn note_zeros(&mut self, block: &Block<'_>) {
        for (measure, &to) in block.measures.iter().zip(&self.wanted) {
            let there = |place: usize| measure.present.is_none_or(|present| present[place]);
            if !measure.values.contains(&0) {
                continue;
            }
            for (place, &cell) in self.rows.iter().enumerate() {
                if cell != ALONE && measure.values[place] == 0 && there(place) {
                    self.cells.totals[cell as usize].seen |= 1 << to;
                }
            }
        }
    }

    /// Notes counts that came without their sum.
    fn note_unpaired(&mut self, block: &Block<'_>) {
        for (at, measure) in block.measures.iter().enumerate() {
            let count = self.wanted[at];
            let sum = self.sums_of_counts[count]
                .and_then(|sum| self.wanted.iter().position(|&wanted| wanted == sum));
            let Some(present) = sum.and_then(|sum| block.measures[sum].present) else {
                continue;
            };
            // What is absent is 0, and adds nothing.
            for (place, &cell) in self.rows.iter().enumerate() {
                if !present[place] && cell != ALONE {
                    let unpaired = &mut self.cells.totals[cell as usize].unpaired[count];
                    *unpaired = unpaired.wrapping_add(measure.values[place]);
                }
            }
        }
    }

    /// Finds the cell of each fact of a block; [`ALONE`] for those that are added by themselves.
    fn find(&mut self, block: &Block<'_>) {
        let mut rows = std::mem::take(&mut self.rows);
        rows.clear();
        let nobody = self.users.len();
        let columns = self.columns();
        for (place, &user) in block.users.iter().enumerate() {
            let mut at = (user as usize).min(nobody) * columns;
            if columns > 1 {
                at += (block.media[place] as usize).min(self.media.len());
            }
            let cell = self.plain[at];
            rows.push(match cell {
                LOOK => self.look(block, place, at),
                cell => cell,
            });
        }
        self.rows = rows;
    }

    /// The cell of a fact of which more is to be counted, or that has to be looked at by itself.
    fn look(&mut self, block: &Block<'_>, place: usize, at: usize) -> u32 {
        let target = self.targets[at];
        if target.each {
            self.add_one(block, place);
            return ALONE;
        }
        self.count(target.cell, target);
        if target.agent != NO_VALUE {
            self.targets[at].agent = NO_VALUE;
            self.cells.count_agent(target.cell, target.agent);
        }
        if !target.before_first && !target.straddling {
            // Nothing is to be seen in the next ones.
            self.plain[at] = target.cell;
        }
        target.cell
    }
}
