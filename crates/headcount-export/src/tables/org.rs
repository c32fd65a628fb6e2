//! `dim_division` and `dim_department`: what the values of versions are called, and how long they
//! were there.

use std::{collections::BTreeMap, io};

use headcount_core::field::Column;

use super::{in_batches, numbers, user::EVER};
use crate::{
    star::Star,
    values::{Texts, Values},
    write::Writer,
};

/// Divisions with the names that reports give them, each as long as it had that name.
pub(super) fn divisions(star: &Star, writer: &mut Writer) -> io::Result<()> {
    let first = star.people.first_snapshot();
    let (mut ids, mut names, mut spans) = (Texts::default(), Texts::default(), Vec::new());
    for division in &star.divisions {
        for (place, (since, name)) in division.names.iter().enumerate() {
            let until = division.names.get(place + 1).map(|(until, _)| *until);
            ids.push(Some(&division.id));
            names.push(name.as_deref());
            spans.push((*since, until));
        }
    }
    let rows: Vec<u32> = (0..u32::try_from(spans.len()).unwrap_or(u32::MAX)).collect();
    let span = |row: u32| spans[row as usize];
    in_batches(&rows, writer, |rows| {
        vec![
            Values::Text(&ids, rows.to_vec()),
            Values::Text(&names, rows.to_vec()),
            numbers(rows, |row| Some(span(row).0)),
            numbers(rows, |row| span(row).1),
            numbers(rows, |row| Some(i64::from(span(row).1.is_none()))),
            numbers(rows, |row| {
                let since = span(row).0;
                Some(if since == first { EVER } else { since })
            }),
        ]
    })
}

/// What is known of a department.
struct Department {
    first_ms: i64,
    /// When the last version in it ended.
    last_ms: i64,
    users: i64,
}

/// Departments as they are written, with how many users are in each.
pub(super) fn departments(star: &Star, writer: &mut Writer) -> io::Result<()> {
    let (texts, code) = star.column(Column::Department);
    let mut found: BTreeMap<&str, Department> = BTreeMap::new();
    for row in 0..star.people.versions() {
        let Some(text) = texts.get(code(row)) else {
            continue;
        };
        let from = star.people.valid_from(row);
        let department = found.entry(text).or_insert(Department {
            first_ms: from,
            last_ms: from,
            users: 0,
        });
        department.first_ms = department.first_ms.min(from);
        match star.valid_to[row as usize] {
            Some(until) => department.last_ms = department.last_ms.max(until),
            None => department.users += 1,
        }
    }
    let names: Texts = found.keys().copied().map(Some).collect();
    let found: Vec<&Department> = found.values().collect();
    let rows: Vec<u32> = (0..u32::try_from(found.len()).unwrap_or(u32::MAX)).collect();
    let of = |row: u32| found[row as usize];
    in_batches(&rows, writer, |rows| {
        vec![
            Values::Text(&names, rows.to_vec()),
            numbers(rows, |row| Some(of(row).first_ms)),
            numbers(rows, |row| (of(row).users == 0).then(|| of(row).last_ms)),
            numbers(rows, |row| Some(of(row).users)),
            numbers(rows, |row| Some(i64::from(of(row).users > 0))),
        ]
    })
}
