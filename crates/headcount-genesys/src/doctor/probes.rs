//! The questions that `doctor` asks, one function each.

use std::time::Duration;

use headcount_core::{
    user::Attributes,
    wire::{UserSearchCriteria, UserSearchRequest},
};
use jiff::fmt::rfc2822;
use reqwest::Method;

use super::{Report, Weight};
use crate::{Answer, Client, Page, Upstream, UpstreamError, page::PageError, walk::names_id};

use Weight::{Good, Notice, Problem};

/// Largest page sizes to try, largest first (contract 7: 500 seen for `GET /users`, 100 safe).
const PAGE_SIZES: [u32; 3] = [500, 200, 100];
/// A clock further off than this makes tokens and `as-of` answers wrong.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(120);

/// Asks all questions.
pub(super) async fn run(
    client: &Client,
    now: Duration,
    report: &mut Report,
) -> Result<(), UpstreamError> {
    let known = match first_page(client, now, report).await {
        Ok(page) => page,
        Err(UpstreamError::Forbidden { code, .. }) => {
            report.add(
                "permission",
                Problem,
                format!("the search is forbidden: {code}"),
                Some("give a role with directory:user:view in all divisions to the OAuth client"),
            );
            return cursor(client, report).await;
        }
        Err(error) => return Err(error),
    };
    page_size(client, report).await?;
    window(client, &known, report).await?;
    default_state(client, &known, report).await?;
    id_prefix(client, &known, report).await?;
    id_comparison(client, &known, report).await?;
    cursor(client, report).await?;
    case_rules(client, &known, report).await
}

fn criterion(type_: &str, field: &str, values: &[&str]) -> UserSearchCriteria {
    let single = (values.len() == 1).then(|| values[0].to_owned());
    UserSearchCriteria {
        type_: Some(type_.to_owned()),
        fields: vec![field.to_owned()],
        values: if single.is_none() {
            values.iter().map(|&v| v.to_owned()).collect()
        } else {
            Vec::new()
        },
        value: single,
        operator: Some("AND".to_owned()),
        ..UserSearchCriteria::default()
    }
}

fn every_state() -> UserSearchCriteria {
    criterion("EXACT", "state", &["active", "inactive", "deleted"])
}

fn request(query: Vec<UserSearchCriteria>, page: i64, size: u32) -> UserSearchRequest {
    UserSearchRequest {
        page_size: Some(i64::from(size)),
        page_number: Some(page),
        sort_by: Some("id".to_owned()),
        sort_order: Some("ASC".to_owned()),
        query,
        ..UserSearchRequest::default()
    }
}

/// A search that may be refused: `None` then.
async fn try_search(
    client: &Client,
    request: &UserSearchRequest,
) -> Result<Option<Page>, UpstreamError> {
    match client.search(request).await {
        Ok(page) => Ok(Some(page)),
        Err(error) if error.is_refusal() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Permission, size, order, limits and clock, all from one answer.
async fn first_page(
    client: &Client,
    now: Duration,
    report: &mut Report,
) -> Result<Page, UpstreamError> {
    let body = serde_json::to_string(&request(vec![every_state()], 1, 25)).unwrap_or_default();
    let (page, allowed, date) = client
        .ask_with_headers(
            Method::POST,
            "/api/v2/users/search",
            Some(body),
            |body, headers| {
                let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
                let page = Page::from_search(body)?;
                let allowed =
                    text("inin-ratelimit-allowed").and_then(|text| text.parse::<u32>().ok());
                let date = text("date").and_then(|text| rfc2822::parse(text).ok());
                Ok::<_, PageError>((page, allowed, date.map(|date| date.timestamp())))
            },
        )
        .await?;
    let total = page.total.unwrap_or(0);
    report.add(
        "permission",
        Good,
        format!("the search is allowed and counts {total} users of all states"),
        None,
    );
    let ascends = page.ids().windows(2).all(|pair| pair[0] < pair[1]);
    if ascends {
        report.add("sort", Good, "sortBy id is obeyed", None);
    } else {
        report.add(
            "sort",
            Problem,
            "sortBy id is not obeyed",
            Some("the search can't be proved complete; sync will use the cursor listing"),
        );
    }
    match allowed {
        Some(allowed) => report.add(
            "limit",
            Good,
            format!("{allowed} requests a minute, reported with each answer"),
            None,
        ),
        None => report.add(
            "limit",
            Notice,
            "answers do not report the limit",
            Some("sync assumes 300 requests a minute; see --requests-per-minute"),
        ),
    }
    if let Some(date) = date {
        let here = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let off = here.abs_diff(date.as_second());
        if off > CLOCK_TOLERANCE.as_secs() {
            report.add(
                "clock",
                Problem,
                format!("the clock of this machine is {off} s off"),
                Some("set it by NTP: history is stamped with it"),
            );
        } else {
            report.add("clock", Good, "the clock agrees with upstream's", None);
        }
    }
    Ok(page)
}

/// The largest page size, and whether an odd one is used as asked.
async fn page_size(client: &Client, report: &mut Report) -> Result<(), UpstreamError> {
    let mut largest = None;
    for size in PAGE_SIZES {
        if let Some(page) = try_search(client, &request(vec![every_state()], 1, size)).await? {
            let used = page.page_size.unwrap_or(u64::from(size));
            largest = Some(u32::try_from(used).unwrap_or(size).min(size));
            break;
        }
    }
    let odd = try_search(client, &request(vec![every_state()], 1, 7)).await?;
    let honoured = odd.is_some_and(|page| {
        page.page_size.is_none_or(|used| used == 7)
            && page.len() as u64 == page.total.unwrap_or(0).min(7)
    });
    report.capabilities.largest_page = largest;
    report.capabilities.page_size_honoured = if honoured { Answer::Yes } else { Answer::No };
    match largest {
        Some(size) => report.add(
            "page-size",
            Good,
            format!("pages of {size} users are given"),
            None,
        ),
        None => report.add(
            "page-size",
            Notice,
            "pages of 100 users are refused",
            Some("give a smaller --page-size"),
        ),
    }
    if !honoured {
        report.add(
            "page-size-honoured",
            Notice,
            "an odd page size is not used as asked",
            Some(
                "overlapping pages are not possible here; sync uses another way, at more requests",
            ),
        );
    }
    Ok(())
}

/// Whether paging by number ends at 10,000 rows.
async fn window(client: &Client, known: &Page, report: &mut Report) -> Result<(), UpstreamError> {
    let total = known.total.unwrap_or(0);
    let beyond = try_search(client, &request(vec![every_state()], 101, 100)).await?;
    if beyond.is_none() {
        report.capabilities.window = Some(10_000);
        report.add(
            "window",
            Good,
            "pages past 10,000 users are refused; sync never asks for them",
            None,
        );
    } else {
        report.add("window", Good, "no refusal past 10,000 users was met", None);
    }
    if total == 10_000 {
        report.add(
            "total",
            Notice,
            "the total is exactly 10,000, which may be a cap",
            Some("sync counts by parts instead"),
        );
    }
    Ok(())
}

/// What a search without criteria means.
async fn default_state(
    client: &Client,
    known: &Page,
    report: &mut Report,
) -> Result<(), UpstreamError> {
    let plain = UserSearchRequest {
        page_size: Some(25),
        page_number: Some(1),
        ..UserSearchRequest::default()
    };
    let plain = try_search(client, &plain).await?;
    let active = criterion("EXACT", "state", &["active"]);
    let active = try_search(client, &request(vec![active], 1, 1)).await?;
    let totals = (
        plain.as_ref().and_then(|page| page.total),
        active.and_then(|page| page.total),
    );
    let answer = match totals {
        (Some(plain), Some(active)) if plain == active && Some(active) != known.total => {
            "active users only"
        }
        (Some(plain), _) if Some(plain) == known.total => "users of every state",
        _ => "could not be settled",
    };
    report.add(
        "default-state",
        Good,
        format!("a search without a state means: {answer}"),
        None,
    );
    let ids = plain.as_ref().map(|page| page.ids()).unwrap_or_default();
    let sorted = ids.len() > 1 && ids.windows(2).all(|pair| pair[0] < pair[1]);
    let answer = if sorted { "by id" } else { "not by id" };
    report.add(
        "default-sort",
        Good,
        format!("a search without sortBy is sorted: {answer}"),
        None,
    );
    Ok(())
}

/// Whether `STARTS_WITH` on `id` picks exactly the ids with that prefix.
async fn id_prefix(
    client: &Client,
    known: &Page,
    report: &mut Report,
) -> Result<(), UpstreamError> {
    let Some(sample) = known.ids().last() else {
        return Ok(());
    };
    let prefix = sample.get(..2).unwrap_or(sample);
    let query = vec![every_state(), criterion("STARTS_WITH", "id", &[prefix])];
    let page = try_search(client, &request(query, 1, 100)).await?;
    let (answer, found) = match &page {
        None => (Answer::No, "STARTS_WITH on id is refused"),
        Some(page) if !page.ids().iter().all(|id| id.starts_with(prefix)) => {
            (Answer::No, "STARTS_WITH on id is ignored")
        }
        Some(page) if page.is_empty() => (Answer::No, "STARTS_WITH on id matches nothing"),
        Some(_) => (Answer::Yes, "STARTS_WITH on id is obeyed"),
    };
    report.capabilities.id_prefix = answer;
    let advice = "past 10,000 users sync then needs GREATER_THAN on id or the cursor listing";
    let bad = answer == Answer::No;
    report.add(
        "id-prefix",
        if bad { Notice } else { Good },
        found,
        bad.then_some(advice),
    );
    Ok(())
}

/// Whether `GREATER_THAN` on `id` goes on right behind a known id.
async fn id_comparison(
    client: &Client,
    known: &Page,
    report: &mut Report,
) -> Result<(), UpstreamError> {
    let [first, second, ..] = known.ids() else {
        return Ok(());
    };
    let query = vec![every_state(), criterion("GREATER_THAN", "id", &[first])];
    let page = try_search(client, &request(query, 1, 25)).await?;
    let (answer, found) = match &page {
        None => (Answer::No, "GREATER_THAN on id is refused"),
        Some(page) if page.ids().first() == Some(second) => {
            (Answer::Yes, "GREATER_THAN on id is obeyed")
        }
        Some(page) if page.is_empty() => (Answer::No, "GREATER_THAN on id matches nothing"),
        Some(_) => (Answer::No, "GREATER_THAN on id is ignored"),
    };
    report.capabilities.id_comparison = answer;
    let advice = "sync uses overlapping pages instead, at about a tenth more requests";
    let bad = answer == Answer::No;
    report.add(
        "id-comparison",
        if bad { Notice } else { Good },
        found,
        bad.then_some(advice),
    );
    Ok(())
}

/// Whether the cursor listing is allowed, and goes by id.
async fn cursor(client: &Client, report: &mut Report) -> Result<(), UpstreamError> {
    let page = match client.query(25, None).await {
        Ok(page) => page,
        Err(error) if error.is_refusal() => {
            report.capabilities.cursor = Answer::No;
            report.add(
                "cursor",
                Notice,
                "GET /users/query is refused",
                Some("--verify and --source query need directory:user:view for all divisions"),
            );
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    report.capabilities.cursor = Answer::Yes;
    report.add("cursor", Good, "GET /users/query is allowed", None);
    if let (Some(cursor), Some(last)) = (&page.cursor, page.page.ids().last()) {
        let ascends = page.page.ids().windows(2).all(|pair| pair[0] < pair[1]);
        if ascends && names_id(cursor, last) {
            report.capabilities.cursor_by_id = Answer::Yes;
            report.add("cursor-by-id", Good, "the cursor goes by id", None);
        } else {
            report.capabilities.cursor_by_id = Answer::No;
            report.add(
                "cursor-by-id",
                Notice,
                "the cursor does not show that it goes by id",
                Some("sync reads that listing twice before it trusts it"),
            );
        }
    }
    Ok(())
}

/// Whether upper and lower case differ, for a user that is known to be there.
async fn case_rules(
    client: &Client,
    known: &Page,
    report: &mut Report,
) -> Result<(), UpstreamError> {
    let user = known
        .documents()
        .filter_map(|document| Attributes::parse(document).ok())
        .find(|user| {
            user.email
                .as_deref()
                .is_some_and(|email| email.bytes().any(|b| b.is_ascii_lowercase()))
        });
    let Some(user) = user else { return Ok(()) };
    let email = user.email.as_deref().unwrap_or_default();
    let name = user.name.as_deref().unwrap_or_default();
    let word = name.split_whitespace().next().unwrap_or(name);
    let questions = [
        ("case-exact-email", "EXACT", "email", email.to_uppercase()),
        (
            "case-starts-with-name",
            "STARTS_WITH",
            "name",
            word.to_uppercase(),
        ),
        (
            "case-contains-name",
            "CONTAINS",
            "name",
            word.to_lowercase(),
        ),
        ("term-full-name", "TERM", "name", name.to_owned()),
        (
            "term-email-local-part",
            "TERM",
            "email",
            email.split('@').next().unwrap_or(email).to_owned(),
        ),
    ];
    for (question, type_, field, value) in questions {
        if value.is_empty() {
            continue;
        }
        let query = vec![
            every_state(),
            criterion("EXACT", "id", &[&user.id]),
            criterion(type_, field, &[&value]),
        ];
        let answer = match try_search(client, &request(query, 1, 25)).await? {
            None => "refused",
            Some(page) if page.ids().iter().any(|id| **id == *user.id) => "matches",
            Some(_) => "does not match",
        };
        let what = match question {
            "term-full-name" => "TERM with a full name",
            "term-email-local-part" => "TERM with the part of an e-mail before @",
            _ => "a value in the other case",
        };
        report.add(question, Good, format!("{what}: {answer}"), None);
    }
    Ok(())
}
