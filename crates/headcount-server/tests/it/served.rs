//! A server over a store of its own, with a clock that the test sets, and somebody who asks it.

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use headcount_server::{
    Server, Settings,
    job::{Job, Jobs},
    serve,
};
use headcount_store::{
    Access, Breaker, Credential, CredentialKind, Grant, Outcome, RateLimit, Store,
    facts::FactStore, open,
};
use ring::digest;
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const ORG: &str = "org";
/// When tests begin: 2023-11-14T22:13:20Z.
pub(crate) const BEGIN_MS: i64 = 1_700_000_000_000;
pub(crate) const VIEW: &str = "directory:user:view";

/// A running server, its store and its clock.
pub(crate) struct Served {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) server: Server,
    pub(crate) job: Arc<Job>,
    clock_ms: Arc<AtomicI64>,
    url: String,
    _folder: TempDir,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
}

/// Somebody who asks.
#[derive(Clone)]
pub(crate) struct Asking {
    client: reqwest::Client,
    url: String,
    token: Option<String>,
}

/// What makes a client that asks this machine directly.
pub(crate) fn client() -> reqwest::ClientBuilder {
    // Another test of this process may have installed it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().no_gzip()
}

/// A user whose id is a UUID.
pub(crate) fn user(number: usize, state: &str, division: &str) -> String {
    json!({
        "id": uuid(number), "name": format!("Person {number}"), "state": state,
        "email": format!("person.{number}@example.com"), "version": 1,
        "division": {"id": division, "name": format!("Division {division}")},
        "department": if number.is_multiple_of(3) { "Support" } else { "Sales" },
        "chat": {"jabberId": format!("j{number}@example.com")},
        "unknown": {"kept": [number]},
    })
    .to_string()
}

pub(crate) fn uuid(number: usize) -> String {
    format!("{number:08x}-0000-4000-8000-000000000000")
}

/// A credential with the secret `secret`.
pub(crate) fn credential(kind: CredentialKind, id: &str, secret: &str) -> Credential {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, secret.as_bytes()).as_ref());
    Credential {
        id: id.to_owned(),
        kind,
        org: ORG.to_owned(),
        name: None,
        digest: bytes,
        grant: Grant {
            permissions: vec![VIEW.to_owned()],
            divisions: None,
            rate_limit: RateLimit::Off,
        },
        created_ms: 0,
        expires_ms: None,
        revoked_ms: None,
    }
}

/// A store, before anything is served from it.
pub(crate) struct Made {
    folder: TempDir,
    url: String,
    pub(crate) store: Arc<dyn Store>,
}

impl Made {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("roster.db").display());
        Self::open(folder, url)
    }

    /// A store in PostgreSQL, in a schema of its own. Blocks, which async code must not.
    pub(crate) fn in_database() -> Self {
        static NEXT: AtomicI64 = AtomicI64::new(0);
        #[expect(
            clippy::disallowed_methods,
            reason = "the script that started the cluster tells where it is"
        )]
        let server = std::env::var("HEADCOUNT_TEST_POSTGRES").expect(
            "this test needs a PostgreSQL: run it as `tests/with-postgres cargo test …` or `./test`",
        );
        let next = NEXT.fetch_add(1, Ordering::SeqCst);
        let url = format!("{server}?schema=served_{}_{next}", std::process::id());
        Self::open(tempfile::tempdir().unwrap(), url)
    }

    fn open(folder: TempDir, url: String) -> Self {
        let store = open(&url, Access::Write).unwrap();
        Self { folder, url, store }
    }

    /// The facts beside the store.
    pub(crate) fn facts(&self) -> FactStore {
        FactStore::open(&self.url, ORG).unwrap()
    }

    /// One whole sync.
    pub(crate) fn publish(self, documents: &[String], now_ms: i64) -> Self {
        publish(&*self.store, documents, now_ms);
        self
    }

    /// A token named `id` whose secret is `s`: `hc_<id>_s`.
    pub(crate) fn token(self, id: &str, change: impl FnOnce(&mut Credential)) -> Self {
        let mut token = credential(CredentialKind::Token, id, "s");
        change(&mut token);
        self.store.add_credential(&token).unwrap();
        self
    }

    /// Makes the documents of an org such that no roster can be had of them.
    pub(crate) fn spoil(&self, org: &str) {
        let path = self.url.trim_start_matches("sqlite:");
        let file = rusqlite::Connection::open(path).unwrap();
        let spoilt = file.execute(
            "UPDATE document SET json = CAST(x'ff' AS TEXT) WHERE doc IN
                 (SELECT doc FROM version_open JOIN org USING (org) WHERE org.name = ?1)",
            [org],
        );
        assert!(spoilt.unwrap() > 0);
    }

    /// The same store, to be served once more.
    pub(crate) fn again(&self) -> Self {
        Self::open(tempfile::tempdir().unwrap(), self.url.clone())
    }

    pub(crate) async fn serve(self) -> Served {
        self.serve_with(|_| {}).await
    }

    pub(crate) async fn serve_with(self, change: impl FnOnce(&mut Settings)) -> Served {
        let mut settings = Settings {
            open_org: Some(ORG.to_owned()),
            facts: Some(self.facts()),
            ..Settings::default()
        };
        change(&mut settings);
        let clock_ms = Arc::new(AtomicI64::new(BEGIN_MS));
        let clock = {
            let clock_ms = clock_ms.clone();
            Arc::new(move || clock_ms.load(Ordering::Relaxed))
        };
        let jobs = Jobs::of([ORG]);
        let job = Arc::clone(jobs.get(ORG).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let store = self.store.clone();
        let server = serve(listener, None, settings, store, jobs, clock)
            .await
            .unwrap();
        Served {
            store: self.store,
            server,
            job,
            clock_ms,
            url: self.url,
            _folder: self.folder,
        }
    }
}

pub(crate) fn publish(store: &dyn Store, documents: &[String], now_ms: i64) {
    let mut run = store.begin(ORG, "plan", now_ms, None).unwrap();
    for page in documents.chunks(100) {
        let page: Vec<&str> = page.iter().map(String::as_str).collect();
        store.stage(&mut run, &page).unwrap();
    }
    match store.publish(run, "proved", now_ms, &Breaker::OFF).unwrap() {
        Outcome::Published(_) => {}
        Outcome::Held(_) => panic!("held by a breaker that is off"),
    }
}

impl Served {
    /// Ends the server, and serves its store again.
    pub(crate) async fn again(self) -> Self {
        self.server.shutdown().await;
        let made = Made {
            folder: self._folder,
            url: self.url,
            store: self.store,
        };
        made.serve().await
    }

    pub(crate) fn at(&self, now_ms: i64) {
        self.clock_ms.store(now_ms, Ordering::Relaxed);
    }

    /// The facts beside the store.
    pub(crate) fn facts(&self) -> FactStore {
        FactStore::open(&self.url, ORG).unwrap()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    /// Somebody without a token.
    pub(crate) fn anybody(&self) -> Asking {
        Asking {
            client: client().build().unwrap(),
            url: self.url(),
            token: None,
        }
    }

    /// Somebody with the token of [`Made::token`].
    pub(crate) fn holder(&self, id: &str) -> Asking {
        self.anybody().with(&format!("hc_{id}_s"))
    }
}

impl Asking {
    pub(crate) fn with(mut self, token: &str) -> Self {
        self.token = Some(token.to_owned());
        self
    }

    pub(crate) fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.request(reqwest::Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Answer {
        let request = self.request(reqwest::Method::POST, path);
        answer(
            request
                .header("content-type", "application/json")
                .body(body.to_owned()),
        )
        .await
    }

    pub(crate) async fn search(&self, body: &Value) -> Answer {
        self.post("/api/v2/users/search", &body.to_string()).await
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
}

pub(crate) async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    Answer {
        status: response.status().as_u16(),
        headers: response.headers().clone(),
        text: response.text().await.unwrap(),
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// Status and machine code of a refusal, of which all the rest must be in order.
    pub(crate) fn refusal(&self) -> (u16, String) {
        let body = self.json();
        assert_eq!(body["status"], self.status);
        assert_eq!(body["contextId"], self.header("inin-correlation-id"));
        assert_eq!(body["details"], json!([]));
        assert_eq!(body["errors"], json!([]));
        assert!(
            body["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
        (self.status, body["code"].as_str().unwrap().to_owned())
    }

    /// Ids of `results` or `entities`.
    pub(crate) fn ids(&self) -> Vec<String> {
        let body = self.json();
        assert_eq!(self.status, 200, "{}", self.text);
        let users = body.get("results").filter(|users| users.is_array());
        let users = users.or(body.get("entities")).unwrap();
        let users = users.as_array().unwrap();
        users
            .iter()
            .map(|user| user["id"].as_str().unwrap().to_owned())
            .collect()
    }
}
