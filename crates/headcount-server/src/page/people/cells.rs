//! The rows of the table, cut to what a view may weigh.

use headcount_core::field::Column;

use super::{asked::Asked, columns};
use crate::{
    app::Sight,
    page::{
        locale::Locale,
        texts::{brief_to, fitting, person_path},
    },
};

/// Bytes of all texts in the table.
const BYTES: usize = 40_000;

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    Text(String),
    Number(String),
    State(String),
    /// Somebody, and the id of their record; empty where that is not in sight.
    Person(String, String),
    Nothing,
}

/// Somebody in the table.
pub(super) struct Row {
    pub(super) href: String,
    /// The first cell, which leads to the person.
    pub(super) head: String,
    pub(super) rest: Vec<Cell>,
}

impl Cell {
    /// Its text.
    pub(super) fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Number(text) | Self::State(text) | Self::Person(text, _) => {
                text
            }
            Self::Nothing => "",
        }
    }

    /// The class of a state in the style; texts of others are no classes.
    pub(super) fn class(&self) -> &'static str {
        match self.text() {
            "active" => "active",
            "inactive" => "inactive",
            "deleted" => "deleted",
            _ => "",
        }
    }

    fn cut(self, most: usize, as_of: Option<&str>) -> Self {
        let brief = |text: String| match brief_to(&text, most) {
            std::borrow::Cow::Borrowed(_) => text,
            std::borrow::Cow::Owned(brief) => brief,
        };
        match self {
            Self::Text(text) => Self::Text(brief(text)),
            Self::Number(text) => Self::Number(brief(text)),
            Self::State(text) => Self::State(brief(text)),
            Self::Person(text, id) => Self::Person(
                brief(text),
                match id.is_empty() {
                    true => id,
                    false => person_path(&id, as_of),
                },
            ),
            Self::Nothing => Self::Nothing,
        }
    }
}

/// The rows of a page.
pub(super) fn rows(sight: &Sight, rows: &[u32], asked: &Asked, locale: &Locale) -> Vec<Row> {
    let told = rows.iter().map(|&row| {
        let id = sight.view().roster().value(row, Column::Id);
        let cells = columns::cells(sight, row, &asked.columns, locale);
        (id.unwrap_or_default(), cells)
    });
    let told: Vec<(&str, Vec<Cell>)> = told.collect();
    let texts = told
        .iter()
        .flat_map(|(_, cells)| cells.iter().map(Cell::text));
    let most = fitting(texts, BYTES);
    let as_of = asked.as_of.as_deref();
    told.into_iter()
        .map(|(id, cells)| {
            let mut cells = cells.into_iter().map(|cell| cell.cut(most, as_of));
            let head = cells.next().unwrap_or(Cell::Nothing);
            Row {
                href: person_path(id, as_of),
                head: match head.text() {
                    "" => brief_to(id, most).into_owned(),
                    text => text.to_owned(),
                },
                rest: cells.collect(),
            }
        })
        .collect()
}
