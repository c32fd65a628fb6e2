//! Divisions, departments and managers of a roster.

use std::collections::BTreeMap;

use headcount_core::{
    field::Column,
    managers::Managers,
    personal::Veil,
    roster::{Roster, View},
};

use super::{
    people::attribute,
    sets::Attribute,
    value::{Grid, Rows, Value},
};

/// Users of something, and the names it goes by.
#[derive(Default)]
struct Tally<'r> {
    users: u64,
    active: u64,
    names: BTreeMap<&'r str, u64>,
}

/// Divisions by id, each by the name that most of its users carry, of several the least.
pub(crate) fn divisions(roster: &Roster, rows: impl Iterator<Item = u32>) -> Grid {
    let tallies = tallied(roster, rows, Column::DivisionId);
    let row = |(id, tally): (&str, Tally<'_>)| {
        let most = tally.names.values().max().copied();
        let name = tally.names.iter().find(|(_, count)| Some(**count) == most);
        vec![
            Value::Text(id.to_owned().into()),
            Value::text(name.map(|(name, _)| (*name).to_owned())),
            Value::count(tally.users),
            Value::count(tally.active),
        ]
    };
    Grid {
        rows: tallies.into_iter().map(row).collect(),
    }
}

/// Departments by name.
pub(crate) fn departments(roster: &Roster, rows: impl Iterator<Item = u32>) -> Grid {
    let tallies = tallied(roster, rows, Column::Department);
    let row = |(name, tally): (&str, Tally<'_>)| {
        vec![
            Value::Text(name.to_owned().into()),
            Value::count(tally.users),
            Value::count(tally.active),
        ]
    };
    Grid {
        rows: tallies.into_iter().map(row).collect(),
    }
}

fn tallied(
    roster: &Roster,
    rows: impl Iterator<Item = u32>,
    by: Column,
) -> BTreeMap<&str, Tally<'_>> {
    let mut tallies: BTreeMap<&str, Tally<'_>> = BTreeMap::new();
    for row in rows {
        let Some(value) = roster.value(row, by) else {
            continue;
        };
        let tally = tallies.entry(value).or_default();
        tally.users += 1;
        tally.active += u64::from(roster.value(row, Column::State) == Some("active"));
        if let Some(name) = roster.value(row, Column::DivisionName) {
            *tally.names.entry(name).or_default() += 1;
        }
    }
    tallies
}

/// Whoever has somebody below.
pub(crate) fn managers(
    view: View<'_>,
    managers: &Managers,
    rows: impl Iterator<Item = u32>,
    veil: &Veil,
) -> Grid {
    const TOLD: [Column; 7] = [
        Column::Name,
        Column::State,
        Column::Department,
        Column::Title,
        Column::DivisionId,
        Column::DivisionName,
        Column::ManagerId,
    ];
    let row = |row: u32| {
        let mut told = vec![Value::text(
            view.roster().value(row, Column::Id).map(str::to_owned),
        )];
        let of = |column| attribute(view, row, Attribute::Of(column), veil).into_owned();
        told.extend(TOLD.map(of));
        let span = managers.span(row);
        told.extend([managers.depth(row), span.direct, span.total].map(Value::count));
        told
    };
    let above = rows.filter(|&row| managers.span(row).direct > 0);
    Grid {
        rows: above.map(row).collect(),
    }
}

/// Everybody with every manager above, the nearest first; and managers with themselves, so that
/// whoever is chosen as a manager brings the whole tree.
pub(crate) fn chains(managers: &Managers, rows: impl Iterator<Item = u32>) -> Vec<(u32, u32, u32)> {
    let mut chains = Vec::new();
    for row in rows {
        if managers.span(row).direct > 0 {
            chains.push((row, row, 0));
        }
        chains.extend(
            (1..)
                .zip(managers.chain(row))
                .map(|(depth, above)| (row, above, depth)),
        );
    }
    chains
}

/// [`chains`] as rows.
pub(crate) struct Chains<'r> {
    pub(crate) roster: &'r Roster,
    pub(crate) chains: &'r [(u32, u32, u32)],
}

impl Rows for Chains<'_> {
    fn len(&self) -> u32 {
        u32::try_from(self.chains.len()).unwrap_or(u32::MAX)
    }

    fn value(&self, row: u32, property: usize) -> Value<'_> {
        let (user, manager, depth) = self.chains[row as usize];
        let id = |row| Value::text(self.roster.value(row, Column::Id));
        match property {
            0 => id(user),
            1 => id(manager),
            _ => Value::count(depth),
        }
    }
}
