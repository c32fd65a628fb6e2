//! The threads that answer, each with a reactor of its own.
//!
//! A connection stays on one thread from its first byte to its last: nothing is handed from thread
//! to thread between a request and its answer, which would cost more than most answers do.

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::watch,
};

/// Threads that answer. They end when this is dropped.
pub(crate) struct Workers {
    handles: Vec<Handle>,
    next: AtomicUsize,
    /// Never used to send: that it is gone ends the threads.
    _stop: watch::Sender<()>,
}

impl Workers {
    /// A thread for each processor.
    pub(crate) fn start() -> io::Result<Self> {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let (stop, stopped) = watch::channel(());
        let mut handles = Vec::with_capacity(count);
        for number in 0..count {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            handles.push(runtime.handle().clone());
            let mut stopped = stopped.clone();
            thread::Builder::new()
                .name(format!("headcount-answer-{number}"))
                .spawn(move || {
                    // An error means that the other end is gone.
                    let _ = runtime.block_on(stopped.changed());
                    // What was not done within the bounds of a shutdown is not waited for.
                    runtime.shutdown_background();
                })?;
        }
        Ok(Self {
            handles,
            next: AtomicUsize::new(0),
            _stop: stop,
        })
    }

    /// Gives a connection to a thread, to each in turn.
    pub(crate) fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let next = self.next.fetch_add(1, Ordering::Relaxed) % self.handles.len();
        self.handles[next].spawn(connection);
    }
}
