//! `dim_user`, a row for each version, and `dim_user_current`, a row for each user in the org.

use std::io;

use headcount_core::field::Column;

use super::{in_batches, numbers};
use crate::{
    schema::LEVELS,
    star::Star,
    values::{NOTHING, Values},
    write::Writer,
};

/// Names lent by versions of the first snapshot are known always.
pub(super) const EVER: i64 = 0;

/// Every version.
pub(super) fn all(star: &Star, writer: &mut Writer) -> io::Result<()> {
    let people = &star.people;
    let first = people.first_snapshot();
    let rows: Vec<u32> = (0..people.versions()).collect();
    in_batches(&rows, writer, |rows| {
        let mut columns = attributes(star, rows, |row| people.valid_from(row));
        let last = |row: u32| people.rows(people.user_of(row)).end == row + 1;
        let is = |flag: bool| Some(i64::from(flag));
        columns.extend([
            numbers(rows, |row| Some(people.valid_from(row))),
            numbers(rows, |row| star.valid_to[row as usize]),
            numbers(rows, |row| is(star.valid_to[row as usize].is_none())),
            numbers(rows, |row| is(last(row))),
            numbers(rows, |row| {
                let from = people.valid_from(row);
                Some(if from == first { EVER } else { from })
            }),
            numbers(rows, |row| (!last(row)).then(|| people.valid_from(row + 1))),
        ]);
        columns
    })
}

/// Users who are in the org, as they are.
pub(super) fn current(star: &Star, writer: &mut Writer) -> io::Result<()> {
    let rows: Vec<u32> = (0..star.people.versions())
        .filter(|&row| star.valid_to[row as usize].is_none())
        .collect();
    in_batches(&rows, writer, |rows| {
        let mut columns = attributes(star, rows, |_| i64::MAX);
        columns.push(numbers(rows, |row| Some(star.people.valid_from(row))));
        columns
    })
}

/// Keys and attributes; managers, their names and levels are those at the moment `at`, ms UTC.
fn attributes<'a>(star: &'a Star, rows: &[u32], at: impl Fn(u32) -> i64) -> Vec<Values<'a>> {
    let people = &star.people;
    let version = |row: u32| row - people.rows(people.user_of(row)).start + 1;
    let mut columns = vec![
        numbers(rows, |row| Some(star.user_keys[row as usize])),
        Values::Text(
            &star.ids,
            rows.iter().map(|&row| people.user_of(row)).collect(),
        ),
        numbers(rows, |row| Some(i64::from(version(row)))),
    ];
    columns.extend(
        [
            Column::Name,
            Column::Email,
            Column::Username,
            Column::PreferredName,
            Column::State,
            Column::Title,
            Column::Department,
            Column::DivisionId,
            Column::DivisionName,
            Column::ManagerId,
        ]
        .map(|column| {
            let (texts, code) = star.column(column);
            Values::Text(texts, rows.iter().map(|&row| code(row)).collect())
        }),
    );
    let (names, _) = star.column(Column::Name);
    let manager = |row: u32| {
        star.manager(row)
            .map_or(NOTHING, |user| star.name(user, at(row)))
    };
    columns.push(Values::Text(
        names,
        rows.iter().map(|&row| manager(row)).collect(),
    ));
    let path = |row: u32| star.lineage.at(people.user_of(row), at(row));
    columns.push(numbers(rows, |row| {
        Some(star.path_keys[path(row) as usize])
    }));
    columns.push(numbers(rows, |row| {
        i64::try_from(star.lineage.up(path(row)).count()).ok()
    }));
    let mut ids = vec![Vec::new(); LEVELS];
    let mut called = vec![Vec::new(); LEVELS];
    for &row in rows {
        let mut down: Vec<u32> = star.lineage.up(path(row)).collect();
        down.reverse();
        for level in 0..LEVELS {
            let manager = down.get(level).copied();
            ids[level].push(manager.unwrap_or(NOTHING));
            called[level].push(manager.map_or(NOTHING, |user| star.name(user, at(row))));
        }
    }
    columns.extend(ids.into_iter().map(|codes| Values::Text(&star.ids, codes)));
    columns.extend(called.into_iter().map(|codes| Values::Text(names, codes)));
    columns
}
