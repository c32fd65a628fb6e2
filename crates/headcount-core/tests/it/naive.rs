//! Search as `docs/api.md` tells it, written a second time: slow, plain, over JSON values. It shares
//! nothing with the crate but the shape of a request.

use std::cmp::Ordering;

use headcount_core::wire::{UserSearchCriteria, UserSearchRequest};
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

const COLUMNS: [&str; 12] = [
    "id",
    "state",
    "name",
    "email",
    "username",
    "preferredName",
    "department",
    "title",
    "division.id",
    "division.name",
    "manager.id",
    "version",
];

fn kind(field: &str) -> &'static str {
    match field {
        "id" | "state" | "division.id" | "manager.id" | "employerInfo.employeeId" => "keyword",
        "version" | "skills.proficiency" => "number",
        "acdAutoAnswer" => "bool",
        "dateLastLogin" | "employerInfo.dateHire" => "date",
        _ => "text",
    }
}

fn members(field: &str) -> Vec<&str> {
    match field {
        "division" => vec!["division.id", "division.name"],
        "manager" => vec!["manager.id", "manager.name", "manager.email"],
        field => vec![field],
    }
}

fn fold(text: &str) -> String {
    text.to_lowercase().replace('ς', "σ")
}

fn words(text: &str) -> Vec<String> {
    fold(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The values of a field, alias or not.
fn values(org: &[Value], user: &Value, field: &str) -> Vec<String> {
    let raw: Vec<String> = match field {
        "manager.name" | "manager.email" => {
            let id = user["manager"]["id"].as_str().unwrap_or(" ");
            manager(org, id).map_or(vec![], |manager| values(org, manager, &field[8..]))
        }
        "version" => match &user["version"] {
            Value::String(text) => text.parse::<i64>().map_or(vec![], |n| vec![n.to_string()]),
            Value::Number(number) => number.as_i64().map_or(vec![], |n| vec![n.to_string()]),
            _ => vec![],
        },
        field if COLUMNS.contains(&field) => {
            let mut at = user;
            for name in field.split('.') {
                at = &at[name];
            }
            at.as_str().map_or(vec![], |text| vec![text.to_owned()])
        }
        field => {
            let mut level = vec![user];
            for name in field.split('.').map(Some).chain([None]) {
                let mut found = Vec::new();
                level
                    .into_iter()
                    .for_each(|value| flatten(value, name, &mut found));
                level = found;
            }
            level
                .into_iter()
                .filter_map(|value| match value {
                    Value::String(text) => Some(text.clone()),
                    Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
                    _ => None,
                })
                .collect()
        }
    };
    raw.into_iter()
        .filter(|value| !value.trim().is_empty())
        .collect()
}

/// The user of this id: to the letter or else, in another case, the first one by id.
pub(crate) fn manager<'o>(org: &'o [Value], id: &str) -> Option<&'o Value> {
    let of = |user: &'o Value| user["id"].as_str().unwrap_or_default();
    org.iter().find(|user| of(user) == id).or_else(|| {
        org.iter()
            .filter(|user| fold(of(user)) == fold(id))
            .min_by_key(|user| of(user))
    })
}

fn flatten<'v>(value: &'v Value, name: Option<&str>, found: &mut Vec<&'v Value>) {
    match (value, name) {
        (Value::Array(items), _) => items.iter().for_each(|item| flatten(item, name, found)),
        (value, Some(name)) => found.extend(value.get(name)),
        (value, None) => found.push(value),
    }
}

/// First and last instant of a date, as the test org writes them.
fn date(text: &str) -> Option<(Timestamp, Timestamp)> {
    if text.len() == 10 {
        let start: Timestamp = format!("{text}T00:00:00Z").parse().ok()?;
        return Some((start, start + 24.hours() - 1.nanosecond()));
    }
    // No offset means UTC.
    let start: Timestamp = text.parse().or_else(|_| format!("{text}Z").parse()).ok()?;
    let unit = if text.contains('.') {
        1.millisecond()
    } else {
        1.second()
    };
    Some((start, start + unit - 1.nanosecond()))
}

fn equal(kind: &str, asked: &str, value: &str) -> bool {
    if kind == "number"
        && let (Ok(a), Ok(b)) = (asked.trim().parse::<f64>(), value.trim().parse::<f64>())
    {
        return a == b;
    }
    if kind == "date"
        && let (Some((from, to)), Some((at, _))) = (date(asked), date(value))
    {
        return from <= at && at <= to;
    }
    fold(asked) == fold(value)
}

/// Where `value` stands against the edge: before, on it, behind it. `None`: cannot be compared.
fn place(kind: &str, value: &str, edge: &str) -> Option<Ordering> {
    match kind {
        "number" => value
            .trim()
            .parse::<f64>()
            .ok()?
            .partial_cmp(&edge.trim().parse::<f64>().ok()?),
        "date" => {
            let (at, (from, to)) = (date(value)?.0, date(edge)?);
            Some(if at < from {
                Ordering::Less
            } else if at > to {
                Ordering::Greater
            } else {
                Ordering::Equal
            })
        }
        _ => Some(fold(value).cmp(&fold(edge))),
    }
}

fn phrase(kind: &str, asked: &str, value: &str, prefix: bool) -> bool {
    let wanted = words(asked);
    if kind != "text" || wanted.is_empty() {
        return if prefix {
            fold(value).starts_with(&fold(asked))
        } else {
            equal(kind, asked, value)
        };
    }
    let has = words(value);
    (0..has.len()).any(|start| {
        wanted.iter().enumerate().all(|(at, word)| {
            has.get(start + at).is_some_and(|is| {
                if prefix && at + 1 == wanted.len() {
                    is.starts_with(word)
                } else {
                    is == word
                }
            })
        })
    })
}

fn query_string(text: &str, test: &dyn Fn(Option<&str>, &str, bool) -> bool) -> bool {
    // Cut at spaces outside quotes.
    let mut items = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        if c == '"' {
            quoted = !quoted;
        }
        if c.is_whitespace() && !quoted {
            items.push(String::new());
        } else if let Some(last) = items.last_mut() {
            last.push(c);
        }
    }
    let mut any: Vec<Vec<bool>> = vec![vec![]];
    let mut not = false;
    for item in items.iter().filter(|item| !item.is_empty()) {
        match item.as_str() {
            "OR" => any.push(vec![]),
            "AND" => {}
            "NOT" => not = !not,
            item => {
                let (minus, item) = item
                    .strip_prefix('-')
                    .map_or((false, item), |rest| (true, rest));
                // What stands before a colon and names no field is text.
                let (field, item) = match item.split_once(':') {
                    Some((name, rest)) if crate::org::FIELDS.contains(&name) => (Some(name), rest),
                    _ => (None, item),
                };
                let (item, prefix) = match item.strip_suffix('*') {
                    Some(start) if !item.starts_with('"') => (start.to_owned(), true),
                    _ => (item.replace('"', ""), false),
                };
                let asks = item.is_empty() && prefix || !words(&item).is_empty();
                if asks && let Some(last) = any.last_mut() {
                    last.push(test(field, &item, prefix) != (not ^ minus));
                }
                not = false;
            }
        }
    }
    any.retain(|all| !all.is_empty());
    any.is_empty() || any.iter().any(|all| all.iter().all(|holds| *holds))
}

fn one(org: &[Value], user: &Value, criterion: &UserSearchCriteria) -> bool {
    let own = criterion.group.is_empty()
        || !criterion.fields.is_empty()
        || criterion.value.is_some()
        || !criterion.values.is_empty();
    (!own || test(org, user, criterion))
        && (criterion.group.is_empty() || list(org, user, &criterion.group))
}

fn test(org: &[Value], user: &Value, criterion: &UserSearchCriteria) -> bool {
    let type_ = criterion.type_.as_deref().unwrap_or_default();
    let fields: Vec<&str> = criterion
        .fields
        .iter()
        .flat_map(|field| members(field))
        .collect();
    let asked: Vec<&String> = criterion.value.iter().chain(&criterion.values).collect();
    let any = |fields: &[&str], holds: &dyn Fn(&str, &str) -> bool| {
        fields.iter().any(|field| {
            values(org, user, field)
                .iter()
                .any(|value| holds(kind(field), value))
        })
    };
    let any_asked = |holds: &dyn Fn(&str, &str, &str) -> bool| {
        any(&fields, &|kind, value| {
            asked.iter().any(|asked| holds(kind, asked, value))
        })
    };
    match type_ {
        "MATCH_ALL" => true,
        "REQUIRED_FIELDS" => criterion
            .fields
            .iter()
            .all(|field| any(&members(field), &|_, _| true)),
        "EXACT" => any_asked(&equal),
        "STARTS_WITH" => any_asked(&|_, asked, value| fold(value).starts_with(&fold(asked))),
        "CONTAINS" => any_asked(&|_, asked, value| fold(value).contains(&fold(asked))),
        "REGEX" => any_asked(&|_, asked, value| {
            regex::Regex::new(&format!("(?is)\\A(?:{asked})\\z"))
                .unwrap()
                .is_match(value)
        }),
        "TERM" | "TERMS" => any_asked(&|kind, asked, value| phrase(kind, asked, value, false)),
        "QUERY_STRING" => asked.iter().any(|text| {
            query_string(text, &|field, item, prefix| {
                let fields = match field {
                    Some(field) => members(field),
                    None if fields.is_empty() => {
                        vec!["name", "email", "username", "department", "title"]
                    }
                    None => fields.clone(),
                };
                any(&fields, &|kind, value| {
                    item.is_empty() || phrase(kind, item, value, prefix)
                })
            })
        }),
        "RANGE" => any(&fields, &|kind, value| {
            let edge = |edge: &Option<String>, out: Ordering| {
                edge.as_deref()
                    .is_none_or(|edge| place(kind, value, edge).is_some_and(|place| place != out))
            };
            edge(&criterion.start_value, Ordering::Less)
                && edge(&criterion.end_value, Ordering::Greater)
        }),
        _ => any_asked(&|kind, asked, value| {
            place(kind, value, asked).is_some_and(|place| match type_ {
                "LESS_THAN" => place.is_lt(),
                "LESS_THAN_EQUAL_TO" => place.is_le(),
                "GREATER_THAN" => place.is_gt(),
                "GREATER_THAN_EQUAL_TO" => place.is_ge(),
                type_ => panic!("{type_}"),
            })
        }),
    }
}

pub(crate) fn list(org: &[Value], user: &Value, criteria: &[UserSearchCriteria]) -> bool {
    let is =
        |criterion: &UserSearchCriteria, name: &str| criterion.operator.as_deref() == Some(name);
    let first_is_or = criteria.len() > 1
        && criteria[0].operator.is_none()
        && criteria[1..].iter().all(|criterion| is(criterion, "OR"));
    let mut alternatives = Vec::new();
    for (index, criterion) in criteria.iter().enumerate() {
        let holds = one(org, user, criterion);
        if is(criterion, "OR") || (index == 0 && first_is_or) {
            alternatives.push(holds);
        } else if holds == is(criterion, "NOT") {
            return false;
        }
    }
    alternatives.is_empty() || alternatives.contains(&true)
}

fn asks_state(criteria: &[UserSearchCriteria]) -> bool {
    criteria.iter().any(|criterion| {
        let named = criterion.fields.iter().any(|field| field == "state");
        let own = match criterion.type_.as_deref() {
            Some("MATCH_ALL") => false,
            Some("QUERY_STRING") => query_asks_state(criterion, named),
            _ => named,
        };
        own || asks_state(&criterion.group)
    })
}

/// Whether an item of a query string is put to `state`, by its prefix or by the criterion's fields.
fn query_asks_state(criterion: &UserSearchCriteria, named: bool) -> bool {
    let asked = std::cell::Cell::new(false);
    for text in criterion.value.iter().chain(&criterion.values) {
        query_string(text, &|field, _, _| {
            asked.set(asked.get() || field.map_or(named, |field| field == "state"));
            true
        });
    }
    asked.get()
}

pub(crate) fn matching<'o>(
    org: &'o [Value],
    request: &UserSearchRequest,
    any_state: bool,
) -> Vec<&'o Value> {
    let only_active = !any_state && !asks_state(&request.query);
    org.iter()
        .filter(|user| {
            !only_active
                || user["state"]
                    .as_str()
                    .is_some_and(|s| s.to_lowercase() == "active")
        })
        .filter(|user| list(org, user, &request.query))
        .collect()
}

/// Puts users in order; `score` is asked for the order `SCORE`.
pub(crate) fn sort(
    org: &[Value],
    users: &mut [&Value],
    request: &UserSearchRequest,
    score: &dyn Fn(&Value) -> u32,
) {
    let keys: Vec<(Option<String>, Option<String>)> = if request.sort.is_empty() {
        vec![(request.sort_by.clone(), request.sort_order.clone())]
    } else {
        request
            .sort
            .iter()
            .map(|sort| (sort.sort_by.clone(), sort.sort_order.clone()))
            .collect()
    };
    let id = |user: &Value| user["id"].as_str().unwrap_or_default().to_owned();
    users.sort_by(|a, b| {
        // An entry that names neither field nor order asks nothing.
        for (by, order) in keys
            .iter()
            .filter(|(by, order)| by.is_some() || order.is_some())
        {
            let order = order.as_deref().unwrap_or("ASC");
            if order == "SCORE" {
                let by_score = score(b).cmp(&score(a));
                if by_score.is_ne() {
                    return by_score;
                }
                continue;
            }
            let field = match by.as_deref().unwrap_or("id") {
                "division" => "division.name",
                "manager" => "manager.name",
                field => field,
            };
            let down = order.starts_with("DESC") || order == "descending";
            let compare = |a: &String, b: &String| match kind(field) {
                "date" => date(a).unwrap().0.cmp(&date(b).unwrap().0),
                kind => place(kind, a, b).unwrap(),
            };
            let key = |user: &Value| {
                let mut of: Vec<String> = values(org, user, field);
                of.retain(|value| match kind(field) {
                    "date" => date(value).is_some(),
                    "number" => value.trim().parse::<f64>().is_ok(),
                    _ => true,
                });
                of.sort_by(compare);
                if down {
                    of.pop()
                } else {
                    of.into_iter().next()
                }
            };
            let by_key = match (key(a), key(b)) {
                (None, None) => Ordering::Equal,
                (None, _) => Ordering::Greater,
                (_, None) => Ordering::Less,
                (Some(a), Some(b)) if down => compare(&b, &a),
                (Some(a), Some(b)) => compare(&a, &b),
            };
            if by_key.is_ne() {
                return by_key;
            }
        }
        fold(&id(a))
            .cmp(&fold(&id(b)))
            .then_with(|| id(a).cmp(&id(b)))
    });
}

/// What a user is counted under: the name of a field, `division` or `manager`.
pub(crate) fn label(org: &[Value], user: &Value, by: &str) -> String {
    let first = |user: &Value, field: &str| values(org, user, field).into_iter().next();
    let label = match by {
        "division" => match first(user, "division.id") {
            None => first(user, "division.name"),
            Some(id) => {
                let mut names: Vec<String> = org
                    .iter()
                    .filter(|other| first(other, "division.id").as_ref() == Some(&id))
                    .filter_map(|other| first(other, "division.name"))
                    .collect();
                names.sort();
                // Of several that are as usual the first by name: the last of the greatest is kept.
                let often = |name: &&String| names.iter().filter(|other| other == name).count();
                names.iter().rev().max_by_key(often).cloned().or(Some(id))
            }
        },
        "manager" => first(user, "manager.name").or_else(|| first(user, "manager.id")),
        field => Some(values(org, user, field).join(", ")).filter(|label| !label.is_empty()),
    };
    label.unwrap_or_else(|| "(none)".to_owned())
}
