//! A picture to save: a file that needs nothing of the page. Most programs that show SVG read no
//! style, so every colour stands where it is used.

use std::fmt::Write;

use super::{bars::shortened, escaped};

/// What stands around a picture.
pub(crate) struct Sheet<'a> {
    pub(crate) title: &'a str,
    pub(crate) subtitle: &'a str,
    /// What colours stand for.
    pub(crate) legend: &'a [(usize, String)],
    pub(crate) note: Option<&'a str>,
}

const WIDTH: f64 = 960.0;
const EDGE: f64 = 24.0;
const TOP: f64 = 84.0;
const ENTRY: f64 = 20.0;
/// Entries of the legend beside each other.
const BESIDE: usize = 2;

/// Width that a picture has in its file.
pub(crate) const INSIDE: f64 = WIDTH - 2.0 * EDGE;

/// The colours of the page on a light ground, by class.
const LOOKS: [(&str, &str); 23] = [
    ("value", r##"fill="#1b232b""##),
    ("name", r##"fill="#1b232b""##),
    ("grid", r##"stroke="#d5dbe1""##),
    ("axis", r##"stroke="#7d8894""##),
    ("mean", r##"stroke="#1b232b" stroke-dasharray="4 3""##),
    (
        "line",
        r#"fill="none" stroke-width="2" stroke-linejoin="round""#,
    ),
    ("area", r#"opacity="0.14""#),
    ("f0", r##"fill="#1d74a5""##),
    ("f1", r##"fill="#c2570c""##),
    ("f2", r##"fill="#2b7d4f""##),
    ("f3", r##"fill="#8250b5""##),
    ("f4", r##"fill="#a83a6b""##),
    ("f5", r##"fill="#5e6b78""##),
    ("f6", r##"fill="#8a6d00""##),
    ("f7", r##"fill="#00797a""##),
    ("l0", r##"stroke="#1d74a5""##),
    ("l1", r##"stroke="#c2570c""##),
    ("l2", r##"stroke="#2b7d4f""##),
    ("l3", r##"stroke="#8250b5""##),
    ("l4", r##"stroke="#a83a6b""##),
    ("l5", r##"stroke="#5e6b78""##),
    ("l6", r##"stroke="#8a6d00""##),
    ("l7", r##"stroke="#00797a""##),
];

/// A picture of the page as a file: `svg` is what the page shows, without links, and `height` how
/// high it is where it is [`INSIDE`] wide.
pub(crate) fn standalone(sheet: &Sheet<'_>, svg: &str, height: f64) -> String {
    let legend = sheet.legend.len().div_ceil(BESIDE) as f64 * ENTRY;
    let note = if sheet.note.is_some() { ENTRY } else { 0.0 };
    let all = TOP + height + legend + note + EDGE;
    let title = escaped(&shortened(sheet.title, 90));
    let mut file = String::new();
    let _ = write!(
        file,
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{all:.0}" viewBox="0 0 {WIDTH} {all:.0}" font-family="'Segoe UI', Helvetica, Arial, sans-serif" font-size="13" fill="#55606b"><title>{title}</title><rect width="{WIDTH}" height="{all:.0}" fill="#ffffff"/><text x="{EDGE}" y="36" font-size="20" fill="#1b232b">{title}</text><text x="{EDGE}" y="58">{}</text>"##,
        escaped(&shortened(sheet.subtitle, 130))
    );
    // Its own height, if any, gives way.
    let (start, rest) = svg.split_once('>').unwrap_or((svg, ""));
    let start = match start.split_once(r#" height=""#) {
        Some((before, after)) => {
            let after = after.split_once('"').map_or("", |(_, after)| after);
            format!("{before}{after}")
        }
        None => start.to_owned(),
    };
    // Lines grow with their width, bars do not.
    let letters = if start.contains("viewBox") { 11 } else { 13 };
    let placed = format!(
        r#"<svg x="{EDGE}" y="{TOP}" width="{INSIDE}" height="{height:.1}" font-size="{letters}"{}>{rest}"#,
        start.trim_start_matches("<svg")
    );
    file.push_str(&looked(&placed));
    for (at, (colour, name)) in sheet.legend.iter().enumerate() {
        let x = EDGE + (at % BESIDE) as f64 * INSIDE / BESIDE as f64;
        let y = TOP + height + (at / BESIDE) as f64 * ENTRY + 8.0;
        let entry = format!(
            r#"<rect class="f{}" x="{x:.1}" y="{y:.1}" width="11" height="11"/><text x="{:.1}" y="{:.1}">{}</text>"#,
            colour % 8,
            x + 18.0,
            y + 10.0,
            escaped(&shortened(name, 60))
        );
        file.push_str(&looked(&entry));
    }
    if let Some(note) = sheet.note {
        let y = TOP + height + legend + 16.0;
        let note = escaped(&shortened(note, 130));
        let _ = write!(file, r#"<text x="{EDGE}" y="{y:.1}">{note}</text>"#);
    }
    file.push_str("</svg>\n");
    file.chars()
        .map(|letter| if is_xml(letter) { letter } else { ' ' })
        .collect()
}

/// Our markup with looks in place of classes. Texts in it are escaped: none has a quote.
fn looked(svg: &str) -> String {
    let mut written = String::with_capacity(svg.len() * 2);
    let mut parts = svg.split(r#"class=""#);
    written.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (classes, rest) = part.split_once('"').unwrap_or((part, ""));
        let looks = classes
            .split_ascii_whitespace()
            .filter_map(|class| LOOKS.iter().find(|(of, _)| *of == class));
        let looks: Vec<&str> = looks.map(|(_, look)| *look).collect();
        match looks.as_slice() {
            [] => written.truncate(written.trim_end().len()),
            looks => written.push_str(&looks.join(" ")),
        }
        written.push_str(rest);
    }
    written
}

/// Whether XML takes a letter in any form.
fn is_xml(letter: char) -> bool {
    !matches!(letter, '\u{0}'..='\u{8}' | '\u{b}'..='\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::chart::{
        Series, Tick,
        bars::{Bar, bars},
        lines,
    };

    fn sheet(legend: &[(usize, String)]) -> Sheet<'_> {
        Sheet {
            title: "A & B \u{1}",
            subtitle: "1 < 2",
            legend,
            note: Some("note"),
        }
    }

    #[test]
    fn a_file_has_its_colours_and_no_class() {
        let ticks: Vec<Tick> = (0..3)
            .map(|at| Tick {
                at: f64::from(at) / 2.0,
                label: format!("class=\"{at}\""),
            })
            .collect();
        let of = |name| Series {
            name,
            colour: 3,
            values: vec![Some(1.0), Some(2.0), None],
        };
        let legend = [(3, "<c>".to_owned())];
        let svg = lines("t", &ticks, &[of(""), of("c")], |value| format!("{value}"));
        let file = standalone(&sheet(&legend), &svg, 200.0);
        assert!(
            !file.contains("class=\"") && !file.contains("var("),
            "{file}"
        );
        assert!(
            file.contains("#8250b5") && file.contains(&format!("{}  ", escaped("A & B"))),
            "{file}"
        );
        assert!(!file.contains('\u{1}') && !file.contains("<c>"));
        let drawn = bars(
            "t",
            &[Bar {
                name: "n".into(),
                value: Some(1.0),
                before: None,
                more: String::new(),
                href: None,
            }],
            None,
            |value| format!("{value}"),
        );
        let file = standalone(&sheet(&[]), &drawn.svg, drawn.height);
        assert!(
            !file.contains("class=\"") && file.contains("#1d74a5"),
            "{file}"
        );
        assert_eq!(file.matches("<svg").count(), file.matches("</svg>").count());
        let inner = &file[file[1..].find("<svg").unwrap() + 1..];
        let inner = &inner[..inner.find('>').unwrap()];
        assert_eq!(inner.matches(" height=").count(), 1, "{inner}");
    }

    #[test]
    fn its_colours_are_those_of_the_page() {
        let style = include_str!("../assets/page.css");
        let light = &style[..style.find("@media").unwrap()];
        for (class, look) in LOOKS {
            let Some(number) = class
                .strip_prefix(['f', 'l'])
                .filter(|number| number.len() == 1)
            else {
                continue;
            };
            let colour = look.split('"').nth(1).unwrap();
            assert!(
                light.contains(&format!("--s{number}: {colour};")),
                "{class} {colour}"
            );
        }
    }
}
