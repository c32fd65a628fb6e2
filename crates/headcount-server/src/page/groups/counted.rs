//! Departments and divisions with their users, counted once for a roster.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use headcount_core::{
    aggregate::{GroupBy, NONE, count_by},
    check::{self, Settings, alike},
    field::{Column, Field},
    roster::{RosterError, View},
    search::text::fold,
};
use roaring::RoaringBitmap;

use crate::rosters::Loaded;

/// What users are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Department,
    Division,
}

/// Which groups: of what, and of whom.
pub(crate) type GroupsKey = (Kind, Option<Vec<String>>);

/// All departments or divisions that somebody sees.
#[derive(Debug)]
pub(crate) struct Groups {
    /// Those with the most active users first, then with the most users, then by name.
    pub(crate) all: Vec<Group>,
    /// Their places by name.
    pub(crate) by_name: Vec<usize>,
    /// Active users of all.
    pub(crate) active: u64,
    /// Places of those that are spelled alike, the most usual spelling first.
    pub(crate) alike: Vec<Vec<usize>>,
}

/// Users of one department or division.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Group {
    /// As it is written; [`NONE`] for users without one.
    pub(crate) name: String,
    /// Of a division.
    pub(crate) id: Option<String>,
    pub(crate) active: u64,
    pub(crate) users: u64,
    /// The division of whoever was put into none.
    pub(crate) is_home: bool,
}

impl Groups {
    /// Those of whoever is limited to `divisions`. Blocks while they are counted; they are kept
    /// with the roster.
    ///
    /// # Errors
    /// [`RosterError`] never: a roster is loaded with every column.
    pub(crate) fn of(
        loaded: &Loaded,
        kind: Kind,
        divisions: Option<&[String]>,
        settings: &Settings,
    ) -> Result<Arc<Self>, RosterError> {
        let key = (kind, divisions.map(<[_]>::to_vec));
        loaded.groups.get(key, || {
            let scope = divisions.map(|divisions| loaded.scope(divisions));
            let view = loaded.roster.view(scope.as_deref());
            Self::count(view, kind, settings)
        })
    }

    fn count(view: View<'_>, kind: Kind, settings: &Settings) -> Result<Self, RosterError> {
        let everybody: RoaringBitmap = (0..view.roster().len()).collect();
        let active = view.roster().rows_with(Column::State, &["active"])?;
        let mut all = match kind {
            Kind::Department => departments(&view, &everybody, &active)?,
            Kind::Division => divisions(&view, &everybody, &active, settings)?,
        };
        all.sort_by(|one, other| {
            let key = |group: &Group| Reverse((group.active, group.users));
            let by_size = key(one).cmp(&key(other));
            by_size
                .then_with(|| one.name.cmp(&other.name))
                .then_with(|| one.id.cmp(&other.id))
        });
        let mut by_name: Vec<usize> = (0..all.len()).collect();
        by_name.sort_by_cached_key(|&at| (fold(&all[at].name).into_owned(), at));
        let alike = spelled_alike(&all, kind, settings);
        Ok(Self {
            active: all.iter().map(|group| group.active).sum(),
            all,
            by_name,
            alike,
        })
    }
}

fn departments(
    view: &View<'_>,
    everybody: &RoaringBitmap,
    active: &RoaringBitmap,
) -> Result<Vec<Group>, RosterError> {
    let count = |rows| count_by(view, rows, &[GroupBy::Field(Field::DEPARTMENT)]);
    let name = |values: &mut Vec<String>| values.swap_remove(0);
    let mut active: HashMap<String, u64> = count(active)?
        .into_iter()
        .map(|mut row| (name(&mut row.values), row.count))
        .collect();
    let groups = count(everybody)?.into_iter().map(|mut row| {
        let name = name(&mut row.values);
        Group {
            active: active.remove(&name).unwrap_or_default(),
            users: row.count,
            name,
            ..Group::default()
        }
    });
    Ok(groups.collect())
}

/// By id, with the name that most of the users carry; users without an id by the name.
fn divisions(
    view: &View<'_>,
    everybody: &RoaringBitmap,
    active: &RoaringBitmap,
    settings: &Settings,
) -> Result<Vec<Group>, RosterError> {
    let by = [Field::DIVISION_ID, Field::DIVISION_NAME].map(GroupBy::Field);
    let id_and_name = |values: Vec<String>| {
        let [id, name] = <[String; 2]>::try_from(values).unwrap_or_default();
        (Some(id).filter(|id| id != NONE), name)
    };
    let key = |id: &Option<String>, name: &str| match id {
        Some(id) => (Some(id.clone()), String::new()),
        None => (None, name.to_owned()),
    };
    let mut groups: BTreeMap<(Option<String>, String), Group> = BTreeMap::new();
    // The names with most users come first, those of as many in order.
    for row in count_by(view, everybody, &by)? {
        let (id, name) = id_and_name(row.values);
        let group = groups.entry(key(&id, &name)).or_default();
        if group.name.is_empty() || (group.name == NONE && name != NONE) {
            group.name = name;
        }
        group.id = id;
        group.users += row.count;
    }
    for row in count_by(view, active, &by)? {
        let (id, name) = id_and_name(row.values);
        if let Some(group) = groups.get_mut(&key(&id, &name)) {
            group.active += row.count;
        }
    }
    let home = fold(&settings.home_division);
    let groups = groups.into_values().map(|mut group| {
        if let Some(id) = group.id.as_ref().filter(|_| group.name == NONE) {
            group.name.clone_from(id);
        }
        let id = group.id.as_deref().unwrap_or_default();
        group.is_home = fold(&group.name) == home || fold(id) == home;
        group
    });
    Ok(groups.collect())
}

/// What the rule about variants of departments finds, whatever its severity. Names that active
/// users have are looked at, except those that the settings say are meant.
fn spelled_alike(all: &[Group], kind: Kind, settings: &Settings) -> Vec<Vec<usize>> {
    let rule = check::rule("department-variants").ok();
    let rule = rule.and_then(|rule| settings.rule(rule));
    let except = rule.filter(|_| kind == Kind::Department);
    let is_meant = |name: &String| except.is_some_and(|settings| settings.except.contains(name));
    let places: Vec<usize> = (0..all.len())
        .filter(|&at| {
            let Group { name, active, .. } = &all[at];
            *active > 0 && name != NONE && !is_meant(name)
        })
        .collect();
    let names: Vec<(&str, u32)> = places
        .iter()
        .map(|&at| {
            let active = u32::try_from(all[at].active).unwrap_or(u32::MAX);
            (all[at].name.as_str(), active)
        })
        .collect();
    let groups = alike(&names).into_iter();
    groups
        .map(|group| group.into_iter().map(|at| places[at]).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use headcount_core::{field::Projection, roster::RosterBuilder, user::Attributes};

    use super::*;

    /// id of the division, its name, the department, the state
    type Told = (&'static str, &'static str, &'static str, &'static str);

    fn groups(users: &[Told], kind: Kind) -> Groups {
        let mut builder = RosterBuilder::new(Projection::all());
        for (number, (division, name, department, state)) in users.iter().enumerate() {
            let document = serde_json::json!({
                "id": format!("{number:03}"), "state": state, "department": department,
                "division": {"id": division, "name": name},
            });
            let document = document.to_string();
            builder.push(&Attributes::parse(&document).unwrap(), Some(&document));
        }
        Groups::count(builder.finish().view(None), kind, &Settings::default()).unwrap()
    }

    fn told(groups: &Groups) -> Vec<(&str, &str, u64, u64)> {
        let all = groups.all.iter();
        all.map(|one| {
            let id = one.id.as_deref().unwrap_or_default();
            (one.name.as_str(), id, one.active, one.users)
        })
        .collect()
    }

    const USERS: [Told; 8] = [
        ("1", "Home", "Sales", "active"),
        ("1", "Home", "sales", "active"),
        ("1", "Old name", "Sales", "active"),
        ("2", "Home", "", "inactive"),
        ("2", "Home", "Sales", "deleted"),
        ("3", "", "IT", "active"),
        ("", "Nameless", "IT", "active"),
        ("", "", "Gone", "deleted"),
    ];

    #[test]
    fn departments_are_as_they_are_written() {
        let groups = groups(&USERS, Kind::Department);
        assert_eq!(
            told(&groups),
            [
                ("Sales", "", 2, 3),
                ("IT", "", 2, 2),
                ("sales", "", 1, 1),
                ("(none)", "", 0, 1),
                ("Gone", "", 0, 1),
            ]
        );
        assert_eq!(groups.active, 5);
        assert_eq!(groups.alike, [[0, 2]]);
        let names: Vec<&str> = groups
            .by_name
            .iter()
            .map(|&at| &*groups.all[at].name)
            .collect();
        assert_eq!(names, ["(none)", "Gone", "IT", "Sales", "sales"]);
    }

    #[test]
    fn divisions_are_told_apart_by_id_and_called_by_their_usual_name() {
        let groups = groups(&USERS, Kind::Division);
        assert_eq!(
            told(&groups),
            [
                ("Home", "1", 3, 3),
                ("3", "3", 1, 1),
                ("Nameless", "", 1, 1),
                ("Home", "2", 0, 2),
                ("(none)", "", 0, 1),
            ]
        );
        let homes = groups.all.iter().filter(|group| group.is_home).count();
        assert_eq!(homes, 2, "told apart by their ids");
    }
}
