//! Who reports to whom, in the order in which people look at it, and what stands out of it.

use std::{cmp::Reverse, sync::Arc};

use headcount_core::{
    field::{Column, Field},
    managers::Managers,
    roster::RosterError,
    search::{Matcher, Sort, sort::SortKey},
};

use crate::rosters::Loaded;

/// The trees of an org, as somebody sees them.
#[derive(Debug)]
pub(crate) struct Forest {
    pub(crate) managers: Arc<Managers>,
    /// The place of every row: those with the most people below come first, then it goes by name
    /// and id.
    places: Vec<u32>,
    /// Who stands above others and below nobody, in order.
    pub(crate) tops: Vec<u32>,
    /// Rows who name no manager and have no reports.
    pub(crate) alone: usize,
    /// Rows whose manager is named and not there, in order.
    pub(crate) orphans: Vec<u32>,
    /// Rows who report to each other, in row order.
    ringed: Vec<u32>,
    /// Everybody in sight.
    pub(crate) people: usize,
    /// Rows who have reports.
    pub(crate) managing: usize,
    /// Who has the most direct reports.
    pub(crate) widest: Option<u32>,
    /// Who has the most managers above.
    pub(crate) deepest: Option<u32>,
}

/// How a branch is made up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// People who have reports, the one on top among them.
    pub(crate) managing: usize,
    /// Levels below the top.
    pub(crate) levels: usize,
}

impl Forest {
    /// That of whoever is limited to `divisions`. Blocks while it is made; it is kept with the
    /// roster.
    ///
    /// # Errors
    /// [`RosterError`] never: a roster is loaded with every column.
    pub(crate) fn of(
        loaded: &Loaded,
        divisions: Option<&[String]>,
    ) -> Result<Arc<Self>, RosterError> {
        let key = divisions.map(<[_]>::to_vec);
        loaded.forests.get(key, || Self::make(loaded, divisions))
    }

    fn make(loaded: &Loaded, divisions: Option<&[String]>) -> Result<Self, RosterError> {
        let managers = loaded.managers(divisions)?;
        let scope = divisions.map(|divisions| loaded.scope(divisions));
        let view = loaded.roster.view(scope.as_deref());
        let by_name = Sort {
            keys: vec![SortKey::Field {
                field: Field::NAME,
                descending: false,
            }],
        };
        let mut order = view.sorted(&Matcher::everybody(), &by_name)?;
        order.sort_by_key(|&row| Reverse(managers.span(row).total));
        let mut places = vec![u32::MAX; loaded.roster.len() as usize];
        for (place, &row) in (0..).zip(&order) {
            places[row as usize] = place;
        }
        let has_reports = |row: u32| !managers.reports(row).is_empty();
        let mut tops: Vec<u32> = managers.roots().to_vec();
        let names_none = |row: u32| loaded.roster.value(row, Column::ManagerId).is_none();
        let alone = tops
            .iter()
            .filter(|&&row| !has_reports(row) && names_none(row))
            .count();
        tops.retain(|&row| has_reports(row));
        tops.sort_unstable_by_key(|&row| places[row as usize]);
        let mut orphans = managers.orphans().to_vec();
        orphans.sort_unstable_by_key(|&row| places[row as usize]);
        let mut ringed: Vec<u32> = managers.cycles().concat();
        ringed.sort_unstable();
        // Of several the first in order.
        let rows = || order.iter().copied();
        let widest = rows().rev().max_by_key(|&row| managers.span(row).direct);
        let deepest = rows().rev().max_by_key(|&row| managers.depth(row));
        Ok(Self {
            tops,
            alone,
            orphans,
            ringed,
            people: order.len(),
            managing: rows().filter(|&row| has_reports(row)).count(),
            widest: widest.filter(|&row| has_reports(row)),
            deepest: deepest.filter(|&row| managers.depth(row) > 0),
            places,
            managers,
        })
    }

    /// Who reports to a row, in order.
    pub(crate) fn reports(&self, row: u32) -> Vec<u32> {
        let mut reports = self.managers.reports(row).to_vec();
        reports.sort_unstable_by_key(|&row| self.places[row as usize]);
        reports
    }

    /// Everybody below nobody, whether others report to them or not, in order.
    pub(crate) fn roots(&self) -> Vec<u32> {
        let mut roots = self.managers.roots().to_vec();
        roots.sort_unstable_by_key(|&row| self.places[row as usize]);
        roots
    }

    /// Whether a row names a manager who is not there.
    pub(crate) fn is_orphan(&self, row: u32) -> bool {
        // They are in the order of the rows there.
        self.managers.orphans().binary_search(&row).is_ok()
    }

    /// Whether a row is part of a ring.
    pub(crate) fn is_ringed(&self, row: u32) -> bool {
        self.ringed.binary_search(&row).is_ok()
    }

    /// How the branch below a row is made up.
    pub(crate) fn shape(&self, top: u32) -> Shape {
        let mut shape = Shape::default();
        let mut level = vec![top];
        loop {
            let mut next = Vec::new();
            for &row in &level {
                let reports = self.managers.reports(row);
                shape.managing += usize::from(!reports.is_empty());
                next.extend_from_slice(reports);
            }
            if next.is_empty() {
                return shape;
            }
            shape.levels += 1;
            level = next;
        }
    }

    /// The managers of a row and itself, from the top down.
    pub(crate) fn path(&self, row: u32) -> Vec<u32> {
        let mut path: Vec<u32> = self.managers.chain(row).collect();
        path.reverse();
        path.push(row);
        path
    }
}
