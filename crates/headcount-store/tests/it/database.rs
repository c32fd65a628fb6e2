//! Databases to test with: a fresh one for each test in the cluster of `tests/with-postgres`, or a
//! cluster of one's own, which may be stopped.

use std::{
    env,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use postgres::{Client, NoTls};

/// A database that goes away with it.
pub(crate) struct Database {
    server: String,
    name: String,
}

impl Database {
    /// In the cluster that all tests share.
    pub(crate) fn new() -> Self {
        Self::on(&server())
    }

    /// In the cluster whose superuser has the URL `server`.
    pub(crate) fn on(server: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let next = NEXT.fetch_add(1, Ordering::SeqCst);
        let name = format!("test_{}_{next}", std::process::id());
        admin(server)
            .batch_execute(&format!("CREATE DATABASE {name}"))
            .unwrap();
        Self {
            server: server.to_owned(),
            name,
        }
    }

    /// The URL with more parameters, such as `pool=2`.
    pub(crate) fn with(&self, parameters: &str) -> String {
        format!("{}?{parameters}", self.url())
    }

    /// A plain connection to it, in which the tables of the store are at hand.
    pub(crate) fn raw(&self) -> Client {
        let mut client = Client::connect(&self.url(), NoTls).unwrap();
        client
            .batch_execute("SET search_path TO headcount, public")
            .unwrap();
        client
    }

    /// Ends every session of the database, as an operator or a restart does.
    pub(crate) fn end_sessions(&self) {
        let ended = admin(&self.server)
            .execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1",
                &[&self.name],
            )
            .unwrap();
        assert!(ended > 0, "nobody was connected");
    }

    /// Its URL, of the superuser.
    pub(crate) fn url(&self) -> String {
        let (server, _) = self.server.rsplit_once('/').unwrap();
        format!("{server}/{}", self.name)
    }

    /// What a killed process had sent is carried out still: waits until nobody is connected.
    pub(crate) fn settle(&self) {
        let mut admin = admin(&self.server);
        for _ in 0..2000 {
            let open: i64 = admin
                .query_one(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = $1",
                    &[&self.name],
                )
                .unwrap()
                .get(0);
            if open == 0 {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
        panic!("sessions of a killed process stay");
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = &self.name;
        let drop = format!("DROP DATABASE {name} WITH (FORCE)");
        // The cluster may be stopped, and goes as a whole then.
        if let Ok(mut client) = Client::connect(&self.server, NoTls) {
            let _ = client.batch_execute(&drop);
        }
    }
}

fn admin(server: &str) -> Client {
    Client::connect(server, NoTls).unwrap()
}

/// URL of the superuser of the cluster that all tests share.
#[expect(
    clippy::disallowed_methods,
    reason = "the script that started the cluster tells where it is"
)]
fn server() -> String {
    env::var("HEADCOUNT_TEST_POSTGRES").expect(
        "these tests need a PostgreSQL: run them as `tests/with-postgres cargo test …` or `./test`",
    )
}

/// A cluster of one's own.
pub(crate) struct Cluster {
    child: Child,
    pub(crate) server: String,
    control: PathBuf,
}

impl Cluster {
    /// Starts one, with TLS where a certificate and its key are given.
    pub(crate) fn start(tls: Option<(&Path, &Path)>) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/with-postgres");
        let mut command = Command::new(script);
        if let Some((certificate, key)) = tls {
            command.arg("--tls").args([certificate, key]);
        }
        let told = r#"echo "$HEADCOUNT_TEST_POSTGRES"
            echo "$HEADCOUNT_TEST_POSTGRES_CONTROL"
            cat >/dev/null"#;
        let mut child = command
            .args(["bash", "-c", told])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let server = lines.next().expect("the cluster did not start").unwrap();
        let control = PathBuf::from(lines.next().unwrap().unwrap());
        Self {
            child,
            server,
            control,
        }
    }

    /// `stop`, `start`, `restart` or `crash`.
    pub(crate) fn control(&self, what: &str) {
        let status = Command::new(&self.control).arg(what).status().unwrap();
        assert!(status.success(), "{what} failed");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // The script ends when nobody speaks to it, and removes everything.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
