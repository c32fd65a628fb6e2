//! Searches beyond state and id, user by user, as `headcount_core::search` understands them; their
//! results are kept for one revision of the org.

use std::cmp::Ordering;

use headcount_core::{
    search::{
        CriteriaError, DocumentView, Matcher, Sort, SortError, StateRule,
        sort::{SortKey, SortValue},
    },
    user::Attributes,
    wire::{UserSearchCriteria, UserSearchRequest},
};

use super::{Found, Refusal};
use crate::{
    org::{Org, Person, States},
    quirks::{self, DefaultState, Quirks},
};

/// A user that matches, and what it is sorted by.
struct Hit {
    seat: u32,
    keys: Vec<Option<SortValue>>,
    score: u32,
}

pub(super) fn find(
    org: &Org,
    request: &UserSearchRequest,
    query: &[UserSearchCriteria],
    quirks: &Quirks,
) -> Result<Found, Refusal> {
    let rule = match quirks.default_state {
        DefaultState::Active => StateRule::ActiveUnlessAsked,
        DefaultState::Any => StateRule::AnyState,
    };
    let matcher = Matcher::compile(query, rule).map_err(|error| criteria(&error))?;
    let sort = match quirks.sort {
        quirks::Sort::Honoured => Sort::compile(request).map_err(|error| order(&error))?,
        quirks::Sort::Ignored => Sort::default(),
    };
    let key = format!("{rule:?} {:?} {query:?} {:?}", quirks.sort, sort);
    let list = org.cached(&key, || matching(org, &matcher, &sort, quirks.sort));
    let end = list.len();
    Ok(Found {
        list,
        start: 0,
        end,
        backwards: false,
    })
}

fn matching(org: &Org, matcher: &Matcher, sort: &Sort, habit: quirks::Sort) -> Vec<u32> {
    let seats = org.list(States::ANY);
    let mut hits: Vec<Hit> = seats
        .iter()
        .filter_map(|&seat| hit(org, org.seat(seat)?, seat, matcher, sort))
        .collect();
    if habit == quirks::Sort::Ignored {
        hits.sort_unstable_by_key(|hit| hit.seat);
    } else {
        // Stable: ties stay in the order of ids.
        hits.sort_by(|a, b| compare(a, b, sort));
    }
    hits.into_iter().map(|hit| hit.seat).collect()
}

fn hit(org: &Org, person: &Person, seat: u32, matcher: &Matcher, sort: &Sort) -> Option<Hit> {
    let mut view = DocumentView::parse(person.document()).ok()?;
    let manager = view
        .attributes()
        .manager_id
        .as_deref()
        .and_then(|id| org.get(id));
    if let Some(manager) = manager.and_then(|manager| Attributes::parse(manager.document()).ok()) {
        view = view.with_manager(&manager);
    }
    if !matcher.matches(&view) {
        return None;
    }
    let keys = sort
        .keys
        .iter()
        .map(|key| match key {
            SortKey::Field { field, descending } => SortValue::of(&view, *field, *descending),
            SortKey::Score => None,
        })
        .collect();
    Some(Hit {
        seat,
        keys,
        score: matcher.score(&view),
    })
}

fn compare(a: &Hit, b: &Hit, sort: &Sort) -> Ordering {
    for (at, key) in sort.keys.iter().enumerate() {
        let order = match (key, &a.keys[at], &b.keys[at]) {
            (SortKey::Score, ..) => b.score.cmp(&a.score),
            // Missing values come last either way.
            (_, None, None) => Ordering::Equal,
            (_, None, Some(_)) => Ordering::Greater,
            (_, Some(_), None) => Ordering::Less,
            (SortKey::Field { descending, .. }, Some(a), Some(b)) => {
                if *descending {
                    b.order(a)
                } else {
                    a.order(b)
                }
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn criteria(error: &CriteriaError) -> Refusal {
    let code = match error {
        CriteriaError::UnknownType(_) | CriteriaError::UnknownOperator(_) => "invalid.value",
        CriteriaError::UnknownField(_) => "invalid.property",
        CriteriaError::BadDate { .. } | CriteriaError::BadDateFormat { .. } => "invalid.date",
        _ => "constraint.validation",
    };
    Refusal::new(code, error.to_string())
}

fn order(error: &SortError) -> Refusal {
    let code = match error {
        SortError::Order(_) => "invalid.value",
        SortError::Field(_) => "invalid.property",
    };
    Refusal::new(code, error.to_string())
}
