//! Writes an answer, as the KPI site shows it.

use std::fmt::Write;

use super::{count::Rows, metrics, work::Stats};
use crate::people::push_json;

/// The answer; scores come without their sum if `sums` is false.
pub(crate) fn to_json(rows: &Rows<'_>, sums: bool) -> String {
    let mut out = String::with_capacity(64 + rows.rows.len() * 640);
    let intervals: Vec<String> = (0..rows.query.buckets.len())
        .map(|at| rows.query.buckets.get(at).to_string())
        .collect();
    out.push_str("{\"results\":[");
    let mut groups = rows.rows.chunk_by(|one, two| one.0 == two.0);
    let mut comma = "";
    for group in &mut groups {
        out.push_str(comma);
        comma = ",";
        out.push('{');
        let mut lead = "\"group\":{";
        for (name, value) in rows.name(&group[0].0) {
            let _ = write!(out, "{lead}\"{name}\":");
            push_json(&mut out, value);
            lead = ",";
        }
        if lead == "," {
            out.push_str("},");
        }
        out.push_str("\"data\":[");
        for (at, (_, bucket, done)) in group.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            let interval = &intervals[*bucket as usize];
            let _ = write!(out, "{comma}{{\"interval\":\"{interval}\",\"metrics\":[");
            let mut comma = "";
            for &metric in &rows.query.wanted {
                if done[metric].count > 0 {
                    out.push_str(comma);
                    comma = ",";
                    push_metric(
                        &mut out,
                        metrics(rows.query.kind)[metric],
                        &done[metric],
                        sums,
                    );
                }
            }
            out.push_str("]}");
        }
        out.push_str("]}");
    }
    out.push_str("]}");
    out
}

fn push_metric(out: &mut String, name: &str, stats: &Stats, sums: bool) {
    let Stats {
        count,
        sum,
        min,
        max,
    } = stats;
    let _ = write!(out, "{{\"metric\":\"{name}\",\"stats\":{{");
    let _ = match name.as_bytes()[0] {
        b't' => write!(
            out,
            "\"max\":{max},\"min\":{min},\"count\":{count},\"sum\":{sum}"
        ),
        b'o' => {
            let (max, min) = (Score(*max), Score(*min));
            let _ = write!(out, "\"max\":{max},\"min\":{min},\"count\":{count}");
            match sums {
                true => write!(out, ",\"sum\":{}", Score(*sum)),
                false => Ok(()),
            }
        }
        _ => write!(out, "\"count\":{count}"),
    };
    out.push_str("}}");
}

/// Hundredths, as a number with a fraction.
struct Score(i64);

impl std::fmt::Display for Score {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}
