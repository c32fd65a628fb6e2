//! Asking all rows at once. What the indices know of each test is fetched first; then the tests are
//! joined, the one that leaves the fewest rows in front, and what no index knows is asked row by
//! row, only of the rows that are still in question, documents last.

use std::borrow::Cow;

use roaring::RoaringBitmap;

use super::{View, rows::Set};
use crate::{
    field::{Column, Field},
    search::{
        matcher::{Leaf, Node},
        value_test::Test,
    },
};

/// A node of the criteria, and what the indices know of it.
pub(super) enum Step<'r, 'q> {
    Everyone,
    Scope(&'r RoaringBitmap),
    Leaf(&'q Leaf, Set<'r>),
    And(Vec<Step<'r, 'q>>),
    Or(Vec<Step<'r, 'q>>),
    Not(Box<Step<'r, 'q>>),
}

/// Asking a row costs about as much as this many rows of a set that is at hand.
const ROWS_A_TEST: u64 = 16;

impl<'r> View<'r> {
    /// Fetches what the indices know; the scope is one more condition.
    pub(super) fn prepare<'q>(self, root: &'q Node) -> Step<'r, 'q> {
        let mut all = Vec::new();
        all.extend(self.scope().map(Step::Scope));
        self.conjuncts(root, &mut all);
        and(all, self.all())
    }

    /// The rows of a step.
    pub(super) fn rows_of<'s>(self, step: &'s Step<'r, '_>) -> Cow<'s, RoaringBitmap> {
        let all = self.roster().len();
        match step {
            Step::Everyone => Cow::Owned(everyone(all)),
            Step::Scope(scope) => Cow::Borrowed(*scope),
            Step::Leaf(leaf, set) => match (set.rows(all), set) {
                (Some(rows), _) => rows,
                (None, Set::Perhaps(rows)) => Cow::Owned(self.asked(leaf, rows.iter())),
                (None, _) => Cow::Owned(self.asked(leaf, 0..all)),
            },
            Step::And(steps) => self.both(steps, None),
            Step::Or(steps) => Cow::Owned(self.any(steps, None)),
            Step::Not(step) => Cow::Owned(everyone(all) - &*self.rows_of(step)),
        }
    }

    fn conjuncts<'q>(self, node: &'q Node, all: &mut Vec<Step<'r, 'q>>) {
        match node {
            Node::And(nodes) => nodes.iter().for_each(|node| self.conjuncts(node, all)),
            Node::Or(nodes) => match &nodes[..] {
                [one] => self.conjuncts(one, all),
                nodes => all.push(Step::Or(nodes.iter().map(|node| self.step(node)).collect())),
            },
            Node::Not(node) => all.push(Step::Not(Box::new(self.step(node)))),
            Node::Leaf(leaf) => all.push(Step::Leaf(leaf, self.find(leaf))),
        }
    }

    fn step<'q>(self, node: &'q Node) -> Step<'r, 'q> {
        let mut all = Vec::new();
        self.conjuncts(node, &mut all);
        and(all, self.all())
    }

    fn all(self) -> u64 {
        u64::from(self.roster().len())
    }

    /// Those of `within` that are in the step.
    fn narrow(self, step: &Step<'r, '_>, within: Cow<'_, RoaringBitmap>) -> RoaringBitmap {
        if within.is_empty() {
            return RoaringBitmap::new();
        }
        match step {
            Step::Everyone => within.into_owned(),
            Step::Scope(scope) => joined(within, scope),
            Step::Leaf(leaf, set) => {
                let set = match set {
                    Set::Unknown => return self.asked(leaf, within.iter()),
                    Set::Perhaps(rows) => {
                        return self.asked(leaf, joined(within, rows).iter());
                    }
                    Set::Sets(sets) if sets.len() == 1 => return joined(within, sets[0]),
                    set => set,
                };
                if within.len() * ROWS_A_TEST < set.most(self.all()) {
                    return self.asked(leaf, within.iter());
                }
                match set.rows(self.roster().len()) {
                    Some(rows) => joined(within, &rows),
                    None => self.asked(leaf, within.iter()),
                }
            }
            Step::And(steps) => self.both(steps, Some(within)).into_owned(),
            Step::Or(steps) => self.any(steps, Some(&within)),
            Step::Not(step) => {
                let out = self.narrow(step, Cow::Borrowed(&within));
                within.into_owned() - out
            }
        }
    }

    /// Rows in all of the steps: first what the indices know, then one look at each row left.
    fn both<'s>(
        self,
        steps: &'s [Step<'r, '_>],
        within: Option<Cow<'s, RoaringBitmap>>,
    ) -> Cow<'s, RoaringBitmap> {
        let mut found = within;
        let (mut open, mut dear): (Vec<&Leaf>, Vec<&Step<'r, '_>>) = (Vec::new(), Vec::new());
        for step in steps {
            let rows = match step {
                Step::Leaf(leaf, Set::Perhaps(rows)) => {
                    open.push(*leaf);
                    rows
                }
                Step::Leaf(leaf, Set::Unknown) if step.dearness() == 1 => {
                    open.push(*leaf);
                    continue;
                }
                step if step.dearness() > 0 => {
                    dear.push(step);
                    continue;
                }
                step => {
                    found = Some(match found {
                        None => self.rows_of(step),
                        Some(found) => Cow::Owned(self.narrow(step, found)),
                    });
                    continue;
                }
            };
            found = Some(match found {
                None => Cow::Borrowed(rows),
                Some(found) => Cow::Owned(joined(found, rows)),
            });
        }
        let all = self.roster().len();
        let mut found = found.unwrap_or_else(|| Cow::Owned(everyone(all)));
        if !open.is_empty() {
            let all_pass = |row: &u32| open.iter().all(|leaf| self.passes(leaf, *row));
            found = Cow::Owned(found.iter().filter(all_pass).collect());
        }
        for step in dear {
            found = Cow::Owned(self.narrow(step, found));
        }
        found
    }

    /// Rows in any of the steps; those found by one are not asked again by the next.
    fn any(self, steps: &[Step<'r, '_>], within: Option<&RoaringBitmap>) -> RoaringBitmap {
        let mut order: Vec<&Step<'r, '_>> = steps.iter().collect();
        order.sort_by_key(|step| step.dearness());
        let mut found = RoaringBitmap::new();
        for step in order {
            let rows = match within {
                None if found.is_empty() || step.dearness() == 0 => self.rows_of(step),
                Some(within) if found.is_empty() || step.dearness() == 0 => {
                    Cow::Owned(self.narrow(step, Cow::Borrowed(within)))
                }
                within => {
                    let open = match (within, step) {
                        (Some(within), _) => within - &found,
                        (None, Step::Leaf(_, Set::Perhaps(rows))) => rows - &found,
                        (None, _) => everyone(self.roster().len()) - &found,
                    };
                    Cow::Owned(self.narrow(step, Cow::Owned(open)))
                }
            };
            if found.is_empty() {
                found = rows.into_owned();
            } else {
                found |= &*rows;
            }
        }
        found
    }

    /// Those of `rows`, in order, that pass when asked.
    fn asked(self, leaf: &Leaf, rows: impl Iterator<Item = u32>) -> RoaringBitmap {
        rows.filter(|&row| self.passes(leaf, row)).collect()
    }

    fn passes(self, leaf: &Leaf, row: u32) -> bool {
        let column = leaf.field.column();
        match column.and_then(|column| self.roster().column(column)) {
            Some(data) => data.passes(row, &leaf.test),
            None => leaf.matches(&self.row(row)),
        }
    }

    fn find(self, leaf: &Leaf) -> Set<'r> {
        let roster = self.roster();
        if let Some(data) = leaf.field.column().and_then(|column| roster.column(column)) {
            return data.find(&leaf.test);
        }
        let column = if leaf.field == Field::MANAGER_NAME {
            Column::Name
        } else if leaf.field == Field::MANAGER_EMAIL {
            Column::Email
        } else {
            return Set::Unknown;
        };
        self.reports_of(column, &leaf.test).unwrap_or(Set::Unknown)
    }

    /// The rows whose manager is in sight and passes.
    fn reports_of(self, column: Column, test: &Test) -> Option<Set<'r>> {
        let roster = self.roster();
        let (managers, data) = (roster.column(Column::ManagerId)?, roster.column(column)?);
        let passing: Option<RoaringBitmap> = match data.find(test) {
            Set::Perhaps(rows) => Some(rows.iter().filter(|&row| data.passes(row, test)).collect()),
            set => set.rows(roster.len()).map(Cow::into_owned),
        };
        let passes = |row: u32| match &passing {
            Some(passing) => passing.contains(row),
            None => data.passes(row, test),
        };
        let entries: Vec<u32> = (1..u32::try_from(managers.distinct()).unwrap_or(u32::MAX))
            .filter(|&code| self.manager(code).is_some_and(passes))
            .map(|code| code - 1)
            .collect();
        Some(managers.rows_of_entries(&entries))
    }
}

impl Step<'_, '_> {
    /// How many rows at most, of `all` there are.
    pub(super) fn most(&self, all: u64) -> u64 {
        match self {
            Self::Everyone | Self::Not(_) => all,
            Self::Scope(scope) => scope.len(),
            Self::Leaf(_, set) => set.most(all),
            Self::And(steps) => steps.iter().map(|step| step.most(all)).min().unwrap_or(all),
            Self::Or(steps) => {
                let most: u64 = steps.iter().map(|step| step.most(all)).sum();
                most.min(all)
            }
        }
    }

    /// What has to be read of a row in question: nothing, a value, a document.
    fn dearness(&self) -> u8 {
        match self {
            Self::Everyone | Self::Scope(_) => 0,
            Self::Leaf(leaf, set) => match set {
                Set::Unknown if leaf.field.projection().document() => 2,
                Set::Unknown | Set::Perhaps(_) => 1,
                _ => 0,
            },
            Self::And(steps) | Self::Or(steps) => {
                steps.iter().map(Self::dearness).max().unwrap_or(0)
            }
            Self::Not(step) => step.dearness(),
        }
    }
}

/// All of `steps`, those that leave few rows first, those that read documents last.
fn and<'r, 'q>(mut steps: Vec<Step<'r, 'q>>, all: u64) -> Step<'r, 'q> {
    if steps.len() > 1 {
        steps.sort_by_cached_key(|step| (step.dearness() == 2, step.most(all)));
    }
    match steps.len() {
        0 => Step::Everyone,
        1 => steps.swap_remove(0),
        _ => Step::And(steps),
    }
}

fn joined(rows: Cow<'_, RoaringBitmap>, others: &RoaringBitmap) -> RoaringBitmap {
    match rows {
        Cow::Owned(rows) => rows & others,
        Cow::Borrowed(rows) => rows & others,
    }
}

fn everyone(all: u32) -> RoaringBitmap {
    let mut rows = RoaringBitmap::new();
    rows.insert_range(0..all);
    rows
}
