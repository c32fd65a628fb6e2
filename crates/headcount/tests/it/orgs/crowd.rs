//! Many sandboxes in this process, a settings file that names them all, and one store.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Command, Output},
    time::{SystemTime, UNIX_EPOCH},
};

use headcount_sandbox::Sandbox;
use serde_json::Value;

/// Many orgs, fetched anew every minute.
pub(super) struct Crowd {
    runtime: tokio::runtime::Runtime,
    folder: tempfile::TempDir,
    sandboxes: BTreeMap<String, Sandbox>,
    settings: String,
}

/// Now, ms since 1970 UTC.
pub(super) fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}

impl Crowd {
    pub(super) fn new() -> Self {
        Self {
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap(),
            folder: tempfile::tempdir().unwrap(),
            sandboxes: BTreeMap::new(),
            settings: "store = 'sqlite:headcount.db'\nrefresh = '* * * * *'\njitter_s = 0\n\
                       [network]\ntimeout_s = 8\nretry_for_s = 12\n"
                .to_owned(),
        }
    }

    /// Starts an org of so many users, with settings of its own.
    pub(super) fn add(&mut self, org: &str, users: usize, own: &str) {
        let config = headcount_sandbox::Config {
            users,
            rate_limit: None,
            ..headcount_sandbox::Config::default()
        };
        let listen = "127.0.0.1:0".parse().unwrap();
        let sandbox = self
            .runtime
            .block_on(headcount_sandbox::start(config, listen))
            .unwrap();
        self.settings.push_str(&format!(
            "[org.{org}]\napi_url = {:?}\nclient_id = {:?}\nclient_secret_file = '{org}.secret'\n{own}",
            sandbox.url(),
            sandbox.client_id(),
        ));
        fs::write(self.path().join("config.toml"), &self.settings).unwrap();
        self.change_secret(org, sandbox.client_secret());
        self.sandboxes.insert(org.to_owned(), sandbox);
    }

    pub(super) fn change_secret(&self, org: &str, secret: &str) {
        fs::write(self.path().join(format!("{org}.secret")), secret).unwrap();
    }

    pub(super) fn lose_secret(&self, org: &str) {
        fs::remove_file(self.path().join(format!("{org}.secret"))).unwrap();
    }

    pub(super) fn sandbox(&self, org: &str) -> &Sandbox {
        &self.sandboxes[org]
    }

    /// Nobody listens any more where the org was.
    pub(super) fn shut_down(&mut self, org: &str) {
        let sandbox = self.sandboxes.remove(org).unwrap();
        self.runtime.block_on(sandbox.shutdown());
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The binary, knowing the settings file and nothing else.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_headcount"));
        command
            .args(["--config", "config.toml"])
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path());
        command
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed and gives the JSON on its stdout.
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--output", "json"]].concat());
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {told}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// A token of an org that may do these things, as often as it likes.
    pub(super) fn token(&self, org: &str, permissions: &[&str]) -> String {
        let mut arguments = vec!["token", "create", "--org", org, "--rate-limit", "off"];
        for permission in permissions {
            arguments.extend(["--permission", permission]);
        }
        self.json(&arguments)["token"].as_str().unwrap().to_owned()
    }

    /// How many snapshots an org has.
    pub(super) fn snapshots(&self, org: &str) -> usize {
        let snapshots = self.json(&["snapshots", "--org", org]);
        snapshots.as_array().unwrap().len()
    }
}
