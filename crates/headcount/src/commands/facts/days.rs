//! Days of facts as they are printed.

use headcount_core::fact::{
    EVALUATION_COUNT, FactKind, HANDLE_COUNT, HANDLE_SUM, MEASURES, MICRO, SCORE_COUNT, SCORE_SUM,
};
use headcount_store::facts::Put;

use crate::output::Cell;

/// Columns of what facts add up to. Sums of handle time are ms, those of scores points.
pub(super) const COLUMNS: [&str; 5] = ["count", "sum_ms", "aht_s", "score_sum", "score"];

/// The cells of [`COLUMNS`].
pub(super) fn cells(kind: FactKind, totals: &[Option<i128>; MEASURES]) -> [Cell<'static>; 5] {
    let number = |place: usize| match totals[place].map(u64::try_from) {
        Some(Ok(number)) => Cell::Number(number),
        Some(Err(_)) => Cell::owned(totals[place].unwrap_or_default().to_string()),
        None => Cell::Nothing,
    };
    let ratio = |sum: usize, count: usize, unit: f64| {
        let (sum, count) = totals[sum].zip(totals[count])?;
        (count > 0).then(|| sum as f64 / count as f64 / unit)
    };
    match kind {
        FactKind::HandleTime => [
            number(HANDLE_COUNT),
            number(HANDLE_SUM),
            Cell::decimal(ratio(HANDLE_SUM, HANDLE_COUNT, 1000.0), 1),
            Cell::Nothing,
            Cell::Nothing,
        ],
        FactKind::Evaluation => {
            let points = totals[SCORE_SUM].map(|sum| sum as f64 / MICRO as f64);
            [
                number(EVALUATION_COUNT),
                Cell::Nothing,
                Cell::Nothing,
                Cell::decimal(points, 2),
                Cell::decimal(ratio(SCORE_SUM, SCORE_COUNT, MICRO as f64), 2),
            ]
        }
    }
}

/// What became of a day, in one word.
pub(super) fn outcome(put: Put) -> &'static str {
    match put {
        Put::New => "new",
        Put::Replaced => "replaced",
        Put::Same => "unchanged",
    }
}
