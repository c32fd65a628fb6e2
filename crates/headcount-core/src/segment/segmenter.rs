//! Takes facts, block by block, and adds each to its cell.
//!
//! The segment of a fact depends on its user and moment. Most facts of a file are of one moment, or
//! of users of whom nothing changed between the first and the last: their cell is found once for
//! each user of a dictionary, and adding a fact is then a look into a table.

use std::{collections::HashMap, ops::Range};

use super::{
    Attribution, Block, BlockMeasure, FactSink, Moments, NO_VALUE, Plan, PlanError,
    calendar::{ANY_DAY, Grain},
    cells::{Cells, EXCLUDED, Key, UNSEEN},
    paths::{NO_PATH, Paths},
    plan::{LEFT_OUT, OUT_OF_SIGHT, Spot},
    totals::{Totals, sums_of_counts},
};
use crate::fact::MEASURES;

/// Adds facts up by segment. One for each thread; [`Segmenter::merge`] brings them together.
#[derive(Debug)]
pub struct Segmenter<'p> {
    pub(super) plan: &'p Plan<'p>,
    /// Places of the measures that blocks carry.
    wanted: Vec<usize>,
    sums_of_counts: [Option<usize>; MEASURES],
    /// The user of each entry of the dictionary; [`NO_VALUE`] for one that nobody knows.
    users: Vec<u32>,
    /// The media type of each entry, by place among those met.
    media: Vec<u32>,
    pub(super) media_names: Vec<String>,
    /// Where the facts of each user and media type of the dictionaries go.
    targets: Vec<Target>,
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

/// In place of a cell: the fact was looked at by itself and is added already.
const ALONE: u32 = u32::MAX;

/// Where facts go, and what is to be counted of them.
#[derive(Clone, Copy, Debug)]
struct Target {
    cell: u32,
    /// The user, for the count of agents; [`NO_VALUE`] once counted, or for nobody.
    agent: u32,
    before_first: bool,
    straddling: bool,
    /// Facts of this entry differ by moment: each has to be looked at.
    each: bool,
}

/// From the first start to the last, and to the last end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    first: i64,
    last: i64,
    end: i64,
    /// Whether all facts have the same start and end.
    one: bool,
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

    fn media_type(&mut self, name: &str) -> u32 {
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

    /// Finds where the facts of each entry of the dictionaries go, for moments in `span`.
    fn aim(&mut self, span: Span) {
        let (columns, entries) = (self.columns(), self.users.len() + 1);
        self.targets.clear();
        self.targets.reserve(columns * entries);
        for entry in 0..entries {
            // Behind the entries stands the place of facts without one.
            let user = self.users.get(entry).copied().unwrap_or(NO_VALUE);
            let mut target = self.target(user, span);
            let spot = self.spot_or_cell(user, span.first);
            for column in 0..columns {
                target.cell = match spot {
                    // Each of them is looked at, and may be in segments that this one is not in.
                    _ if target.each => EXCLUDED,
                    Ok(spot) => {
                        let media = self.media.get(column).copied();
                        let media = media.filter(|_| self.plan.by_media);
                        self.cell(spot, media.unwrap_or(NO_VALUE), span.first)
                    }
                    Err(cell) => cell,
                };
                self.targets.push(target);
            }
        }
        self.span = Some(span);
    }

    /// What is to be counted of a user's facts in `span`, their cell apart.
    fn target(&mut self, user: u32, span: Span) -> Target {
        let many_days = !span.one && self.day(span.first) != self.day(span.last);
        let mut target = Target {
            cell: EXCLUDED,
            agent: user,
            before_first: false,
            straddling: false,
            each: many_days,
        };
        if user == NO_VALUE {
            return target;
        }
        let people = self.plan.people;
        let first_seen = people.first_seen(user);
        let changed = people.changed_between(user, span.first, span.end);
        target.before_first = span.first < first_seen;
        if span.one {
            target.straddling = changed;
        } else {
            let comes = span.first < first_seen && first_seen <= span.last;
            let by_event = self.plan.question.attribution == Attribution::Event;
            let led = by_event && self.passed(span.first) != self.passed(span.last);
            target.each |= changed || comes || led;
        }
        target
    }

    /// The spot of a user's facts at a moment, or the cell of those that are in no segment.
    fn spot_or_cell(&mut self, user: u32, ms: i64) -> Result<Spot, u32> {
        let plan = self.plan;
        let spot = match user {
            NO_VALUE => plan.unrostered(),
            user => self.spot(user, ms),
        };
        match spot.group {
            OUT_OF_SIGHT => Err(UNSEEN),
            LEFT_OUT => Err(EXCLUDED),
            _ => Ok(spot),
        }
    }

    fn passed(&self, ms: i64) -> usize {
        let managing = self.plan.managing.as_ref();
        managing.map_or(0, |managing| managing.passed(ms))
    }

    fn spot(&mut self, user: u32, ms: i64) -> Spot {
        let plan = self.plan;
        let ms = match plan.question.attribution {
            Attribution::Event => ms,
            Attribution::Today => i64::MAX,
        };
        let mut spot = Spot {
            group: plan.groups[plan.people.at(user, ms) as usize],
            path: NO_PATH,
        };
        if let Some(managing) = &plan.managing {
            spot.path = self
                .paths
                .of(plan.people, managing, managing.passed(ms), user);
            let mut above = self.paths.up(spot.path);
            if plan
                .under
                .is_some_and(|manager| !above.any(|one| one == manager))
                && spot.group != OUT_OF_SIGHT
            {
                spot.group = LEFT_OUT;
            }
        }
        spot
    }

    fn cell(&mut self, spot: Spot, media: u32, ms: i64) -> u32 {
        let key = Key {
            spot,
            media,
            day: self.day(ms),
        };
        let number = self.number(spot);
        self.cells.of(key, number)
    }

    /// A small number for each spot met.
    fn number(&mut self, spot: Spot) -> u32 {
        if self.plan.managing.is_none() {
            return spot.group;
        }
        let next = u32::try_from(self.spots.len()).unwrap_or(NO_VALUE);
        *self.spots.entry(spot).or_insert(next)
    }

    fn day(&mut self, ms: i64) -> i32 {
        let Plan {
            grain, question, ..
        } = self.plan;
        if *grain == Grain::Whole {
            return ANY_DAY;
        }
        *self
            .days
            .entry(ms)
            .or_insert_with(|| question.calendar.bucket(*grain, ms))
    }

    /// Adds the fact at a place to the cell of its own moment.
    fn add_one(&mut self, block: &Block<'_>, place: usize) {
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
    fn add_straight(&mut self, block: &Block<'_>, places: Range<usize>) {
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
    fn add(&mut self, block: &Block<'_>) {
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
                for (at, measure) in measures.iter().enumerate() {
                    self.add_measure(at, measure, block, at == 0);
                }
            }
        }
        self.note_zeros(block);
        self.note_unpaired(block);
    }

    /// Adds the facts of a block; what is absent adds 0.
    #[expect(
        clippy::needless_range_loop,
        reason = "a place is one of all columns at once"
    )]
    fn add_columns<const N: usize>(&mut self, columns: [&[i64]; N], block: &Block<'_>) {
        let rows = block.users.len();
        let columns = columns.map(|column| &column[..rows]);
        let mut to = [0; N];
        to.copy_from_slice(&self.wanted[..N]);
        self.rows.clear();
        for place in 0..rows {
            let cell = self.take(block, place);
            self.rows.push(cell);
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

    /// The same with one measure at a time; the first time, facts are counted.
    fn add_measure(
        &mut self,
        at: usize,
        measure: &BlockMeasure<'_>,
        block: &Block<'_>,
        first: bool,
    ) {
        if first {
            self.add_columns([], block);
        }
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

    /// The cell of the fact at a place; [`ALONE`] when it was added by itself.
    #[inline]
    fn take(&mut self, block: &Block<'_>, place: usize) -> u32 {
        let entry = (block.users[place] as usize).min(self.users.len());
        let at = if self.plan.by_media {
            let media = (block.media[place] as usize).min(self.media.len());
            entry * (self.media.len() + 1) + media
        } else {
            entry
        };
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
        target.cell
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

impl Segmenter<'_> {
    /// Makes sure that the targets hold for `span`.
    fn aim_at(&mut self, span: Span) {
        match self.span {
            Some(known) if known.covers(span) => {}
            Some(known) if !span.one => self.aim(known.with(span)),
            _ => self.aim(span),
        }
    }
}

impl Span {
    fn of(block: &Block<'_>) -> Option<Self> {
        let (first, last) = bounds(block.start_ms, block.users.len())?;
        let (least, end) = bounds(block.end_ms, block.users.len())?;
        Some(Self {
            first,
            last,
            end,
            one: first == last && least == end,
        })
    }

    fn covers(self, other: Self) -> bool {
        self == other
            || (!self.one
                && self.first <= other.first
                && other.last <= self.last
                && other.end <= self.end)
    }

    fn with(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
            end: self.end.max(other.end),
            one: self == other && self.one,
        }
    }
}

fn bounds(moments: Moments<'_>, facts: usize) -> Option<(i64, i64)> {
    match moments {
        Moments::All(moment) => (facts > 0).then_some((moment, moment)),
        Moments::Each(moments) => {
            let first = *moments.first()?;
            let bounds = moments
                .iter()
                .fold((first, first), |(least, most), &moment| {
                    (least.min(moment), most.max(moment))
                });
            Some(bounds)
        }
    }
}
