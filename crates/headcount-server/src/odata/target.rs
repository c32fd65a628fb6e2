//! What a path speaks of: a set, or one entity of it.

use super::{
    expression::{Expression, Relation},
    fault::Fault,
    lex::{Token, words},
    sets::Set,
    value::Value,
};
use crate::error::ApiError;

/// A set, or one entity of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) set: Set,
    /// The condition that the key of one entity is.
    pub(crate) key: Option<Expression>,
}

impl Target {
    /// Reads `Users`, `Users('id')` or `ManagerReports(UserId='a',ManagerId='b')`.
    ///
    /// # Errors
    /// 404 for a set that there is not, 400 for a key that cannot be read.
    pub(crate) fn parse(segment: &str) -> Result<Self, ApiError> {
        let (name, key) = match segment.find('(') {
            Some(at) => (&segment[..at], Some(&segment[at..])),
            None => (segment, None),
        };
        let set = Set::find(name).ok_or_else(|| {
            if name.starts_with('$') {
                return ApiError::not_implemented(format!("{name} is not supported"));
            }
            let known = Set::ALL.map(Set::name).join(", ");
            ApiError::nothing_of(format!("no entity set {name:?}, there are {known}"))
        })?;
        let key = key.map(|key| read(key, set)).transpose();
        Ok(Self {
            set,
            key: key.map_err(|fault| fault.of("the key"))?,
        })
    }
}

fn read(text: &str, set: Set) -> Result<Expression, Fault> {
    let wrong = || {
        let names: Vec<String> = set
            .key()
            .iter()
            .map(|&place| format!("{}='…'", set.properties()[place].name))
            .collect();
        Fault::meaning(format!("write {}({})", set.name(), names.join(",")))
    };
    let words = words(text)?;
    let tokens: Vec<&Token> = words.iter().map(|word| &word.is).collect();
    let [Token::Open, inside @ .., Token::Close] = tokens.as_slice() else {
        return Err(wrong());
    };
    let equal = |place: usize, value: &Value<'static>| {
        let property = Box::new(Expression::Property(place));
        let literal = Box::new(Expression::Literal(value.clone()));
        Expression::Compare(Relation::Eq, property, literal)
    };
    if let ([Token::Literal(value @ Value::Text(_))], [place]) = (inside, set.key()) {
        return Ok(equal(*place, value));
    }
    let (mut parts, mut seen) = (Vec::new(), Vec::new());
    for part in inside.split(|token| **token == Token::Comma) {
        let [
            Token::Name(name),
            Token::Equal,
            Token::Literal(value @ Value::Text(_)),
        ] = part
        else {
            return Err(wrong());
        };
        let named = |place: &&usize| set.properties()[**place].name == *name;
        let place = set.key().iter().find(named).ok_or_else(wrong)?;
        if seen.contains(place) {
            return Err(wrong());
        }
        seen.push(*place);
        parts.push(equal(*place, value));
    }
    match parts.len() == set.key().len() {
        true => Ok(Expression::And(parts)),
        false => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_one_entity() {
        for good in [
            "Users",
            "Users('x')",
            "Users(Id='it''s')",
            "ManagerReports(ManagerId='b',UserId='a')",
        ] {
            assert!(Target::parse(good).is_ok(), "{good}");
        }
        for (bad, status) in [
            ("users", 404),
            ("Nobody('x')", 404),
            ("$batch", 501),
            ("Users(", 400),
            ("Users()", 400),
            ("Users(5)", 400),
            ("Users('x','y')", 400),
            ("Users(Name='x')", 400),
            ("ManagerReports('a')", 400),
            ("ManagerReports(UserId='a')", 400),
            ("ManagerReports(UserId='a',UserId='b')", 400),
            ("Users('x')/Name", 400),
        ] {
            let refused = Target::parse(bad).unwrap_err();
            assert_eq!(refused.status().as_u16(), status, "{bad}");
        }
    }
}
