//! Case folding and words, the same for what is asked and what is searched.

use std::borrow::Cow;

/// `text` without its case, character by character, so that the folded prefix of a text is a
/// prefix of the folded text (`str::to_lowercase` breaks that at a final sigma).
#[must_use]
pub fn fold(text: &str) -> Cow<'_, str> {
    if text
        .bytes()
        .all(|b| b.is_ascii() && !b.is_ascii_uppercase())
    {
        return Cow::Borrowed(text);
    }
    if text.is_ascii() {
        return Cow::Owned(text.to_ascii_lowercase());
    }
    Cow::Owned(
        text.chars()
            .flat_map(char::to_lowercase)
            .map(|c| if c == 'ς' { 'σ' } else { c })
            .collect(),
    )
}

/// Whether a folded text stands anywhere in `text`, whatever its case. Most texts are ASCII, and
/// need not be folded to be looked at.
#[must_use]
pub fn contains_folded(text: &str, folded: &str) -> bool {
    if !text.is_ascii() {
        return fold(text).contains(folded);
    }
    let (text, folded) = (text.as_bytes(), folded.as_bytes());
    let Some(first) = folded.first() else {
        return true;
    };
    let mut places = memchr::memchr2_iter(*first, first.to_ascii_uppercase(), text);
    places.any(|start| {
        let place = text.get(start..start + folded.len());
        place.is_some_and(|place| place.eq_ignore_ascii_case(folded))
    })
}

/// Whether a value counts as absent: a user with a blank department has no department.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// The words of folded text: runs of letters and digits, with the marks that belong to them.
pub fn words(folded: &str) -> impl Iterator<Item = &str> {
    folded
        .split(|c: char| !is_of_word(c))
        .filter(|word| !word.is_empty())
}

/// Marks that sit inside words without being letters: combining accents, Arabic vowel signs, the
/// Indic virama and the joiners.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{94d}' | '\u{9cd}' | '\u{200c}' | '\u{200d}')
}

/// Whether `part` stands anywhere in `text`. Values are short: setting up the search of the standard
/// library takes longer than looking at each place.
#[must_use]
pub fn stands_in(part: &str, text: &str) -> bool {
    /// From here on its better way of searching pays.
    const LONG: usize = 200;
    if text.len() > LONG {
        return text.contains(part);
    }
    let part = part.as_bytes();
    let Some(&first) = part.first() else {
        return true;
    };
    text.as_bytes()
        .windows(part.len())
        .any(|window| window[0] == first && window == part)
}

/// Whether a word stands in `folded`: no letter before it and, unless it is a `prefix`, none behind.
fn has_word(folded: &str, word: &str, prefix: bool) -> bool {
    let (bytes, first) = (folded.as_bytes(), word.as_bytes()[0]);
    let of_word = |c: Option<char>| c.is_some_and(is_of_word);
    (0..(bytes.len() + 1).saturating_sub(word.len())).any(|start| {
        let end = start + word.len();
        bytes[start] == first
            && &bytes[start..end] == word.as_bytes()
            && !of_word(folded[..start].chars().next_back())
            && (prefix || !of_word(folded[end..].chars().next()))
    })
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_mark(c)
}

/// Whether `phrase` stands in `words` as it is, one word after the other; with `prefix`, the last
/// word need only begin so. An empty phrase is in nothing.
#[must_use]
pub fn has_phrase(folded: &str, phrase: &[String], prefix: bool) -> bool {
    let Some((last, rest)) = phrase.split_last() else {
        return false;
    };
    if rest.is_empty() {
        return has_word(folded, last, prefix);
    }
    let all: Vec<&str> = words(folded).collect();
    all.windows(phrase.len()).any(|window| {
        let (end, start) = window.split_last().unwrap_or((&"", &[]));
        start.iter().zip(rest).all(|(a, b)| a == b)
            && if prefix {
                end.starts_with(last.as_str())
            } else {
                end == last
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_found_in_any_case() {
        for (text, part, is_there) in [
            ("Ann Müller", "mÜLL", true),
            ("ANN SMITH", "n s", true),
            ("Ann", "anna", false),
            ("ΟΔΟΣ", "οδος", true),
            ("Ann", "ä", false),
            ("Ann", "", true),
            ("", "a", false),
        ] {
            assert_eq!(
                contains_folded(text, &fold(part)),
                is_there,
                "{text} {part}"
            );
        }
    }

    #[test]
    fn folding_is_context_free() {
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"));
        assert!(fold("ΟΔΟΣ ΑΒ").starts_with(&*fold("ΟΔΟΣ")));
        assert_eq!(fold("Jürgen É"), "jürgen é");
        assert!(matches!(fold("plain-1"), Cow::Borrowed(_)));
        assert_eq!(fold("ABC"), "abc");
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        let split = |text| words(text).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            split("jane.doe+x@example.com"),
            ["jane", "doe", "x", "example", "com"]
        );
        assert_eq!(split("o'brien, müller-2"), ["o", "brien", "müller", "2"]);
        assert_eq!(split("e\u{301}a محمّد"), ["e\u{301}a", "محمّد"]);
        assert!(split(" -- ").is_empty());
    }

    #[test]
    fn a_phrase_keeps_its_order() {
        let phrase = |text: &str| words(text).map(str::to_owned).collect::<Vec<_>>();
        assert!(has_phrase("mary jane doe", &phrase("jane doe"), false));
        assert!(!has_phrase("doe jane", &phrase("jane doe"), false));
        assert!(!has_phrase("jane doering", &phrase("jane doe"), false));
        assert!(has_phrase("jane doering", &phrase("jane doe"), true));
        assert!(!has_phrase("jane", &[], true));
    }
}
