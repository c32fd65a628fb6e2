//! Hands pages from the walk, which never waits for the disk, to the store, which blocks: one
//! thread that owns the run, behind a short queue. The queue bounds the memory of a sync.

use std::{
    collections::BTreeMap,
    sync::Arc,
    thread::{Scope, ScopedJoinHandle},
};

use headcount_genesys::{
    Page, Sink,
    walk::{PartEvidence, SinkError},
};
use headcount_store::{Run, Store, StoreError};
use tokio::sync::{mpsc, oneshot};

use crate::progress::Progress;

/// Pages that may wait for the disk.
const QUEUE: usize = 16;
/// Bytes of users that are staged in one transaction. Only finished parts are ever gone on with,
/// so nothing is lost by waiting; and pages of the database that hold several of the users are
/// written once.
const BATCH: usize = 4 << 20;

enum Work {
    Keep(Page),
    Finish(Box<PartEvidence>),
    Seen(oneshot::Sender<u64>),
}

/// The walk's end of the queue.
pub(super) struct Queue<'a> {
    work: mpsc::Sender<Work>,
    finished: BTreeMap<String, PartEvidence>,
    progress: &'a Progress,
}

/// Starts the keeper. It ends, with the run, when the queue is dropped; or early, with an error,
/// when the store fails, and then the queue takes nothing more.
pub(super) fn start<'scope, 'a: 'scope>(
    scope: &'scope Scope<'scope, '_>,
    store: Arc<dyn Store>,
    run: Run,
    finished: BTreeMap<String, PartEvidence>,
    progress: &'a Progress,
) -> (Queue<'a>, ScopedJoinHandle<'scope, Result<Run, StoreError>>) {
    let (work, waiting) = mpsc::channel(QUEUE);
    let keeper = scope.spawn(move || keep(&*store, run, waiting));
    (
        Queue {
            work,
            finished,
            progress,
        },
        keeper,
    )
}

fn keep(
    store: &dyn Store,
    mut run: Run,
    mut waiting: mpsc::Receiver<Work>,
) -> Result<Run, StoreError> {
    let mut batch = Batch::default();
    while let Some(work) = waiting.blocking_recv() {
        match work {
            Work::Keep(page) => {
                batch.push(page);
                if batch.bytes >= BATCH {
                    batch.stage(store, &mut run)?;
                }
            }
            Work::Finish(part) => {
                batch.stage(store, &mut run)?;
                let evidence = serde_json::to_string(&part).unwrap_or_default();
                store.finish_part(&mut run, &part.part, &evidence)?;
            }
            Work::Seen(answer) => {
                batch.stage(store, &mut run)?;
                // The walk has ended early when nobody waits for the answer.
                let _ = answer.send(store.seen(&run));
            }
        }
    }
    batch.stage(store, &mut run)?;
    Ok(run)
}

/// Pages that will be staged together.
#[derive(Default)]
struct Batch {
    pages: Vec<Page>,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, page: Page) {
        self.bytes += page.documents().map(str::len).sum::<usize>();
        self.pages.push(page);
    }

    fn stage(&mut self, store: &dyn Store, run: &mut Run) -> Result<(), StoreError> {
        let documents: Vec<&str> = self.pages.iter().flat_map(Page::documents).collect();
        if !documents.is_empty() {
            store.stage(run, &documents)?;
        }
        self.pages.clear();
        self.bytes = 0;
        Ok(())
    }
}

/// The keeper ended early; its own error tells why.
#[derive(Debug, thiserror::Error)]
#[error("the store takes no more users")]
struct Closed;

impl Queue<'_> {
    async fn send(&self, work: Work) -> Result<(), SinkError> {
        self.work.send(work).await.map_err(|_| Closed.into())
    }
}

impl Sink for Queue<'_> {
    async fn keep(&self, page: Page) -> Result<(), SinkError> {
        self.progress.advance(1, page.len() as u64);
        self.send(Work::Keep(page)).await
    }

    async fn seen(&self) -> Result<u64, SinkError> {
        let (answer, told) = oneshot::channel();
        self.send(Work::Seen(answer)).await?;
        told.await.map_err(|_| Closed.into())
    }

    fn finished(&self, part: &str) -> Option<PartEvidence> {
        self.finished.get(part).cloned()
    }

    async fn finish(&self, part: &PartEvidence) -> Result<(), SinkError> {
        self.progress.part_done();
        self.send(Work::Finish(Box::new(part.clone()))).await
    }

    fn expect(&self, total: u64) {
        self.progress.total(total);
    }
}
