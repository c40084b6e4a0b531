//! The one thread that writes.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use tollbridge_core::{
    govern::limits,
    ledger::{
        UsageRow,
        sql::{self, SqlError},
        unwritten_line,
    },
    ports::LedgerError,
};

use super::{
    counts::Counts,
    queue::{BATCH, Queue},
};
use crate::database::{Database, done};

/// Waits between the tries of a batch: there is one try more than waits.
const WAITS: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// A batch that grew larger than this while the disk was busy gives its memory back.
const KEEP: usize = 2 * BATCH;

/// Whether the last batch could be written.
#[derive(Default)]
pub(super) struct Health(Mutex<Option<SqlError>>);

impl Health {
    pub(super) fn check(&self) -> Result<(), LedgerError> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Ok(()),
            Some(error) => Err(error.clone().into()),
        }
    }

    fn set(&self, error: Option<SqlError>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }
}

/// What the thread owns.
pub(super) struct Writer<L> {
    pub database: Database,
    pub queue: Arc<Queue>,
    pub counts: Arc<Counts>,
    pub health: Arc<Health>,
    /// Gets the lines of rows that could not be written.
    pub log: L,
}

impl<L: Fn(&str)> Writer<L> {
    /// Writes until the queue is closed and empty.
    pub(super) fn run(self) {
        let mut batch = Vec::with_capacity(BATCH);
        while self.queue.take(&mut batch) {
            batch.chunks(BATCH).for_each(|rows| self.write(rows));
            batch.clear();
            batch.shrink_to(KEEP);
            self.write_counts();
        }
    }

    fn write(&self, rows: &[UsageRow]) {
        let mut waits = WAITS.iter();
        loop {
            match (done(sql::append(&self.database, rows)), waits.next()) {
                (Ok(()), _) => return self.health.set(None),
                (Err(_), Some(wait)) => thread::sleep(*wait),
                (Err(error), None) => {
                    self.give_up(rows, &error);
                    return self.health.set(Some(error));
                }
            }
        }
    }

    /// Counts that cannot be written now are written with a later batch, as they are then.
    fn write_counts(&self) {
        let changed = self.counts.take_changed();
        if changed.is_empty() {
            return;
        }
        let books = changed.iter().map(|(scope, book)| (&**scope, book));
        if let Err(error) = done(limits::sql::keep(&self.database, books)) {
            self.counts.put_back(&changed);
            self.health.set(Some(error));
        }
    }

    fn give_up(&self, rows: &[UsageRow], error: &SqlError) {
        let mut line = String::new();
        for row in rows {
            line.clear();
            unwritten_line(row, &error.0, &mut line);
            (self.log)(&line);
        }
    }
}
