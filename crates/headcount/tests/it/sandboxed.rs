//! A sandbox process with a store beside it, and the binary run against both.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;

/// A sandbox that runs until it is dropped.
pub(crate) struct Sandboxed {
    process: Child,
    pub(crate) url: String,
    client_id: String,
    client_secret: String,
    pub(crate) folder: tempfile::TempDir,
    /// Of a store that is no file in the folder.
    database: Option<String>,
}

/// What the sandbox knows of who was in the org since a mark.
pub(crate) struct Truth {
    pub(crate) now: BTreeSet<String>,
    pub(crate) stayed: BTreeSet<String>,
    pub(crate) ever: BTreeSet<String>,
}

impl Sandboxed {
    /// Starts one with these options of `headcount sandbox`.
    pub(crate) fn start(options: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_headcount"))
            .args(["sandbox", "--listen", "127.0.0.1:0"])
            .args(options)
            .stdout(Stdio::piped())
            // One that outlives the tests must not keep their pipe open.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let told: Value = serde_json::from_str(&line).expect("the first line is JSON");
        let text = |name: &str| told[name].as_str().unwrap().to_owned();
        Self {
            process,
            url: text("url"),
            client_id: text("client_id"),
            client_secret: text("client_secret"),
            folder: tempfile::tempdir().unwrap(),
            database: None,
        }
    }

    /// The same with its store in a database.
    pub(crate) fn with_database(mut self, url: String) -> Self {
        self.database = Some(url);
        self
    }

    pub(crate) fn store_url(&self) -> String {
        let file = || format!("sqlite:{}", self.store().display());
        self.database.clone().unwrap_or_else(file)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.folder.path().join("headcount.db")
    }

    /// The binary, set up for this sandbox and its store, knowing nothing else of the machine.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headcount"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.folder.path())
            .env("HEADCOUNT_STORE", self.store_url())
            .env("HEADCOUNT_API_URL", &self.url)
            .env("GENESYSCLOUD_OAUTHCLIENT_ID", &self.client_id)
            .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", &self.client_secret);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed and gives the JSON on its stdout.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Ids that `users` shows, each once.
    pub(crate) fn ids(&self) -> BTreeSet<String> {
        let users = self.json(&["users", "--columns", "id", "--output", "json"]);
        let users = users.as_array().unwrap();
        let ids: BTreeSet<_> = users
            .iter()
            .map(|user| user["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(ids.len(), users.len(), "a user is listed twice");
        ids
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        serde_json::from_slice(&self.ask("GET", path, "")).unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) {
        self.ask("POST", path, &body.to_string());
    }

    pub(crate) fn mark(&self) -> u64 {
        self.get("/sandbox/mark")["mark"].as_u64().unwrap()
    }

    pub(crate) fn truth(&self, mark: u64) -> Truth {
        let truth = self.get(&format!("/sandbox/truth?since={mark}"));
        let set = |name: &str| {
            let ids = truth[name].as_array().unwrap().iter();
            ids.map(|id| id.as_str().unwrap().to_owned()).collect()
        };
        Truth {
            now: set("now"),
            stayed: set("stayed"),
            ever: set("ever"),
        }
    }

    /// All documents of the org as they are now.
    pub(crate) fn documents(&self) -> Vec<Value> {
        let text = String::from_utf8(self.ask("GET", "/sandbox/users", "")).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// One request by hand: the sandbox's own routes have no faults, so no client is needed.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let host = self.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let head = answer
            .windows(4)
            .position(|bytes| bytes == b"\r\n\r\n")
            .unwrap();
        let status = String::from_utf8_lossy(&answer[..head]).into_owned();
        assert!(
            status.contains(" 200 ") || status.contains(" 204 "),
            "{method} {path}: {status}"
        );
        answer.split_off(head + 4)
    }
}

impl Drop for Sandboxed {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// All files of a store together, in bytes.
pub(crate) fn store_bytes(store: &Path) -> u64 {
    let name = store.file_name().unwrap().to_string_lossy().into_owned();
    let files = std::fs::read_dir(store.parent().unwrap()).unwrap();
    files
        .map(Result::unwrap)
        .filter(|file| file.file_name().to_string_lossy().starts_with(&name))
        .map(|file| file.metadata().unwrap().len())
        .sum()
}
