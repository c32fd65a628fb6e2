//! How much of its texts a list can show, so that a view stays small whatever stands in them.

use std::borrow::Cow;

/// Lengths to which a list cuts its texts, in characters.
const WIDTHS: [usize; 4] = [80, 40, 20, 8];

/// Characters that markup writes as five at most.
const ESCAPED: [char; 5] = ['<', '>', '&', '"', '\''];

/// The greatest of the usual lengths at which all `texts` fit into so many bytes of markup. Each
/// comes with how often that length it may have.
pub(crate) fn width<'t>(
    texts: impl Iterator<Item = (&'t str, usize)> + Clone,
    room: usize,
) -> usize {
    let fits = |width: usize| {
        let bytes = texts
            .clone()
            .map(|(text, times)| markup_len(text, width * times));
        bytes.sum::<usize>() <= room
    };
    let narrowest = WIDTHS[WIDTHS.len() - 1];
    WIDTHS
        .into_iter()
        .find(|width| fits(*width))
        .unwrap_or(narrowest)
}

/// The beginning of a text.
pub(crate) fn cut(text: &str, width: usize) -> Cow<'_, str> {
    match text.char_indices().nth(width) {
        None => Cow::Borrowed(text),
        Some((at, _)) => Cow::Owned(format!("{}…", &text[..at])),
    }
}

/// Bytes of the beginning of a text as markup.
pub(crate) fn markup_len(text: &str, width: usize) -> usize {
    let shown = text.chars().take(width);
    shown
        .map(|c| {
            if ESCAPED.contains(&c) {
                5
            } else {
                c.len_utf8()
            }
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::chart::escaped;

    #[test]
    fn long_texts_are_cut_shorter_where_there_are_many() {
        let long = "<".repeat(5_000);
        let fitting = |count: usize, room| width((0..count).map(|_| (&*long, 2)), room);
        assert_eq!(fitting(1, 800), 80);
        assert_eq!(fitting(2, 800), 40);
        assert_eq!(fitting(1_000, 800), 8, "no less can be read");
        assert_eq!(width(std::iter::repeat_n(("a", 1), 800), 800), 80);
        assert_eq!(cut("ääää", 3), "äää…");
        assert_eq!(cut("äää", 3), "äää");
        for text in ["a<b>&\"'", "ä😀", ""] {
            assert!(markup_len(text, 80) >= escaped(text).len(), "{text}");
        }
    }
}
