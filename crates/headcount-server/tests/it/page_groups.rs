//! Departments and divisions as views: how large they are, and how they are spelled.

use regex::Regex;
use serde_json::json;

use crate::served::{Answer, Asking, BEGIN_MS, Made, answer, publish, uuid};

const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}evil";
const MOST: usize = 100_000;

fn person(number: usize, department: &str, division: &str, state: &str) -> String {
    json!({
        "id": uuid(number), "name": format!("Person {number}"), "state": state,
        "department": department,
        "division": {"id": format!("id-{division}"), "name": division},
    })
    .to_string()
}

fn org() -> Vec<String> {
    let told = [
        ("Sales", "Home", "active", 6),
        ("sales", "North", "active", 2),
        ("Sales ", "North", "active", 1),
        ("Support", "North", "active", 4),
        ("Support", "North", "deleted", 3),
        ("", "North", "active", 1),
        ("Closed", "South", "inactive", 1),
    ];
    let mut people = Vec::new();
    for (department, division, state, count) in told {
        for _ in 0..count {
            people.push(person(people.len(), department, division, state));
        }
    }
    people
}

/// Name, active and all users of each row of the table.
fn rows(html: &str) -> Vec<(String, String, String)> {
    let row = Regex::new(
        r#"<tr><th scope="row"[^>]*><a href="[^"]*"><bdi>([^<]*)</bdi>.*?</th><td class="number">([^<]*)</td>.*?<td class="number">([^<]*)</td></tr>"#,
    );
    let rows = row.unwrap();
    let table = html
        .split_once("class=\"groups\"")
        .map_or("", |(_, rest)| rest);
    rows.captures_iter(table)
        .map(|found| {
            let (_, [name, active, users]) = found.extract();
            (name.to_owned(), active.to_owned(), users.to_owned())
        })
        .collect()
}

fn names(html: &str) -> Vec<String> {
    rows(html).into_iter().map(|(name, ..)| name).collect()
}

async fn whole(asking: &Asking, path: &str) -> String {
    let told = asking.get(path).await;
    assert_eq!(told.status, 200, "{path}: {}", told.text);
    assert!(told.text.len() < MOST, "{path}: {} bytes", told.text.len());
    for tag in [
        "ul", "li", "table", "tr", "th", "td", "div", "section", "a", "svg", "bdi",
    ] {
        let open = Regex::new(&format!("<{tag}[ >]")).unwrap();
        let closed = told.text.matches(&format!("</{tag}>")).count();
        assert_eq!(open.find_iter(&told.text).count(), closed, "{path}: {tag}");
    }
    told.text
}

async fn part(asking: &Asking, path: &str) -> Answer {
    let request = asking.request(reqwest::Method::GET, path);
    answer(request.header("x-headcount-part", "1")).await
}

fn row(name: &str, active: &str, users: &str) -> (String, String, String) {
    (name.to_owned(), active.to_owned(), users.to_owned())
}

#[tokio::test]
async fn departments_are_counted_drawn_and_linked() {
    let served = Made::new().publish(&org(), BEGIN_MS).serve().await;
    let asking = served.anybody();
    let html = whole(&asking, "/departments").await;
    assert_eq!(
        rows(&html),
        [
            row("Sales", "6", "6"),
            row("Support", "4", "7"),
            row("sales", "2", "2"),
            row("(none)", "1", "1"),
            row("Sales ", "1", "1"),
            row("Closed", "0", "1"),
        ]
    );
    assert!(html.contains("14 active users, 18 users of every state"));
    assert!(html.contains("42.9 %"));
    let (_, picture) = html.split_once("<svg class=\"chart treemap\"").unwrap();
    let (picture, _) = picture.split_once("</section>").unwrap();
    assert_eq!(picture.matches("<rect").count(), 5, "none for nobody");
    assert!(
        picture.contains(r#"<a href="/people?department=Sales""#),
        "{picture}"
    );
    assert!(picture.contains("Sales: 6 active users, 42.9 %"));
    assert!(html.contains(r#"href="/people?department=%28none%29""#));

    let by_name = whole(&asking, "/departments?sort=name").await;
    let expected = ["(none)", "Closed", "Sales", "sales", "Sales ", "Support"];
    assert_eq!(names(&by_name), expected);
    let some = part(&asking, "/departments?q=SUPP").await;
    assert_eq!(names(&some.text), ["Support"]);
    assert!(!some.text.contains("<html"));
    let none = whole(&asking, "/departments?q=nothing").await;
    assert!(none.contains("There are none."));
}

#[tokio::test]
async fn each_group_leads_to_its_active_people() {
    let mut people = org();
    let long = format!("{}{}", HOSTILE, "x".repeat(5_000));
    people.push(person(people.len(), &long, &long, "active"));
    let bare = json!({"id": uuid(901), "state": "active", "division": {"id": "bare"}});
    people.push(bare.to_string());
    let served = Made::new().publish(&people, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let row = Regex::new(
        r#"<th scope="row"[^>]*><a href="/people([^"]*)">.*?<td class="number">([^<]*)</td>"#,
    );
    let row = row.unwrap();
    for (path, count) in [("/departments", 7), ("/divisions", 5)] {
        let html = whole(&asking, path).await;
        let (_, table) = html.split_once("class=\"groups\"").unwrap();
        let mut seen = 0;
        for found in row.captures_iter(table) {
            let (_, [query, active]) = found.extract();
            let link = format!("/people.csv{}", query.replace("&#38;", "&"));
            let told = asking.get(&link).await;
            assert_eq!(told.status, 200, "{link}");
            let people = told.text.lines().count() - 1;
            assert_eq!(people.to_string(), active, "{link}");
            seen += 1;
        }
        assert_eq!(seen, count, "{path}");
    }
}

#[tokio::test]
async fn spellings_of_one_name_stand_side_by_side() {
    let served = Made::new().publish(&org(), BEGIN_MS).serve().await;
    let html = whole(&served.anybody(), "/departments").await;
    let (_, variants) = html.split_once("id=\"h-variants\"").unwrap();
    let (variants, _) = variants.split_once("</section>").unwrap();
    let spelling =
        Regex::new(r#"<bdi>([^<]*)</bdi></a> <span class="count">(\d+)</span>"#).unwrap();
    let told: Vec<(&str, &str)> = spelling
        .captures_iter(variants)
        .map(|found| {
            let (_, [text, count]) = found.extract();
            (text, count)
        })
        .collect();
    assert_eq!(told, [("Sales", "6"), ("sales", "2"), ("Sales␣", "1")]);
    assert!(
        variants.contains("/people?department=Sales+\""),
        "{variants}"
    );

    let meant = Made::new().publish(&org(), BEGIN_MS);
    let meant = meant
        .serve_with(|settings| {
            let rule = headcount_core::check::rule("department-variants").unwrap();
            let except = ["sales".to_owned(), "Sales ".to_owned()];
            settings.check.rule_mut(rule).except = except.to_vec();
        })
        .await;
    let html = whole(&meant.anybody(), "/departments").await;
    assert!(!html.contains("h-variants"));
}

#[tokio::test]
async fn divisions_are_told_apart_by_id_and_home_is_marked() {
    let mut people = org();
    let again =
        json!({"id": uuid(900), "state": "active", "division": {"id": "other", "name": "Home"}});
    people.push(again.to_string());
    let served = Made::new().publish(&people, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let html = whole(&asking, "/divisions").await;
    assert_eq!(
        rows(&html),
        [
            row("North", "8", "11"),
            row("Home", "6", "6"),
            row("Home", "1", "1"),
            row("South", "0", "1"),
        ]
    );
    assert_eq!(
        html.matches("<span class=\"tag\">home division</span>")
            .count(),
        2
    );
    assert!(html.contains("<code class=\"none\">id-North</code>"));
    assert!(html.contains("/people?division=North\""));
    let table = asking.get("/divisions.csv?q=home").await;
    assert_eq!(
        table.text,
        "division.id,division,home,active_users,users\r\nid-Home,Home,true,6,6\r\nother,Home,true,1,1\r\n"
    );
    let table = asking.get("/departments.csv?sort=name").await;
    assert!(
        table
            .text
            .starts_with("department,active_users,users\r\n,2,2\r\nClosed,0,1\r\n"),
        "{}",
        table.text
    );
}

#[tokio::test]
async fn other_divisions_do_not_exist() {
    let served = Made::new()
        .publish(&org(), BEGIN_MS)
        .token("north", |token| {
            token.grant.divisions = Some(vec!["id-North".to_owned()]);
        })
        .token("nowhere", |token| token.grant.divisions = Some(Vec::new()))
        .token("weak", |token| token.grant.permissions.clear())
        .serve()
        .await;
    let north = served.holder("north");
    let html = whole(&north, "/departments").await;
    assert_eq!(
        rows(&html),
        [
            row("Support", "4", "7"),
            row("sales", "2", "2"),
            row("(none)", "1", "1"),
            row("Sales ", "1", "1"),
        ]
    );
    assert!(html.contains("8 active users, 11 users"));
    assert_eq!(names(&whole(&north, "/divisions").await), ["North"]);
    for path in ["/divisions", "/divisions.csv"] {
        let told = north.get(path).await.text;
        assert!(
            !told.contains("id-Home") && !told.contains("South"),
            "{path}"
        );
    }
    let nobody = whole(&served.holder("nowhere"), "/departments").await;
    assert!(nobody.contains("There are none."));
    assert!(!nobody.contains("treemap\""));
    assert_eq!(served.holder("weak").get("/departments").await.status, 403);
}

#[tokio::test]
async fn the_past_has_its_own_departments() {
    let served = Made::new().publish(&org(), BEGIN_MS).serve().await;
    publish(
        &*served.store,
        &[person(0, "New", "Home", "active")],
        BEGIN_MS + 1_000,
    );
    let asking = served.anybody();
    asking
        .get_until("/departments", |told| told.text.contains("<bdi>New</bdi>"))
        .await;
    let html = whole(&asking, "/departments?asOf=2023-11-14T22:13:20.500Z").await;
    assert_eq!(names(&html).len(), 6);
    assert!(html.contains("/people?department=Support&#38;asOf=2023"));
    assert!(html.contains("/departments.csv?asOf=2023"));
}

#[tokio::test]
async fn many_hostile_departments_come_page_by_page() {
    let people: Vec<String> = (0..700)
        .map(|number: usize| {
            let name = format!("{} {}", number, HOSTILE.repeat(number % 130));
            person(number, &name, &name, "active")
        })
        .collect();
    let served = Made::new().publish(&people, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let next = Regex::new(r#"href="([^"]*)">Next</a>"#).unwrap();
    for path in ["/departments", "/divisions"] {
        let mut to = path.to_owned();
        let mut seen = Vec::new();
        loop {
            let html = whole(&asking, &to).await;
            assert!(!html.contains("<script>alert"), "{to}");
            let some = names(&html);
            assert!(
                !some.is_empty() && some.len() <= 100,
                "{to}: {}",
                some.len()
            );
            seen.extend(some);
            let Some(found) = next.captures(&html) else {
                break;
            };
            to = found[1].replace("&#38;", "&");
        }
        assert_eq!(seen.len(), 700, "{path}");
    }
    let table = asking.get("/departments.csv").await.text;
    assert_eq!(table.lines().count(), 701);
}

#[tokio::test]
async fn wrong_questions_are_refused_readably() {
    let served = Made::new().publish(&org(), BEGIN_MS).serve().await;
    for path in [
        "/departments?sort=size",
        "/divisions?from=x",
        "/departments?asOf=once",
        "/departments.csv?columns=pay",
    ] {
        let refused = served.anybody().get(path).await;
        assert_eq!(refused.status, 400, "{path}");
        assert!(refused.text.contains("<h1>"), "{path}");
    }
    let past = whole(&served.anybody(), "/departments?from=500").await;
    assert!(past.contains("There are none so far down"));
}
