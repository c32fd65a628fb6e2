//! Asking all rows at once: each test goes over the distinct values of its column, and the answers
//! are joined as sets of rows. Only what stands in the documents is asked row by row, and only of
//! the rows that are still in question.

use roaring::RoaringBitmap;

use super::View;
use crate::{
    field::{Column, Field},
    search::matcher::{Leaf, Node},
};

impl View<'_> {
    /// The rows of `within` (all, if none is given) that `node` matches.
    pub(super) fn evaluate(self, node: &Node, within: Option<&RoaringBitmap>) -> RoaringBitmap {
        match node {
            Node::And(nodes) => {
                let mut nodes: Vec<&Node> = nodes.iter().collect();
                nodes.sort_by_key(|node| cost(node));
                let mut found: Option<RoaringBitmap> = None;
                for node in nodes {
                    if found.as_ref().is_some_and(RoaringBitmap::is_empty) {
                        break;
                    }
                    found = Some(self.evaluate(node, found.as_ref().or(within)));
                }
                found.unwrap_or_else(|| self.all_of(within))
            }
            Node::Or(nodes) => {
                let mut found = RoaringBitmap::new();
                let mut nodes: Vec<&Node> = nodes.iter().collect();
                nodes.sort_by_key(|node| cost(node));
                for node in nodes {
                    if cost(node) == 0 || found.is_empty() {
                        found |= self.evaluate(node, within);
                    } else {
                        let open = self.all_of(within) - &found;
                        found |= self.evaluate(node, Some(&open));
                    }
                }
                found
            }
            Node::Not(node) => self.all_of(within) - self.evaluate(node, within),
            Node::Leaf(leaf) => self.leaf(leaf, within),
        }
    }

    fn all_of(self, within: Option<&RoaringBitmap>) -> RoaringBitmap {
        within.map_or_else(|| (0..self.roster().len()).collect(), Clone::clone)
    }

    fn leaf(self, leaf: &Leaf, within: Option<&RoaringBitmap>) -> RoaringBitmap {
        let kind = leaf.field.kind();
        let of_manager = if leaf.field == Field::MANAGER_NAME {
            Some(Column::Name)
        } else if leaf.field == Field::MANAGER_EMAIL {
            Some(Column::Email)
        } else {
            None
        };
        if let (Some(column), Some(managers)) =
            (of_manager, self.roster().column(Column::ManagerId))
        {
            return managers.rows(self.roster().len(), within, &|id| {
                self.row_of(id)
                    .and_then(|row| self.roster().value(row, column))
                    .is_some_and(|value| leaf.test.passes(kind, value))
            });
        }
        if let Some(column) = leaf
            .field
            .column()
            .and_then(|column| self.roster().column(column))
        {
            return column.rows(self.roster().len(), within, &|value| {
                leaf.test.passes(kind, value)
            });
        }
        let matches = |row: &u32| leaf.matches(&self.row(*row));
        match within {
            Some(within) => within.iter().filter(matches).collect(),
            None => (0..self.roster().len()).filter(matches).collect(),
        }
    }
}

/// How dear a node is, roughly: few distinct values, a value per row, a document per row.
fn cost(node: &Node) -> u8 {
    match node {
        Node::And(nodes) | Node::Or(nodes) => nodes.iter().map(cost).max().unwrap_or(0),
        Node::Not(node) => cost(node),
        Node::Leaf(leaf) => match leaf.field.column() {
            Some(
                Column::Id
                | Column::Name
                | Column::Email
                | Column::Username
                | Column::PreferredName,
            ) => 1,
            Some(_) => 0,
            None if leaf.field.is_looked_up() => 1,
            None => 2,
        },
    }
}
