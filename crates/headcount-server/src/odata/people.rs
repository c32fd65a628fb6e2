//! Users, and their versions, as rows.

use std::borrow::Cow;

use headcount_core::{
    field::Column,
    personal::{Veil, is_personal},
    roster::View,
};

use super::{
    sets::{ATTRIBUTES, Attribute},
    shelf::History,
    value::{Rows, Value},
};

/// The users of a roster.
pub(crate) struct Users<'r> {
    pub(crate) view: View<'r>,
    /// Those in sight, where not all are.
    pub(crate) rows: Option<&'r [u32]>,
    pub(crate) veil: &'r Veil,
}

/// The versions of users.
pub(crate) struct Versions<'r> {
    pub(crate) history: &'r History,
    pub(crate) view: View<'r>,
    /// Those in sight, where not all are.
    pub(crate) rows: Option<&'r [u32]>,
    pub(crate) veil: &'r Veil,
}

impl Rows for Users<'_> {
    fn len(&self) -> u32 {
        length(self.rows, self.view)
    }

    fn value(&self, row: u32, property: usize) -> Value<'_> {
        let row = self.rows.map_or(row, |rows| rows[row as usize]);
        match property.checked_sub(1) {
            None => Value::text(self.view.roster().value(row, Column::Id)),
            Some(at) => attribute(self.view, row, ATTRIBUTES[at], self.veil),
        }
    }
}

impl Rows for Versions<'_> {
    fn len(&self) -> u32 {
        length(self.rows, self.view)
    }

    fn value(&self, row: u32, property: usize) -> Value<'_> {
        let row = self.rows.map_or(row, |rows| rows[row as usize]);
        let (from, to) = (
            self.history.people.valid_from(row),
            self.history.valid_to(row),
        );
        match property {
            0 => Value::Text(Cow::Owned(version_key(self.history, row))),
            1 => Value::text(self.view.roster().value(row, Column::Id)),
            2 => Value::Time(from),
            3 => to.map_or(Value::Null, Value::Time),
            4 => Value::Bool(to.is_none()),
            5 => Value::Time(to.unwrap_or(from)),
            at => attribute(self.view, row, ATTRIBUTES[at - 6], self.veil),
        }
    }
}

/// Names a version for good: nothing that happens later gives it another one.
pub(crate) fn version_key(history: &History, row: u32) -> String {
    let people = &history.people;
    let id = people.roster().value(row, Column::Id).unwrap_or_default();
    format!("{id}@{}", people.valid_from(row))
}

/// An attribute of a row, as it may leave.
pub(crate) fn attribute<'r>(
    view: View<'r>,
    row: u32,
    attribute: Attribute,
    veil: &Veil,
) -> Value<'r> {
    let roster = view.roster();
    let (text, column) = match attribute {
        Attribute::Of(column) => (roster.value(row, column), column),
        Attribute::ManagerName => {
            let manager = view.manager_of(row);
            let name = manager.and_then(|manager| roster.value(manager, Column::Name));
            (name, Column::Name)
        }
    };
    match text {
        Some(text) if is_personal(column) => Value::text(veil.text(text)),
        text => Value::text(text),
    }
}

fn length(rows: Option<&[u32]>, view: View<'_>) -> u32 {
    rows.map_or(view.roster().len(), |rows| {
        u32::try_from(rows.len()).unwrap_or(u32::MAX)
    })
}
