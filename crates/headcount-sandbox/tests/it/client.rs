//! A tiny HTTP client that sees what a real one hides: bytes that are missing, resets, headers.

use std::{collections::HashMap, io, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use headcount_sandbox::{Config, Sandbox, start};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// An answer, or what of it arrived.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
    pub(crate) fn whole(&self) -> bool {
        self.header("content-length") == Some(&self.body.len().to_string())
    }
    pub(crate) fn ids(&self) -> Vec<String> {
        let json = self.json();
        let rows = json
            .get("entities")
            .or(json.get("results"))
            .unwrap()
            .as_array()
            .unwrap();
        rows.iter()
            .map(|row| row["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// A sandbox and a token of it.
pub(crate) struct Org {
    pub(crate) sandbox: Sandbox,
    pub(crate) token: String,
}

pub(crate) const ANY: &str =
    r#"{"type":"EXACT","fields":["state"],"values":["active","inactive","deleted"]}"#;

impl Org {
    pub(crate) async fn start(config: Config) -> Self {
        let sandbox = start(config, ([127, 0, 0, 1], 0).into()).await.unwrap();
        let mut org = Self {
            sandbox,
            token: String::new(),
        };
        org.login().await;
        org
    }

    pub(crate) async fn of(users: usize) -> Self {
        Self::start(Config {
            users,
            rate_limit: None,
            ..Config::default()
        })
        .await
    }

    /// With a quirk.
    pub(crate) async fn with(users: usize, name: &str, value: &str) -> Self {
        let org = Self::of(users).await;
        org.sandbox.set_quirk(name, value).unwrap();
        org
    }

    pub(crate) async fn login(&mut self) {
        let reply = self
            .token_request("grant_type=client_credentials&OrgName=x")
            .await;
        if reply.status == 200 {
            reply.json()["access_token"]
                .as_str()
                .unwrap()
                .clone_into(&mut self.token);
        }
    }

    pub(crate) async fn token_request(&self, form: &str) -> Reply {
        let pair = format!(
            "{}:{}",
            self.sandbox.client_id(),
            self.sandbox.client_secret()
        );
        let basic = format!("Basic {}", BASE64_STANDARD.encode(pair));
        self.ask(
            "POST",
            "/oauth/token",
            &[
                ("authorization", &basic),
                ("content-type", "application/x-www-form-urlencoded"),
            ],
            form,
        )
        .await
        .unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.try_get(path).await.unwrap()
    }

    pub(crate) async fn try_get(&self, path: &str) -> io::Result<Reply> {
        let bearer = format!("Bearer {}", self.token);
        self.ask("GET", path, &[("authorization", &bearer)], "")
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Reply {
        self.try_post(path, body).await.unwrap()
    }

    pub(crate) async fn try_post(&self, path: &str, body: &str) -> io::Result<Reply> {
        let bearer = format!("Bearer {}", self.token);
        self.ask(
            "POST",
            path,
            &[
                ("authorization", &bearer),
                ("content-type", "application/json"),
            ],
            body,
        )
        .await
    }

    /// A search of all states, sorted by id, with more criteria.
    pub(crate) async fn search(&self, size: u64, page: u64, criteria: &str) -> Reply {
        let comma = if criteria.is_empty() { "" } else { "," };
        let body = format!(
            r#"{{"pageSize":{size},"pageNumber":{page},"sortBy":"id","sortOrder":"ASC","query":[{ANY}{comma}{criteria}]}}"#
        );
        self.post("/api/v2/users/search", &body).await
    }

    pub(crate) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Reply> {
        let mut stream = TcpStream::connect(self.sandbox.addr()).await?;
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\ncontent-length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream
            .write_all(format!("{head}\r\n{body}").as_bytes())
            .await?;
        let mut bytes = Vec::new();
        let read =
            tokio::time::timeout(Duration::from_millis(1500), stream.read_to_end(&mut bytes)).await;
        match read {
            Err(_) => return Err(io::ErrorKind::TimedOut.into()),
            // Of a body that breaks off, what came counts.
            Ok(Err(error)) if bytes.is_empty() => return Err(error),
            Ok(_) => {}
        }
        let end = bytes
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let status = lines
            .next()
            .unwrap()
            .split(' ')
            .nth(1)
            .unwrap()
            .parse()
            .unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        Ok(Reply {
            status,
            headers,
            body: bytes[end + 4..].to_vec(),
        })
    }
}
