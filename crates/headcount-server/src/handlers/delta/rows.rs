//! A round as CSV: all that is left of it, in one answer.

use headcount_core::{field::Field, personal::Veil};
use serde_json::Value;

use super::{
    document,
    round::{Found, Told},
};
use crate::{
    csv::{Cell, Chosen, Rows},
    handlers::table::{UserColumn, labels, manager, owned, shown},
};

/// The column that tells what became of a user; empty where all are told.
const CHANGE: &str = "change";

/// The columns of the table.
pub(super) fn chosen(columns: &[UserColumn]) -> Chosen {
    let mut names = vec![CHANGE.to_owned()];
    names.extend(labels(columns));
    Chosen::all(names)
}

/// The users of a round, row by row.
pub(super) struct DeltaRows {
    veil: Veil,
    found: Found,
    columns: Vec<UserColumn>,
}

impl DeltaRows {
    pub(super) fn new(veil: Veil, found: Found, columns: Vec<UserColumn>) -> Self {
        Self {
            veil,
            found,
            columns,
        }
    }
}

impl Rows for DeltaRows {
    fn next(&mut self, row: &mut dyn FnMut(&[Cell<'_>])) -> bool {
        let page = self.found.page(1);
        let Some(told) = page.first() else {
            return false;
        };
        let taken = match told {
            Told::Left(id) => {
                let mut cells = vec![Cell::Text("left".into())];
                cells.extend(self.columns.iter().map(|column| match column.field {
                    Field::ID => Cell::of(Some(id)),
                    _ => Cell::Nothing,
                }));
                row(&cells);
                None
            }
            Told::User(number, kind) => {
                let sight = &self.found.sight;
                let text = document(&self.veil, sight, *number);
                let document: Value = serde_json::from_str(&text).unwrap_or_default();
                let mut cells = vec![Cell::of(kind.map(|kind| kind.name()))];
                cells.extend(self.columns.iter().map(|column| {
                    if column.field.is_looked_up() {
                        let contact = manager(sight.view(), *number, column.field);
                        let leaves =
                            contact.and_then(|text| Some(self.veil.text(&text)?.into_owned()));
                        owned(leaves)
                    } else {
                        shown(&document, column.field)
                    }
                }));
                row(&cells);
                Some(*number)
            }
        };
        self.found.advance(taken);
        true
    }
}
