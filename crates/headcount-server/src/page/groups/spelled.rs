//! Names that are spelled in several ways, side by side.

use super::{Groups, Kind, people};
use crate::page::{
    texts::size,
    visit::{Visit, brief},
};

/// Names that are spelled in several ways, and spellings of each.
const VARIANTS: usize = 20;
const SPELLINGS: usize = 6;
/// Bytes that these may take, about.
const ROOM: usize = 16_000;

/// One name, spelled in several ways.
pub(super) struct Variants {
    pub(super) spellings: Vec<Spelling>,
    pub(super) more: Option<String>,
}

pub(super) struct Spelling {
    pub(super) text: String,
    pub(super) id: Option<String>,
    pub(super) href: String,
    pub(super) count: String,
}

impl Variants {
    /// Bytes that it takes, about.
    pub(super) fn size(&self) -> usize {
        /// What stands around the texts.
        const AROUND: usize = 120;
        let spellings = self
            .spellings
            .iter()
            .map(|spelling| AROUND + size(&spelling.text) + size(&spelling.href));
        spellings.sum()
    }
}

/// What is spelled in several ways, as far as there is room.
pub(super) fn variants(visit: &Visit, groups: &Groups, kind: Kind) -> Vec<Variants> {
    let locale = &visit.locale;
    let spelling = |&at: &usize| {
        let group = &groups.all[at];
        Spelling {
            text: marked(&brief(&group.name)),
            id: group.id.as_deref().map(|id| brief(id).into_owned()),
            href: people(visit, kind, group),
            count: locale.number(group.active),
        }
    };
    let mut all = Vec::new();
    let mut room = ROOM;
    for places in groups.alike.iter().take(VARIANTS) {
        let more = places.len().saturating_sub(SPELLINGS);
        let variants = Variants {
            spellings: places.iter().take(SPELLINGS).map(spelling).collect(),
            more: (more > 0).then(|| locale.number(more as u64)),
        };
        let size = variants.size();
        if size > room {
            break;
        }
        room -= size;
        all.push(variants);
    }
    all
}

/// A text with a sign for every blank that nobody would see: one at an end, beside another, or of
/// an unusual kind.
fn marked(text: &str) -> String {
    let blank = |c: Option<char>| c.is_none_or(|c| c == ' ');
    let mut marked = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            ' ' if blank(before) || blank(rest.peek().copied()) => marked.push('␣'),
            ' ' => marked.push(' '),
            '\u{a0}' | '\u{202f}' => marked.push('⍽'),
            c if c.is_whitespace() || c.is_control() || is_unseen(c) => {
                marked.push_str(&format!("[U+{:04X}]", u32::from(c)));
            }
            c => marked.push(c),
        }
        before = Some(c);
    }
    marked
}

/// What takes no room at all, and what turns the direction of reading.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_that_nobody_would_see_are_marked() {
        for (text, wanted) in [
            ("Back Office", "Back Office"),
            (" Sales", "␣Sales"),
            ("Sales ", "Sales␣"),
            ("Back  Office", "Back␣␣Office"),
            ("Back\u{a0}Office", "Back⍽Office"),
            ("Back\tOffice", "Back[U+0009]Office"),
            ("Te\u{200b}am", "Te[U+200B]am"),
            ("", ""),
        ] {
            assert_eq!(marked(text), wanted, "{text:?}");
        }
    }
}
