//! Who was above whom, for every user and for as long as it held.

use super::{
    People,
    paths::{Managing, Paths},
};
use crate::roster::RosterError;

/// The path of every user at any time, worked out once. A path is the managers above a user, from
/// the top down, and the user where others report to them; equal paths are one number, 0 is nobody.
///
/// Numbers are given in the order in which paths came up, so that what happens later changes none.
#[derive(Debug)]
pub struct Lineage {
    /// Where the spans of each user begin, and behind them their number.
    first: Vec<usize>,
    /// Since when a path holds, ms UTC, by user and time. The first of a user holds before it too.
    spans: Vec<(i64, u32)>,
    paths: Paths,
}

impl Lineage {
    /// The paths of people of whom ids and managers were read.
    ///
    /// # Errors
    /// [`RosterError`] where managers were not read.
    pub fn of(people: &People) -> Result<Self, RosterError> {
        let managing = Managing::of(people, None)?;
        let mut paths = Paths::new();
        let mut last = Vec::new();
        // By time, then by user; a user is at most once in a moment.
        let mut changes: Vec<(u32, i64, u32)> = Vec::new();
        for (before, &moment) in managing.moments().iter().enumerate() {
            let tree = paths.tree(&managing.at(people, before + 1));
            for (user, &path) in (0..people.users()).zip(&tree) {
                if last.get(user as usize) != Some(&path) {
                    changes.push((user, moment, path));
                }
            }
            last = tree;
        }
        changes.sort_by_key(|(user, ..)| *user);
        let mut first = Vec::with_capacity(people.users() as usize + 1);
        for (place, (user, ..)) in changes.iter().enumerate() {
            if first.len() == *user as usize {
                first.push(place);
            }
        }
        first.push(changes.len());
        let spans = changes.into_iter().map(|(_, moment, path)| (moment, path));
        Ok(Self {
            first,
            spans: spans.collect(),
            paths,
        })
    }

    /// The path of a user at a moment, ms UTC. Before the first snapshot it is that of the first.
    #[must_use]
    pub fn at(&self, user: u32, ms: i64) -> u32 {
        let spans = self.spans(user);
        let begun = spans.partition_point(|(since, _)| *since <= ms);
        spans.get(begun.max(1) - 1).map_or(0, |(_, path)| *path)
    }

    /// Since when which path of a user held, by time: each until the next.
    #[must_use]
    pub fn spans(&self, user: u32) -> &[(i64, u32)] {
        &self.spans[self.first[user as usize]..self.first[user as usize + 1]]
    }

    /// How many paths there are, that of nobody among them.
    #[must_use]
    pub fn paths(&self) -> u32 {
        self.paths.len()
    }

    /// The managers of a path, from the lowest to the top.
    pub fn up(&self, path: u32) -> impl Iterator<Item = u32> {
        self.paths.up(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        field::{Column, Projection},
        history::VersionRef,
        segment::PeopleBuilder,
        user::Attributes,
    };

    #[test]
    fn a_path_holds_until_anybody_above_moves() {
        let mut builder = PeopleBuilder::new(Projection::none().with(Column::ManagerId));
        for (id, manager, valid_from) in [
            ("a", Some("b"), 10),
            ("b", Some("c"), 10),
            ("b", None, 30),
            ("c", None, 20),
        ] {
            builder.push(VersionRef {
                user: &Attributes {
                    id: id.into(),
                    manager_id: manager.map(Into::into),
                    ..Attributes::default()
                },
                document: None,
                valid_from,
                valid_to: None,
            });
        }
        let people = builder.finish(i64::MAX);
        let lineage = Lineage::of(&people).unwrap();
        let managers = |ms| -> Vec<u32> { lineage.up(lineage.at(0, ms)).collect() };
        // c comes at 20, and b is nobody's report from 30 on.
        assert_eq!((managers(5), managers(19)), (vec![1], vec![1]));
        assert_eq!((managers(20), managers(30)), (vec![1, 2], vec![1]));
        assert_eq!(lineage.spans(0).len(), 3);
        assert_eq!(lineage.at(2, 0), 0, "nobody was above c before c came");
    }
}
