//! The page: who is let in, what every view comes with, and the overview.

use std::time::Duration;

use headcount_store::CredentialKind;
use reqwest::{Method, redirect::Policy};
use serde_json::json;

use crate::served::{
    Answer, BEGIN_MS, Made, Served, VIEW, answer, client, credential, publish, user, uuid,
};

/// A browser: it keeps its cookie and follows no redirect by itself.
pub(crate) struct Browser {
    client: reqwest::Client,
    url: String,
    cookie: Option<String>,
}

impl Browser {
    pub(crate) fn new(served: &Served) -> Self {
        Self {
            client: client().redirect(Policy::none()).build().unwrap(),
            url: format!("http://{}", served.server.address()),
            cookie: None,
        }
    }

    /// One that is signed in with a token.
    pub(crate) async fn signed_in(served: &Served, token: &str) -> Self {
        let mut browser = Self::new(served);
        let signed = browser.sign_in(token, "/").await;
        assert_eq!(signed.status, 303, "{}", signed.text);
        browser
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match &self.cookie {
            Some(cookie) => request.header("cookie", format!("other=1; {cookie}")),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    /// Asks until the answer is as wanted; a second is promised, slow machines get ten.
    pub(crate) async fn get_until(&self, path: &str, wanted: impl Fn(&Answer) -> bool) -> Answer {
        for _ in 0..200 {
            let answer = self.get(path).await;
            if wanted(&answer) {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{path} never answered as wanted");
    }

    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        answer(self.form(path, form)).await
    }

    pub(crate) fn form(&self, path: &str, form: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        self.request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.finish())
    }

    pub(crate) async fn sign_in(&mut self, token: &str, to: &str) -> Answer {
        let answer = self.post("/sign-in", &[("token", token), ("to", to)]).await;
        if let Some(cookie) = answer.headers.get("set-cookie") {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = Some(cookie.to_owned());
        }
        answer
    }
}

/// The proof that the forms of a view come with.
pub(crate) fn proof(html: &str) -> String {
    let (_, rest) = html.split_once("name=\"proof\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

fn everybody() -> Vec<String> {
    (0..20)
        .map(|number| user(number, "active", if number < 5 { "north" } else { "south" }))
        .collect()
}

#[tokio::test]
async fn a_token_opens_the_page_until_it_ends() {
    let served = Made::new()
        .publish(&everybody(), BEGIN_MS)
        .token("a", |token| token.expires_ms = Some(BEGIN_MS + 50_000_000))
        .token("b", |_| {})
        .serve()
        .await;
    let mut browser = Browser::new(&served);

    let sent = browser.get("/people?q=a+b&page=2").await;
    assert_eq!(sent.status, 303);
    let form = sent.headers["location"].to_str().unwrap().to_owned();
    assert_eq!(form, "/sign-in?to=%2Fpeople%3Fq%3Da%2Bb%26page%3D2");
    let form = browser.get(&form).await;
    assert_eq!(form.status, 200);
    assert!(
        form.text.contains("value=\"/people?q=a+b&#38;page=2\""),
        "{}",
        form.text
    );

    let wrong = browser.sign_in("hc_a_wrong", "/").await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.text.contains("role=\"alert\"") && !wrong.text.contains("hc_a_wrong"));
    assert!(!wrong.headers.contains_key("set-cookie"));

    let signed = browser.sign_in(" hc_a_s ", "//evil.example").await;
    assert_eq!(
        (signed.status, &signed.headers["location"]),
        (303, &"/".parse().unwrap())
    );
    let cookie = signed.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.ends_with("; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"),
        "{cookie}"
    );
    assert!(
        !cookie.contains("hc_a"),
        "the token itself stays out of the browser"
    );
    assert_eq!(browser.get("/").await.status, 200);
    // Its links to the API work as well.
    assert_eq!(browser.get("/api/v2/users").await.json()["total"], 20);

    // A session ends by itself, and with its token.
    served.at(BEGIN_MS + 43_200_000);
    assert_eq!(browser.get("/").await.status, 303);
    assert_eq!(browser.get("/api/v2/users").await.refusal().0, 401);
    let browser = Browser::signed_in(&served, "hc_a_s").await;
    served.at(BEGIN_MS + 50_000_000);
    assert_eq!(browser.get("/").await.status, 303);
    let browser = Browser::signed_in(&served, "hc_b_s").await;
    assert_eq!(browser.get("/").await.status, 200);
    served
        .store
        .revoke_credential("org", "b", BEGIN_MS)
        .unwrap();
    browser.get_until("/", |answer| answer.status == 303).await;
}

#[tokio::test]
async fn a_client_signs_in_with_the_token_of_its_login() {
    let made = Made::new().publish(&everybody(), BEGIN_MS);
    let client = credential(CredentialKind::Client, "client", "hush");
    made.store.add_credential(&client).unwrap();
    let served = made.serve().await;
    let browser = Browser::new(&served);
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "client"),
        ("client_secret", "hush"),
    ];
    let login = browser.post("/oauth/token", &form).await.json();
    let token = login["access_token"].as_str().unwrap();
    let browser = Browser::signed_in(&served, token).await;
    assert_eq!(browser.get("/").await.status, 200);
}

#[tokio::test]
async fn a_proxy_that_speaks_tls_makes_the_session_secure() {
    let served = Made::new()
        .publish(&everybody(), BEGIN_MS)
        .token("a", |_| {})
        .serve()
        .await;
    let browser = Browser::new(&served);
    let form = browser.form("/sign-in", &[("token", "hc_a_s")]);
    let signed = answer(form.header("x-forwarded-proto", "https")).await;
    let cookie = signed.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.ends_with("; Secure"), "{cookie}");
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let served = Made::new()
        .publish(&everybody(), BEGIN_MS)
        .token("a", |_| {})
        .token("b", |_| {})
        .serve()
        .await;
    let browser = Browser::signed_in(&served, "hc_a_s").await;
    let other = Browser::signed_in(&served, "hc_b_s").await;
    let proof = proof(&browser.get("/").await.text);
    assert_eq!(browser.post("/sign-out", &[]).await.status, 403);
    assert_eq!(
        other.post("/sign-out", &[("proof", &proof)]).await.status,
        403
    );
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        for path in ["/sign-out", "/sign-in"] {
            let form = browser.form(path, &[("proof", &proof), ("token", "hc_a_s")]);
            let refused = answer(form.header(name, value)).await;
            assert_eq!(refused.status, 403, "{path} {name}: {value}");
            assert!(!refused.headers.contains_key("set-cookie"));
        }
    }
    let out = browser.post("/sign-out", &[("proof", &proof)]).await;
    assert_eq!(
        (out.status, &out.headers["location"]),
        (303, &"/sign-in".parse().unwrap())
    );
    let cookie = out.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.starts_with("headcount_session=; Path=/; Max-Age=0;"),
        "{cookie}"
    );
}

#[tokio::test]
async fn refusals_are_pages_for_people_and_json_for_programs() {
    let served = Made::new()
        .publish(&everybody(), BEGIN_MS)
        .token("a", |_| {})
        .token("blind", |token| token.grant.permissions.clear())
        .token("slow", |token| {
            token.grant.rate_limit = headcount_store::RateLimit::PerMinute(1);
        })
        .serve()
        .await;
    let browser = Browser::signed_in(&served, "hc_a_s").await;
    let missing = browser.get(&format!("/people/{}", uuid(99))).await;
    assert_eq!(missing.status, 404);
    assert!(
        missing.text.contains("<h1>Not found</h1>"),
        "{}",
        missing.text
    );
    let elsewhere = browser.get("/nowhere").await;
    assert_eq!(elsewhere.refusal(), (404, "not.found".to_owned()));

    let blind = Browser::signed_in(&served, "hc_blind_s").await;
    let refused = blind.get("/").await;
    assert_eq!(refused.status, 403);
    assert!(refused.text.contains(VIEW) && refused.text.contains("Sign out"));

    let slow = Browser::signed_in(&served, "hc_slow_s").await;
    assert_eq!(slow.get("/").await.status, 200);
    let over = slow.get("/").await;
    assert_eq!(over.status, 429);
    assert!(over.headers.contains_key("retry-after") && over.text.contains("Too many requests"));

    // A part of a view is asked for by the script, which asks for the view itself then.
    let anybody = Browser::new(&served);
    let part = anybody
        .request(Method::GET, "/")
        .header("x-headcount-part", "1");
    assert_eq!(answer(part).await.status, 401);
}

#[tokio::test]
async fn every_answer_guards_the_browser() {
    let served = Made::new().publish(&everybody(), BEGIN_MS).serve().await;
    let browser = Browser::new(&served);
    let view = browser.get("/").await;
    assert_eq!(view.status, 200);
    let style = view
        .text
        .split("href=\"")
        .find(|rest| rest.starts_with("/page/page.css?"));
    let style = style.unwrap().split('"').next().unwrap();
    for path in ["/", style, "/page/page.js", "/page/icon.svg", "/people/x"] {
        let answer = browser.get(path).await;
        let told = |name: &str| answer.headers[name].to_str().unwrap();
        assert_eq!(
            told("content-security-policy"),
            "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        );
        assert_eq!(told("x-content-type-options"), "nosniff");
        assert_eq!(told("x-frame-options"), "DENY");
        let is_kept = told("cache-control").contains("immutable");
        assert_eq!(is_kept, path.starts_with("/page/"), "{path}");
    }
    for inline in ["<style", " style=", " onclick=", "javascript:", "<script>"] {
        assert!(!view.text.contains(inline), "{inline}");
    }
    // A page of elsewhere that points its own name at this machine is not let in.
    let named = browser
        .request(Method::GET, "/")
        .header("host", "evil.example");
    assert_eq!(answer(named).await.status, 403);
}

#[tokio::test]
async fn without_a_client_nobody_has_to_sign_in() {
    let served = Made::new().serve().await;
    let browser = Browser::new(&served);
    let empty = browser.get("/").await;
    assert_eq!(empty.status, 503);
    assert!(empty.text.contains("headcount sync"), "{}", empty.text);
    let form = browser.get("/sign-in?to=/people").await;
    assert_eq!(
        (form.status, &form.headers["location"]),
        (303, &"/people".parse().unwrap())
    );
}

const DAY_MS: i64 = 86_400_000;

/// Ten users, of whom one leaves, one moves and one joins within a month.
fn month() -> Made {
    let of = |department: &str, numbers: std::ops::Range<usize>| {
        numbers
            .map(|number| {
                let mut user: serde_json::Value =
                    serde_json::from_str(&user(number, "active", "north")).unwrap();
                user["department"] = json!(department);
                user["name"] = json!(format!("<b>\"{number}\"</b>"));
                user.to_string()
            })
            .collect::<Vec<_>>()
    };
    let made = Made::new();
    publish(&*made.store, &of("<i>x</i>", 0..10), BEGIN_MS - 60 * DAY_MS);
    let later = [of("<i>x</i>", 0..8), of("moved", 8..9)].concat();
    publish(&*made.store, &later, BEGIN_MS - 10 * DAY_MS);
    let last = [later, of("<i>x</i>", 10..11)].concat();
    publish(&*made.store, &last, BEGIN_MS - DAY_MS);
    made
}

#[tokio::test]
async fn the_overview_counts_who_came_and_went() {
    let made = month();
    let served = made.serve().await;
    let html = Browser::new(&served).get("/").await.text;
    let text = text(&html);
    for told in [
        "All users 10 of every state",
        "active 10 100.0 %",
        "Joiners 1 in the last 30 days",
        "Movers 1 in the last 30 days",
        "Leavers 1 in the last 30 days",
        "&lt;i&gt;x&lt;/i&gt; 9",
        "moved 1",
        "Snapshot 1 day ago",
        "not planned",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(
        html.contains("/changes?kind=joined&amp;from=2023-10-15"),
        "{html}"
    );
    assert!(html.contains("<polyline class=\"line l0\""));
    assert!(!html.contains("<i>x"));
}

#[tokio::test]
async fn whoever_sees_a_division_sees_an_org_of_its_own() {
    let made = Made::new().publish(&everybody(), BEGIN_MS - DAY_MS);
    let mut moved = everybody();
    moved[0] = user(0, "active", "south");
    moved[7] = user(7, "deleted", "south");
    let served = made
        .publish(&moved, BEGIN_MS)
        .token("n", |token| {
            token.grant.divisions = Some(vec!["north".to_owned()])
        })
        .serve()
        .await;
    let html = Browser::signed_in(&served, "hc_n_s")
        .await
        .get("/")
        .await
        .text;
    let text = text(&html);
    for told in [
        "All users 4",
        "Leavers 1",
        "Joiners 0",
        "Movers 0",
        "the divisions that your token",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(
        !text.contains("south") && !text.contains("deleted"),
        "{text}"
    );
    assert!(
        !text.contains("walked by"),
        "totals of others stand in a certificate"
    );
}

#[tokio::test]
async fn numbers_and_times_are_those_of_the_reader() {
    let many: Vec<String> = (0..1_200)
        .map(|number| user(number, "active", "north"))
        .collect();
    let made = Made::new().publish(&many, BEGIN_MS);
    let again = made.again();
    let served = made
        .serve_with(|settings| {
            settings.reports.timezone = Some("Asia/Riyadh".to_owned());
        })
        .await;
    let browser = Browser::new(&served);
    let asked = browser
        .request(Method::GET, "/")
        .header("accept-language", "de-DE,de;q=0.9");
    let text = text(&answer(asked).await.text);
    assert!(text.contains("1.200"), "{text}");
    assert!(text.contains("15.11.2023, 01:13 Asia/Riyadh"), "{text}");
    let served = again
        .serve_with(|settings| settings.locale = Some("en-US".to_owned()))
        .await;
    let browser = Browser::new(&served);
    let asked = browser
        .request(Method::GET, "/")
        .header("accept-language", "de");
    let text = self::text(&answer(asked).await.text);
    assert!(
        text.contains("1,200") && text.contains("Nov 14, 2023, 10:13\u{a0}PM UTC"),
        "{text}"
    );
}

/// What of a view a person reads, its spaces made one; entities stay as they are.
pub(crate) fn text(html: &str) -> String {
    let mut text = String::new();
    let mut is_markup = false;
    for character in html.chars() {
        match character {
            '<' => is_markup = true,
            '>' => {
                is_markup = false;
                text.push(' ');
            }
            _ if !is_markup => text.push(character),
            _ => {}
        }
    }
    text.replace("&#60;", "&lt;")
        .replace("&#62;", "&gt;")
        .split([' ', '\n'])
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}
