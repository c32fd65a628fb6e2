//! Trees of managers: who is in them, for whom, and how much of them.

use serde_json::{Value, json};

use crate::served::{BEGIN_MS, Made, uuid};

/// A user who reports to `manager`.
fn person(number: usize, manager: Option<usize>, division: &str) -> String {
    json!({
        "id": uuid(number), "name": format!("Person {number:03}"), "state": "active",
        "department": "Support", "title": "Agent",
        "division": {"id": division, "name": division},
        "manager": manager.map(|manager| json!({"id": uuid(manager)})),
    })
    .to_string()
}

/// 0 above 1 and 2, 1 above 3, 3 above 4; 3 is in the south.
fn org() -> Vec<String> {
    [None, Some(0), Some(0), Some(1), Some(3)]
        .into_iter()
        .enumerate()
        .map(|(number, manager)| {
            person(number, manager, if number == 3 { "south" } else { "north" })
        })
        .collect()
}

fn tree(number: usize) -> String {
    format!("/headcount/v1/managers/{}/tree", uuid(number))
}

/// `0(1(3),2)`: numbers of people, and who reports to them.
fn shape(node: &Value) -> String {
    let id = node["id"].as_str().unwrap();
    let number = u32::from_str_radix(&id[..8], 16).unwrap();
    let reports: Vec<String> = node["reports"]
        .as_array()
        .unwrap()
        .iter()
        .map(shape)
        .collect();
    match reports.is_empty() {
        true => number.to_string(),
        false => format!("{number}({})", reports.join(",")),
    }
}

#[tokio::test]
async fn a_tree_holds_everybody_below_with_numbers() {
    let served = Made::new().publish(&org(), BEGIN_MS).serve().await;
    let asking = served.anybody();
    let whole = asking.get(&tree(0)).await;
    assert_eq!(whole.status, 200, "{}", whole.text);
    let told = whole.json();
    assert_eq!(shape(&told["tree"]), "0(1(3(4)),2)");
    assert_eq!(
        (&told["people"], &told["truncated"]),
        (&json!(5), &json!(false))
    );
    assert_eq!(told["cycles"], json!([]));
    assert_eq!(
        told["snapshot"],
        json!({"id": 1, "published": "2023-11-14T22:13:20.000Z"})
    );
    let top = &told["tree"];
    assert_eq!(
        (&top["directReports"], &top["totalReports"]),
        (&json!(2), &json!(4))
    );
    let last = &top["reports"][1];
    let expected = json!({
        "id": uuid(2), "name": "Person 002", "department": "Support", "title": "Agent",
        "state": "active", "directReports": 0, "totalReports": 0, "reports": [],
    });
    assert_eq!(last, &expected);
    let upper = uuid(1).to_uppercase();
    let below = asking
        .get(&format!("/headcount/v1/managers/{upper}/tree?depth=1"))
        .await;
    assert_eq!(shape(&below.json()["tree"]), "1(3)");
    assert_eq!(below.json()["truncated"], false, "no more was asked for");

    let tag = whole.header("etag").to_owned();
    let request = asking.request(reqwest::Method::GET, &tree(0));
    let again = crate::served::answer(request.header("if-none-match", tag)).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
}

#[tokio::test]
async fn a_limit_leaves_out_who_is_furthest_from_the_top() {
    let served = Made::new().publish(&org(), BEGIN_MS).serve().await;
    let asking = served.anybody();
    for (limit, people) in [(1, "0"), (2, "0(1)"), (4, "0(1(3),2)"), (5, "0(1(3(4)),2)")] {
        let told = asking
            .get(&format!("{}?limit={limit}", tree(0)))
            .await
            .json();
        assert_eq!(shape(&told["tree"]), people);
        assert_eq!(told["truncated"], limit < 5);
    }
}

#[tokio::test]
async fn a_chain_of_any_length_is_told_as_far_as_readers_can_read() {
    let chain: Vec<String> = (0..3_000)
        .map(|number: usize| person(number, number.checked_sub(1), "north"))
        .collect();
    let served = Made::new().publish(&chain, BEGIN_MS).serve().await;
    let told = served.anybody().get(&tree(0)).await.json();
    assert_eq!(
        (&told["people"], &told["truncated"]),
        (&json!(51), &json!(true))
    );
    assert_eq!(told["tree"]["totalReports"], 2_999);
}

#[tokio::test]
async fn a_ring_is_cut_and_told() {
    let ring: Vec<String> = [Some(2), Some(0), Some(1), Some(1), Some(4)]
        .into_iter()
        .enumerate()
        .map(|(number, manager)| person(number, manager, "north"))
        .collect();
    let served = Made::new().publish(&ring, BEGIN_MS).serve().await;
    let told = async |number| served.anybody().get(&tree(number)).await.json();
    let whole = told(0).await;
    assert_eq!(shape(&whole["tree"]), "0(1(2,3))");
    assert_eq!(whole["cycles"], json!([[uuid(0), uuid(2), uuid(1)]]));
    let part = told(1).await;
    assert_eq!(shape(&part["tree"]), "1(2,3)");
    assert_eq!(part["cycles"], whole["cycles"]);
    assert_eq!(told(3).await["cycles"], json!([]));
    assert_eq!(told(4).await["cycles"], json!([[uuid(4)]]));
}

#[tokio::test]
async fn whoever_is_out_of_sight_is_no_part_of_a_tree() {
    let served = Made::new()
        .publish(&org(), BEGIN_MS)
        .token("all", |_| {})
        .token("north", |token| {
            token.grant.divisions = Some(vec!["north".to_owned()])
        })
        .token("none", |token| token.grant.permissions.clear())
        .serve()
        .await;
    let north = served.holder("north");
    let whole = north.get(&tree(0)).await;
    let told = whole.json();
    assert_eq!(shape(&told["tree"]), "0(1,2)");
    assert_eq!(told["tree"]["totalReports"], 2);
    assert_eq!(told["tree"]["reports"][0]["directReports"], 0);
    assert!(!whole.text.contains(&uuid(3)));
    let mut refused = Vec::new();
    for unknown in [3, 99] {
        let answer = north.get(&tree(unknown)).await;
        assert_eq!(answer.refusal(), (404, "not.found".to_owned()));
        let mut body = answer.json();
        body["contextId"].take();
        refused.push(body);
    }
    assert_eq!(refused[0], refused[1], "out of sight is as unknown");
    let all = served.holder("all").get(&tree(0)).await;
    assert_eq!(shape(&all.json()["tree"]), "0(1(3(4)),2)");
    assert_ne!(all.header("etag"), whole.header("etag"));
    let none = served.holder("none").get(&tree(0)).await;
    assert_eq!(none.refusal(), (403, "missing.permissions".to_owned()));
    assert_eq!(served.anybody().get(&tree(0)).await.status, 401);
}

#[tokio::test]
async fn a_tree_as_of_a_time_is_that_of_then() {
    let served = Made::new().publish(&org(), BEGIN_MS).serve().await;
    let moved = [person(0, None, "north"), person(1, None, "north")];
    crate::served::publish(&*served.store, &moved, BEGIN_MS + 1_000);
    served
        .anybody()
        .get_until(&tree(0), |answer| answer.json()["people"] == 1)
        .await;
    let then = format!("{}?asOf=2023-11-14T22:13:20.500Z", tree(0));
    let told = served.anybody().get(&then).await.json();
    assert_eq!(shape(&told["tree"]), "0(1(3(4)),2)");
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused() {
    let served = Made::new().publish(&org(), BEGIN_MS).serve().await;
    for (path, code) in [
        (format!("{}?depth=51", tree(0)), "constraint.validation"),
        (format!("{}?depth=-1", tree(0)), "constraint.validation"),
        (format!("{}?limit=0", tree(0)), "constraint.validation"),
        (format!("{}?limit=10001", tree(0)), "constraint.validation"),
        (
            format!("{}?depth=all", tree(0)),
            "invalid.query.param.value",
        ),
        (format!("{}?limit=", tree(0)), "invalid.query.param.value"),
        (format!("{}?asOf=once", tree(0)), "invalid.date"),
        ("/headcount/v1/managers/me/tree".to_owned(), "invalid.id"),
    ] {
        let refused = served.anybody().get(&path).await;
        assert_eq!(refused.refusal(), (400, code.to_owned()), "{path}");
    }
}
