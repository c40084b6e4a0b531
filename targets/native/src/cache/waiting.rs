//! What waits to be written: the last change of each key.
//!
//! The writer is woken once a batch, by the change that begins it. While it writes a batch, that
//! batch can still be read here, so that a value is at every moment in memory, here or on disk.

use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tollbridge_core::{cache::sql::Entry, ports::CacheError};

/// How long a change waits for others.
const GATHER: Duration = Duration::from_millis(100);

/// The most bytes that wait, beside those that are being written.
const CAPACITY: usize = 64 << 20;

/// Changes by key; `None` where it is to be forgotten.
pub(super) type Batch = HashMap<Box<str>, Option<Entry>>;

/// Changes on their way to the disk, with one taker.
#[derive(Default)]
pub(super) struct Waiting {
    state: Mutex<State>,
    woken: Condvar,
}

#[derive(Default)]
struct State {
    next: Batch,
    /// Of `next`.
    bytes: usize,
    writing: Arc<Batch>,
    closed: bool,
}

impl Waiting {
    /// Adds a change, in place of an earlier one of its key.
    pub(super) fn push(&self, key: &str, change: Option<Entry>) -> Result<(), CacheError> {
        let size = key.len() + change.as_ref().map_or(0, |entry| entry.value.len());
        let mut state = self.lock();
        if state.closed {
            return Err(CacheError::Store("it is closed".into()));
        }
        if state.bytes + size > CAPACITY {
            return Err(CacheError::Full);
        }
        state.bytes += size;
        let first = state.next.is_empty();
        state.next.insert(key.into(), change);
        drop(state);
        if first {
            self.woken.notify_one();
        }
        Ok(())
    }

    /// The last changes of keys, where they are not on disk yet.
    pub(super) fn get<'k>(&self, keys: impl Iterator<Item = &'k String>) -> Vec<Option<Option<Entry>>> {
        let state = self.lock();
        keys.map(|key| state.next.get(key.as_str()).or_else(|| state.writing.get(key.as_str())).cloned())
            .collect()
    }

    /// Waits for changes, and a moment for more. The batch that was taken before counts as written.
    /// `None` when this is closed and empty, or when it is time to look at something else.
    pub(super) fn take(&self, patience: Duration) -> Taken {
        let mut state = self.lock();
        state.writing = Arc::default();
        let deadline = Instant::now() + patience;
        while state.next.is_empty() && !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Taken::Nothing;
            }
            state = self.woken.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let gathered = Instant::now() + GATHER;
        while !state.closed {
            let left = gathered.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.woken.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.next.is_empty() {
            return Taken::Closed;
        }
        state.bytes = 0;
        state.writing = Arc::new(mem::take(&mut state.next));
        Taken::Batch(state.writing.clone())
    }

    /// Takes no more changes; those that are there can still be taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.woken.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What there is for the writer.
pub(super) enum Taken {
    /// Changes to write.
    Batch(Arc<Batch>),
    /// Nothing came in the time that it would wait.
    Nothing,
    /// Nothing will come any more.
    Closed,
}
