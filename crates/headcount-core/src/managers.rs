//! Who reports to whom, from `manager.id`. Never loops: a cycle is found, named and cut.

use crate::{
    field::{Column, Projection},
    roster::{Roster, RosterError, View},
};

/// The tree of managers over the rows of a roster.
#[derive(Clone, Debug)]
pub struct Managers {
    manager: Vec<Option<u32>>,
    reports: Vec<Vec<u32>>,
    depth: Vec<u32>,
    total: Vec<u32>,
    roots: Vec<u32>,
    orphans: Vec<u32>,
    cycles: Vec<Vec<u32>>,
}

/// How many people report to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Directly.
    pub direct: u32,
    /// Directly or through others.
    pub total: u32,
}

impl Managers {
    /// What has to be loaded of every user.
    #[must_use]
    pub fn projection() -> Projection {
        Projection::none().with(Column::Id).with(Column::ManagerId)
    }

    /// The tree of a roster.
    ///
    /// # Errors
    /// [`RosterError`] when ids or managers were not loaded.
    pub fn of(roster: &Roster) -> Result<Self, RosterError> {
        Self::within(roster.view(None))
    }

    /// The tree of those whom a caller may see, as if there was nobody else: whoever reports to
    /// somebody out of sight is an orphan, and nobody out of sight has a place.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn within(view: View<'_>) -> Result<Self, RosterError> {
        let roster = view.roster();
        roster.check(Self::projection())?;
        let rows = roster.len();
        let codes = roster.codes(Column::ManagerId)?;
        let named: Vec<Option<u32>> = (0..codes.len())
            .map(|code| view.manager(u32::try_from(code).ok()?))
            .collect();
        let mut orphans = Vec::new();
        let mut manager: Vec<Option<u32>> = (0..rows)
            .map(|row| {
                let code = codes.of(row);
                if code == 0 || !view.sees(row) {
                    return None;
                }
                let found = named[code as usize];
                if found.is_none() {
                    orphans.push(row);
                }
                found
            })
            .collect();
        let mut cycles = cycles(&manager);
        for cycle in &mut cycles {
            // The least id becomes the head, so that the cut does not depend on the order of rows.
            let head = (0..cycle.len())
                .min_by_key(|&at| roster.value(cycle[at], Column::Id))
                .unwrap_or(0);
            cycle.rotate_left(head);
            manager[cycle[0] as usize] = None;
        }
        cycles.sort_by_key(|cycle| roster.value(cycle[0], Column::Id));
        let mut reports = vec![Vec::new(); rows as usize];
        for (row, manager) in (0..rows).zip(&manager) {
            if let Some(manager) = manager {
                reports[*manager as usize].push(row);
            }
        }
        let roots: Vec<u32> = (0..rows)
            .filter(|&row| manager[row as usize].is_none() && view.sees(row))
            .collect();
        let mut depth = vec![0; rows as usize];
        let mut order = roots.clone();
        let mut next = 0;
        while let Some(&row) = order.get(next) {
            for &report in &reports[row as usize] {
                depth[report as usize] = depth[row as usize] + 1;
                order.push(report);
            }
            next += 1;
        }
        let mut total = vec![0; rows as usize];
        for &row in order.iter().rev() {
            if let Some(manager) = manager[row as usize] {
                total[manager as usize] += total[row as usize] + 1;
            }
        }
        Ok(Self {
            manager,
            reports,
            depth,
            total,
            roots,
            orphans,
            cycles,
        })
    }

    /// The manager of a row, after cycles were cut.
    #[must_use]
    pub fn manager_of(&self, row: u32) -> Option<u32> {
        self.manager[row as usize]
    }

    /// Who reports directly to a row, in row order.
    #[must_use]
    pub fn reports(&self, row: u32) -> &[u32] {
        &self.reports[row as usize]
    }

    /// The managers above a row, the nearest first.
    pub fn chain(&self, row: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(self.manager_of(row), |&row| self.manager_of(row))
    }

    /// Managers above a row: 0 for a root.
    #[must_use]
    pub fn depth(&self, row: u32) -> u32 {
        self.depth[row as usize]
    }

    /// How many report to a row.
    #[must_use]
    pub fn span(&self, row: u32) -> Span {
        Span {
            direct: u32::try_from(self.reports(row).len()).unwrap_or(u32::MAX),
            total: self.total[row as usize],
        }
    }

    /// Rows without a manager in the roster, orphans and heads of cut cycles included.
    #[must_use]
    pub fn roots(&self) -> &[u32] {
        &self.roots
    }

    /// Rows whose manager is named but not in the roster.
    #[must_use]
    pub fn orphans(&self) -> &[u32] {
        &self.orphans
    }

    /// Rows that report to each other in a ring, each row followed by its manager; the first one,
    /// of the least id, was cut loose. Somebody who is their own manager is a ring of one.
    #[must_use]
    pub fn cycles(&self) -> &[Vec<u32>] {
        &self.cycles
    }
}

/// The rings of a graph in which everyone has at most one manager.
pub(crate) fn cycles(manager: &[Option<u32>]) -> Vec<Vec<u32>> {
    const UNSEEN: usize = usize::MAX;
    let mut seen_from = vec![UNSEEN; manager.len()];
    let mut cycles = Vec::new();
    for start in 0..manager.len() {
        let mut at = start;
        while seen_from[at] == UNSEEN {
            seen_from[at] = start;
            match manager[at] {
                Some(next) => at = next as usize,
                None => break,
            }
        }
        // Met a row of this very walk again, by its manager: the ring starts there.
        if seen_from[at] == start && manager[at].is_some() {
            let first = u32::try_from(at).unwrap_or(u32::MAX);
            let ring = std::iter::successors(Some(first), |&row| {
                manager[row as usize].filter(|&next| next != first)
            });
            cycles.push(ring.collect());
        }
    }
    cycles
}
