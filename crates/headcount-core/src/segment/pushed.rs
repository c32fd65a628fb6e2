//! A report whose facts stay in a database: what the database needs to add them up by itself, and
//! the table of the sums that it tells.
//!
//! Who belongs where is found here, with the same code as for facts that are read: each user's time
//! is cut into [`Spans`] within which all facts go to one segment. The database joins facts to
//! spans and sums them; it knows nothing of versions, conditions, divisions or managers.

mod cuts;
mod spans;

use std::collections::HashMap;

use roaring::RoaringBitmap;

pub use self::spans::Spans;
use super::{
    NO_VALUE, Plan, PlanError, Segmenter, Table, Totals,
    calendar::{ANY_DAY, Grain},
    cells::{EXCLUDED, Key, UNSEEN},
    plan::Spot,
};
use crate::fact::MEASURES;

/// The segment of facts that the conditions leave out.
pub const LEFT_OUT: i32 = -1;
/// The segment of facts that do not exist for the reader.
pub const OUT_OF_SIGHT: i32 = -2;

/// A report whose facts a database adds up.
#[derive(Debug)]
pub struct Pushed<'p> {
    segmenter: Segmenter<'p>,
    spans: Spans,
    /// The spot of each segment.
    spots: Vec<Spot>,
    numbers: HashMap<Spot, i32>,
    /// Where a stretch of time begins, and the first day of each; none where time is not asked for.
    cuts: Vec<i64>,
    days: Vec<i32>,
}

/// Sums that the database tells.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// How many facts.
    pub facts: u64,
    /// Sums of the measures, by place; `None` where no fact has one.
    pub sums: [Option<i64>; MEASURES],
    /// Of counts that came without their sum, by place of the count.
    pub unpaired: [i64; MEASURES],
}

/// Facts of one segment, stretch of time and media type.
#[derive(Clone, Debug, Default)]
pub struct Group<'a> {
    /// Their segment: of [`Spans`], or [`Pushed::unrostered`].
    pub segment: i32,
    /// How many [`Pushed::cuts`] lie at or before their start.
    pub cut: usize,
    /// Their media type, where [`Pushed::by_media`] says that it matters.
    pub media: Option<&'a str>,
    /// Numbers of their users, in any order and any number of times.
    pub users: &'a [u32],
    /// Facts from before the first version of their user.
    pub before_first: u64,
    /// Facts in whose interval their user changed.
    pub straddling: u64,
    /// Their sums.
    pub sums: Sums,
}

impl<'p> Pushed<'p> {
    /// What a database needs for a plan. `wanted` are the places of the measures that it tells.
    #[must_use]
    pub fn new(plan: &'p Plan<'p>, wanted: &[usize]) -> Self {
        let mut pushed = Self {
            segmenter: Segmenter::new(plan, wanted),
            spans: Spans::default(),
            spots: Vec::new(),
            numbers: HashMap::new(),
            cuts: Vec::new(),
            days: Vec::new(),
        };
        pushed.cut_time();
        pushed.cut_lives();
        pushed
    }

    /// The time of every user, cut into stretches of one segment each.
    #[must_use]
    pub fn spans(&self) -> &Spans {
        &self.spans
    }

    /// Starts of the stretches of time that are told apart, ms UTC, ascending; none where time is
    /// not asked for.
    #[must_use]
    pub fn cuts(&self) -> &[i64] {
        &self.cuts
    }

    /// Places of the measures that are told.
    #[must_use]
    pub fn wanted(&self) -> &[usize] {
        &self.segmenter.wanted
    }

    /// Whether media types are told apart.
    #[must_use]
    pub fn by_media(&self) -> bool {
        self.segmenter.plan.by_media
    }

    /// The counts that are told with their sum, by place: of each the number that came without
    /// its sum has to be told too.
    #[must_use]
    pub fn pairs(&self) -> Vec<(usize, usize)> {
        let Segmenter {
            wanted,
            sums_of_counts,
            ..
        } = &self.segmenter;
        let pairs = wanted
            .iter()
            .filter_map(|&count| Some((count, sums_of_counts[count]?)));
        pairs.filter(|(_, sum)| wanted.contains(sum)).collect()
    }

    /// The id of a user of the spans.
    #[must_use]
    pub fn id(&self, user: u32) -> &str {
        self.segmenter.plan.people.id(user)
    }

    /// The user whom facts of an id are about, where that is the id in another case; nobody where
    /// it is a user's very id.
    #[must_use]
    pub fn find_folded(&self, id: &str) -> Option<u32> {
        let user = self.segmenter.plan.people.find(id)?;
        (self.id(user) != id).then_some(user)
    }

    /// The segment of facts that name nobody, or somebody who is in no span.
    #[must_use]
    pub fn unrostered(&mut self) -> i32 {
        let spot = self.segmenter.spot_or_cell(NO_VALUE, 0);
        self.segment(spot)
    }

    /// Takes facts of one segment.
    ///
    /// # Errors
    /// [`PlanError::Overflow`]
    pub fn take(&mut self, group: &Group<'_>) -> Result<(), PlanError> {
        let totals = group.sums.totals();
        let (cell, agents) = match usize::try_from(group.segment) {
            Ok(segment) => {
                let spot = self.spots[segment];
                let media = match group.media {
                    Some(name) if self.by_media() => self.segmenter.media_type(name),
                    _ => NO_VALUE,
                };
                let day = match group.cut.checked_sub(1) {
                    Some(cut) if self.segmenter.plan.grain != Grain::Whole => self.days[cut],
                    _ => ANY_DAY,
                };
                let number = self.segmenter.number(spot);
                let cell = self.segmenter.cells.of(Key { spot, media, day }, number);
                let agents: RoaringBitmap = group.users.iter().copied().collect();
                (cell, Some(agents))
            }
            Err(_) if group.segment == OUT_OF_SIGHT => (UNSEEN, None),
            Err(_) => (EXCLUDED, None),
        };
        if cell != UNSEEN {
            self.segmenter.before_first += group.before_first;
            self.segmenter.straddling += group.straddling;
        }
        let added = self.segmenter.cells.add(cell, &totals, agents.as_ref());
        added.ok_or(PlanError::Overflow)
    }

    /// Takes the sums of all facts of the period, added up without a look at their users.
    ///
    /// # Errors
    /// [`PlanError::Overflow`]
    pub fn take_straight(&mut self, sums: &Sums) -> Result<(), PlanError> {
        let straight = std::mem::take(&mut self.segmenter.straight);
        let straight = straight.plus(&sums.totals()).ok_or(PlanError::Overflow)?;
        self.segmenter.straight = straight;
        Ok(())
    }

    /// The sums by segment.
    ///
    /// # Errors
    /// [`PlanError::Overflow`]
    pub fn table(&self) -> Result<Table, PlanError> {
        self.segmenter.table()
    }

    /// The number of what facts go to.
    fn segment(&mut self, spot: Result<Spot, u32>) -> i32 {
        let spot = match spot {
            Ok(spot) => spot,
            Err(UNSEEN) => return OUT_OF_SIGHT,
            Err(_) => return LEFT_OUT,
        };
        let spots = &mut self.spots;
        *self.numbers.entry(spot).or_insert_with(|| {
            spots.push(spot);
            i32::try_from(spots.len() - 1).unwrap_or(i32::MAX)
        })
    }
}

impl Sums {
    fn totals(&self) -> Totals {
        let mut totals = Totals {
            facts: self.facts,
            unpaired: self.unpaired,
            ..Totals::default()
        };
        for (place, sum) in self.sums.iter().enumerate() {
            totals.sums[place] = sum.unwrap_or_default();
            totals.seen |= u16::from(sum.is_some()) << place;
        }
        totals
    }
}
