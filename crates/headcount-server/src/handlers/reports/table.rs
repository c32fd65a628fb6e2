//! A report as CSV: the numbers of the document in JSON, a row for each segment. How they add up to
//! the facts, and what is missing, the document tells.

use headcount_core::{
    fact::FactKind,
    segment::{Measured, Table, Totals},
};

use crate::csv::Cell;

const HANDLE_TIME: [&str; 9] = [
    "count",
    "sum_ms",
    "aht_s",
    "talk_s",
    "hold_s",
    "acw_s",
    "talk_sum_ms",
    "hold_sum_ms",
    "acw_sum_ms",
];
const EVALUATION: [&str; 5] = ["count", "scored", "sum", "score", "critical_score"];
const BOTH: [&str; 3] = ["agents", "share", "facts"];

/// The columns of a report by attributes of these names.
pub(crate) fn columns(labels: &[String], kind: FactKind) -> Vec<String> {
    let numbers: &[&str] = match kind {
        FactKind::HandleTime => &HANDLE_TIME,
        FactKind::Evaluation => &EVALUATION,
    };
    let numbers = numbers.iter().chain(&BOTH).map(|name| (*name).to_owned());
    labels.iter().cloned().chain(numbers).collect()
}

/// A row for each segment.
pub(crate) fn rows(table: &Table) -> Vec<Vec<Cell<'static>>> {
    let rows = table.rows.iter();
    rows.map(|each| row(table, &each.values, &each.totals))
        .collect()
}

/// The row of one segment.
pub(crate) fn row(table: &Table, values: &[String], totals: &Totals) -> Vec<Cell<'static>> {
    let labels = values.iter().map(|value| Cell::Text(value.clone().into()));
    let mut cells: Vec<Cell<'static>> = labels.collect();
    cells.extend(measured(totals.measured(table.kind)));
    cells.push(Cell::number(Some(totals.agents)));
    cells.push(Cell::number(table.share(totals)));
    cells.push(Cell::number(Some(totals.facts)));
    cells
}

fn measured(measured: Measured) -> Vec<Cell<'static>> {
    match measured {
        Measured::HandleTime {
            count,
            sum_ms,
            aht_s,
            talk_s,
            hold_s,
            acw_s,
            talk_sum_ms,
            hold_sum_ms,
            acw_sum_ms,
        } => {
            let mut cells = vec![Cell::number(count), Cell::number(sum_ms)];
            cells.extend([aht_s, talk_s, hold_s, acw_s].map(Cell::number));
            cells.extend([talk_sum_ms, hold_sum_ms, acw_sum_ms].map(Cell::number));
            cells
        }
        Measured::Evaluation {
            count,
            scored,
            sum,
            score,
            critical_score,
        } => {
            let mut cells = vec![Cell::number(count), Cell::number(scored)];
            cells.extend([sum, score, critical_score].map(Cell::number));
            cells
        }
    }
}
