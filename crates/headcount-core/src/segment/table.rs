//! The sums by segment, and how they add up to the facts.

use std::collections::HashMap;

use roaring::RoaringBitmap;

use super::{
    Attribute, Attribution, NO_VALUE, PlanError, Segmenter, Totals, UNROSTERED,
    cells::{EXCLUDED, Key, UNSEEN},
};
use crate::{aggregate::NONE, fact::FactKind};

/// The sums by segment.
#[derive(Clone, Debug)]
pub struct Table {
    /// Which facts.
    pub kind: FactKind,
    /// The segments: by value where the first attribute is a time, else the one of most
    /// interactions first.
    pub rows: Vec<Row>,
    /// All segments together, each fact once.
    pub total: Totals,
    /// How the segments add up to the facts.
    pub facts: Reconciliation,
    /// Whether rows overlap, since they are whole trees.
    pub overlapping: bool,
    /// Ids of users who reported to each other within the period in a ring that was cut, by ring.
    pub cycles: Vec<Vec<String>>,
}

/// One segment.
#[derive(Clone, Debug)]
pub struct Row {
    /// One label for each attribute.
    pub values: Vec<String>,
    /// Its sums.
    pub totals: Totals,
}

/// How the segments add up to the facts: `all` is `total` and `not_matching`.
#[derive(Clone, Debug)]
pub struct Reconciliation {
    /// All facts of the period, added up without a look at segments.
    pub all: Totals,
    /// Facts that the conditions leave out.
    pub not_matching: Totals,
    /// Facts whose user no snapshot ever held, or that name none; they are in the segments.
    pub unrostered: Totals,
    /// Facts from before the first version of their user.
    pub before_first: u64,
    /// Facts in whose interval their user changed.
    pub straddling: u64,
}

impl Reconciliation {
    /// Whether the segments and what was left out are the facts, to the unit.
    #[must_use]
    pub fn holds(&self, total: &Totals) -> bool {
        let both = total.clone().plus(&self.not_matching);
        both.is_some_and(|both| both.agrees_with(&self.all))
    }
}

impl Segmenter<'_> {
    /// The sums of everything taken so far.
    ///
    /// # Errors
    /// [`PlanError::Overflow`] where a sum passes the range of 64 bits.
    pub fn table(&self) -> Result<Table, PlanError> {
        if self.overflow {
            return Err(PlanError::Overflow);
        }
        let plan = self.plan;
        let mut rows: HashMap<Vec<String>, (Totals, RoaringBitmap)> = HashMap::new();
        let mut total = Totals::default();
        let mut unrostered = Totals::default();
        let mut everyone = RoaringBitmap::new();
        for (key, totals, agents) in self.cells.filled() {
            for values in self.values(key) {
                let (sums, users) = rows.entry(values).or_default();
                *sums = std::mem::take(sums)
                    .plus(totals)
                    .ok_or(PlanError::Overflow)?;
                *users |= agents;
            }
            total = total.plus(totals).ok_or(PlanError::Overflow)?;
            everyone |= agents;
            if plan.is_unrostered(key.spot) {
                unrostered = unrostered.plus(totals).ok_or(PlanError::Overflow)?;
            }
        }
        total.agents = everyone.len();
        let mut rows: Vec<Row> = rows
            .into_iter()
            .map(|(values, (mut totals, agents))| {
                totals.agents = agents.len();
                Row { values, totals }
            })
            .collect();
        let by_time = plan
            .question
            .by
            .first()
            .is_some_and(|first| first.is_time());
        rows.sort_by(|a, b| {
            let most = |row: &Row| row.totals.sum(0).unwrap_or_default();
            let by_count = if by_time {
                std::cmp::Ordering::Equal
            } else {
                most(b).cmp(&most(a))
            };
            by_count.then_with(|| a.values.cmp(&b.values))
        });
        let not_matching = self.cells.totals[EXCLUDED as usize].clone();
        let unseen = &self.cells.totals[UNSEEN as usize];
        let both = total
            .clone()
            .plus(&not_matching)
            .ok_or(PlanError::Overflow)?;
        let all = self.straight.less(unseen, &both);
        let cycles = self.cycles().into_iter().map(|ring| {
            let ids = ring.into_iter().map(|user| plan.people.id(user).to_owned());
            ids.collect()
        });
        Ok(Table {
            kind: plan.question.kind,
            rows,
            total,
            facts: Reconciliation {
                all,
                not_matching,
                unrostered,
                before_first: self.before_first,
                straddling: self.straddling,
            },
            overlapping: plan.question.by.contains(&Attribute::Tree),
            cycles: cycles.collect(),
        })
    }

    /// The rings of managers that were cut within the period.
    fn cycles(&self) -> Vec<Vec<u32>> {
        let plan = self.plan;
        let Some(managing) = &plan.managing else {
            return Vec::new();
        };
        let times = match plan.question.attribution {
            Attribution::Event => plan.question.period_ms.clone(),
            Attribution::Today => i64::MAX..i64::MAX,
        };
        let passed = managing.passed_in(times);
        self.paths.cycles(plan.people, managing, passed)
    }

    /// The labels of the rows that a cell is in: one, but for whole trees.
    fn values(&self, key: Key) -> Vec<Vec<String>> {
        let mut rows = vec![Vec::new()];
        for (place, attribute) in self.plan.question.by.iter().enumerate() {
            let labels = self.labels(key, place, *attribute);
            rows = rows
                .into_iter()
                .flat_map(|row: Vec<String>| {
                    labels.iter().map(move |label| {
                        let mut row = row.clone();
                        row.push(label.clone());
                        row
                    })
                })
                .collect();
        }
        rows
    }

    fn labels(&self, key: Key, place: usize, attribute: Attribute) -> Vec<String> {
        let plan = self.plan;
        let one = |text: &str| vec![text.to_owned()];
        match attribute {
            Attribute::Media => match self.media_names.get(key.media as usize) {
                Some(name) => one(name),
                None => {
                    debug_assert_eq!(key.media, NO_VALUE);
                    one(NONE)
                }
            },
            Attribute::Day | Attribute::Week | Attribute::Month => {
                vec![plan.question.calendar.name(attribute, key.day)]
            }
            _ if plan.is_unrostered(key.spot) => one(UNROSTERED),
            Attribute::Level(level) => {
                let up: Vec<u32> = self.paths.up(key.spot.path).collect();
                let manager = up.len().checked_sub(usize::from(level));
                one(manager.map_or(NONE, |at| self.called(up[at])))
            }
            Attribute::Tree => {
                let up = self.paths.up(key.spot.path);
                let mut labels: Vec<String> = up.map(|user| self.called(user).to_owned()).collect();
                // Two managers of one name, one above the other: the fact is in their row once.
                labels.sort_unstable();
                labels.dedup();
                match labels.is_empty() {
                    true => one(NONE),
                    false => labels,
                }
            }
            _ => one(plan.text(place, key.spot.group)),
        }
    }

    /// What a manager is called: by name, or by id where none is known or in sight.
    fn called(&self, user: u32) -> &str {
        let people = self.plan.people;
        self.plan.name(user).unwrap_or_else(|| people.id(user))
    }
}
