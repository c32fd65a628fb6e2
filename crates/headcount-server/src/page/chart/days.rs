//! Bars over days, each of which leads to what happened then.

use std::fmt::Write;

use super::{escaped, scale};

/// What happened on a day, or in a few that stand for one bar.
pub(crate) struct Bar {
    /// What it is of, such as `28 Nov 2026: 3 joined`.
    pub(crate) label: String,
    pub(crate) count: u64,
    /// Where it leads; nowhere where that is too long to be repeated in every bar.
    pub(crate) href: Option<String>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 120.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 26.0;
/// Of a bar.
const WIDEST: f64 = 32.0;

/// Bars over an axis from `first` to `last`. Whoever uses the keyboard chooses days by the fields
/// beside it: a hundred bars are no way to go through.
pub(crate) fn bars(
    title: &str,
    (first, last): (&str, &str),
    bars: &[Bar],
    written: impl Fn(f64) -> String,
) -> String {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0) as f64;
    let (top, step) = scale(most);
    // There is no half a change.
    let step = match step {
        step if step < 1.0 => 1.0,
        step if step.fract() > 0.0 => step * 2.0,
        step => step,
    };
    let height = HEIGHT - TOP - BOTTOM;
    let y = |value: f64| TOP + (1.0 - value / top) * height;
    let mut svg = String::new();
    let _ = write!(
        svg,
        r#"<svg class="chart days" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="{}">"#,
        escaped(title)
    );
    let mut line = 0.0;
    while line <= top * 1.0001 {
        let place = y(line);
        let class = if line == 0.0 { "axis" } else { "grid" };
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
    for (text, x, anchor) in [(first, LEFT, "start"), (last, WIDTH - RIGHT, "end")] {
        let _ = write!(
            svg,
            r#"<text x="{x}" y="{}" text-anchor="{anchor}">{}</text>"#,
            HEIGHT - 8.0,
            escaped(text)
        );
    }
    let place = (WIDTH - LEFT - RIGHT) / bars.len().max(1) as f64;
    for (at, bar) in bars.iter().enumerate() {
        if bar.count > 0 {
            let start = LEFT + at as f64 * place;
            draw(&mut svg, bar, start, place, y(bar.count as f64), y(0.0));
        }
    }
    svg.push_str("</svg>");
    svg
}

/// A bar, and room above it that can be pointed at as well.
fn draw(svg: &mut String, bar: &Bar, start: f64, place: f64, top: f64, ground: f64) {
    let label = escaped(&bar.label);
    if let Some(href) = &bar.href {
        let _ = write!(
            svg,
            r#"<a href="{}" tabindex="-1" aria-label="{label}">"#,
            escaped(href)
        );
    }
    // Never lower than can be seen, and a few days are no walls.
    let (height, width) = ((ground - top).max(1.5), (place * 0.8).min(WIDEST));
    let _ = write!(
        svg,
        r#"<rect class="hit" x="{start:.1}" y="{TOP}" width="{place:.1}" height="{:.1}"><title>{label}</title></rect><rect class="f0" x="{:.1}" y="{:.1}" width="{:.1}" height="{height:.1}"/>"#,
        ground - TOP,
        start + (place - width) / 2.0,
        ground - height,
        width,
    );
    if bar.href.is_some() {
        svg.push_str("</a>");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(count: u64, href: Option<&str>) -> Bar {
        Bar {
            label: format!("\"{count}\" <b>"),
            count,
            href: href.map(str::to_owned),
        }
    }

    #[test]
    fn each_day_with_something_has_a_bar_that_leads_there() {
        let all = [
            bar(0, Some("/x")),
            bar(3, Some("/changes?a=1&b=\"")),
            bar(1, None),
        ];
        let svg = bars("<title>", ("a", "b"), &all, |value| format!("{value}"));
        assert_eq!(svg.matches("class=\"f0\"").count(), 2);
        assert_eq!(svg.matches("<a ").count(), 1);
        assert_eq!(svg.matches("</a>").count(), 1);
        assert!(!svg.contains("<b>") && !svg.contains("<title>\"") && !svg.contains("b=\"\""));
    }

    #[test]
    fn nothing_at_all_is_an_axis() {
        let svg = bars("", ("", ""), &[], |value| format!("{value}"));
        assert!(svg.contains("axis") && !svg.contains("NaN"), "{svg}");
    }

    #[test]
    fn lines_stand_at_whole_numbers() {
        for count in [0, 1, 2, 3, 5, 7, 100, 12_345] {
            let svg = bars("", ("", ""), &[bar(count, None)], |value| {
                assert!(value.fract() == 0.0, "{count}: {value}");
                String::new()
            });
            assert!(svg.matches("<line").count() < 8, "{count}");
        }
    }
}
