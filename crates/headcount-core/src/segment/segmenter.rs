//! Takes facts, block by block, and adds each to its cell.
//!
//! The segment of a fact depends on its user and moment. Most facts of a file are of one moment, or
//! of users of whom nothing changed between the first and the last: their cell is found once for
//! each user of a dictionary, and adding a fact is then a look into a table.

mod add;
mod aim;
mod span;

use std::collections::HashMap;

use self::{aim::Target, span::Span};
use super::{
    Block, FactSink, NO_VALUE, Plan, PlanError,
    cells::{Cells, EXCLUDED, UNSEEN},
    paths::Paths,
    plan::Spot,
    totals::{Totals, sums_of_counts},
};
use crate::fact::MEASURES;

/// Adds facts up by segment. One for each thread; [`Segmenter::merge`] brings them together.
#[derive(Debug)]
pub struct Segmenter<'p> {
    pub(super) plan: &'p Plan<'p>,
    /// Places of the measures that blocks carry.
    pub(super) wanted: Vec<usize>,
    pub(super) sums_of_counts: [Option<usize>; MEASURES],
    /// The user of each entry of the dictionary; [`NO_VALUE`] for one that nobody knows.
    users: Vec<u32>,
    /// The media type of each entry, by place among those met.
    media: Vec<u32>,
    pub(super) media_names: Vec<String>,
    /// Where the facts of each user and media type of the dictionaries go.
    targets: Vec<Target>,
    /// The cells of those targets of which nothing but the sums is left to count.
    plain: Vec<u32>,
    /// The moments that the targets hold for.
    span: Option<Span>,
    pub(super) cells: Cells,
    pub(super) paths: Paths,
    spots: HashMap<Spot, u32>,
    /// The cell of each fact of the block at hand.
    rows: Vec<u32>,
    days: HashMap<i64, i32>,
    /// All facts of the period, added up without a look at their users.
    pub(super) straight: Totals,
    pub(super) before_first: u64,
    pub(super) straddling: u64,
    pub(super) overflow: bool,
    /// What the largest cell can hold at most, by measure: as long as it fits, no sum can pass it.
    bound: i128,
}

impl<'p> Segmenter<'p> {
    /// Takes blocks whose measures are those at the places `wanted` among the kind's.
    #[must_use]
    pub fn new(plan: &'p Plan<'p>, wanted: &[usize]) -> Self {
        Self {
            plan,
            wanted: wanted.to_vec(),
            sums_of_counts: sums_of_counts(plan.question.kind),
            users: Vec::new(),
            media: Vec::new(),
            media_names: Vec::new(),
            targets: Vec::new(),
            plain: Vec::new(),
            span: None,
            cells: Cells::new(plan.people.users()),
            paths: Paths::new(),
            spots: HashMap::new(),
            rows: Vec::new(),
            days: HashMap::new(),
            straight: Totals::default(),
            before_first: 0,
            straddling: 0,
            overflow: false,
            bound: 0,
        }
    }

    /// Adds what another one took.
    ///
    /// # Errors
    /// [`PlanError::Overflow`].
    pub fn merge(&mut self, other: Self) -> Result<(), PlanError> {
        let paths = self.paths.adopt(&other.paths);
        let media: Vec<u32> = other
            .media_names
            .iter()
            .map(|name| self.media_type(name))
            .collect();
        let merged = other
            .cells
            .filled()
            .try_for_each(|(mut key, totals, agents)| {
                key.spot.path = paths[key.spot.path as usize];
                if key.media != NO_VALUE {
                    key.media = media[key.media as usize];
                }
                let number = self.number(key.spot);
                let cell = self.cells.of(key, number);
                self.cells.add(cell, totals, Some(agents))
            });
        let rest = merged.and_then(|()| {
            for cell in [EXCLUDED, UNSEEN] {
                self.cells
                    .add(cell, &other.cells.totals[cell as usize], None)?;
            }
            std::mem::take(&mut self.straight).plus(&other.straight)
        });
        self.straight = rest.ok_or(PlanError::Overflow)?;
        self.before_first += other.before_first;
        self.straddling += other.straddling;
        self.overflow |= other.overflow;
        Ok(())
    }

    pub(super) fn media_type(&mut self, name: &str) -> u32 {
        let known = self.media_names.iter().position(|known| known == name);
        let place = known.unwrap_or_else(|| {
            self.media_names.push(name.to_owned());
            self.media_names.len() - 1
        });
        u32::try_from(place).unwrap_or(NO_VALUE)
    }

    /// Media types that targets tell apart: those of the dictionary, and none.
    fn columns(&self) -> usize {
        if self.plan.by_media {
            self.media.len() + 1
        } else {
            1
        }
    }
}

impl FactSink for Segmenter<'_> {
    fn users(&mut self, users: &[&str]) {
        let people = self.plan.people;
        let mut near = 0;
        self.users.clear();
        self.users.extend(users.iter().map(|id| {
            let user = people.find_from(id, near);
            near = user.map_or(near, |user| user + 1);
            user.unwrap_or(NO_VALUE)
        }));
        self.span = None;
    }

    fn media(&mut self, media: &[&str]) {
        self.media = media.iter().map(|name| self.media_type(name)).collect();
        self.span = None;
    }

    fn block(&mut self, block: &Block<'_>) {
        let period = &self.plan.question.period_ms;
        let Some(span) = Span::of(block) else {
            return;
        };
        if span.first >= period.end || span.last < period.start {
            return;
        }
        if period.start <= span.first && span.last < period.end {
            self.aim_at(span);
            self.add_straight(block, 0..block.users.len());
            self.add(block);
            return;
        }
        // At the edge of the period: each fact has a look at its own start.
        for place in 0..block.users.len() {
            if period.contains(&block.start_ms.at(place)) {
                self.add_straight(block, place..place + 1);
                self.add_one(block, place);
            }
        }
    }
}
