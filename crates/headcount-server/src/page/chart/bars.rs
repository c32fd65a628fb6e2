//! Bars beneath each other: a name to the left, a value to the right. Places across are parts of the
//! width, so that letters are as large as elsewhere on any screen.

use std::{borrow::Cow, fmt::Write};

use super::escaped;

/// One bar.
pub(crate) struct Bar {
    pub(crate) name: String,
    /// Never negative; nothing where it is not known.
    pub(crate) value: Option<f64>,
    /// What it was before, where that is shown.
    pub(crate) before: Option<f64>,
    /// What the pointer is told beside name and value.
    pub(crate) more: String,
    pub(crate) href: Option<String>,
}

/// A picture as high as it is, whatever its width.
pub(crate) struct Drawn {
    pub(crate) svg: String,
    pub(crate) height: f64,
}

const ROW: f64 = 28.0;
/// Room below for what the mean is called.
const FOOT: f64 = 22.0;
/// Where names end, bars begin and the longest one ends, in percent of the width.
const NAMES: f64 = 31.0;
const LEFT: f64 = 32.0;
const LONGEST: f64 = 52.0;
/// Letters of a name; a narrow screen cuts more off.
const LETTERS: usize = 42;

/// The colour of what was before.
pub(crate) const BEFORE: usize = 5;

/// Draws bars, and a line across at the mean of all with what it is called. `written` writes a
/// value.
pub(crate) fn bars(
    title: &str,
    bars: &[Bar],
    mean: Option<(f64, String)>,
    written: impl Fn(f64) -> String,
) -> Drawn {
    let values = bars
        .iter()
        .flat_map(|bar| [bar.value, bar.before])
        .flatten();
    let values = values.chain(mean.as_ref().map(|(mean, _)| *mean));
    let most = values.filter(|value| value.is_finite()).fold(0.0, f64::max);
    let width = |value: f64| match most > 0.0 && value.is_finite() {
        true => LONGEST * value.clamp(0.0, most) / most,
        false => 0.0,
    };
    let rows = ROW * bars.len() as f64;
    let height = rows + FOOT;
    // Nobody reads aloud what is in an image, and nobody can follow its links.
    let role = match bars.iter().any(|bar| bar.href.is_some()) {
        true => "group",
        false => "img",
    };
    let mut svg = String::new();
    let _ = write!(
        svg,
        r#"<svg class="chart bars" height="{height}" role="{role}" aria-label="{}"><line class="axis" x1="{LEFT}%" x2="{LEFT}%" y1="0" y2="{rows}"/>"#,
        escaped(title)
    );
    for (at, bar) in bars.iter().enumerate() {
        let top = ROW * at as f64;
        let value = bar.value.map_or_else(|| "–".to_owned(), &written);
        let hint = format!("{}: {value}{}", shortened(&bar.name, LETTERS * 2), bar.more);
        let _ = write!(svg, "<g><title>{}</title>", escaped(&hint));
        let name = escaped(&apart(&shortened(&bar.name, LETTERS)));
        let name = format!(r#"<text class="name" x="2" y="18">{name}</text>"#);
        // Inside of its own picture: what is named by a picture has no name.
        let name = match &bar.href {
            Some(href) => format!(r#"<a href="{}">{name}</a>"#, escaped(href)),
            None => name,
        };
        let _ = write!(
            svg,
            r#"<svg width="{NAMES}%" y="{top}" height="{ROW}">{name}</svg>"#
        );
        let thick = if bar.before.is_some() { 12 } else { 16 };
        if let Some(value) = bar.value {
            let _ = write!(
                svg,
                r#"<rect class="f0" x="{LEFT}%" y="{}" width="{:.2}%" height="{thick}"/>"#,
                top + 5.0,
                width(value)
            );
        }
        if let Some(before) = bar.before {
            let _ = write!(
                svg,
                r#"<rect class="f{BEFORE}" x="{LEFT}%" y="{}" width="{:.2}%" height="5"/>"#,
                top + 18.0,
                width(before)
            );
        }
        let _ = write!(
            svg,
            r#"<text class="value" x="100%" y="{}" text-anchor="end">{}</text></g>"#,
            top + 18.0,
            escaped(&value)
        );
    }
    if let Some((mean, called)) = mean {
        let at = LEFT + width(mean);
        let _ = write!(
            svg,
            r#"<line class="mean" x1="{at:.2}%" x2="{at:.2}%" y1="0" y2="{rows}"/><text x="{at:.2}%" y="{}" text-anchor="middle">{}</text>"#,
            rows + 15.0,
            escaped(&called)
        );
    }
    svg.push_str("</svg>");
    Drawn { svg, height }
}

/// So much of a text as fits into the width of so many letters.
pub(crate) fn shortened(text: &str, letters: usize) -> Cow<'_, str> {
    let mut used = 0;
    // Marks above letters take no room, but a thousand of them are no name either.
    for (count, (at, letter)) in text.char_indices().enumerate() {
        used += width_of(letter);
        if used > letters || count >= letters * 3 {
            // The last letter makes room for the dots.
            let kept = text[..at].char_indices().next_back();
            let kept = kept.map_or("", |(last, _)| &text[..last]);
            return Cow::Owned(format!("{}…", kept.trim_end()));
        }
    }
    Cow::Borrowed(text)
}

/// Letters of the Latin script that are as wide as this one.
fn width_of(letter: char) -> usize {
    match u32::from(letter) {
        0x300..=0x36f | 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f => 0,
        0x20d0..=0x20ff | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f => 0,
        0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff => 2,
        0xfe30..=0xfe6f | 0xff00..=0xff60 | 0xffe0..=0xffe6 => 2,
        0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// A text that is written from right to left, or may turn what stands around it, kept apart from it.
fn apart(text: &str) -> Cow<'_, str> {
    let turns = |letter: char| {
        matches!(u32::from(letter),
            0x590..=0x8ff | 0x200e..=0x200f | 0x202a..=0x202e | 0x2066..=0x2069
            | 0xfb1d..=0xfdff | 0xfe70..=0xfeff | 0x10800..=0x10fff | 0x1e800..=0x1efff)
    };
    match text.chars().any(turns) {
        true => Cow::Owned(format!("\u{2068}{text}\u{2069}")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(name: &str, value: Option<f64>) -> Bar {
        Bar {
            name: name.to_owned(),
            value,
            before: None,
            more: String::new(),
            href: None,
        }
    }

    fn drawn(of: &[Bar], mean: Option<f64>) -> String {
        let mean = mean.map(|mean| (mean, "all".to_owned()));
        bars("\"t\"", of, mean, |value| format!("{value} s")).svg
    }

    #[test]
    fn the_longest_bar_has_the_whole_room_and_nothing_has_none() {
        let of = [
            bar("a", Some(8.0)),
            bar("b", Some(2.0)),
            bar("c", None),
            bar("d", Some(f64::NAN)),
        ];
        let svg = drawn(&of, None);
        assert!(
            svg.contains(r#"width="52.00%""#) && svg.contains(r#"width="13.00%""#),
            "{svg}"
        );
        assert!(svg.contains(r#"width="0.00%""#));
        assert_eq!(svg.matches("<rect").count(), 3);
        assert!(svg.contains(">–</text>"));
        let higher = drawn(&of[..1], Some(16.0));
        assert!(
            higher.contains(r#"width="26.00%""#) && higher.contains(r#"x1="84.00%""#),
            "{higher}"
        );
        assert!(drawn(&[], None).contains("<svg"));
        assert!(drawn(&[bar("a", Some(0.0))], Some(0.0)).contains(r#"width="0.00%""#));
    }

    #[test]
    fn names_run_nothing_and_turn_nothing() {
        let mut evil = bar("<script>alert(1)</script>\" onload=\"x", Some(1.0));
        evil.href = Some("/people?department=\"><script>".to_owned());
        let svg = drawn(&[evil, bar("\u{202e}abc", Some(1.0))], None);
        assert!(
            !svg.contains("<script") && !svg.contains("\" onload"),
            "{svg}"
        );
        assert!(svg.contains("\u{2068}\u{202e}abc\u{2069}"));
        assert!(svg.contains(r#"role="group""#));
        assert!(drawn(&[bar("a", None)], None).contains(r#"role="img""#));
    }

    #[test]
    fn names_are_cut_by_their_width() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("abcdefg", 6), "abcde…");
        assert_eq!(shortened("東京東京東京", 6), "東京…");
        assert_eq!(shortened("ab    cdefgh", 6), "ab…");
        let marks = format!("a{}", "\u{301}".repeat(5000));
        assert!(shortened(&marks, 10).chars().count() < 40);
        assert_eq!(shortened("", 6), "");
    }
}
