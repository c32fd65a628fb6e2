//! Pictures of numbers, drawn as SVG. Colours come from the style, by class; every number that a
//! picture shows stands in it as text or in the table beside it.

pub(crate) mod bars;
pub(crate) mod days;
pub(crate) mod standalone;

use std::fmt::Write;

/// A line of a chart.
pub(crate) struct Series<'a> {
    pub(crate) name: &'a str,
    /// Number of its colour.
    pub(crate) colour: usize,
    /// A value for each place on the axis; nothing where it is not known.
    pub(crate) values: Vec<Option<f64>>,
}

/// Where something is on the horizontal axis.
pub(crate) struct Tick {
    /// Its place, 0 to 1 from left to right.
    pub(crate) at: f64,
    pub(crate) label: String,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 220.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;
/// Labels under the axis at most.
const LABELS: usize = 7;

/// Lines over time. `written` writes a value.
pub(crate) fn lines(
    title: &str,
    ticks: &[Tick],
    series: &[Series<'_>],
    written: impl Fn(f64) -> String,
) -> String {
    let values = || {
        series
            .iter()
            .flat_map(|series| series.values.iter().flatten())
    };
    let most = values().copied().fold(0.0, f64::max);
    let least = values().copied().fold(most, f64::min);
    let Scale { ground, top, step } = between(least, most);
    let x = |at: f64| LEFT + at * (WIDTH - LEFT - RIGHT);
    let part = |value: f64| (value - ground) / (top - ground);
    let y = |value: f64| TOP + (1.0 - part(value)) * (HEIGHT - TOP - BOTTOM);
    let mut svg = String::new();
    let _ = write!(
        svg,
        r#"<svg class="chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{}">"#,
        escaped(title)
    );
    let mut line = ground;
    while line <= top + step * 0.001 {
        let place = y(line);
        let class = if line == ground { "axis" } else { "grid" };
        let _ = write!(
            svg,
            r#"<line class="{class}" x1="{LEFT}" x2="{}" y1="{place:.1}" y2="{place:.1}"/><text x="{}" y="{:.1}" text-anchor="end">{}</text>"#,
            WIDTH - RIGHT,
            LEFT - 8.0,
            place + 4.0,
            escaped(&written(line))
        );
        line += step;
    }
    for at in labelled(ticks.len()) {
        let tick = &ticks[at];
        let anchor = match tick.at {
            at if at < 0.04 => "start",
            at if at > 0.96 => "end",
            _ => "middle",
        };
        let _ = write!(
            svg,
            r#"<text x="{:.1}" y="{}" text-anchor="{anchor}">{}</text>"#,
            x(tick.at),
            HEIGHT - 8.0,
            escaped(&tick.label)
        );
    }
    for series in series {
        for run in runs(&series.values) {
            let points: Vec<(f64, f64)> = run
                .iter()
                .map(|&(at, value)| (x(ticks[at].at), y(value)))
                .collect();
            // An area that does not begin at nothing would lie about how much there is.
            let filled = (series.name.is_empty() && ground == 0.0).then(|| y(ground));
            draw(&mut svg, &points, series.colour % 8, filled);
        }
    }
    hints(&mut svg, ticks, series, &x, &written);
    svg.push_str("</svg>");
    svg
}

/// A line through points; a single point is a dot. The area down to `ground` is filled.
fn draw(svg: &mut String, points: &[(f64, f64)], colour: usize, ground: Option<f64>) {
    let joined = |points: &[(f64, f64)]| {
        let points = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}"));
        points.collect::<Vec<_>>().join(" ")
    };
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return;
    };
    if points.len() == 1 {
        let _ = write!(
            svg,
            r#"<circle class="f{colour}" cx="{:.1}" cy="{:.1}" r="3"/>"#,
            first.0, first.1
        );
        return;
    }
    if let Some(ground) = ground {
        let _ = write!(
            svg,
            r#"<polygon class="area f{colour}" points="{:.1},{ground:.1} {} {:.1},{ground:.1}"/>"#,
            first.0,
            joined(points),
            last.0
        );
    }
    let _ = write!(
        svg,
        r#"<polyline class="line l{colour}" points="{}"/>"#,
        joined(points)
    );
}

/// What the pointer is told over each place of the axis.
fn hints(
    svg: &mut String,
    ticks: &[Tick],
    series: &[Series<'_>],
    x: &impl Fn(f64) -> f64,
    written: &impl Fn(f64) -> String,
) {
    /// More would make a page large, and be too narrow to point at.
    const MOST: usize = 130;
    const MOST_VALUES: usize = 300;
    if ticks.len() > MOST || ticks.len() * series.len() > MOST_VALUES {
        return;
    }
    for (at, tick) in ticks.iter().enumerate() {
        let before = at.checked_sub(1).map_or(tick.at, |at| ticks[at].at);
        let after = ticks.get(at + 1).map_or(tick.at, |tick| tick.at);
        let (start, end) = (x(tick.at.midpoint(before)), x(tick.at.midpoint(after)));
        let mut text = tick.label.clone();
        for series in series {
            if let Some(value) = series.values[at] {
                let name = if series.name.is_empty() { "" } else { " " };
                let _ = write!(text, "\n{}{name}{}", series.name, written(value));
            }
        }
        let _ = write!(
            svg,
            r#"<rect x="{start:.1}" y="{TOP}" width="{:.1}" height="{}" fill="none" pointer-events="all"><title>{}</title></rect>"#,
            (end - start).max(1.0),
            HEIGHT - TOP - BOTTOM,
            escaped(&text)
        );
    }
}

/// A bar for a cell of a table: so much of the whole width.
pub(crate) fn bar(part: f64, colour: usize) -> String {
    let width = if part.is_finite() {
        part.clamp(0.0, 1.0) * 100.0
    } else {
        0.0
    };
    format!(
        r#"<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="fempty" width="100" height="8"/><rect class="f{}" width="{width:.2}" height="8"/></svg>"#,
        colour % 8
    )
}

/// The square of a colour, for a legend.
pub(crate) fn swatch(colour: usize) -> String {
    format!(
        r#"<svg viewBox="0 0 10 10" aria-hidden="true"><rect class="f{}" width="10" height="10" rx="2"/></svg>"#,
        colour % 8
    )
}

/// The ends of a vertical axis, and the distance of its lines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) ground: f64,
    pub(crate) top: f64,
    pub(crate) step: f64,
}

/// Round ends around all values. It begins at nothing, unless they differ so little that nobody
/// would see it there.
pub(crate) fn between(least: f64, most: f64) -> Scale {
    let is_flat = least > most * 0.6 && least < most;
    let from = if is_flat {
        least - (most - least) * 0.2
    } else {
        0.0
    };
    let apart = most - from;
    if !(apart > 0.0 && apart.is_finite()) {
        return Scale {
            ground: 0.0,
            top: 1.0,
            step: 1.0,
        };
    }
    let raw = apart / 4.0;
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= raw * 0.9999)
        .unwrap_or(power * 10.0);
    let ground = (from / step * 1.0001).floor() * step;
    Scale {
        ground,
        top: ((most / step * 0.9999).ceil() * step).max(ground + step),
        step,
    }
}

/// A round number at or above `most`, and the distance of the lines below it down to nothing.
pub(crate) fn scale(most: f64) -> (f64, f64) {
    let Scale { top, step, .. } = between(0.0, most);
    (top, step)
}

/// Which of so many places are labelled: evenly apart, the first and the last among them.
fn labelled(places: usize) -> Vec<usize> {
    match places {
        0 => Vec::new(),
        1..=LABELS => (0..places).collect(),
        _ => (0..LABELS)
            .map(|at| at * (places - 1) / (LABELS - 1))
            .collect(),
    }
}

/// Values that stand side by side, with their places.
fn runs(values: &[Option<f64>]) -> Vec<Vec<(usize, f64)>> {
    let mut runs: Vec<Vec<(usize, f64)>> = vec![Vec::new()];
    for (at, value) in values.iter().enumerate() {
        match (value, runs.last_mut()) {
            (Some(value), Some(run)) => run.push((at, *value)),
            (None, Some(run)) if !run.is_empty() => runs.push(Vec::new()),
            _ => {}
        }
    }
    runs
}

/// A text as markup shows it.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // No document of XML may hold them.
            control if control.is_control() && control != '\n' => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_hold_every_value() {
        for (least, most, expected) in [
            (0.0, 0.0, (0.0, 1.0, 1.0)),
            (f64::NAN, f64::NAN, (0.0, 1.0, 1.0)),
            (0.0, 1.0, (0.0, 1.0, 0.25)),
            (4.0, 4.0, (0.0, 4.0, 1.0)),
            (10.0, 97.0, (0.0, 100.0, 25.0)),
            (0.0, 5_000.0, (0.0, 6_000.0, 2_000.0)),
            (2_790.0, 2_943.0, (2_750.0, 2_950.0, 50.0)),
        ] {
            let found = between(least, most);
            let found = (found.ground, found.top, found.step);
            let is_near = |one: f64, other: f64| (one - other).abs() < 1e-9;
            assert!(
                is_near(found.0, expected.0)
                    && is_near(found.1, expected.1)
                    && is_near(found.2, expected.2),
                "{least} to {most}: {found:?}"
            );
        }
    }

    #[test]
    fn texts_stay_texts_and_gaps_stay_gaps() {
        let ticks: Vec<Tick> = (0..4)
            .map(|at| Tick {
                at: f64::from(at) / 3.0,
                label: format!("<{at}>"),
            })
            .collect();
        let series = [Series {
            name: "a & b",
            colour: 9,
            values: vec![Some(1.0), Some(2.0), None, Some(4.0)],
        }];
        let svg = lines("\"<script>\"", &ticks, &series, |value| format!("{value}"));
        assert!(!svg.contains("<script") && !svg.contains("<0>"), "{svg}");
        assert_eq!(svg.matches("<polyline").count(), 1);
        assert_eq!(svg.matches("<circle").count(), 1);
        assert!(svg.contains("l1\""));
    }

    #[test]
    fn a_bar_is_never_longer_than_its_cell() {
        assert!(bar(7.0, 0).contains("width=\"100.00\""));
        assert!(bar(f64::NAN, 0).contains("width=\"0.00\""));
    }
}
