//! The org tree as a view: whom it shows, how much of it at once, and to whom.

use regex::Regex;
use serde_json::json;

use crate::served::{Answer, Asking, BEGIN_MS, Made, Served, answer, publish, uuid};

const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}evil";

/// Bytes that no view may exceed.
const MOST: usize = 100_000;

/// A user who reports to `manager`.
fn person(number: usize, manager: Option<usize>, division: &str) -> String {
    named(&format!("Person {number:04}"), number, manager, division)
}

fn named(name: &str, number: usize, manager: Option<usize>, division: &str) -> String {
    json!({
        "id": uuid(number), "name": name, "state": "active",
        "email": format!("p{number}@example.com"),
        "department": "Support", "title": "Agent",
        "division": {"id": division, "name": division},
        "manager": manager.map(|manager| json!({"id": uuid(manager)})),
    })
    .to_string()
}

/// Everybody reports to whom `managers` says.
async fn served(managers: &[Option<usize>]) -> Served {
    let people = managers.iter().enumerate();
    let people: Vec<String> = people
        .map(|(number, manager)| person(number, *manager, "north"))
        .collect();
    Made::new().publish(&people, BEGIN_MS).serve().await
}

async fn part(asking: &Asking, path: &str) -> Answer {
    let request = asking.request(reqwest::Method::GET, path);
    answer(request.header("x-headcount-part", "1")).await
}

/// Names of the people in lists, in order, with the depth of their list: `0(1 2)`.
fn shape(html: &str) -> String {
    let step = Regex::new(r#"<ul class="people">|</ul>|<bdi>Person (\d+)</bdi></a>"#).unwrap();
    let lists = html.find("<ul class=\"people\">").unwrap_or(html.len());
    let mut shape = String::new();
    let mut depth = 0;
    for found in step.captures_iter(&html[lists..]) {
        match (&found[0], found.get(1)) {
            (_, Some(number)) => {
                if !shape.ends_with('(') {
                    shape.push(' ');
                }
                shape.push_str(number.as_str().trim_start_matches('0'));
                if shape.ends_with([' ', '(']) {
                    shape.push('0');
                }
            }
            ("</ul>", _) => {
                shape.push(')');
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            _ => {
                shape.push('(');
                depth += 1;
            }
        }
    }
    shape
}

/// The markup closes what it opens.
fn is_whole(html: &str) {
    for tag in [
        "ul", "li", "details", "summary", "div", "span", "section", "a", "bdi",
    ] {
        let open = Regex::new(&format!("<{tag}[ >]")).unwrap();
        let closed = html.matches(&format!("</{tag}>")).count();
        assert_eq!(open.find_iter(html).count(), closed, "{tag}");
    }
}

async fn whole(asking: &Asking, path: &str) -> String {
    let told = asking.get(path).await;
    assert_eq!(told.status, 200, "{path}: {}", told.text);
    assert!(told.text.len() < MOST, "{path}: {} bytes", told.text.len());
    is_whole(&told.text);
    told.text
}

/// The number on a card.
fn card(html: &str, what: &str) -> String {
    let card = format!(r#"<div class="what">{what}</div><div class="much">([^<]*)</div>"#);
    let found = Regex::new(&card).unwrap().captures(html);
    found.unwrap_or_else(|| panic!("no card {what}"))[1].to_owned()
}

#[tokio::test]
async fn a_small_org_is_shown_from_the_top_with_its_first_levels() {
    // 0 above 1 and 2, 2 above 3 and 4; 5 by itself.
    let served = served(&[None, Some(0), Some(0), Some(2), Some(2), None]).await;
    let asking = served.anybody();
    let html = whole(&asking, "/tree").await;
    assert_eq!(shape(&html), "(0( 2(3 4) 1))".replace("( ", "("));
    assert_eq!(card(&html, "People"), "6");
    assert_eq!(card(&html, "Managers"), "2");
    assert_eq!(card(&html, "Average span"), "2.0");
    assert_eq!(card(&html, "Widest span"), "2");
    assert_eq!(card(&html, "Deepest chain"), "3");
    assert_eq!(card(&html, "Rings"), "0");
    assert!(html.contains("1 have no manager"), "{html}");
    assert!(html.contains("/people?manager=%28none%29&#38;state=any"));
    assert!(html.contains(r#"href="/tree.csv""#));
    assert!(html.contains("2 direct · 4 in all · level 1"));

    let branch = whole(&asking, &format!("/tree/{}", uuid(2))).await;
    assert_eq!(shape(&branch), "(2(3 4))");
    assert_eq!(
        whole(&asking, &format!("/tree?top={}", uuid(2))).await,
        branch
    );
    assert_eq!(card(&branch, "All below"), "2");
    assert_eq!(card(&branch, "Level"), "2");
    assert!(branch.contains(&format!("/tree.csv?top={}", uuid(2))));
    let crumbs = branch.split_once("Managers above").unwrap().1;
    assert!(crumbs.contains(&format!(r#"<a href="/tree/{}">"#, uuid(0))));
}

#[tokio::test]
async fn a_part_is_the_list_of_direct_reports_alone() {
    let served = served(&[None, Some(0), Some(0), Some(2), Some(2)]).await;
    let told = part(&served.anybody(), &format!("/tree/{}", uuid(0))).await;
    assert_eq!(told.status, 200);
    assert_eq!(shape(&told.text), "(2 1)");
    assert!(!told.text.contains("<html"));
    assert!(
        told.text
            .contains(&format!(r#"data-branch="/tree/{}""#, uuid(2)))
    );
    let rest = part(
        &served.anybody(),
        &format!("/tree/{}?except={}", uuid(0), uuid(2)),
    )
    .await;
    assert_eq!(shape(&rest.text), "(1)");
}

#[tokio::test]
async fn five_thousand_reports_come_a_hundred_at_a_time() {
    let managers: Vec<Option<usize>> = std::iter::once(None)
        .chain((1..=5_000).map(|_| Some(0)))
        .collect();
    let served = served(&managers).await;
    let asking = served.anybody();
    let html = whole(&asking, "/tree").await;
    assert!(html.contains("5,000 direct · 5,000 in all"));
    let mut next = format!("/tree/{}", uuid(0));
    let more = Regex::new(r#"<li class="more"><details data-branch="([^"]*)"><summary>([^<]*)"#);
    let more = more.unwrap();
    let mut people = 0;
    let mut texts = Vec::new();
    loop {
        let told = part(&asking, &next).await;
        assert!(told.text.len() < MOST, "{} bytes", told.text.len());
        let shown = told.text.matches("class=\"row\"").count();
        assert!(shown <= 100, "{shown} at once");
        people += shown;
        let Some(found) = more.captures(&told.text) else {
            break;
        };
        next = found[1].replace("&#38;", "&");
        texts.push(found[2].to_owned());
    }
    assert_eq!(people, 5_000);
    assert_eq!(texts[0], "Show 101 to 200 of 5,000");
    // Without script the rest is a view of its own.
    let rest = whole(&asking, &format!("/tree/{}?from=4950", uuid(0))).await;
    assert_eq!(rest.matches("class=\"row\"").count(), 50);
    assert!(rest.contains("Back to the first of the list"));
}

#[tokio::test]
async fn a_chain_of_three_thousand_levels_is_shown_piece_by_piece() {
    let managers: Vec<Option<usize>> = (0..3_000_usize)
        .map(|number| number.checked_sub(1))
        .collect();
    let served = served(&managers).await;
    let asking = served.anybody();
    let html = whole(&asking, "/tree").await;
    assert_eq!(card(&html, "Deepest chain"), "3,000");
    assert_eq!(shape(&html), "(0(1(2(3))))");
    let last = uuid(2_999);
    assert!(html.contains(&format!("/tree?to={last}#here")));
    let way = whole(&asking, &format!("/tree?to={last}")).await;
    assert!(
        shape(&way).starts_with("(2988(2989(2990("),
        "{}",
        shape(&way)
    );
    assert!(way.contains("2,982 more levels"));
    assert_eq!(way.matches(r#"id="here""#).count(), 1);
    let middle = whole(&asking, &format!("/tree/{}", uuid(1_500))).await;
    assert_eq!(card(&middle, "Levels below"), "1,499");
    let table = asking.get("/tree.csv").await;
    assert_eq!(table.text.lines().count(), 3_001);
    assert!(table.text.contains(&format!("2999,{last},Person 2999")));
}

#[tokio::test]
async fn the_way_to_somebody_is_open_and_the_others_can_be_had() {
    let served = served(&[None, Some(0), Some(0), Some(2), Some(2), Some(3)]).await;
    let asking = served.anybody();
    let html = whole(&asking, &format!("/tree?to={}", uuid(3))).await;
    assert_eq!(shape(&html), "(0(2(3(5))))");
    let here = html.split_once(r#"id="here""#).unwrap().1;
    assert!(here[..400].contains("Person 0003"), "{here}");
    assert_eq!(html.matches("Show the other report<").count(), 2);
    assert!(html.contains(&format!("/tree/{}?from=0&#38;except={}", uuid(0), uuid(2))));
}

#[tokio::test]
async fn people_are_found_by_words_of_name_or_mail_and_by_id() {
    let mut people: Vec<String> = (0..30)
        .map(|number| person(number, None, "north"))
        .collect();
    people.push(named("Doe, Jane", 30, Some(1), "north"));
    people.push(named(HOSTILE, 31, Some(1), "north"));
    let served = Made::new().publish(&people, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let jane = format!("/tree?to={}#here", uuid(30));
    for q in ["jane doe", "DOE", "p30@", &uuid(30)] {
        let told = part(&asking, &format!("/tree?q={q}")).await;
        assert!(told.text.contains(&jane), "{q}: {}", told.text);
        assert_eq!(told.text.matches("<li>").count(), 1, "{q}");
    }
    let many = part(&asking, "/tree?q=person").await;
    assert_eq!(many.text.matches("<li>").count(), 20);
    assert!(many.text.contains("And 10 more"));
    let none = part(&asking, "/tree?q=nobody%20at%20all").await;
    assert!(none.text.contains("Nobody has that"));
    let nothing = part(&asking, "/tree?q=").await;
    assert_eq!(nothing.text.trim(), "");
    let page = whole(&asking, "/tree?q=jane").await;
    assert!(page.contains(&jane) && page.contains(r#"value="jane""#));
    let odd = whole(&asking, "/tree?q=%3Cscript%3Ealert").await;
    assert!(!odd.contains("<script>alert"), "{odd}");
}

#[tokio::test]
async fn rings_and_orphans_are_shown_with_their_people() {
    // 0, 1 and 2 in a ring, 3 below it; 4 manages themselves; 5 names somebody unknown.
    let served = served(&[Some(1), Some(2), Some(0), Some(0), Some(4), Some(77)]).await;
    let html = whole(&served.anybody(), "/tree").await;
    assert_eq!(card(&html, "Rings"), "2");
    assert_eq!(card(&html, "Manager unknown"), "1");
    let rings = html.split_once("id=\"h-rings\"").unwrap().1;
    let (rings, orphans) = rings.split_once("id=\"h-orphans\"").unwrap();
    let order = [
        "Person 0000",
        "Person 0001",
        "Person 0002",
        "Person 0000",
        "Person 0004",
    ];
    let mut rest = rings;
    for name in order {
        rest = rest
            .split_once(name)
            .unwrap_or_else(|| panic!("{name} in {rings}"))
            .1;
    }
    assert!(orphans.contains("Person 0005"));
    assert_eq!(shape(&html), "(0(2(1) 3))", "cut at the least id");
    assert_eq!(html.matches(">in a ring<").count(), 3);
    // Everybody is in the table once.
    let table = served.anybody().get("/tree.csv").await.text;
    assert_eq!(table.lines().count(), 7);
}

#[tokio::test]
async fn who_is_out_of_sight_is_nowhere() {
    // 0 and 1 in the south; 2 reports to 1, 3 to 2.
    let people = [
        person(0, None, "south"),
        person(1, Some(0), "south"),
        person(2, Some(1), "north"),
        person(3, Some(2), "north"),
    ];
    let served = Made::new()
        .publish(&people, BEGIN_MS)
        .token("north", |token| {
            token.grant.divisions = Some(vec!["north".to_owned()]);
        })
        .token("nowhere", |token| token.grant.divisions = Some(Vec::new()))
        .token("weak", |token| token.grant.permissions.clear())
        .serve()
        .await;
    let north = served.holder("north");
    let html = whole(&north, "/tree").await;
    assert_eq!(card(&html, "People"), "2");
    assert_eq!(card(&html, "Manager unknown"), "1");
    assert_eq!(shape(&html), "(2(3))");
    for hidden in [
        "Person 0000",
        "Person 0001",
        &uuid(0),
        &uuid(1),
        "manager-unknown",
    ] {
        assert!(!html.contains(hidden), "{hidden}");
    }
    let way = whole(&north, &format!("/tree?to={}", uuid(3))).await;
    assert!(!way.contains(&uuid(1)));
    let unknown = north.get(&format!("/tree/{}", uuid(99))).await;
    assert_eq!(unknown.status, 404);
    for path in [
        format!("/tree/{}", uuid(1)),
        format!("/tree?to={}", uuid(1)),
        format!("/tree?top={}", uuid(0)),
        format!("/tree.csv?top={}", uuid(1)),
    ] {
        let refused = north.get(&path).await;
        assert_eq!(
            (refused.status, &refused.text),
            (404, &unknown.text),
            "{path}"
        );
    }
    let found = part(&north, "/tree?q=person").await.text;
    assert_eq!(found.matches("<li>").count(), 2);
    let table = north.get("/tree.csv").await.text;
    assert_eq!(table.lines().count(), 3);
    assert!(!table.contains(&uuid(1)));
    let nobody = whole(&served.holder("nowhere"), "/tree").await;
    assert_eq!(card(&nobody, "People"), "0");
    assert!(nobody.contains("Nobody here reports to anybody."));
    assert_eq!(served.holder("weak").get("/tree").await.status, 403);
}

#[tokio::test]
async fn a_tree_of_the_past_keeps_its_time_in_every_link() {
    let served = served(&[None, Some(0), Some(1)]).await;
    let moved = [person(0, None, "north"), person(1, None, "north")];
    publish(&*served.store, &moved, BEGIN_MS + 1_000);
    let asking = served.anybody();
    asking
        .get_until("/tree", |told| told.text.contains("Nobody here reports"))
        .await;
    let html = whole(&asking, "/tree?asOf=2023-11-14T22:13:20.500Z").await;
    assert_eq!(shape(&html), "(0(1(2)))");
    let link = Regex::new(r#"(?:href|data-branch)="(/(?:tree|people/)[^"]*)""#).unwrap();
    let lists = html.split_once("<main").unwrap().1;
    let back = r#"<a href="/tree">Back to the present</a>"#;
    let lists = lists.replace(back, "");
    let links: Vec<&str> = link
        .captures_iter(&lists)
        .map(|found| found.extract::<1>().1[0])
        .collect();
    assert!(links.len() > 5);
    for link in links {
        assert!(link.contains("asOf=2023-11-14T22%3A13%3A20.500Z"), "{link}");
    }
    let table = asking.get("/tree.csv?asOf=2023-11-14T22:13:20.500Z").await;
    assert_eq!(table.text.lines().count(), 4);
}

#[tokio::test]
async fn hostile_people_are_shown_and_do_nothing() {
    let long = HOSTILE.repeat(100);
    let people: Vec<String> = (0..400)
        .map(|number: usize| {
            let manager = (number > 0).then_some(0);
            json!({
                "id": uuid(number), "name": format!("{number} {long}"), "state": "<b class='x'>",
                "department": long, "title": "👩‍🦱".repeat(1_000),
                "manager": manager.map(|manager| json!({"id": uuid(manager)})),
            })
            .to_string()
        })
        .collect();
    let served = Made::new().publish(&people, BEGIN_MS).serve().await;
    let asking = served.anybody();
    for path in [
        "/tree".to_owned(),
        format!("/tree/{}", uuid(0)),
        format!("/tree?to={}", uuid(7)),
        "/tree?q=evil".to_owned(),
    ] {
        let html = whole(&asking, &path).await;
        assert!(
            !html.contains("<script>alert") && !html.contains("<b class"),
            "{path}"
        );
        assert!(html.contains("&#60;script&#62;alert"), "{path}");
    }
    let told = part(&asking, &format!("/tree/{}", uuid(0))).await;
    assert!(told.text.len() < MOST, "{} bytes", told.text.len());
    assert!(told.text.contains("<li class=\"more\">"));
    let odd = json!({"id": "a/b?c#d \"e", "name": "Odd id", "state": "active"}).to_string();
    let below =
        json!({"id": "x", "name": "Below", "state": "active", "manager": {"id": "a/b?c#d \"e"}});
    publish(&*served.store, &[odd, below.to_string()], BEGIN_MS + 1_000);
    let html = asking
        .get_until("/tree", |told| told.text.contains("Odd id"))
        .await
        .text;
    let path = "/tree/a%2Fb%3Fc%23d%20%22e";
    assert!(html.contains(&format!("href=\"{path}\"")), "{html}");
    assert!(whole(&asking, path).await.contains("Below"));
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused_readably() {
    let served = served(&[None, Some(0)]).await;
    for (path, status) in [
        ("/tree?from=x", 400),
        ("/tree?from=-1", 400),
        ("/tree?asOf=once", 400),
        ("/tree?top=nobody", 404),
        ("/tree/nobody", 404),
        ("/tree.csv?columns=salary", 400),
    ] {
        let refused = served.anybody().get(path).await;
        assert_eq!(refused.status, status, "{path}");
        assert!(refused.text.contains("<h1>"), "{path}: {}", refused.text);
    }
    let past = whole(&served.anybody(), "/tree?from=50").await;
    assert_eq!(past.matches("class=\"row\"").count(), 0);
    let table = served.anybody().get("/tree.csv?columns=name,level").await;
    assert_eq!(
        table.text,
        "name,level\r\nPerson 0000,0\r\nPerson 0001,1\r\n"
    );
    assert_eq!(
        table.header("content-disposition"),
        "attachment; filename=\"tree.csv\""
    );
}
