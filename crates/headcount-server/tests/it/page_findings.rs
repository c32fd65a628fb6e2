//! The view of findings: by rule, with advice, and what of them is known already.

use std::{collections::BTreeMap, sync::Arc};

use headcount_core::check::Baseline;
use serde_json::json;

use crate::served::{Answer, BEGIN_MS, Made, ORG, uuid};

const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}";

fn person(number: usize, division: &str, manager: Option<usize>, department: &str) -> String {
    json!({
        "id": uuid(number), "name": format!("Person {number}"), "state": "active",
        "title": "Agent", "department": department,
        "email": format!("p{number}@example.com"), "username": format!("p{number}@example.com"),
        "division": {"id": division, "name": division},
        "manager": manager.map(|manager| json!({"id": uuid(manager)})),
    })
    .to_string()
}

/// Two without a department, one of them in the south; one whose manager is nobody.
fn org() -> Vec<String> {
    vec![
        person(0, "north", None, "Sales"),
        person(1, "north", Some(0), ""),
        person(2, "south", Some(0), ""),
        person(3, "north", Some(99), "Sales"),
    ]
}

/// The rows of the list, without their markup.
fn rows(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let Some((_, list)) = answer
        .text
        .split_once("aria-label=\"Findings\">\n  <table>")
    else {
        return Vec::new();
    };
    let body = list.split("<tbody>").nth(1).unwrap();
    let body = body.split("</tbody>").next().unwrap();
    body.split("</tr>")
        .map(|row| {
            let mut is_markup = false;
            let text = row.chars().filter(|c| {
                is_markup = *c == '<' || (is_markup && *c != '>');
                !is_markup && *c != '>'
            });
            text.collect::<String>()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        })
        .filter(|row| !row.is_empty())
        .collect()
}

#[tokio::test]
async fn findings_are_listed_with_their_advice() {
    let served = Made::new().publish(&org(), BEGIN_MS).serve().await;
    let asking = served.anybody();
    let all = asking.get("/findings").await;
    let told = rows(&all);
    assert!(
        told[0].starts_with("Person 3 ") && told[0].ends_with("manager-unknown error"),
        "{told:?}"
    );
    assert_eq!(
        told.iter()
            .filter(|row| row.contains("no-department"))
            .count(),
        2
    );
    for words in [
        "Reports by department count this user under <code>(none)</code>.",
        "Admin &#62; People",
        &format!("href=\"/people/{}\"", uuid(1)),
        "facts-without-user <span class=\"none\">HC026</span>: there are no facts",
        "No baseline says which are known",
        "href=\"/headcount/v1/findings?format=csv\"",
    ] {
        assert!(all.text.contains(words), "{words}: {}", all.text);
    }
    assert!(!all.text.contains("name=\"known\""));

    let some = asking
        .get("/findings?rule=HC001&severity=error&severity=warning&q=PERSON+2")
        .await;
    assert_eq!(rows(&some).len(), 1);
    assert!(
        rows(&some)[0].starts_with("Person 2 no department no-department"),
        "{:?}",
        rows(&some)
    );
    for kept in [
        "value=\"HC001\" checked",
        "value=\"warning\" checked",
        "value=\"PERSON 2\"",
        "href=\"/headcount/v1/findings?severity=error%2Cwarning&#38;rule=HC001&#38;q=PERSON+2&#38;format=csv\"",
    ] {
        assert!(some.text.contains(kept), "{kept}: {}", some.text);
    }
    let table = "/headcount/v1/findings?severity=error%2Cwarning&rule=HC001&q=PERSON+2&format=csv";
    let table = asking.get(table).await;
    assert_eq!(table.text.lines().count(), 2, "{}", table.text);
    let nothing = asking.get("/findings?q=nobody+at+all").await;
    assert!(
        rows(&nothing).is_empty()
            && nothing
                .text
                .contains("Nothing is found of what is asked for")
    );
}

#[tokio::test]
async fn what_is_known_is_hidden_until_it_is_asked_for() {
    let first = Made::new().publish(&org(), BEGIN_MS).serve().await;
    let file = first
        .anybody()
        .get("/findings/baseline.json?rule=HC001")
        .await;
    assert_eq!(file.status, 200);
    assert!(file.header("content-disposition").contains("baseline.json"));
    let known = Baseline::parse(&file.text).unwrap();
    assert_eq!(known.len(), 2);
    assert!(
        !file.text.contains("Person") && !file.text.contains("00000001-"),
        "{}",
        file.text
    );

    // One that was mended, and one of a rule that does not run here.
    let mut kept = known.clone();
    kept.extend(["HC001:ff".to_owned(), "HC026:01".to_owned()]);
    let known = BTreeMap::from([(ORG.to_owned(), Arc::new(kept))]);
    let served = Made::new()
        .publish(&org(), BEGIN_MS)
        .serve_with(|settings| settings.known = known)
        .await;
    let asking = served.anybody();
    let fresh = asking.get("/findings").await;
    assert!(
        rows(&fresh)
            .iter()
            .all(|row| !row.contains("no-department")),
        "{:?}",
        rows(&fresh)
    );
    for words in [
        "2 known of what is asked for; the new ones are shown",
        "1 of the baseline are found no more",
        "known too (2)",
        "known=hide&#38;format=csv",
    ] {
        assert!(fresh.text.contains(words), "{words}: {}", fresh.text);
    }
    let both = asking.get("/findings?known=show").await;
    let both_rows = rows(&both);
    let tagged: Vec<_> = both_rows
        .iter()
        .filter(|row| row.contains("no-department"))
        .collect();
    assert_eq!(tagged.len(), 2);
    assert!(
        tagged.iter().all(|row| row.contains(" known ")),
        "{tagged:?}"
    );
    assert_eq!(both_rows.len(), rows(&fresh).len() + 2);
    assert!(both.text.contains("name=\"known\" value=\"show\" checked"));

    // A baseline of what is new keeps what is known, drops what is mended, and leaves alone what
    // did not run.
    let file = asking
        .get("/findings/baseline.json?rule=manager-unknown")
        .await;
    let told = Baseline::parse(&file.text).unwrap();
    assert!(told.holds("HC026:01") && !told.holds("HC001:ff"));
    assert_eq!(told.len(), 4);

    // The API shows all, unless it is told to hide them.
    let count = async |query: &str| {
        let told = asking.get(&format!("/headcount/v1/findings{query}")).await;
        told.json()["summary"]["total"].as_u64().unwrap()
    };
    assert_eq!(count("").await, both_rows.len() as u64);
    assert_eq!(count("?known=hide").await, rows(&fresh).len() as u64);
    assert_eq!(
        count("?q=PERSON%203").await,
        rows(&both)
            .iter()
            .filter(|row| row.contains("Person 3"))
            .count() as u64
    );
    let all_known = asking.get("/findings?rule=HC001").await;
    assert!(
        all_known
            .text
            .contains("Nothing is found of what is asked for"),
        "{}",
        all_known.text
    );
}

#[tokio::test]
async fn who_sees_a_part_sees_the_findings_of_that_part() {
    let all = Made::new().publish(&org(), BEGIN_MS).serve().await;
    let known = all.anybody().get("/findings/baseline.json").await;
    let known = Arc::new(Baseline::parse(&known.text).unwrap());
    let of_south: Vec<String> = {
        let told = all
            .anybody()
            .get("/headcount/v1/findings?q=person+2")
            .await
            .json();
        let findings = told["findings"].as_array().unwrap().clone();
        findings
            .iter()
            .map(|one| one["fingerprint"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(!of_south.is_empty());
    let served = Made::new()
        .publish(&org(), BEGIN_MS)
        .token("north", |token| {
            token.grant.divisions = Some(vec!["north".to_owned()])
        })
        .token("none", |token| token.grant.permissions.clear())
        .serve_with(|settings| settings.known = BTreeMap::from([(ORG.to_owned(), known)]))
        .await;
    let north = served.holder("north").get("/findings?known=show").await;
    assert!(rows(&north).iter().any(|row| row.starts_with("Person 1 ")));
    for hidden in ["Person 2", &uuid(2), "south", "found no more"] {
        assert!(!north.text.contains(hidden), "{hidden}: {}", north.text);
    }
    assert!(north.text.contains("managers in other divisions"));
    let file = served.holder("north").get("/findings/baseline.json").await;
    for fingerprint in &of_south {
        assert!(!file.text.contains(fingerprint.as_str()), "{fingerprint}");
    }
    assert_eq!(served.holder("none").get("/findings").await.status, 403);
    assert_eq!(
        served
            .holder("none")
            .get("/findings/baseline.json")
            .await
            .status,
        403
    );
}

#[tokio::test]
async fn many_findings_come_in_pages() {
    let org: Vec<String> = (0..250)
        .map(|number| person(number, "north", None, ""))
        .collect();
    let served = Made::new().publish(&org, BEGIN_MS).serve().await;
    let page = async |path: &str| served.anybody().get(path).await;
    let first = page("/findings?rule=no-department").await;
    assert_eq!(rows(&first).len(), 100);
    assert!(first.text.contains("1 to 100 of 250") && !first.text.contains("rel=\"prev\""));
    assert!(
        first
            .text
            .contains("href=\"/findings?rule=no-department&#38;page=2\""),
        "{}",
        first.text
    );
    let last = page("/findings?rule=no-department&page=3").await;
    assert_eq!(rows(&last).len(), 50);
    assert!(!last.text.contains("rel=\"next\""));
    // Whoever asks for a page behind the last is shown the last.
    let behind = page("/findings?rule=no-department&page=77").await;
    assert_eq!(rows(&behind), rows(&last));
    let mut names: Vec<String> = rows(&first);
    names.extend(rows(&page("/findings?rule=no-department&page=2").await));
    names.extend(rows(&last));
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 250);
}

#[tokio::test]
async fn hostile_names_are_shown_and_run_nothing() {
    let long = format!("{HOSTILE}{}", "<😀".repeat(2_500));
    let of = |number: usize| {
        json!({
            "id": uuid(number), "name": format!("{number}{long}"), "state": "active",
            "department": format!("{long}{}", number % 2), "title": long,
            "email": "nonsense", "division": {"id": "d", "name": long},
            "manager": {"id": uuid(number)},
        })
        .to_string()
    };
    let org: Vec<String> = (0..300).map(of).collect();
    let served = Made::new().publish(&org, BEGIN_MS).serve().await;
    for path in ["/findings", "/findings?page=2", "/findings?q=%3Cscript%3E"] {
        let shown = served.anybody().get(path).await;
        assert_eq!(rows(&shown).len(), 100, "{path}");
        assert!(!shown.text.contains("<script>"), "{}", shown.text);
        assert!(
            shown.text.len() < 100_000,
            "{path}: {} bytes",
            shown.text.len()
        );
    }
}

#[tokio::test]
async fn what_cannot_be_shown_is_told_in_a_page() {
    let served = Made::new().publish(&[], BEGIN_MS).serve().await;
    let empty = served.anybody().get("/findings").await;
    assert!(
        empty.text.contains("The rules find nothing wrong"),
        "{}",
        empty.text
    );
    let long = format!("q={}", "x".repeat(101));
    for query in [
        "rule=HC999",
        "severity=bad",
        "known=perhaps",
        "page=0",
        "page=x",
        &long,
    ] {
        for path in ["/findings", "/findings/baseline.json"] {
            if query.starts_with("page") && path.ends_with("json") {
                continue;
            }
            let refused = served.anybody().get(&format!("{path}?{query}")).await;
            assert_eq!(refused.status, 400, "{path} {query}");
            assert!(
                refused.text.contains("<h1>That can&#39;t be shown</h1>"),
                "{}",
                refused.text
            );
        }
    }
}
