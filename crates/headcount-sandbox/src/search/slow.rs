//! Searches beyond state and id, user by user; their results are kept for one revision.

use headcount_core::{
    user::Attributes,
    wire::{UserSearchCriteria, UserSearchRequest},
};

use super::{Found, Refusal, kind};
use crate::{
    org::{Org, Person},
    quirks::{DefaultState, Quirks},
};

pub(super) fn find(
    org: &Org,
    request: &UserSearchRequest,
    query: &[UserSearchCriteria],
    quirks: &Quirks,
) -> Result<Found, Refusal> {
    for criterion in query {
        check(criterion)?;
    }
    let any_state = quirks.default_state == DefaultState::Any || query.iter().any(names_state);
    let key = format!(
        "{any_state} {:?} {:?} {:?} {query:?}",
        request.sort_by, request.sort_order, request.sort
    );
    let list = org.cached(&key, || {
        let mut found: Vec<(String, u32)> = Vec::new();
        for &seat in org.list(crate::org::States::ANY).iter() {
            let Some(person) = org.seat(seat) else {
                continue;
            };
            if (any_state || person.state() == crate::org::State::Active) && matches(person, query)
            {
                let by = request
                    .sort
                    .first()
                    .and_then(|key| key.sort_by.as_deref())
                    .or(request.sort_by.as_deref());
                found.push((
                    by.map_or_else(String::new, |field| {
                        field_of(person, field).unwrap_or_default()
                    }),
                    seat,
                ));
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0));
        let order = request
            .sort
            .first()
            .and_then(|key| key.sort_order.as_deref())
            .or(request.sort_order.as_deref());
        if order.is_some_and(|order| order.to_ascii_uppercase().starts_with("DESC")) {
            found.reverse();
        }
        found.into_iter().map(|(_, seat)| seat).collect()
    });
    let end = list.len();
    Ok(Found {
        list,
        start: 0,
        end,
        backwards: false,
    })
}

fn names_state(criterion: &UserSearchCriteria) -> bool {
    criterion
        .fields
        .iter()
        .any(|field| field.eq_ignore_ascii_case("state"))
        || criterion.group.iter().any(names_state)
}

const KINDS: [&str; 6] = [
    "EXACT",
    "STARTS_WITH",
    "CONTAINS",
    "TERM",
    "TERMS",
    "MATCH_ALL",
];

fn check(criterion: &UserSearchCriteria) -> Result<(), Refusal> {
    let kind = kind(criterion);
    if criterion.group.is_empty() && !KINDS.contains(&kind.as_str()) {
        return Err(Refusal::new(
            "invalid.value",
            format!(
                "Value [{kind}] is not valid for field type [type]. Allowable values are: {}",
                KINDS.join(", ")
            ),
        ));
    }
    criterion.group.iter().try_for_each(check)
}

fn matches(person: &Person, query: &[UserSearchCriteria]) -> bool {
    let operator = |criterion: &UserSearchCriteria| {
        criterion
            .operator
            .as_deref()
            .unwrap_or("AND")
            .to_ascii_uppercase()
    };
    let mut some_or = None;
    for criterion in query {
        let hit = if criterion.group.is_empty() {
            one(person, criterion)
        } else {
            matches(person, &criterion.group)
        };
        match operator(criterion).as_str() {
            "OR" => some_or = Some(some_or.unwrap_or(false) || hit),
            "NOT" if hit => return false,
            "AND" if !hit => return false,
            _ => {}
        }
    }
    some_or.unwrap_or(true)
}

fn one(person: &Person, criterion: &UserSearchCriteria) -> bool {
    let kind = kind(criterion);
    if kind == "MATCH_ALL" {
        return true;
    }
    criterion.fields.iter().any(|field| {
        let Some(text) = field_of(person, field).map(|text| text.to_lowercase()) else {
            return false;
        };
        criterion
            .value
            .iter()
            .chain(&criterion.values)
            .map(|value| value.to_lowercase())
            .any(|value| match kind.as_str() {
                "EXACT" => text == value,
                "STARTS_WITH" => text.starts_with(&value),
                "CONTAINS" => text.contains(&value),
                _ => text
                    .split(|letter: char| !letter.is_alphanumeric())
                    .any(|token| token == value),
            })
    })
}

fn field_of(person: &Person, field: &str) -> Option<String> {
    let user = Attributes::parse(person.document()).ok()?;
    let text = match field {
        "id" => Some(user.id),
        "state" => Some(user.state),
        "name" => user.name,
        "email" => user.email,
        "username" => user.username,
        "department" => user.department,
        "title" => user.title,
        _ => None,
    };
    text.map(|text| text.into_owned())
}
