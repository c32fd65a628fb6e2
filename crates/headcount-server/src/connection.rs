//! Connections: taken, wrapped in TLS where there is a certificate, bounded, and ended in order.

mod io;

use std::{net::SocketAddr, sync::Arc};

use axum::Router;
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::Duration,
};
use tokio_rustls::TlsAcceptor;
use tower_service::Service;

use self::io::{Activity, Timed};
use crate::{
    app::{App, within},
    settings::Bounds,
    workers::Workers,
};

/// Takes connections until told to stop, then lets requests under way end.
pub(crate) async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    app: Arc<App>,
    router: Router,
    workers: Workers,
    mut stop: watch::Receiver<bool>,
) {
    let bounds = app.settings.bounds.clone();
    let graceful = GracefulShutdown::new();
    let slots = Arc::new(Semaphore::new(bounds.connections));
    loop {
        let taken = tokio::select! {
            slot = slots.clone().acquire_owned() => match slot {
                Ok(slot) => tokio::select! {
                    taken = listener.accept() => {
                        taken.and_then(|(stream, _)| Ok((stream.into_std()?, slot)))
                    }
                    _ = stop.changed() => break,
                },
                Err(_) => break,
            },
            _ = stop.changed() => break,
        };
        let (stream, slot) = match taken {
            Ok(taken) => taken,
            Err(error) => {
                // Out of file handles, most likely: some will be given back.
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a connection could not be taken"
                );
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Without it small answers wait for an acknowledgement; failing is harmless.
        let _ = stream.set_nodelay(true);
        let (app, router, tls, bounds) = (app.clone(), router.clone(), tls.clone(), bounds.clone());
        let watcher = graceful.watcher();
        workers.spawn(async move {
            let _slot = slot;
            // From now on this thread waits for it.
            let Ok(stream) = TcpStream::from_std(stream) else {
                return;
            };
            app.metrics.connections().inc();
            serve(stream, tls, router, &bounds, watcher).await;
            app.metrics.connections().dec();
        });
    }
    drop(listener);
    if within(bounds.shutdown_time, graceful.shutdown())
        .await
        .is_none()
    {
        tracing::warn!("requests still under way were cut off");
    }
}

/// Serves one connection. Whatever ends it early is the caller's doing, or a bound.
async fn serve(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    bounds: &Bounds,
    watcher: hyper_util::server::graceful::Watcher,
) {
    let activity = Activity::default();
    let stream = Timed::new(stream, activity.clone(), bounds);
    let service = service_fn(move |request: Request<Incoming>| {
        let under_way = activity.request();
        let answer = router.clone().call(request);
        async move {
            let answer = answer.await;
            drop(under_way);
            answer
        }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.head_time)
        .max_buf_size(bounds.head.max(8192));
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(bounds.idle_time)
        .max_concurrent_streams(100)
        .max_header_list_size(u32::try_from(bounds.head).unwrap_or(u32::MAX));
    match tls {
        None => {
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            let _ = watcher.watch(connection.into_owned()).await;
        }
        Some(tls) => {
            let Some(Ok(stream)) = within(bounds.head_time, tls.accept(stream)).await else {
                return;
            };
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            let _ = watcher.watch(connection.into_owned()).await;
        }
    }
}

/// Whether an address can be reached from this machine only.
#[must_use]
pub fn is_loopback(address: SocketAddr) -> bool {
    address.ip().is_loopback()
}
