//! Java date patterns (`SimpleDateFormat`), as far as dates of users need them.

use jiff::{civil, tz::Offset};

use super::{Span, Unit, parse_offset};
use crate::as_of::WEEKDAYS;

/// A compiled `dateFormat`, such as `yyyy-MM-dd'T'HH:mm:ss.SSSX`.
///
/// Letters: `y` `u` year, `M` `L` month (three or more letters: its English name), `d` day, `H` `k` `K`
/// `h` hour, `a` AM or PM, `m` minute, `s` second, `S` fraction, `E` weekday (read, not checked),
/// `X` `x` `Z` `z` offset. Text in quotes stands for itself, `''` is a quote.
#[derive(Clone, Debug)]
pub struct DateFormat(Vec<Piece>);

/// Why a `dateFormat` cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DateFormatError {
    /// A letter that means nothing here.
    #[error("letter {0:?} is not supported")]
    Letter(char),
    /// A quote that never ends.
    #[error("a quote is not closed")]
    Quote,
    /// A pattern without a year names no date.
    #[error("it has no year")]
    NoYear,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(char),
    /// A letter, how often it stands there, and whether a number follows without a gap (then the
    /// count is the exact width, as in `yyyyMMdd`).
    Part(char, usize, bool),
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
impl DateFormat {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`DateFormatError`] for an unknown letter, an open quote, or no year.
    pub fn compile(pattern: &str) -> Result<Self, DateFormatError> {
        let mut pieces = Vec::new();
        let mut chars = pattern.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '\'' if chars.next_if_eq(&'\'').is_some() => pieces.push(Piece::Literal('\'')),
                '\'' => loop {
                    match chars.next().ok_or(DateFormatError::Quote)? {
                        '\'' if chars.next_if_eq(&'\'').is_some() => {
                            pieces.push(Piece::Literal('\''));
                        }
                        '\'' => break,
                        c => pieces.push(Piece::Literal(c)),
                    }
                },
                c if c.is_ascii_alphabetic() => {
                    if !"yuMLdHkKhamsSEXxZz".contains(c) {
                        return Err(DateFormatError::Letter(c));
                    }
                    let mut count = 1;
                    while chars.next_if_eq(&c).is_some() {
                        count += 1;
                    }
                    let letter = match c {
                        'u' => 'y',
                        'L' => 'M',
                        'x' | 'Z' | 'z' => 'X',
                        c => c,
                    };
                    pieces.push(Piece::Part(letter, count, false));
                }
                c => pieces.push(Piece::Literal(c)),
            }
        }
        for index in 1..pieces.len() {
            let (before, after) = pieces.split_at_mut(index);
            if let (Some(Piece::Part(_, _, tight)), [next, ..]) = (before.last_mut(), after) {
                *tight = is_numeric(next);
            }
        }
        if !pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Part('y', ..)))
        {
            return Err(DateFormatError::NoYear);
        }
        Ok(Self(pieces))
    }

    /// Reads `text`, all of it; parts that the pattern does not name are the earliest ones, the
    /// offset is UTC. `None` when it does not fit.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<Span> {
        let mut rest = text.trim();
        let (mut year, mut month, mut day) = (1970_i64, 1, 1);
        let (mut hour, mut minute, mut second, mut nanos) = (0, 0, 0, 0_i64);
        let (mut half, mut offset, mut afternoon) = (false, Offset::UTC, None);
        let mut unit = Unit::Year;
        for piece in &self.0 {
            let (letter, count, tight) = match piece {
                Piece::Literal(c) => {
                    rest = rest.strip_prefix(*c)?;
                    continue;
                }
                Piece::Part(letter, count, tight) => (*letter, *count, *tight),
            };
            match letter {
                'a' => {
                    let (mark, tail) = rest.split_at_checked(2)?;
                    afternoon = Some(match mark.to_ascii_lowercase().as_str() {
                        "am" => false,
                        "pm" => true,
                        _ => return None,
                    });
                    rest = tail;
                    continue;
                }
                'E' => {
                    (_, rest) = name(&WEEKDAYS, rest)?;
                    continue;
                }
                'X' => {
                    (offset, rest) = zone(rest)?;
                    continue;
                }
                'M' if count >= 3 => {
                    let index;
                    (index, rest) = name(&MONTHS, rest)?;
                    month = i64::try_from(index).ok()? + 1;
                    unit = unit.max(Unit::Month);
                    continue;
                }
                _ => {}
            }
            let (number, digits);
            (number, digits, rest) = number_of(rest, if tight { count } else { 9 })?;
            let named = match letter {
                'y' => {
                    // Java slides a century around today; a fixed one needs no clock.
                    year = if count == 2 && digits == 2 {
                        2000 + number
                    } else {
                        number
                    };
                    Unit::Year
                }
                'M' => {
                    month = number;
                    Unit::Month
                }
                'd' => {
                    day = number;
                    Unit::Day
                }
                'H' | 'K' | 'h' | 'k' => {
                    let most = match letter {
                        'H' => 0..=23,
                        'k' => 1..=24,
                        'K' => 0..=11,
                        _ => 1..=12,
                    };
                    if !most.contains(&number) {
                        return None;
                    }
                    half = matches!(letter, 'K' | 'h');
                    hour = if half { number % 12 } else { number % 24 };
                    Unit::Hour
                }
                'm' => {
                    minute = number;
                    Unit::Minute
                }
                's' => {
                    second = number;
                    Unit::Second
                }
                _ => {
                    nanos = number * 10_i64.pow(9 - u32::try_from(digits).ok()?);
                    if digits <= 3 {
                        Unit::Milli
                    } else {
                        Unit::Exact
                    }
                }
            };
            unit = unit.max(named);
        }
        if !rest.is_empty() {
            return None;
        }
        if half && afternoon == Some(true) {
            hour += 12;
        }
        let start = civil::DateTime::new(
            i16::try_from(year).ok()?,
            i8::try_from(month).ok()?,
            i8::try_from(day).ok()?,
            i8::try_from(hour).ok()?,
            i8::try_from(minute).ok()?,
            i8::try_from(second).ok()?,
            i32::try_from(nanos).ok()?,
        );
        Span::of(start.ok()?, offset, unit)
    }
}

fn is_numeric(piece: &Piece) -> bool {
    match piece {
        Piece::Literal(_) => false,
        Piece::Part('M', count, _) => *count < 3,
        Piece::Part(letter, ..) => "ydHkKhmsS".contains(*letter),
    }
}

/// The number at the start of `text`, how many digits it has (at most `most`), and what follows.
fn number_of(text: &str, most: usize) -> Option<(i64, usize, &str)> {
    let digits = text
        .bytes()
        .take(most.min(9))
        .take_while(u8::is_ascii_digit)
        .count();
    let number = text[..digits].parse().ok()?;
    Some((number, digits, &text[digits..]))
}

/// Which of `names`, in full or its first three letters, `text` starts with, and what follows.
fn name<'t>(names: &[&str], text: &'t str) -> Option<(usize, &'t str)> {
    let starts = |name: &str| {
        text.get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
    };
    names.iter().enumerate().find_map(|(index, name)| {
        let short = &name[..3];
        let length = [*name, short].into_iter().find(|n| starts(n))?.len();
        Some((index, &text[length..]))
    })
}

/// The offset at the start of `text`, and what follows.
fn zone(text: &str) -> Option<(Offset, &str)> {
    let mut rest = text;
    for word in ["GMT", "UTC"] {
        if let Some(after) = text.strip_prefix(word) {
            if !after.starts_with(['+', '-']) {
                return Some((Offset::UTC, after));
            }
            rest = after;
        }
    }
    let length = match rest.as_bytes().first()? {
        b'Z' => 1,
        b'+' | b'-' => {
            1 + rest[1..]
                .bytes()
                .take(5)
                .take_while(|b| b.is_ascii_digit() || *b == b':')
                .count()
        }
        _ => return None,
    };
    let (zone, after) = rest.split_at(length);
    Some((parse_offset(zone)?, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pattern: &str, text: &str) -> Option<String> {
        let span = DateFormat::compile(pattern).unwrap().parse(text)?;
        Some(format!("{} {}", span.start, span.end))
    }

    #[test]
    fn patterns_in_use() {
        let cases = [
            (
                "yyyy-MM-dd'T'HH:mm:ss.SSSX",
                "2026-01-05T10:15:30.250+03:00",
                "2026-01-05T07:15:30.25Z 2026-01-05T07:15:30.250999999Z",
            ),
            (
                "yyyy-MM-dd'T'HH:mm:ssZ",
                "2026-01-05T10:15:30-0500",
                "2026-01-05T15:15:30Z 2026-01-05T15:15:30.999999999Z",
            ),
            (
                "yyyy-MM-dd",
                "2024-02-29",
                "2024-02-29T00:00:00Z 2024-02-29T23:59:59.999999999Z",
            ),
            (
                "yyyyMMdd",
                "20240229",
                "2024-02-29T00:00:00Z 2024-02-29T23:59:59.999999999Z",
            ),
            (
                "d/M/yy",
                "5/1/26",
                "2026-01-05T00:00:00Z 2026-01-05T23:59:59.999999999Z",
            ),
            (
                "MMM yyyy",
                "Feb 2024",
                "2024-02-01T00:00:00Z 2024-02-29T23:59:59.999999999Z",
            ),
            (
                "EEE, d MMMM yyyy h:mm a z",
                "Mon, 5 January 2026 12:05 AM GMT",
                "2026-01-05T00:05:00Z 2026-01-05T00:05:59.999999999Z",
            ),
            (
                "yyyy-MM-dd hh a",
                "2026-01-05 12 pm",
                "2026-01-05T12:00:00Z 2026-01-05T12:59:59.999999999Z",
            ),
            (
                "yyyy 'o''clock' HH",
                "2026 o'clock 07",
                "2026-01-01T07:00:00Z 2026-01-01T07:59:59.999999999Z",
            ),
            (
                "yyyy",
                "2025",
                "2025-01-01T00:00:00Z 2025-12-31T23:59:59.999999999Z",
            ),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(
                read(pattern, text).as_deref(),
                Some(expected),
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn what_does_not_fit_is_no_date() {
        for (pattern, text) in [
            ("yyyy-MM-dd", "2026-02-30"),
            ("yyyy-MM-dd", "2026-02-03x"),
            ("yyyy-MM-dd", "2026/02/03"),
            ("yyyy-MM-dd HH", "2026-02-03 24"),
            ("yyyy-MM-dd hh a", "2026-02-03 13 PM"),
            ("MMM yyyy", "Foo 2026"),
            ("yyyyX", "2026+99"),
            ("yyyy", ""),
        ] {
            assert_eq!(read(pattern, text), None, "{pattern} {text}");
        }
    }

    #[test]
    fn bad_patterns_say_why() {
        let error = |pattern| DateFormat::compile(pattern).unwrap_err();
        assert_eq!(error("yyyy-QQ"), DateFormatError::Letter('Q'));
        assert_eq!(error("yyyy'T"), DateFormatError::Quote);
        assert_eq!(error("HH:mm"), DateFormatError::NoYear);
        assert_eq!(error(""), DateFormatError::NoYear);
    }
}
