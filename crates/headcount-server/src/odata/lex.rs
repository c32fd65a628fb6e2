//! The words of an expression.

use jiff::{Timestamp, civil::Date};

use super::{fault::Fault, value::Value};

/// One word, and where it begins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word {
    pub(crate) is: Token,
    /// Place in the text, bytes.
    pub(crate) at: usize,
}

/// What a word is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    /// A property, a function, an operator.
    Name(String),
    /// A literal.
    Literal(Value<'static>),
    Open,
    Close,
    Comma,
    Slash,
    /// Of keys alone.
    Equal,
}

/// Cuts a text into words.
///
/// # Errors
/// [`Fault::Syntax`] where something is no word.
pub(crate) fn words(text: &str) -> Result<Vec<Word>, Fault> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at..];
        let (is, length) = match next {
            ' ' | '\t' => {
                at += 1;
                continue;
            }
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '/' => (Token::Slash, 1),
            '=' => (Token::Equal, 1),
            '\'' => quoted(rest).ok_or_else(|| Fault::syntax(at, "a text does not end"))?,
            '0'..='9' | '-' => number(rest).ok_or_else(|| {
                Fault::syntax(
                    at,
                    "this is no number, date or time; texts and ids stand in single quotes",
                )
            })?,
            '$' | '_' | '@' => name(rest),
            letter if letter.is_alphabetic() => name(rest),
            other => return Err(Fault::syntax(at, format!("{other:?} means nothing here"))),
        };
        words.push(Word { is, at });
        at += length;
    }
    Ok(words)
}

/// A text in quotes, in which a quote is written twice.
fn quoted(rest: &str) -> Option<(Token, usize)> {
    let mut text = String::new();
    let mut at = 1;
    loop {
        let end = at + rest[at..].find('\'')?;
        text.push_str(&rest[at..end]);
        if rest[end + 1..].starts_with('\'') {
            text.push('\'');
            at = end + 2;
        } else {
            return Some((Token::Literal(Value::Text(text.into())), end + 1));
        }
    }
}

fn name(rest: &str) -> (Token, usize) {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.' | '@');
    let length = rest.find(|c| !inside(c)).unwrap_or(rest.len());
    let name = &rest[..length];
    let is = match name {
        "null" => Token::Literal(Value::Null),
        "true" => Token::Literal(Value::Bool(true)),
        "false" => Token::Literal(Value::Bool(false)),
        name => Token::Name(name.to_owned()),
    };
    (is, length)
}

fn number(rest: &str) -> Option<(Token, usize)> {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '.' | '+');
    let mut length = rest.find(|c| !inside(c)).unwrap_or(rest.len());
    let mut text = rest[..length].to_owned();
    // A plus that was not escaped comes as a space.
    if let Some(zone) = rest.get(length..length + 6)
        && is_time(&text)
        && zone.as_bytes()[0] == b' '
        && is_offset(&zone[1..])
    {
        text = format!("{text}+{}", &zone[1..]);
        length += 6;
    }
    let value = if is_date(text.as_bytes()) {
        match text.len() {
            10 => Value::Date(text.parse::<Date>().ok()?),
            _ => Value::Time(text.parse::<Timestamp>().ok()?.as_millisecond()),
        }
    } else if text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-')
    {
        Value::Int(text.parse().ok()?)
    } else {
        decimal(&text)?
    };
    Some((Token::Literal(value), length))
}

fn is_date(text: &[u8]) -> bool {
    text.len() >= 10
        && text[..10].iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

fn is_time(text: &str) -> bool {
    is_date(text.as_bytes()) && text.len() > 10 && !text.ends_with(['Z', 'z'])
}

/// `hh:mm`
fn is_offset(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        2 => byte == b':',
        _ => byte.is_ascii_digit(),
    })
}

/// Exact where six decimals will do.
fn decimal(text: &str) -> Option<Value<'static>> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if let Some((whole, part)) = unsigned.split_once('.')
        && digits(whole)
        && digits(part)
        && part.len() <= 6
        && whole.len() <= 20
    {
        let micro: i128 = format!("{whole}{part:0<6}").parse().ok()?;
        return Some(Value::Decimal(if unsigned.len() < text.len() {
            -micro
        } else {
            micro
        }));
    }
    let first = unsigned.bytes().next()?;
    let number: f64 = text.parse().ok()?;
    (first.is_ascii_digit() && number.is_finite()).then_some(Value::Double(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Value<'static> {
        match words(text).unwrap().as_slice() {
            [
                Word {
                    is: Token::Literal(value),
                    ..
                },
            ] => value.clone(),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn literals() {
        assert_eq!(one("'it''s'"), Value::Text("it's".into()));
        assert_eq!(one("''''"), Value::Text("'".into()));
        assert_eq!(one("-12"), Value::Int(-12));
        assert_eq!(one("-0.25"), Value::Decimal(-250_000));
        assert_eq!(one("1e3"), Value::Double(1000.0));
        assert_eq!(one("2026-11-24"), Value::Date(Date::constant(2026, 11, 24)));
        for same in [
            "2026-11-24T00:00:00Z",
            "2026-11-24T03:00:00.000+03:00",
            "2026-11-24T03:00:00 03:00",
            "2026-11-23T19:00:00-05:00",
        ] {
            assert_eq!(one(same), Value::Time(1_795_478_400_000), "{same}");
        }
        assert_eq!(one("true"), Value::Bool(true));
        assert_eq!(one("null"), Value::Null);
    }

    #[test]
    fn what_is_no_word_is_told_with_its_place() {
        for (text, place) in [
            ("Name eq 'x", 8),
            ("Name eq \"x\"", 8),
            ("Id eq 2fbd5b3a-4a7d-4b6e-9d8e-0123456789ab", 6),
            ("a eq 2026-13-01", 5),
            ("a eq -", 5),
            ("a eq 99999999999999999999", 5),
            ("é € x", 3),
        ] {
            match words(text) {
                Err(Fault::Syntax { at, .. }) => assert_eq!(at, place, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
    }
}
