//! Serve the roster through the API that it came from.
//!
//! Answers come from the last published snapshot in memory; upstream is never asked, and nothing is
//! written. What keeps the snapshots fresh (a daily job for each org) is the binary's, and tells
//! about itself through [`job::Jobs`]; so is what publishes a snapshot that a person accepts, the
//! [`Desk`].
//!
//! `routes` is the whole table of paths, `handlers` has a file for each resource, `access` knows
//! who may ask, `rosters` what is served, `connection` how much one caller may take.

mod access;
mod app;
mod authorise;
mod body;
mod connection;
mod csv;
mod cursor;
mod desk;
mod error;
mod findings;
mod freshness;
mod handlers;
pub mod job;
mod json;
mod kept;
mod limiter;
mod metrics;
mod observe;
mod odata;
mod openapi;
mod page;
mod parameters;
mod rosters;
mod routes;
mod settings;
pub mod tls;
mod watch;
mod workers;

use std::{net::SocketAddr, sync::Arc};

use headcount_store::{Store, StoreError};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

use self::{app::App, job::Jobs, watch::Watchers, workers::Workers};
pub use self::{
    app::{ACCEPT_SYNC, VIEW_METRICS, VIEW_USERS},
    connection::is_loopback,
    desk::{AcceptError, Desk},
    page::is_locale,
    settings::{Bounds, Clock, Reports, Settings},
};

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The store cannot be read.
    #[error("the store cannot be served")]
    Store(#[from] StoreError),
    /// The operating system refuses a socket or a thread.
    #[error("the server cannot start")]
    System(#[from] std::io::Error),
}

/// A running server. It ends when dropped; [`Server::shutdown`] lets requests under way end first.
pub struct Server {
    address: SocketAddr,
    app: Arc<App>,
    stop: tokio::sync::watch::Sender<bool>,
    accepting: JoinHandle<()>,
    watchers: Option<Watchers>,
}

/// Serves `store` on a bound socket, with TLS where there are settings for it. What is in the store
/// already is loaded before this returns, so that the first caller is answered.
///
/// # Errors
/// [`ServeError`], by what is missing.
pub async fn serve(
    listener: std::net::TcpListener,
    tls: Option<Arc<ServerConfig>>,
    settings: Settings,
    store: Arc<dyn Store>,
    jobs: Jobs,
    clock: Clock,
) -> Result<Server, ServeError> {
    listener.set_nonblocking(true)?;
    let listener = TcpListener::from_std(listener)?;
    let address = listener.local_addr()?;
    let mut settings = settings;
    if !is_loopback(address) {
        // Nobody is let in without a login from outside of this machine.
        settings.open_org = None;
    }
    let https = tls.is_some();
    let load = tokio::task::spawn_blocking(move || {
        let app = Arc::new(App::new(settings, https, clock, store, jobs)?);
        match app.rosters.refresh(&app.orgs()) {
            Ok(()) | Err(StoreError::NoSnapshot { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(app)
    });
    let app = load
        .await
        .map_err(|error| ServeError::System(std::io::Error::other(error)))??;
    let watchers = Some(Watchers::start(&app)?);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let router = routes::router(app.clone());
    let accepting = tokio::spawn(connection::accept(
        listener,
        tls.map(TlsAcceptor::from),
        app.clone(),
        router,
        Workers::start()?,
        stopped,
    ));
    Ok(Server {
        address,
        app,
        stop,
        accepting,
        watchers,
    })
}

impl Server {
    /// Address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether anybody on this machine is answered without a login.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.app.open_org().is_some()
    }

    /// Whether the store knows nobody who may ask, of whatever org.
    #[must_use]
    pub fn knows_nobody(&self) -> bool {
        self.app.members.is_empty()
    }

    /// Takes no further connections, lets requests under way end, and ends.
    pub async fn shutdown(mut self) {
        self.stop.send_replace(true);
        // A task that panicked has ended as well.
        let _ = (&mut self.accepting).await;
        let watchers = self.watchers.take();
        // Waits for a snapshot that is being loaded: not on a thread that answers.
        let _ = tokio::task::spawn_blocking(move || drop(watchers)).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}
