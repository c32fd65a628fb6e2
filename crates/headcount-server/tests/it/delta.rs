//! The change feed: whoever follows its tokens has the roster, whatever happens on the way (issue 5,
//! Must show 6).

#[path = "delta/month.rs"]
mod month;

use std::collections::BTreeMap;

use headcount_core::{change::VOLATILE, field::Projection, personal::Personal};
use headcount_server::Settings;
use headcount_store::Store;
use serde_json::{Value, json};

use crate::served::{Answer, Asking, BEGIN_MS, Made, ORG, Served, publish, user, uuid};

const PATH: &str = "/headcount/v1/users/delta";

/// What a consumer holds, by id.
type Copy = BTreeMap<String, Value>;

/// Applies one page, in the order of its users.
fn apply(copy: &mut Copy, page: &Value) {
    for told in page["value"].as_array().unwrap() {
        let id = told["id"].as_str().unwrap().to_owned();
        if told.get("@removed").is_some() {
            copy.remove(&id);
            continue;
        }
        let mut document = told.clone();
        document
            .as_object_mut()
            .unwrap()
            .remove("@headcount.change");
        copy.insert(id, document);
    }
}

fn link(page: &Value, name: &str) -> Option<String> {
    page[name].as_str().map(str::to_owned)
}

/// The roster as the store has it, as of the last snapshot, for who sees these divisions.
fn roster(store: &dyn Store, division: Option<&str>) -> Copy {
    let mut copy = Copy::new();
    store
        .read(ORG, None, &Projection::all(), &mut |user, document| {
            if division.is_some_and(|division| user.division_id.as_deref() != Some(division)) {
                return;
            }
            let mut document: Value = serde_json::from_str(document.unwrap()).unwrap();
            document
                .as_object_mut()
                .unwrap()
                .retain(|name, _| !VOLATILE.contains(&name.as_str()));
            copy.insert(user.id.to_string(), document);
        })
        .unwrap();
    copy
}

/// Follows the links of a round to its end; gives the link to the next one.
async fn follow(asking: &Asking, first: &str, copy: &mut Copy) -> String {
    let mut path = first.to_owned();
    loop {
        let answer = asking.get(&path).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let page = answer.json();
        apply(copy, &page);
        match link(&page, "@odata.nextLink") {
            Some(next) => path = next,
            None => return link(&page, "@odata.deltaLink").unwrap(),
        }
    }
}

async fn told(asking: &Asking, path: &str) -> Vec<(String, String)> {
    let answer = asking.get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let page = answer.json();
    let users = page["value"].as_array().unwrap().iter();
    users
        .map(|user| {
            let kind = user["@headcount.change"].as_str().unwrap_or_default();
            (user["id"].as_str().unwrap().to_owned(), kind.to_owned())
        })
        .collect()
}

/// Waits until the server serves the last snapshot of the store.
async fn caught_up(served: &Served, asking: &Asking) {
    let snapshots = served.store.snapshots(ORG).unwrap();
    let last = snapshots.last().unwrap().id;
    asking
        .get_until(&format!("{PATH}?token=latest"), |answer| {
            answer.json()["snapshot"]["id"] == last
        })
        .await;
}

#[tokio::test]
async fn a_round_tells_the_roster_and_the_next_one_what_changed() {
    let people: Vec<String> = (0..25).map(|n| user(n, "active", "d")).collect();
    let served = Made::new().publish(&people, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let mut copy = Copy::new();
    let first = asking.get(&format!("{PATH}?pageSize=10")).await.json();
    assert_eq!(first["value"].as_array().unwrap().len(), 10);
    assert!(first.get("@odata.deltaLink").is_none());
    let next = follow(&asking, &format!("{PATH}?pageSize=10"), &mut copy).await;
    assert_eq!(copy, roster(&*served.store, None));
    assert_eq!(told(&asking, &next).await, []);

    let mut people: Vec<String> = (1..25).map(|n| user(n, "active", "d")).collect();
    people[0] = user(1, "inactive", "d");
    // Only what lasts is told.
    people[1] = people[1].replace("\"version\":1", "\"version\":2");
    people.push(user(99, "active", "d"));
    publish(&*served.store, &people, BEGIN_MS + 1000);
    caught_up(&served, &asking).await;
    let changed = |id: usize, kind: &str| (uuid(id), kind.to_owned());
    assert_eq!(
        told(&asking, &next).await,
        [
            changed(0, "left"),
            changed(1, "changed"),
            changed(99, "joined")
        ]
    );
    let page = asking.get(&next).await.json();
    assert_eq!(page["value"][0]["@removed"], json!({"reason": "deleted"}));
    let after = follow(&asking, &next, &mut copy).await;
    assert_eq!(copy, roster(&*served.store, None));
    // An old token leads to the same place again, and the newest one nowhere.
    follow(&asking, &next, &mut copy).await;
    assert_eq!(copy, roster(&*served.store, None));
    assert_eq!(told(&asking, &after).await, []);

    people.push(user(0, "active", "d"));
    publish(&*served.store, &people, BEGIN_MS + 2000);
    caught_up(&served, &asking).await;
    assert_eq!(told(&asking, &after).await, [changed(0, "returned")]);
}

#[tokio::test]
async fn pages_of_one_round_are_of_one_snapshot() {
    let people: Vec<String> = (0..30).map(|n| user(n, "active", "d")).collect();
    let served = Made::new().publish(&people, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let before = roster(&*served.store, None);
    let mut copy = Copy::new();
    let page = asking.get(&format!("{PATH}?pageSize=10")).await.json();
    apply(&mut copy, &page);
    let rest = link(&page, "@odata.nextLink").unwrap();
    let others: Vec<String> = (5..40).map(|n| user(n, "inactive", "e")).collect();
    publish(&*served.store, &others, BEGIN_MS + 1000);
    caught_up(&served, &asking).await;
    let next = follow(&asking, &rest, &mut copy).await;
    assert_eq!(copy, before, "another snapshot got into the round");
    let middle = asking.get(&format!("{next}&pageSize=7")).await.json();
    apply(&mut copy, &middle);
    let late: Vec<String> = (20..50).map(|n| user(n, "active", "f")).collect();
    publish(&*served.store, &late, BEGIN_MS + 2000);
    caught_up(&served, &asking).await;
    let rest = link(&middle, "@odata.nextLink").unwrap();
    let next = follow(&asking, &rest, &mut copy).await;
    assert_eq!(copy.len(), 35);
    assert!(copy.values().all(|user| user["division"]["id"] == "e"));
    follow(&asking, &next, &mut copy).await;
    assert_eq!(copy, roster(&*served.store, None));
}

/// A refusal that leads back to the beginning.
fn is_gone(answer: &Answer) {
    assert_eq!(answer.refusal(), (410, "syncStateNotFound".to_owned()));
    assert_eq!(answer.header("location"), PATH);
}

#[tokio::test]
async fn a_token_of_no_use_any_more_leads_back_to_the_beginning() {
    let people: Vec<String> = (0..3).map(|n| user(n, "active", "d")).collect();
    let made = Made::new()
        .publish(&people, BEGIN_MS)
        .token("all", |_| {})
        .token("some", |token| {
            token.grant.divisions = Some(vec!["d".into()])
        })
        .token("others", |token| {
            token.grant.divisions = Some(vec!["e".into()])
        })
        .token("order", |token| {
            token.grant.divisions = Some(vec!["e".into(), "d".into()]);
        })
        .token("reversed", |token| {
            token.grant.divisions = Some(vec!["d".into(), "e".into()]);
        });
    let served = made.serve().await;
    let latest = format!("{PATH}?token=latest");
    let of = async |id: &str| {
        let page = served.holder(id).get(&latest).await.json();
        assert_eq!(page["value"], json!([]));
        link(&page, "@odata.deltaLink").unwrap()
    };
    let (all, some) = (of("all").await, of("some").await);
    // Every server of the store reads it, under Graph's names too.
    let graph = all.replace("?token=", "?%24deltatoken=");
    assert_eq!(served.holder("all").get(&graph).await.status, 200);
    assert_eq!(served.holder("some").get(&some).await.status, 200);
    for (id, token) in [("all", &some), ("some", &all), ("others", &some)] {
        is_gone(&served.holder(id).get(token).await);
    }
    let order = of("order").await;
    assert_eq!(served.holder("reversed").get(&order).await.status, 200);
    for bad in ["hcd_", "x", "hcd_e30.AAAA"] {
        let answer = served
            .holder("all")
            .get(&format!("{PATH}?token={bad}"))
            .await;
        assert_eq!(answer.refusal(), (400, "bad.request".to_owned()), "{bad}");
    }
    // Somebody changed it: within the signature, which says that it is not ours.
    let mut changed = all.clone().into_bytes();
    let at = changed.len() - 5;
    changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
    let changed = String::from_utf8(changed).unwrap();
    is_gone(&served.holder("all").get(&changed).await);
    let window = i64::try_from(Settings::DELTA_WINDOW.as_millis()).unwrap();
    served.at(BEGIN_MS + window);
    assert_eq!(served.holder("all").get(&all).await.status, 200);
    served.at(BEGIN_MS + window + 1);
    is_gone(&served.holder("all").get(&all).await);

    // A store that knows neither the key nor the snapshot.
    let other = Made::new().publish(&people, BEGIN_MS).serve().await;
    is_gone(&other.anybody().get(&all).await);
}

#[tokio::test]
async fn who_sees_a_part_is_told_of_that_part_alone() {
    let at = |n: usize, division: &str| user(n, "active", division);
    let made = Made::new()
        .publish(&[at(0, "d"), at(1, "d"), at(2, "e"), at(3, "e")], BEGIN_MS)
        .token("d", |token| token.grant.divisions = Some(vec!["d".into()]));
    let served = made.serve().await;
    let asking = served.holder("d");
    let mut copy = Copy::new();
    let next = follow(&asking, PATH, &mut copy).await;
    assert_eq!(copy.keys().cloned().collect::<Vec<_>>(), [uuid(0), uuid(1)]);
    // One moves out, one in, one leaves, one is changed out of sight.
    let moved = [at(0, "e"), at(2, "d"), user(3, "inactive", "e")];
    publish(&*served.store, &moved, BEGIN_MS + 1000);
    caught_up(&served, &asking).await;
    let page = asking.get(&next).await.json();
    let told: Vec<_> = page["value"].as_array().unwrap().iter().collect();
    assert_eq!(told.len(), 3);
    // Where somebody went is not told: out of sight is out of sight.
    for (told, number) in told.iter().zip([0, 1]) {
        assert_eq!(told["id"], uuid(number));
        assert_eq!(told["@removed"], json!({"reason": "changed"}));
    }
    assert_eq!(told[2]["id"], uuid(2));
    assert_eq!(told[2]["@headcount.change"], "joined");
    follow(&asking, &next, &mut copy).await;
    assert_eq!(copy, roster(&*served.store, Some("d")));
}

#[tokio::test]
async fn who_was_told_of_somebody_who_is_forgotten_begins_again() {
    let boss: Value = serde_json::from_str(&user(0, "active", "d")).unwrap();
    let mut report: Value = serde_json::from_str(&user(1, "active", "d")).unwrap();
    report["manager"] = json!({"id": uuid(0), "name": "Person 0"});
    let people = [boss.to_string(), report.to_string(), user(2, "active", "d")];
    let served = Made::new().publish(&people, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let mut copy = Copy::new();
    let next = follow(&asking, PATH, &mut copy).await;
    let page = asking.get(&format!("{PATH}?pageSize=1")).await.json();
    let middle = link(&page, "@odata.nextLink").unwrap();
    served.store.forget(ORG, &uuid(0), BEGIN_MS + 1).unwrap();
    is_gone(&asking.get_until(&next, |answer| answer.status == 410).await);
    is_gone(&asking.get(&middle).await);
    let mut copy = Copy::new();
    let next = follow(&asking, PATH, &mut copy).await;
    assert_eq!(copy, roster(&*served.store, None));
    let told = serde_json::to_string(&copy).unwrap();
    assert!(!told.contains("Person 0"), "{told}");
    let page = asking.get(&next).await.json();
    assert_eq!(page["value"], json!([]));
}

#[tokio::test]
async fn the_feed_carries_no_more_of_who_somebody_is_than_it_may() {
    let people = [user(0, "active", "d"), user(1, "active", "d")];
    for (personal, name) in [(Personal::None, 0), (Personal::Hashed, 32)] {
        let made = Made::new().publish(&people, BEGIN_MS);
        let served = made
            .serve_with(|settings| settings.feed_personal = personal)
            .await;
        let asking = served.anybody();
        for path in [
            PATH.to_owned(),
            format!("{PATH}?format=csv&columns=name,email,chat.jabberId"),
        ] {
            let text = asking.get(&path).await.text;
            for part in ["Person", "person.0", "j0@example.com"] {
                assert!(!text.contains(part), "{part} in {text}");
            }
        }
        let page = asking.get(PATH).await.json();
        let told = page["value"][0]["name"].as_str();
        assert_eq!(told.map_or(0, str::len), name);
        assert_eq!(page["value"][0]["department"], "Support");
        // A token of another policy would mix what it carries.
        let next = link(&page, "@odata.deltaLink").unwrap();
        let full = served.again().await;
        is_gone(&full.anybody().get(&next).await);
    }
}

#[tokio::test]
async fn sizes_of_pages_are_asked_for_in_either_way() {
    let people: Vec<String> = (0..9).map(|n| user(n, "active", "d")).collect();
    let served = Made::new().publish(&people, BEGIN_MS).serve().await;
    let asking = served.anybody();
    let request = asking.request(reqwest::Method::GET, PATH);
    let answer = crate::served::answer(request.header("prefer", "odata.maxpagesize=4")).await;
    assert_eq!(answer.header("preference-applied"), "odata.maxpagesize=4");
    let page = answer.json();
    assert_eq!(page["value"].as_array().unwrap().len(), 4);
    // The rest of the round keeps the size.
    let next = link(&page, "@odata.nextLink").unwrap();
    let page = asking.get(&next).await.json();
    assert_eq!(page["value"].as_array().unwrap().len(), 4);
    for bad in ["pageSize=0", "pageSize=5001", "pageSize=x"] {
        let answer = asking.get(&format!("{PATH}?{bad}")).await;
        assert_eq!(answer.status, 400, "{bad}");
    }
}
