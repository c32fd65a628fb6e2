//! A report as bars, in SVG: what a manager is shown.

use std::fmt::Write;

use headcount_core::{
    fact::FactKind,
    segment::{Measured, Table, Totals},
};

use crate::output::numbers::{decimals, grouped};

/// Rows that are drawn; the others are named in a line below.
const MOST: usize = 40;

const WIDTH: f64 = 960.0;
const ROW: f64 = 26.0;
const TOP: f64 = 92.0;
/// Where bars begin, and the longest one ends.
const LEFT: f64 = 300.0;
const RIGHT: f64 = 760.0;
/// Letters of a label that fit before the bars.
const LETTERS: usize = 40;

/// What a chart is headed with.
pub(crate) struct Heading<'a> {
    /// What is shown, such as `AHT by department`.
    pub(crate) title: &'a str,
    /// Of when, and attributed how.
    pub(crate) subtitle: &'a str,
}

/// Draws a table.
pub(crate) fn draw(heading: &Heading<'_>, table: &Table) -> String {
    let drawn = &table.rows[..table.rows.len().min(MOST)];
    let value = |totals: &Totals| value(table.kind, totals);
    let longest = drawn
        .iter()
        .filter_map(|row| value(&row.totals))
        .fold(0.0, f64::max);
    let scale = nice(longest);
    #[expect(clippy::cast_precision_loss, reason = "at most forty")]
    let height = TOP + ROW * drawn.len() as f64 + 56.0;
    let mut svg = String::new();
    let title = escaped(heading.title);
    // Writing to a text cannot fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-labelledby=\"title subtitle\" font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\" font-size=\"13\">\n\
         <style>\n{STYLE}</style>\n\
         <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
         <text id=\"title\" class=\"ink\" x=\"24\" y=\"36\" font-size=\"20\" font-weight=\"600\">{title}</text>\n\
         <text id=\"subtitle\" class=\"faint\" x=\"24\" y=\"58\">{}</text>\n",
        escaped(heading.subtitle)
    );
    axis(&mut svg, scale, height - 44.0, table.kind);
    for (number, row) in drawn.iter().enumerate() {
        let label = match row.values.as_slice() {
            [] => "all".to_owned(),
            values => values.join(" · "),
        };
        #[expect(clippy::cast_precision_loss, reason = "at most forty")]
        let y = TOP + ROW * number as f64;
        bar(&mut svg, &label, y, scale, table.kind, &row.totals);
    }
    if let Some(average) = value(&table.total) {
        let x = at(average, scale);
        let _ = write!(
            svg,
            "<line class=\"mean\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{:.1}\"/>\n\
             <text class=\"mean-label\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">all: {}</text>\n",
            TOP - 6.0,
            height - 44.0,
            TOP - 12.0,
            shown(table.kind, average)
        );
    }
    let rest = table.rows.len() - drawn.len();
    let more = match rest {
        0 => String::new(),
        rest => format!("; {} more segments are not drawn", grouped(rest as u64)),
    };
    let of = match table.kind {
        FactKind::HandleTime => "interactions",
        FactKind::Evaluation => "evaluations",
    };
    let all = table.total.measured(table.kind).count().unwrap_or_default();
    let _ = write!(
        svg,
        "<text class=\"faint\" x=\"24\" y=\"{:.1}\">{} {of}{more}</text>\n</svg>\n",
        height - 14.0,
        grouped(all.unsigned_abs())
    );
    svg
}

/// Two grounds, so that the chart can be read on a dark page as well.
const STYLE: &str = "  .paper { fill: #ffffff } .ink { fill: #1b1f24 } .faint { fill: #57606a }
  .grid { stroke: #d8dee4 } .bar { fill: #2f6fde } .rest { fill: #9aa4af }
  .mean { stroke: #b35900; stroke-width: 1.5; stroke-dasharray: 4 3 } .mean-label { fill: #b35900; font-size: 12px }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } .ink { fill: #e6edf3 } .faint { fill: #9198a1 }
    .grid { stroke: #30363d } .bar { fill: #5b93f5 } .rest { fill: #6e7681 }
    .mean { stroke: #f0a35e } .mean-label { fill: #f0a35e }
  }
";

fn axis(svg: &mut String, scale: f64, bottom: f64, kind: FactKind) {
    for step in 0..=4 {
        let value = scale * f64::from(step) / 4.0;
        let x = at(value, scale);
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.1}\" y2=\"{bottom:.1}\"/>\n\
             <text class=\"faint\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"11\">{}</text>\n",
            TOP - 6.0,
            bottom + 14.0,
            shown(kind, value)
        );
    }
}

fn bar(svg: &mut String, label: &str, y: f64, scale: f64, kind: FactKind, totals: &Totals) {
    let measured = totals.measured(kind);
    let count = measured.count().unwrap_or_default();
    let value = value(kind, totals);
    let told = match value {
        Some(value) => format!(
            "{}  ·  {}",
            shown(kind, value),
            grouped(count.unsigned_abs())
        ),
        None => format!("no average  ·  {}", grouped(count.unsigned_abs())),
    };
    // `(none)` and `(unrostered)` are remainders, not somebody's.
    let class = if label.starts_with('(') {
        "rest"
    } else {
        "bar"
    };
    let end = at(value.unwrap_or(0.0), scale);
    let full = escaped(label);
    let _ = write!(
        svg,
        "<g><title>{full}: {}</title>\n\
         <text class=\"ink\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n\
         <rect class=\"{class}\" x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\"/>\n\
         <text class=\"ink\" x=\"{:.1}\" y=\"{:.1}\">{}</text></g>\n",
        escaped(&told),
        LEFT - 10.0,
        y + 14.0,
        escaped(&shortened(label)),
        y + 1.0,
        end - LEFT,
        ROW - 8.0,
        end + 8.0,
        y + 14.0,
        escaped(&told),
    );
}

/// What a bar shows: seconds, or points.
fn value(kind: FactKind, totals: &Totals) -> Option<f64> {
    match totals.measured(kind) {
        Measured::HandleTime { aht_s, .. } => aht_s,
        Measured::Evaluation { score, .. } => score,
    }
}

fn shown(kind: FactKind, value: f64) -> String {
    match kind {
        FactKind::HandleTime => format!("{} s", decimals(value, 1)),
        FactKind::Evaluation => decimals(value, 1),
    }
}

fn at(value: f64, scale: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * value / scale
}

/// The least of 1, 2, 4 and 8 times a power of ten that is no less: quarters of it are round.
fn nice(value: f64) -> f64 {
    if value <= 0.0 {
        return 1.0;
    }
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0];
    let step = steps.into_iter().find(|step| step * power >= value);
    step.unwrap_or(10.0) * power
}

fn shortened(label: &str) -> String {
    if label.chars().count() <= LETTERS {
        return label.to_owned();
    }
    let kept: String = label.chars().take(LETTERS - 1).collect();
    format!("{}…", kept.trim_end())
}

/// Text as XML takes it; control characters, which it takes in no form, are left out.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_round_and_holds_the_longest() {
        for (value, scale) in [
            (866.1, 1000.0),
            (101.0, 200.0),
            (0.3, 0.4),
            (6.0, 6.0),
            (0.0, 1.0),
        ] {
            assert!(
                (nice(value) - scale).abs() < 1e-9,
                "{value}: {}",
                nice(value)
            );
        }
    }

    #[test]
    fn labels_are_cut_and_made_harmless() {
        assert_eq!(
            escaped("<b> & \"x\"\u{0}\u{ffff}"),
            "&lt;b&gt; &amp; &quot;x&quot; "
        );
        assert_eq!(shortened(&"ö".repeat(50)).chars().count(), LETTERS);
    }
}
