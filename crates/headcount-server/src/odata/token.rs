//! Where a listing goes on: of which snapshot it is, and what of it is told already. So the pages of
//! one read are of one snapshot, whatever is published meanwhile.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::{facts::Start, options::Options, sets::Set};
use crate::{cursor, error::ApiError};

/// The place of the next page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    /// The snapshot.
    #[serde(rename = "s")]
    pub(crate) snapshot: i64,
    /// What was erased when it was read: a name that is gone by now may have put a row in its place.
    #[serde(rename = "e")]
    pub(crate) erased: i64,
    /// The question that it belongs to.
    #[serde(rename = "q")]
    question: u64,
    /// Rows before the page.
    #[serde(rename = "n")]
    pub(crate) before: u64,
    /// Rows that `$top` leaves to be told.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub(crate) left: Option<u64>,
    /// Rows on all pages, where they were counted.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<u64>,
    /// The day of facts, its facts before the page, and what its facts were.
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    day: Option<(String, u64, String)>,
    /// What all facts of an answer were that is worked out of all of them.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<u64>,
}

impl Token {
    /// A token of a question, with its place still to be told.
    pub(crate) fn of(set: Set, options: &Options, (snapshot, erased): (i64, i64)) -> Self {
        Self {
            snapshot,
            erased,
            question: question(set, options),
            ..Self::default()
        }
    }

    /// The token that a link brings.
    ///
    /// # Errors
    /// 400 for one that was not made here, or for another question.
    pub(crate) fn read(set: Set, options: &Options) -> Result<Option<Self>, ApiError> {
        let Some(text) = &options.skiptoken else {
            return Ok(None);
        };
        let token: Option<Self> = cursor::read(text);
        let token = token.filter(|token| token.question == question(set, options));
        match token {
            Some(token) => Ok(Some(token)),
            None => Err(ApiError::bad_request(
                "the $skiptoken cannot be read, or belongs to another question; follow @odata.nextLink as it is, or start again without it",
            )),
        }
    }

    /// As it stands in a link.
    pub(crate) fn write(&self) -> String {
        cursor::write(self)
    }

    /// Where a page of facts begins.
    pub(crate) fn start(&self) -> Option<Start> {
        let (date, place, content) = self.day.as_ref()?;
        Some(Start {
            date: date.parse().ok()?,
            place: *place,
            content: u128::from_str_radix(content, 16).ok()?,
        })
    }

    /// The same for the page that begins there.
    pub(crate) fn starting(self, start: &Start) -> Self {
        let content = format!("{:x}", start.content);
        Self {
            day: Some((start.date.to_string(), start.place, content)),
            ..self
        }
    }
}

fn question(set: Set, options: &Options) -> u64 {
    let mut hasher = DefaultHasher::new();
    (set.name(), options.rows()).hash(&mut hasher);
    // Readers of JSON may hold numbers as floating ones.
    hasher.finish() >> 11
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_comes_back_and_belongs_to_its_question() {
        let options = |query: &str| Options::read(query).unwrap();
        let start = Start {
            date: jiff::civil::date(2026, 11, 24),
            place: 7,
            content: u128::MAX - 3,
        };
        let asked = options("$filter=Depth+eq+1");
        let token = Token {
            before: 5,
            left: Some(2),
            count: Some(9),
            ..Token::of(Set::Users, &asked, (42, 3))
        }
        .starting(&start);
        let with = |query: &str| options(&format!("{query}&$skiptoken={}", token.write()));
        let read = Token::read(Set::Users, &with("$filter=Depth+eq+1&$select=x")).unwrap();
        assert_eq!(read.as_ref(), Some(&token));
        assert_eq!(read.unwrap().start(), Some(start));
        assert!(Token::read(Set::Users, &with("$filter=Depth+eq+2")).is_err());
        assert!(Token::read(Set::Managers, &with("$filter=Depth+eq+1")).is_err());
        assert!(Token::read(Set::Users, &options("$skiptoken=AAAA")).is_err());
        assert_eq!(Token::read(Set::Users, &asked), Ok(None));
    }
}
