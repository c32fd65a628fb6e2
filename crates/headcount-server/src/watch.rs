//! Two threads that look at the store: one for who may ask, one for what is new. They are apart,
//! so that a revoked token is refused at once also while a large snapshot is being loaded.

use std::{
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use headcount_store::StoreError;

use crate::app::App;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(200);

/// A roster of the past is let go when nothing was loaded for so many looks (10 minutes).
const KEEP_PAST_LOOKS: u32 = 3000;

/// The two threads. They end when this is dropped.
pub(crate) struct Watchers {
    stop: Arc<Stop>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Stop {
    stopped: Mutex<bool>,
    told: Condvar,
}

impl Stop {
    /// Waits for a pause; true when it is time to end.
    fn wait(&self) -> bool {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .told
            .wait_timeout_while(stopped, PAUSE, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Watchers {
    pub(crate) fn start(app: &Arc<App>) -> std::io::Result<Self> {
        let stop = Arc::new(Stop::default());
        let members = {
            let app = app.clone();
            watch("headcount-access", stop.clone(), move |_| {
                app.members.refresh()
            })?
        };
        let rosters = {
            let app = app.clone();
            watch("headcount-rosters", stop.clone(), move |look| {
                if look % KEEP_PAST_LOOKS == KEEP_PAST_LOOKS - 1 {
                    app.rosters.forget_past();
                }
                app.rosters.refresh(&app.orgs())
            })?
        };
        Ok(Self {
            stop,
            threads: vec![members, rosters],
        })
    }
}

impl Drop for Watchers {
    fn drop(&mut self) {
        *self
            .stop
            .stopped
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = true;
        self.stop.told.notify_all();
        for thread in self.threads.drain(..) {
            // One that panicked has ended as well.
            let _ = thread.join();
        }
    }
}

/// A thread that looks again and again. A failure is told once, until it is over.
fn watch(
    name: &str,
    stop: Arc<Stop>,
    mut look: impl FnMut(u32) -> Result<(), StoreError> + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let mut failing = false;
            for number in 0_u32.. {
                match look(number) {
                    // Before the first sync; there is nothing to tell.
                    Ok(()) | Err(StoreError::NoSnapshot { .. }) => {
                        if failing {
                            tracing::info!("the store can be read again");
                        }
                        failing = false;
                    }
                    Err(error) => {
                        if !failing {
                            tracing::warn!(
                                error = &error as &dyn std::error::Error,
                                "the store cannot be read; what is in memory is served on"
                            );
                        }
                        failing = true;
                    }
                }
                if stop.wait() {
                    return;
                }
            }
        })
}
