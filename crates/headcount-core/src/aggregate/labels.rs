//! For every row a code, for every code what a reader calls it.

use std::{borrow::Cow, collections::HashMap, ops::Range};

use roaring::RoaringBitmap;

use super::{GroupBy, NONE};
use crate::{
    field::{Column, Field},
    roster::{Codes, RosterError, View},
    search::FieldValues,
};

/// What rows are counted by, without touching a text for any of them.
pub(crate) struct Labels<'r> {
    view: View<'r>,
    kind: Kind<'r>,
}

enum Kind<'r> {
    /// The codes of a column.
    Column(Codes<'r>),
    /// The codes of `manager.id`; a label is the manager's name.
    Manager(Codes<'r>),
    /// The codes of `division.id`, then those of `division.name` for users without an id.
    Division(Codes<'r>, Codes<'r>),
    /// By place among the rows counted; values joined.
    Values(Vec<u32>, Vec<Option<String>>),
}

/// What codes are called.
pub(crate) struct Names<'l> {
    /// In order, none twice.
    pub(crate) texts: Vec<&'l str>,
    /// Which of the texts, by code.
    pub(crate) ranks: Vec<u32>,
}

/// Rank of a code that does not occur.
const UNNAMED: u32 = u32::MAX;

impl<'r> Labels<'r> {
    pub(crate) fn of(
        view: View<'r>,
        rows: &RoaringBitmap,
        by: GroupBy,
    ) -> Result<Self, RosterError> {
        let roster = view.roster();
        roster.check(by.projection())?;
        let kind = match by {
            GroupBy::Field(field) => match field.column() {
                Some(column) => Kind::Column(roster.codes(column)?),
                None => Self::by_values(view, rows, field),
            },
            GroupBy::Manager => Kind::Manager(roster.codes(Column::ManagerId)?),
            GroupBy::Division => Kind::Division(
                roster.codes(Column::DivisionId)?,
                roster.codes(Column::DivisionName)?,
            ),
        };
        Ok(Self { view, kind })
    }

    /// Codes there may be, that of users without a value counted.
    pub(crate) fn len(&self) -> usize {
        match &self.kind {
            Kind::Column(codes) | Kind::Manager(codes) => codes.len(),
            Kind::Division(ids, names) => ids.len() + names.len(),
            Kind::Values(_, texts) => texts.len(),
        }
    }

    /// Writes the codes of `rows`, the first of which is at this place of those counted.
    pub(crate) fn fill(&self, place: usize, rows: &[u32], codes: &mut [u32]) {
        match &self.kind {
            Kind::Column(of) | Kind::Manager(of) => of.fill(rows, codes),
            Kind::Division(ids, names) => {
                ids.fill(rows, codes);
                let unnamed = u32::try_from(ids.len()).unwrap_or(u32::MAX);
                for (code, &row) in codes.iter_mut().zip(rows).filter(|(code, _)| **code == 0) {
                    *code = unnamed + names.of(row);
                }
            }
            Kind::Values(of, _) => codes.copy_from_slice(&of[place..place + rows.len()]),
        }
    }

    /// What the codes that occur are called.
    pub(crate) fn names(&self, occurring: impl Iterator<Item = u32>) -> Names<'_> {
        let usual = self.usual();
        let mut ranks = vec![UNNAMED; self.len()];
        let mut named = Vec::new();
        for code in occurring {
            if std::mem::replace(&mut ranks[code as usize], 0) == UNNAMED {
                named.push((self.text(code, &usual).unwrap_or(NONE), code));
            }
        }
        named.sort_unstable();
        let mut texts: Vec<&str> = Vec::with_capacity(named.len());
        for (text, code) in named {
            if texts.last() != Some(&text) {
                texts.push(text);
            }
            ranks[code as usize] = u32::try_from(texts.len() - 1).unwrap_or(UNNAMED);
        }
        Names { texts, ranks }
    }

    /// What one code is called, where no two codes are called the same; nothing stands for none.
    pub(crate) fn own_text(&self, code: u32) -> Option<&str> {
        match &self.kind {
            Kind::Column(codes) => codes.text(code),
            _ => None,
        }
    }

    /// Whether no two codes are called the same.
    pub(crate) fn are_distinct(&self) -> bool {
        match &self.kind {
            // Somebody may have written the label of those who have none.
            Kind::Column(codes) => {
                codes.are_distinct() && (1..self.codes()).all(|code| codes.text(code) != Some(NONE))
            }
            _ => false,
        }
    }

    /// The rows whose label is one that `is_wanted` picks, those of `rows` where labels are of
    /// values that lie in documents.
    pub(crate) fn rows_of(
        &self,
        rows: &RoaringBitmap,
        is_wanted: impl Fn(&str) -> bool,
    ) -> RoaringBitmap {
        let usual = self.usual();
        let is_wanted = |code: u32| is_wanted(self.text(code, &usual).unwrap_or(NONE));
        let wanted = |codes: Range<u32>| codes.filter(|code| is_wanted(*code)).collect::<Vec<_>>();
        let (all, codes) = (self.view.roster().len(), self.codes());
        match &self.kind {
            Kind::Column(of) | Kind::Manager(of) => of.rows(&wanted(0..codes), all),
            Kind::Division(ids, names) => {
                let unnamed = u32::try_from(ids.len()).unwrap_or(u32::MAX);
                let mut without_id = wanted(unnamed..codes);
                for code in &mut without_id {
                    *code -= unnamed;
                }
                let without_id = names.rows(&without_id, all) & ids.rows(&[0], all);
                ids.rows(&wanted(1..unnamed), all) | without_id
            }
            Kind::Values(of, _) => {
                let picked: Vec<bool> = (0..codes).map(&is_wanted).collect();
                let rows = rows.iter().zip(of);
                let rows = rows.filter(|(_, code)| picked[**code as usize]);
                rows.map(|(row, _)| row).collect()
            }
        }
    }

    /// [`Self::len`], as codes are.
    fn codes(&self) -> u32 {
        u32::try_from(self.len()).unwrap_or(u32::MAX)
    }

    /// The usual names of divisions, where those are asked for.
    fn usual(&self) -> Cow<'r, [u32]> {
        match &self.kind {
            Kind::Division(..) => self.view.division_names(),
            _ => Cow::Borrowed(&[][..]),
        }
    }

    fn text<'s>(&'s self, code: u32, usual: &[u32]) -> Option<&'s str> {
        match &self.kind {
            Kind::Column(codes) => codes.text(code),
            Kind::Manager(codes) => {
                let id = codes.text(code)?;
                let name = |row| self.view.roster().value(row, Column::Name);
                Some(self.view.manager(code).and_then(name).unwrap_or(id))
            }
            Kind::Division(ids, names) => match (code as usize).checked_sub(ids.len()) {
                Some(name) => names.text(u32::try_from(name).unwrap_or(u32::MAX)),
                None => names.text(usual[code as usize]).or_else(|| ids.text(code)),
            },
            Kind::Values(_, texts) => texts[code as usize].as_deref(),
        }
    }

    fn by_values(view: View<'r>, rows: &RoaringBitmap, field: Field) -> Kind<'r> {
        let mut known: HashMap<String, u32> = HashMap::new();
        let mut texts = vec![None];
        let codes = rows.iter().map(|row| {
            let mut joined = String::new();
            view.user(row).any_value(field, &mut |value| {
                if !joined.is_empty() {
                    joined.push_str(", ");
                }
                joined.push_str(value);
                false
            });
            if joined.is_empty() {
                return 0;
            }
            *known.entry(joined).or_insert_with_key(|joined| {
                texts.push(Some(joined.clone()));
                u32::try_from(texts.len() - 1).unwrap_or(u32::MAX)
            })
        });
        let codes = codes.collect();
        Kind::Values(codes, texts)
    }
}
