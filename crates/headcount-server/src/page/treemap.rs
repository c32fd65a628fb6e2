//! Treemaps: rectangles as large as numbers, as near to squares as they go, drawn as SVG.

use std::fmt::Write;

use super::chart::escaped;

/// What a rectangle stands for.
pub(crate) struct Tile {
    /// What is written on it, as far as there is room.
    pub(crate) name: String,
    pub(crate) value: f64,
    /// The value as people read it.
    pub(crate) written: String,
    /// All that there is to say of it.
    pub(crate) hint: String,
    pub(crate) href: Option<String>,
    /// Number of its colour.
    pub(crate) colour: usize,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 340.0;
/// Half of what lies between two rectangles.
const GAP: f64 = 1.0;
/// Around a label, and the lines of one.
const PAD: f64 = 6.0;
const LINE: f64 = 16.0;
/// Below this a label says nothing any more.
const NARROW: f64 = 34.0;

/// A treemap of tiles, the largest first. Only those with a value are drawn.
pub(crate) fn draw(title: &str, tiles: &[Tile]) -> String {
    let values: Vec<f64> = tiles.iter().map(|tile| tile.value).collect();
    let whole = Area {
        x: 0.0,
        y: 0.0,
        width: WIDTH,
        height: HEIGHT,
    };
    let mut svg = String::new();
    // A group and no picture: a picture would hide its links. The table beside has the same ones,
    // so whoever uses the keyboard need not pass through all of them twice.
    let _ = write!(
        svg,
        r#"<svg class="chart treemap" viewBox="0 0 {WIDTH} {HEIGHT}" role="group" aria-label="{}">"#,
        escaped(title)
    );
    for (tile, area) in tiles.iter().zip(squarified(&values, whole)) {
        if area.width <= 2.0 * GAP || area.height <= 2.0 * GAP {
            continue;
        }
        draw_tile(&mut svg, tile, area);
    }
    svg.push_str("</svg>");
    svg
}

fn draw_tile(svg: &mut String, tile: &Tile, area: Area) {
    let (width, height) = (area.width - 2.0 * GAP, area.height - 2.0 * GAP);
    let hint = escaped(&tile.hint);
    match &tile.href {
        Some(href) => {
            let _ = write!(svg, r#"<a href="{}" tabindex="-1">"#, escaped(href));
        }
        None => svg.push_str("<g>"),
    }
    // An SVG in the other cuts off what does not fit into it.
    let _ = write!(
        svg,
        r#"<svg x="{:.1}" y="{:.1}" width="{width:.1}" height="{height:.1}"><title>{hint}</title><rect class="f{}" width="100%" height="100%" rx="2"/>"#,
        area.x + GAP,
        area.y + GAP,
        tile.colour % 8,
    );
    let room = width - 2.0 * PAD;
    if room >= NARROW && height >= LINE + PAD {
        let name = fitted(&tile.name, room);
        let _ = write!(
            svg,
            r#"<text x="{PAD}" y="{LINE}">{}</text>"#,
            escaped(&name)
        );
        if height >= 2.0 * LINE + PAD {
            let _ = write!(
                svg,
                r#"<text x="{PAD}" y="{}">{}</text>"#,
                2.0 * LINE,
                escaped(&fitted(&tile.written, room))
            );
        }
    }
    svg.push_str("</svg>");
    svg.push_str(if tile.href.is_some() { "</a>" } else { "</g>" });
}

/// Cuts `whole` into areas as large as `values`, which come the greatest first (Bruls, Huizing and
/// van Wijk 2000): a row of areas along the shorter side takes the next value for as long as that
/// brings its worst area nearer to a square. What is no positive number gets an empty area.
pub(crate) fn squarified(values: &[f64], whole: Area) -> Vec<Area> {
    let real = |value: f64| {
        if value.is_finite() {
            value.max(0.0)
        } else {
            0.0
        }
    };
    let sum: f64 = values.iter().map(|&value| real(value)).sum();
    let mut areas = vec![Area::default(); values.len()];
    if sum <= 0.0 {
        return areas;
    }
    let scale = whole.width * whole.height / sum;
    let places: Vec<usize> = (0..values.len())
        .filter(|&at| real(values[at]) > 0.0)
        .collect();
    let size = |at: usize| values[at] * scale;
    let (mut rest, mut start) = (whole, 0);
    while start < places.len() {
        let side = rest.width.min(rest.height);
        let mut end = start + 1;
        let mut filled = size(places[start]);
        let (greatest, mut worst) = (filled, ratio(filled, filled, filled, side));
        while end < places.len() {
            let next = size(places[end]);
            let with = ratio(greatest, next, filled + next, side);
            if with > worst {
                break;
            }
            (filled, worst, end) = (filled + next, with, end + 1);
        }
        let is_last = end == places.len();
        rest = lay(
            &places[start..end],
            &size,
            filled,
            rest,
            is_last,
            &mut areas,
        );
        start = end;
    }
    areas
}

/// How far the worst area of a row is from a square.
fn ratio(greatest: f64, least: f64, filled: f64, side: f64) -> f64 {
    let thick = filled / side;
    let of = |size: f64| {
        let long = size / thick;
        (long / thick).max(thick / long)
    };
    of(greatest).max(of(least))
}

/// Lays a row along the shorter side of `rest`, and gives what is left.
fn lay(
    places: &[usize],
    size: &impl Fn(usize) -> f64,
    filled: f64,
    rest: Area,
    is_last: bool,
    areas: &mut [Area],
) -> Area {
    let is_upright = rest.width >= rest.height;
    let (side, other) = match is_upright {
        true => (rest.height, rest.width),
        false => (rest.width, rest.height),
    };
    // What rounding leaves over belongs to the last ones.
    let thick = if is_last {
        other
    } else {
        (filled / side).min(other)
    };
    let mut done = 0.0;
    for (number, &at) in places.iter().enumerate() {
        let long = match number + 1 == places.len() {
            true => side - done,
            false => (size(at) / thick).min(side - done),
        };
        areas[at] = match is_upright {
            true => Area {
                x: rest.x,
                y: rest.y + done,
                width: thick,
                height: long,
            },
            false => Area {
                x: rest.x + done,
                y: rest.y,
                width: long,
                height: thick,
            },
        };
        done += long;
    }
    match is_upright {
        true => Area {
            x: rest.x + thick,
            width: rest.width - thick,
            ..rest
        },
        false => Area {
            y: rest.y + thick,
            height: rest.height - thick,
            ..rest
        },
    }
}

/// As much of a text as is likely to fit.
fn fitted(text: &str, room: f64) -> String {
    let all: f64 = text.chars().map(width_of).sum();
    if all <= room {
        return text.to_owned();
    }
    let mut taken = width_of('…');
    let kept = text.chars().take_while(|&c| {
        taken += width_of(c);
        taken <= room
    });
    let kept: String = kept.collect();
    format!("{}…", kept.trim_end())
}

/// How wide a letter is at the size of labels, about.
fn width_of(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' => 4.0,
        'f' | 't' | 'r' | '(' | ')' | '-' => 5.0,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 11.5,
        c if c.is_ascii_uppercase() => 9.0,
        c if c.is_ascii() => 7.5,
        // What combines with the letter before takes no room.
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' => 0.0,
        '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{ffef}' | '\u{1f000}'.. => 14.0,
        _ => 8.5,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WHOLE: Area = Area {
        x: 3.0,
        y: 5.0,
        width: 600.0,
        height: 400.0,
    };

    fn overlap(a: Area, b: Area) -> f64 {
        let along =
            |a: f64, a_size: f64, b: f64, b_size: f64| (a + a_size).min(b + b_size) - a.max(b);
        let (x, y) = (
            along(a.x, a.width, b.x, b.width),
            along(a.y, a.height, b.y, b.height),
        );
        x.max(0.0) * y.max(0.0)
    }

    proptest! {
        #[test]
        fn areas_are_as_large_as_their_values_and_lie_side_by_side(
            mut values in prop::collection::vec(0_u32..100_000, 0..80),
        ) {
            values.sort_unstable_by(|a, b| b.cmp(a));
            let values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let sum: f64 = values.iter().sum();
            let areas = squarified(&values, WHOLE);
            prop_assert_eq!(areas.len(), values.len());
            for (at, (&area, value)) in areas.iter().zip(&values).enumerate() {
                let wanted = if sum > 0.0 { value / sum * 240_000.0 } else { 0.0 };
                prop_assert!((area.width * area.height - wanted).abs() < 0.01, "{area:?} {wanted}");
                if *value == 0.0 {
                    continue;
                }
                prop_assert!(area.x >= 3.0 - 1e-6 && area.x + area.width <= 603.0 + 1e-6);
                prop_assert!(area.y >= 5.0 - 1e-6 && area.y + area.height <= 405.0 + 1e-6);
                for &other in &areas[..at] {
                    prop_assert!(overlap(area, other) < 1e-3, "{area:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn areas_are_near_to_squares() {
        // The example of the paper: with slices the last one would be 24 times as long as wide.
        let whole = Area {
            width: 6.0,
            height: 4.0,
            ..Area::default()
        };
        let areas = squarified(&[6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0], whole);
        let first = Area {
            width: 3.0,
            height: 2.0,
            ..Area::default()
        };
        assert_eq!(areas[0], first);
        for area in areas {
            let ratio = (area.width / area.height).max(area.height / area.width);
            assert!(ratio < 3.0, "{area:?}");
        }
    }

    #[test]
    fn what_is_no_number_takes_no_room() {
        for values in [&[][..], &[0.0, 0.0], &[f64::NAN], &[-1.0, f64::INFINITY]] {
            let areas = squarified(values, WHOLE);
            assert!(
                areas.iter().all(|area| *area == Area::default()),
                "{values:?}"
            );
        }
        let areas = squarified(&[f64::NAN, 2.0], WHOLE);
        assert_eq!(areas[1], WHOLE);
    }

    #[test]
    fn a_label_stands_where_it_fits_and_stays_a_text() {
        let tile = |name: &str, value| Tile {
            name: name.to_owned(),
            value,
            written: "1".to_owned(),
            hint: format!("{name}: 1"),
            href: Some("/people?department=a&b=\"".to_owned()),
            colour: 9,
        };
        let svg = draw(
            "<title>",
            &[
                tile("<script>alert(1)</script>", 900.0),
                tile("tiny", 20.0),
                tile("no", 0.0),
            ],
        );
        assert!(
            !svg.contains("<script") && !svg.contains("aria-label=\"<"),
            "{svg}"
        );
        assert!(svg.contains("/people?department=a&amp;b=&quot;"), "{svg}");
        assert_eq!(svg.matches("<rect").count(), 2);
        assert_eq!(
            svg.matches("<text").count(),
            2,
            "on the large one only: {svg}"
        );
        assert!(svg.contains("class=\"f1\""));
        assert_eq!(fitted("Customer Service", 60.0), "Custom…");
        assert_eq!(fitted("IT", 60.0), "IT");
    }
}
