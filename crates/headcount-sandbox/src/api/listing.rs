//! `GET /api/v2/users`, `GET /api/v2/users/query` and `GET /api/v2/users/{id}`.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;

use super::{
    Call, parameters,
    users::{jitter, page_number, page_size, push_rows, spoil},
};
use crate::{
    answer::Answer,
    fault::FaultKind,
    org::{Org, Person, State, States},
    quirks::Cursor,
    search::Refusal,
};

/// Parameters of a listing.
struct Wanted {
    states: States,
    descends: bool,
    size: u64,
    ids: Option<Vec<String>>,
    number: Option<i64>,
    cursor: Option<String>,
    /// What a link to another page repeats.
    repeated: String,
}

impl Wanted {
    fn read(call: &Call<'_>) -> Result<Self, Refusal> {
        let mut wanted = Self {
            states: States::only(State::Active),
            descends: false,
            size: 0,
            ids: None,
            number: None,
            cursor: None,
            repeated: String::new(),
        };
        let mut size = None;
        let bad = |value: &str, name: &str, allowed: &str| {
            Refusal::new(
                "invalid.query.param.value",
                format!(
                    "Value [{value}] is not valid for parameter [{name}]. Allowable values are: {allowed}"
                ),
            )
        };
        for (name, value) in parameters(&call.asked.query) {
            match name.as_str() {
                "pageSize" => {
                    size = Some(
                        value
                            .parse()
                            .map_err(|_| bad(&value, &name, "whole numbers"))?,
                    )
                }
                "pageNumber" => {
                    wanted.number = Some(
                        value
                            .parse()
                            .map_err(|_| bad(&value, &name, "whole numbers"))?,
                    )
                }
                "cursor" => wanted.cursor = Some(value).filter(|cursor| !cursor.is_empty()),
                "sortOrder" => {
                    wanted.descends = match value.to_ascii_lowercase().as_str() {
                        "asc" | "ascending" | "" => false,
                        "desc" | "descending" => true,
                        _ => return Err(bad(&value, &name, "ascending, descending")),
                    };
                }
                "state" => {
                    wanted.states = match State::parse(&value) {
                        Some(state) => States::only(state),
                        None if value.eq_ignore_ascii_case("any") => States::ANY,
                        None => return Err(bad(&value, &name, "active, inactive, deleted, any")),
                    };
                }
                "id" => {
                    let ids = wanted.ids.get_or_insert_default();
                    ids.extend(
                        value
                            .split(',')
                            .filter(|id| !id.is_empty())
                            .map(str::to_owned),
                    );
                }
                _ => continue,
            }
        }
        wanted.size = page_size(call, size)?;
        for pair in call.asked.query.split('&') {
            if ["state=", "sortOrder=", "id=", "expand="]
                .iter()
                .any(|name| pair.starts_with(name))
            {
                wanted.repeated.push('&');
                wanted.repeated.push_str(pair);
            }
        }
        Ok(wanted)
    }
}

/// `GET /api/v2/users`: pages by number.
pub(super) fn list(call: &Call<'_>) -> Answer {
    pages(call).unwrap_or_else(|refusal| Answer::refused(&refusal, &call.context))
}

fn pages(call: &Call<'_>) -> Result<Answer, Refusal> {
    let wanted = Wanted::read(call)?;
    let number = page_number(call, wanted.number, wanted.size)?;
    let org = call.world.org();
    let list = org.list(wanted.states);
    let chosen: Option<Vec<&Person>> = wanted.ids.as_ref().map(|ids| {
        let known = ids.iter().filter_map(|id| org.get(&org.fold(id)));
        known
            .filter(|person| wanted.states.holds(person.state()))
            .collect()
    });
    let matched = chosen.as_ref().map_or(list.len(), Vec::len);
    let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let shift = usize::from(call.fault == Some(FaultKind::ShiftedRow));
    let skip = at((number - 1).saturating_mul(wanted.size)).saturating_add(shift);
    let rows: Vec<&Person> = (skip..skip.saturating_add(at(wanted.size)).min(matched.max(skip)))
        .map(|place| {
            if wanted.descends {
                matched - 1 - place
            } else {
                place
            }
        })
        .filter_map(|place| match &chosen {
            Some(chosen) => chosen.get(place).copied(),
            None => org.seat(list[place]),
        })
        .collect();
    let rows = spoil(call, rows);
    let total = jitter(call, matched as u64);
    let count = total.div_ceil(wanted.size);
    let size = wanted.size;
    let link = |name: &str, page: u64| {
        format!(
            "\"{name}\":\"/api/v2/users?pageSize={size}&pageNumber={page}{}\",",
            json_safe(&wanted.repeated)
        )
    };
    let mut body = String::from("{\"entities\":[");
    push_rows(&rows, &mut body);
    body.push_str(&format!(
        "],\"pageSize\":{size},\"pageNumber\":{number},\"total\":{total},"
    ));
    body.push_str(&link("firstUri", 1));
    body.push_str(&link("lastUri", count.max(1)));
    body.push_str(&link("selfUri", number));
    if number > 1 {
        body.push_str(&link("previousUri", number - 1));
    }
    if number < count {
        body.push_str(&link("nextUri", number + 1));
    }
    body.push_str(&format!("\"pageCount\":{count}}}"));
    Ok(Answer::json(200, Bytes::from(body)))
}

/// `GET /api/v2/users/query`: pages by cursor.
pub(super) fn query(call: &Call<'_>) -> Answer {
    cursor(call).unwrap_or_else(|refusal| Answer::refused(&refusal, &call.context))
}

fn cursor(call: &Call<'_>) -> Result<Answer, Refusal> {
    let wanted = Wanted::read(call)?;
    let place = match &wanted.cursor {
        None => None,
        Some(cursor) => Some(
            read_cursor(cursor)
                .ok_or_else(|| Refusal::new("bad.request", "The cursor is not valid."))?,
        ),
    };
    let org = call.world.org();
    let size = usize::try_from(wanted.size).unwrap_or(usize::MAX);
    let shift = usize::from(call.fault == Some(FaultKind::ShiftedRow));
    // One more than a page tells whether there is another.
    let mut rows = match call.quirks.cursor {
        Cursor::Unordered => by_seat(&org, &wanted, place.as_deref(), shift, size + 1),
        habit => {
            let list = org.list(wanted.states);
            let start = match (&place, habit) {
                (None, _) => 0,
                (Some(place), Cursor::ByOffset) => place.parse().unwrap_or(0),
                (Some(id), _) if wanted.descends => {
                    list.len()
                        - list.partition_point(|&seat| {
                            org.seat(seat).map_or("", Person::id) < id.as_str()
                        })
                }
                (Some(id), _) => list
                    .partition_point(|&seat| org.seat(seat).map_or("", Person::id) <= id.as_str()),
            };
            let start = start.saturating_add(shift).min(list.len());
            let end = start.saturating_add(size + 1).min(list.len());
            (start..end)
                .map(|at| {
                    if wanted.descends {
                        list[list.len() - 1 - at]
                    } else {
                        list[at]
                    }
                })
                .filter_map(|seat| Some((seat, org.seat(seat)?)))
                .collect::<Vec<_>>()
        }
    };
    let more = rows.len() > size;
    rows.truncate(size);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|(seat, person)| match call.quirks.cursor {
            Cursor::Unordered => seat.to_string(),
            Cursor::ByOffset => {
                let before = place
                    .as_deref()
                    .and_then(|place| place.parse::<usize>().ok())
                    .unwrap_or(0);
                (before + rows.len()).to_string()
            }
            _ => person.id().to_owned(),
        });
    let people = spoil(call, rows.into_iter().map(|(_, person)| person).collect());
    let mut body = String::from("{\"entities\":[");
    push_rows(&people, &mut body);
    body.push_str(&format!(
        "],\"results\":{},\"selfUri\":\"/api/v2/users/query\"",
        people.len()
    ));
    if let Some(next) = next {
        let cursor = BASE64_URL_SAFE_NO_PAD.encode(next);
        body.push_str(&format!(
            ",\"cursor\":\"{cursor}\",\"nextUri\":\"/api/v2/users/query?cursor={cursor}&pageSize={}{}\"",
            wanted.size,
            json_safe(&wanted.repeated)
        ));
    }
    body.push('}');
    Ok(Answer::json(200, Bytes::from(body)))
}

/// Users in the order in which they joined, after the seat that the cursor names.
fn by_seat<'a>(
    org: &'a Org,
    wanted: &Wanted,
    place: Option<&str>,
    shift: usize,
    count: usize,
) -> Vec<(u32, &'a Person)> {
    let after: u32 = place
        .and_then(|place| place.parse::<u32>().ok())
        .map_or(0, |seat| seat.saturating_add(1));
    (after..org.seats())
        .filter_map(|seat| Some((seat, org.seat(seat)?)))
        .filter(|(_, person)| wanted.states.holds(person.state()))
        .skip(shift)
        .take(count)
        .collect()
}

fn read_cursor(cursor: &str) -> Option<String> {
    String::from_utf8(
        BASE64_URL_SAFE_NO_PAD
            .decode(cursor.trim_end_matches('='))
            .ok()?,
    )
    .ok()
}

/// Text of a query that can stand in a JSON string as it is.
fn json_safe(text: &str) -> String {
    text.replace(['"', '\\'], "")
}

/// `GET /api/v2/users/{id}`.
pub(super) fn one(call: &Call<'_>) -> Answer {
    let id = call
        .asked
        .path
        .trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let org = call.world.org();
    if id.len() != 36
        || !id
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    {
        return Answer::error(
            400,
            "invalid.id",
            "A non-UUID value was specified for an ID field.",
            &call.context,
        );
    }
    let deleted = parameters(&call.asked.query)
        .iter()
        .any(|(name, value)| name == "state" && value.eq_ignore_ascii_case("deleted"));
    match org
        .get(&org.fold(id))
        .filter(|person| (person.state() == State::Deleted) == deleted)
    {
        Some(person) => Answer::json(200, person.document().to_owned()),
        None => Answer::error(
            404,
            "not.found",
            "The requested resource was not found.",
            &call.context,
        ),
    }
}
