//! `POST /api/v2/analytics/conversations/aggregates/query` and its sibling for evaluations.

use headcount_core::fact::FactKind;

use super::{Call, json_body};
use crate::{
    analytics::{self, query::Query},
    answer::Answer,
    quirks::{EvaluationSum, TooLarge},
};

pub(super) fn query(call: &Call<'_>, kind: FactKind) -> Answer {
    let wire = match json_body(call) {
        Ok(wire) => wire,
        Err(answer) => return *answer,
    };
    let query = match Query::read(kind, wire) {
        Ok(query) => query,
        Err(refusal) => return Answer::refused(&refusal, &call.context),
    };
    let org = call.world.org();
    let by_division = query.needs(analytics::query::Dimension::DivisionId);
    let rows = analytics::count(&query, org.agents(by_division), org.queues());
    let most = call.quirks.aggregate_groups;
    if most.is_some_and(|most| rows.groups() as u64 > most) {
        let status = match call.quirks.aggregate_too_large {
            TooLarge::BadRequest => 400,
            TooLarge::TooLarge => 413,
        };
        return Answer::error(
            status,
            "response.entity.too.large",
            "The response is over the size limit. Reduce pageSize or expand list to reduce response size if applicable",
            &call.context,
        );
    }
    let sums = call.quirks.evaluation_sum == EvaluationSum::Told;
    Answer::json(200, analytics::to_json(&rows, sums))
}
