//! Values that several rows have.

use xxhash_rust::xxh3::xxh3_64;

use super::{found::Found, subject::State, subject::Subject};
use crate::{field::Column, search::text::fold};

/// Finds the values of a column that several active or inactive users have, but for case. Deleted
/// users are left out: what was theirs may be given out again.
pub(super) fn find_shared(
    subject: &Subject<'_>,
    column: Column,
    what: &str,
    found: &mut Found<'_>,
) {
    let rows = (0..subject.context.roster.len())
        .filter(|&row| matches!(subject.state(row), State::Active | State::Inactive));
    let groups = duplicates(rows, |row, key| {
        let text = subject.value(row, column)?;
        key.push_str(&fold(text.trim()));
        Some(())
    });
    for (value, rows) in groups {
        let count = rows.len();
        found
            .value(column.field().path(), &value)
            .with(rows)
            .say(format!("{count} users have this {what}"));
    }
}

/// Values that more than one of `rows` has, each with its rows in order. `key` writes the value of
/// a row; `None` for a row that has none.
///
/// Values are told apart by their digests first, so that no text is kept but those found.
pub(super) fn duplicates(
    rows: impl Iterator<Item = u32>,
    key: impl Fn(u32, &mut String) -> Option<()>,
) -> Vec<(String, Vec<u32>)> {
    let mut text = String::new();
    let mut digests: Vec<(u64, u32)> = rows
        .filter_map(|row| {
            text.clear();
            key(row, &mut text)?;
            Some((xxh3_64(text.as_bytes()), row))
        })
        .collect();
    digests.sort_unstable();
    let mut found = Vec::new();
    for group in digests
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|group| group.len() > 1)
    {
        let mut texts: Vec<(String, u32)> = Vec::with_capacity(group.len());
        for &(_, row) in group {
            let mut text = String::new();
            if key(row, &mut text).is_some() {
                texts.push((text, row));
            }
        }
        // The same digest is the same text, but for odds that nobody should have to believe in.
        texts.sort_unstable();
        for same in texts
            .chunk_by(|a, b| a.0 == b.0)
            .filter(|same| same.len() > 1)
        {
            let rows = same.iter().map(|(_, row)| *row).collect();
            found.push((same[0].0.clone(), rows));
        }
    }
    found
}
