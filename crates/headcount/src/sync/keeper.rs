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
/// Pages that are staged in one transaction.
const BATCH: usize = 10;

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
    let mut pages = Vec::with_capacity(BATCH);
    while let Some(work) = waiting.blocking_recv() {
        let mut next = Some(work);
        // What waits already is staged together: fewer transactions when pages come fast.
        while let Some(work) = next.take() {
            match work {
                Work::Keep(page) => {
                    pages.push(page);
                    if pages.len() == BATCH {
                        stage(store, &mut run, &mut pages)?;
                    }
                }
                Work::Finish(part) => {
                    stage(store, &mut run, &mut pages)?;
                    let evidence = serde_json::to_string(&part).unwrap_or_default();
                    store.finish_part(&mut run, &part.part, &evidence)?;
                }
                Work::Seen(answer) => {
                    stage(store, &mut run, &mut pages)?;
                    // The walk has ended early when nobody waits for the answer.
                    let _ = answer.send(store.seen(&run));
                }
            }
            next = waiting.try_recv().ok();
        }
        stage(store, &mut run, &mut pages)?;
    }
    Ok(run)
}

fn stage(store: &dyn Store, run: &mut Run, pages: &mut Vec<Page>) -> Result<(), StoreError> {
    let documents: Vec<&str> = pages.iter().flat_map(Page::documents).collect();
    if !documents.is_empty() {
        store.stage(run, &documents)?;
    }
    pages.clear();
    Ok(())
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
        self.send(Work::Finish(Box::new(part.clone()))).await
    }

    fn expect(&self, total: u64) {
        self.progress.total(total);
    }
}
