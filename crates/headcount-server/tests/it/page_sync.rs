//! The view of syncs: what was published, what is held back, and who may let it through.

use std::{fmt, sync::Arc};

use headcount_server::{
    AcceptError, Desk,
    job::{JobOutcome, JobRun},
};
use headcount_store::{Breaker, HeldRun, Outcome, Store, Summary};
use reqwest::Method;
use serde_json::json;

use crate::served::{
    Answer, BEGIN_MS, Made, ORG, Served, VIEW, answer, client, publish, user, uuid,
};

const ACCEPT: &str = "headcount:sync:accept";
const HOSTILE: &str = "<script>alert(1)</script>\"'&\u{202e}";

/// Publishes as the binary does.
struct Publisher {
    store: Arc<dyn Store>,
    clock_ms: i64,
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Publisher")
    }
}

impl Desk for Publisher {
    fn breaker(&self, _: &str) -> Breaker {
        Breaker::default()
    }

    fn accept(&self, org: &str, shown: HeldRun) -> Result<Summary, AcceptError> {
        let _lock = self.store.lock(org)?;
        match self.store.held_run(org)? {
            Some(held) if held != shown => Err(AcceptError::Another),
            _ => {
                let accepted = self.store.accept(org, self.clock_ms)?;
                accepted.ok_or(AcceptError::Nothing)
            }
        }
    }
}

/// Users of two divisions, each `count` of them.
fn users(count: usize) -> Vec<String> {
    let of = |number: usize| {
        if number.is_multiple_of(2) {
            "north"
        } else {
            "south"
        }
    };
    (0..2 * count)
        .map(|number| user(number, "active", of(number)))
        .collect()
}

/// A sync that the breaker holds back.
fn hold(store: &dyn Store, documents: &[String], now_ms: i64) -> Summary {
    let mut run = store.begin(ORG, "plan", now_ms, None).unwrap();
    let page: Vec<&str> = documents.iter().map(String::as_str).collect();
    store.stage(&mut run, &page).unwrap();
    match store
        .publish(run, "proved", now_ms, &Breaker::default())
        .unwrap()
    {
        Outcome::Held(summary) => summary,
        Outcome::Published(_) => panic!("nothing held it back"),
    }
}

/// 100 users, of whom 40 are gone in what is held back. `admin` may accept, `reader` may not, and
/// `north` might if it saw all.
fn held() -> Made {
    let made = Made::new().publish(&users(50), BEGIN_MS);
    hold(&*made.store, &users(30), BEGIN_MS + 1_000);
    let may = |token: &mut headcount_store::Credential| {
        token.grant.permissions = vec![VIEW.to_owned(), ACCEPT.to_owned()];
    };
    made.token("admin", may)
        .token("reader", |_| {})
        .token("north", |token| {
            may(token);
            token.grant.divisions = Some(vec!["north".to_owned()]);
        })
}

async fn serve(made: Made) -> Served {
    let desk = Publisher {
        store: made.store.clone(),
        clock_ms: BEGIN_MS + 2_000,
    };
    made.serve_with(|settings| settings.desk = Some(Arc::new(desk)))
        .await
}

/// What stands in a field of a form.
fn field(answer: &Answer, name: &str) -> String {
    let place = format!("name=\"{name}\" value=\"");
    // The form to sign out has a proof too, the same.
    let (_, rest) = answer
        .text
        .rsplit_once(&place)
        .unwrap_or_else(|| panic!("{}", answer.text));
    rest.split('"').next().unwrap().to_owned()
}

/// A browser, signed in with a token.
struct Browser {
    client: reqwest::Client,
    url: String,
    cookie: String,
}

impl Browser {
    async fn sign_in(served: &Served, id: &str) -> Self {
        let client = client().redirect(reqwest::redirect::Policy::none());
        let client = client.build().unwrap();
        let url = served.url();
        let sign_in = client.post(format!("{url}/sign-in"));
        let sign_in = sign_in.body(format!("token=hc_{id}_s"));
        let signed = answer(sign_in).await;
        assert_eq!(signed.status, 303, "{}", signed.text);
        let cookie = signed
            .header("set-cookie")
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        Self {
            client,
            url,
            cookie,
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        request.header("cookie", &self.cookie)
    }

    async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// Presses the button that was shown.
    async fn accept(&self, shown: &Answer) -> Answer {
        let (proof, held) = (field(shown, "proof"), field(shown, "held"));
        answer(self.accept_with(&proof, &held)).await
    }

    fn accept_with(&self, proof: &str, held: &str) -> reqwest::RequestBuilder {
        self.request(Method::POST, "/sync/accept")
            .body(format!("proof={proof}&held={held}"))
    }
}

fn snapshots(served: &Served) -> usize {
    served.store.snapshots(ORG).unwrap().len()
}

#[tokio::test]
async fn what_is_held_back_is_shown_and_accepted() {
    let served = serve(held()).await;
    let admin = Browser::sign_in(&served, "admin").await;
    let shown = admin.get("/sync").await;
    assert_eq!(shown.status, 200, "{}", shown.text);
    for told in [
        "40 of 100 active users",
        "60, before 100",
        "40 gone, 0 deleted, 0 deactivated, 0 in another division",
        "more than 5.0 % and more than 10 users",
        "Division north",
        "Support",
        "Person 61",
        "Accept and publish",
        "data-sure=",
    ] {
        assert!(shown.text.contains(told), "{told}: {}", shown.text);
    }
    assert!(!shown.text.contains("headcount:sync:accept"));
    let accepted = admin.accept(&shown).await;
    assert_eq!(
        (accepted.status, accepted.header("location")),
        (303, "/sync?accepted=1")
    );
    let snapshot = served.store.snapshots(ORG).unwrap().pop().unwrap();
    assert_eq!(
        (snapshot.users, snapshot.published_ms),
        (60, BEGIN_MS + 2_000)
    );
    let after = admin.get("/sync?accepted=1").await;
    assert!(
        after.text.contains("the snapshot is published"),
        "{}",
        after.text
    );
    assert!(!after.text.contains("Held back") && after.text.contains("snapshot=2"));
    // The server takes it up as any other snapshot.
    let gone = format!("/api/v2/users/{}", uuid(61));
    served
        .holder("admin")
        .get_until(&gone, |answer| answer.status == 404)
        .await;

    // Pressed once more, nothing happens.
    let again = admin.accept(&shown).await;
    assert_eq!(again.status, 409);
    assert!(
        again.text.contains("Nothing is held back any more"),
        "{}",
        again.text
    );
    assert_eq!(snapshots(&served), 2);
}

#[tokio::test]
async fn who_lacks_the_permission_is_told_how_to_get_it() {
    let served = serve(held()).await;
    let reader = Browser::sign_in(&served, "reader").await;
    let shown = reader.get("/sync").await;
    assert!(shown.text.contains("40 of 100 active users"));
    assert!(!shown.text.contains("Accept and publish"));
    assert!(shown.text.contains(
        "headcount token create --permission directory:user:view --permission headcount:sync:accept"
    ));
    let held = served.store.held_run(ORG).unwrap().unwrap();
    let held = format!("{}.{}", held.run, held.started_ms);
    let refused = answer(reader.accept_with(&field(&shown, "proof"), &held)).await;
    assert_eq!(refused.status, 403);
    assert!(
        refused.text.contains("headcount:sync:accept"),
        "{}",
        refused.text
    );
    assert_eq!(snapshots(&served), 1);

    // Nobody at all has to sign in first.
    let nobody = served.anybody().post("/sync/accept", "").await;
    assert_eq!(nobody.status, 401);
}

#[tokio::test]
async fn a_form_must_be_ours_and_of_this_session() {
    let served = serve(held()).await;
    let admin = Browser::sign_in(&served, "admin").await;
    let shown = admin.get("/sync").await;
    let (proof, held) = (field(&shown, "proof"), field(&shown, "held"));
    let reader = Browser::sign_in(&served, "reader").await;
    let foreign = field(&reader.get("/sync").await, "proof");
    for proof in ["", "AAAA", &foreign] {
        let refused = answer(admin.accept_with(proof, &held)).await;
        assert_eq!(refused.status, 403, "{proof}");
    }
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = admin.accept_with(&proof, &held).header(name, value);
        assert_eq!(answer(request).await.status, 403, "{name}: {value}");
    }
    assert_eq!(
        answer(admin.request(Method::GET, "/sync/accept"))
            .await
            .status,
        405
    );
    assert_eq!(snapshots(&served), 1);
    let ours = admin
        .accept_with(&proof, &held)
        .header("origin", served.url());
    let ours = ours.header("sec-fetch-site", "same-origin");
    assert_eq!(answer(ours).await.status, 303);
}

#[tokio::test]
async fn nothing_but_what_was_shown_is_accepted() {
    let served = serve(held()).await;
    let admin = Browser::sign_in(&served, "admin").await;
    let shown = admin.get("/sync").await;
    // Another sync has taken its place since, and is held back as well.
    hold(&*served.store, &users(10), BEGIN_MS + 1_500);
    let refused = admin.accept(&shown).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused
            .text
            .contains("Another snapshot is held back by now"),
        "{}",
        refused.text
    );
    // What is shown with it is what is held now, and may be accepted.
    assert!(
        refused.text.contains("80 of 100 active users"),
        "{}",
        refused.text
    );
    for none in ["", "1", "x.y"] {
        let request = admin.accept_with(&field(&shown, "proof"), none);
        assert_eq!(answer(request).await.status, 409, "{none}");
    }
    assert_eq!(snapshots(&served), 1);
    assert_eq!(admin.accept(&refused).await.status, 303);
    assert_eq!(served.store.snapshots(ORG).unwrap()[1].users, 20);
}

#[tokio::test]
async fn a_sync_at_work_comes_first() {
    let served = serve(held()).await;
    let admin = Browser::sign_in(&served, "admin").await;
    let shown = admin.get("/sync").await;
    let lock = served.store.lock(ORG).unwrap();
    let refused = admin.accept(&shown).await;
    assert_eq!(refused.status, 409);
    assert!(
        refused.text.contains("A sync of the org is at work"),
        "{}",
        refused.text
    );
    drop(lock);
    // Two who press at once: one of them is first.
    let (one, other) = tokio::join!(admin.accept(&shown), admin.accept(&shown));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 409], "{} {}", one.text, other.text);
    assert_eq!(snapshots(&served), 2);
}

#[tokio::test]
async fn who_sees_a_part_is_told_nothing_of_the_whole() {
    let made = held();
    let certificate = r#"{"way":"keyset","users":100,"requests":4711}"#;
    let mut run = made.store.begin(ORG, "plan", BEGIN_MS + 1, None).unwrap();
    let all = users(50);
    let page: Vec<&str> = all.iter().map(String::as_str).collect();
    made.store.stage(&mut run, &page).unwrap();
    made.store
        .publish(run, certificate, BEGIN_MS + 1, &Breaker::OFF)
        .unwrap();
    hold(&*made.store, &users(30), BEGIN_MS + 1_000);
    let served = serve(made).await;
    served.job.started(BEGIN_MS);
    served.job.advanced(|progress| {
        progress.users = 8_642;
        progress.expected = Some(9_753);
    });
    let north = Browser::sign_in(&served, "north").await;
    let shown = north.get("/sync").await;
    assert_eq!(shown.status, 200);
    assert!(shown.text.contains("at work") && shown.text.contains("Snapshots"));
    for hidden in [
        "Held back",
        "active users",
        "<progress",
        "8,642",
        "9,753",
        "4,711",
        "snapshot=",
        ">100<",
    ] {
        assert!(!shown.text.contains(hidden), "{hidden}: {}", shown.text);
    }
    assert_eq!(north.get("/sync?snapshot=2").await.status, 404);
    assert_eq!(north.get("/sync?snapshot=99").await.status, 404);
    let held = served.store.held_run(ORG).unwrap().unwrap();
    let held = format!("{}.{}", held.run, held.started_ms);
    let refused = answer(north.accept_with(&field(&shown, "proof"), &held)).await;
    assert_eq!(refused.status, 403);
    assert_eq!(snapshots(&served), 2);

    let reader = Browser::sign_in(&served, "reader").await;
    let all = reader.get("/sync").await;
    for told in ["8,642 of 9,753 users", "4,711 requests", "snapshot=2"] {
        assert!(all.text.contains(told), "{told}: {}", all.text);
    }
}

#[tokio::test]
async fn without_a_desk_the_command_line_is_named() {
    let served = held().serve().await;
    let admin = Browser::sign_in(&served, "admin").await;
    let shown = admin.get("/sync").await;
    assert!(shown.text.contains("40 of 100 active users"));
    assert!(
        shown.text.contains("headcount sync --accept")
            && !shown.text.contains("Accept and publish")
    );
    let held = served.store.held_run(ORG).unwrap().unwrap();
    let held = format!("{}.{}", held.run, held.started_ms);
    let refused = answer(admin.accept_with(&field(&shown, "proof"), &held)).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert!(refused.text.contains("This server has no way to"));
    assert_eq!(snapshots(&served), 1);
}

#[tokio::test]
async fn a_run_at_work_is_watched_until_it_ends() {
    let served = Made::new().serve().await;
    let asking = served.anybody();
    let before = asking.get("/sync").await;
    assert_eq!(
        before.status, 200,
        "before the first snapshot: {}",
        before.text
    );
    assert!(before.text.contains("There is none yet") && !before.text.contains("data-watch"));
    served.job.started(BEGIN_MS);
    let part = async || {
        let request = asking
            .request(Method::GET, "/sync")
            .header("x-headcount-part", "1");
        answer(request).await.text
    };
    let starting = part().await;
    assert!(
        starting.contains("id=\"job\"") && starting.contains("data-watch=\"2\""),
        "{starting}"
    );
    assert!(
        starting.contains(": starting") && starting.contains("<progress aria-label"),
        "{starting}"
    );
    served.job.advanced(|progress| {
        progress.step = "fetching users".to_owned();
        (progress.users, progress.pages, progress.parts) = (1_500, 15, 2);
        progress.expected = Some(1_200);
    });
    let told = part().await;
    assert!(!told.contains("<html"), "a part is no page");
    for words in [
        "fetching users",
        "value=\"1200\" max=\"1200\"",
        "1,500 of 1,200 users, 15 answers, 2 parts done",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let run = |outcome| JobRun {
        outcome,
        started_ms: BEGIN_MS,
        ended_ms: BEGIN_MS + 62_000,
        requests: 1_234,
        throttled: 5,
    };
    for (outcome, words) in [
        (
            JobOutcome::NotAuthorised,
            "Look at the id, the secret and the roles",
        ),
        (JobOutcome::Unavailable, "It is tried again by itself"),
        (JobOutcome::Held, "Somebody has to look"),
        (JobOutcome::Failed, "The log of the server says why"),
    ] {
        served.job.ended(run(outcome));
        let told = part().await;
        assert!(
            told.contains(words) && !told.contains("data-watch"),
            "{words}: {told}"
        );
    }
    let ended = part().await;
    assert!(ended.contains("4 runs since the last that published"));
    assert!(ended.contains("Show what came of it"));
    assert!(
        !asking
            .get("/sync")
            .await
            .text
            .contains("Show what came of it")
    );
    served.job.next(Some(BEGIN_MS + 3_600_000));
    served.job.ended(run(JobOutcome::Published));
    let told = part().await;
    for words in [
        "published a snapshot",
        "1 minute",
        "1,234, 5 of them",
        "in 1 hour",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert!(!told.contains("What to do") && !told.contains("since the last that published"));
}

#[tokio::test]
async fn a_certificate_is_read_and_shown_whole() {
    let made = Made::new().publish(&users(2), BEGIN_MS);
    let certificate = json!({
        "started": "2023-11-14T22:13:20Z", "finished": "2023-11-14T22:14:25Z",
        "requests": 52, "retries": 3, "throttled": 1, "bytes": 3_800_000, "resumed": true,
        "way": "overlap", "users": 4, "total_before": 5, "total_after": 4,
        "movement": {"rises": 1, "falls": 2}, "passes": 2,
        "parts": [{"part": "all", "total": 4, "users": 4, "pages": 7, "again": 2}],
        "passed_over": [{"way": "keyset", "why": "<b>GREATER_THAN</b> is refused"}],
        "verified": {"listed": 4, "only_in_listing": 0, "only_in_search": 1},
    });
    let mut run = made.store.begin(ORG, "plan", BEGIN_MS, None).unwrap();
    let all = users(2);
    let page: Vec<&str> = all.iter().map(String::as_str).collect();
    made.store.stage(&mut run, &page).unwrap();
    let text = certificate.to_string();
    made.store
        .publish(run, &text, BEGIN_MS + 90_000_000, &Breaker::OFF)
        .unwrap();
    let served = made.serve().await;
    let list = served.anybody().get("/sync").await;
    assert!(list.text.contains("overlap, 52 requests"), "{}", list.text);
    // From the first answer to the last, not to the moment at which somebody accepted it.
    assert!(list.text.contains("<td>1 minute</td>"), "{}", list.text);
    let one = served.anybody().get("/sync?snapshot=2").await;
    for told in [
        "each page begins before the last one ended",
        "5 before, 4 after; meanwhile its count rose by 1 and fell by 2",
        "4 users, 0 of them not in the search; 1 only there",
        "&#60;b&#62;GREATER_THAN",
        "52 requests, 3 of them repeated, 1 over the limit (429), 3.8 MB",
        "it went on from a run that was killed",
        "&#34;only_in_search&#34;: 1",
    ] {
        assert!(one.text.contains(told), "{told}: {}", one.text);
    }
    // One that is something else is shown as it is.
    let other = served.anybody().get("/sync?snapshot=1").await;
    assert!(
        other.text.contains("<pre tabindex=\"0\">proved</pre>"),
        "{}",
        other.text
    );
    for (path, status) in [
        ("snapshot=x", 400),
        ("snapshot=", 400),
        ("snapshot=99", 404),
    ] {
        let refused = served.anybody().get(&format!("/sync?{path}")).await;
        assert_eq!(refused.status, status, "{path}");
        assert!(refused.text.contains("<h1>"), "{}", refused.text);
    }
}

#[tokio::test]
async fn hostile_names_are_shown_and_run_nothing() {
    let long = format!("{HOSTILE}{}", "😀<".repeat(2_500));
    let person = |number: usize| {
        json!({
            "id": uuid(number), "name": format!("{long}{number}"), "state": "active",
            "department": format!("{long}{number}"),
            "division": {"id": format!("d{number}"), "name": long},
        })
        .to_string()
    };
    let all: Vec<String> = (0..200).map(person).collect();
    let made = Made::new().publish(&all, BEGIN_MS);
    for number in 0..60 {
        publish(&*made.store, &all, BEGIN_MS + 1 + number);
    }
    hold(&*made.store, &all[..20], BEGIN_MS + 1_000);
    let served = serve(made).await;
    let shown = served.anybody().get("/sync").await;
    assert_eq!(shown.status, 200);
    assert!(!shown.text.contains("<script>"), "{}", shown.text);
    assert!(shown.text.contains("&#60;script&#62;") || shown.text.contains("&#60;scrip"));
    assert!(shown.text.contains("the first 50") && shown.text.contains("and 160 more"));
    assert!(shown.text.contains("The last 50 of 61"));
    assert!(shown.text.len() < 100_000, "{} bytes", shown.text.len());
}
