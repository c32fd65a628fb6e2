//! Two threads that look at the store: one for who may ask, one for what is new. They are apart,
//! so that a revoked token is refused at once also while a large snapshot is being loaded.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

use headcount_store::{Store, StoreError};

use crate::app::App;

/// Longest wait at a time: whoever ends the server waits as long. A store that is not told of
/// changes is looked at so often.
const PAUSE: Duration = Duration::from_millis(200);

/// A store that is told of changes is looked at anyway after so many waits (a second).
const QUIET_WAITS: u32 = 5;

/// A roster of the past is let go when nothing was loaded for so many waits (10 minutes).
const KEEP_PAST_WAITS: u32 = 3000;

/// The two threads. They end when this is dropped.
pub(crate) struct Watchers {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Watchers {
    pub(crate) fn start(app: &Arc<App>) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let members = {
            let looker = app.clone();
            watch("headcount-access", app, stop.clone(), move |_| {
                looker.members.refresh()
            })?
        };
        let rosters = {
            let looker = app.clone();
            let mut forgot = 0;
            watch("headcount-rosters", app, stop.clone(), move |waits| {
                if waits - forgot >= KEEP_PAST_WAITS {
                    forgot = waits;
                    looker.rosters.forget_past();
                }
                looker.rosters.refresh(&looker.orgs())
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
        self.stop.store(true, Ordering::SeqCst);
        for thread in self.threads.drain(..) {
            // One that panicked has ended as well.
            let _ = thread.join();
        }
    }
}

/// A thread that looks again and again, and is told how often it has waited. A failure is told
/// once, until it is over.
fn watch(
    name: &str,
    app: &Arc<App>,
    stop: Arc<AtomicBool>,
    mut look: impl FnMut(u32) -> Result<(), StoreError> + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    let app = app.clone();
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            let mut failing = false;
            let (mut waits, mut last) = (0, 0);
            loop {
                match look(waits) {
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
                let waited = wait(app.rosters.store(), &stop, &mut last);
                waits = u32::wrapping_add(waits, waited);
                if stop.load(Ordering::SeqCst) {
                    return;
                }
            }
        })
}

/// Waits until the store has something new, a second has gone by, or it is time to end. Gives the
/// number of waits.
fn wait(store: &dyn Store, stop: &AtomicBool, last: &mut u64) -> u32 {
    for waits in 1..=QUIET_WAITS {
        if store.wait(last, PAUSE) || stop.load(Ordering::SeqCst) {
            return waits;
        }
    }
    QUIET_WAITS
}
