//! What the breaker holds back, for a person who has to decide.

use std::collections::BTreeMap;

use headcount_core::search::text::is_blank;
use serde::{Deserialize, Serialize};

use crate::Summary;

/// Which run is held back. Another run is never taken for it: numbers of runs are given once in the
/// life of a store, and the time tells stores apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HeldRun {
    /// Number of the run.
    pub run: i64,
    /// When the run began, ms UTC.
    pub started_ms: i64,
}

/// A snapshot that is held back.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// The run that it came of.
    pub run: HeldRun,
    /// What it would change, as [`crate::Store::publish`] told it.
    pub summary: Summary,
    /// What the breaker counts, by the department that they were in, largest loss first.
    pub departments: Vec<DepartmentLoss>,
    /// Whom the breaker counts, by what became of them and by id; as many as were asked for.
    pub lost: Vec<Lost>,
}

/// What became of a user whom the breaker counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LossKind {
    /// No longer in the org.
    Left,
    /// Now `deleted`.
    Deleted,
    /// In the org, neither active nor deleted.
    Deactivated,
    /// Active in another division.
    Moved,
}

impl LossKind {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Left, Self::Deleted, Self::Deactivated, Self::Moved];

    /// The word for it, such as `left`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Deleted => "deleted",
            Self::Deactivated => "deactivated",
            Self::Moved => "moved",
        }
    }

    /// The kind that stands for a number in the answer of a database.
    pub(crate) fn of(number: i64) -> Self {
        match number {
            0 => Self::Left,
            1 => Self::Deleted,
            2 => Self::Deactivated,
            _ => Self::Moved,
        }
    }
}

/// A user whom the breaker counts, as the last snapshot has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// What became of them.
    pub kind: LossKind,
    /// Id of the user.
    pub user_id: String,
    /// Name.
    pub name: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Name of the division that they are in, else its id.
    pub division: Option<String>,
    /// The same of the one that they would be in, for who moves.
    pub to_division: Option<String>,
}

/// What one department lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DepartmentLoss {
    /// Its name; `None` for users without one.
    pub name: Option<String>,
    /// Numbers, in the order of [`LossKind::ALL`].
    pub counts: [u64; LossKind::ALL.len()],
}

impl DepartmentLoss {
    /// All losses of the department.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// Columns of [`Lost`] in SQL, over a version `o` that holds and its successor `s`; the same in all
/// dialects.
pub(crate) const LOST: [&str; 2] = [
    "0 AS kind, o.id, o.name, o.department, o.division_id, o.division_name, NULL, NULL",
    "CASE s.state WHEN 'deleted' THEN 1 WHEN 'active' THEN 3 ELSE 2 END AS kind,
     o.id, o.name, o.department, o.division_id, o.division_name, s.division_id, s.division_name",
];

/// Collects users whom the breaker counts.
#[derive(Debug, Default)]
pub(crate) struct Losses(Vec<Lost>);

impl Losses {
    /// Takes the next one: the columns of [`LOST`] behind the kind and the id.
    pub(crate) fn push(&mut self, kind: i64, user_id: String, texts: [Option<String>; 6]) {
        let kind = LossKind::of(kind);
        let [name, department, id, division, to_id, to_division] = texts.map(visible);
        self.0.push(Lost {
            kind,
            user_id,
            name,
            department,
            division: division.or(id),
            to_division: to_division.or(to_id).filter(|_| kind == LossKind::Moved),
        });
    }

    /// By department, and the first `most` of them.
    pub(crate) fn finish(self, most: usize) -> (Vec<DepartmentLoss>, Vec<Lost>) {
        let mut departments: BTreeMap<Option<&str>, [u64; LossKind::ALL.len()]> = BTreeMap::new();
        for lost in &self.0 {
            let counts = departments.entry(lost.department.as_deref()).or_default();
            counts[lost.kind as usize] += 1;
        }
        let departments = departments.into_iter();
        let mut departments: Vec<DepartmentLoss> = departments
            .map(|(name, counts)| DepartmentLoss {
                name: name.map(str::to_owned),
                counts,
            })
            .collect();
        departments.sort_by_key(|department| std::cmp::Reverse(department.total()));
        let mut lost = self.0;
        lost.sort_unstable_by(|one, other| {
            let by_kind = one.kind.cmp(&other.kind);
            by_kind.then_with(|| one.user_id.cmp(&other.user_id))
        });
        lost.truncate(most);
        (departments, lost)
    }
}

/// A text, unless there is nothing to see.
fn visible(text: Option<String>) -> Option<String> {
    text.filter(|text| !is_blank(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_told_by_department_and_the_first_by_name() {
        let mut losses = Losses::default();
        let some = |text: &str| Some(text.to_owned());
        for (kind, id, department) in [(3, "a", "x"), (0, "c", "x"), (0, "b", " "), (2, "d", "x")] {
            let texts = [
                some("N"),
                some(department),
                some("1"),
                None,
                some("2"),
                some("Two"),
            ];
            losses.push(kind, id.to_owned(), texts);
        }
        let (departments, lost) = losses.finish(3);
        let told: Vec<_> = departments
            .iter()
            .map(|department| (department.name.as_deref(), department.counts))
            .collect();
        assert_eq!(told, [(Some("x"), [1, 0, 1, 1]), (None, [1, 0, 0, 0])]);
        let ids: Vec<_> = lost.iter().map(|lost| lost.user_id.as_str()).collect();
        assert_eq!(ids, ["b", "c", "d"]);
        assert_eq!(lost[0].division.as_deref(), Some("1"));
        assert_eq!(lost[2].to_division, None, "who does not move goes nowhere");
    }
}
