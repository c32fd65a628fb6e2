//! Facts: what upstream counted for a user in an interval. Counts and sums, never averages, so that
//! they add up over any segments (contract `facts.md`, *Definitions*).

pub mod answer;
pub mod interval;
pub mod sum;

/// What was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FactKind {
    /// Handle time of conversations.
    HandleTime,
    /// Quality evaluations of the agent.
    Evaluation,
}

/// One number of a fact, and where upstream tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Name of the column in files of facts.
    pub name: &'static str,
    /// Name of the upstream metric (contract `models.md` 2.5 and 2.6).
    pub metric: &'static str,
    /// Which of its statistics.
    pub stat: Stat,
}

/// Which statistic of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stat {
    /// `stats.count`
    Count,
    /// `stats.sum` of a duration, in whole ms.
    SumMs,
    /// `stats.sum` of scores, in millionths of a point: exact, so that totals reconcile.
    SumMicro,
}

/// Most measures that a kind has.
pub const MEASURES: usize = 11;

/// Millionths in one point of a score.
pub const MICRO: i64 = 1_000_000;

/// What upstream told of a user in an interval. A key that upstream told several times (other
/// dimensions, such as a queue) is one fact with the sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fact {
    /// Start of the interval, ms UTC.
    pub start_ms: i64,
    /// End of the interval, ms UTC, after the start.
    pub end_ms: i64,
    /// Who it is about; `None` where upstream did not say.
    pub user_id: Option<String>,
    /// `voice`, `message`, ...; `None` where upstream did not say.
    pub media_type: Option<String>,
    /// In the order of [`FactKind::measures`]; never negative. `None` is "nothing, or not
    /// applicable", which is not 0.
    pub measures: [Option<i64>; MEASURES],
}

/// Place of `handle_count` among the measures.
pub const HANDLE_COUNT: usize = 0;
/// Place of `handle_sum_ms` among the measures.
pub const HANDLE_SUM: usize = 1;
/// Place of `transferred_count` among the measures.
pub const TRANSFERRED_COUNT: usize = 9;
/// Place of `evaluation_count` among the measures.
pub const EVALUATION_COUNT: usize = 0;
/// Place of `score_count` among the measures.
pub const SCORE_COUNT: usize = 1;
/// Place of `score_sum` among the measures.
pub const SCORE_SUM: usize = 2;

const fn measure(name: &'static str, metric: &'static str, stat: Stat) -> Measure {
    Measure { name, metric, stat }
}

const HANDLE_TIME: [Measure; 11] = [
    measure("handle_count", "tHandle", Stat::Count),
    measure("handle_sum_ms", "tHandle", Stat::SumMs),
    measure("talk_count", "tTalkComplete", Stat::Count),
    measure("talk_sum_ms", "tTalkComplete", Stat::SumMs),
    measure("held_count", "tHeldComplete", Stat::Count),
    measure("held_sum_ms", "tHeldComplete", Stat::SumMs),
    measure("acw_count", "tAcw", Stat::Count),
    measure("acw_sum_ms", "tAcw", Stat::SumMs),
    measure("answered_count", "tAnswered", Stat::Count),
    measure("transferred_count", "nTransferred", Stat::Count),
    measure("outbound_count", "nOutbound", Stat::Count),
];

const EVALUATION: [Measure; 7] = [
    measure("evaluation_count", "nEvaluations", Stat::Count),
    measure("score_count", "oTotalScore", Stat::Count),
    measure("score_sum", "oTotalScore", Stat::SumMicro),
    measure("critical_score_count", "oTotalCriticalScore", Stat::Count),
    measure("critical_score_sum", "oTotalCriticalScore", Stat::SumMicro),
    measure("deleted_count", "nEvaluationsDeleted", Stat::Count),
    measure("rescored_count", "nEvaluationsRescored", Stat::Count),
];

impl FactKind {
    /// Both kinds.
    pub const ALL: [Self; 2] = [Self::HandleTime, Self::Evaluation];

    /// `handle_time` or `evaluation`: the name in files and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HandleTime => "handle_time",
            Self::Evaluation => "evaluation",
        }
    }

    /// The measures of this kind; a [`Fact`] has them in this order.
    #[must_use]
    pub fn measures(self) -> &'static [Measure] {
        match self {
            Self::HandleTime => &HANDLE_TIME,
            Self::Evaluation => &EVALUATION,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_names_agree() {
        let name = |kind: FactKind, at: usize| kind.measures()[at].name;
        assert_eq!(name(FactKind::HandleTime, HANDLE_COUNT), "handle_count");
        assert_eq!(name(FactKind::HandleTime, HANDLE_SUM), "handle_sum_ms");
        assert_eq!(
            name(FactKind::HandleTime, TRANSFERRED_COUNT),
            "transferred_count"
        );
        assert_eq!(
            name(FactKind::Evaluation, EVALUATION_COUNT),
            "evaluation_count"
        );
        assert_eq!(name(FactKind::Evaluation, SCORE_COUNT), "score_count");
        assert_eq!(name(FactKind::Evaluation, SCORE_SUM), "score_sum");
        assert!(
            FactKind::ALL
                .iter()
                .all(|kind| kind.measures().len() <= MEASURES)
        );
    }
}
