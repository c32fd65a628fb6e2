//! The table of people: who is found, how many there are of what, and what a reader is shown of it.

use regex::Regex;
use serde_json::{Value, json};

use crate::served::{Answer, Asking, BEGIN_MS, Made, answer, publish, uuid};

const DAY: i64 = 86_400_000;

/// A user with a few of the usual members, and whatever `more` says.
fn person(number: usize, more: &Value) -> String {
    let mut person = json!({
        "id": uuid(number), "name": format!("Person {number:03}"), "state": "active",
        "email": format!("p{number}@example.com"), "username": format!("login.{number}"),
        "department": "Sales", "title": "Agent",
        "division": {"id": "north", "name": "North"},
    });
    for (name, value) in more.as_object().unwrap() {
        person[name] = value.clone();
    }
    person.to_string()
}

/// One sales department, two others, and a boss of two of them.
fn org() -> Vec<String> {
    vec![
        person(
            10,
            &json!({"name": "Ann Lee", "title": "Head of \"Things\""}),
        ),
        person(
            2,
            &json!({"name": "Bob", "manager": {"id": uuid(10)}, "department": "R&D, Labs"}),
        ),
        person(
            3,
            &json!({"name": "Cid", "manager": {"id": uuid(10).to_uppercase()}, "department": "R&D, Labs",
            "division": {"id": "south", "name": "South"}}),
        ),
        person(
            4,
            &json!({"name": "Dora", "department": null, "title": null, "version": 1234}),
        ),
        person(5, &json!({"name": "Eve", "state": "inactive"})),
        person(
            6,
            &json!({"name": "Fay", "state": "deleted", "division": {"id": "south", "name": "South"}}),
        ),
    ]
}

async fn served(org: &[String]) -> crate::served::Served {
    Made::new().publish(org, BEGIN_MS).serve().await
}

async fn page(asking: &Asking, path: &str) -> String {
    let answer = asking.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(answer.text.len() < 100_000, "{path}: {}", answer.text.len());
    answer.text
}

fn unescaped(text: &str) -> String {
    let pairs = [
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#38;", "&"),
    ];
    pairs
        .into_iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn captures(html: &str, pattern: &str) -> Vec<Vec<String>> {
    let pattern = Regex::new(pattern).unwrap();
    let found = pattern.captures_iter(html);
    found
        .map(|found| {
            found
                .iter()
                .skip(1)
                .map(|part| unescaped(part.unwrap().as_str()))
                .collect()
        })
        .collect()
}

/// The names in the table.
fn names(html: &str) -> Vec<String> {
    let found = captures(
        html,
        r#"<th scope="row"><a href="[^"]*"><bdi>([^<]*)</bdi>"#,
    );
    found.into_iter().flatten().collect()
}

/// Values of a filter with their numbers, those marked that are chosen.
fn facet(html: &str, name: &str) -> Vec<String> {
    links(html, name)
        .into_iter()
        .map(|(text, count, _)| format!("{text} {count}"))
        .collect()
}

/// The same with where they lead.
fn links(html: &str, name: &str) -> Vec<(String, String, String)> {
    let start = html.find(&format!("id=\"f-{name}\"")).unwrap();
    let part = &html[start..];
    let part = &part[..part.find("</details>").unwrap()];
    let found = captures(
        part,
        r#"<li><a href="([^"]*)\#f-[a-z]*"([^>]*)><bdi[^>]*>([^<]*)</bdi> <span class="count">([^<]*)<"#,
    );
    found
        .into_iter()
        .map(|found| {
            let mark = if found[1].is_empty() { "" } else { "*" };
            (
                format!("{mark}{}", found[2]),
                found[3].clone(),
                found[0].clone(),
            )
        })
        .collect()
}

#[tokio::test]
async fn words_are_looked_for_in_all_that_people_are_called() {
    let served = served(&org()).await;
    let asking = served.anybody();
    for (text, found) in [
        ("", "Ann Lee,Bob,Cid,Dora"),
        ("ANN", "Ann Lee"),
        ("lee+ann", "Ann Lee"),
        ("lee+bob", ""),
        ("p2%40example", "Bob"),
        ("p10%40EXAMPLE", "Ann Lee"),
        ("login.3", "Cid"),
        ("labs", "Bob,Cid"),
        ("things", "Ann Lee"),
        ("%22Things%22", "Ann Lee"),
        ("00000002-0000", "Bob"),
        ("0000-4000", ""),
        // Short ones: anywhere in a name, at the beginning of an address.
        ("bo", "Bob"),
        ("p2", "Bob"),
        ("2", ""),
        ("r%26", "Bob,Cid"),
    ] {
        let html = page(&asking, &format!("/people?q={text}")).await;
        assert_eq!(names(&html).join(","), found, "{text}");
    }
    assert!(
        page(&asking, "/people?q=%22x")
            .await
            .contains("value=\"&#34;x\"")
    );
}

#[tokio::test]
async fn filters_count_what_the_others_leave() {
    let served = served(&org()).await;
    let asking = served.anybody();
    let html = page(&asking, "/people").await;
    assert_eq!(names(&html), ["Ann Lee", "Bob", "Cid", "Dora"]);
    assert_eq!(
        facet(&html, "state"),
        ["*active 4", "deleted 1", "inactive 1"]
    );
    assert_eq!(
        facet(&html, "department"),
        ["R&D, Labs 2", "(none) 1", "Sales 1"]
    );
    assert_eq!(facet(&html, "division"), ["North 3", "South 1"]);
    assert_eq!(
        facet(&html, "title"),
        ["Agent 2", "(none) 1", "Head of \"Things\" 1"]
    );
    // The same manager, spelled in two ways.
    assert_eq!(facet(&html, "manager"), ["(none) 2", "Ann Lee 2"]);

    // Every link of a filter leads to as many people as it says.
    for name in ["state", "department", "division", "manager", "title"] {
        for (text, count, href) in links(&html, name) {
            let found = names(&page(&asking, &href).await).len();
            match text.starts_with('*') {
                true => assert_eq!(found, 6, "any state"),
                // Chosen beside the one that is already.
                false if name == "state" => assert_eq!(found, 5, "{text}"),
                false => assert_eq!(found.to_string(), count, "{name} {text}"),
            }
        }
    }

    let two = "/people?state=any&department=R%26D%2C+Labs&department=(none)";
    let html = page(&asking, two).await;
    assert_eq!(names(&html), ["Bob", "Cid", "Dora"]);
    assert_eq!(
        facet(&html, "department"),
        ["*R&D, Labs 2", "*(none) 1", "Sales 3"]
    );
    assert_eq!(facet(&html, "division"), ["North 2", "South 1"]);
    // The view of divisions leads here by id.
    let html = page(&asking, "/people?state=any&division=south").await;
    assert_eq!(names(&html), ["Cid", "Fay"]);
    assert_eq!(facet(&html, "division")[0], "*South 2");
    assert!(html.contains("Division: <bdi>South</bdi>"));
    let html = page(&asking, "/people?state=any&division=South&manager=(none)").await;
    assert_eq!(names(&html), ["Fay"]);
    assert_eq!(facet(&html, "manager"), ["*(none) 1", "Ann Lee 1"]);
    for id in [uuid(10), uuid(10).to_uppercase()] {
        let of_ann = page(&asking, &format!("/people?manager={id}")).await;
        assert_eq!(names(&of_ann), ["Bob", "Cid"]);
        assert!(of_ann.contains("Manager: <bdi>Ann Lee</bdi>"));
        assert_eq!(facet(&of_ann, "manager"), ["*Ann Lee 2", "(none) 2"]);
    }
    let states = page(&asking, "/people?state=Inactive,deleted").await;
    assert_eq!(names(&states), ["Eve", "Fay"]);

    // A value that nobody has is still there, to be let go of.
    let gone = page(&asking, "/people?title=Pilot").await;
    assert!(gone.contains("Nobody is like that"));
    assert_eq!(facet(&gone, "title")[0], "*Pilot 0");
    let cleared = captures(
        &gone,
        r#"<a class="button" href="([^"]*)">Clear all filters"#,
    );
    assert_eq!(names(&page(&asking, &cleared[0][0]).await).len(), 4);
    let everywhere = page(&asking, "/people?q=Eve").await;
    let states = captures(
        &everywhere,
        r#"<a class="button" href="([^"]*)">Look in every state"#,
    );
    assert_eq!(names(&page(&asking, &states[0][0]).await), ["Eve"]);
}

#[tokio::test]
async fn many_values_are_told_in_part() {
    let many: Vec<String> = (0..300)
        .map(|n| {
            person(
                n,
                &json!({"department": format!("Department {:03}", n % 150)}),
            )
        })
        .collect();
    let served = served(&many).await;
    let asking = served.anybody();
    let html = page(&asking, "/people?department=Department+149").await;
    let values = facet(&html, "department");
    assert_eq!(
        (values.len(), values[0].as_str()),
        (13, "*Department 149 2")
    );
    assert_eq!(values[1], "Department 000 2");
    let more = captures(&html, r#"<a href="([^"]*)">More of ([0-9]*) others"#);
    assert_eq!(more[0][1], "137");
    let html = page(&asking, &more[0][0]).await;
    assert_eq!(facet(&html, "department").len(), 101);
    assert!(html.contains("49 others are not shown"));
}

#[tokio::test]
async fn pages_follow_each_other_in_the_order_asked_for() {
    let many: Vec<String> = (0..120)
        .map(|n| person(n, &json!({"version": n})))
        .collect();
    let served = served(&many).await;
    let asking = served.anybody();
    let mut path = "/people?sort=name&order=desc&columns=name,version".to_owned();
    let (mut seen, mut shown) = (Vec::new(), Vec::new());
    loop {
        let html = page(&asking, &path).await;
        seen.extend(names(&html));
        shown.push(captures(&html, "<span role=\"status\">([^<]*)<")[0][0].clone());
        assert!(html.contains("aria-sort=\"descending\""));
        let next = captures(&html, r#"<a class="button" href="([^"]*)" rel="next">"#);
        let Some(next) = next.first() else {
            break;
        };
        path = next[0].clone();
    }
    let all: Vec<String> = (0..120).rev().map(|n| format!("Person {n:03}")).collect();
    assert_eq!(seen, all);
    assert_eq!(shown, ["1–50 of 120", "51–100 of 120", "101–120 of 120"]);
    // Whoever comes back later may find fewer.
    assert_eq!(names(&page(&asking, "/people?page=99").await).len(), 20);

    let html = page(&asking, "/people?columns=name,version").await;
    assert!(html.contains("aria-sort=\"ascending\""));
    let heads = captures(
        &html,
        r#"<th scope="col"[^>]*><a href="([^"]*)">([^<]*)</a>"#,
    );
    assert_eq!(
        (heads[0][1].as_str(), heads[1][1].as_str()),
        ("Name", "Version")
    );
    assert_eq!(names(&page(&asking, &heads[0][0]).await)[0], "Person 119");
    let by_version = page(&asking, &heads[1][0]).await;
    assert_eq!(names(&by_version)[0], "Person 000");
    let turned = captures(&by_version, r#"<a href="([^"]*)">Version</a>"#);
    assert_eq!(names(&page(&asking, &turned[0][0]).await)[0], "Person 119");
}

#[tokio::test]
async fn a_part_is_the_table_alone() {
    let served = served(&org()).await;
    let asking = served.anybody();
    let request = asking.request(reqwest::Method::GET, "/people?q=bob");
    let part = answer(request.header("x-headcount-part", "1")).await;
    assert_eq!(part.status, 200);
    assert_eq!(names(&part.text), ["Bob"]);
    assert!(!part.text.contains("<html") && !part.text.contains("type=\"search\""));
    let whole = page(&asking, "/people?q=bob").await;
    let at = whole.find("<div id=\"found\">").unwrap();
    assert!(
        whole[at..].contains(part.text.trim()),
        "the same as in the view"
    );
}

const HOSTILE: &str = "<script>alert('x')</script>&\"\u{202e}أهلا 👩‍🚀";

#[tokio::test]
async fn whatever_people_write_stays_text() {
    let long = HOSTILE.repeat(5_000 / HOSTILE.chars().count());
    let mut hostile: Vec<String> = (0..60)
        .map(|n| {
            let text = format!("{n} {long}");
            person(
                n,
                &json!({
                    "name": text, "email": text, "department": text, "title": text, "state": text,
                    "division": {"id": format!("d{n}"), "name": text}, "manager": {"id": uuid(0)},
                }),
            )
        })
        .collect();
    hostile.push(person(
        60,
        &json!({"name": " ", "email": "", "department": "=1+1", "title": "\u{202e}"}),
    ));
    let served = served(&hostile).await;
    let asking = served.anybody();
    let html = page(&asking, "/people?state=any").await;
    assert_eq!(names(&html).len(), 50);
    assert!(!html.contains("<script>alert") && html.contains("&#60;script&#62;"));
    assert!(!html.contains(" style=") && !html.contains(" onclick="));
    // A long value is chosen by its beginning.
    let (text, count, href) = links(&html, "department").remove(0);
    assert!(
        text.ends_with('…') && count == "1" && href.len() < 2_000,
        "{text} {href}"
    );
    let html = page(&asking, &href).await;
    assert_eq!(names(&html).len(), 1);
    assert_eq!(facet(&html, "department")[0], format!("*{text} 1"));
    // Nobody is without a link, and spreadsheets calculate nothing.
    let html = page(&asking, "/people?department=%3D1%2B1").await;
    assert_eq!(names(&html), [uuid(60)]);
    let rows = asking
        .get("/people.csv?department=%3D1%2B1&columns=department")
        .await;
    assert_eq!(rows.text, "department\r\n'=1+1\r\n");
    let rows = asking.get("/people.csv?state=any&columns=id,title").await;
    assert_eq!(rows.text.matches("\r\n").count(), 62);
}

#[tokio::test]
async fn a_limited_caller_knows_of_nobody_else() {
    let mut org = org();
    org[1] = person(2, &json!({"name": "Bob", "manager": {"id": uuid(3)}}));
    let served = Made::new()
        .publish(&org, BEGIN_MS)
        .token("north", |token| {
            token.grant.divisions = Some(vec!["north".to_owned()])
        })
        .token("none", |token| token.grant.divisions = Some(Vec::new()))
        .token("weak", |token| token.grant.permissions.clear())
        .serve()
        .await;
    let north = served.holder("north");
    let html = page(&north, "/people?state=any").await;
    assert_eq!(names(&html), ["Ann Lee", "Bob", "Dora", "Eve"]);
    assert_eq!(facet(&html, "division"), ["North 4"]);
    assert_eq!(facet(&html, "state"), ["active 3", "inactive 1"]);
    assert!(!html.contains("South") && !html.contains("Cid"), "{html}");
    // The id of the manager stands in Bob's own record; it is no name and no link.
    assert_eq!(
        facet(&html, "manager"),
        ["(none) 3".to_owned(), format!("{} 1", uuid(3))]
    );
    assert!(!html.contains(&format!("/people/{}", uuid(3))));
    for path in [
        "/people?q=Cid",
        "/people?division=South",
        "/people?q=00000003",
    ] {
        let html = page(&north, path).await;
        assert!(
            names(&html).is_empty() && !html.contains("<bdi>Cid"),
            "{path}"
        );
    }
    let rows = north
        .get("/people.csv?state=any&columns=name,manager")
        .await;
    assert_eq!(
        rows.text,
        "name,manager\r\nAnn Lee,\r\nBob,\r\nDora,\r\nEve,\r\n"
    );

    let html = page(&served.holder("none"), "/people").await;
    assert!(names(&html).is_empty() && html.contains("0 of 0"));
    assert_eq!(served.holder("weak").get("/people").await.status, 403);
    assert_eq!(served.holder("weak").get("/people.csv").await.status, 403);
}

#[tokio::test]
async fn the_past_is_asked_as_the_present() {
    let served = served(&org()).await;
    publish(&*served.store, &org()[..2], BEGIN_MS + 2 * DAY);
    served.at(BEGIN_MS + 2 * DAY);
    let asking = served.anybody();
    let there = |answer: &Answer| names(&answer.text).len() == 2;
    asking.get_until("/people", there).await;
    let html = page(&asking, "/people?asOf=2023-11-15&q=c").await;
    assert_eq!(names(&html), ["Cid"]);
    assert!(html.contains("As of <span class=\"many\">2023-11-15</span>"));
    assert!(html.contains("value=\"2023-11-15\" max=\"2023-11-16\""));
    assert!(html.contains(&format!("/people/{}?asOf=2023-11-15", uuid(3))));
    let rows = asking.get("/people.csv?asOf=2023-11-15&columns=name").await;
    assert_eq!(rows.text, "name\r\nAnn Lee\r\nBob\r\nCid\r\nDora\r\n");
    // Every link stays in the past.
    for link in captures(&html, r#"href="(/people[^"]*)""#)
        .into_iter()
        .flatten()
    {
        let is_nav = link == "/people";
        let leaves = html.contains(&format!(
            "<a href=\"{}\">Back to the present",
            link.replace('&', "&#38;")
        ));
        assert!(
            is_nav || leaves || link.contains("asOf=2023-11-15"),
            "{link}"
        );
    }
    let before = asking.get("/people?asOf=2020-01-01").await;
    assert_eq!(before.status, 400);
    assert!(before.text.contains("before the first snapshot"));
}

#[tokio::test]
async fn rows_are_those_that_are_shown() {
    let served = served(&org()).await;
    let asking = served.anybody();
    let rows = asking.get("/people.csv?q=person&state=any").await;
    assert_eq!(
        rows.text,
        "name,email,department,title,division,manager,state\r\n"
    );
    let html = page(&asking, "/people?department=R%26D%2C+Labs&sort=email&order=desc&columns=id&columns=Manager.Email&columns=division").await;
    let href = &captures(&html, r#"<a class="button" href="([^"]*)" download>"#)[0][0];
    let rows = asking.get(href).await;
    assert_eq!(
        rows.header("content-type"),
        "text/csv; charset=utf-8; header=present"
    );
    assert_eq!(
        rows.header("content-disposition"),
        "attachment; filename=\"users.csv\""
    );
    let (two, three) = (uuid(2), uuid(3));
    assert_eq!(
        rows.text,
        format!(
            "id,manager.email,division\r\n{three},p10@example.com,South\r\n{two},p10@example.com,North\r\n"
        )
    );
    assert_eq!(names(&html), [three, two]);
    let checked = captures(&html, r#"name="columns" value="([^"]*)" checked"#);
    assert_eq!(checked.concat(), ["id", "manager.email", "division"]);
}

#[tokio::test]
async fn wrong_questions_are_refused_in_words() {
    let served = served(&org()).await;
    let asking = served.anybody();
    let long = "x".repeat(201);
    let values: Vec<String> = (0..11).map(|n| format!("title={n}")).collect();
    for (query, why) in [
        ("columns=nme", "nearest: name"),
        (
            "columns=id,name,email,department,title,division,manager,state,version,username,team.name,division.id,manager.id",
            "at most 12 columns",
        ),
        ("sort=nme", "nearest: name"),
        ("order=up", "asc, desc"),
        ("page=0", "page must be"),
        ("page=x", "whole numbers"),
        ("more=name", "state, department"),
        ("asOf=yesterday", "ISO-8601"),
        (&format!("q={long}"), "200 characters"),
        ("q=a+b+c+d+e+f+g+h+i", "8 words"),
        (&values.join("&"), "at most 10 values of title"),
    ] {
        for path in ["/people", "/people.csv"] {
            let refused = asking.get(&format!("{path}?{query}")).await;
            assert_eq!(refused.status, 400, "{query}");
            assert!(refused.text.contains(why), "{query}: {}", refused.text);
            assert!(
                refused.text.contains("<h1>That can&#39;t be shown</h1>")
                    || refused.text.contains("<h1>That can't be shown</h1>")
            );
        }
    }
}

#[tokio::test]
async fn an_empty_org_is_shown_as_one() {
    let served = served(&[]).await;
    let html = page(&served.anybody(), "/people").await;
    assert!(html.contains("0 of 0") && html.contains("Nobody is like that"));
    assert!(html.contains("Nobody is left to choose from"));
}
