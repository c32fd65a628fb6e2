//! The view of reports: the numbers of the API, for people.

use headcount_core::fact::{Fact, FactKind};
use headcount_store::Engine;
use jiff::civil::{Date, date};
use regex::Regex;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    reports::{BOTH, FIRST, SECOND, day, fact, keep, made},
    served::{Answer, Asking, BEGIN_MS, Made, Served, answer, publish, uuid},
};

fn agent(number: usize, department: &str, division: &str, manager: Option<usize>) -> String {
    json!({
        "id": uuid(number), "name": format!("Agent {number}"), "state": "active",
        "email": format!("agent.{number}@example.com"),
        "department": department, "title": "Teller",
        "division": {"id": division, "name": format!("Division {division}")},
        "manager": manager.map(|manager| json!({"id": uuid(manager)})),
    })
    .to_string()
}

/// A fact with every measure.
fn full(date: Date, user: usize, count: i64) -> Fact {
    let mut fact = fact(
        date,
        Some(user),
        count,
        count * (100_000 + user as i64 * 1_500),
    );
    let more = [count, count * 60_000, 1, 30_000, count, count * 12_500];
    for (at, value) in (2..).zip(more) {
        fact.measures[at] = Some(value);
    }
    fact.measures[9] = Some(count / 4);
    fact
}

/// What stands in the cells of the rows, without markup.
fn rows(html: &str, part: &str) -> Vec<Vec<String>> {
    let part = Regex::new(&format!("(?s)<{part}>(.*?)</{part}>")).unwrap();
    let row = Regex::new("(?s)<tr>(.*?)</tr>").unwrap();
    let cell = Regex::new("(?s)<t[dh][^>]*>(.*?)</t[dh]>").unwrap();
    let tag = Regex::new("<[^>]*>").unwrap();
    let Some(body) = part.captures(html) else {
        return Vec::new();
    };
    let text = |markup: &str| {
        let text = tag.replace_all(markup, "").into_owned();
        let text = text.replace("&#60;", "<").replace("&#62;", ">");
        text.replace("&#34;", "\"")
            .replace("&#39;", "'")
            .replace("&#38;", "&")
    };
    row.captures_iter(&body[1])
        .map(|row| {
            cell.captures_iter(&row[1])
                .map(|cell| text(&cell[1]))
                .collect()
        })
        .collect()
}

fn number(value: &Value) -> String {
    let Some(number) = value.as_i64() else {
        return "–".to_owned();
    };
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn clock(value: &Value) -> String {
    value.as_f64().map_or_else(
        || "–".to_owned(),
        |seconds| {
            let all = seconds.round() as u64;
            format!("{}:{:02}", all / 60, all % 60)
        },
    )
}

fn points(value: &Value) -> String {
    value
        .as_f64()
        .map_or_else(|| "–".to_owned(), |points| format!("{points:.1}"))
}

fn percent(value: &Value) -> String {
    value
        .as_f64()
        .map_or_else(|| "–".to_owned(), |part| format!("{:.1} %", part * 100.0))
}

/// The cells that a row of the API has on the page.
fn told(row: &Value, kind: &str, label: Option<&str>) -> Vec<String> {
    let mut cells = vec![label.map_or("All segments".to_owned(), |label| {
        row[label].as_str().unwrap().to_owned()
    })];
    cells.push(number(&row["count"]));
    if kind == "aht" {
        cells.extend(["aht_s", "talk_s", "hold_s", "acw_s"].map(|name| clock(&row[name])));
        let hours = row["sum_ms"].as_f64().map(|ms| ms / 3_600_000.0);
        cells.push(points(&json!(hours)));
    } else {
        cells.extend(["score", "critical_score"].map(|name| points(&row[name])));
    }
    cells.push(number(&row["agents"]));
    cells.push(percent(&row["share"]));
    cells
}

/// The cells of the page that the API has too.
fn without_transfers(cells: &[String], kind: &str) -> Vec<String> {
    let mut cells = cells.to_vec();
    if kind == "aht" {
        cells.remove(cells.len() - 2);
    }
    cells
}

async fn page(asking: &Asking, query: &str) -> Answer {
    let page = asking.get(&format!("/reports?{query}")).await;
    assert_eq!(page.status, 200, "{query}: {}", page.text);
    page
}

/// Two days of eight agents, with evaluations.
fn filled() -> Made {
    filled_in(Made::new())
}

fn filled_in(made: Made) -> Made {
    let org: Vec<String> = (0..8)
        .map(|number| {
            let department = ["Sales", "Support", "Care"][number % 3];
            let division = ["north", "south"][number % 2];
            agent(
                number,
                department,
                division,
                (number > 0).then_some(number / 3),
            )
        })
        .collect();
    let made = made.publish(&org, BEGIN_MS);
    for (of, more) in [(FIRST, 0), (SECOND, 1)] {
        let facts = (0..8).map(|user| full(of, user, 800 * (1 + more) + user as i64));
        keep(&made.facts(), FactKind::HandleTime, of, facts.collect());
        let scored = |user: usize| {
            let mut scored = fact(of, Some(user), 3, 2);
            scored.measures[2] = Some(150_000_000 + user as i64 * 1_250_000);
            scored.measures[3] = Some(1);
            scored.measures[4] = Some(77_000_000);
            scored
        };
        let scored = (0..5).map(scored).collect();
        keep(&made.facts(), FactKind::Evaluation, of, scored);
    }
    made
}

#[tokio::test]
async fn the_page_has_the_numbers_of_the_api() {
    let served = filled().serve().await;
    let asking = served.anybody();
    for (kind, by, more) in [
        ("aht", "department", ""),
        ("aht", "division", "&asOf=today"),
        ("aht", "manager", ""),
        ("aht", "level1", ""),
        ("aht", "tree", ""),
        ("aht", "mediaType", ""),
        ("aht", "month", ""),
        (
            "aht",
            "department",
            "&where=name%21%3DAgent+4&where=department+in+Sales,Care",
        ),
        ("aht", "title", "&under=agent.1%40example.com"),
        ("evaluations", "department", ""),
        ("evaluations", "state", "&where=division.id%3Dnorth"),
    ] {
        let query = format!("{BOTH}&by={by}{more}");
        let api = asking
            .get(&format!("/headcount/v1/reports/{kind}?{query}"))
            .await
            .json();
        let page = page(&asking, &format!("kind={kind}&{query}")).await;
        let wanted: Vec<_> = api["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| told(row, kind, Some(by)))
            .collect();
        let found = rows(&page.text, "tbody");
        let found: Vec<_> = found
            .iter()
            .map(|row| without_transfers(row, kind))
            .collect();
        assert_eq!(found, wanted, "{kind} {query}");
        let total = &rows(&page.text, "tfoot")[0];
        let mut wanted = told(&api["total"], kind, None);
        assert_eq!(without_transfers(total, kind), wanted, "{kind} {query}");
        let count = number(&api["facts"]["count"]);
        let sum = match kind {
            "aht" => format!(
                "= all facts {count} interactions, {} ms</p>",
                number(&api["facts"]["sum_ms"])
            ),
            _ => format!("= all facts {count} evaluations, "),
        };
        assert!(page.text.contains(&sum), "{sum}: {}", page.text);
        let left_out = api["facts"]["not_matching"]["facts"].as_u64().unwrap();
        assert_eq!(
            page.text.contains("+ not matching"),
            left_out > 0,
            "{query}"
        );
        wanted.clear();
        assert!(page.text.contains("<svg class=\""), "{query}");
    }
    let transfers = page(&asking, &format!("{BOTH}&by=department")).await;
    let total = &rows(&transfers.text, "tfoot")[0];
    let (moved, all): (i64, i64) = (0..8)
        .flat_map(|user| [800 + user, 1600 + user])
        .fold((0, 0), |sum, count| (sum.0 + count / 4, sum.1 + count));
    assert_eq!(
        total[8],
        format!("{:.1} %", 100.0 * moved as f64 / all as f64)
    );
}

#[tokio::test]
async fn whoever_says_nothing_sees_departments_of_the_last_days() {
    let served = filled().serve().await;
    keep(
        &served.facts(),
        FactKind::HandleTime,
        date(2023, 11, 11),
        vec![],
    );
    let shown = page(&served.anybody(), "").await;
    assert!(
        shown
            .text
            .contains("<h2 id=\"h-report\">Average handle time by department</h2>")
    );
    assert!(
        shown
            .text
            .contains("11 Nov 2023 to 15 Nov 2023, as it was then, days of UTC"),
        "{}",
        shown.text
    );
    assert!(
        shown
            .text
            .contains("Facts are kept of 11 Nov 2023 to 15 Nov 2023.")
    );
    assert!(
        shown
            .text
            .contains("No facts are kept of 12 Nov 2023 to 13 Nov 2023; these days are left out.")
    );
    assert!(
        shown
            .text
            .contains("headcount facts pull --from 2023-11-12 --to 2023-11-13")
    );
    assert!(shown.text.contains("value=\"2023-11-11\"") && shown.text.contains("checked"));
    assert!(
        shown
            .text
            .contains("from=2023-11-09&#38;to=2023-11-15\">Last 7 days"),
        "{}",
        shown.text
    );
    assert_eq!(rows(&shown.text, "tbody").len(), 3);
    assert!(
        shown
            .text
            .contains("<a href=\"/people?department=Sales\"><bdi>Sales</bdi></a>")
    );
    let short = page(&served.anybody(), "from=2023-11-14").await;
    assert!(
        short
            .text
            .contains("14 Nov 2023 to 15 Nov 2023, as it was then")
    );
    let today = page(&served.anybody(), "from=2023-11-14&asOf=today").await;
    assert!(
        today.text.contains("as of today, days of UTC") && !today.text.contains("class=\"banner\"")
    );
}

#[tokio::test]
async fn segments_lead_to_people() {
    let served = filled().serve().await;
    let shown = async |by: &str| {
        page(&served.anybody(), &format!("{BOTH}&by={by}"))
            .await
            .text
    };
    for (by, href) in [
        ("division", "/people?division=Division+north".to_owned()),
        ("title", "/people?title=Teller".to_owned()),
        ("state", "/people?state=active".to_owned()),
        ("manager", format!("/people/{}", uuid(0))),
        ("level1", format!("/people/{}", uuid(0))),
        ("user", format!("/people/{}", uuid(7))),
    ] {
        let text = shown(by).await;
        assert!(
            text.contains(&format!("<a href=\"{href}\"><bdi>")),
            "{by}: {text}"
        );
    }
    let users = rows(&shown("user").await, "tbody");
    assert_eq!(
        (users.len(), users[0][0].as_str()),
        (8, "Agent 7"),
        "one column of names"
    );
}

#[tokio::test]
async fn a_report_is_compared_with_the_period_before() {
    let served = filled().serve().await;
    let asking = served.anybody();
    let api = async |day: &str| {
        let path = format!("/headcount/v1/reports/aht?by=department&from={day}&to={day}");
        asking.get(&path).await.json()
    };
    let (before, now) = (api("2023-11-14").await, api("2023-11-15").await);
    let query = "by=department&from=2023-11-15&to=2023-11-15&compare=previous";
    let shown = page(&asking, query).await;
    let found = rows(&shown.text, "tbody");
    assert_eq!(found.len(), 3);
    for row in &found {
        let same = |of: &Value| {
            let rows = of["rows"].as_array().unwrap();
            rows.iter()
                .find(|other| other["department"] == row[0].as_str())
                .unwrap()
                .clone()
        };
        let (now, before) = (same(&now), same(&before));
        assert_eq!(
            row[1..4],
            [
                number(&now["count"]),
                clock(&now["aht_s"]),
                clock(&before["aht_s"])
            ]
        );
        assert_eq!(row[5], number(&before["count"]));
        assert_eq!(row[4].chars().next(), Some('='), "{row:?}");
    }
    assert!(shown.text.contains("compared with 14 Nov 2023"));
    // The first day of one period stands beside the first of the other.
    let days = page(
        &asking,
        "by=day&from=2023-11-15&to=2023-11-15&compare=previous",
    )
    .await;
    let found = rows(&days.text, "tbody");
    assert_eq!((found.len(), found[0][0].as_str()), (1, "15 Nov 2023"));
    assert_eq!(found[0][5], number(&before["total"]["count"]));
    // Who is slower than before has an arrow and a sign.
    let slow = (0..8).map(|user| {
        let mut fact = full(SECOND, user, 100);
        fact.measures[1] = Some(100 * 200_000);
        fact
    });
    keep(
        &served.facts(),
        FactKind::HandleTime,
        SECOND,
        slow.collect(),
    );
    let slower = page(&asking, &format!("{query}&sort=change&order=asc")).await;
    let found = rows(&slower.text, "tbody");
    assert!(
        found.iter().all(|row| row[4].starts_with("▲ +1:")),
        "{found:?}"
    );
    assert!(slower.text.contains("aria-sort=\"ascending\""));
    let year = page(
        &asking,
        "by=department&from=2023-11-15&to=2023-11-15&compare=year",
    )
    .await;
    assert!(year.text.contains("no facts of 15 Nov 2022 are kept. headcount facts pull --from 2022-11-15 --to 2022-11-15 fetches them"), "{}", year.text);
    assert_eq!(rows(&year.text, "tbody").len(), 3);
}

#[tokio::test]
async fn a_wrong_question_is_told_below_the_form() {
    let served = filled().serve().await;
    let asking = served.anybody();
    for (more, status, part) in [
        ("by=departmnt", 400, "department"),
        ("by=day&by=day", 400, "day is asked for twice"),
        ("by=a,b,c,d", 400, "at most 3 attributes"),
        ("where=departmnt%3DSales", 400, "department"),
        ("where=%3DSales", 400, "names no field"),
        ("asOf=2023-11-14", 400, "event, today"),
        ("timezone=Riyadh", 400, "Asia/Riyadh"),
        ("timezone=Asia/Riyadh", 400, "timezone=UTC"),
        ("from=2023-11-16", 400, "before it begins"),
        ("to=2023-02-30", 400, "2023-02-30"),
        ("from=0002-01-01", 400, "3660 days"),
        ("under=nobody", 404, "Nobody with the id or e-mail"),
        (
            "under=nobody%40example.com",
            404,
            "Nobody with the id or e-mail",
        ),
    ] {
        let path = format!("/reports?{BOTH}&{more}");
        let refused = asking.get(&path).await;
        assert_eq!(refused.status, status, "{more}: {}", refused.text);
        assert!(refused.text.contains(part), "{more}: {}", refused.text);
        assert!(
            refused.text.contains("<form class=\"panel question\""),
            "{more}"
        );
        assert!(refused.header("content-type").starts_with("text/html"));
        // While it is written, it is told beneath, and nobody is sent away.
        let request = asking
            .request(Method::GET, &path)
            .header("x-headcount-part", "1");
        let live = answer(request).await;
        assert_eq!(live.status, 200, "{more}");
        assert!(
            live.text.contains(part) && !live.text.contains("<form"),
            "{more}"
        );
    }
    let kept = asking
        .get(&format!("/reports?{BOTH}&where=x%22%3D%3Cb%3E"))
        .await;
    assert!(
        kept.text.contains("value=\"x&#34;=&#60;b&#62;\""),
        "{}",
        kept.text
    );
    for more in ["kind=calls", "compare=week", "sort=x", "order=up", "page=0"] {
        let refused = asking.get(&format!("/reports?{BOTH}&{more}")).await;
        assert_eq!(refused.status, 400, "{more}");
        assert!(refused.text.contains("<h1>"), "{more}: {}", refused.text);
    }
    for file in ["chart.svg", "report.csv"] {
        let refused = asking
            .get(&format!("/reports/{file}?{BOTH}&by=departmnt"))
            .await;
        assert_eq!(refused.status, 400);
    }
}

#[tokio::test]
async fn days_without_facts_are_told_with_what_helps() {
    let served = filled().serve().await;
    let asking = served.anybody();
    let query = "by=department&from=2023-11-13&to=2023-11-17";
    let missing = asking.get(&format!("/reports?{query}")).await;
    assert_eq!(missing.status, 404);
    for part in [
        "No facts of handle time are kept of 13 Nov 2023, 16 Nov 2023 to 17 Nov 2023.",
        "<code>headcount facts pull --from 2023-11-13 --to 2023-11-17</code>",
        "from=2023-11-13&#38;to=2023-11-17&#38;allowMissing=true\">Ask anyway",
    ] {
        assert!(missing.text.contains(part), "{part}: {}", missing.text);
    }
    let anyway = page(&asking, &format!("{query}&allowMissing=true")).await;
    assert!(
        anyway
            .text
            .contains("of 13 Nov 2023, 16 Nov 2023 to 17 Nov 2023; these days are left out")
    );
    let all = asking.get("/reports?from=2023-01-01&to=2023-01-02").await;
    assert_eq!(all.status, 404);
    assert!(
        all.text.contains("--from 2023-01-01 --to 2023-01-02") && !all.text.contains("Ask anyway")
    );
}

#[tokio::test]
async fn an_org_without_facts_is_told_how_to_get_some() {
    let made = Made::new().publish(&[agent(0, "Sales", "north", None)], BEGIN_MS);
    let without = made
        .again()
        .serve_with(|settings| settings.facts = None)
        .await;
    let served = made.serve().await;
    for served in [&served, &without] {
        let shown = page(&served.anybody(), "").await;
        assert!(shown.text.contains("No facts of handle time are kept yet"));
        assert!(
            shown
                .text
                .contains("<code>headcount facts pull --from 2023-10-15 --to 2023-11-13</code>"),
            "{}",
            shown.text
        );
        assert!(shown.text.contains("<form class=\"panel question\""));
    }
    let file = served.anybody().get("/reports/chart.svg").await;
    assert_eq!(file.status, 404);
    keep(&served.facts(), FactKind::Evaluation, FIRST, vec![]);
    let nothing = page(&served.anybody(), "kind=evaluations").await;
    assert!(
        nothing.text.contains("No facts match in this period."),
        "{}",
        nothing.text
    );
}

#[tokio::test]
async fn a_limited_caller_sees_its_divisions_alone() {
    let served = made()
        .token("north", |token| {
            token.grant.divisions = Some(vec!["north".to_owned()])
        })
        .token("none", |token| token.grant.permissions.clear())
        .serve()
        .await;
    let asking = served.holder("north");
    for by in [
        "department",
        "manager",
        "tree",
        "level1",
        "user",
        "division",
    ] {
        let api = asking
            .get(&format!("/headcount/v1/reports/aht?{BOTH}&by={by}"))
            .await
            .json();
        let shown = page(&asking, &format!("{BOTH}&by={by}")).await;
        let count = number(&api["facts"]["count"]);
        assert!(
            shown
                .text
                .contains(&format!("= all facts {count} interactions")),
            "{by}"
        );
        let label = if by == "user" { "user.name" } else { by };
        let wanted: Vec<_> = api["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| told(row, "aht", Some(label)))
            .collect();
        let found: Vec<_> = rows(&shown.text, "tbody")
            .iter()
            .map(|row| without_transfers(row, "aht"))
            .collect();
        assert_eq!(found, wanted, "{by}");
        for hidden in ["Mid", "south", "unrostered"] {
            assert!(
                !shown.text.contains(hidden),
                "{by} {hidden}: {}",
                shown.text
            );
        }
        for file in ["chart.svg", "report.csv"] {
            let file = asking.get(&format!("/reports/{file}?{BOTH}&by={by}")).await;
            assert_eq!(file.status, 200);
            assert!(
                !file.text.contains("Mid") && !file.text.contains("south"),
                "{by}: {}",
                file.text
            );
        }
    }
    // A full view of the same question does not lend its numbers, nor is it lent any.
    let mut refused = Vec::new();
    for under in [uuid(1), uuid(99), "mid%40example.com".to_owned()] {
        let answer = asking.get(&format!("/reports?{BOTH}&under={under}")).await;
        assert_eq!(answer.status, 404);
        let told = answer
            .text
            .find("role=\"alert\"")
            .map(|at| answer.text[at..].to_owned());
        refused.push(told.unwrap());
    }
    refused.dedup();
    assert_eq!(refused.len(), 1, "out of sight is as unknown");
    assert_eq!(served.holder("none").get("/reports").await.status, 403);
    let away = served
        .anybody()
        .request(Method::GET, &format!("/reports?{BOTH}&by=department"));
    assert!(answer(away).await.text.contains("Sign in"));
}

/// Names that people do not have, and systems do.
fn hostile(number: usize) -> String {
    match number % 6 {
        0 => format!("<script>alert({number})</script>"),
        1 => format!("\"><img src=x onerror=alert({number})>"),
        2 => format!("\u{202e}قسم المبيعات {number}"),
        3 => format!("{number} {}", "x".repeat(5_000)),
        4 => format!("{number} 👩‍🚀{}", "é\u{301}\u{301}".repeat(900)),
        _ => format!("=cmd|'/c calc'!{number}\u{1}"),
    }
}

fn evil() -> Made {
    let org: Vec<String> = (0..300)
        .map(|user| agent(user, &hostile(user), &hostile(user + 1), None))
        .collect();
    let made = Made::new().publish(&org, BEGIN_MS);
    for of in [FIRST, SECOND] {
        let facts = (0..300).map(|user| full(of, user, 1 + user as i64));
        keep(&made.facts(), FactKind::HandleTime, of, facts.collect());
    }
    made
}

#[tokio::test]
async fn hostile_names_run_nothing_and_break_nothing() {
    let served = evil().serve().await;
    let asking = served.anybody();
    for by in [
        "department",
        "division",
        "department&by=division",
        "department&by=day",
    ] {
        let query = format!("{BOTH}&by={by}&sort=name");
        let shown = page(&asking, &query).await;
        assert!(
            shown.text.len() < 100_000,
            "{by}: {} bytes",
            shown.text.len()
        );
        assert!(
            !shown.text.contains("<script>alert") && !shown.text.contains("<img src=x"),
            "{by}"
        );
        assert!(
            !shown.text.contains(" style=") && !shown.text.contains(" onerror=\""),
            "{by}"
        );
        assert_eq!(rows(&shown.text, "tbody").len(), 100, "{by}");
        let compared = page(&asking, "from=2023-11-15&to=2023-11-15&compare=previous").await;
        assert!(
            compared.text.len() < 100_000,
            "{} bytes",
            compared.text.len()
        );
        let svg = asking.get(&format!("/reports/chart.svg?{query}")).await;
        assert_eq!(svg.header("content-type"), "image/svg+xml");
        assert!(
            svg.header("content-disposition")
                .starts_with("attachment; filename=\"aht-by-"),
            "{by}"
        );
        assert!(
            svg.header("content-security-policy")
                .contains("default-src 'self'")
        );
        check_xml(&svg.text);
        for part in ["<script", "class=", " style", "href", "onload"] {
            assert!(!svg.text.contains(part), "{by}: {part}: {}", svg.text);
        }
        assert!(
            svg.text
                .starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\"")
        );
    }
    let links = page(&asking, &format!("{BOTH}&sort=name&order=asc")).await;
    assert!(
        links
            .text
            .contains("/people?department=%22%3E%3Cimg+src%3Dx"),
        "{}",
        links.text
    );
}

/// That a text is XML: tags that close, attributes in quotes, no letter that XML does not take.
fn check_xml(text: &str) {
    let allowed = |letter: char| letter >= ' ' || matches!(letter, '\t' | '\n' | '\r');
    assert!(text.chars().all(allowed), "a letter that XML does not take");
    let entity = Regex::new("^&(#[0-9]+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos);").unwrap();
    for (at, _) in text.match_indices('&') {
        assert!(
            entity.is_match(&text[at..]),
            "{}",
            &text[at..(at + 20).min(text.len())]
        );
    }
    let tag = Regex::new(r#"^<(/?)([a-z]+)((?: [a-zA-Z0-9:-]+="[^"<]*")*)(/?)>"#).unwrap();
    let name = Regex::new(r#" ([a-zA-Z0-9:-]+)=""#).unwrap();
    let mut open = Vec::new();
    for (at, _) in text.match_indices('<') {
        let found = tag
            .captures(&text[at..])
            .unwrap_or_else(|| panic!("no tag: {:.80}", &text[at..]));
        let mut names: Vec<&str> = name
            .captures_iter(found.get(3).unwrap().as_str())
            .map(|name| name.get(1).unwrap().as_str())
            .collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "an attribute twice: {}", &found[0]);
        match (&found[1], &found[4]) {
            ("/", _) => assert_eq!(open.pop(), Some(found[2].to_owned())),
            (_, "/") => {}
            _ => open.push(found[2].to_owned()),
        }
    }
    assert!(open.is_empty(), "{open:?} never end");
}

#[tokio::test]
async fn pictures_are_bars_or_lines() {
    let served = filled().serve().await;
    let asking = served.anybody();
    let bars = page(&asking, &format!("{BOTH}&by=department")).await;
    assert!(bars.text.contains("<svg class=\"chart bars\"") && !bars.text.contains("<polyline"));
    let lines = page(&asking, &format!("{BOTH}&by=day&by=department")).await;
    assert_eq!(lines.text.matches("<polyline").count(), 3);
    assert!(
        lines.text.contains("</svg><bdi>Care</bdi></li>"),
        "{}",
        lines.text
    );
    let alone = page(&asking, &format!("{BOTH}&by=day")).await;
    assert_eq!(
        (
            alone.text.matches("<polyline").count(),
            alone.text.matches("class=\"legend\"").count()
        ),
        (1, 0)
    );
    let many = page(&asking, &format!("{BOTH}&by=day&by=user")).await;
    assert_eq!(many.text.matches("<polyline").count(), 8);
    let svg = asking
        .get(&format!(
            "/reports/chart.svg?{BOTH}&by=day&by=department&kind=evaluations"
        ))
        .await;
    check_xml(&svg.text);
    assert!(
        svg.text
            .contains("Average evaluation score by day and department")
            && svg.text.contains("stroke=\"#1d74a5\"")
    );
    assert!(
        svg.header("content-disposition")
            .contains("evaluations-by-day-department.svg")
    );
    let none = asking
        .get(&format!(
            "/reports/chart.svg?{BOTH}&by=day&where=name%3DNobody"
        ))
        .await;
    check_xml(&none.text);
    assert!(none.text.contains("Nothing matches"));
}

#[tokio::test]
async fn the_table_as_a_file_has_the_columns_of_the_api_and_more() {
    let served = filled().serve().await;
    let asking = served.anybody();
    let api = asking
        .get(&format!(
            "/headcount/v1/reports/aht?{BOTH}&by=department&format=csv"
        ))
        .await;
    let file = asking
        .get(&format!("/reports/report.csv?{BOTH}&by=department"))
        .await;
    assert_eq!(file.status, 200);
    assert!(
        file.header("content-disposition")
            .contains("\"aht-by-department.csv\"")
    );
    for (line, wanted) in file.text.lines().zip(api.text.lines()) {
        assert_eq!(line.rsplit_once(',').unwrap().0, wanted);
    }
    assert_eq!(file.text.lines().count(), 4);
    assert!(
        file.text
            .lines()
            .next()
            .unwrap()
            .ends_with(",facts,transferred")
    );
    let path =
        "/reports/report.csv?from=2023-11-15&to=2023-11-15&compare=previous&by=user&sort=name";
    let compared = asking.get(path).await;
    let lines: Vec<&str> = compared.text.lines().collect();
    assert!(lines[0].starts_with("user,user.name,count,"));
    assert!(
        lines[0].ends_with(",transferred,count_before,aht_s_before,change"),
        "{}",
        lines[0]
    );
    assert!(
        lines[1].starts_with(&uuid(0)) && lines[1].ends_with(",400,800,100,0"),
        "{}",
        lines[1]
    );
}

#[tokio::test]
async fn many_segments_are_sorted_and_come_in_pages() {
    let org: Vec<String> = (0..250)
        .map(|user| agent(user, &format!("Dep {user:03}"), "north", None))
        .collect();
    let made = Made::new().publish(&org, BEGIN_MS);
    let facts = (0..250).map(|user| full(FIRST, user, 1 + (user as i64 * 7) % 250));
    keep(&made.facts(), FactKind::HandleTime, FIRST, facts.collect());
    let served = made.serve().await;
    let asking = served.anybody();
    let query = "from=2023-11-14&to=2023-11-14";
    let shown = async |more: &str| page(&asking, &format!("{query}{more}")).await.text;
    let first = shown("").await;
    assert!(first.contains("1 to 100 of 250 segments") && first.contains("page=2\">Next"));
    assert!(!first.contains(">Previous<"));
    assert!(first.contains("The first 20 of 250 segments; the table has all."));
    let counts = |html: &str| -> Vec<usize> {
        rows(html, "tbody")
            .iter()
            .map(|row| row[1].parse().unwrap())
            .collect()
    };
    assert_eq!(counts(&first), (151..=250).rev().collect::<Vec<_>>());
    let last = shown("&page=3&sort=count&order=asc").await;
    assert_eq!(counts(&last), (201..=250).collect::<Vec<_>>());
    assert!(last.contains("201 to 250 of 250 segments") && !last.contains(">Next<"));
    assert!(
        last.contains("sort=count&#38;order=desc"),
        "the other way round: {last}"
    );
    let beyond = shown("&page=9").await;
    assert!(beyond.contains("201 to 250 of 250"));
    let named = rows(&shown("&sort=name&page=2").await, "tbody");
    assert_eq!(
        (named[0][0].as_str(), named[99][0].as_str()),
        ("Dep 100", "Dep 199")
    );
    let people = rows(&shown("&by=user&sort=name").await, "tbody");
    let people: Vec<&str> = people.iter().take(4).map(|row| row[0].as_str()).collect();
    assert_eq!(people, ["Agent 0", "Agent 1", "Agent 10", "Agent 100"]);
    let slow = rows(&shown("&sort=average").await, "tbody");
    assert_eq!(slow[0][0], "Dep 249");
    assert_eq!(rows(&first, "tfoot")[0][1], number(&json!(250 * 251 / 2)));
}

/// Makes a file such that whoever reads facts of it fails, and whoever lists days sees no change.
fn spoil(served: &Served, of: Date) -> impl FnOnce() {
    let path = served
        .facts()
        .folder()
        .unwrap()
        .join(format!("handle_time/{of}.parquet"));
    let whole = std::fs::read(&path).unwrap();
    let changed = std::fs::metadata(&path).unwrap().modified().unwrap();
    let write = move |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(changed).unwrap();
    };
    let mut spoilt = whole.clone();
    spoilt[4..whole.len() / 4].fill(0xff);
    write(&spoilt);
    move || write(&whole)
}

#[tokio::test]
async fn a_view_shown_again_reads_no_fact() {
    let served = filled().serve().await;
    let asking = served.anybody();
    let query = format!("/reports?{BOTH}&by=department&compare=none");
    let first = asking.get(&query).await;
    let mended = spoil(&served, SECOND);
    for more in ["", "&sort=talk", "&page=1", "&sort=name&order=desc"] {
        let again = asking.get(&format!("{query}{more}")).await;
        assert_eq!(again.status, 200, "{more}");
        assert_eq!(rows(&again.text, "tfoot"), rows(&first.text, "tfoot"));
    }
    assert_eq!(
        asking
            .get(&format!("/reports/chart.svg?{BOTH}&by=department"))
            .await
            .status,
        200
    );
    assert_eq!(
        asking
            .get(&format!("/reports/report.csv?{BOTH}&by=department"))
            .await
            .status,
        200
    );
    for other in [
        "by=division",
        "by=department&where=state%3Dactive",
        "by=department&asOf=today",
        "by=department&under=agent.0%40example.com",
        "by=department&weekStart=sunday",
    ] {
        let new = asking.get(&format!("/reports?{BOTH}&{other}")).await;
        assert_eq!(new.status, 500, "{other} is another question: {}", new.text);
    }
    mended();
    assert_eq!(
        asking
            .get(&format!("/reports?{BOTH}&by=division"))
            .await
            .status,
        200
    );
    let count = |answer: &Answer| rows(&answer.text, "tfoot")[0][1].clone();
    keep(
        &served.facts(),
        FactKind::HandleTime,
        SECOND,
        vec![full(SECOND, 0, 5)],
    );
    let changed = asking.get(&query).await;
    assert_ne!(count(&changed), count(&first), "other facts, other numbers");
    let org: Vec<String> = (0..8)
        .map(|number| agent(number, "One", "north", None))
        .collect();
    publish(&*served.store, &org, BEGIN_MS + 1_000);
    let today = format!("{query}&asOf=today");
    let renamed = asking
        .get_until(&today, |answer| answer.text.contains("<bdi>One</bdi>"))
        .await;
    assert_eq!(rows(&renamed.text, "tbody").len(), 1);
    assert_eq!(day(FIRST).time_zone, "UTC");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_adds_up_what_the_page_tells() {
    let both = tokio::task::spawn_blocking(|| {
        let made = filled_in(Made::in_database());
        (made.again(), made)
    });
    let (local, pushed) = both.await.unwrap();
    let local = local.serve().await;
    let pushed = pushed
        .serve_with(|settings| settings.reports.engine = Engine::Store)
        .await;
    for more in [
        "by=department",
        "by=division&by=day&compare=previous",
        "kind=evaluations&by=manager",
    ] {
        let query = format!("{BOTH}&allowMissing=true&{more}");
        let told = [&local, &pushed].map(|served| served.anybody());
        let (local, pushed) = (page(&told[0], &query).await, page(&told[1], &query).await);
        assert_eq!(local.text, pushed.text, "{more}");
        assert!(!rows(&pushed.text, "tbody").is_empty(), "{more}");
    }
    let told = page(&pushed.anybody(), &format!("{BOTH}&by=title")).await;
    let transfers = &rows(&told.text, "tfoot")[0][8];
    assert_eq!(
        transfers, "25.0 %",
        "a measure that other reports do not read"
    );
}
