//! The queue between the requests and the writer.
//!
//! A vector under a lock that is held for a push or a swap. The writer is woken twice a batch, by
//! the row that begins it and by the one that fills it, and not once a row: waking a thread costs
//! more than everything else here.

use std::{
    mem,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tollbridge_core::{
    ledger::UsageRow,
    ports::{LedgerError, Unwritten},
};

/// Rows that are written together. Where more gathered while the disk was busy, they are written
/// in several transactions of this size.
pub(super) const BATCH: usize = 500;

/// How long a row waits for others.
const GATHER: Duration = Duration::from_millis(100);

/// Most rows that wait; some 10 MB of them. Enough for the longest stall of a disk that is worth
/// bridging, and only then filled.
pub(super) const CAPACITY: usize = 16_384;

/// A bounded queue with one taker.
#[derive(Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    woken: Condvar,
}

#[derive(Default)]
struct State {
    rows: Vec<UsageRow>,
    /// There is something else to write.
    nudged: bool,
    closed: bool,
}

impl Queue {
    /// Adds a row, or gives it back.
    pub(super) fn push(&self, row: UsageRow) -> Result<(), Box<Unwritten>> {
        let mut state = self.lock();
        if state.closed {
            let error = LedgerError::Store("it is closed".into());
            return Err(Box::new(Unwritten { row, error }));
        }
        if state.rows.len() >= CAPACITY {
            return Err(Box::new(Unwritten { row, error: LedgerError::Full }));
        }
        state.rows.push(row);
        let waiting = state.rows.len();
        drop(state);
        if waiting == 1 || waiting == BATCH {
            self.woken.notify_one();
        }
        Ok(())
    }

    /// Says that there is something else to write, with the next batch.
    pub(super) fn nudge(&self) {
        let mut state = self.lock();
        state.nudged = true;
        let alone = state.rows.is_empty();
        drop(state);
        if alone {
            self.woken.notify_one();
        }
    }

    /// Waits for rows, or a nudge, and then for as many rows as make a batch, but no longer than rows
    /// may wait, and puts them into `batch`, which is empty. False when the queue is closed and there is
    /// nothing left to write.
    pub(super) fn take(&self, batch: &mut Vec<UsageRow>) -> bool {
        let mut state = self.lock();
        while state.rows.is_empty() && !state.nudged && !state.closed {
            state = self.woken.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let deadline = Instant::now() + GATHER;
        while state.rows.len() < BATCH && !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self.woken.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        mem::swap(&mut state.rows, batch);
        mem::take(&mut state.nudged) || !batch.is_empty()
    }

    /// Takes no more rows; those that are in it can still be taken.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.woken.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_gives_rows_back_and_a_closed_one_too() {
        let queue = Queue::default();
        for _ in 0..CAPACITY {
            queue.push(UsageRow::default()).unwrap();
        }
        let late = UsageRow { id: "late".into(), ..UsageRow::default() };
        let Unwritten { row, error } = *queue.push(late).unwrap_err();
        assert_eq!((&*row.id, error), ("late", LedgerError::Full));
        queue.close();
        let Unwritten { row, error } = *queue.push(row).unwrap_err();
        assert_eq!((&*row.id, error), ("late", LedgerError::Store("it is closed".into())));

        let mut batch = Vec::new();
        assert!(queue.take(&mut batch));
        assert_eq!(batch.len(), CAPACITY);
        batch.clear();
        assert!(!queue.take(&mut batch));
    }

    #[test]
    fn a_batch_is_taken_when_it_is_full_and_not_before_its_time() {
        let queue = Queue::default();
        let mut batch = Vec::new();
        queue.push(UsageRow::default()).unwrap();
        let start = Instant::now();
        assert!(queue.take(&mut batch));
        assert!(start.elapsed() >= GATHER && batch.len() == 1);

        batch.clear();
        for _ in 0..BATCH {
            queue.push(UsageRow::default()).unwrap();
        }
        let start = Instant::now();
        assert!(queue.take(&mut batch));
        assert!(start.elapsed() < GATHER && batch.len() == BATCH);
    }
}
