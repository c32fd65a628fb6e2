//! The OData feed over HTTP: what Power BI and its like ask, for who may see how much of it.

#[path = "odata/facts.rs"]
mod facts;
#[path = "odata/login.rs"]
mod login;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::served::{Answer, Asking, BEGIN_MS, Made, ORG, answer, publish, user, uuid};

const STATES: [&str; 4] = ["active", "active", "inactive", "deleted"];

fn people(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| {
            user(
                number,
                STATES[number % 4],
                if number % 2 == 0 { "n" } else { "s" },
            )
        })
        .collect()
}

/// Asks for a path of the feed; spaces may stand in it.
async fn ask(asking: &Asking, path: &str) -> Answer {
    let path = path.replace(' ', "%20");
    asking.get(&format!("/odata/v4{path}")).await
}

/// `value` of a page.
async fn rows(asking: &Asking, path: &str) -> Vec<Value> {
    let told = ask(asking, path).await;
    assert_eq!(told.status, 200, "{path}: {}", told.text);
    told.json()["value"].as_array().unwrap().clone()
}

/// Follows links to the end; `each` is called after every page.
async fn follow(
    asking: &Asking,
    served: &str,
    path: &str,
    size: u64,
    mut each: impl FnMut(usize),
) -> Vec<Value> {
    let (mut all, mut next, mut pages) = (Vec::new(), Some(format!("/odata/v4{path}")), 0);
    while let Some(link) = next {
        let request = asking.request(reqwest::Method::GET, &link);
        let told = answer(request.header("prefer", format!("odata.maxpagesize={size}"))).await;
        assert_eq!(told.status, 200, "{}", told.text);
        assert_eq!(
            told.header("preference-applied"),
            format!("odata.maxpagesize={size}")
        );
        let body = told.json();
        let page = body["value"].as_array().unwrap();
        assert!(page.len() as u64 <= size);
        all.extend(page.iter().cloned());
        next = body["@odata.nextLink"].as_str().map(|link| {
            assert!(!page.is_empty(), "a page that leads on is not empty");
            link.strip_prefix(served).unwrap().to_owned()
        });
        pages += 1;
        each(pages);
    }
    all
}

fn texts(rows: &[Value], name: &str) -> Vec<String> {
    let text = |row: &Value| row[name].as_str().unwrap().to_owned();
    rows.iter().map(text).collect()
}

#[tokio::test]
async fn the_feed_describes_itself() {
    let served = Made::new().serve().await;
    let asking = served.anybody();
    for root in ["", "/"] {
        let told = ask(&asking, root).await;
        assert_eq!(told.status, 200, "{}", told.text);
        assert_eq!(told.header("odata-version"), "4.0");
        assert_eq!(
            told.header("content-type"),
            "application/json;odata.metadata=minimal"
        );
        let body = told.json();
        let base = format!("{}/odata/v4/", served.url());
        assert_eq!(body["@odata.context"], format!("{base}$metadata"));
        let names = texts(body["value"].as_array().unwrap(), "name");
        assert_eq!(names.len(), 8);
    }
    let xml = ask(&asking, "/$metadata").await;
    assert_eq!(xml.header("content-type"), "application/xml");
    assert!(xml.text.contains("<EntitySet Name=\"UserVersions\""));
    let json = ask(&asking, "/$metadata?$format=json").await;
    assert_eq!(json.json()["$Version"], "4.01");
}

#[tokio::test]
async fn a_store_without_facts_or_managers_has_every_set_and_no_rows() {
    let served = Made::new().publish(&people(3), BEGIN_MS).serve().await;
    let asking = served.anybody();
    for set in ["Managers", "ManagerReports", "HandleTime", "Evaluations"] {
        let told = ask(&asking, &format!("/{set}?$count=true")).await;
        let body = told.json();
        assert_eq!(body["value"], json!([]), "{set}");
        assert_eq!(body["@odata.count"], 0, "{set}");
        assert_eq!(ask(&asking, &format!("/{set}/$count")).await.text, "0");
    }
    let total = "/HandleTime?$apply=aggregate(HandleSumMs with sum as Sum,$count as Facts)";
    assert_eq!(
        rows(&asking, total).await,
        [json!({"Sum": null, "Facts": 0})]
    );
}

#[tokio::test]
async fn rows_are_what_the_roster_holds() {
    let served = Made::new().publish(&people(9), BEGIN_MS).serve().await;
    let asking = served.anybody();
    let told = ask(&asking, &format!("/Users('{}')", uuid(3))).await;
    assert_eq!(told.status, 200, "{}", told.text);
    let wanted = json!({
        "@odata.context": format!("{}/odata/v4/$metadata#Users/$entity", served.url()),
        "Id": uuid(3), "State": "deleted", "Name": "Person 3", "Email": "person.3@example.com",
        "Username": null, "PreferredName": null, "Department": "Support", "Title": null,
        "DivisionId": "s", "DivisionName": "Division s", "ManagerId": null, "ManagerName": null,
    });
    assert_eq!(told.json(), wanted);
    assert_eq!(
        ask(&asking, &format!("/Users('{}')", uuid(77)))
            .await
            .status,
        404
    );
    let narrow = "/Users?$select=Name,Id&$filter=Department eq 'Support'&$orderby=Name desc&$top=2&$count=true";
    let told = ask(&asking, narrow).await.json();
    assert_eq!(
        told,
        json!({
            "@odata.context": format!("{}/odata/v4/$metadata#Users(Id,Name)", served.url()),
            "@odata.count": 3,
            "value": [
                {"Id": uuid(6), "Name": "Person 6"},
                {"Id": uuid(3), "Name": "Person 3"},
            ],
        })
    );
    assert_eq!(ask(&asking, "/Users/$count").await.text, "9");
    assert_eq!(
        ask(&asking, "/Users/$count?$filter=State eq 'active'")
            .await
            .text,
        "5"
    );
    assert_eq!(
        rows(&asking, "/Divisions").await,
        [
            json!({"Id": "n", "Name": "Division n", "Users": 5, "ActiveUsers": 3}),
            json!({"Id": "s", "Name": "Division s", "Users": 4, "ActiveUsers": 2}),
        ]
    );
    assert_eq!(
        rows(&asking, "/Departments").await,
        [
            json!({"Name": "Sales", "Users": 6, "ActiveUsers": 4}),
            json!({"Name": "Support", "Users": 3, "ActiveUsers": 1}),
        ]
    );
    let grouped = "/Users?$apply=filter(State ne 'deleted')/groupby((Department),aggregate($count as Users,Name with max as Last))&$orderby=Users";
    assert_eq!(
        rows(&asking, grouped).await,
        [
            json!({"Department": "Support", "Users": 2, "Last": "Person 6"}),
            json!({"Department": "Sales", "Users": 5, "Last": "Person 8"}),
        ]
    );
}

#[tokio::test]
async fn versions_tell_every_change_and_a_past_snapshot_stays() {
    let mut people = people(4);
    let made = Made::new().publish(&people, BEGIN_MS);
    people[1] = people[1].replace("Sales", "Support");
    people.remove(2);
    let served = made.publish(&people, BEGIN_MS + 60_000).serve().await;
    let asking = served.anybody();
    let all = rows(&asking, "/UserVersions").await;
    let of = |number: usize| -> Vec<&Value> {
        all.iter()
            .filter(|row| row["UserId"] == uuid(number))
            .collect()
    };
    assert_eq!(all.len(), 5);
    let (began, changed) = ("2023-11-14T22:13:20Z", "2023-11-14T22:14:20Z");
    let moved = of(1);
    assert_eq!(
        moved[0]["UserVersionKey"],
        format!("{}@{BEGIN_MS}", uuid(1))
    );
    assert_eq!(
        (
            &moved[0]["ValidFrom"],
            &moved[0]["ValidTo"],
            &moved[0]["ModifiedAt"]
        ),
        (&json!(began), &json!(changed), &json!(changed))
    );
    assert_eq!(
        (&moved[0]["IsCurrent"], &moved[0]["Department"]),
        (&json!(false), &json!("Sales"))
    );
    assert_eq!(
        (&moved[1]["IsCurrent"], &moved[1]["Department"]),
        (&json!(true), &json!("Support"))
    );
    assert_eq!(of(2)[0]["ValidTo"], changed, "somebody left");
    let range =
        format!("/UserVersions?$filter=ModifiedAt ge {changed} and ModifiedAt lt 2023-11-15");
    assert_eq!(rows(&asking, &range).await.len(), 3);
    let before = rows(&asking, "/UserVersions?asOf=2023-11-14T22:13:30Z").await;
    assert_eq!(before.len(), 4);
    assert!(
        before
            .iter()
            .all(|row| row["ValidTo"].is_null() && row["IsCurrent"] == true)
    );
    assert_eq!(
        rows(&asking, "/Users?asOf=2023-11-14T22:13:30Z")
            .await
            .len(),
        4
    );
}

#[tokio::test]
async fn managers_bring_all_who_are_below_them() {
    let person = |number: usize, manager: Option<usize>| {
        json!({"id": uuid(number), "name": format!("P{number}"), "state": "active",
            "manager": manager.map(|manager| json!({"id": uuid(manager)}))})
        .to_string()
    };
    let org = [
        person(0, None),
        person(1, Some(0)),
        person(2, Some(1)),
        person(3, Some(9)),
    ];
    let served = Made::new().publish(&org, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let managers = rows(
        &asking,
        "/Managers?$select=Name,Level,DirectReports,TotalReports",
    )
    .await;
    assert_eq!(
        managers,
        [
            json!({"Name": "P0", "Level": 0, "DirectReports": 1, "TotalReports": 2}),
            json!({"Name": "P1", "Level": 1, "DirectReports": 1, "TotalReports": 1}),
        ]
    );
    let below = rows(
        &asking,
        &format!("/ManagerReports?$filter=ManagerId eq '{}'", uuid(0)),
    )
    .await;
    let below: Vec<(&Value, &Value)> = below
        .iter()
        .map(|row| (&row["UserId"], &row["Depth"]))
        .collect();
    assert_eq!(
        below,
        [
            (&json!(uuid(0)), &json!(0)),
            (&json!(uuid(1)), &json!(1)),
            (&json!(uuid(2)), &json!(2)),
        ]
    );
    let one = format!(
        "/ManagerReports(ManagerId='{}',UserId='{}')",
        uuid(1),
        uuid(2)
    );
    assert_eq!(ask(&asking, &one).await.json()["Depth"], 1);
    let names = rows(
        &asking,
        "/Users?$select=ManagerId,ManagerName&$filter=ManagerId ne null",
    )
    .await;
    let names: Vec<&Value> = names.iter().map(|row| &row["ManagerName"]).collect();
    assert_eq!(names, [&json!("P0"), &json!("P1"), &Value::Null]);
}

#[tokio::test]
async fn pages_show_every_row_once_and_never_mix_snapshots() {
    let before = people(1_103);
    let served = Made::new().publish(&before, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let url = served.url();
    let all: Vec<String> = (0..1_103).map(uuid).collect();
    let mut backwards = all.clone();
    backwards.reverse();
    for (path, size, wanted) in [
        ("/Users", 100, &all[..]),
        ("/Users?$select=Id", 999, &all),
        ("/Users?$orderby=Id%20desc&$top=1200", 500, &backwards),
        ("/Users?$skip=3&$top=700", 256, &all[3..703]),
        ("/Users?$filter=Id%20ge%20''", 2_000, &all),
    ] {
        let found = follow(&asking, &url, path, size, |_| {}).await;
        assert_eq!(texts(&found, "Id"), wanted, "{path}");
    }
    // Half of them leave, and the rest move on, while somebody reads.
    let after: Vec<String> = before
        .iter()
        .step_by(2)
        .map(|user| user.replace("Sales", "Other"))
        .collect();
    for (at, path) in [
        (1_i64, "/Users"),
        (2, "/UserVersions?$count=true"),
        (3, "/Users?$filter=Department%20ne%20null"),
    ] {
        publish(&*served.store, &before, BEGIN_MS + at * 10_000);
        asking
            .get_until("/odata/v4/Users/$count", |told| told.text == "1103")
            .await;
        let store = served.store.clone();
        let found = follow(&asking, &url, path, 200, |page| {
            if page == 2 {
                publish(&*store, &after, BEGIN_MS + (at * 10_000 + 5_000));
            }
        })
        .await;
        let column = if path.starts_with("/UserVersions") {
            "UserVersionKey"
        } else {
            "Id"
        };
        let ids: BTreeSet<String> = texts(&found, column).into_iter().collect();
        assert_eq!(ids.len(), found.len(), "{path}: a row twice");
        if column == "Id" {
            assert_eq!(ids.into_iter().collect::<Vec<_>>(), all, "{path}");
            assert!(
                found.iter().all(|row| row["Department"] != "Other"),
                "{path}: mixed"
            );
        } else {
            let left = found
                .iter()
                .filter(|row| row["ValidTo"] == "2023-11-14T22:13:45Z");
            assert_eq!(left.count(), 0, "what happened later is not told");
        }
        asking
            .get_until("/odata/v4/Users/$count", |told| told.text == "552")
            .await;
    }
}

#[tokio::test]
async fn a_token_is_good_for_its_question_and_a_snapshot_that_is_kept() {
    let served = Made::new().publish(&people(9), BEGIN_MS).serve().await;
    let asking = served.anybody();
    let first = ask(
        &asking,
        "/Users?$filter=State eq 'active'&$top=4&apikey=hc_x_y",
    )
    .await;
    assert_eq!(first.json()["value"].as_array().unwrap().len(), 4);
    let request = asking.request(
        reqwest::Method::GET,
        "/odata/v4/Users?$format=json&apikey=hc_x_y",
    );
    let first = answer(request.header("prefer", "odata.maxpagesize=2"))
        .await
        .json();
    let link = first["@odata.nextLink"].as_str().unwrap().to_owned();
    assert!(
        !link.contains("hc_x_y") && link.contains("format"),
        "{link}"
    );
    let link = link.strip_prefix(&served.url()).unwrap();
    let refused = asking.get(&format!("{link}&$filter=Id%20eq%20'x'")).await;
    assert_eq!(refused.status, 400, "{}", refused.text);
    let token = link.split("skiptoken=").nth(1).unwrap();
    use base64::Engine;
    let engine = base64::prelude::BASE64_URL_SAFE_NO_PAD;
    let text = String::from_utf8(engine.decode(token).unwrap()).unwrap();
    let unknown = engine.encode(text.replace("\"s\":1,", "\"s\":99,"));
    let gone = asking.get(&link.replace(token, &unknown)).await;
    assert_eq!(gone.status, 410, "{}", gone.text);
    assert_eq!(gone.json()["error"]["code"], "gone");
}

#[tokio::test]
async fn whoever_is_forgotten_leaves_the_feed_and_ends_what_is_being_read() {
    let served = Made::new().publish(&people(9), BEGIN_MS).serve().await;
    let asking = served.anybody();
    let request = asking.request(reqwest::Method::GET, "/odata/v4/Users");
    let first = answer(request.header("prefer", "odata.maxpagesize=2")).await;
    let link = first.json()["@odata.nextLink"].as_str().unwrap().to_owned();
    let link = link.strip_prefix(&served.url()).unwrap();
    assert_eq!(
        rows(&asking, "/UserVersions?$filter=Name eq 'Person 4'")
            .await
            .len(),
        1
    );
    served
        .store
        .forget(ORG, &uuid(4), BEGIN_MS + 1_000)
        .unwrap();
    let path = format!("/odata/v4/Users('{}')", uuid(4));
    let told = asking
        .get_until(&path, |told| told.json()["Name"].is_null())
        .await;
    assert_eq!(told.json()["Email"], Value::Null);
    assert_eq!(
        told.json()["DivisionId"],
        "n",
        "what reports split by stays"
    );
    assert_eq!(
        rows(&asking, "/UserVersions?$filter=Name eq 'Person 4'")
            .await
            .len(),
        0
    );
    assert_eq!(asking.get(link).await.status, 410);
}

#[tokio::test]
async fn the_form_is_what_is_asked_for() {
    let served = Made::new().publish(&people(1), BEGIN_MS).serve().await;
    let asking = served.anybody();
    let none = ask(
        &asking,
        "/Divisions?$format=application/json;odata.metadata=none",
    )
    .await;
    assert_eq!(
        none.header("content-type"),
        "application/json;odata.metadata=none"
    );
    assert!(none.json().get("@odata.context").is_none());
    let full = asking.request(reqwest::Method::GET, "/odata/v4/Divisions");
    let full = answer(full.header(
        "accept",
        "application/json;odata.metadata=full;IEEE754Compatible=true",
    ))
    .await
    .json();
    assert_eq!(
        full["value"][0],
        json!({
            "@odata.type": "#headcount.Division",
            "@odata.id": format!("{}/odata/v4/Divisions('n')", served.url()),
            "Id": "n", "Name": "Division n",
            "Users@odata.type": "#Int64", "Users": "1",
            "ActiveUsers@odata.type": "#Int64", "ActiveUsers": "1",
        })
    );
    assert_eq!(ask(&asking, "/Users?$format=atom").await.status, 400);
    let proxied = asking.request(reqwest::Method::GET, "/odata/v4/Users");
    let proxied = proxied
        .header("x-forwarded-proto", "https")
        .header("x-forwarded-host", "feed.example.com");
    let context = answer(proxied).await.json()["@odata.context"].clone();
    assert_eq!(context, "https://feed.example.com/odata/v4/$metadata#Users");
}

#[tokio::test]
async fn who_has_an_answer_gets_none() {
    let served = Made::new().publish(&people(5), BEGIN_MS).serve().await;
    let asking = served.anybody();
    for path in [
        "/Users",
        "/UserVersions",
        "/HandleTime",
        "/Users?$apply=aggregate($count as N)",
    ] {
        let first = ask(&asking, path).await;
        let tag = first.header("etag").to_owned();
        let path = format!("/odata/v4{}", path.replace(' ', "%20"));
        let again = |size: &'static str| {
            let request = asking.request(reqwest::Method::GET, &path);
            let request = request.header("if-none-match", &tag);
            answer(request.header("prefer", size))
        };
        assert_eq!(again("respond-async").await.status, 304, "{path}");
        assert_eq!(
            again("odata.maxpagesize=2").await.status,
            200,
            "another page is another answer"
        );
    }
}

#[tokio::test]
async fn refusals_say_what_is_wrong() {
    let served = Made::new().publish(&people(5), BEGIN_MS).serve().await;
    let asking = served.anybody();
    let deep = format!("{}Id eq 'x'{}", "(".repeat(500), ")".repeat(500));
    let nots = format!("{}contains(Id,'x')", "not ".repeat(500));
    for (path, status, word) in [
        ("/Nothing", 404, "Users"),
        ("/Users('x')/Name", 404, "found"),
        ("/$batch", 501, "$batch"),
        ("/Users?$expand=Manager", 501, "$expand"),
        ("/Users?$search=x", 501, "$filter"),
        ("/Users?$filter=Nme eq 'x'", 400, "Department"),
        ("/Users?$filter=Name eq 5", 400, "compared"),
        ("/Users?$filter=Name", 400, "condition"),
        ("/Users?$filter=Name eq 'x", 400, "end"),
        ("/Users?$filter=Name eq 'x' and", 400, "early"),
        ("/Users?$filter=Name eq 'x' 'y'", 400, "follow"),
        ("/Users?$filter=soundslike(Name,'x')", 501, "contains"),
        ("/Users?$filter=length(Name) add 1 eq 2", 501, "add"),
        ("/Users?$filter=contains(Name)", 400, "arguments"),
        ("/Users?$filter=Id in ()", 400, "literal"),
        ("/Users?$select=Id,Nme", 400, "Nme"),
        ("/Users?$orderby=Nme", 400, "Nme"),
        ("/Users?$top=x", 400, "$top"),
        ("/Users?$apply=groupby((Nme))", 400, "Nme"),
        (
            "/Users?$apply=aggregate(Name with sum as S)",
            400,
            "Edm.String",
        ),
        (
            "/Users?$apply=aggregate($count as N,$count as N)",
            400,
            "twice",
        ),
        ("/Users?$apply=topcount(2,Name)", 501, "topcount"),
        (
            "/Users?$apply=groupby((State))&$filter=Name eq 'x'",
            400,
            "Name",
        ),
        ("/Users?$skiptoken=x", 400, "nextLink"),
        ("/Users?asOf=2001-01-01", 400, "first snapshot"),
        (&format!("/Users?$filter={deep}"), 400, "levels"),
        (&format!("/Users?$filter={nots}"), 400, "levels"),
    ] {
        let told = ask(&asking, path).await;
        assert_eq!(told.status, status, "{path}: {}", told.text);
        let error = &told.json()["error"];
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(word), "{path}: {message}");
        assert!(error["code"].as_str().is_some_and(|code| !code.is_empty()));
        assert_eq!(
            error["innererror"]["contextId"],
            told.header("inin-correlation-id")
        );
        assert_eq!(told.header("odata-version"), "4.0");
    }
    let post = asking.post("/odata/v4/Users", "{}").await;
    assert_eq!(
        (post.status, post.json()["error"]["code"].as_str()),
        (405, Some("method.not.allowed"))
    );
}

#[tokio::test]
async fn many_conditions_are_answered() {
    let served = Made::new().publish(&people(50), BEGIN_MS).serve().await;
    let asking = served.anybody();
    // As many as the head of a request holds.
    let clauses: Vec<String> = (0..1_100).map(|n| format!("Title+eq+'{n}'")).collect();
    let many = format!(
        "/Users?$filter={}+or+Name+eq+'Person+7'",
        clauses.join("+or+")
    );
    let members: Vec<String> = (0..1_500).map(|n| format!("'Person+{n}'")).collect();
    let listed = format!("/Users?$filter=Name+in+({})", members.join(","));
    for (path, found) in [(many, 1), (listed, 50)] {
        let told = ask(&asking, &path).await;
        assert_eq!(told.status, 200);
        assert_eq!(told.json()["value"].as_array().unwrap().len(), found);
    }
    let odd = "/Users?$filter=Name eq 'O''Brien 😀 é%26%23' or contains(tolower(Name),'person 4')";
    assert_eq!(rows(&asking, odd).await.len(), 11);
}
