//! Who may read the feed, with what, and how much of it.

use base64::{Engine, prelude::BASE64_STANDARD};
use headcount_core::personal::Personal;
use headcount_store::RateLimit;
use serde_json::Value;

use super::{ask, people, rows, texts};
use crate::served::{Answer, BEGIN_MS, Made, Served, answer, uuid};

async fn get(served: &Served, path: &str, header: Option<(&str, String)>) -> Answer {
    let mut request = served.anybody().request(reqwest::Method::GET, path);
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    answer(request).await
}

#[tokio::test]
async fn a_token_may_come_as_readers_send_it() {
    let made = Made::new().publish(&people(3), BEGIN_MS).token("t", |_| {});
    let served = made.serve().await;
    let basic = |pair: &str| {
        Some((
            "authorization",
            format!("Basic {}", BASE64_STANDARD.encode(pair)),
        ))
    };
    for (path, header, status) in [
        (
            "/odata/v4/Users",
            Some(("authorization", "Bearer hc_t_s".to_owned())),
            200,
        ),
        ("/odata/v4/Users", basic(":hc_t_s"), 200),
        ("/odata/v4/Users", basic("anybody:hc_t_s"), 200),
        (
            "/odata/v4/Users",
            Some(("x-api-key", "hc_t_s".to_owned())),
            200,
        ),
        ("/odata/v4/Users?ApiKey=hc_t_s", None, 200),
        ("/odata/v4/$metadata?apikey=hc_t_s", None, 200),
        ("/odata/v4/Users", None, 401),
        ("/odata/v4/Users", basic("hc_t_s:"), 401),
        ("/odata/v4/Users", basic("hc_t_s"), 401),
        (
            "/odata/v4/Users",
            Some(("authorization", "Basic ???".to_owned())),
            401,
        ),
        ("/odata/v4/Users?apikey=hc_t_x", None, 401),
        ("/odata/v4/Users?apikey=", None, 401),
        // Nowhere else: a token in a link ends up in logs of others.
        ("/api/v2/users?apikey=hc_t_s", None, 401),
        ("/api/v2/users", basic(":hc_t_s"), 401),
    ] {
        let told = get(&served, path, header.clone()).await;
        assert_eq!(told.status, status, "{path} {header:?}: {}", told.text);
        assert!(!told.text.contains("hc_t_s"));
    }
    let refused = get(&served, "/odata/v4/", None).await;
    assert_eq!(refused.json()["error"]["code"], "authentication.required");
    let offered: Vec<_> = refused.headers.get_all("www-authenticate").iter().collect();
    assert_eq!(offered.len(), 2);
}

#[tokio::test]
async fn permissions_and_pace_count_here_too() {
    let made = Made::new()
        .publish(&people(3), BEGIN_MS)
        .token("nothing", |token| token.grant.permissions.clear())
        .token("slow", |token| {
            token.grant.rate_limit = RateLimit::PerMinute(2)
        });
    let served = made.serve().await;
    for path in ["/", "/$metadata", "/Users", "/Users/$count", "/HandleTime"] {
        let refused = ask(&served.holder("nothing"), path).await;
        assert_eq!(refused.status, 403, "{path}");
        assert_eq!(refused.json()["error"]["code"], "missing.permissions");
    }
    let slow = served.holder("slow");
    let statuses = [
        ask(&slow, "/Users").await,
        ask(&slow, "/Users").await,
        ask(&slow, "/Users").await,
    ];
    assert_eq!(statuses.map(|told| told.status), [200, 200, 429]);
}

#[tokio::test]
async fn what_is_out_of_sight_is_nowhere() {
    let mut users = people(10);
    // The manager of everybody is in the south.
    users = users
        .into_iter()
        .map(|user| {
            user.replacen(
                '{',
                &format!("{{\"manager\":{{\"id\":\"{}\"}},", uuid(1)),
                1,
            )
        })
        .collect();
    let made = Made::new()
        .publish(&users, BEGIN_MS)
        .token("all", |_| {})
        .token("north", |token| {
            token.grant.divisions = Some(vec!["n".to_owned()])
        });
    let served = made.serve().await;
    let (all, north) = (served.holder("all"), served.holder("north"));
    for (path, everybody, seen) in [
        ("/Users", 10, 5),
        ("/UserVersions", 10, 5),
        ("/Divisions", 2, 1),
        ("/Managers", 1, 0),
        ("/Users?$filter=ManagerName ne null", 10, 0),
        ("/Users?$filter=DivisionId eq 's'", 5, 0),
        ("/Users?$apply=groupby((DivisionName))", 2, 1),
    ] {
        assert_eq!(rows(&all, path).await.len(), everybody, "{path}");
        assert_eq!(rows(&north, path).await.len(), seen, "{path}");
    }
    assert_eq!(ask(&north, "/Users/$count").await.text, "5");
    assert_eq!(
        ask(&north, &format!("/Users('{}')", uuid(1))).await.status,
        404
    );
    let ids = texts(&rows(&north, "/Users").await, "Id");
    assert_eq!(ids, [0, 2, 4, 6, 8].map(uuid));
    let tags = [ask(&all, "/Users").await, ask(&north, "/Users").await];
    assert_ne!(tags[0].header("etag"), tags[1].header("etag"));
}

#[tokio::test]
async fn personal_values_leave_as_the_server_was_told() {
    for (personal, name) in [
        (Personal::None, None),
        (Personal::Hashed, Some(32)),
        (Personal::Full, Some("Person 2".len())),
    ] {
        let made = Made::new().publish(&people(3), BEGIN_MS);
        let served = made
            .serve_with(|settings| settings.feed_personal = personal)
            .await;
        let asking = served.anybody();
        for path in [
            format!("/Users('{}')", uuid(2)),
            format!("/UserVersions('{}@{BEGIN_MS}')", uuid(2)),
        ] {
            let told = ask(&asking, &path).await.json();
            assert_eq!(told["Name"].as_str().map(str::len), name, "{personal:?}");
            assert_eq!(told["Department"], "Sales");
            let is_full = personal == Personal::Full;
            assert_eq!(told["Email"] == "person.2@example.com", is_full);
        }
        // A condition tells no more than the values do.
        let guessed = rows(&asking, "/Users?$filter=startswith(Name,'Person')").await;
        assert_eq!(guessed.is_empty(), personal != Personal::Full);
        let names = rows(&asking, "/Users?$apply=groupby((Name))").await;
        let distinct = if personal == Personal::None { 1 } else { 3 };
        assert_eq!(names.len(), distinct);
        assert_eq!(names[0]["Name"] == Value::Null, personal == Personal::None);
    }
}
