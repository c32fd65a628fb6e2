//! Who was above whom: `bridge_user_path` from users to paths, `bridge_manager` and `dim_path` from
//! paths to managers.

use std::io;

use super::{in_batches, numbers};
use crate::{
    schema::LEVELS,
    star::Star,
    values::{NOTHING, Values},
    write::Writer,
};

/// The path of each user, and as long as it held. Nobody has one before the first version.
pub(super) fn of_users(star: &Star, writer: &mut Writer) -> io::Result<()> {
    let mut rows: Vec<(u32, u32, i64, Option<i64>)> = Vec::new();
    for user in 0..star.people.users() {
        let spans = star.lineage.spans(user);
        let seen = star.people.first_seen(user);
        for (place, (since, path)) in spans.iter().enumerate() {
            let until = spans.get(place + 1).map(|(until, _)| *until);
            if until.is_none_or(|until| until > seen) {
                rows.push((user, *path, (*since).max(seen), until));
            }
        }
    }
    in_batches(&rows, writer, |rows| {
        vec![
            Values::Text(&star.ids, rows.iter().map(|row| row.0).collect()),
            numbers(rows, |row| Some(star.path_keys[row.1 as usize])),
            numbers(rows, |row| Some(row.2)),
            numbers(rows, |row| row.3),
        ]
    })
}

/// The first levels of each path, side by side.
pub(super) fn levels(star: &Star, writer: &mut Writer) -> io::Result<()> {
    let paths: Vec<u32> = (0..star.lineage.paths()).collect();
    in_batches(&paths, writer, |paths| {
        let mut levels = vec![Vec::new(); LEVELS];
        for &path in paths {
            let mut down: Vec<u32> = star.lineage.up(path).collect();
            down.reverse();
            for (level, codes) in levels.iter_mut().enumerate() {
                codes.push(down.get(level).copied().unwrap_or(NOTHING));
            }
        }
        let mut columns = vec![
            numbers(paths, |path| Some(star.path_keys[path as usize])),
            numbers(paths, |path| {
                i64::try_from(star.lineage.up(path).count()).ok()
            }),
        ];
        columns.extend(
            levels
                .into_iter()
                .map(|codes| Values::Text(&star.ids, codes)),
        );
        columns
    })
}

/// Every manager of each path, with the level from the top and the depth from below.
pub(super) fn managers(star: &Star, writer: &mut Writer) -> io::Result<()> {
    let mut rows: Vec<(u32, u32, u32, u32)> = Vec::new();
    for path in 1..star.lineage.paths() {
        let up: Vec<u32> = star.lineage.up(path).collect();
        let length = u32::try_from(up.len()).unwrap_or(u32::MAX);
        for (depth, manager) in (0..length).zip(up) {
            rows.push((path, manager, length - depth, depth));
        }
    }
    in_batches(&rows, writer, |rows| {
        vec![
            numbers(rows, |row| Some(star.path_keys[row.0 as usize])),
            Values::Text(&star.ids, rows.iter().map(|row| row.1).collect()),
            numbers(rows, |row| Some(i64::from(row.2))),
            numbers(rows, |row| Some(i64::from(row.3))),
        ]
    })
}
