//! Names that are likely to be one, spelled in several ways.
//!
//! No name is compared with every other: names one letter apart are found by what becomes of them
//! without that letter. That takes a copy of a name for each of its letters, so it is done for names
//! of up to [`LONGEST`] letters, and the work grows with the text and not with its square.

mod plain;

use std::{
    cmp::{Ordering, Reverse},
    collections::HashMap,
};

use xxhash_rust::xxh3::xxh3_64;

use self::plain::plain;
use super::digest::ByDigest;

/// Letters of a name in which a slip of the pen is looked for, at most.
const LONGEST: usize = 200;

/// A name as somebody wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spelling<'t> {
    pub(super) text: &'t str,
    /// How many users have it.
    pub(super) count: u32,
    pub(super) code: u32,
}

impl Spelling<'_> {
    /// The most usual first; of several one without a blank around it, then by the letter.
    fn order(&self, other: &Self) -> Ordering {
        let key = |spelling: &Self| {
            (
                Reverse(spelling.count),
                spelling.text.trim() != spelling.text,
            )
        };
        let by_letter = || self.text.cmp(other.text);
        key(self).cmp(&key(other)).then_with(by_letter)
    }
}

/// A spelling that is likely to mean another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Variant<'s, 't> {
    pub(super) is: &'s Spelling<'t>,
    pub(super) of: &'s Spelling<'t>,
    pub(super) alike: Alike,
}

/// How much two spellings are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alike {
    /// The same but for case, blanks, dashes and accents.
    Folded,
    /// Apart by one letter more.
    Near,
}

/// Spellings that are one name, by the most usual of them.
struct Name<'s, 't> {
    usual: &'s Spelling<'t>,
    count: u32,
    plain: String,
}

/// Every spelling that is likely to mean a more usual one.
pub(super) fn variants<'s, 't>(spellings: &'s [Spelling<'t>]) -> Vec<Variant<'s, 't>> {
    let mut plains: Vec<(String, &Spelling<'_>)> = spellings
        .iter()
        .map(|spelling| (plain(spelling.text), spelling))
        .collect();
    plains.sort_unstable_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.order(y)));
    let mut found = Vec::new();
    let mut names: Vec<Name<'_, '_>> = Vec::new();
    for (plain, spelling) in plains {
        match names.last_mut() {
            Some(name) if name.plain == plain => {
                name.count += spelling.count;
                found.push(Variant {
                    is: spelling,
                    of: name.usual,
                    alike: Alike::Folded,
                });
            }
            _ => names.push(Name {
                usual: spelling,
                count: spelling.count,
                plain,
            }),
        }
    }
    // From here on a name goes by its place: the more usual, the lower.
    names.sort_unstable_by(|a, b| {
        let usual_first = b.count.cmp(&a.count);
        usual_first.then_with(|| a.usual.text.cmp(b.usual.text))
    });
    let near = Near::of(&names).0;
    found.extend(names.iter().zip(near).filter_map(|(name, near)| {
        Some(Variant {
            is: name.usual,
            of: names[near? as usize].usual,
            alike: Alike::Near,
        })
    }));
    found
}

/// Names that are likely to be one, by their places in `names`: each a text and how many users have
/// it. The most usual spelling comes first; the names with most users first. A name that is spelled
/// in one way only is left out.
#[must_use]
pub fn alike(names: &[(&str, u32)]) -> Vec<Vec<usize>> {
    let spellings: Vec<Spelling<'_>> = (0..)
        .zip(names)
        .map(|(code, &(text, count))| Spelling { text, count, code })
        .collect();
    // Every spelling but the one that is meant stands for another that is more usual, or for as
    // usual a one before it: following them ends.
    let mut meant: HashMap<u32, u32> = HashMap::new();
    for variant in variants(&spellings) {
        meant.insert(variant.is.code, variant.of.code);
    }
    let mut groups: HashMap<u32, Vec<&Spelling<'_>>> = HashMap::new();
    for &code in meant.keys() {
        let end = std::iter::successors(Some(code), |code| meant.get(code).copied());
        let end = end.last().unwrap_or(code);
        let group = groups
            .entry(end)
            .or_insert_with(|| vec![&spellings[end as usize]]);
        group.push(&spellings[code as usize]);
    }
    let mut groups: Vec<Vec<&Spelling<'_>>> = groups.into_values().collect();
    for group in &mut groups {
        group.sort_unstable_by(|one, other| one.order(other).then(one.code.cmp(&other.code)));
    }
    let users = |group: &[&Spelling<'_>]| -> u64 {
        group.iter().map(|spelling| u64::from(spelling.count)).sum()
    };
    groups.sort_by_cached_key(|group| (Reverse(users(group)), group[0].text.to_owned()));
    let places = |group: Vec<&Spelling<'_>>| {
        let codes = group.iter().map(|spelling| spelling.code as usize);
        codes.collect()
    };
    groups.into_iter().map(places).collect()
}

/// For each name the most usual one that is one letter apart and more usual than itself.
struct Near(Vec<Option<u32>>);

impl Near {
    fn of(names: &[Name<'_, '_>]) -> Self {
        let mut near = Self(vec![None; names.len()]);
        let places: ByDigest<u32> = (0..)
            .zip(names)
            .map(|(place, name)| (xxh3_64(name.plain.as_bytes()), place))
            .collect();
        let (mut letters, mut starts, mut other) = (Vec::new(), Vec::new(), String::new());
        // Digests of names with a hole for a letter, and whose they are.
        let mut holes: Vec<(u64, u32)> = Vec::new();
        for (place, Name { plain, .. }) in (0..).zip(names) {
            letters.clear();
            letters.extend(plain.chars().take(LONGEST + 1));
            if letters.len() > LONGEST {
                continue;
            }
            starts.clear();
            starts.extend(plain.char_indices().map(|(start, _)| start));
            starts.push(plain.len());
            for at in 0..letters.len() {
                let edits = Edits::of(&letters, at);
                let mut changed = |between: [&str; 2], rest: usize| {
                    other.clear();
                    for part in [&plain[..starts[at]], between[0], between[1], &plain[rest..]] {
                        other.push_str(part);
                    }
                    let digest = xxh3_64(other.as_bytes());
                    let known = places.get(&digest).copied();
                    (
                        digest,
                        known.filter(|&known| names[known as usize].plain == other),
                    )
                };
                if edits.lost
                    && let (_, Some(shorter)) = changed(["", ""], starts[at + 1])
                {
                    near.join(place, shorter);
                }
                if edits.swapped {
                    let [first, second, rest] = [starts[at], starts[at + 1], starts[at + 2]];
                    let swapped = [&plain[second..rest], &plain[first..second]];
                    if let (_, Some(swapped)) = changed(swapped, rest) {
                        near.join(place, swapped);
                    }
                }
                if edits.replaced {
                    // No name has such a character: `plain` leaves none.
                    holes.push((changed(["\0", ""], starts[at + 1]).0, place));
                }
            }
        }
        holes.sort_unstable();
        for same in holes.chunk_by(|a, b| a.0 == b.0) {
            // All of them are one letter apart from the first, which is the most usual.
            for &(_, place) in &same[1..] {
                near.join(same[0].1, place);
            }
        }
        near
    }

    /// Two names are one letter apart.
    fn join(&mut self, a: u32, b: u32) {
        let (usual, rare) = (a.min(b), a.max(b));
        let known = &mut self.0[rare as usize];
        if usual != rare {
            *known = Some(known.map_or(usual, |known| known.min(usual)));
        }
    }
}

/// Which slips of the pen are believed at a place of a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Edits {
    /// The character may have been left out.
    lost: bool,
    /// It may stand for another letter.
    replaced: bool,
    /// It may have changed places with the next.
    swapped: bool,
}

impl Edits {
    /// A slip is believed inside a long word only: `Team A` is not `Team B`, `Sale` not `Male`, and
    /// the last letter may tell two apart (`TeamA`, `TeamB`). Digits are always meant.
    fn of(letters: &[char], at: usize) -> Self {
        /// A word has to have so many letters, the longer one of two.
        const LONG: usize = 5;
        let is_letter = |at: usize| letters.get(at).is_some_and(|c| c.is_alphabetic());
        if letters[at] == ' ' {
            let digit = |at: usize| letters.get(at).is_some_and(|c| c.is_numeric());
            let lost = letters.len() > LONG && !(digit(at.wrapping_sub(1)) && digit(at + 1));
            return Self {
                lost,
                ..Self::default()
            };
        }
        let start = letters[..at].iter().rposition(|&c| c == ' ');
        let start = start.map_or(0, |blank| blank + 1);
        let end = letters[at..].iter().position(|&c| c == ' ');
        let end = end.map_or(letters.len(), |blank| at + blank);
        let word = &letters[start..end];
        // `XVII` and `XVIII` are numbers as well.
        let is_roman = word.iter().all(|c| "ivxlcdm".contains(*c));
        if word.len() < LONG || at == start || !is_letter(at) || is_roman {
            return Self::default();
        }
        Self {
            lost: true,
            replaced: at + 1 < end,
            swapped: at + 1 < end && is_letter(at + 1) && letters[at] != letters[at + 1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the rarer of two spellings is taken for.
    fn alike(usual: &str, rare: &str) -> Option<Alike> {
        let spelling = |text, count, code| Spelling { text, count, code };
        let both = [spelling(usual, 9, 1), spelling(rare, 1, 2)];
        let found = variants(&both);
        assert!(found.len() < 2);
        found.first().map(|variant| {
            assert_eq!((variant.is.text, variant.of.text), (rare, usual));
            variant.alike
        })
    }

    #[test]
    fn case_blanks_dashes_and_accents_are_no_difference() {
        for (usual, rare) in [
            ("Sales", "sales"),
            ("Sales", " Sales "),
            ("Customer Service", "Customer\u{a0}Service"),
            ("Customer Service", "customer  service"),
            ("Back Office", "Back-Office"),
            ("Qualität", "Qualitat"),
            ("Café", "Cafe\u{301}"),
            ("HR", "hr"),
            ("Łódź", "lodz"),
            ("إدارة", "اداره"),
            ("Straße", "STRASSE"),
            ("Team\u{200b} 1", "Team 1"),
        ] {
            assert_eq!(alike(usual, rare), Some(Alike::Folded), "{usual} {rare}");
        }
    }

    #[test]
    fn one_letter_in_a_long_word_is_a_slip() {
        for (usual, rare) in [
            ("Support", "Suport"),
            ("Support", "Supporrt"),
            ("Support", "Supprot"),
            ("Support", "Sipport"),
            ("Customer Service", "Customer Servise"),
            ("Claims", "Claim"),
            ("Back Office", "Backoffice"),
            ("Support 12", "Suport 12"),
            ("Qualität", "Qualitaet"),
        ] {
            assert_eq!(alike(usual, rare), Some(Alike::Near), "{usual} {rare}");
        }
    }

    #[test]
    fn names_that_are_meant_to_differ_are_left_alone() {
        for (usual, rare) in [
            ("Sales 1", "Sales 2"),
            ("Tier 1", "Tier 2"),
            ("Tier 1", "Tier 11"),
            ("Tier I", "Tier II"),
            ("Level XVII", "Level XVIII"),
            ("Team A", "Team B"),
            ("TeamA", "TeamB"),
            ("HR", "IT"),
            ("Chat", "Chap"),
            ("Night", "Light"),
            ("Sales North", "Sales South"),
            ("C++", "C#"),
            ("R&D", "RD"),
            ("Shift 1 2", "Shift 12"),
            ("Support", "Suppotr X"),
            ("A B", "AB"),
        ] {
            assert_eq!(alike(usual, rare), None, "{usual} {rare}");
        }
    }

    #[test]
    fn the_most_usual_spelling_is_the_one_meant() {
        let texts = [
            ("Suport", 1),
            ("support", 3),
            ("Support", 40),
            ("Supports", 2),
        ];
        let spellings: Vec<_> = (1..)
            .zip(texts)
            .map(|(code, (text, count))| Spelling { text, count, code })
            .collect();
        let mut found: Vec<_> = variants(&spellings)
            .into_iter()
            .map(|variant| (variant.is.text, variant.of.text))
            .collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                ("Suport", "Support"),
                ("Supports", "Support"),
                ("support", "Support")
            ]
        );
        // As usual as each other: the blank is the slip.
        let spelling = |text, code| Spelling {
            text,
            count: 1,
            code,
        };
        let both = [spelling(" Sales", 1), spelling("Sales", 2)];
        assert_eq!(variants(&both)[0].is.text, " Sales");
    }

    #[test]
    fn very_long_names_are_only_compared_whole() {
        let long = "Support ".repeat(1_000);
        assert_eq!(alike(&long, &long.to_uppercase()), Some(Alike::Folded));
        assert_eq!(alike(&long, &long.replacen("Support", "Suport", 1)), None);
    }

    #[test]
    fn spellings_of_one_name_stand_together() {
        let names = [
            ("IT", 50),
            ("Suport", 1),
            ("sales", 30),
            ("suport ", 1),
            ("Support", 40),
            ("Sales", 20),
            ("Sales", 5),
        ];
        let told: Vec<Vec<&str>> = super::alike(&names)
            .into_iter()
            .map(|group| group.into_iter().map(|place| names[place].0).collect())
            .collect();
        let expected = vec![
            vec!["sales", "Sales", "Sales"],
            vec!["Support", "Suport", "suport "],
        ];
        assert_eq!(told, expected);
        assert!(super::alike(&names[..1]).is_empty());
    }
}
