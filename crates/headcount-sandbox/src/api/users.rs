//! `POST` and `GET /api/v2/users/search`.

use bytes::Bytes;
use headcount_core::wire::UserSearchRequest;
use hyper::Method;

use super::{Call, json_body, malformed, parameters};
use crate::{
    answer::Answer,
    fault::FaultKind,
    org::Person,
    q64,
    quirks::{NextPage, PageSize, PastEnd},
    search::{self, Refusal},
};

/// Rows per page if none are asked for (contract 7).
pub(super) const DEFAULT_SIZE: u64 = 25;

pub(super) fn search(call: &Call<'_>) -> Answer {
    let request = match read(call) {
        Ok(request) => request,
        Err(answer) => return *answer,
    };
    answer(call, &request).unwrap_or_else(|refusal| Answer::refused(&refusal, &call.context))
}

fn read(call: &Call<'_>) -> Result<UserSearchRequest, Box<Answer>> {
    if call.asked.method != Method::GET {
        return json_body(call);
    }
    let q64 = parameters(&call.asked.query)
        .into_iter()
        .find(|(name, _)| name == "q64");
    let (_, text) = q64.ok_or_else(|| malformed(call))?;
    headcount_core::search::q64::decode(&text.replace(' ', "+")).map_err(|_| malformed(call))
}

/// The size of page that is used, or why not.
pub(super) fn page_size(call: &Call<'_>, asked: Option<i64>) -> Result<u64, Refusal> {
    let quirks = &call.quirks;
    let size = match asked {
        None => return Ok(DEFAULT_SIZE.min(quirks.page_size_max)),
        Some(size) => u64::try_from(size).unwrap_or(0),
    };
    match quirks.page_size {
        PageSize::Ignored => Ok(DEFAULT_SIZE.min(quirks.page_size_max)),
        _ if size == 0 => Err(Refusal::new(
            "constraint.validation",
            "pageSize must be at least 1.",
        )),
        PageSize::Clamped => Ok(size.min(quirks.page_size_max)),
        PageSize::Honoured if size > quirks.page_size_max => {
            let message = format!("pageSize must be at most {}.", quirks.page_size_max);
            Err(Refusal::new("constraint.validation", message))
        }
        PageSize::Honoured => Ok(size),
    }
}

/// The number of the page, or why there is none.
pub(super) fn page_number(call: &Call<'_>, asked: Option<i64>, size: u64) -> Result<u64, Refusal> {
    let number = asked.unwrap_or(1);
    let number = u64::try_from(number).ok().filter(|number| *number > 0);
    let Some(number) = number else {
        return Err(Refusal::new(
            "constraint.validation",
            "pageNumber must be at least 1.",
        ));
    };
    if call
        .world
        .window
        .is_some_and(|window| number.saturating_mul(size) > window)
    {
        let window = call.world.window.unwrap_or_default();
        let message = format!("pageNumber * pageSize must be at most {window}.");
        return Err(Refusal::new("bad.request", message));
    }
    Ok(number)
}

fn answer(call: &Call<'_>, request: &UserSearchRequest) -> Result<Answer, Refusal> {
    let quirks = &call.quirks;
    let size = page_size(call, request.page_size)?;
    let number = page_number(call, request.page_number, size)?;
    let org = call.world.org();
    let found = search::find(&org, request, quirks)?;
    let matched = found.len() as u64;
    let total = jitter(
        call,
        quirks.total_cap.map_or(matched, |cap| matched.min(cap)),
    );
    let pages = total.div_ceil(size);
    if number > pages.max(1) && quirks.past_end == PastEnd::Refused {
        return Err(Refusal::new(
            "bad.request",
            format!("pageNumber must be at most {}.", pages.max(1)),
        ));
    }
    let at = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let skip = at((number - 1).saturating_mul(size));
    let shift = usize::from(call.fault == Some(FaultKind::ShiftedRow));
    let rows: Vec<&Person> = found
        .page(&org, skip.saturating_add(shift), at(size))
        .collect();
    let rows = spoil(call, rows);

    let mut body = String::with_capacity(
        rows.iter()
            .map(|row| row.document().len() + 1)
            .sum::<usize>()
            + 2048,
    );
    body.push_str(&format!(
        "{{\"total\":{total},\"pageCount\":{pages},\"pageSize\":{size},\"pageNumber\":{number},"
    ));
    links(call, request, size, number, pages, &mut body);
    body.push_str("\"types\":[\"users\"],\"results\":[");
    push_rows(&rows, &mut body);
    body.push_str("]}");
    Ok(Answer::json(200, Bytes::from(body)))
}

/// Links to this page and its neighbours.
fn links(
    call: &Call<'_>,
    request: &UserSearchRequest,
    size: u64,
    number: u64,
    pages: u64,
    body: &mut String,
) {
    let always = call.quirks.next_page == NextPage::Always;
    let link = |number: u64| {
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Payload<'a> {
            types: [&'a str; 1],
            #[serde(flatten)]
            request: UserSearchRequest,
            return_fields: [&'a str; 1],
            search_type: &'a str,
        }
        let mut request = request.clone();
        request.page_size = i64::try_from(size).ok();
        request.page_number = i64::try_from(number).ok();
        let payload = Payload {
            types: ["users"],
            request,
            return_fields: ["guid"],
            search_type: "QUERY_THEN_FETCH",
        };
        let json = serde_json::to_string(&payload).unwrap_or_default();
        format!("/api/v2/users/search?q64={}", q64::encode(&json))
    };
    if number > 1 || always {
        body.push_str(&format!(
            "\"previousPage\":\"{}\",",
            link(number.saturating_sub(1).max(1))
        ));
    }
    body.push_str(&format!("\"currentPage\":\"{}\",", link(number)));
    if number < pages || always {
        body.push_str(&format!("\"nextPage\":\"{}\",", link(number + 1)));
    }
}

pub(super) fn push_rows(rows: &[&Person], body: &mut String) {
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            body.push(',');
        }
        body.push_str(row.document());
    }
}

/// A total that does not hold still, if that is the fault.
pub(super) fn jitter(call: &Call<'_>, total: u64) -> u64 {
    if call.fault == Some(FaultKind::TotalJitter) {
        // 1 to 3 more or less.
        let by = call.world.pick(6) as u64;
        return if by < 3 {
            total + by + 1
        } else {
            total.saturating_sub(by - 2)
        };
    }
    total
}

/// Rows doubled, missing or cut off, if that is the fault.
pub(super) fn spoil<'a>(call: &Call<'_>, mut rows: Vec<&'a Person>) -> Vec<&'a Person> {
    let Some(fault) = call.fault else { return rows };
    match fault {
        FaultKind::EmptyPage => rows.clear(),
        FaultKind::ShortPage => rows.truncate(rows.len() / 2),
        FaultKind::MissingRow if !rows.is_empty() => {
            rows.remove(call.world.pick(rows.len()));
        }
        FaultKind::DoubledRow if rows.len() > 1 => {
            let at = call.world.pick(rows.len() - 1);
            let row = rows[at];
            rows.insert(at, row);
            rows.pop();
        }
        _ => {}
    }
    rows
}
