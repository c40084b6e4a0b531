//! The one thread that writes.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use tollbridge_core::{cache::sql, ledger::Notice, sql::SqlError};

use super::{
    now,
    waiting::{Batch, Taken, Waiting},
};
use crate::database::{Database, done};

/// Waits between the tries of a batch: there is one try more than waits.
const WAITS: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// How often what has expired is taken away.
const PRUNE: Duration = Duration::from_secs(300);

/// The most bytes of values on disk.
const LARGEST: u64 = 1 << 30;

/// What the thread owns.
pub(super) struct Writer<L> {
    pub database: Database,
    pub waiting: Arc<Waiting>,
    /// Is told of a batch that could not be written.
    pub log: L,
}

impl<L: Fn(&Notice)> Writer<L> {
    /// Writes until there is nothing more to write.
    pub(super) fn run(self) {
        let mut pruned: Option<Instant> = None;
        loop {
            if pruned.is_none_or(|pruned| pruned.elapsed() >= PRUNE) {
                pruned = Some(Instant::now());
                // What could not be taken away now will be the next time.
                let _ = done(sql::prune(&self.database, now(), LARGEST));
            }
            match self.waiting.take(PRUNE) {
                Taken::Batch(batch) => self.write(&batch),
                Taken::Nothing => {}
                Taken::Closed => return,
            }
        }
    }

    fn write(&self, batch: &Batch) {
        let mut waits = WAITS.iter();
        loop {
            let changes = batch.iter().map(|(key, change)| (&**key, change.as_ref()));
            match (done(sql::write(&self.database, changes)), waits.next()) {
                (Ok(()), _) => return,
                (Err(_), Some(wait)) => thread::sleep(*wait),
                (Err(SqlError(reason)), None) => {
                    let notice = Notice::warning("cache_unwritten").reason(&reason);
                    return (self.log)(&notice.number("entries", batch.len() as u64));
                }
            }
        }
    }
}
