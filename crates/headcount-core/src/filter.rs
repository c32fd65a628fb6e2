//! The language of `--where`: one condition in a line, compiled to a search criterion.
//!
//! `field=value` `field!=value` `field^=start` `field~part` `field!~part` `field in a,"b, c"`
//! `field not in a,b` `field<value` `<=` `>` `>=`, `field` alone (has a value), `!field` (has none),
//! and `field=(none)`, `field!=(none)` for the label that counts print. A value may stand in double
//! quotes, in which `\"` is a quote and `\\` a backslash. Negated conditions hold for users without
//! a value as well.

use crate::{
    aggregate::NONE,
    field::{Field, UnknownField},
    search::CriterionType as T,
    wire::UserSearchCriteria,
};

/// Why a condition cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Nothing there.
    #[error("the condition is empty, write it like department=Sales")]
    Empty,
    /// No field before the operator.
    #[error("{0:?} names no field, write it like department=Sales")]
    NoField(String),
    /// Nobody knows the field.
    #[error(transparent)]
    UnknownField(#[from] UnknownField),
    /// Nothing after the operator.
    #[error("{0:?} has no value; write {field} alone for \"has a value\", !{field} for \"has none\"", field = .1)]
    NoValue(String, &'static str),
    /// A quote that never ends, or text after one.
    #[error("the quotes in {0:?} do not close at the end of a value")]
    Quotes(String),
}

/// Operators, longer ones before their beginnings: negated, type.
const OPERATORS: [(&str, bool, T); 9] = [
    ("!=", true, T::Exact),
    ("^=", false, T::StartsWith),
    ("!~", true, T::Contains),
    ("<=", false, T::LessThanEqualTo),
    (">=", false, T::GreaterThanEqualTo),
    ("=", false, T::Exact),
    ("~", false, T::Contains),
    ("<", false, T::LessThan),
    (">", false, T::GreaterThan),
];

/// Compiles one condition.
///
/// # Errors
/// [`FilterError`] says what cannot be read.
pub fn parse(condition: &str) -> Result<UserSearchCriteria, FilterError> {
    let condition = condition.trim();
    if condition.is_empty() {
        return Err(FilterError::Empty);
    }
    let name_end = condition
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '_' | '-')))
        .unwrap_or(condition.len());
    if name_end == 0 {
        let name = condition.strip_prefix('!').map(str::trim);
        return match name {
            Some(name) if !name.is_empty() => Ok(criterion(name, T::RequiredFields, true, vec![])?),
            _ => Err(FilterError::NoField(condition.to_owned())),
        };
    }
    let (name, rest) = condition.split_at(name_end);
    let rest = rest.trim_start();
    if rest.is_empty() {
        return criterion(name, T::RequiredFields, false, vec![]);
    }
    for (operator, negated, type_) in OPERATORS {
        if let Some(value) = rest.strip_prefix(operator) {
            if type_ == T::Exact && value.trim() == NONE {
                return criterion(name, T::RequiredFields, !negated, vec![]);
            }
            let (value, after) = value_of(value.trim(), false, condition)?;
            if !after.is_empty() {
                return Err(FilterError::Quotes(condition.to_owned()));
            }
            let Some(value) = value else {
                return Err(no_value(condition, name)?);
            };
            return criterion(name, type_, negated, vec![value]);
        }
    }
    let lower = rest.to_ascii_lowercase();
    for (word, negated) in [("not in ", true), ("in ", false)] {
        if lower.starts_with(word) {
            let values = list(&rest[word.len()..], condition)?;
            if values.is_empty() {
                return Err(no_value(condition, name)?);
            }
            return criterion(name, T::Exact, negated, values);
        }
    }
    // What stands here is no operator: "departmnt Sales" had better be told the name is wrong.
    Field::parse_any(name)?;
    Err(no_value(condition, name)?)
}

/// Compiles several conditions, all of which must hold.
///
/// # Errors
/// As [`parse`], for the first that cannot be read.
pub fn parse_all<S: AsRef<str>>(conditions: &[S]) -> Result<Vec<UserSearchCriteria>, FilterError> {
    conditions.iter().map(|one| parse(one.as_ref())).collect()
}

fn criterion(
    name: &str,
    type_: T,
    negated: bool,
    mut values: Vec<String>,
) -> Result<UserSearchCriteria, FilterError> {
    let fields = Field::parse_any(name)?;
    let path = match fields {
        [one] => one.path(),
        // An alias keeps its name: search knows it as well.
        fields => alias_of(fields),
    };
    let value = (values.len() == 1).then(|| values.remove(0));
    Ok(UserSearchCriteria {
        type_: Some(type_.name().to_owned()),
        fields: vec![path.to_owned()],
        value,
        values,
        operator: negated.then(|| "NOT".to_owned()),
        ..UserSearchCriteria::default()
    })
}

fn alias_of(fields: &'static [Field]) -> &'static str {
    fields[0].path().split('.').next().unwrap_or_default()
}

fn no_value(condition: &str, name: &str) -> Result<FilterError, FilterError> {
    let fields = Field::parse_any(name)?;
    let name = if fields.len() == 1 {
        fields[0].path()
    } else {
        alias_of(fields)
    };
    Ok(FilterError::NoValue(condition.to_owned(), name))
}

/// The value at the start of `text` and what follows; in a list, it ends at a comma.
fn value_of<'t>(
    text: &'t str,
    in_list: bool,
    condition: &str,
) -> Result<(Option<String>, &'t str), FilterError> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = if in_list { text.find(',') } else { None }.unwrap_or(text.len());
        let value = text[..end].trim();
        return Ok(((!value.is_empty()).then(|| value.to_owned()), &text[end..]));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((Some(value), quoted[at + 1..].trim_start())),
            '\\' => match chars.next() {
                Some((_, c @ ('"' | '\\'))) => value.push(c),
                Some((_, c)) => value.extend(['\\', c]),
                None => break,
            },
            c => value.push(c),
        }
    }
    Err(FilterError::Quotes(condition.to_owned()))
}

fn list(text: &str, condition: &str) -> Result<Vec<String>, FilterError> {
    let mut values = Vec::new();
    let mut rest = text.trim();
    loop {
        let (value, after) = value_of(rest, true, condition)?;
        values.extend(value);
        rest = match after.strip_prefix(',') {
            Some(rest) => rest.trim_start(),
            None if after.is_empty() => return Ok(values),
            None => return Err(FilterError::Quotes(condition.to_owned())),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(condition: &str) -> String {
        match parse(condition) {
            Ok(c) => format!(
                "{}{} {} {:?} {:?}",
                c.operator.unwrap_or_default(),
                c.type_.unwrap(),
                c.fields.join("+"),
                c.value,
                c.values
            ),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn every_operator_becomes_a_criterion() {
        for (condition, expected) in [
            ("department=Sales", "EXACT department Some(\"Sales\") []"),
            (
                "Department = Sales EMEA ",
                "EXACT department Some(\"Sales EMEA\") []",
            ),
            (
                "department!=Sales",
                "NOTEXACT department Some(\"Sales\") []",
            ),
            ("name^=Jo", "STARTS_WITH name Some(\"Jo\") []"),
            ("name~a=b", "CONTAINS name Some(\"a=b\") []"),
            ("name!~x", "NOTCONTAINS name Some(\"x\") []"),
            (
                "state in active, inactive",
                "EXACT state None [\"active\", \"inactive\"]",
            ),
            (
                "state NOT IN deleted",
                "NOTEXACT state Some(\"deleted\") []",
            ),
            (
                r#"department in "Sales, EMEA",IT"#,
                "EXACT department None [\"Sales, EMEA\", \"IT\"]",
            ),
            (
                r#"title="say \"hi\" \\o""#,
                "EXACT title Some(\"say \\\"hi\\\" \\\\o\") []",
            ),
            ("version>=3", "GREATER_THAN_EQUAL_TO version Some(\"3\") []"),
            ("version<3", "LESS_THAN version Some(\"3\") []"),
            (
                "dateLastLogin<=2026-01-31",
                "LESS_THAN_EQUAL_TO dateLastLogin Some(\"2026-01-31\") []",
            ),
            ("manager", "REQUIRED_FIELDS manager None []"),
            ("!division", "NOTREQUIRED_FIELDS division None []"),
            ("department=(none)", "NOTREQUIRED_FIELDS department None []"),
            ("department!=(none)", "REQUIRED_FIELDS department None []"),
            ("department=\"\"", "EXACT department Some(\"\") []"),
        ] {
            assert_eq!(say(condition), expected, "{condition}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (condition, expected) in [
            ("", "the condition is empty, write it like department=Sales"),
            (
                "=x",
                "\"=x\" names no field, write it like department=Sales",
            ),
            ("!", "\"!\" names no field, write it like department=Sales"),
            (
                "departmnt=Sales",
                "unknown field \"departmnt\", nearest: department",
            ),
            (
                "department=",
                "\"department=\" has no value; write department alone for \"has a value\", !department for \"has none\"",
            ),
            (
                "name=\"x",
                "the quotes in \"name=\\\"x\" do not close at the end of a value",
            ),
            (
                "name=\"x\"y",
                "the quotes in \"name=\\\"x\\\"y\" do not close at the end of a value",
            ),
        ] {
            assert!(say(condition).starts_with(expected), "{}", say(condition));
        }
        assert!(say("division Sales").contains("has no value; write division"));
        assert!(say("state in ,").contains("has no value"));
    }
}
