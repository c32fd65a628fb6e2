//! What stands out of the tree of an org.

use headcount_core::field::Column;

use super::{
    Forest, Named,
    listing::{branch_link, way_link},
    named,
};
use crate::{
    app::Sight,
    page::{texts::person_path, visit::Visit},
    parameters::link,
};

/// Rings and orphans that are shown, and people of a ring.
const RINGS: usize = 5;
const IN_RING: usize = 6;
const ORPHANS: usize = 8;

/// What stands out of the tree of an org.
pub(super) struct Org {
    pub(super) people: String,
    pub(super) managing: String,
    pub(super) share: String,
    pub(super) average: String,
    pub(super) widest: Option<(Named, String)>,
    pub(super) deepest: Option<(Named, String)>,
    pub(super) alone: usize,
    pub(super) alone_text: String,
    pub(super) without_manager: String,
    pub(super) orphans: Vec<Named>,
    pub(super) orphans_text: String,
    pub(super) orphans_more: Option<String>,
    pub(super) rings: Vec<Ring>,
    pub(super) rings_text: String,
    pub(super) rings_more: Option<String>,
    /// Whether there are findings about these; not for who sees a part of the org.
    pub(super) has_findings: bool,
}

/// People who report to each other.
pub(super) struct Ring {
    pub(super) people: Vec<Named>,
    pub(super) more: Option<String>,
}

impl Org {
    /// That of a forest.
    pub(super) fn of(visit: &Visit, sight: &Sight, forest: &Forest) -> Self {
        let roster = &sight.loaded().roster;
        let locale = &visit.locale;
        let as_of = visit.asked.get("asOf");
        let id = |row| roster.value(row, Column::Id).unwrap_or_default();
        let number = |count: usize| locale.number(count as u64);
        let more = |all: usize, shown: usize| (all > shown).then(|| number(all - shown));
        let person = |&row: &u32| named(roster, row, person_path(id(row), as_of));
        let managers = &forest.managers;
        let reporting = forest.people - managers.roots().len();
        let rings = managers.cycles();
        let ring = |ring: &Vec<u32>| Ring {
            people: ring.iter().take(IN_RING).map(person).collect(),
            more: more(ring.len(), IN_RING),
        };
        let without = [
            ("manager", Some("(none)".to_owned())),
            ("state", Some("any".to_owned())),
            ("asOf", as_of.map(str::to_owned)),
        ];
        Self {
            people: number(forest.people),
            managing: number(forest.managing),
            share: locale.percent(forest.managing as u64, forest.people as u64),
            average: locale.decimal(reporting as f64 / forest.managing as f64, 1),
            widest: forest.widest.map(|row| {
                let direct = locale.number(managers.span(row).direct);
                (named(roster, row, branch_link(id(row), as_of)), direct)
            }),
            deepest: forest.deepest.map(|row| {
                let levels = locale.number(managers.depth(row) + 1);
                (named(roster, row, way_link(id(row), as_of)), levels)
            }),
            alone: forest.alone,
            alone_text: number(forest.alone),
            without_manager: link("/people", without),
            orphans: forest.orphans.iter().take(ORPHANS).map(person).collect(),
            orphans_text: number(forest.orphans.len()),
            orphans_more: more(forest.orphans.len(), ORPHANS),
            rings: rings.iter().take(RINGS).map(ring).collect(),
            rings_text: number(rings.len()),
            rings_more: more(rings.len(), RINGS),
            has_findings: visit.caller.divisions().is_none() && as_of.is_none(),
        }
    }
}
