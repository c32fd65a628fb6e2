//! An answer while it is written: JSON of our own, and documents as they lie in the roster.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use headcount_core::roster::DocumentRun;
use serde::Serialize;

use crate::rosters::Loaded;

/// Documents that take so many bytes are sent from where they lie; shorter ones are copied, which
/// costs less than a piece of their own.
const LONG: usize = 8192;

/// The bytes of an answer.
#[derive(Default)]
pub(crate) struct Json {
    pieces: VecDeque<Bytes>,
    /// What follows the pieces.
    open: Vec<u8>,
}

impl Json {
    /// Appends text that is JSON already.
    pub(crate) fn raw(&mut self, text: &str) {
        self.open.extend_from_slice(text.as_bytes());
    }

    /// Appends bytes that are JSON already and lie elsewhere.
    pub(crate) fn piece(&mut self, bytes: Bytes) {
        if bytes.len() < LONG {
            self.open.extend_from_slice(&bytes);
        } else {
            self.close();
            self.pieces.push_back(bytes);
        }
    }

    /// Appends all of another one.
    pub(crate) fn append(&mut self, mut other: Self) {
        if other.pieces.is_empty() {
            self.open.append(&mut other.open);
        } else {
            self.close();
            self.pieces.append(&mut other.pieces);
            self.open = other.open;
        }
    }

    /// What is being written.
    pub(crate) fn open(&mut self) -> &mut Vec<u8> {
        &mut self.open
    }

    /// Appends a value of our own.
    pub(crate) fn value(&mut self, value: impl Serialize) {
        // Memory takes every write, and our own values are all serialisable.
        let _ = serde_json::to_writer(&mut self.open, &value);
    }

    /// Appends `"name":value,` to an object.
    pub(crate) fn member(&mut self, name: &str, value: impl Serialize) {
        self.raw("\"");
        self.raw(name);
        self.raw("\":");
        self.value(value);
        self.raw(",");
    }

    /// Appends the documents of `rows` as an array, byte for byte.
    pub(crate) fn documents(&mut self, loaded: &Arc<Loaded>, rows: &[u32]) {
        self.raw("[");
        for (at, run) in loaded.roster.document_runs(rows).into_iter().enumerate() {
            if at > 0 {
                self.raw(",");
            }
            self.run(loaded, run);
        }
        self.raw("]");
    }

    fn run(&mut self, loaded: &Arc<Loaded>, run: DocumentRun) {
        let text = loaded.roster.run(&run);
        if text.len() < LONG {
            return self.raw(text);
        }
        self.close();
        self.pieces.push_back(Bytes::from_owner(Lying {
            loaded: loaded.clone(),
            run,
        }));
    }

    /// All of it, in pieces.
    pub(crate) fn finish(mut self) -> VecDeque<Bytes> {
        self.close();
        self.pieces
    }

    fn close(&mut self) {
        if !self.open.is_empty() {
            self.pieces.push_back(std::mem::take(&mut self.open).into());
        }
    }
}

/// Documents in a roster, which stays in memory until they are sent.
struct Lying {
    loaded: Arc<Loaded>,
    run: DocumentRun,
}

impl AsRef<[u8]> for Lying {
    fn as_ref(&self) -> &[u8] {
        self.loaded.roster.run(&self.run).as_bytes()
    }
}
