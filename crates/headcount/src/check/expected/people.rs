//! The users of a roster by what an expected one calls them.

use std::collections::HashMap;

use headcount_core::{field::Column, roster::Roster, search::text::fold};

use super::list::What;
use crate::tabular::Mapping;

/// Users by e-mail, username and name, without their case. Of several, one that is there comes
/// before a deleted one.
pub(super) struct People<'r> {
    roster: &'r Roster,
    by_email: HashMap<String, u32>,
    by_username: HashMap<String, u32>,
    /// `None` where several who are there have the name.
    by_name: HashMap<String, Option<u32>>,
    /// Names of divisions, by id.
    divisions: HashMap<String, String>,
}

impl<'r> People<'r> {
    /// Finds users by what the columns of a list ask for.
    pub(super) fn of(roster: &'r Roster, columns: &Mapping<What>) -> Self {
        let asked = |what: &[What]| what.iter().any(|what| columns.column(*what).is_some());
        let mut people = Self {
            roster,
            by_email: HashMap::new(),
            by_username: HashMap::new(),
            by_name: HashMap::new(),
            divisions: HashMap::new(),
        };
        if asked(&[
            What::Email,
            What::Manager,
            What::ManagerEmail,
            What::ManagerId,
        ]) {
            people.by_email = by(roster, Column::Email);
        }
        if asked(&[What::Username]) {
            people.by_username = by(roster, Column::Username);
        }
        if asked(&[What::Manager, What::ManagerEmail, What::ManagerId]) {
            people.by_name = by_name(roster);
        }
        if asked(&[What::Division]) {
            let rows = 0..roster.len();
            people.divisions = rows
                .filter_map(|row| {
                    let id = roster.value(row, Column::DivisionId)?;
                    let name = roster.value(row, Column::DivisionName)?;
                    Some((fold(id).into_owned(), name.to_owned()))
                })
                .collect();
        }
        people
    }

    /// The user with this key.
    pub(super) fn find(&self, key: What, text: &str) -> Option<u32> {
        match key {
            What::Email => self.by_email.get(&*fold(text)).copied(),
            What::Username => self.by_username.get(&*fold(text)).copied(),
            _ => self.roster.row_of(text),
        }
    }

    /// The user whom a text calls by e-mail, id or name, where only one can be meant.
    pub(super) fn called(&self, text: &str) -> Option<u32> {
        let folded = fold(text);
        self.by_email
            .get(&*folded)
            .copied()
            .or_else(|| self.roster.row_of(text))
            .or_else(|| self.by_name.get(&*folded).copied().flatten())
    }

    /// The name of a division that a text calls by name or id.
    pub(super) fn division<'t>(&'t self, text: &'t str) -> &'t str {
        self.divisions
            .get(&*fold(text))
            .map_or(text, String::as_str)
    }
}

fn by(roster: &Roster, column: Column) -> HashMap<String, u32> {
    let mut found: HashMap<String, u32> = HashMap::new();
    for row in 0..roster.len() {
        if let Some(value) = roster.value(row, column) {
            let known = found.entry(fold(value).into_owned()).or_insert(row);
            if rank(roster, row) > rank(roster, *known) {
                *known = row;
            }
        }
    }
    found
}

fn by_name(roster: &Roster) -> HashMap<String, Option<u32>> {
    let mut found: HashMap<String, Option<u32>> = HashMap::new();
    for row in (0..roster.len()).filter(|row| rank(roster, *row) > 0) {
        if let Some(name) = roster.value(row, Column::Name) {
            found
                .entry(fold(name).into_owned())
                .and_modify(|known| *known = None)
                .or_insert(Some(row));
        }
    }
    found
}

/// How likely a user is meant: an active one before an inactive one before a deleted one.
fn rank(roster: &Roster, row: u32) -> u8 {
    let state = roster.value(row, Column::State).unwrap_or_default();
    match () {
        () if state.eq_ignore_ascii_case("active") => 2,
        () if state.eq_ignore_ascii_case("deleted") => 0,
        () => 1,
    }
}
