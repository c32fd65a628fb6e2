//! The sums as machines read them: the same on the command line and over HTTP.

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::{Table, Totals};
use crate::fact::{
    EVALUATION_COUNT, FactKind, HANDLE_COUNT, HANDLE_SUM, MICRO, SCORE_COUNT, SCORE_SUM,
};

/// Places of the measures of handle time that are told beside it: count, sum.
const TALK: (usize, usize) = (2, 3);
const HELD: (usize, usize) = (4, 5);
const ACW: (usize, usize) = (6, 7);
/// Places of the critical score: count, sum.
const CRITICAL: (usize, usize) = (3, 4);

/// Places of the measures that a report tells, which is what has to be read.
pub(crate) const HANDLE_TOLD: [usize; 8] = [0, 1, 2, 3, 4, 5, 6, 7];
pub(crate) const EVALUATION_TOLD: [usize; 5] = [0, 1, 2, 3, 4];

/// The numbers of a segment, in the units that are told. Absent is not 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Measured {
    /// Of handle time.
    HandleTime {
        /// Interactions handled (`tHandle.count`).
        count: Option<i64>,
        /// Handle time, ms.
        sum_ms: Option<i64>,
        /// Average handle time, seconds.
        aht_s: Option<f64>,
        /// Average talk of interactions with talk, seconds.
        talk_s: Option<f64>,
        /// Average hold of interactions with hold, seconds.
        hold_s: Option<f64>,
        /// Average after-call work of interactions with any, seconds.
        acw_s: Option<f64>,
        /// Talk, ms.
        talk_sum_ms: Option<i64>,
        /// Hold, ms.
        hold_sum_ms: Option<i64>,
        /// After-call work, ms.
        acw_sum_ms: Option<i64>,
    },
    /// Of evaluations.
    Evaluation {
        /// Evaluations (`nEvaluations.count`, or the scores where that is not told).
        count: Option<i64>,
        /// Scores.
        scored: Option<i64>,
        /// Sum of scores, points.
        sum: Option<f64>,
        /// Average score, points.
        score: Option<f64>,
        /// Average critical score, points.
        critical_score: Option<f64>,
    },
}

impl FactKind {
    /// Places of the measures that reports of this kind read.
    #[must_use]
    pub fn told(self) -> &'static [usize] {
        match self {
            Self::HandleTime => &HANDLE_TOLD,
            Self::Evaluation => &EVALUATION_TOLD,
        }
    }
}

impl Totals {
    /// The numbers that are told of facts of a kind.
    #[must_use]
    pub fn measured(&self, kind: FactKind) -> Measured {
        const S: f64 = 1000.0;
        match kind {
            FactKind::HandleTime => {
                let average = |(count, sum)| self.average(sum, count).map(|ms| ms / S);
                Measured::HandleTime {
                    count: self.sum(HANDLE_COUNT),
                    sum_ms: self.sum(HANDLE_SUM),
                    aht_s: average((HANDLE_COUNT, HANDLE_SUM)),
                    talk_s: average(TALK),
                    hold_s: average(HELD),
                    acw_s: average(ACW),
                    talk_sum_ms: self.sum(TALK.1),
                    hold_sum_ms: self.sum(HELD.1),
                    acw_sum_ms: self.sum(ACW.1),
                }
            }
            FactKind::Evaluation => Measured::Evaluation {
                count: self.sum(EVALUATION_COUNT).or(self.sum(SCORE_COUNT)),
                scored: self.sum(SCORE_COUNT),
                sum: self.sum(SCORE_SUM).map(points),
                score: self.average(SCORE_SUM, SCORE_COUNT).map(in_points),
                critical_score: self.average(CRITICAL.1, CRITICAL.0).map(in_points),
            },
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "scores are told to six decimals, exact below 9e9"
)]
fn points(micro: i64) -> f64 {
    in_points(micro as f64)
}

#[expect(clippy::cast_precision_loss, reason = "a million is exact")]
fn in_points(micro: f64) -> f64 {
    micro / MICRO as f64
}

impl Measured {
    /// What shares are of: interactions, or evaluations.
    #[must_use]
    pub fn count(&self) -> Option<i64> {
        match self {
            Self::HandleTime { count, .. } | Self::Evaluation { count, .. } => *count,
        }
    }
}

/// A table as machines read it.
#[derive(Serialize)]
pub struct Answer<'a> {
    rows: Vec<Told<'a>>,
    total: Told<'a>,
    facts: Facts,
    /// Whether a row holds what others hold too.
    overlapping: bool,
    /// Ids of managers in a ring that was cut.
    cycles: &'a [Vec<String>],
}

/// The numbers of a segment, with its labels.
#[derive(Serialize)]
pub struct Told<'a> {
    #[serde(flatten)]
    labels: Labels<'a>,
    #[serde(flatten)]
    measured: Measured,
    agents: u64,
    /// Part of what is counted in all, 0 to 1.
    share: Option<f64>,
    facts: u64,
}

/// Labels by the names of their attributes.
struct Labels<'a> {
    names: &'a [String],
    values: &'a [String],
}

/// How the segments add up to the facts.
#[derive(Serialize)]
struct Facts {
    #[serde(flatten)]
    all: Part,
    not_matching: Part,
    unrostered: Part,
    before_first_snapshot: u64,
    straddling: u64,
    reconciled: bool,
}

/// Some of the facts.
#[derive(Serialize)]
struct Part {
    facts: u64,
    #[serde(flatten)]
    measured: Measured,
}

impl<'a> Answer<'a> {
    /// The answer that a table is; `names` are those of its attributes.
    #[must_use]
    pub fn new(names: &'a [String], table: &'a Table) -> Self {
        let told = |labels, totals: &Totals| Told {
            labels,
            measured: totals.measured(table.kind),
            agents: totals.agents,
            share: table.share(totals),
            facts: totals.facts,
        };
        let rows = table.rows.iter().map(|row| {
            let values = &row.values[..];
            told(Labels { names, values }, &row.totals)
        });
        let no_labels = Labels {
            names: &[],
            values: &[],
        };
        Self {
            rows: rows.collect(),
            total: told(no_labels, &table.total),
            facts: Facts::of(table),
            overlapping: table.overlapping,
            cycles: &table.cycles,
        }
    }

    /// The segments, each as machines read it.
    #[must_use]
    pub fn rows(&self) -> &[Told<'a>] {
        &self.rows
    }
}

impl Table {
    /// The part that `totals` are of all that is counted in segments, 0 to 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a share is a fraction")]
    pub fn share(&self, totals: &Totals) -> Option<f64> {
        let count = |totals: &Totals| totals.measured(self.kind).count();
        let all = count(&self.total).filter(|all| *all > 0)?;
        Some(count(totals)? as f64 / all as f64)
    }
}

impl Facts {
    fn of(table: &Table) -> Self {
        let part = |totals: &Totals| Part {
            facts: totals.facts,
            measured: totals.measured(table.kind),
        };
        let facts = &table.facts;
        Self {
            all: part(&facts.all),
            not_matching: part(&facts.not_matching),
            unrostered: part(&facts.unrostered),
            before_first_snapshot: facts.before_first,
            straddling: facts.straddling,
            reconciled: facts.holds(&table.total),
        }
    }
}

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.names.len()))?;
        for (name, value) in self.names.iter().zip(self.values) {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
