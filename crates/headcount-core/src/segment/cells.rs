//! Where facts are added up: a cell for each combination of what they are segmented by.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use super::{plan::Spot, totals::Totals};

/// What the facts of a cell have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) spot: Spot,
    /// Place among the media types met, [`super::NO_VALUE`] where they are not asked for or absent.
    pub(super) media: u32,
    /// First day of the stretch, [`super::calendar::ANY_DAY`] where time is not asked for.
    pub(super) day: i32,
}

/// Facts that the conditions leave out.
pub(super) const EXCLUDED: u32 = 0;
/// Facts that do not exist for the caller.
pub(super) const UNSEEN: u32 = 1;
/// Cells that stand for no combination.
const RESERVED: usize = 2;

const NONE: u32 = u32::MAX;

/// All cells.
#[derive(Debug)]
pub(super) struct Cells {
    keys: Vec<Key>,
    pub(super) totals: Vec<Totals>,
    agents: Vec<RoaringBitmap>,
    /// The cells of one media type and day, by number of the spot: found without hashing.
    planes: Vec<Vec<u32>>,
    numbers: HashMap<(u32, i32), usize>,
    /// The plane that was asked for last.
    last: Option<(u32, i32, usize)>,
    /// The cell in which a user was counted last.
    counted: Vec<u32>,
}

impl Cells {
    pub(super) fn new(users: u32) -> Self {
        Self {
            keys: Vec::new(),
            totals: vec![Totals::default(); RESERVED],
            agents: Vec::new(),
            planes: Vec::new(),
            numbers: HashMap::new(),
            last: None,
            counted: vec![NONE; users as usize],
        }
    }

    /// The cell of a key; `number` is that of its spot.
    pub(super) fn of(&mut self, key: Key, number: u32) -> u32 {
        let plane = match self.last {
            Some((media, day, plane)) if (media, day) == (key.media, key.day) => plane,
            _ => {
                let planes = &mut self.planes;
                *self.numbers.entry((key.media, key.day)).or_insert_with(|| {
                    planes.push(Vec::new());
                    planes.len() - 1
                })
            }
        };
        self.last = Some((key.media, key.day, plane));
        let plane = &mut self.planes[plane];
        if plane.len() <= number as usize {
            plane.resize(number as usize + 1, NONE);
        }
        let cell = &mut plane[number as usize];
        if *cell == NONE {
            *cell = u32::try_from(self.totals.len()).unwrap_or(NONE);
            self.keys.push(key);
            self.totals.push(Totals::default());
            self.agents.push(RoaringBitmap::new());
        }
        *cell
    }

    /// Counts a user among the agents of a cell.
    #[inline]
    pub(super) fn count_agent(&mut self, cell: u32, user: u32) {
        let last = &mut self.counted[user as usize];
        if *last != cell && cell as usize >= RESERVED {
            *last = cell;
            self.agents[cell as usize - RESERVED].insert(user);
        }
    }

    /// The cells that hold facts.
    pub(super) fn filled(&self) -> impl Iterator<Item = (Key, &Totals, &RoaringBitmap)> {
        let totals = &self.totals[RESERVED..];
        let cells = self.keys.iter().zip(totals).zip(&self.agents);
        cells
            .filter(|((_, totals), _)| totals.facts > 0)
            .map(|((key, totals), agents)| (*key, totals, agents))
    }

    /// Adds facts and agents to a cell; `None` where a sum would pass the range of 64 bits.
    pub(super) fn add(
        &mut self,
        cell: u32,
        totals: &Totals,
        agents: Option<&RoaringBitmap>,
    ) -> Option<()> {
        let own = &mut self.totals[cell as usize];
        *own = std::mem::take(own).plus(totals)?;
        if let Some(agents) = agents {
            self.agents[cell as usize - RESERVED] |= agents;
        }
        Some(())
    }
}
