//! Which users a search finds, in which order. What a sync asks (state, ids, order by id) is
//! answered from the sorted list of ids; all else user by user.

mod slow;

use std::sync::Arc;

use headcount_core::wire::{UserSearchCriteria, UserSearchRequest};

use crate::{
    org::{Org, Person, State, States},
    quirks::{Criterion, DefaultState, Quirks, Sort},
};

/// Criteria in one query, and values in one criterion, at most (contract 7).
const MOST_CRITERIA: usize = 10;
const MOST_VALUES: usize = 50;

/// A search that is answered with 400: machine code and message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// The users that were found: a part of a list of seats, perhaps backwards.
pub(crate) struct Found {
    list: Arc<Vec<u32>>,
    start: usize,
    end: usize,
    backwards: bool,
}

impl Found {
    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }

    /// `count` users from place `skip` on.
    pub(crate) fn page<'a>(
        &'a self,
        org: &'a Org,
        skip: usize,
        count: usize,
    ) -> impl Iterator<Item = &'a Person> {
        let from = skip.min(self.len());
        let to = skip.saturating_add(count).min(self.len());
        (from..to).filter_map(move |place| {
            let at = if self.backwards {
                self.end - 1 - place
            } else {
                self.start + place
            };
            org.seat(self.list[at])
        })
    }
}

/// What a search asks of state and id.
struct Cut {
    states: Option<States>,
    /// Ids from here on.
    from: Option<String>,
    /// Ids below this one.
    below: Option<String>,
    ids: Option<Vec<String>>,
}

impl Cut {
    fn raise(&mut self, from: String) {
        if self.from.as_ref().is_none_or(|now| *now < from) {
            self.from = Some(from);
        }
    }
    fn lower(&mut self, below: String) {
        if self.below.as_ref().is_none_or(|now| *now > below) {
            self.below = Some(below);
        }
    }
}

/// Finds the users that a request asks for, on all pages.
pub(crate) fn find(
    org: &Org,
    request: &UserSearchRequest,
    quirks: &Quirks,
) -> Result<Found, Refusal> {
    limits(&request.query)?;
    let query = apply_quirks(&request.query, quirks)?;
    let Some(query) = query else {
        return Ok(Found {
            list: Arc::default(),
            start: 0,
            end: 0,
            backwards: false,
        });
    };
    let by_id = order(request)?;
    if let (Some(backwards), Some(cut)) = (by_id, simple(org, &query)) {
        return Ok(cut_list(org, cut, backwards, quirks));
    }
    slow::find(org, request, &query, quirks)
}

fn limits(query: &[UserSearchCriteria]) -> Result<(), Refusal> {
    if query.len() > MOST_CRITERIA {
        return Err(Refusal::new(
            "constraint.validation",
            format!("A query takes at most {MOST_CRITERIA} criteria."),
        ));
    }
    for criterion in query {
        if criterion.values.len() > MOST_VALUES {
            return Err(Refusal::new(
                "constraint.validation",
                format!("A criterion takes at most {MOST_VALUES} values."),
            ));
        }
        limits(&criterion.group)?;
    }
    Ok(())
}

/// The query as this org understands it; `None` if it matches nobody.
fn apply_quirks(
    query: &[UserSearchCriteria],
    quirks: &Quirks,
) -> Result<Option<Vec<UserSearchCriteria>>, Refusal> {
    let mut kept = Vec::with_capacity(query.len());
    for criterion in query {
        let kind = kind(criterion);
        let habit = if criterion
            .fields
            .iter()
            .any(|field| field.eq_ignore_ascii_case("id"))
        {
            match &*kind {
                "STARTS_WITH" => quirks.id_prefix,
                "RANGE"
                | "GREATER_THAN"
                | "GREATER_THAN_EQUAL_TO"
                | "LESS_THAN"
                | "LESS_THAN_EQUAL_TO" => quirks.id_comparison,
                _ => Criterion::Allowed,
            }
        } else {
            Criterion::Allowed
        };
        match habit {
            Criterion::Allowed => kept.push(criterion.clone()),
            Criterion::Ignored => {}
            Criterion::Nothing => return Ok(None),
            Criterion::Refused => {
                return Err(Refusal::new(
                    "invalid.value",
                    format!(
                        "Value [{kind}] is not valid for field type [id]. Allowable values are: EXACT, TERM, TERMS"
                    ),
                ));
            }
        }
    }
    Ok(Some(kept))
}

/// Some(backwards) for an order by id, or none asked for; None for another order.
fn order(request: &UserSearchRequest) -> Result<Option<bool>, Refusal> {
    let keys: Vec<(Option<&str>, Option<&str>)> = if request.sort.is_empty() {
        vec![(request.sort_by.as_deref(), request.sort_order.as_deref())]
    } else {
        request
            .sort
            .iter()
            .map(|key| (key.sort_by.as_deref(), key.sort_order.as_deref()))
            .collect()
    };
    for (_, order) in &keys {
        if let Some(order) = order
            && !["ASC", "DESC", "SCORE", "ASCENDING", "DESCENDING"]
                .contains(&order.to_ascii_uppercase().as_str())
        {
            return Err(Refusal::new(
                "invalid.value",
                format!(
                    "Value [{order}] is not valid for field type [sortOrder]. Allowable values are: ASC, DESC, SCORE"
                ),
            ));
        }
    }
    let descends = |order: Option<&str>| {
        order.is_some_and(|order| order.to_ascii_uppercase().starts_with("DESC"))
    };
    Ok(match keys.first() {
        None | Some((None, _)) => Some(false),
        Some((Some(field), order)) if field.eq_ignore_ascii_case("id") => Some(descends(*order)),
        _ => None,
    })
}

/// Reads a query that asks nothing but states and ids, joined by AND.
fn simple(org: &Org, query: &[UserSearchCriteria]) -> Option<Cut> {
    let mut cut = Cut {
        states: None,
        from: None,
        below: None,
        ids: None,
    };
    for criterion in query {
        let joined = criterion
            .operator
            .as_deref()
            .is_none_or(|operator| operator.eq_ignore_ascii_case("AND"));
        let [field] = &criterion.fields[..] else {
            return None;
        };
        if !joined || !criterion.group.is_empty() {
            return None;
        }
        let kind = kind(criterion);
        let values = || {
            criterion
                .value
                .iter()
                .chain(&criterion.values)
                .map(String::as_str)
        };
        if field.eq_ignore_ascii_case("state") && kind == "EXACT" {
            let states = values()
                .filter_map(State::parse)
                .fold(States::NONE, States::with);
            cut.states = Some(cut.states.unwrap_or(States::ANY).and(states));
        } else if field.eq_ignore_ascii_case("id") {
            simple_id(org, criterion, &kind, &mut cut)?;
        } else {
            return None;
        }
    }
    Some(cut)
}

fn simple_id(org: &Org, criterion: &UserSearchCriteria, kind: &str, cut: &mut Cut) -> Option<()> {
    let fold = |text: &str| org.fold(text);
    let value = || criterion.value.as_deref().map(fold);
    // The least string behind all that begin with, or equal, this one.
    let behind = |text: String| text + "\0";
    match kind {
        "EXACT" => {
            let ids: Vec<String> = criterion
                .value
                .iter()
                .chain(&criterion.values)
                .map(|id| fold(id))
                .collect();
            if cut.ids.replace(ids).is_some() {
                return None;
            }
        }
        "STARTS_WITH" if criterion.values.is_empty() => {
            let prefix = value()?;
            cut.lower(format!("{prefix}\u{10ffff}"));
            cut.raise(prefix);
        }
        "GREATER_THAN" => cut.raise(behind(value()?)),
        "GREATER_THAN_EQUAL_TO" => cut.raise(value()?),
        "LESS_THAN" => cut.lower(value()?),
        "LESS_THAN_EQUAL_TO" => cut.lower(behind(value()?)),
        "RANGE" => {
            if let Some(start) = criterion.start_value.as_deref() {
                cut.raise(fold(start));
            }
            if let Some(end) = criterion.end_value.as_deref() {
                cut.lower(behind(fold(end)));
            }
        }
        _ => return None,
    }
    Some(())
}

fn cut_list(org: &Org, cut: Cut, backwards: bool, quirks: &Quirks) -> Found {
    let default = match quirks.default_state {
        DefaultState::Active => States::only(State::Active),
        DefaultState::Any => States::ANY,
    };
    let list = org.list(cut.states.unwrap_or(default));
    let place =
        |bound: &str| list.partition_point(|&seat| org.seat(seat).map_or("", Person::id) < bound);
    let start = cut.from.as_deref().map_or(0, place);
    let end = cut.below.as_deref().map_or(list.len(), place).max(start);
    let (list, start, end) = match cut.ids {
        None => (list, start, end),
        Some(ids) => {
            let mut places: Vec<usize> = ids
                .iter()
                .filter_map(|id| {
                    list.binary_search_by(|&seat| org.seat(seat).map_or("", Person::id).cmp(id))
                        .ok()
                })
                .filter(|place| (start..end).contains(place))
                .collect();
            places.sort_unstable();
            places.dedup();
            let seats: Vec<u32> = places.into_iter().map(|place| list[place]).collect();
            let end = seats.len();
            (Arc::new(seats), 0, end)
        }
    };
    if quirks.sort == Sort::Ignored {
        // The order in which people joined, which says nothing about their ids.
        let mut seats = list[start..end].to_vec();
        seats.sort_unstable();
        let end = seats.len();
        return Found {
            list: Arc::new(seats),
            start: 0,
            end,
            backwards: false,
        };
    }
    Found {
        list,
        start,
        end,
        backwards,
    }
}

pub(super) fn kind(criterion: &UserSearchCriteria) -> String {
    criterion
        .type_
        .as_deref()
        .unwrap_or_default()
        .to_ascii_uppercase()
}
