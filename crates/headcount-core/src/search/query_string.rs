//! `QUERY_STRING`: what a person types into a search box.
//!
//! Words are ANDed; `OR` (or `||`) between them binds weaker; `-`, `!` or `NOT` before one excludes;
//! `"..."` is a phrase, `...*` a beginning, `field:...` asks one field, `(...)` groups. Nothing a
//! person can type is an error, save nesting without end: what cannot be read is taken as text.

use super::{
    criteria::{CriteriaError, MAX_DEPTH},
    matcher::{Leaf, Node},
    text::{fold, words},
    value_test::{Needle, Test},
};
use crate::field::Field;

/// Fields searched when none are named.
pub(crate) const DEFAULT_FIELDS: [Field; 5] = [
    Field::NAME,
    Field::EMAIL,
    Field::USERNAME,
    Field::DEPARTMENT,
    Field::TITLE,
];

/// Compiles `text`; an empty `fields` means [`DEFAULT_FIELDS`]. Blank text matches everybody.
pub(crate) fn compile(text: &str, fields: &[Field]) -> Result<Node, CriteriaError> {
    let fields = if fields.is_empty() {
        &DEFAULT_FIELDS[..]
    } else {
        fields
    };
    let mut parser = Parser { rest: text, fields };
    let mut all = Vec::new();
    // A closing parenthesis that closes nothing ends a level too; go on after it.
    while !parser.rest.trim_start().is_empty() {
        all.push(parser.alternatives(1)?);
        parser.eat(")");
    }
    Ok(Node::And(all))
}

struct Parser<'q> {
    rest: &'q str,
    fields: &'q [Field],
}

impl<'q> Parser<'q> {
    fn alternatives(&mut self, depth: usize) -> Result<Node, CriteriaError> {
        if depth > MAX_DEPTH {
            return Err(CriteriaError::TooDeep);
        }
        let mut any = Vec::new();
        let mut all = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.is_empty() || self.rest.starts_with(')') {
                break;
            }
            if self.eat_word("OR") || self.eat("||") {
                if !all.is_empty() {
                    any.push(Node::And(std::mem::take(&mut all)));
                }
            } else if !(self.eat_word("AND") || self.eat("&&")) {
                all.extend(self.clause(depth)?);
            }
        }
        if !all.is_empty() {
            any.push(Node::And(all));
        }
        // Nothing but operators asks nothing.
        Ok(if any.is_empty() {
            Node::And(any)
        } else {
            Node::Or(any)
        })
    }

    fn clause(&mut self, depth: usize) -> Result<Option<Node>, CriteriaError> {
        let mut negated = false;
        loop {
            self.rest = self.rest.trim_start();
            if self.eat_word("NOT") || self.eat("-") || self.eat("!") {
                negated = !negated;
            } else if !self.eat("+") {
                break;
            }
        }
        let node = if self.eat("(") {
            let node = self.alternatives(depth + 1)?;
            self.eat(")");
            Some(node)
        } else {
            self.term()
        };
        Ok(match node {
            Some(node) if negated => Some(Node::Not(Box::new(node))),
            node => node,
        })
    }

    /// A word, a phrase or either with its field. `None` where only punctuation stands.
    fn term(&mut self) -> Option<Node> {
        let fields = self.field().unwrap_or(self.fields);
        if let Some(quoted) = self.rest.strip_prefix('"') {
            let (phrase, after) = quoted.split_once('"').unwrap_or((quoted, ""));
            self.rest = after;
            return phrase_in(fields, phrase, false);
        }
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '"'))
            .unwrap_or(self.rest.len());
        let (word, after) = self.rest.split_at(end);
        self.rest = after;
        match word.strip_suffix('*') {
            Some("") => Some(any_of(fields, &Test::Present)),
            Some(start) => phrase_in(fields, start, true),
            None => phrase_in(fields, word, false),
        }
    }

    /// The field before a colon, if users have it; `http:` and the like are text.
    fn field(&mut self) -> Option<&'static [Field]> {
        let (name, after) = self.rest.split_once(':')?;
        if after.is_empty() || after.starts_with(char::is_whitespace) {
            return None;
        }
        let fields = Field::parse_any(name).ok()?;
        self.rest = after;
        Some(fields)
    }

    fn eat(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        self.rest
            .strip_prefix(token)
            .map(|rest| self.rest = rest)
            .is_some()
    }

    fn eat_word(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) if rest.is_empty() || rest.starts_with([' ', '\t', '\n', '(', '"']) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }
}

fn phrase_in(fields: &[Field], text: &str, prefix: bool) -> Option<Node> {
    words(&fold(text)).next()?;
    let needle = Needle::new(text, None);
    Some(any_of(fields, &Test::Phrase(vec![needle], prefix)))
}

fn any_of(fields: &[Field], test: &Test) -> Node {
    let leaf = |&field| {
        Node::Leaf(Leaf {
            field,
            test: test.clone(),
        })
    };
    Node::Or(fields.iter().map(leaf).collect())
}
