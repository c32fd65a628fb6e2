//! Single rules of search by example: those that its callers rely on (contract 6), and each error.

use headcount_core::{
    search::{DocumentView, Matcher, PageLimits, Query, StateRule},
    wire::{UserSearchCriteria, UserSearchRequest},
};
use serde_json::{Value, json};

fn criteria(query: Value) -> Vec<UserSearchCriteria> {
    serde_json::from_value(query).unwrap()
}

fn matches(user: &Value, query: Value) -> bool {
    let matcher = Matcher::compile(&criteria(query), StateRule::ActiveUnlessAsked).unwrap();
    let text = user.to_string();
    matcher.matches(&DocumentView::parse(&text).unwrap())
}

fn jane() -> Value {
    json!({"id": "aB1", "state": "active", "name": "Jane Doe", "email": "Jane.Doe@example.com",
        "username": "jane.doe@example.com", "department": "Sales", "version": 10,
        "dateLastLogin": "2026-01-05T10:15:30.250Z"})
}

#[test]
fn what_callers_rely_on() {
    for query in [
        json!([{"type": "EXACT", "fields": ["email"], "value": "jane.doe@EXAMPLE.com"}]),
        json!([{"type": "EXACT", "fields": ["username"], "value": "JANE.DOE@example.com"}]),
        json!([{"type": "EXACT", "fields": ["id"], "value": "AB1"}]),
        json!([{"type": "TERM", "fields": ["name"], "value": "Jane Doe"}]),
        json!([{"type": "TERM", "fields": ["email"], "value": "jane.doe"}]),
        json!([{"type": "STARTS_WITH", "fields": ["name"], "value": "jan"}]),
        json!([{"type": "QUERY_STRING", "value": "jane.doe@example.com"}]),
        json!([{"type": "QUERY_STRING", "value": "doe jane -smith"}]),
        json!([{"type": "QUERY_STRING", "value": "(smith OR jan*) department:sales"}]),
        json!([{"type": "LESS_THAN", "fields": ["version"], "value": "11"}]),
        json!([{"type": "LESS_THAN_EQUAL_TO", "fields": ["dateLastLogin"], "value": "2026-01-05"}]),
        json!([{"type": "RANGE", "fields": ["dateLastLogin"], "startValue": "05/01/26", "endValue": "05/01/26", "dateFormat": "dd/MM/yy"}]),
        json!([{"type": "EXACT", "fields": ["department"], "values": ["IT", "sales"]}]),
        json!([]),
    ] {
        assert!(matches(&jane(), query.clone()), "{query}");
    }
    for query in [
        json!([{"type": "EXACT", "fields": ["email"], "value": "jane.doe"}]),
        json!([{"type": "TERM", "fields": ["name"], "value": "Doe Jane"}]),
        json!([{"type": "GREATER_THAN", "fields": ["dateLastLogin"], "value": "2026-01-05"}]),
        json!([{"type": "LESS_THAN", "fields": ["version"], "value": "9"}]),
        json!([{"type": "QUERY_STRING", "value": "jane smith"}]),
        json!([{"type": "REGEX", "fields": ["name"], "value": "Jane"}]),
    ] {
        assert!(!matches(&jane(), query.clone()), "{query}");
    }
}

#[test]
fn only_the_active_unless_state_is_asked_for() {
    let mut user = jane();
    user["state"] = json!("deleted");
    let by_mail = json!({"type": "EXACT", "fields": ["email"], "value": "jane.doe@example.com"});
    assert!(!matches(&user, json!([by_mail])));
    // The two criteria by which terraform finds a deleted user.
    assert!(matches(
        &user,
        json!([by_mail, {"type": "EXACT", "fields": ["state"], "values": ["deleted"]}])
    ));
}

#[test]
fn operators_in_a_list() {
    let yes = |operator: Value| json!({"type": "MATCH_ALL", "operator": operator});
    let no = |operator: Value| json!({"type": "EXACT", "fields": ["name"], "value": "x", "operator": operator});
    for (list, expected) in [
        (json!([yes(Value::Null), no(json!("OR"))]), true),
        (json!([no(Value::Null), yes(json!("OR"))]), true),
        (json!([no(json!("AND")), yes(json!("OR"))]), false),
        (
            json!([yes(json!("AND")), no(json!("OR")), yes(json!("OR"))]),
            true,
        ),
        (json!([yes(json!("AND")), no(json!("OR"))]), false),
        (json!([yes(Value::Null), no(json!("NOT"))]), true),
        (json!([yes(json!("NOT"))]), false),
        (
            json!([{"operator": "NOT", "group": [no(Value::Null)]}]),
            true,
        ),
    ] {
        assert_eq!(matches(&jane(), list.clone()), expected, "{list}");
    }
}

#[test]
fn each_bad_request_has_its_own_message() {
    let mut deep = json!({"type": "MATCH_ALL"});
    for _ in 0..8 {
        deep = json!({"group": [deep]});
    }
    let messages: Vec<String> = [
        json!({"query": [{"fields": ["name"], "value": "x"}]}),
        json!({"query": [{"type": "SIMPLE", "fields": ["name"], "value": "x"}]}),
        json!({"query": [{"type": "EXACT", "value": "x"}]}),
        json!({"query": [{"type": "EXACT", "fields": ["nmae"], "value": "x"}]}),
        json!({"query": [{"type": "EXACT", "fields": ["name"]}]}),
        json!({"query": [{"type": "REGEX", "fields": ["name"], "value": "a)(b"}]}),
        json!({"query": [{"type": "REGEX", "fields": ["name"], "value": "(((a{99}){99}){99}){99}"}]}),
        json!({"query": [{"type": "RANGE", "fields": ["name"]}]}),
        json!({"query": [{"type": "RANGE", "fields": ["name"], "startValue": "b", "endValue": "A"}]}),
        json!({"query": [{"type": "LESS_THAN", "fields": ["version"], "value": "ten"}]}),
        json!({"query": [{"type": "LESS_THAN", "fields": ["dateLastLogin"], "value": "today"}]}),
        json!({"query": [{"type": "LESS_THAN", "fields": ["dateLastLogin"], "value": "2026", "dateFormat": "yyyy-MM"}]}),
        json!({"query": [{"type": "LESS_THAN", "fields": ["dateLastLogin"], "value": "2026", "dateFormat": "yyyy-QQ"}]}),
        json!({"query": [{"type": "LESS_THAN", "fields": ["name"], "value": "2026", "dateFormat": "yyyy"}]}),
        json!({"query": [{"type": "MATCH_ALL", "operator": "XOR"}]}),
        json!({"query": [deep]}),
        json!({"query": [{"type": "QUERY_STRING", "value": "(".repeat(9)}]}),
        json!({"sortBy": "nmae"}),
        json!({"sortBy": "name", "sortOrder": "UP"}),
        json!({"pageSize": 501}),
        json!({"pageNumber": 0}),
    ]
    .into_iter()
    .map(|request| {
        let request: UserSearchRequest = serde_json::from_value(request).unwrap();
        Query::compile(&request, StateRule::AnyState, &PageLimits::default())
            .unwrap_err()
            .to_string()
    })
    .collect();
    insta::assert_snapshot!(messages.join("\n"));
}
