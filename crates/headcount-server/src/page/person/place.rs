//! Where somebody stands: the managers above, and who reports to them.

use headcount_core::{field::Column, managers::Managers, roster::View};

use crate::page::{
    texts::{brief_to, fitting, person_path},
    visit::visible,
};

/// Managers above and people below that are named.
const ABOVE: usize = 30;
const BELOW: usize = 100;
/// Bytes that the texts about those below may take.
const BYTES: usize = 10_000;

/// Where somebody stands.
pub(super) struct Place {
    /// The managers from the top down, those nearest where there are many.
    pub(super) above: Vec<Person>,
    /// How many more there are above those.
    pub(super) higher: usize,
    /// The id of a manager who is named and not in sight.
    pub(super) unknown: Option<String>,
    /// Who reports directly, by name.
    pub(super) below: Vec<Person>,
    pub(super) direct: u32,
    pub(super) total: u32,
}

/// Somebody above or below.
pub(super) struct Person {
    pub(super) name: String,
    pub(super) href: String,
    pub(super) title: String,
    /// How many report to them, directly or through others.
    pub(super) total: u32,
}

impl Place {
    /// That of a row in sight.
    pub(super) fn of(view: View<'_>, managers: &Managers, row: u32, as_of: Option<&str>) -> Self {
        let value = |row, column| view.roster().value(row, column);
        let name = |row| {
            let id = value(row, Column::Id).unwrap_or_default();
            visible(value(row, Column::Name), id)
        };
        let title = |row| visible(value(row, Column::Title), "");
        let person = |row, most| Person {
            name: brief_to(name(row), most).into_owned(),
            href: person_path(value(row, Column::Id).unwrap_or_default(), as_of),
            title: brief_to(title(row), most).into_owned(),
            total: managers.span(row).total,
        };
        let mut above: Vec<u32> = managers.chain(row).collect();
        let higher = above.len().saturating_sub(ABOVE);
        above.truncate(ABOVE);
        above.reverse();
        let unknown = value(row, Column::ManagerId).filter(|_| view.manager_of(row).is_none());
        let span = managers.span(row);
        let mut below = managers.reports(row).to_vec();
        below.sort_by_cached_key(|&row| (name(row).to_lowercase(), row));
        below.truncate(BELOW);
        let texts = below.iter().flat_map(|&row| [name(row), title(row)]);
        let most = fitting(texts, BYTES);
        Self {
            above: above.into_iter().map(|row| person(row, 80)).collect(),
            higher,
            unknown: unknown.map(|id| brief_to(id, 80).into_owned()),
            below: below.into_iter().map(|row| person(row, most)).collect(),
            direct: span.direct,
            total: span.total,
        }
    }
}
