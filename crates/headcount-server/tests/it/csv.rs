//! Lists as CSV: the same users as in JSON, in rows that a spreadsheet opens.

use serde_json::{Value, json};

use crate::served::{Answer, Asking, BEGIN_MS, Made, answer, user, uuid};

/// The records of an answer, which must be a table.
fn records(answer: &Answer) -> Vec<Vec<String>> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        answer.header("content-type"),
        "text/csv; charset=utf-8; header=present"
    );
    assert!(
        answer
            .header("content-disposition")
            .starts_with("attachment; filename=\"")
    );
    assert!(answer.text.ends_with("\r\n") && !answer.text.contains("\n\n"));
    let mut all = Vec::new();
    for line in answer.text.split_terminator("\r\n") {
        // No value of these tests holds a line break or a quote.
        let fields = line
            .split(',')
            .map(|field| field.trim_matches('"').to_owned());
        all.push(fields.collect());
    }
    all
}

fn column(records: &[Vec<String>], name: &str) -> Vec<String> {
    let at = records[0].iter().position(|known| known == name).unwrap();
    records[1..]
        .iter()
        .map(|record| record[at].clone())
        .collect()
}

const STATES: [&str; 4] = ["active", "active", "inactive", "deleted"];

async fn served(count: usize) -> crate::served::Served {
    let people: Vec<String> = (0..count).map(|n| user(n, STATES[n % 4], "d")).collect();
    Made::new().publish(&people, BEGIN_MS).serve().await
}

#[tokio::test]
async fn a_list_is_whole_unless_a_page_is_asked_for() {
    let served = served(1030).await;
    let asking = served.anybody();
    let all: Vec<String> = (0..1030).map(uuid).collect();
    let active: Vec<String> = (0..1030).filter(|n| n % 4 < 2).map(uuid).collect();
    let ids = async |path: &str| column(&records(&asking.get(path).await), "id");
    assert_eq!(ids("/api/v2/users?format=csv&state=any").await, all);
    assert_eq!(ids("/api/v2/users?format=csv").await, active);
    assert_eq!(ids("/api/v2/users/query?format=csv&state=any").await, all);
    assert_eq!(
        ids("/headcount/v1/users/delta?format=csv&pageSize=7").await,
        all
    );
    let page = "/api/v2/users?format=csv&pageSize=10&pageNumber=2";
    assert_eq!(ids(page).await, active[10..20]);

    // Page by page, by the link that stands beside the rows.
    let mut path = "/api/v2/users/query?format=csv&state=any&pageSize=500".to_owned();
    let mut seen = Vec::new();
    loop {
        let answer = asking.get(&path).await;
        seen.extend(column(&records(&answer), "id"));
        let Some(link) = answer.headers.get("link") else {
            break;
        };
        let link = link.to_str().unwrap();
        assert!(link.ends_with(">; rel=\"next\""));
        path = link[1..link.find('>').unwrap()].to_owned();
    }
    assert_eq!(seen, all);
}

/// Asks a search for CSV by the header, as the one way that a POST without a query has.
async fn search(asking: &Asking, body: &Value) -> Answer {
    let request = asking.request(reqwest::Method::POST, "/api/v2/users/search");
    let request = request
        .header("content-type", "application/json")
        .header("accept", "text/csv");
    answer(request.body(body.to_string())).await
}

#[tokio::test]
async fn a_search_is_sorted_and_its_counts_add_up() {
    let served = served(60).await;
    let asking = served.anybody();
    let asked = json!({"sortBy": "name", "sortOrder": "DESC", "query": [
        {"type": "EXACT", "fields": ["department"], "values": ["support"]}]});
    let table = records(&search(&asking, &asked).await);
    let mut wanted: Vec<String> = (0..60)
        .filter(|n| n % 3 == 0 && n % 4 < 2)
        .map(|n| format!("Person {n}"))
        .collect();
    wanted.sort_by(|a, b| b.cmp(a));
    assert_eq!(column(&table, "name"), wanted);
    assert_eq!(
        table[0],
        [
            "id",
            "name",
            "email",
            "state",
            "department",
            "title",
            "division",
            "manager"
        ]
    );

    let counts = json!({"aggregations": [{"type": "TERM", "field": "state,department"}],
        "query": [{"type": "EXACT", "fields": ["state"], "values": ["active", "deleted"]}]});
    let table = records(&search(&asking, &counts).await);
    assert_eq!(table[0], ["state", "department", "count"]);
    let counted: u64 = column(&table, "count")
        .iter()
        .map(|n| n.parse::<u64>().unwrap())
        .sum();
    assert_eq!(counted, 45);
    let two = json!({"aggregations": [{"type": "COUNT"}, {"type": "COUNT", "field": "email"}]});
    let (status, code) = search(&asking, &two).await.refusal();
    assert_eq!((status, code.as_str()), (400, "constraint.validation"));
}

#[tokio::test]
async fn columns_are_named_as_on_the_command_line() {
    let ann = json!({"id": uuid(1), "name": "=Ann \"A\"", "state": "active", "title": "a,b",
        "addresses": [{"address": "+1"}, {"address": "+2"}], "version": 3});
    let bob = json!({"id": uuid(2), "name": "Bob", "state": "active", "manager": {"id": uuid(1)},
        "acdAutoAnswer": false});
    let people = [ann.to_string(), bob.to_string()];
    let served = Made::new().publish(&people, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let path = "/api/v2/users?format=csv&columns=name,TITLE,addresses.address,acdAutoAnswer&columns=manager,version";
    let answer = asking.get(path).await;
    // What a spreadsheet would take for a formula is text.
    assert_eq!(
        answer.text,
        "name,title,addresses.address,acdAutoAnswer,manager,version\r\n\
         \"'=Ann \"\"A\"\"\",\"a,b\",'+1; +2,,,3\r\n\
         Bob,,,false,\"'=Ann \"\"A\"\"\",\r\n"
    );
    let wrong = asking.get("/api/v2/users?format=csv&columns=nmae").await;
    assert_eq!(wrong.refusal(), (400, "invalid.property".to_owned()));
    let wrong = asking.get("/api/v2/users?format=xlsx").await;
    assert_eq!(
        wrong.refusal(),
        (400, "invalid.query.param.value".to_owned())
    );
}

#[tokio::test]
async fn trees_and_findings_are_rows_of_which_columns_may_be_chosen() {
    let person = |n: usize, manager: Option<usize>| {
        let mut person: Value = serde_json::from_str(&user(n, "active", "d")).unwrap();
        if let Some(manager) = manager {
            person["manager"] = json!({"id": uuid(manager)});
        }
        person.to_string()
    };
    let people = [
        person(1, None),
        person(2, Some(1)),
        person(3, Some(2)),
        person(4, Some(1)),
        person(5, Some(99)),
    ];
    let served = Made::new().publish(&people, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let tree = format!("/headcount/v1/managers/{}/tree?format=csv", uuid(1));
    let table = records(&asking.get(&tree).await);
    assert_eq!(column(&table, "id"), [1, 2, 3, 4].map(uuid));
    assert_eq!(column(&table, "level"), ["0", "1", "2", "1"]);
    let managers = ["".to_owned(), uuid(1), uuid(2), uuid(1)];
    assert_eq!(column(&table, "manager.id"), managers);
    assert_eq!(column(&table, "total_reports"), ["3", "1", "0", "0"]);

    let findings = "/headcount/v1/findings?format=csv&rule=manager-unknown&columns=user_id,rule";
    let table = records(&asking.get(findings).await);
    assert_eq!(table[0], ["user_id", "rule"]);
    assert_eq!(column(&table, "user_id"), [uuid(5)]);
    let json = asking.get("/headcount/v1/findings").await.json();
    let whole = records(&asking.get("/headcount/v1/findings?format=csv").await);
    assert_eq!(json["summary"]["total"], whole.len() - 1);
    let wrong = asking
        .get("/headcount/v1/findings?format=csv&columns=nobody")
        .await;
    assert_eq!(
        wrong.refusal(),
        (400, "invalid.query.param.value".to_owned())
    );
}

#[tokio::test]
async fn a_table_is_another_answer_than_the_document_and_holds_what_the_caller_sees() {
    let people: Vec<String> = (0..8)
        .map(|n| user(n, "active", if n % 2 == 0 { "d" } else { "e" }))
        .collect();
    let made = Made::new()
        .publish(&people, BEGIN_MS)
        .token("d", |token| token.grant.divisions = Some(vec!["d".into()]))
        .token("none", |token| token.grant.permissions.clear());
    let served = made.serve().await;
    let asking = served.holder("d");
    let ids = column(
        &records(&asking.get("/api/v2/users?format=csv").await),
        "id",
    );
    assert_eq!(ids, [0, 2, 4, 6].map(uuid));
    for path in ["/api/v2/users", "/headcount/v1/users/delta"] {
        let refused = served
            .holder("none")
            .get(&format!("{path}?format=csv"))
            .await;
        assert_eq!(refused.refusal(), (403, "missing.permissions".to_owned()));
    }
    let ask = async |accept: &str, tag: Option<&str>| {
        let mut request = asking.request(reqwest::Method::GET, "/api/v2/users");
        request = request.header("accept", accept);
        if let Some(tag) = tag {
            request = request.header("if-none-match", tag);
        }
        answer(request).await
    };
    let json = ask("application/json", None).await;
    assert!(json.header("vary").contains("accept"));
    let tag = json.header("etag");
    assert_eq!(ask("application/json", Some(tag)).await.status, 304);
    let table = ask("text/csv", Some(tag)).await;
    assert_eq!(records(&table).len(), 5);
    assert_eq!(
        ask("text/csv", Some(table.header("etag"))).await.status,
        304
    );
}

#[tokio::test]
async fn changes_are_rows_and_the_next_round_is_in_a_header() {
    let people: Vec<String> = (0..4).map(|n| user(n, "active", "d")).collect();
    let served = Made::new().publish(&people, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let path = "/headcount/v1/users/delta?format=csv&columns=id,state";
    let answer = asking.get(path).await;
    let table = records(&answer);
    assert_eq!(table[0], ["change", "id", "state"]);
    assert_eq!(column(&table, "change"), [""; 4]);
    let link = answer.header("link").to_owned();
    assert!(link.ends_with(">; rel=\"delta\""), "{link}");
    let next = link[1..link.find('>').unwrap()].to_owned();
    let now = [
        user(0, "inactive", "d"),
        user(1, "active", "d"),
        user(9, "active", "d"),
    ];
    crate::served::publish(&*served.store, &now, BEGIN_MS + 1000);
    let next = format!("{next}&format=csv&columns=id,state");
    let answer = asking
        .get_until(&next, |answer| answer.text.lines().count() > 1)
        .await;
    assert_eq!(
        answer.text,
        format!(
            "change,id,state\r\nchanged,{},inactive\r\nleft,{},\r\nleft,{},\r\njoined,{},active\r\n",
            uuid(0),
            uuid(2),
            uuid(3),
            uuid(9)
        )
    );
}
