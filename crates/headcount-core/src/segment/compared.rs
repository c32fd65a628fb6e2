//! The segments of two periods, side by side.

use std::{borrow::Cow, collections::HashMap};

use super::Table;

/// The places of one segment among the rows of two tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// In the table asked for.
    pub now: Option<usize>,
    /// In the one that it is compared with.
    pub before: Option<usize>,
}

/// The segments of both: those of `now` in its order, then those of `before` alone in its own.
/// `called` says which labels of `now` those of a row of `before` stand for; days of different
/// periods have different ones.
#[must_use]
pub fn paired<'t>(
    now: &'t Table,
    before: &'t Table,
    called: impl Fn(&'t [String]) -> Cow<'t, [String]>,
) -> Vec<Pair> {
    let mut places: HashMap<Cow<'_, [String]>, usize> = HashMap::new();
    // Last first, so that of two rows of the same labels the first is met.
    for (at, row) in before.rows.iter().enumerate().rev() {
        places.insert(called(&row.values), at);
    }
    let mut is_met = vec![false; before.rows.len()];
    let mut pairs = Vec::with_capacity(now.rows.len());
    for (at, row) in now.rows.iter().enumerate() {
        let other = places.get(&row.values[..]).copied();
        if let Some(other) = other {
            is_met[other] = true;
        }
        pairs.push(Pair {
            now: Some(at),
            before: other,
        });
    }
    let gone = (0..before.rows.len()).filter(|at| !is_met[*at]);
    pairs.extend(gone.map(|at| Pair {
        now: None,
        before: Some(at),
    }));
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        fact::FactKind,
        segment::{Reconciliation, Row, Totals},
    };

    fn table(labels: &[&str]) -> Table {
        let row = |label: &&str| Row {
            values: vec![(*label).to_owned()],
            totals: Totals::default(),
        };
        Table {
            kind: FactKind::HandleTime,
            rows: labels.iter().map(row).collect(),
            total: Totals::default(),
            facts: Reconciliation {
                all: Totals::default(),
                not_matching: Totals::default(),
                unrostered: Totals::default(),
                before_first: 0,
                straddling: 0,
            },
            overlapping: false,
            cycles: Vec::new(),
        }
    }

    #[test]
    fn segments_meet_by_their_labels() {
        let (now, before) = (
            table(&["b", "a", "new"]),
            table(&["gone", "a", "left", "b"]),
        );
        let pair = |now, before| Pair { now, before };
        assert_eq!(
            paired(&now, &before, Cow::Borrowed),
            [
                pair(Some(0), Some(3)),
                pair(Some(1), Some(1)),
                pair(Some(2), None),
                pair(None, Some(0)),
                pair(None, Some(2)),
            ]
        );
    }

    #[test]
    fn days_meet_by_what_they_stand_for() {
        let (now, before) = (table(&["8", "9"]), table(&["1", "2", "3"]));
        let called = |values: &[String]| {
            let day: u32 = values[0].parse().unwrap();
            Cow::Owned(vec![(day + 7).to_string()])
        };
        let places = paired(&now, &before, called);
        let places: Vec<_> = places.iter().map(|pair| (pair.now, pair.before)).collect();
        assert_eq!(
            places,
            [(Some(0), Some(0)), (Some(1), Some(1)), (None, Some(2))]
        );
    }
}
