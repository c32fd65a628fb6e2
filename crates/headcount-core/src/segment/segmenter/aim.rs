//! Where facts go: found for each user of a dictionary, before any fact is looked at.

use super::{NO_VALUE, Segmenter, span::Span};
use crate::segment::{
    Attribution,
    calendar::{ANY_DAY, Grain},
    cells::{EXCLUDED, Key, UNSEEN},
    paths::NO_PATH,
    plan::{LEFT_OUT, OUT_OF_SIGHT, Plan, Spot},
};

/// In place of a cell: the target has more to say.
pub(super) const LOOK: u32 = u32::MAX;

/// Where facts go, and what is to be counted of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) cell: u32,
    /// The user, for the count of agents; [`NO_VALUE`] once counted, or for nobody.
    pub(super) agent: u32,
    pub(super) before_first: bool,
    pub(super) straddling: bool,
    /// Facts of this entry differ by moment: each has to be looked at.
    pub(super) each: bool,
}

impl Segmenter<'_> {
    /// Makes sure that the targets hold for `span`.
    pub(super) fn aim_at(&mut self, span: Span) {
        match self.span {
            Some(known) if known.covers(span) => {}
            Some(known) if !span.one => self.aim(known.with(span)),
            _ => self.aim(span),
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
        self.plain.clear();
        self.plain.resize(self.targets.len(), LOOK);
        self.span = Some(span);
    }

    /// What is to be counted of a user's facts in `span`, their cell apart.
    pub(super) fn target(&mut self, user: u32, span: Span) -> Target {
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
    pub(in crate::segment) fn spot_or_cell(&mut self, user: u32, ms: i64) -> Result<Spot, u32> {
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

    pub(super) fn cell(&mut self, spot: Spot, media: u32, ms: i64) -> u32 {
        let key = Key {
            spot,
            media,
            day: self.day(ms),
        };
        let number = self.number(spot);
        self.cells.of(key, number)
    }

    /// A small number for each spot met.
    pub(in crate::segment) fn number(&mut self, spot: Spot) -> u32 {
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
}
