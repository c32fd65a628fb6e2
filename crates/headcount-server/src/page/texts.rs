//! Texts of people on their way into a view: cut, counted and told.

use std::borrow::Cow;

use jiff::{Timestamp, civil::Date};

use super::locale::Locale;
use crate::parameters::{in_path, link};

/// The beginning of a text of more than so many characters.
pub(crate) fn brief_to(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
    }
}

/// Bytes of a text as markup shows it.
pub(crate) fn size(text: &str) -> usize {
    let is_escaped = |byte: &u8| matches!(byte, b'"' | b'&' | b'\'' | b'<' | b'>');
    text.len() + 4 * text.bytes().filter(is_escaped).count()
}

/// To how many characters many texts are cut that have to stand in so many bytes together: as a
/// list cuts them, or shorter where most are long.
pub(crate) fn fitting<'t>(texts: impl Iterator<Item = &'t str> + Clone, bytes: usize) -> usize {
    const LIMITS: [usize; 4] = [80, 40, 20, 10];
    let fits = |most: &usize| {
        let sizes = texts.clone().map(|text| size(&brief_to(text, *most)));
        sizes.sum::<usize>() <= bytes
    };
    LIMITS.into_iter().find(fits).unwrap_or(LIMITS[3])
}

/// A date or a time as the reader writes it; any other text as it is.
pub(crate) fn told_time<'t>(text: &'t str, locale: &Locale) -> Cow<'t, str> {
    if let Ok(date) = text.parse::<Date>()
        && text.len() == 10
    {
        return Cow::Owned(locale.date(date));
    }
    match text.parse::<Timestamp>() {
        Ok(time) => Cow::Owned(locale.time(time.as_millisecond())),
        Err(_) => Cow::Borrowed(text),
    }
}

/// The path of somebody's own view, now or as of a time.
pub(crate) fn person_path(id: &str, as_of: Option<&str>) -> String {
    let path = format!("/people/{}", in_path(id));
    let as_of = as_of.map(str::to_owned);
    link(&path, [("asOf", as_of)])
}

/// A document over several lines; its values stay as they are, byte for byte.
pub(crate) fn indented(document: &str) -> String {
    let mut text = String::with_capacity(document.len() * 5 / 4);
    let (mut depth, mut in_text, mut is_escaped) = (0, false, false);
    let mut letters = document.chars().peekable();
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.extend(std::iter::repeat_n(' ', depth.min(40) * 2));
    };
    while let Some(letter) = letters.next() {
        if in_text {
            text.push(letter);
            in_text = is_escaped || letter != '"';
            is_escaped = !is_escaped && letter == '\\';
            continue;
        }
        match letter {
            '{' | '[' => {
                text.push(letter);
                while letters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                match letters.next_if(|next| matches!(next, '}' | ']')) {
                    Some(end) => text.push(end),
                    None => {
                        depth += 1;
                        line(&mut text, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut text, depth);
                text.push(letter);
            }
            ',' => {
                text.push(letter);
                line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            '"' => {
                in_text = true;
                text.push(letter);
            }
            letter if letter.is_ascii_whitespace() => {}
            letter => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    #[test]
    fn texts_are_cut_to_what_fits() {
        assert_eq!(brief_to("Łódź", 4), "Łódź");
        assert_eq!(brief_to("Łódź", 3), "Łód…");
        assert_eq!(size("<a & \"b\">"), 29);
        let long = "x".repeat(100);
        let texts = || std::iter::repeat_n(long.as_str(), 10);
        assert_eq!(fitting(texts(), 10_000), 80);
        assert_eq!(fitting(texts(), 500), 40);
        assert_eq!(fitting(texts(), 1), 10);
    }

    #[test]
    fn only_times_are_told_as_times() {
        let locale = Locale::new(Some("de"), None, TimeZone::UTC, 0);
        for (text, told) in [
            ("2026-11-24", "24.11.2026"),
            ("2026-11-24T08:05:00.123Z", "24.11.2026, 08:05"),
            ("2026-11-24T08:05:00+03:00", "24.11.2026, 05:05"),
            ("20261124", "20261124"),
            ("last Tuesday", "last Tuesday"),
        ] {
            assert_eq!(told_time(text, &locale), told);
        }
    }

    #[test]
    fn a_path_leads_to_whatever_id() {
        assert_eq!(person_path("aB-1", None), "/people/aB-1");
        assert_eq!(
            person_path("../ü?#", Some("2026-11-24")),
            "/people/..%2F%C3%BC%3F%23?asOf=2026-11-24"
        );
    }

    #[test]
    fn a_document_keeps_its_values() {
        let document = r#"{"a": 1.50,"b":[ ],"c":{"d":"x, {y} \"z\\","e":[1,{}]}}"#;
        let text = indented(document);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                "{",
                "  \"a\": 1.50,",
                "  \"b\": [],",
                "  \"c\": {",
                r#"    "d": "x, {y} \"z\\","#,
                "    \"e\": [",
                "      1,",
                "      {}",
                "    ]",
                "  }",
                "}"
            ]
        );
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(value(&text), value(document));
    }
}
