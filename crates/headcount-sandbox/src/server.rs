//! The server: takes connections, tells requests apart, and lets faults happen on the socket.

use std::{
    net::SocketAddr,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use headcount_core::fact::{Fact, FactKind, interval::Interval};
use http_body_util::{BodyExt, Limited};
use hyper::{Method, Request, Response, body::Incoming, header::HeaderMap, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::tz::TimeZone;
use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
};

use crate::{
    Config, Org, QuirkError, Stats, Step, Truth, admin,
    answer::{Answer, Broken, Whole},
    api,
    change::Change,
    fault::Fault,
    scenario::ScenarioError,
    world::World,
};

/// Largest body of a request, bytes.
const LARGEST_BODY: usize = 4 << 20;

/// Why a sandbox can't start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address can't be listened on.
    #[error("address {listen} can't be listened on")]
    Listen {
        /// The address.
        listen: SocketAddr,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// A running sandbox. It stops when dropped.
pub struct Sandbox {
    world: Arc<World>,
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// A request, read whole.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// What becomes of a request.
pub(crate) enum Fate {
    Answer(Answer),
    Reset,
    Stall,
}

/// Starts a sandbox; port 0 takes a free one. Making a million people takes some seconds.
///
/// # Errors
/// [`SandboxError::Listen`] when the address can't be listened on.
pub async fn start(config: Config, listen: SocketAddr) -> Result<Sandbox, SandboxError> {
    let failed = |source| SandboxError::Listen { listen, source };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let addr = listener.local_addr().map_err(failed)?;
    let churn = config.churn_per_second;
    let made = tokio::task::spawn_blocking(move || World::new(config)).await;
    let world = Arc::new(made.map_err(|error| failed(std::io::Error::other(error)))?);
    let (stop, stopped) = watch::channel(false);
    let mut tasks = vec![tokio::spawn(accept(
        listener,
        world.clone(),
        stopped.clone(),
    ))];
    if churn > 0.0 && churn.is_finite() {
        tasks.push(tokio::spawn(keep_changing(world.clone(), churn, stopped)));
    }
    Ok(Sandbox {
        world,
        addr,
        stop,
        tasks,
    })
}

impl Sandbox {
    /// Base URL of API and login, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }
    /// Id of the one OAuth client.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.world.client_id
    }
    /// Its secret.
    #[must_use]
    pub fn client_secret(&self) -> &str {
        &self.world.client_secret
    }
    /// Id of the org.
    #[must_use]
    pub fn org_id(&self) -> &str {
        &self.world.org_id
    }
    /// Address that it listens on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }
    /// The org now. Requests that change it wait while this is held.
    #[must_use]
    pub fn org(&self) -> impl Deref<Target = Org> + '_ {
        self.world.org()
    }
    /// A mark in time for [`Sandbox::truth`].
    #[must_use]
    pub fn mark(&self) -> u64 {
        self.world.org().revision()
    }
    /// Who was in the org since a mark.
    #[must_use]
    pub fn truth(&self, mark: u64) -> Truth {
        self.world.org().truth(mark)
    }
    /// The facts of an interval, by local day of `zone`, user and media type, in that order: the
    /// ground truth of both aggregate queries, counted in another way than they are.
    #[must_use]
    pub fn facts(&self, kind: FactKind, within: Interval, zone: &TimeZone) -> Vec<Fact> {
        self.world.facts(kind, within, zone)
    }
    /// Counters since the start.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.world.stats()
    }
    /// Makes changes; gives the number of users that were struck at once.
    pub fn change(&self, changes: Vec<Change>) -> usize {
        self.world.change(changes)
    }
    /// Puts these faults in the place of those in force.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.world.set_faults(faults);
    }
    /// Sets a quirk.
    ///
    /// # Errors
    /// As [`crate::Quirks::set`].
    pub fn set_quirk(&self, name: &str, value: &str) -> Result<(), QuirkError> {
        let mut quirks = self.world.quirks();
        quirks.set(name, value)?;
        self.world.set_quirks(quirks);
        Ok(())
    }
    /// Makes the org as a step of its scenario wants it, steps counted from 0.
    ///
    /// # Errors
    /// [`ScenarioError::Step`] when there is no such step.
    pub fn apply_step(&self, number: usize) -> Result<Step, ScenarioError> {
        self.world.apply_step(number)
    }

    /// Stops: no further connections, open ones end.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        for task in std::mem::take(&mut self.tasks) {
            // A task that panicked has ended as well.
            let _ = task.await;
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

async fn keep_changing(world: Arc<World>, per_second: f64, mut stopped: watch::Receiver<bool>) {
    let pause = Duration::from_secs_f64((1.0 / per_second).clamp(1e-4, 86_400.0));
    let mut beat = tokio::time::interval(pause);
    loop {
        tokio::select! {
            _ = beat.tick() => {
                world.change(vec![Change::of(crate::ChangeKind::Random, 1)]);
            }
            _ = stopped.changed() => return,
        }
    }
}

async fn accept(listener: TcpListener, world: Arc<World>, mut stopped: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            taken = listener.accept() => match taken {
                Ok((stream, _)) => {
                    // Without it small answers wait for an acknowledgement; failing is harmless.
                    let _ = stream.set_nodelay(true);
                    let (stream, reset) = crate::io::Resettable::new(stream);
                    connections.spawn(serve(stream, world.clone(), reset));
                }
                // Out of file handles, most likely: some will be given back.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next() => {}
            _ = stopped.changed() => break,
        }
    }
    connections.shutdown().await;
}

async fn serve(stream: crate::io::Resettable, world: Arc<World>, reset: Arc<AtomicBool>) {
    let service = service_fn(|request| respond(request, world.clone(), reset.clone()));
    // An error here is a fault on purpose, or a caller that went away.
    let _ = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn respond(
    request: Request<Incoming>,
    world: Arc<World>,
    reset: Arc<AtomicBool>,
) -> Result<Response<Whole>, Broken> {
    let (head, body) = request.into_parts();
    let body = match Limited::new(body, LARGEST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            let context = world.correlation_id();
            let message =
                format!("The request is over the size limit. Maximum bytes: {LARGEST_BODY}");
            let answer = Answer::error(413, "request.entity.too.large", message, &context);
            return Ok(answer.finish(&context, None).into_response());
        }
    };
    let asked = Asked {
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body,
    };
    if asked.path.starts_with("/sandbox/") {
        return Ok(admin::answer(&world, &asked).into_response());
    }
    if !world.latency.is_zero() {
        tokio::time::sleep(world.latency).await;
    }
    match api::answer(&world, &asked) {
        Fate::Answer(answer) => Ok(answer.into_response()),
        Fate::Reset => {
            reset.store(true, Ordering::Relaxed);
            Err(Broken)
        }
        Fate::Stall => std::future::pending().await,
    }
}
