//! Counting users by attributes: one pass, holding one number for each combination.

use std::collections::HashMap;

use headcount_store::Snapshot;

use crate::{
    columns::{self, Asked},
    output::Cell,
    reading::{self, Managers, Reading},
    selection::Selection,
};

/// Users by the values of some attributes.
#[derive(Debug)]
pub(crate) struct Counts {
    /// Values, with [`NONE`] where a user has none, and users; most users first.
    pub(crate) rows: Vec<(Vec<String>, u64)>,
    /// Sum of all rows.
    pub(crate) total: u64,
    /// Snapshot that was counted.
    pub(crate) snapshot: Snapshot,
}

/// What users without the attribute are counted under (invariant 5).
pub(crate) const NONE: &str = "(none)";

/// Between the values of a key: no text of a user holds it after [`one_key`].
const BETWEEN: char = '\u{1f}';

/// Counts the users that `selection` picks.
pub(crate) fn count(
    reading: &Reading,
    by: &[Asked],
    selection: &Selection,
) -> anyhow::Result<Counts> {
    let looked_up = by.iter().any(|asked| asked.field.is_looked_up());
    let managers = if looked_up {
        Some(reading.managers()?)
    } else {
        None
    };
    let (managers, of) = match managers {
        Some((managers, snapshot)) => (managers, Some(snapshot)),
        None => (Managers::default(), None),
    };
    let want = columns::projection(by);
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut key = String::new();
    let mut picks = selection.picks();
    let snapshot = reading.users(want, |user, document| -> serde_json::Result<()> {
        if !picks.next_is_picked() {
            return Ok(());
        }
        let document = if want.document() {
            document
                .map(serde_json::from_str::<serde_json::Value>)
                .transpose()?
        } else {
            None
        };
        key.clear();
        for (index, asked) in by.iter().enumerate() {
            if index > 0 {
                key.push(BETWEEN);
            }
            add(
                &mut key,
                &columns::value(asked.field, user, document.as_ref(), &managers),
            );
        }
        match counts.get_mut(key.as_str()) {
            Some(count) => *count += 1,
            None => {
                counts.insert(key.clone(), 1);
            }
        }
        Ok(())
    })?;
    if let Some(of) = &of {
        reading::same(of, &snapshot)?;
    }
    selection.is_of(&snapshot)?;
    let mut rows: Vec<(Vec<String>, u64)> = counts
        .into_iter()
        .map(|(key, count)| (key.split(BETWEEN).map(str::to_owned).collect(), count))
        .collect();
    rows.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let total = rows.iter().map(|(_, count)| count).sum();
    Ok(Counts {
        rows,
        total,
        snapshot,
    })
}

fn add(key: &mut String, cell: &Cell<'_>) {
    match cell {
        Cell::Text(text) if !text.trim().is_empty() => {
            if text.contains(BETWEEN) {
                key.push_str(&text.replace(BETWEEN, " "));
            } else {
                key.push_str(text);
            }
        }
        Cell::Number(number) => key.push_str(&number.to_string()),
        Cell::Text(_) | Cell::Nothing => key.push_str(NONE),
    }
}
