//! When users signed in last, out of their documents. A document holds a hundred things beside
//! that; most are looked at by no more than a search for two names.

use std::borrow::Cow;

use memchr::memmem::Finder;
use serde::Deserialize;

use crate::{roster::Roster, search::date::parse_iso};

/// When users signed in last and were welcomed, by place among the rows asked for.
pub(super) struct SignIns {
    users: Vec<SignIn>,
    /// How many have signed in.
    count: usize,
}

/// What a document tells of a user's coming.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SignIn {
    /// Last sign-in, ms UTC: with a password, or by whatever way a token was issued.
    pub(super) last_ms: Option<i64>,
    /// When the welcome mail was sent, ms UTC.
    pub(super) welcome_ms: Option<i64>,
}

/// Searches for the members of a document that tell it.
struct Names {
    login: Finder<'static>,
    token: Finder<'static>,
    welcome: Finder<'static>,
}

impl SignIns {
    pub(super) fn of(roster: &Roster, rows: &[u32]) -> Self {
        let names = Names::new();
        let documents = rows.iter().map(|&row| roster.document(row));
        let users: Vec<SignIn> = documents
            .map(|document| names.read(document.unwrap_or_default()))
            .collect();
        Self {
            count: users.iter().filter(|user| user.last_ms.is_some()).count(),
            users,
        }
    }

    /// Whether upstream told the last sign-in of anybody.
    pub(super) fn told(&self) -> bool {
        self.count > 0
    }

    /// Whether it did so of at least half of those asked for. If not, most of them come by a way
    /// that upstream does not tell.
    pub(super) fn told_of_most(&self) -> bool {
        self.count * 2 >= self.users.len()
    }

    /// In the order of the rows asked for.
    pub(super) fn users(&self) -> impl Iterator<Item = SignIn> {
        self.users.iter().copied()
    }
}

impl Names {
    fn new() -> Self {
        Self {
            login: Finder::new("\"dateLastLogin\""),
            token: Finder::new("\"lastTokenIssued\""),
            welcome: Finder::new("\"dateWelcomeSent\""),
        }
    }

    fn read(&self, document: &str) -> SignIn {
        #[derive(Deserialize)]
        struct Issued<'a> {
            #[serde(borrow, rename = "dateIssued")]
            date: Option<Cow<'a, str>>,
        }
        let date = |text: Cow<'_, str>| Some(parse_iso(&text)?.start.as_millisecond());
        let login = member::<Cow<'_, str>>(document, &self.login).and_then(date);
        let token = member::<Issued<'_>>(document, &self.token);
        let issued = token.and_then(|token| token.date).and_then(date);
        SignIn {
            last_ms: login.max(issued),
            welcome_ms: member::<Cow<'_, str>>(document, &self.welcome).and_then(date),
        }
    }
}

/// The value of a member of the document itself, not of an object inside it. A name in quotes can
/// stand for nothing else than a name or a whole text: quotes inside a text are escaped.
fn member<'d, T: Deserialize<'d>>(document: &'d str, name: &Finder<'_>) -> Option<T> {
    let bytes = document.as_bytes();
    let places = name.find_iter(bytes);
    let behind = |at: usize| document.get(at + name.needle().len()..);
    let rest = places.filter_map(behind).find_map(|rest| {
        let value = rest.trim_start().strip_prefix(':')?;
        is_outermost(rest).then_some(value)
    })?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<T>();
    values.next()?.ok()
}

/// Whether the rest of a document closes one brace or bracket more than it opens: then it begins
/// in the outermost object.
fn is_outermost(rest: &str) -> bool {
    let (mut depth, mut in_text, mut escaped) = (0_i64, false, false);
    for byte in rest.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b'{' | b'[' if !in_text => depth += 1,
            b'}' | b']' if !in_text => depth -= 1,
            _ => {}
        }
    }
    depth == -1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{field::Field, search::document::any_value_at};

    #[test]
    fn only_members_of_the_user_itself_count() {
        let dates = [
            r#"{"id":"1","dateLastLogin":"2026-01-05T10:00:00.000Z","x":{"y":["}\"]"]}}"#,
            r#"{"id":"1","manager":{"dateLastLogin":"2026-01-05T10:00:00Z"}}"#,
            r#"{"manager":{"dateLastLogin":"2020-01-05"},"dateLastLogin" : "2026-01-06"}"#,
            r#"{"title":"dateLastLogin","name":"\"dateLastLogin\":\"2026-01-01\""}"#,
            r#"{"dateLastLogin":null}"#,
            r#"{"dateLastLogin":7,"a":[{}]}"#,
            r#"{"dateLastLogin":"not a date"}"#,
            "{}",
            "",
            r#"{"dateLastLogin":"2026-01-0"#,
        ];
        let field = Field::parse("dateLastLogin").unwrap();
        for document in dates {
            let mut walked = None;
            any_value_at(document, field, &mut |text| {
                walked = parse_iso(text);
                true
            });
            let walked = walked.map(|span| span.start.as_millisecond());
            assert_eq!(Names::new().read(document).last_ms, walked, "{document}");
        }
    }

    #[test]
    fn a_token_is_a_sign_in_too() {
        let read = |document| Names::new().read(document);
        let both = read(
            r#"{"lastTokenIssued":{"dateIssued":"1970-01-01T00:00:02Z"},
                "dateLastLogin":"1970-01-01T00:00:01Z","dateWelcomeSent":"1970-01-01T00:00:00Z"}"#,
        );
        assert_eq!(both.last_ms, Some(2000));
        assert_eq!(both.welcome_ms, Some(0));
        assert_eq!(read(r#"{"lastTokenIssued":{}}"#), SignIn::default());
    }
}
